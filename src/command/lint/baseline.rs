//! What was found before: a file of fingerprints, so that only what is added counts.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};
use serde_json::{Value, json};
use wardbook_policy::json;

use super::issue::{Excuse, Issue};
use crate::{input, output};

/// How often each finding is there, by file, code and fingerprint.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Baseline(BTreeMap<(String, String, String), usize>);

impl Baseline {
    /// Those of these findings that count.
    pub(super) fn of(issues: &[Issue]) -> Baseline {
        let mut counts = BTreeMap::new();
        for issue in issues.iter().filter(|issue| issue.is_active()) {
            *counts.entry(key(issue)).or_default() += 1;
        }
        Baseline(counts)
    }

    /// Reads a file that was written by [`Self::text`].
    pub(super) fn read(path: &Path) -> anyhow::Result<Baseline> {
        let source = input::read(path)?;
        let value = json::parse(&source.text)
            .map_err(|error| input::locate(&source, source.error(error.span, error.message)))?;
        let shown = path.display();
        let findings = value.member("findings").and_then(|findings| findings.as_list());
        let findings = findings.with_context(|| format!("`{shown}` is no baseline: it has no list `findings`"))?;
        let mut counts = BTreeMap::new();
        for entry in findings {
            let text = |name: &str| entry.member(name).and_then(|value| value.as_text()).map(str::to_owned);
            let (Some(path), Some(code), Some(fingerprint)) = (text("path"), text("code"), text("fingerprint")) else {
                bail!("{}", source.error(entry.span, "an entry has `path`, `code` and `fingerprint`"));
            };
            let count = match entry.member("count").map(|count| &count.kind) {
                Some(json::Kind::Number(digits)) => digits.parse().unwrap_or(1),
                _ => 1,
            };
            *counts.entry((path, code, fingerprint)).or_default() += count;
        }
        Ok(Baseline(counts))
    }

    /// The file's content.
    pub(super) fn text(&self) -> anyhow::Result<String> {
        let entry = |((path, code, fingerprint), count): (&(String, String, String), &usize)| {
            let mut entry = json!({"path": path, "code": code, "fingerprint": fingerprint});
            if let (Value::Object(entry), true) = (&mut entry, *count > 1) {
                entry.insert("count".into(), (*count).into());
            }
            entry
        };
        output::json(&json!({"schema_version": 1, "findings": self.0.iter().map(entry).collect::<Vec<_>>()}))
    }

    pub(super) fn len(&self) -> usize {
        self.0.values().sum()
    }

    /// Excuses what was there before, and says how much of the baseline is there no more.
    pub(super) fn apply(mut self, issues: &mut [Issue]) -> usize {
        for issue in issues.iter_mut().filter(|issue| issue.is_active()) {
            if let Some(count) = self.0.get_mut(&key(issue)).filter(|count| **count > 0) {
                *count -= 1;
                issue.excuse = Some(Excuse::Baseline);
            }
        }
        self.len()
    }
}

fn key(issue: &Issue) -> (String, String, String) {
    (issue.place.path.to_string(), issue.code.to_owned(), issue.fingerprint.clone())
}
