//! PyArrow: a dataset, which must be told what lies beside the days.

use super::BESIDE;

pub(super) fn script(folder: &str) -> String {
    let beside: Vec<String> = BESIDE.iter().map(|name| format!("\"{name}\"")).collect();
    let folder = folder.replace('\\', "\\\\").replace('"', "\\\"");
    format!(
        "# PyArrow 14 or later. Name a day where you can: only its files are opened then.
import pyarrow
import pyarrow.dataset

events = pyarrow.dataset.dataset(
    \"{folder}\",
    format=\"parquet\",
    partitioning=pyarrow.dataset.partitioning(pyarrow.schema([(\"dt\", pyarrow.string())]), flavor=\"hive\"),
    # What lies beside the days in an audit folder, and names that begin in the usual ways.
    ignore_prefixes=[\".\", \"_\", {}],
)
# events.to_table(columns=[\"event_name\"], filter=pyarrow.dataset.field(\"dt\") == \"2026-04-01\")
",
        beside.join(", ")
    )
}
