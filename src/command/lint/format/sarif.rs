//! SARIF 2.1.0: for GitHub's code scanning and whatever else reads it.
//!
//! URIs are relative to the working folder, fingerprints follow the content and not the lines, and what is
//! suppressed is told as suppressed.
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use wardbook_policy::lint::{Evidence, RULES, Severity};

use crate::command::lint::check::readable;
use crate::command::lint::issue::{Excuse, Issue, Place, Repair};
use crate::command::lint::own_rule::OWN;
use crate::command::lint::report::Outcome;
use crate::command::trace::request_json;
use crate::output;

/// How grave what opens more than anybody needs is for GitHub: high.
const SECURITY_SEVERITY: &str = "8.0";

/// Everything, what is excused too.
pub(in crate::command::lint) fn render(outcome: &Outcome) -> anyhow::Result<String> {
    let mut codes: Vec<&str> = outcome.issues.iter().map(|issue| issue.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules: Vec<Value> = codes.iter().map(|code| rule(code, outcome)).collect();
    let mut counts: HashMap<(&str, &str), usize> = HashMap::new();
    let results: Vec<Value> = outcome
        .issues
        .iter()
        .map(|issue| {
            let count = counts.entry((&issue.place.path, &issue.fingerprint)).or_default();
            *count += 1;
            let index = codes.iter().position(|code| *code == issue.code).unwrap_or_default();
            result(issue, index, *count)
        })
        .collect();
    output::json(&json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "wardbook",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "the folder in which wardbook ran"}}},
            "results": results,
        }],
    }))
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error | Severity::Security => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// What a rule is about; its level is the worst that it has in this run.
fn rule(code: &str, outcome: &Outcome) -> Value {
    let of_policies = RULES.iter().find(|rule| rule.code == code).map(|rule| (rule.name, rule.page()));
    let own = || OWN.iter().find(|rule| rule.code == code).map(|rule| (rule.name, rule.page()));
    let (name, page) = of_policies.or_else(own).unwrap_or_default();
    let worst = outcome.issues.iter().filter(|issue| issue.code == code).map(|issue| issue.severity).max();
    let mut lines = page.lines();
    let short = lines.next().unwrap_or_default();
    let why: Vec<&str> = lines.skip_while(|line| line.is_empty()).take_while(|line| !line.starts_with('#')).collect();
    let why = why.join(" ").trim().to_owned();
    let full = if why.is_empty() { short.to_owned() } else { why };
    let mut properties = json!({"tags": ["security", "iam", "kms"]});
    let is_security = outcome.issues.iter().any(|issue| issue.code == code && issue.severity == Severity::Security);
    if let (true, Value::Object(properties)) = (is_security, &mut properties) {
        properties.insert("security-severity".into(), SECURITY_SEVERITY.into());
    }
    json!({
        "id": code,
        "name": pascal(name),
        "shortDescription": {"text": short},
        "fullDescription": {"text": full},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": level(worst.unwrap_or(Severity::Warning))},
        "properties": properties,
    })
}

/// `public-key-policy` as `PublicKeyPolicy`, as names of rules are written in SARIF.
fn pascal(name: &str) -> String {
    let word = |word: &str| {
        let mut characters = word.chars();
        characters.next().map(|first| first.to_ascii_uppercase().to_string() + characters.as_str()).unwrap_or_default()
    };
    name.split('-').map(word).collect()
}

fn result(issue: &Issue, index: usize, count: usize) -> Value {
    let mut message = issue.message.clone();
    if let Some(Evidence::Proof(text)) = &issue.evidence {
        message.push_str(&format!("\n{}", readable(text)));
    }
    if let Some(help) = &issue.help {
        message.push_str(&format!("\n{help}"));
    }
    let mut location = json!({"physicalLocation": physical(&issue.place)});
    if let (Some(subject), Value::Object(location)) = (&issue.subject, &mut location) {
        let full = issue.construct.as_ref().unwrap_or(subject);
        let logical = json!([{"name": &**subject, "fullyQualifiedName": &**full, "kind": "resource"}]);
        location.insert("logicalLocations".into(), logical);
    }
    let fingerprint = format!("{}:{count}", issue.fingerprint);
    let mut result = Map::new();
    result.insert("ruleId".into(), issue.code.into());
    result.insert("ruleIndex".into(), index.into());
    result.insert("level".into(), level(issue.severity).into());
    result.insert("message".into(), json!({"text": message}));
    result.insert("locations".into(), json!([location]));
    // The first is the one that GitHub compares, the second says how it was made.
    let prints = json!({"primaryLocationLineHash": fingerprint, "wardbook/v1": fingerprint});
    result.insert("partialFingerprints".into(), prints);
    if !issue.labels.is_empty() {
        let related = issue.labels.iter().enumerate().map(
            |(id, (place, text))| json!({"id": id, "physicalLocation": physical(place), "message": {"text": text}}),
        );
        result.insert("relatedLocations".into(), related.collect());
    }
    if let Some(repair) = issue.repair.as_ref() {
        result.insert("fixes".into(), json!([fix(repair)]));
    }
    let suppressions = match &issue.excuse {
        None => json!([]),
        Some(excuse) => {
            let kind = if matches!(excuse, Excuse::InSource(_)) { "inSource" } else { "external" };
            json!([{"kind": kind, "status": "accepted", "justification": excuse.reason()}])
        }
    };
    result.insert("suppressions".into(), suppressions);
    let mut properties = json!({"severity": issue.severity.name()});
    if let Value::Object(properties) = &mut properties {
        if issue.severity == Severity::Security {
            properties.insert("security-severity".into(), SECURITY_SEVERITY.into());
        }
        if let Some(Evidence::Witness(request)) = &issue.evidence {
            properties.insert("witness".into(), request_json(request));
        }
        if let Some(kind) = issue.kind {
            properties.insert("kind".into(), kind.into());
        }
    }
    result.insert("properties".into(), properties);
    Value::Object(result)
}

fn physical(place: &Place) -> Value {
    json!({"artifactLocation": artifact(&place.path), "region": region(place)})
}

fn region(place: &Place) -> Value {
    json!({
        "startLine": place.start.line,
        "startColumn": place.start.column,
        "endLine": place.end.line,
        "endColumn": place.end.column,
    })
}

fn fix(repair: &Repair) -> Value {
    let changes = repair.edits.iter().map(|(place, text)| {
        json!({
            "artifactLocation": artifact(&place.path),
            "replacements": [{"deletedRegion": region(place), "insertedContent": {"text": text}}],
        })
    });
    json!({"description": {"text": repair.title}, "artifactChanges": changes.collect::<Vec<_>>()})
}

/// A path as a URI: relative to the folder in which the linter ran, unless it lies elsewhere.
fn artifact(path: &str) -> Value {
    let uri = encoded(path);
    match path.starts_with('/') {
        true => json!({"uri": format!("file://{uri}")}),
        false => json!({"uri": uri, "uriBaseId": "%SRCROOT%"}),
    }
}

/// What may stand in a path of a URI stays; everything else is percent-encoded.
pub(in crate::command::lint) fn encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
