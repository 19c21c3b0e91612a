# PyArrow 14 or later. Name a day where you can: only its files are opened then.
import pyarrow
import pyarrow.dataset

events = pyarrow.dataset.dataset(
    "s3://bucket/audit",
    format="parquet",
    partitioning=pyarrow.dataset.partitioning(pyarrow.schema([("dt", pyarrow.string())]), flavor="hive"),
    # What lies beside the days in an audit folder, and names that begin in the usual ways.
    ignore_prefixes=[".", "_", "journal", "lock", "log", "rejected", "tmp"],
)
# events.to_table(columns=["event_name"], filter=pyarrow.dataset.field("dt") == "2026-04-01")
