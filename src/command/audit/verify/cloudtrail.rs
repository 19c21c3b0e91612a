//! AWS's own digest chains, offline.

use std::path::Path;

use anyhow::{Context, bail};
use serde_json::json;
use wardbook_audit::aws_digest::{Chain, Finding, PublicKeys, Report as DigestReport, verify};
use wardbook_audit::log::Verdict;

use super::watched::watched;
use super::{Shown, exit, listed, many, text, tinted, word};
use crate::cli::Global;
use crate::exit::Exit;
use crate::output::{self, Format, Report};

pub(super) fn run(bucket: &Path, keys: &Path, global: &Global) -> anyhow::Result<Exit> {
    output::check::<Checked>(global)?;
    let keys = PublicKeys::read(&text(keys)?).with_context(|| format!("cannot use `{}`", keys.display()))?;
    if !bucket.is_dir() {
        bail!("`{}` is no folder", bucket.display());
    }
    let checked = Checked(verify(&watched(bucket, global, |_| 1), &keys)?);
    output::emit(&checked, global)?;
    Ok(exit(checked.0.verdict()))
}

/// What was found, to be printed.
struct Checked(DigestReport);

impl Checked {
    fn findings(&self) -> Vec<Shown> {
        self.0.findings.iter().map(shown).collect()
    }

    fn line(&self, color: bool) -> String {
        let count = |of: fn(&Chain) -> u64| self.0.chains.iter().map(of).sum::<u64>();
        let (digests, logs) = (count(|chain| chain.digests), count(|chain| chain.logs));
        let findings = self.0.findings.len() as u64 + self.0.more;
        let verdict = tinted(self.0.verdict(), color);
        match self.0.verdict() {
            Verdict::Verified => {
                format!("{verdict}: {}, which list {}", many(digests, "digest"), many(logs, "log file"))
            }
            _ => format!(
                "{verdict}: {} in {}, which list {}",
                many(findings, "finding"),
                many(digests, "digest"),
                many(logs, "log file")
            ),
        }
    }
}

fn shown(finding: &Finding) -> Shown {
    let problem = &finding.problem;
    Shown {
        path: finding.path.display().to_string(),
        offset: None,
        leaf_index: None,
        verdict: problem.verdict(),
        problem: problem.name(),
        message: problem.to_string(),
        advice: problem.advice().to_owned(),
    }
}

impl Report for Checked {
    const FORMATS: &'static [Format] = &[Format::Table, Format::Json];

    fn render(&self, format: Format, color: bool) -> anyhow::Result<String> {
        if format == Format::Json {
            let chain = |chain: &Chain| {
                let Chain { name, digests, logs, start, end } = chain;
                json!({"name": name, "digests": digests, "logs": logs, "start": start, "end": end})
            };
            return output::json(&json!({
                "schema_version": 1,
                "verdict": word(self.0.verdict()),
                "chains": self.0.chains.iter().map(chain).collect::<Vec<_>>(),
                "findings": self.findings().iter().map(Shown::json).collect::<Vec<_>>(),
                "more_findings": self.0.more,
            }));
        }
        let mut text = listed(&self.findings(), self.0.more, color);
        for Chain { name, digests, logs, start, end } in &self.0.chains {
            text.push_str(&format!("{name}: {digests} digests from {start} to {end}, {logs} log files\n"));
        }
        text.push_str(&format!("{}\n", self.line(color)));
        Ok(text)
    }

    fn summary(&self) -> String {
        self.line(false)
    }
}
