//! Trino's Hive connector: an external table whose days are found once, and again when there are more.

use super::{Types, column_lines, quoted};

const TYPES: Types = Types {
    text: "varchar",
    boolean: "boolean",
    // The precision that the connector has unless hive.timestamp-precision says otherwise; any other is refused.
    timestamp: "timestamp(3)",
    integer: "bigint",
    map: "map(varchar, varchar)",
    list: ("array(", ")"),
    parts: ("row(", ")"),
    part: ("\"", " "),
};

pub(super) fn ddl(folder: &str) -> String {
    let columns = column_lines(&TYPES, "\"", quoted);
    let location = quoted(&format!("{folder}/"));
    format!(
        "-- Trino, in a catalog of the Hive connector: USE hive.audit; its session: SET TIME ZONE 'UTC';
-- With hive.timestamp-precision = MICROSECONDS write timestamp(6).
CREATE TABLE IF NOT EXISTS events (
{columns},
  \"dt\" varchar COMMENT 'The day of event_time in UTC'
)
WITH (
  external_location = {location},
  format = 'PARQUET',
  partitioned_by = ARRAY['dt']
);

-- Finds the days; run it again when there are new ones.
CALL system.sync_partition_metadata(schema_name => 'audit', table_name => 'events', mode => 'ADD');
"
    )
}
