//! What a comparison found, as text, JSON and Markdown.

use serde_json::{Value, json};
use wardbook_policy::boxes::{Cause, Change, Comparison, Difference, Standing};
use wardbook_policy::policy::Policy;
use wardbook_policy::statement::Statement;

use super::deployment::Deployment;
use super::grant::Permitted;
use super::side::Side;
use crate::command::trace;
use crate::output::table::{Tint, tint};
use crate::output::{self, Format, Report, escape};

/// One gain or loss.
pub(super) struct Entry {
    subject: String,
    who: Vec<String>,
    actions: Vec<String>,
    only_if: Option<String>,
    conditions: Value,
    witness: Value,
    statement: Value,
    cause: String,
}

/// The differences of all parts.
pub(super) struct Diff {
    pub(super) change: Option<Change>,
    pub(super) gained: Vec<Entry>,
    pub(super) lost: Vec<Entry>,
    doubts: Vec<String>,
}

impl Default for Diff {
    fn default() -> Diff {
        Diff { change: Some(Change::Equal), gained: Vec::new(), lost: Vec::new(), doubts: Vec::new() }
    }
}

impl Entry {
    /// What a grant permits on one side only; `side` is that side.
    pub(super) fn of_grant(subject: &str, permitted: &Permitted<'_>, side: &Side) -> Entry {
        let grant = permitted.grant;
        let place = side.shown(grant.place());
        let source = Some(place.as_str()).filter(|place| !place.is_empty());
        Entry {
            subject: subject.to_owned(),
            who: vec![permitted.who.to_owned()],
            cause: format!("grant {}  {place}", grant.id()).trim_end().to_owned(),
            statement: json!({"policy": grant.id(), "sid": grant.name(), "source": source, "effect": "Allow"}),
            actions: permitted.actions.clone(),
            only_if: None,
            conditions: Value::Array(Vec::new()),
            witness: permitted.witness.as_ref().map_or(Value::Null, trace::request_json),
        }
    }

    /// `sides` are the one that allows it and the one that does not.
    fn of(subject: &str, difference: &Difference<'_>, is_gain: bool, (allows, denies): (&Side, &Side)) -> Entry {
        let texts: Vec<String> = difference.conditions.iter().map(ToString::to_string).collect();
        let conditions = difference.conditions.iter();
        let (statement, cause) = match difference.cause {
            Some(Cause::Allowed(policy, statement)) => (
                cited(policy, statement, "Allow", allows),
                said(policy, statement, if is_gain { "allowed by" } else { "was allowed by" }, allows),
            ),
            Some(Cause::Denied(policy, statement)) => (
                cited(policy, statement, "Deny", denies),
                said(policy, statement, if is_gain { "was denied by" } else { "denied by" }, denies),
            ),
            None => (Value::Null, String::new()),
        };
        Entry {
            subject: subject.to_owned(),
            who: named(difference),
            actions: difference.actions.iter().map(|action| action.to_string()).collect(),
            only_if: (!texts.is_empty()).then(|| texts.join(" and ")),
            conditions: conditions.map(|c| json!({"key": c.key, "operator": c.operator, "values": c.values})).collect(),
            witness: trace::request_json(&difference.witness),
            statement,
            cause,
        }
    }

    /// The same in the words of a template.
    fn told(self, deployment: &Deployment<'_>) -> Entry {
        let text = |text: String| deployment.told(&text);
        Entry {
            subject: deployment.subject(&self.subject),
            who: self.who.into_iter().map(text).collect(),
            actions: self.actions,
            only_if: self.only_if.map(text),
            conditions: deployment.told_value(self.conditions),
            witness: deployment.told_value(self.witness),
            statement: self.statement,
            cause: self.cause,
        }
    }

    fn json(&self) -> Value {
        json!({
            "subject": self.subject,
            "who": self.who,
            "actions": self.actions,
            "only_if": self.only_if,
            "conditions": self.conditions,
            "witness": self.witness,
            "statement": self.statement,
        })
    }

    /// Whom it concerns, each once.
    fn people(&self) -> Vec<&str> {
        let mut people: Vec<&str> = Vec::new();
        for who in &self.who {
            if !people.contains(&who.as_str()) {
                people.push(who);
            }
        }
        people
    }

    fn text(&self) -> String {
        let who = match self.people() {
            people if people.is_empty() => String::new(),
            people => format!("{}: ", escape::line(&people.join(", "))),
        };
        let mut text = format!("  {who}{}\n", self.actions.join(", "));
        if let Some(only_if) = &self.only_if {
            text.push_str(&format!("      if {}\n", escape::line(only_if)));
        }
        if !self.cause.is_empty() {
            text.push_str(&format!("      {}\n", escape::line(&self.cause)));
        }
        // Of the witness, what the conditions are about; JSON has all of it.
        let keys =
            self.conditions.as_array().into_iter().flatten().filter_map(|condition| condition.get("key")?.as_str());
        let keys: std::collections::BTreeSet<&str> = keys.collect();
        let told: Vec<String> = keys
            .into_iter()
            .map(|key| match self.witness.get("context").and_then(|context| context.get(key)) {
                Some(Value::String(value)) => format!("{key}={value}"),
                Some(other) => format!("{key}={other}"),
                None => format!("no {key}"),
            })
            .collect();
        if !told.is_empty() {
            text.push_str(&format!("      such as with {}\n", escape::line(&told.join(", "))));
        }
        text
    }
}

/// Who it is about, each once: users, roles and sessions nobody listed are all "others" of their account.
fn named(difference: &Difference<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for who in &difference.who {
        let name = match who.standing {
            Standing::Named => who.principal.to_string(),
            Standing::OtherOfAccount => format!("others of account {}", who.account.as_deref().unwrap_or_default()),
            Standing::AnyAccount => "anyone with an AWS account".into(),
            Standing::AnyService => "any AWS service".into(),
            Standing::AnyProvider => "anyone signed in by a provider".into(),
            Standing::Anonymous => "anyone, unsigned".into(),
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn cited(policy: &Policy, statement: &Statement, effect: &str, side: &Side) -> Value {
    let place = side.shown(&policy.place(statement));
    let number = policy.statements().iter().position(|own| std::ptr::eq(own, statement));
    json!({
        "policy": policy.name(),
        "sid": statement.sid(),
        "statement": number,
        "source": if place.is_empty() { Value::Null } else { place.into() },
        "effect": effect,
    })
}

fn said(policy: &Policy, statement: &Statement, lead: &str, side: &Side) -> String {
    let number = policy.statements().iter().position(|own| std::ptr::eq(own, statement)).unwrap_or_default();
    let name = statement.sid().map_or_else(|| format!("statement {}", number + 1), |sid| format!("`{sid}`"));
    format!("{lead} {name}  {}", side.shown(&policy.place(statement))).trim_end().to_owned()
}

impl Diff {
    /// What a comparison found; the policies are those of that deployment.
    pub(super) fn add(
        &mut self,
        name: &str,
        comparison: &Comparison<'_>,
        (old, new): (&Side, &Side),
        deployment: &Deployment<'_>,
    ) {
        let (gained, lost) = (comparison.gained.iter(), comparison.lost.iter());
        self.gained.extend(gained.map(|own| Entry::of(name, own, true, (new, old)).told(deployment)));
        self.lost.extend(lost.map(|own| Entry::of(name, own, false, (old, new)).told(deployment)));
        if comparison.change.is_none() {
            self.change = None;
            let subject = deployment.subject(name);
            let doubts = comparison.doubts.iter();
            self.doubts.extend(doubts.map(|doubt| format!("{subject}: {}", deployment.told(&doubt.sentence()))));
        }
    }

    /// Something that is not decided.
    pub(super) fn doubt(&mut self, why: String) {
        self.change = None;
        self.doubts.push(why);
    }

    pub(super) fn sort(&mut self) {
        let order = |a: &Entry, b: &Entry| {
            let key = |entry: &Entry| {
                (entry.subject.clone(), entry.who.clone(), entry.actions.clone(), entry.only_if.clone())
            };
            key(a).cmp(&key(b))
        };
        self.gained.sort_by(order);
        self.lost.sort_by(order);
        self.doubts.sort();
        self.doubts.dedup();
    }

    fn word(&self) -> &'static str {
        self.change.map_or("not decided", Change::name)
    }

    fn table(&self, color: bool) -> String {
        let tint_of = match self.change {
            Some(Change::Equal | Change::Narrower) => Tint::Green,
            Some(Change::Wider | Change::Incomparable) => Tint::Red,
            None => Tint::Yellow,
        };
        let mut text = format!("{}\n", tint(&self.word().to_uppercase(), tint_of, color));
        for (title, entries) in [("gained", &self.gained), ("lost", &self.lost)] {
            let mut subject = "";
            for entry in entries {
                if entry.subject != subject || subject.is_empty() {
                    subject = &entry.subject;
                    text.push_str(&format!("{title}  {}\n", escape::line(subject)));
                }
                text.push_str(&entry.text());
            }
        }
        for doubt in &self.doubts {
            text.push_str(&format!("not decided  {}\n", escape::line(doubt)));
        }
        text
    }

    fn markdown(&self) -> String {
        let mut text = format!("**{}**\n", self.word());
        for (title, entries) in [("Gained", &self.gained), ("Lost", &self.lost)] {
            if !entries.is_empty() {
                text.push_str(&format!(
                    "\n### {title}\n\n| where | who | actions | if | by |\n|---|---|---|---|---|\n"
                ));
            }
            for entry in entries {
                let only_if = entry.only_if.as_deref().unwrap_or_default();
                let cells =
                    [&*entry.subject, &entry.people().join(", "), &entry.actions.join(", "), only_if, &entry.cause];
                let cells: Vec<String> = cells.iter().map(|text| escape::markdown(text)).collect();
                text.push_str(&format!("| {} |\n", cells.join(" | ")));
            }
        }
        for doubt in &self.doubts {
            text.push_str(&format!("\nNot decided: {}\n", escape::markdown(doubt)));
        }
        text
    }
}

impl Report for Diff {
    const FORMATS: &'static [Format] = &[Format::Table, Format::Json, Format::Markdown];

    fn render(&self, format: Format, color: bool) -> anyhow::Result<String> {
        match format {
            Format::Json => {
                let all = |entries: &[Entry]| entries.iter().map(Entry::json).collect::<Vec<_>>();
                output::json(&json!({
                    "schema_version": 1,
                    "verdict": self.change.map(Change::name),
                    "gained": all(&self.gained),
                    "lost": all(&self.lost),
                    "decided": self.change.is_some(),
                    "doubts": self.doubts,
                }))
            }
            Format::Markdown => Ok(self.markdown()),
            _ => Ok(self.table(color)),
        }
    }

    fn summary(&self) -> String {
        format!("{}: {} gained, {} lost", self.word(), self.gained.len(), self.lost.len())
    }
}
