//! The answer as comma-separated values, one row per key and principal; lists are JSON.

use std::io::Write;

use serde_json::Value;

use super::{WhoCan, row};
use crate::output::csv;

pub(super) const COLUMNS: [&str; 12] = [
    "action",
    "key",
    "state",
    "principal",
    "account",
    "kind",
    "tier",
    "by",
    "only_if",
    "conditions",
    "witness",
    "path",
];

pub(super) fn write(report: &WhoCan<'_>, sink: &mut dyn Write) -> anyhow::Result<()> {
    sink.write_all(csv::line(COLUMNS.iter().map(|name| Some((*name).to_owned()))).as_bytes())?;
    for access in &report.found {
        for entry in &access.entries {
            let row = row::row_json(report.world, &report.search, &report.cited, access, entry);
            let first = [
                Some(report.search.action().to_owned()),
                Some(access.key.arn.to_string()),
                access.key.state.as_deref().map(str::to_owned),
            ];
            let rest = COLUMNS.iter().skip(first.len()).map(|name| match *name {
                "witness" => Some(report.witnesses.text(&report.search, access, entry, report.world)),
                name => cell(row.get(name)),
            });
            sink.write_all(csv::line(first.into_iter().chain(rest)).as_bytes())?;
        }
    }
    Ok(())
}

fn cell(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
