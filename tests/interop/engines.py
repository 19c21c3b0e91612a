"""Runs the printed schemas in the engines that can be had, and holds named questions against SQL.

engines.py WARDBOOK DIR
"""

import datetime
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

import datafusion
import duckdb
import pyarrow
import pyarrow.dataset
import pyarrow.parquet
import sqlglot

wardbook, folder = sys.argv[1:]


def run(*arguments):
    done = subprocess.run([wardbook, "audit", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def schema(engine):
    return run("schema", "--engine", engine, folder)


def ours(question, *arguments):
    answer = json.loads(run("query", question, folder, *arguments, "--format", "json"))
    return [tuple(row.values()) for row in answer["rows"]]


database = duckdb.connect()
database.execute("SET TimeZone = 'Asia/Kathmandu'")
database.execute(schema("duckdb"))


def sql(text):
    return database.execute(text).fetchall()


def same(question, text, *arguments):
    # As JSON, because the order of pairs in a map means nothing.
    texts = lambda rows: sorted(json.dumps(row, sort_keys=True) for row in rows)
    found, wanted = texts(ours(question, *arguments)), texts(sql(text))
    assert found == wanted, f"{question}\nours:   {found}\nDuckDB: {wanted}"
    assert found, f"{question} found nothing to compare"


# Types as the table says, whatever the clock of the engine.
types = dict(sql("SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'events'"))
assert types["event_time"] == "TIMESTAMP WITH TIME ZONE", types
assert types["encryption_context"] == "MAP(VARCHAR, VARCHAR)", types
assert types["resources"] == 'STRUCT(arn VARCHAR, account_id VARCHAR, "type" VARCHAR)[]', types["resources"]
assert types["read_only"] == "BOOLEAN" and types["leaf_index"] == "BIGINT" and types["dt"] == "VARCHAR", types
assert set(sql("SELECT DISTINCT recipient_account_id FROM events")) == {("011122223333",)}, "leading zeros stay"
assert sql("SELECT max(event_time) FROM events_utc") == [(datetime.datetime(2026, 4, 4, 0, 0, 0, 500000),)]
assert sql("SELECT count(*) FROM events WHERE dt <> strftime(event_time AT TIME ZONE 'UTC', '%Y-%m-%d')") == [(0,)]
contexts = sql("SELECT encryption_context['aws:s3:arn'] FROM events WHERE encryption_context['aws:s3:arn'] IS NOT NULL")
assert contexts == [("arn:aws:s3:::b",)] * 2, contexts

# A folder is one folder, whatever it is called.
with tempfile.TemporaryDirectory(prefix="it's [1] *") as place:
    shutil.copytree(folder, os.path.join(place, "audit"))
    moved = duckdb.connect()
    moved.execute(run("schema", "--engine", "duckdb", os.path.join(place, "audit")))
    assert moved.execute("SELECT count(*) FROM events").fetchall() == [(7,)]

# Named questions and SQL find the same.
use = """event_source = 'kms.amazonaws.com' AND error_code IS NULL AND event_name IN
    ('Encrypt', 'Decrypt', 'GenerateDataKey', 'ReEncrypt')"""
text = "regexp_replace(strftime(%s AT TIME ZONE 'UTC', '%%Y-%%m-%%dT%%H:%%M:%%S.%%g'), '\\.?0*$', '') || 'Z'"
same("used-by", f"""SELECT principal_arn, event_name, count(*), {text % 'min(event_time)'}, {text % 'max(event_time)'}
    FROM events WHERE {use} GROUP BY ALL""")
same("last-used", f"""SELECT kms_key_arn, principal_arn, {text % 'max(event_time)'}, count(*)
    FROM events WHERE {use} GROUP BY ALL""")
same("failures", "SELECT principal_arn, error_code, count(*) FROM events WHERE error_code IS NOT NULL GROUP BY ALL")
same("deletions", f"""SELECT event_id, {text % 'event_time'}, event_name, principal_arn, kms_key_arn
    FROM events WHERE event_name = 'DisableKey'""")
same("contexts", f"""SELECT event_name, encryption_context, count(*) FROM events
    WHERE {use} AND encryption_context IS NOT NULL GROUP BY ALL""")

# An answer in Parquet is one that others read.
with tempfile.TemporaryDirectory() as place:
    path = os.path.join(place, "answer.parquet")
    run("query", "cost", folder, "--out", f"parquet:{path}")
    table = pyarrow.parquet.read_table(path)
    assert str(table.schema.field("list_price_usd").type) == "decimal128(18, 6)", table.schema
    assert sql(f"SELECT sum(list_price_usd) FROM '{path}'") == sql("SELECT count(*) * 0.000003 FROM events")
    run("query", "contexts", folder, "--out", f"parquet:{path}")
    assert len(sql(f"SELECT encryption_context['a'] FROM '{path}'")) == 2

# PyArrow sees a Hive dataset with the standard's inner names, also when it is pointed at the whole folder.
files = sorted(glob.glob(os.path.join(folder, "dt=*", "*.parquet")))
script = {}
exec(schema("pyarrow"), script)
events = script["events"]
assert sorted(events.files) == files, events.files
table = events.to_table(filter=pyarrow.dataset.field("dt") == "2026-04-02")
assert table.num_rows == 3, table.num_rows
assert table.schema.field("event_time").type == pyarrow.timestamp("us", tz="UTC"), table.schema
assert table.schema.field("encryption_context").type == pyarrow.map_(pyarrow.string(), pyarrow.string()), table.schema
assert table.schema.field("dt").type == pyarrow.string(), table.schema
assert set(table.column("recipient_account_id").to_pylist()) == {"011122223333"}
contexts = [dict(pairs) for pairs in table.column("encryption_context").to_pylist() if pairs is not None]
assert {"a": '1, "2"', "b": "2"} in contexts, contexts
schema_of_file = pyarrow.parquet.ParquetFile(files[0]).schema
inner = {schema_of_file.column(at).path for at in range(len(schema_of_file))}
assert {"resources.list.element.arn", "encryption_context.key_value.key"} <= inner, inner

# DataFusion is pointed at the whole folder and takes what is called Parquet.
context = datafusion.SessionContext()
context.register_parquet("events", folder, table_partition_cols=[("dt", pyarrow.string())])
asked = lambda text: context.sql(text).to_pydict()
by_name = asked("SELECT event_name, count(*) AS n FROM events WHERE dt = '2026-04-02' GROUP BY 1 ORDER BY 1")
assert by_name == {"event_name": ["Decrypt", "DisableKey", "Encrypt"], "n": [1, 1, 1]}, by_name
assert asked("SELECT DISTINCT recipient_account_id AS a FROM events") == {"a": ["011122223333"]}, "leading zeros stay"
newest = asked("SELECT max(event_time) AS t FROM events")["t"][0]
assert newest == datetime.datetime(2026, 4, 4, 0, 0, 0, 500000, tzinfo=datetime.timezone.utc), newest
found = asked("SELECT encryption_context['aws:s3:arn'] AS a FROM events ORDER BY a NULLS LAST")["a"]
assert found[:3] == ["arn:aws:s3:::b"] * 2 + [None], found

context = datafusion.SessionContext()
context.register_parquet("events", folder, table_partition_cols=[("dt", pyarrow.string())], file_extension=".parquet")
found = context.sql("""SELECT dt, recipient_account_id, encryption_context['a'] AS a, user_identity['arn'] AS arn,
    event_time = TIMESTAMP '2026-04-02T10:00:00Z' AS then FROM events WHERE dt = '2026-04-02' AND event_name = 'Encrypt'""")
wanted = {"dt": ["2026-04-02"], "recipient_account_id": ["011122223333"], "a": ['1, "2"'],
    "arn": ["arn:aws:iam::011122223333:user/bob"], "then": [True]}
assert found.to_pydict() == wanted, found.to_pydict()
assert context.sql("SELECT count(*) AS n FROM events").to_pydict() == {"n": [7]}

# OCSF.
database.execute(schema("ocsf"))
rows = sql("SELECT class_uid, type_uid, status_id, api.operation, actor.user.uid, cloud.account.uid FROM ocsf_api_activity")
assert len(rows) == 7 and {row[0] for row in rows} == {6003} and {row[5] for row in rows} == {"011122223333"}, rows
assert {(row[1], row[3]) for row in rows if row[3] == "Decrypt"} == {(600302, "Decrypt")}, rows
assert sql("SELECT count(*) FROM ocsf_api_activity WHERE status_id = 2 AND status_code = 'AccessDenied'") == [(2,)]
assert sql("SELECT min(time) FROM ocsf_api_activity") == [(1775037600000,)]

# What cannot be run here is at least read by a parser of its dialect.
for engine, dialect in [("athena", "athena"), ("trino", "trino"), ("spark", "spark"), ("iceberg", "spark"), ("duckdb", "duckdb")]:
    parsed = sqlglot.parse(schema(engine), dialect=dialect)
    created = [statement for statement in parsed if isinstance(statement, sqlglot.exp.Create)]
    assert created, engine
    for statement in created:
        assert not isinstance(statement, sqlglot.exp.Command), engine
        if engine not in ("duckdb",):
            columns = [column for column in statement.find_all(sqlglot.exp.ColumnDef) if column.parent is statement.this]
            names = {column.name for column in columns} | {"dt"}
            assert names == set(types), (engine, names ^ set(types))
            kinds = {column.name: column.kind.this for column in columns}
            kind = sqlglot.exp.DataType.Type
            assert kinds["event_time"] in (kind.TIMESTAMP, kind.TIMESTAMPTZ, kind.TIMESTAMPLTZ), (engine, kinds)
            assert kinds["encryption_context"] == kind.MAP and kinds["resources"] == kind.ARRAY, (engine, kinds)
            assert kinds["user_identity"] == kind.STRUCT and kinds["leaf_index"] == kind.BIGINT, (engine, kinds)
            assert kinds["recipient_account_id"] in (kind.TEXT, kind.VARCHAR), (engine, kinds)
print("ok")
