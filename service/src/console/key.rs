//! The page of one key.

use std::sync::PoisonError;

use wardbook_audit::time::Timestamp;

use super::html::{Page, cell, escape};
use super::who;
use crate::kms::Kms;
use crate::limits::CONSOLE_PRINCIPALS_MAX;
use crate::name::KeyName;
use crate::refusal::Refusal;

/// None if there is no such key.
pub(super) fn page(kms: &Kms, name: &KeyName) -> Result<Option<String>, Refusal> {
    kms.catch_up()?;
    let key = kms.state.read().unwrap_or_else(PoisonError::into_inner).key(name).cloned();
    let Some(key) = key else { return Ok(None) };
    let record = &key.record;
    let moment = |micros: i64| Timestamp::from_micros(micros).to_string();
    let tags: Vec<String> = record.tags.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let facts = [
        ("ARN", name.arn()),
        ("State", record.state.clone()),
        ("Description", record.description.clone()),
        ("Aliases", key.aliases.join(", ")),
        ("Spec and usage", format!("{}, {}", record.spec, record.usage)),
        ("Origin and manager", format!("{}, {}", record.origin, record.manager)),
        ("Made", moment(record.created)),
        ("To be deleted", record.deletion.map(moment).unwrap_or_default()),
        (
            "Rotation",
            record.rotation.as_ref().map_or("off".to_owned(), |rotation| {
                format!("every {} days, next {}", rotation.period_days, moment(rotation.next))
            }),
        ),
        ("Tags", tags.join(", ")),
    ];
    let facts = facts.iter().map(|(name, value)| format!("{}{}", cell(name), cell(value)));
    let mut page = Page::new(&format!("Key {}", name.id), false).table(&["", ""], facts).heading("Who can use it");

    let actions = who::actions(&key);
    let principals = who::principals(kms, &key);
    let asked = "Everybody who is known, asked about as for a plain call over TLS from this machine, without an \
        encryption context. What is asked with other circumstances may be answered otherwise.";
    page = page.text(asked);
    if principals.len() > CONSOLE_PRINCIPALS_MAX {
        page = page.text(&format!("The first {CONSOLE_PRINCIPALS_MAX} of {} principals.", principals.len()));
    }
    let heads: Vec<&str> = std::iter::once("Principal").chain(actions.iter().copied()).collect();
    let rows = principals.into_iter().take(CONSOLE_PRINCIPALS_MAX).map(|principal| {
        let row = who::row(kms, &key, &actions, principal);
        let answers = row.answers.iter().map(|answer| {
            let (class, word) = if answer.allowed { ("yes", "yes") } else { ("no", "no") };
            format!("<td class=\"{class}\">{word}<small>{}</small></td>", escape(&answer.reason))
        });
        format!("{}{}", cell(&row.principal), answers.collect::<String>())
    });
    page = page.table(&heads, rows).heading("Grants");

    let records = &key.grants.records;
    page = page.text(&format!("{} grants.", records.len()));
    let rows = records
        .iter()
        .take(CONSOLE_PRINCIPALS_MAX)
        .map(|grant| format!("{}{}{}", cell(&grant.id), cell(&grant.grantee), cell(&grant.operations.join(", "))));
    page = page.table(&["Grant", "Grantee", "Operations"], rows);
    Ok(Some(page.heading("Key policy").verbatim(&record.policy).end()))
}
