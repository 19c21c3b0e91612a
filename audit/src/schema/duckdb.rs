//! DuckDB: a view, because it reads the files where they are.

use super::quoted;
use crate::column::COLUMNS;

pub(super) fn ddl(folder: &str) -> String {
    let files = quoted(&format!("{folder}/dt=*/*.parquet"));
    let columns: Vec<_> = COLUMNS.iter().map(|column| format!("  {}", column.field.name)).collect();
    format!(
        "-- DuckDB 1.0 or later. The pattern leaves out what lies beside the days. Name a day (dt = '2026-04-01') where you can: only its files are opened then.
CREATE OR REPLACE VIEW events AS
SELECT
{},
  dt
FROM read_parquet({files}, hive_partitioning = true, hive_types = {{'dt': VARCHAR}}, union_by_name = true);

-- The same with times as plain UTC, for clients that cannot take TIMESTAMP WITH TIME ZONE.
CREATE OR REPLACE VIEW events_utc AS
SELECT * REPLACE (event_time AT TIME ZONE 'UTC' AS event_time)
FROM events;
",
        columns.join(",\n")
    )
}
