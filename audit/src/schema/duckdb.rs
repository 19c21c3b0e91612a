//! DuckDB: a view, because it reads the files where they are.

use super::quoted;
use crate::column::COLUMNS;

pub(super) fn ddl(folder: &str) -> String {
    let files = quoted(&format!("{}/dt=*/*.parquet", literal(folder)));
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

/// A path in which nothing stands for anything else, in a pattern. In a URL a question mark begins parameters.
fn literal(folder: &str) -> String {
    let is_url = folder.contains("://");
    let mut out = String::with_capacity(folder.len());
    for letter in folder.chars() {
        match letter {
            '[' | '*' => out.extend(['[', letter, ']']),
            '?' if !is_url => out.push_str("[?]"),
            _ => out.push(letter),
        }
    }
    out
}
