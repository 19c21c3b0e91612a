//! The answer as comma-separated values, one row per key and principal; lists are JSON.

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

pub(super) fn text(report: &WhoCan<'_>) -> String {
    let head = vec![COLUMNS.iter().map(|name| Some((*name).to_owned())).collect()];
    let rows = report.found.iter().flat_map(|access| {
        access.entries.iter().map(move |entry| {
            let row = row::row_json(report.world, &report.search, &report.cited, access, entry);
            let first = [
                Some(report.search.action().to_owned()),
                Some(access.key.arn.to_string()),
                access.key.state.as_deref().map(str::to_owned),
            ];
            let witness = Some(report.witnesses.text(&report.search, access, entry, report.world));
            let rest = COLUMNS.iter().skip(first.len()).map(|name| match *name {
                "witness" => witness.clone(),
                name => cell(row.get(name)),
            });
            first.into_iter().chain(rest).collect()
        })
    });
    csv::lines(head.into_iter().chain(rows))
}

fn cell(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
