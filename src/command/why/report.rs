//! What `why` found out, as text and as JSON.

use serde_json::{Value, json};
use wardbook_inventory::access_denied::{AccessDenied, DenyKind};
use wardbook_inventory::question::Question;
use wardbook_inventory::world::{AskError, Asked};
use wardbook_policy::decide::Verdict;
use wardbook_policy::explain::Explanation;
use wardbook_policy::quirk::Quirks;

use super::Answer;
use super::input::Told;
use crate::command::{mend, reason, trace, world};
use crate::output::{self, Format, Report};

/// All that was asked about.
pub(crate) struct Accounts<'a> {
    pub(super) accounts: Vec<Account<'a>>,
    /// Events about which nothing can be asked, and why.
    pub(super) unasked: Vec<(&'a str, &'a str)>,
    pub(super) has_world: bool,
    pub(super) quirks: Quirks,
}

/// One question, and its answer.
pub(crate) struct Account<'a> {
    told: &'a Told,
    question: &'a Question,
    pub(super) explanation: Result<Explained<'a>, &'a AskError>,
}

/// A question that could be asked, and the walk that answered it.
pub(crate) struct Explained<'a> {
    asked: &'a Asked<'a>,
    pub(super) explanation: Explanation<'a>,
}

impl<'a> Account<'a> {
    pub(super) fn new(answer: &'a Answer<'a>) -> Account<'a> {
        let explained = |asked: &'a Asked<'a>| Explained { asked, explanation: asked.explain() };
        Account { told: answer.told, question: &answer.question, explanation: answer.asked.as_ref().map(explained) }
    }

    /// Whether the question comes from an event, which may not tell everything.
    pub(super) fn is_event(&self) -> bool {
        self.told.is_event
    }

    fn table(&self, has_world: bool, quirks: Quirks, color: bool) -> String {
        let mut text = String::new();
        let Explained { asked, explanation } = match &self.explanation {
            Ok(explained) => explained,
            Err(error) => {
                return format!("{}\n  cannot be asked: {error}\n", self.told.what);
            }
        };
        let aliases = asked.key.and_then(|key| key.aliases.as_deref()).unwrap_or_default();
        text.push_str(&trace::head(explanation, aliases, color));
        for said in self.said_by_aws(explanation.decision().verdict()) {
            text.push_str(&format!("  AWS said   {said}\n"));
        }
        for note in &self.question.notes {
            text.push_str(&format!("  note       {note}\n"));
        }
        text.push_str(&format!("\n{}\n", trace::layers(explanation)));
        let mending = mend::text(explanation, &asked.layers, quirks);
        if !mending.is_empty() {
            text.push_str(&format!("\n{mending}"));
        }
        if has_world {
            text.push_str(&world::coverage_text(&asked.coverage));
        } else {
            text.push_str("  no policies were given: name a folder with `--world DIR`\n");
        }
        text
    }

    /// What AWS said, and whether these documents say the same.
    fn said_by_aws(&self, ours: Verdict) -> Vec<String> {
        let mut said: Vec<String> = self.told.denied.iter().filter_map(stated).collect();
        let denied_there = self.told.is_refusal();
        match (denied_there, self.told.succeeded, ours) {
            (true, _, Verdict::Allow) => {
                said.push("no; these documents say yes, so they differ from those AWS saw, or the request does".into())
            }
            (_, true, Verdict::ImplicitDeny | Verdict::ExplicitDeny) => {
                said.push("yes; these documents say no, so they differ from those AWS saw, or the request does".into());
            }
            (_, true, _) => said.push("yes".into()),
            (true, ..) if said.is_empty() => said.push("no".into()),
            _ => {}
        }
        if let (false, Some(code)) = (denied_there, &self.told.error_code) {
            said.push(format!("{code}, which is no question of permission"));
        }
        said
    }

    fn json(&self, quirks: Quirks) -> Value {
        let told = json!({
            "what": self.told.what,
            "error_code": self.told.error_code,
            "stated": self.told.denied.as_ref().and_then(|denied| denied.stated.as_ref()).map(|stated| json!({
                "layer": stated.layer.name(),
                "explicit": stated.kind == DenyKind::Explicit,
                "policy": stated.policy,
            })),
            "notes": self.question.notes,
        });
        let Explained { asked, explanation } = match &self.explanation {
            Ok(explained) => explained,
            Err(error) => return json!({"told": told, "error": error.to_string()}),
        };
        json!({
            "told": told,
            "decision": explanation.decision().verdict().name(),
            "request": trace::request_json(explanation.request()),
            "because": reason::because(explanation),
            "missing": reason::missing(explanation),
            "missing_documents": reason::missing_documents(explanation),
            "layers": trace::layers_json(explanation),
            "remedies": mend::json(explanation, &asked.layers, quirks),
            "coverage": world::coverage_json(&asked.coverage),
        })
    }
}

/// The layer that AWS named. It names one even if several deny.
fn stated(denied: &AccessDenied) -> Option<String> {
    let stated = denied.stated.as_ref()?;
    let policy = stated.policy.as_deref().map(|policy| format!(" ({policy})")).unwrap_or_default();
    Some(match stated.kind {
        DenyKind::Explicit => format!("a {} denies it explicitly{policy}", stated.layer.noun()),
        DenyKind::Implicit => format!("no {} allows it{policy}", stated.layer.noun()),
    })
}

impl Report for Accounts<'_> {
    const FORMATS: &'static [Format] = &[Format::Table, Format::Json];

    fn render(&self, format: Format, color: bool) -> anyhow::Result<String> {
        match format {
            Format::Json => {
                let answers: Vec<Value> = self.accounts.iter().map(|account| account.json(self.quirks)).collect();
                let skipped: Vec<Value> =
                    self.unasked.iter().map(|(what, why)| json!({"what": what, "reason": why})).collect();
                output::json(&json!({"schema_version": 1, "answers": answers, "skipped": skipped}))
            }
            _ => {
                let texts: Vec<String> =
                    self.accounts.iter().map(|account| account.table(self.has_world, self.quirks, color)).collect();
                Ok(texts.join("\n"))
            }
        }
    }

    fn summary(&self) -> String {
        let denied = |account: &&Account<'_>| {
            account.explanation.as_ref().is_ok_and(|explained| {
                matches!(explained.explanation.decision().verdict(), Verdict::ImplicitDeny | Verdict::ExplicitDeny)
            })
        };
        format!("{} explained, {} denied", self.accounts.len(), self.accounts.iter().filter(denied).count())
    }
}
