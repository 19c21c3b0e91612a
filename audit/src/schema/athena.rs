//! Amazon Athena: an external table that computes its partitions, so that no crawler and no MSCK is needed.
//!
//! [Partition projection](https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html).

use super::spark::HIVE;
use super::{column_lines, hive_quoted};

pub(super) fn ddl(folder: &str) -> String {
    let columns = column_lines(&HIVE, "`", hive_quoted);
    let (location, template) = (hive_quoted(&format!("{folder}/")), hive_quoted(&format!("{folder}/dt=${{dt}}/")));
    format!(
        "-- Amazon Athena. Always name a range of days (dt BETWEEN '2026-04-01' AND '2026-04-07').
CREATE EXTERNAL TABLE IF NOT EXISTS `events` (
{columns}
)
PARTITIONED BY (`dt` string COMMENT 'The day of event_time in UTC')
STORED AS PARQUET
LOCATION {location}
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.dt.type' = 'date',
  'projection.dt.format' = 'yyyy-MM-dd',
  'projection.dt.range' = '2013-11-01,NOW+1DAYS',
  'projection.dt.interval' = '1',
  'projection.dt.interval.unit' = 'DAYS',
  'storage.location.template' = {template}
);
"
    )
}
