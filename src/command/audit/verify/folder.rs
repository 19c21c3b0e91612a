//! A whole audit folder against its logs.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use wardbook_audit::folder::Folder;
use wardbook_audit::log::{Finding, OriginReport, Report as LogReport, Trust, Verdict, verify};

use super::watched::watched;
use super::{Shown, exit, listed, many, own_key, tinted, word};
use crate::cli::Global;
use crate::exit::Exit;
use crate::output::{self, Format, Report};

pub(super) fn run(path: &Path, trust: &Trust, global: &Global) -> anyhow::Result<Exit> {
    output::check::<Verified>(global)?;
    let folder = open(path, trust, global)?;
    let verified = Verified::of(verify(&folder, trust)?, trust);
    // With it goes the bar.
    drop(folder);
    output::emit(&verified, global)?;
    Ok(exit(verified.report.verdict()))
}

/// The folder. With a kept checkpoint it may be an empty one: that everything is gone is an answer then.
pub(super) fn open(path: &Path, trust: &Trust, global: &Global) -> anyhow::Result<Folder> {
    if trust.kept.is_empty() || !path.is_dir() {
        super::super::opened(path)?;
    }
    // Files of events are read once for their digest and once for the events.
    let times = |path: &Path| if path.extension().is_some_and(|end| end == "parquet") { 2 } else { 1 };
    Ok(Folder::new(Arc::new(watched(path, global, times))))
}

/// What was found, to be printed.
pub(super) struct Verified {
    pub(super) report: LogReport,
    own: Vec<bool>,
}

impl Verified {
    pub(super) fn of(report: LogReport, trust: &Trust) -> Self {
        let own = if trust.keys.is_empty() { own_key() } else { None };
        let own = report.origins.iter().map(|origin| own == Some(origin.key)).collect();
        Self { report, own }
    }

    fn findings(&self) -> Vec<Shown> {
        self.report.findings.iter().map(shown).collect()
    }

    fn logs(&self) -> impl Iterator<Item = (&OriginReport, Option<&'static str>)> {
        self.report.origins.iter().zip(&self.own).map(|(origin, own)| {
            let from = match (origin.trusted, own) {
                (true, _) => Some("named"),
                (false, true) => Some("own"),
                (false, false) => None,
            };
            (origin, from)
        })
    }
}

fn shown(finding: &Finding) -> Shown {
    let problem = &finding.problem;
    Shown {
        path: finding.path.display().to_string(),
        offset: problem.offset(),
        leaf_index: problem.leaf_index(),
        verdict: problem.verdict(),
        problem: problem.name(),
        message: problem.to_string(),
        advice: problem.advice().to_owned(),
    }
}

impl Report for Verified {
    const FORMATS: &'static [Format] = &[Format::Table, Format::Json];

    fn render(&self, format: Format, color: bool) -> anyhow::Result<String> {
        if format == Format::Json {
            let log = |(origin, from): (&OriginReport, Option<&'static str>)| {
                let at = &origin.checkpoint;
                json!({
                    "origin": origin.origin.as_str(),
                    "tree_size": at.size,
                    "root": at.root.to_string(),
                    "files": origin.files,
                    "unsealed": origin.unsealed,
                    "closed": at.closed,
                    "public_key": origin.public_key(),
                    "key_known_from": from,
                })
            };
            return output::json(&json!({
                "schema_version": 1,
                "verdict": word(self.report.verdict()),
                "logs": self.logs().map(log).collect::<Vec<_>>(),
                "findings": self.findings().iter().map(Shown::json).collect::<Vec<_>>(),
                "more_findings": self.report.more,
            }));
        }
        let mut text = listed(&self.findings(), self.report.more, color);
        for (origin, from) in self.logs() {
            let at = &origin.checkpoint;
            text.push_str(&format!(
                "log `{}`: {} in {}, root {}\n",
                origin.origin,
                many(at.size, "event"),
                many(origin.files, "file"),
                at.root
            ));
            if origin.unsealed > 0 {
                text.push_str(&format!(
                    "  {} more events are in the journal only, under its checksums and no checkpoint yet; a clean stop of \
                     their writer seals them\n",
                    origin.unsealed
                ));
            }
            text.push_str(&match from {
                Some("named") => format!("  signed by {}, which you named\n", origin.public_key()),
                Some(_) => format!("  signed by {}, which is your own key\n", origin.public_key()),
                None => format!(
                    "  signed by {}, which is known from this folder only; name it with --public-key from a place that \
                     others cannot write\n",
                    origin.public_key()
                ),
            });
        }
        text.push_str(&format!("{}\n", self.line(color)));
        Ok(text)
    }

    fn summary(&self) -> String {
        self.line(false)
    }
}

impl Verified {
    fn line(&self, color: bool) -> String {
        let verdict = self.report.verdict();
        let (logs, findings) = (self.report.origins.len() as u64, self.report.findings.len() as u64 + self.report.more);
        let events: u64 = self.report.origins.iter().map(|origin| origin.checkpoint.size).sum();
        match verdict {
            Verdict::Verified => {
                format!("{}: {} in {}", tinted(verdict, color), many(events, "event"), many(logs, "log"))
            }
            _ => format!("{}: {} in {}", tinted(verdict, color), many(findings, "finding"), many(logs, "log")),
        }
    }
}
