//! Spark SQL: an external table whose days are found once, and again when there are more.

use super::{Types, column_lines, hive_quoted};

/// Types as Hive names them, which Spark and Athena took over. Athena knows no quotes around parts of a struct, and no
/// part's name is a reserved word of either.
pub(super) const HIVE: Types = Types {
    text: "string",
    boolean: "boolean",
    timestamp: "timestamp",
    integer: "bigint",
    map: "map<string, string>",
    list: ("array<", ">"),
    parts: ("struct<", ">"),
    part: ("", ":"),
};

pub(super) fn ddl(folder: &str) -> String {
    let columns = column_lines(&HIVE, "`", hive_quoted);
    let (location, days) = (hive_quoted(folder), hive_quoted(&format!("{folder}/dt=*")));
    format!(
        "-- Spark SQL 3.4 or later. Read times in UTC.
SET spark.sql.session.timeZone = UTC;

CREATE TABLE IF NOT EXISTS `events` (
{columns},
  `dt` string COMMENT 'The day of event_time in UTC'
)
USING PARQUET
PARTITIONED BY (`dt`)
LOCATION {location};

-- Finds the days, and warns of the folders beside them; run it again when there are new ones.
-- Without the table: spark.read.option('basePath', {location}).parquet({days})
MSCK REPAIR TABLE `events`;
"
    )
}
