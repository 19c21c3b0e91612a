//! GitLab's code quality report.
//! <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>

use std::collections::HashMap;

use serde_json::{Value, json};
use wardbook_policy::lint::Severity;

use crate::command::lint::fingerprint::of_texts;
use crate::command::lint::report::Outcome;
use crate::output;

/// A list of findings. Fingerprints are unique, as GitLab wants them.
pub(in crate::command::lint) fn render(outcome: &Outcome) -> anyhow::Result<String> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let entries: Vec<Value> = outcome
        .active()
        .map(|issue| {
            let severity = match issue.severity {
                Severity::Security => "critical",
                Severity::Error => "major",
                Severity::Warning => "minor",
                Severity::Info => "info",
            };
            let fingerprint = of_texts(&[&issue.place.path, &issue.fingerprint]);
            let count = counts.entry(fingerprint.clone()).or_default();
            *count += 1;
            let fingerprint = if *count == 1 { fingerprint } else { of_texts(&[&fingerprint, &count.to_string()]) };
            json!({
                "description": format!("{}: {}", issue.code, issue.message),
                "check_name": issue.name,
                "fingerprint": fingerprint,
                "severity": severity,
                "location": {
                    "path": &*issue.place.path,
                    "lines": {"begin": issue.place.start.line, "end": issue.place.end.line},
                },
            })
        })
        .collect();
    output::json(&Value::Array(entries))
}
