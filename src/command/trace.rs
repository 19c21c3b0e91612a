//! The walk of a decision, layer by layer, as people read it and as JSON.

use serde_json::{Value, json};
use wardbook_policy::condition::Atom;
use wardbook_policy::context::{Lookup, Values};
use wardbook_policy::decide::Verdict;
use wardbook_policy::explain::{Considered, ConsideredGrant, Explanation, Stance};
use wardbook_policy::grant::{GrantMismatch, GrantOutcome};
use wardbook_policy::layers::Layer;
use wardbook_policy::request::Request;
use wardbook_policy::statement::{Effect, Mismatch, Outcome};

use super::reason;
use crate::output::table::{Tint, columns, tint};

/// How many statements that do not apply are shown for one layer.
const SHOWN_PER_LAYER: usize = 5;

/// The answer, who asked for what, and why it is so.
pub(crate) fn head(explanation: &Explanation<'_>, aliases: &[Box<str>], color: bool) -> String {
    let request = explanation.request();
    let word = verdict(explanation.decision().verdict(), color);
    let named = if aliases.is_empty() { String::new() } else { format!("  ({})", aliases.join(", ")) };
    let mut text = format!(
        "{word}  {}\n  principal  {}\n  resource   {}{named}\n",
        request.action(),
        request.caller().text(),
        request.resource()
    );
    for (number, sentence) in reason::sentences(explanation).iter().enumerate() {
        let name = if number == 0 { "because" } else { "and" };
        text.push_str(&format!("  {name:<9}  {sentence}\n"));
    }
    text
}

/// The verdict as a word that catches the eye.
pub(crate) fn verdict(verdict: Verdict, color: bool) -> String {
    match verdict {
        Verdict::Allow => tint("ALLOW", Tint::Green, color),
        Verdict::ImplicitDeny => tint("IMPLICIT DENY", Tint::Red, color),
        Verdict::ExplicitDeny => tint("EXPLICIT DENY", Tint::Red, color),
        Verdict::Unknown => tint("UNKNOWN", Tint::Yellow, color),
    }
}

/// One row per layer that exists: its stance, and the statement or grant that gave it.
pub(crate) fn layers(explanation: &Explanation<'_>) -> String {
    let mut rows = Vec::new();
    for (layer, stance) in explanation.stances() {
        if *stance == Stance::NotThere {
            continue;
        }
        let details = details(*layer, *stance, explanation);
        let mut name = name(*layer, explanation.request()).to_owned();
        let mut word = stance_word(*stance).to_owned();
        for detail in details {
            rows.push(vec![format!("  {}", std::mem::take(&mut name)), std::mem::take(&mut word), detail]);
        }
    }
    columns(&rows)
}

fn name(layer: Layer, request: &Request) -> &'static str {
    match layer {
        Layer::Resource if request.resource().contains(":kms:") => "key policy",
        Layer::Resource => "resource policy",
        Layer::Identity => "identity policies",
        Layer::Boundary => "permissions boundary",
        Layer::Session => "session policies",
        Layer::Scp => "SCPs",
        Layer::Rcp => "RCPs",
        Layer::Endpoint => "endpoint policy",
        Layer::Grant => "grants",
    }
}

pub(crate) fn stance_word(stance: Stance) -> &'static str {
    match stance {
        Stance::NotThere => "not there",
        Stance::NotCollected => "not collected",
        Stance::Denies => "denies",
        Stance::Allows => "allows",
        Stance::Delegates => "delegates",
        Stance::Silent => "silent",
        Stance::TurnsOnUnknown => "unknown",
    }
}

fn details(layer: Layer, stance: Stance, explanation: &Explanation<'_>) -> Vec<String> {
    let request = explanation.request();
    if stance == Stance::NotCollected {
        return vec![String::new()];
    }
    if layer == Layer::Grant {
        return grants(explanation);
    }
    let mine: Vec<&Considered<'_>> =
        explanation.statements().iter().filter(|considered| considered.layer == layer).collect();
    let wanted = |considered: &Considered<'_>| {
        let (effect, outcome) = (considered.statement.effect(), considered.outcome);
        let near =
            effect == Effect::Allow && matches!(outcome, Outcome::DoesNot(Mismatch::Condition(_) | Mismatch::Resource));
        match stance {
            Stance::Denies => considered.applies() && effect == Effect::Deny,
            Stance::Allows => considered.applies() && effect == Effect::Allow,
            Stance::Delegates => near || (considered.applies() && effect == Effect::Allow),
            Stance::TurnsOnUnknown => matches!(outcome, Outcome::TurnsOnUnknown(_)),
            Stance::Silent => near,
            Stance::NotThere | Stance::NotCollected => false,
        }
    };
    let mut lines: Vec<String> = Vec::new();
    for considered in mine.iter().filter(|considered| wanted(considered)) {
        let line = line(considered, request);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    if lines.len() > SHOWN_PER_LAYER {
        let more = lines.len() - SHOWN_PER_LAYER;
        lines.truncate(SHOWN_PER_LAYER);
        lines.push(format!("and {more} more"));
    }
    if lines.is_empty() {
        let about = mine.iter().filter(|c| !matches!(c.outcome, Outcome::DoesNot(Mismatch::Action))).count();
        lines.push(match (stance, mine.len(), about) {
            (Stance::Silent, 0, _) => "no statements".into(),
            (Stance::Silent, all, 0) => format!("none of {all} statements is about {}", request.action()),
            (Stance::Silent, all, about) => {
                format!("{about} of {all} statements are about {}, none applies", request.action())
            }
            (Stance::Allows, _, _) if layer == Layer::Rcp => "nothing in them denies it".into(),
            _ => String::new(),
        });
    }
    lines
}

fn line(considered: &Considered<'_>, request: &Request) -> String {
    let cited = wardbook_policy::decide::Cited {
        layer: considered.layer,
        policy: considered.policy,
        statement: considered.statement,
    };
    let statement = reason::statement(&cited);
    match considered.outcome {
        Outcome::Applies(_) => statement,
        Outcome::DoesNot(mismatch) => format!("{statement}: {}", mismatch_words(considered, mismatch, request)),
        Outcome::TurnsOnUnknown(_) => format!("{statement}: {}", unknown_words(considered, request)),
    }
}

fn unknown_words(considered: &Considered<'_>, request: &Request) -> String {
    let unknown = |atom: &&Atom| request.context().lookup(atom.key()) == Lookup::Unknown;
    let keys: Vec<String> =
        considered.statement.conditions().iter().filter(unknown).map(|a| format!("`{}`", a.key())).collect();
    if keys.is_empty() { "turns on an unknown key".into() } else { format!("turns on {}", keys.join(", ")) }
}

/// Why a statement does not apply, in words.
pub(crate) fn mismatch_words(considered: &Considered<'_>, mismatch: Mismatch, request: &Request) -> String {
    match mismatch {
        Mismatch::Action => "is about other actions".into(),
        Mismatch::Principal => "names other principals".into(),
        Mismatch::Resource => format!("does not cover {}", request.resource()),
        Mismatch::Broken => "is broken and allows nothing".into(),
        Mismatch::Condition(row) => match considered.statement.conditions().get(row) {
            Some(atom) => condition_words(atom, request.context().lookup(atom.key())),
            None => String::new(),
        },
    }
}

/// `StringLike kms:ViaService wants s3.*, the request has no such key`
pub(crate) fn condition_words(atom: &Atom, found: Lookup<'_>) -> String {
    let wanted: Vec<String> = atom.values().iter().map(|value| format!("`{value}`")).collect();
    format!("{} {} wants {}, {}", atom.spelled(), atom.key(), wanted.join(" or "), found_words(found))
}

fn found_words(found: Lookup<'_>) -> String {
    match found {
        Lookup::Absent => "the request does not have it".into(),
        Lookup::Unknown => "and that is not known".into(),
        Lookup::One(value) => format!("the request has `{value}`"),
        Lookup::Many(values) => {
            let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
            format!("the request has {}", values.join(", "))
        }
    }
}

fn grants(explanation: &Explanation<'_>) -> Vec<String> {
    let shown: Vec<&ConsideredGrant<'_>> = explanation
        .grants()
        .iter()
        .filter(|considered| {
            !matches!(considered.outcome, GrantOutcome::DoesNot(GrantMismatch::Grantee | GrantMismatch::Key))
        })
        .collect();
    if shown.is_empty() {
        return vec![match explanation.grants().len() {
            0 => "none on this key".into(),
            count => format!("{count} on this key, none for this principal"),
        }];
    }
    shown
        .iter()
        .map(|considered| format!("grant {}{}", reason::grant_name(considered.grant), grant_words(considered.outcome)))
        .collect()
}

fn grant_words(outcome: GrantOutcome) -> &'static str {
    match outcome {
        GrantOutcome::Permits(_) => "",
        GrantOutcome::TurnsOnUnknown(_) => ": turns on an unknown key",
        GrantOutcome::DoesNot(mismatch) => match mismatch {
            GrantMismatch::Key => ": is of another key",
            GrantMismatch::Operation => ": does not hold this operation",
            GrantMismatch::Grantee => ": is for another principal",
            GrantMismatch::EncryptionContext => ": the encryption context does not satisfy its constraint",
            GrantMismatch::SourceArn => ": aws:SourceArn does not satisfy its constraint",
            GrantMismatch::WiderChild => ": the grant to be created would reach further",
            GrantMismatch::Retire => ": the caller may not retire it",
        },
    }
}

/// The request as a case file spells it.
pub(crate) fn request_json(request: &Request) -> Value {
    let mut context = serde_json::Map::new();
    for (key, values) in request.context().given() {
        let value = match values {
            Values::One(text) => Value::from(&**text),
            Values::Many(texts) => texts.iter().map(|text| Value::from(&**text)).collect(),
        };
        context.insert(key.name().to_owned(), value);
    }
    json!({
        "principal": request.caller().text(),
        "action": request.action(),
        "resource": request.resource(),
        "resource_account": request.resource_account(),
        "context": context,
    })
}

/// Every layer that exists, with the statements that say something about the action.
pub(crate) fn layers_json(explanation: &Explanation<'_>) -> Value {
    let request = explanation.request();
    let layers = explanation.stances().iter().filter(|(_, stance)| *stance != Stance::NotThere);
    layers
        .map(|(layer, stance)| {
            let mine = explanation.statements().iter().filter(|considered| considered.layer == *layer);
            let said = mine.filter(|considered| !matches!(considered.outcome, Outcome::DoesNot(Mismatch::Action)));
            let statements: Vec<Value> = said.map(|considered| considered_json(considered, request)).collect();
            let grants: Vec<Value> = match layer {
                Layer::Grant => explanation.grants().iter().map(grant_json).collect(),
                _ => Vec::new(),
            };
            let mut value = json!({"layer": layer.name(), "stance": stance_word(*stance), "statements": statements});
            if let (Layer::Grant, Some(members)) = (layer, value.as_object_mut()) {
                members.insert("grants".into(), grants.into());
            }
            value
        })
        .collect()
}

fn considered_json(considered: &Considered<'_>, request: &Request) -> Value {
    let place = considered.policy.place(considered.statement);
    let (outcome, why) = match considered.outcome {
        Outcome::Applies(_) => ("applies", Value::Null),
        Outcome::TurnsOnUnknown(_) => ("unknown", unknown_words(considered, request).into()),
        Outcome::DoesNot(mismatch) => ("does-not-apply", mismatch_words(considered, mismatch, request).into()),
    };
    json!({
        "policy": considered.policy.name(),
        "sid": considered.statement.sid(),
        "source": if place.is_empty() { Value::Null } else { place.into() },
        "level": if considered.level == 0 { Value::Null } else { considered.level.into() },
        "effect": match considered.statement.effect() { Effect::Allow => "Allow", Effect::Deny => "Deny" },
        "outcome": outcome,
        "why": why,
    })
}

fn grant_json(considered: &ConsideredGrant<'_>) -> Value {
    let words = grant_words(considered.outcome).trim_start_matches(": ");
    let outcome = match considered.outcome {
        GrantOutcome::Permits(_) => "permits",
        GrantOutcome::TurnsOnUnknown(_) => "unknown",
        GrantOutcome::DoesNot(_) => "does-not-permit",
    };
    json!({
        "id": considered.grant.id(),
        "outcome": outcome,
        "why": if words.is_empty() { Value::Null } else { words.into() },
    })
}
