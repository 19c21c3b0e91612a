//! The answer as Markdown, for a pull request or a page.

use std::io::Write;

use wardbook_inventory::access::KeyAccess;

use super::{WhoCan, row};
use crate::output::escape::{markdown as escaped, markdown_code as code};

pub(super) fn write(report: &WhoCan<'_>, sink: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(sink, "# Who can {}", report.search.action())?;
    for access in &report.found {
        sink.write_all(key(report, access).as_bytes())?;
    }
    if !report.coverage.is_empty() {
        writeln!(sink, "\n## Not covered\n")?;
        for gap in &report.coverage {
            writeln!(sink, "- {}", escaped(&gap.message))?;
        }
    }
    Ok(())
}

fn key(report: &WhoCan<'_>, access: &KeyAccess<'_>) -> String {
    let mut text = String::new();
    let key = access.key;
    let aliases = escaped(&key.aliases.as_deref().unwrap_or_default().join(", "));
    let state = escaped(key.state.as_deref().unwrap_or("state not known"));
    text.push_str(&format!("\n## {}\n\n{}\n\n", code(&key.arn), joined(&[&aliases, &state])));
    if let Some(refusal) = access.refused {
        text.push_str(&format!("Nobody: the key {}.\n\n", refusal.reason()));
    }
    if access.entries.is_empty() {
        text.push_str("No rows.\n");
        return text;
    }
    text.push_str("| tier | kind | principal | only if | by |\n|---|---|---|---|---|\n");
    let mut entries: Vec<_> = access.entries.iter().collect();
    entries.sort_by_key(|entry| (entry.answer.tier, row::kind(report.world, &entry.who)));
    for entry in entries {
        let by = report.cited.by(&report.search, access, entry);
        let by: Vec<String> = by
            .iter()
            .map(|by| {
                let parts = [Some(by.via), Some(&*by.policy), by.sid.as_deref(), by.source.as_deref()];
                parts.into_iter().flatten().map(code).collect::<Vec<_>>().join(" ")
            })
            .collect();
        let steps: Vec<String> = entry
            .answer
            .path
            .iter()
            .map(|step| {
                let only_if = step.only_if.as_ref().map(|text| format!(", only if {}", escaped(text)));
                let who = code(step.who.text(report.world));
                format!("{who} {} on {}{}", code(&step.action), code(&step.resource), only_if.unwrap_or_default())
            })
            .collect();
        let only_if = entry.answer.only_if.as_ref().map(|only_if| escaped(&only_if.text)).unwrap_or_default();
        let how = by.into_iter().chain(steps).collect::<Vec<_>>().join("<br>");
        let kind = row::kind(report.world, &entry.who).name();
        let principal = code(entry.who.text(report.world));
        text.push_str(&format!("| {} | {kind} | {principal} | {only_if} | {how} |\n", entry.answer.tier.name()));
    }
    text
}

fn joined(parts: &[&str]) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" · ")
}
