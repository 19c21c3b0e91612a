//! What linting found, in every form that people and tools read.

use std::collections::BTreeMap;

use wardbook_policy::lint::{Kind, Severity};

use super::check::Taken;
use super::format;
use super::issue::{Excuse, Issue};
use super::workspace::Workspace;
use crate::output::{Format, Report};

/// What was found, and in what.
pub(super) struct Outcome {
    /// Every finding, the excused ones too, in order.
    pub(super) issues: Vec<Issue>,
    pub(super) documents: Vec<Taken>,
    /// The files that were linted, by name.
    pub(super) files: Vec<String>,
    pub(super) workspace: Workspace,
    /// The mildest severity that makes the exit code 1.
    pub(super) fail_on: Severity,
    /// How many findings were mended.
    pub(super) mended: usize,
    /// Whether only what is worse than before is told.
    pub(super) is_comparison: bool,
}

impl Outcome {
    /// The findings that count.
    pub(super) fn active(&self) -> impl Iterator<Item = &Issue> {
        self.issues.iter().filter(|issue| issue.is_active())
    }

    /// Whether something is bad enough.
    pub(super) fn fails(&self) -> bool {
        self.active().any(|issue| issue.severity >= self.fail_on)
    }

    /// How many findings are excused: by somebody, and by the baseline.
    pub(super) fn excused(&self) -> (usize, usize) {
        let baseline = self.issues.iter().filter(|issue| issue.excuse == Some(Excuse::Baseline)).count();
        (self.issues.iter().filter(|issue| !issue.is_active()).count() - baseline, baseline)
    }

    /// The findings in a sentence: how many, how bad, how many could be mended.
    pub(super) fn sentence(&self) -> String {
        let mut counts: BTreeMap<Severity, usize> = BTreeMap::new();
        self.active().for_each(|issue| *counts.entry(issue.severity).or_default() += 1);
        let total: usize = counts.values().sum();
        let mut text = match total {
            0 if self.is_comparison => "nothing is worse than before".to_owned(),
            0 => "no findings".to_owned(),
            total => {
                let each: Vec<String> =
                    counts.iter().rev().map(|(severity, count)| format!("{count} {}", severity.name())).collect();
                format!("{}: {}", counted(total, "finding"), each.join(", "))
            }
        };
        text.push_str(&format!(" in {}", counted(self.files.len(), "file")));
        if self.mended > 0 {
            text.push_str(&format!("; {} fixed", self.mended));
        }
        let safe = self.active().filter(|issue| issue.repair.as_ref().is_some_and(|repair| repair.is_safe)).count();
        let other = self.active().filter(|issue| issue.repair.as_ref().is_some_and(|repair| !repair.is_safe)).count();
        match (safe, other) {
            (0, 0) => {}
            (safe, 0) => text.push_str(&format!("; `--fix` mends {safe}")),
            (0, other) => text.push_str(&format!("; `--unsafe-fixes` mends {other}")),
            (safe, other) => text.push_str(&format!("; `--fix` mends {safe}, `--unsafe-fixes` {}", safe + other)),
        }
        let (excused, baseline) = self.excused();
        if excused > 0 {
            text.push_str(&format!("; {excused} suppressed"));
        }
        if baseline > 0 {
            text.push_str(&format!("; {baseline} in the baseline"));
        }
        text
    }

    /// What bare documents were taken for, in sentences.
    pub(super) fn taken(&self) -> Vec<String> {
        let how = |told: bool| if told { "told" } else { "inferred" };
        if self.documents.len() <= TAKEN_MAX {
            let one = |taken: &Taken| format!("{}: {} ({})", taken.path, taken.kind.name(), how(taken.is_told));
            return self.documents.iter().map(one).collect();
        }
        let count = |kind: Kind| self.documents.iter().filter(|taken| taken.kind == kind).count();
        let kinds = Kind::ALL.into_iter().map(|kind| (kind, count(kind))).filter(|(_, count)| *count > 0);
        let kinds: Vec<String> = kinds.map(|(kind, count)| format!("{count} {}", kind.name())).collect();
        vec![format!("{}: {}", counted(self.documents.len(), "document"), kinds.join(", "))]
    }
}

/// So many documents are named each.
const TAKEN_MAX: usize = 5;

/// `1 finding`, `2 findings`
pub(super) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

impl Report for Outcome {
    const FORMATS: &'static [Format] =
        &[Format::Table, Format::Concise, Format::Json, Format::Sarif, Format::Github, Format::Gitlab, Format::Junit];

    fn render(&self, format: Format, color: bool) -> anyhow::Result<String> {
        match format {
            Format::Concise => Ok(format::concise::render(self)),
            Format::Json => format::json::render(self),
            Format::Sarif => format::sarif::render(self),
            Format::Github => Ok(format::github::render(self)),
            Format::Gitlab => format::gitlab::render(self),
            Format::Junit => Ok(format::junit::render(self)),
            _ => Ok(format::text::render(self, color)),
        }
    }

    fn summary(&self) -> String {
        self.sentence()
    }
}
