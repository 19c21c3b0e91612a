//! What a principal can, as text, JSON and CSV.

use serde_json::{Value, json};
use wardbook_inventory::access::{Cite, OnlyIf, Undecided};
use wardbook_inventory::coverage::Gap;
use wardbook_inventory::world::KmsKey;
use wardbook_policy::request::Request;

use crate::command::{trace, world};
use crate::output::table::{Tint, tint};
use crate::output::{self, Format, Report, csv, escape};

/// One action on one key.
pub(super) struct Can<'w> {
    pub(super) key: &'w KmsKey,
    pub(super) action: &'static str,
    pub(super) only_if: Option<OnlyIf>,
    pub(super) by: Vec<Cite>,
    pub(super) request: Box<Request>,
}

/// Data that is read through a service.
pub(super) struct Through<'w> {
    pub(super) service: &'static str,
    pub(super) action: &'static str,
    pub(super) what: &'static str,
    pub(super) keys: Vec<(&'w KmsKey, Option<OnlyIf>)>,
}

/// Everything that was found.
pub(super) struct WhatCan<'w> {
    pub(super) principal: String,
    pub(super) pattern: String,
    pub(super) cans: Vec<Can<'w>>,
    pub(super) open: Vec<(&'w KmsKey, &'static str, Undecided)>,
    pub(super) through: Vec<Through<'w>>,
    pub(super) coverage: Vec<Gap>,
}

impl Can<'_> {
    fn tier(&self) -> &'static str {
        if self.only_if.is_some() { "condition" } else { "now" }
    }
}

impl<'w> WhatCan<'w> {
    /// The rows of each key.
    fn by_key(&self) -> Vec<(&'w KmsKey, Vec<&Can<'w>>)> {
        let mut keys: Vec<(&KmsKey, Vec<&Can<'_>>)> = Vec::new();
        for can in &self.cans {
            match keys.last_mut() {
                Some((key, cans)) if key.arn == can.key.arn => cans.push(can),
                _ => keys.push((can.key, vec![can])),
            }
        }
        keys
    }

    fn table(&self, color: bool) -> String {
        let mut text = format!("{}\n", tint(&format!("{} can", self.principal), Tint::Bold, color));
        for (key, cans) in self.by_key() {
            let aliases = key.aliases.as_deref().unwrap_or_default();
            let named = if aliases.is_empty() { String::new() } else { format!("  ({})", aliases.join(", ")) };
            text.push_str(&format!("  {}\n", escape::line(&format!("{}{named}", key.arn))));
            let mut groups: Vec<(&'static str, Option<&OnlyIf>, Vec<&str>)> = Vec::new();
            for can in cans {
                let (tier, only_if) = (can.tier(), can.only_if.as_ref());
                match groups.iter_mut().find(|(known, known_if, _)| *known == tier && *known_if == only_if) {
                    Some((_, _, actions)) => actions.push(can.action),
                    None => groups.push((tier, only_if, vec![can.action])),
                }
            }
            for (tier, only_if, actions) in groups {
                let tint_of = if tier == "now" { Tint::Red } else { Tint::Yellow };
                text.push_str(&format!(
                    "    {}  {}\n",
                    tint(&format!("{tier:<9}"), tint_of, color),
                    actions.join(", ")
                ));
                if let Some(only_if) = only_if {
                    text.push_str(&format!("      only if {}\n", escape::line(&only_if.text)));
                }
            }
        }
        if self.cans.is_empty() {
            text.push_str(&format!("  do nothing of {} to any key that was collected\n", self.pattern));
        }
        if !self.through.is_empty() {
            text.push_str("  and read, through services\n");
        }
        for through in &self.through {
            text.push_str(&format!("    {} ({}): {}\n", through.service, through.action, through.what));
            for (key, only_if) in &through.keys {
                let only_if = only_if.as_ref().map(|only_if| format!("  only if {}", only_if.text)).unwrap_or_default();
                text.push_str(&format!("      {}\n", escape::line(&format!("{}{only_if}", key.arn))));
            }
        }
        let mut open: Vec<(&str, &[String], Vec<&str>)> = Vec::new();
        for (key, action, why) in &self.open {
            match open.last_mut() {
                Some((known, reasons, actions)) if **known == *key.arn && *reasons == why.why => actions.push(action),
                _ => open.push((&key.arn, &why.why, vec![action])),
            }
        }
        for (key, why, actions) in open {
            let actions = actions.join(", ");
            text.push_str(&format!("  not known on {key}: {}\n    {actions}\n", why.join("; ")));
        }
        text.push_str(&world::coverage_text(&self.coverage));
        text
    }

    fn json(&self) -> Value {
        let keys: Vec<Value> = self
            .by_key()
            .into_iter()
            .map(|(key, cans)| {
                let rows: Vec<Value> = cans.iter().map(|can| row(can)).collect();
                json!({"key": key.arn, "state": key.state, "aliases": key.aliases, "rows": rows})
            })
            .collect();
        let services: Vec<Value> = self
            .through
            .iter()
            .map(|through| {
                let keys: Vec<Value> = through
                    .keys
                    .iter()
                    .map(|(key, only_if)| json!({"key": key.arn, "only_if": only_if.as_ref().map(|only_if| &only_if.text)}))
                    .collect();
                json!({"service": through.service, "action": through.action, "reads": through.what, "keys": keys})
            })
            .collect();
        let undecided: Vec<Value> = self
            .open
            .iter()
            .map(|(key, action, why)| json!({"key": key.arn, "action": action, "why": why.why, "over_budget": why.over_budget}))
            .collect();
        json!({
            "schema_version": 1,
            "principal": self.principal,
            "action": self.pattern,
            "keys": keys,
            "services": services,
            "undecided": undecided,
            "coverage": {"complete": self.coverage.is_empty(), "gaps": world::coverage_json(&self.coverage)},
        })
    }

    fn csv(&self) -> String {
        let names = ["principal", "key", "action", "tier", "by", "only_if", "conditions", "witness"];
        let head = vec![names.iter().map(|name| Some((*name).to_owned())).collect()];
        let rows = self.cans.iter().map(|can| {
            let row = row(can);
            let cell = |name: &str| match row.get(name) {
                None | Some(Value::Null) => None,
                Some(Value::String(text)) => Some(text.clone()),
                Some(other) => Some(other.to_string()),
            };
            let first = [Some(self.principal.clone()), Some(can.key.arn.to_string())];
            first.into_iter().chain(names.iter().skip(2).map(|name| cell(name))).collect()
        });
        csv::lines(head.into_iter().chain(rows))
    }
}

fn row(can: &Can<'_>) -> Value {
    let by: Vec<Value> = can
        .by
        .iter()
        .map(|by| json!({"via": by.via, "policy": by.policy, "sid": by.sid, "source": by.source}))
        .collect();
    json!({
        "action": can.action,
        "tier": can.tier(),
        "by": by,
        "only_if": can.only_if.as_ref().map(|only_if| &only_if.text),
        "conditions": crate::command::who_can::conditions_json(can.only_if.as_ref()),
        "witness": trace::request_json(&can.request),
    })
}

impl Report for WhatCan<'_> {
    const FORMATS: &'static [Format] = &[Format::Table, Format::Json, Format::Csv];

    fn render(&self, format: Format, color: bool) -> anyhow::Result<String> {
        match format {
            Format::Json => output::json(&self.json()),
            Format::Csv => Ok(self.csv()),
            _ => Ok(self.table(color)),
        }
    }

    fn summary(&self) -> String {
        format!("{} actions on {} keys", self.cans.len(), self.by_key().len())
    }
}
