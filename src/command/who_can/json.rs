//! The answer as one JSON value, written row by row.

use std::io::Write;

use serde_json::{Value, json};
use wardbook_inventory::access::{KeyAccess, Refusal, Undecided, Who};
use wardbook_inventory::world::World;

use super::{WhoCan, row};
use crate::command::world::coverage_json;

pub(super) fn write(report: &WhoCan<'_>, sink: &mut dyn Write) -> anyhow::Result<()> {
    let action = Value::from(report.search.action());
    write!(sink, "{{\n  \"schema_version\": 1,\n  \"action\": {action},\n  \"keys\": [")?;
    for (number, access) in report.found.iter().enumerate() {
        sink.write_all(if number == 0 { b"\n" } else { b",\n" })?;
        key(report, access, sink)?;
    }
    let coverage = json!({
        "complete": report.coverage.is_empty(),
        "files_read": report.world.coverage().files_read,
        "gaps": coverage_json(&report.coverage),
    });
    let end = if report.found.is_empty() { "" } else { "\n  " };
    write!(sink, "{end}],\n  \"coverage\": {}\n}}\n", serde_json::to_string_pretty(&coverage)?.replace('\n', "\n  "))?;
    Ok(())
}

fn key(report: &WhoCan<'_>, access: &KeyAccess<'_>, sink: &mut dyn Write) -> anyhow::Result<()> {
    let head = json!({
        "key": access.key.arn,
        "state": access.key.state,
        "aliases": access.key.aliases,
        "refused": access.refused.map(Refusal::reason),
    });
    let head = serde_json::to_string(&head)?;
    write!(sink, "    {},\n     \"rows\": [", head.trim_end_matches('}'))?;
    for (number, entry) in access.entries.iter().enumerate() {
        sink.write_all(if number == 0 { b"\n       " } else { b",\n       " })?;
        let row = serde_json::to_string(&row::row_json(report.world, &report.search, &report.cited, access, entry))?;
        let witness = report.witnesses.text(&report.search, access, entry, report.world);
        write!(sink, "{},\"witness\":{witness}}}", row.trim_end_matches('}'))?;
    }
    let undecided: Vec<Value> = access.undecided.iter().map(|(who, why)| undecided(report.world, who, why)).collect();
    let end = if access.entries.is_empty() { "" } else { "\n     " };
    write!(sink, "{end}],\n     \"undecided\": {}}}", serde_json::to_string(&undecided)?)?;
    Ok(())
}

fn undecided(world: &World, who: &Who, why: &Undecided) -> Value {
    json!({
        "principal": who.text(world),
        "account": row::account(world, who),
        "kind": row::kind(world, who).name(),
        "missing_documents": why.documents,
        "missing": why.keys,
        "over_budget": why.over_budget,
        "why": why.why,
    })
}
