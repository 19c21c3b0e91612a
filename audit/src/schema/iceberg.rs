//! Apache Iceberg over the very files that are there, added through Spark's `add_files`.
//!
//! [The procedure](https://iceberg.apache.org/docs/latest/spark-procedures/#add_files) adds them by name mapping: the
//! files have no field ids.

use super::spark::{self, HIVE};
use super::{column_lines, hive_quoted};

pub(super) fn ddl(folder: &str) -> String {
    let columns = column_lines(&HIVE, "`", hive_quoted);
    let source = spark::ddl(folder);
    format!(
        "-- Apache Iceberg through Spark, in a catalog called `iceberg`. The files stay where they are and belong to both.
-- 1. The files as a table of Spark, from which they are added.
{source}
-- 2. The Iceberg table.
CREATE TABLE IF NOT EXISTS iceberg.audit.events (
{columns},
  `dt` string COMMENT 'The day of event_time in UTC'
)
USING iceberg
PARTITIONED BY (`dt`);

-- 3. Add a day once it is over and compacted; a file that is added already is refused. Without partition_filter: all.
CALL iceberg.system.add_files(
  table => 'audit.events',
  source_table => 'spark_catalog.default.events',
  partition_filter => map('dt', '2026-04-01')
);
"
    )
}
