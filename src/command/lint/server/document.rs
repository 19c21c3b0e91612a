//! One open document: what is found in it, as diagnostics, hovers and quick fixes.

use serde_json::{Value, json};
use wardbook_policy::lint::{Evidence, RULES, Severity};

use super::encoding::{self, Encoding};
use super::uri;
use crate::command::lint::check::readable;
use crate::command::lint::issue::Issue;
use crate::command::lint::own_rule::OWN;

/// A document as the editor has it, and what is found in it.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) path: String,
    pub(super) text: String,
    pub(super) version: Option<i64>,
    pub(super) issues: Vec<Issue>,
}

impl Document {
    /// The parameters of `textDocument/publishDiagnostics`.
    pub(super) fn diagnostics(&self, uri: &str, encoding: Encoding) -> Value {
        let diagnostics: Vec<Value> = self.issues.iter().map(|issue| self.diagnostic(issue, uri, encoding)).collect();
        match self.version {
            Some(version) => json!({"uri": uri, "version": version, "diagnostics": diagnostics}),
            None => json!({"uri": uri, "diagnostics": diagnostics}),
        }
    }

    fn diagnostic(&self, issue: &Issue, uri: &str, encoding: Encoding) -> Value {
        let severity = match issue.severity {
            Severity::Error | Severity::Security => 1,
            Severity::Warning => 2,
            Severity::Info => 3,
        };
        let mut message = issue.message.clone();
        if let Some(help) = &issue.help {
            message.push_str(&format!("\nhelp: {help}"));
        }
        let related = issue.labels.iter().map(|(place, text)| {
            let (uri, range) = match place.path == issue.place.path {
                true => (uri.to_owned(), encoding.range(&self.text, place.span)),
                // The text of another file is not at hand; lines are right, columns as far as it is plain.
                false => (uri::of(&place.path), encoding::plain(place)),
            };
            json!({"location": {"uri": uri, "range": range}, "message": text})
        });
        json!({
            "range": encoding.range(&self.text, issue.place.span),
            "severity": severity,
            "code": issue.code,
            "source": "wardbook",
            "message": message,
            "relatedInformation": related.collect::<Vec<_>>(),
        })
    }

    /// What is found at a position, and the pages of the rules.
    pub(super) fn hover(&self, parameters: &Value, encoding: Encoding) -> Option<Value> {
        let at = encoding.offset(&self.text, parameters.get("position")?)?;
        let here = |issue: &&Issue| (issue.place.span.start as usize..=issue.place.span.end as usize).contains(&at);
        let issues: Vec<&Issue> = self.issues.iter().filter(here).collect();
        let first = issues.first()?;
        let pages: Vec<String> = issues.iter().map(|issue| page(issue)).collect();
        Some(json!({
            "contents": {"kind": "markdown", "value": pages.join("\n\n---\n\n")},
            "range": encoding.range(&self.text, first.place.span),
        }))
    }

    /// The quick fixes of what is found in a range.
    pub(super) fn actions(&self, uri: &str, parameters: &Value, encoding: Encoding) -> Vec<Value> {
        let offset = |name: &str| encoding.offset(&self.text, parameters.get("range")?.get(name)?);
        let (Some(start), Some(end)) = (offset("start"), offset("end")) else { return Vec::new() };
        let touches = |issue: &&Issue| issue.place.span.start as usize <= end && start <= issue.place.span.end as usize;
        let actions = self.issues.iter().filter(touches).filter_map(|issue| {
            let repair = issue.repair.as_ref()?;
            // What would change another file is not offered here.
            if repair.edits.iter().any(|(place, _)| place.path != issue.place.path) {
                return None;
            }
            let edits = repair
                .edits
                .iter()
                .map(|(place, text)| json!({"range": encoding.range(&self.text, place.span), "newText": text}));
            let edits: Vec<Value> = edits.collect();
            Some(json!({
                "title": format!("{}: {}", issue.code, repair.title),
                "kind": "quickfix",
                "isPreferred": repair.is_safe,
                "diagnostics": [self.diagnostic(issue, uri, encoding)],
                "edit": {"changes": {uri: edits}},
            }))
        });
        actions.collect()
    }
}

/// What was found, why it is true, and the page of its rule.
fn page(issue: &Issue) -> String {
    let of_policies = RULES.iter().find(|rule| rule.code == issue.code).map(|rule| rule.page());
    let own = || OWN.iter().find(|rule| rule.code == issue.code).map(|rule| rule.page());
    let mut text = format!("**{} {}**: {}\n", issue.code, issue.name, issue.message);
    if let Some(Evidence::Proof(proof)) = &issue.evidence {
        text.push_str(&format!("\n{}\n", readable(proof)));
    }
    text.push_str(&format!("\n{}", of_policies.or_else(own).unwrap_or_default()));
    text
}
