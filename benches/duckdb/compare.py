#!/usr/bin/env python3
"""The audit room beside DuckDB, in processor seconds: CloudTrail files to Parquet, and questions over that Parquet.

    cargo run --release --bin audit -- generate DIR
    python3 duckdb/compare.py DIR [--bin PATH] [--runs N] [--threads N]

DuckDB comes from PyPI into `target/duckdb-venv`, which is made at the first run. It reads the same files with a type
for every column that wardbook fills from the record, and promotes key and principal. It neither sorts, nor looks for
duplicates, nor computes leaves, nor keeps what it has no column for: all of that is on wardbook's side of the scale.
"""

import argparse
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import time
import venv

HERE = pathlib.Path(__file__).resolve().parent
VENV = HERE.parent / "target" / "duckdb-venv"

TEXTS = """eventVersion eventID requestID sharedEventID eventType eventCategory eventSource eventName apiVersion awsRegion
recipientAccountId sourceIPAddress userAgent vpcEndpointId vpcEndpointAccountId errorCode errorMessage
sessionCredentialFromConsole""".split()
JSONS = """requestParameters responseElements additionalEventData serviceEventDetails eventContext edgeDeviceDetails
insightDetails""".split()
ISSUER = "STRUCT(type VARCHAR, principalId VARCHAR, arn VARCHAR, accountId VARCHAR, userName VARCHAR)"
SESSION = f"""STRUCT(sessionIssuer {ISSUER}, attributes STRUCT(creationDate VARCHAR, mfaAuthenticated VARCHAR),
webIdFederationData STRUCT(federatedProvider VARCHAR, attributes MAP(VARCHAR, VARCHAR)), sourceIdentity VARCHAR,
ec2RoleDelivery VARCHAR, ec2IssuedInVpc VARCHAR, assumedRoot VARCHAR)"""
IDENTITY = f"""STRUCT(type VARCHAR, principalId VARCHAR, arn VARCHAR, accountId VARCHAR, accessKeyId VARCHAR,
userName VARCHAR, invokedBy VARCHAR, identityProvider VARCHAR, credentialId VARCHAR, sessionContext {SESSION})"""
RECORD = {
    **{name: "VARCHAR" for name in TEXTS},
    **{name: "JSON" for name in JSONS},
    "eventTime": "TIMESTAMP",
    "readOnly": "BOOLEAN",
    "managementEvent": "BOOLEAN",
    "userIdentity": IDENTITY,
    "resources": "STRUCT(ARN VARCHAR, accountId VARCHAR, type VARCHAR)[]",
    "tlsDetails": "STRUCT(tlsVersion VARCHAR, cipherSuite VARCHAR, clientProvidedHostHeader VARCHAR, keyExchange VARCHAR)",
    "addendum": "STRUCT(reason VARCHAR, updatedFields VARCHAR, originalRequestID VARCHAR, originalEventID VARCHAR)",
}
PROMOTED = """
    CASE WHEN userIdentity.type = 'AssumedRole'
        THEN coalesce(userIdentity.sessionContext.sessionIssuer.arn, userIdentity.arn)
        ELSE userIdentity.arn END AS principal_arn,
    coalesce(list_filter(resources, lambda r: contains(r.ARN, ':key/'))[1].ARN,
        CASE WHEN requestParameters->>'keyId' LIKE 'arn:%:key/%' THEN requestParameters->>'keyId' END) AS kms_key_arn,
    requestParameters->'encryptionContext' AS encryption_context
"""

CRYPTOGRAPHIC = """'Decrypt', 'DeriveSharedSecret', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyPair',
'GenerateDataKeyPairWithoutPlaintext', 'GenerateDataKeyWithoutPlaintext', 'GenerateMac', 'ReEncrypt', 'Sign', 'Verify',
'VerifyMac', 'Decapsulate'"""
KMS = f"event_source = 'kms.amazonaws.com' AND event_name IN ({CRYPTOGRAPHIC}) AND error_code IS NULL"
QUESTIONS = {
    "used-by": f"""SELECT principal_arn, event_name, count(*), min(event_time), max(event_time) FROM events
        WHERE {KMS} AND (kms_key_arn = $key OR dest_kms_key_arn = $key) GROUP BY ALL ORDER BY ALL""",
    "last-used": f"""SELECT kms_key_arn, principal_arn, max(event_time), count(*) FROM events
        WHERE {KMS} AND kms_key_arn IS NOT NULL GROUP BY ALL ORDER BY ALL""",
    "first-seen": f"""SELECT kms_key_arn, principal_arn, min(event_time) FROM events
        WHERE {KMS} AND kms_key_arn IS NOT NULL GROUP BY ALL ORDER BY ALL""",
    "failures": """SELECT principal_arn, error_code, count(*) FROM events
        WHERE error_code IS NOT NULL GROUP BY ALL ORDER BY ALL""",
    "deletions": """SELECT event_id, event_time, event_name, principal_arn, kms_key_arn FROM events
        WHERE event_source = 'kms.amazonaws.com' AND event_name IN ('DisableKey', 'ScheduleKeyDeletion',
        'CancelKeyDeletion', 'DeleteKey', 'DeleteImportedKeyMaterial', 'DeleteExpiredKeyMaterial') ORDER BY ALL""",
    "contexts": f"""SELECT event_name, encryption_context, count(*) FROM events
        WHERE {KMS} AND encryption_context IS NOT NULL GROUP BY ALL ORDER BY ALL""",
    "policy-changes": """SELECT event_id, event_time, event_name, principal_arn, kms_key_arn, policy_digest FROM events
        WHERE event_source = 'kms.amazonaws.com' AND event_name = 'PutKeyPolicy' AND error_code IS NULL ORDER BY ALL""",
    "grants": """SELECT event_id, event_time, event_name, principal_arn, kms_key_arn, policy_digest,
        coalesce(response_elements->>'grantId', request_parameters->>'grantId', additional_event_data->>'grantId'),
        request_parameters->>'granteePrincipal', request_parameters->>'operations' FROM events
        WHERE event_source = 'kms.amazonaws.com' AND event_name IN ('CreateGrant', 'RetireGrant', 'RevokeGrant')
        AND error_code IS NULL ORDER BY ALL""",
    "cross-account": """SELECT min(event_time), max(principal_arn), max(principal_account_id), max(kms_key_arn),
        max(event_name), max(error_code) FROM events WHERE event_source = 'kms.amazonaws.com'
        AND (shared_event_id IS NOT NULL OR split_part(kms_key_arn, ':', 5) <> principal_account_id)
        GROUP BY coalesce(shared_event_id, event_id)
        HAVING split_part(max(kms_key_arn), ':', 5) <> max(principal_account_id) ORDER BY ALL""",
    # With the price, as wardbook's answer has it: kinds of requests and of keys, and a call told twice paid once.
    "cost": """WITH calls AS (SELECT * FROM events
            WHERE event_source = 'kms.amazonaws.com' AND coalesce(event_type, 'AwsApiCall') = 'AwsApiCall'),
        requests AS (SELECT principal_arn, kms_key_arn, event_name, request_parameters FROM calls
                WHERE shared_event_id IS NULL
            UNION ALL SELECT max(principal_arn), max(kms_key_arn), max(event_name), max(request_parameters) FROM calls
                WHERE shared_event_id IS NOT NULL GROUP BY shared_event_id),
        keys AS (SELECT response_elements->>'$.keyMetadata.arn' AS arn, response_elements->>'$.keyMetadata.keySpec' AS spec
            FROM calls WHERE event_name = 'CreateKey')
        SELECT principal_arn, kms_key_arn, event_name, count(*), sum(CASE
            WHEN event_name LIKE 'GenerateDataKeyPair%'
                THEN CASE WHEN request_parameters->>'keyPairSpec' LIKE 'RSA%' THEN 1200 ELSE 10 END
            WHEN event_name IN ('Sign', 'Verify', 'GetPublicKey', 'DeriveSharedSecret', 'Encapsulate', 'Decapsulate')
                OR event_name IN ('Encrypt', 'Decrypt') AND request_parameters->>'encryptionAlgorithm' <> 'SYMMETRIC_DEFAULT'
                OR event_name = 'ReEncrypt' AND request_parameters->>'sourceEncryptionAlgorithm' <> 'SYMMETRIC_DEFAULT'
                THEN CASE WHEN spec = 'RSA_2048' THEN 3 ELSE 15 END
            ELSE 3 END) / 1000000
        FROM requests LEFT JOIN keys ON kms_key_arn = arn GROUP BY ALL ORDER BY ALL""",
    "rotation": """SELECT kms_key_arn, max(event_time), service_event_details->>'rotationType', count(*) FROM events
        WHERE event_source = 'kms.amazonaws.com' AND event_name = 'RotateKey' AND error_code IS NULL
        GROUP BY ALL ORDER BY ALL""",
}


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def megabytes(folder):
    """What the JSON below a folder has, before compression."""
    return sum(path.stat().st_size for path in folder.rglob("*.json")) / 1e6


def duckdb_import(source, to):
    import duckdb

    database = duckdb.connect()
    database.execute("SET threads = 1")
    record = ", ".join(f'"{name}" {kind}' for name, kind in RECORD.items())
    # Of a large file DuckDB takes all that is between its outermost braces for one object.
    reader = f"read_json('{source}/**/*.json*', columns = {{Records: 'STRUCT({record})[]'}}, maximum_object_size = 1000000000)"
    query = f"SELECT *, {PROMOTED} FROM (SELECT unnest(Records, max_depth := 2) FROM {reader})"
    before = cpu()
    database.execute(f"COPY ({query}) TO '{to}' (FORMAT parquet, COMPRESSION zstd)")
    seconds = cpu() - before
    rows = database.execute(f"SELECT count(*) FROM '{to}'").fetchone()[0]
    return seconds, rows


def wardbook(binary, *arguments):
    return subprocess.run([binary, *map(str, arguments)], check=True, capture_output=True, text=True).stdout


def imports(options, work):
    all_bytes = megabytes(options.folder / "json")
    for kind in ("json", "gz"):
        source = options.folder / kind
        theirs, ours = [], []
        for _ in range(options.runs):
            seconds, rows = duckdb_import(source, work / "duckdb.parquet")
            theirs.append(all_bytes / seconds)
            found = re.search(r"run 1: (\d+) events.* (\d+) MB of JSON per second", wardbook(options.bin, "import", source, work, 1, *options.threads))
            ours.append(float(found[2]))
            assert int(found[1]) == rows, f"wardbook has {found[1]} events and DuckDB {rows}"
        ratio = sorted(our / their for our, their in zip(ours, theirs))[len(ours) // 2]
        shown = lambda rates: " ".join(f"{rate:.0f}" for rate in rates)
        print(f"{kind}: MB of JSON per processor second: wardbook {shown(ours)}, DuckDB {shown(theirs)}; median ratio {ratio:.1f}", flush=True)


def questions(options, work):
    import duckdb

    folder = work / "run"
    database = duckdb.connect()
    database.execute("SET threads = 1")
    database.execute("SET TimeZone = 'UTC'")
    database.execute(f"CREATE VIEW events AS FROM read_parquet('{folder}/dt=*/*.parquet', hive_partitioning = true)")
    key = database.execute("SELECT mode(kms_key_arn) FROM events WHERE event_name = 'Decrypt'").fetchone()[0]
    ours = {}
    for line in wardbook(options.bin, "query", folder, key).splitlines():
        name, milliseconds, rows = line.split()
        ours[name] = (float(milliseconds), int(rows))
    for name, sql in QUESTIONS.items():
        parameters = {"key": key} if "$key" in sql else None
        best, rows, begun = float("inf"), 0, time.monotonic()
        while time.monotonic() - begun < 2:
            before = cpu()
            rows = len(database.execute(sql, parameters).fetchall())
            best = min(best, cpu() - before)
        milliseconds, our_rows = ours[name]
        print(f"{name:11} wardbook {milliseconds:7.2f} ms, {our_rows:5} rows   DuckDB {best * 1e3:7.2f} ms, {rows:5} rows   {best * 1e3 / milliseconds:5.2f} times", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path, help="what `audit generate` made")
    parser.add_argument("--bin", default=str(HERE.parent / "target" / "release" / "audit"))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", nargs=1, default=[], help="how many threads of wardbook read; 2 if not told")
    parser.add_argument("--work", type=pathlib.Path, help="a folder for what is written; FOLDER/work if not given")
    options = parser.parse_args()
    if pathlib.Path(sys.prefix) != VENV:
        python = VENV / "bin" / "python"
        if not python.exists():
            venv.create(VENV, with_pip=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", "duckdb", "pytz"], check=True)
        os.execv(python, [str(python), __file__, *sys.argv[1:]])
    work = options.work or options.folder / "work"
    work.mkdir(parents=True, exist_ok=True)
    imports(options, work)
    questions(options, work)
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
