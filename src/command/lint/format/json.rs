//! Findings as one JSON value.

use serde_json::{Value, json};
use wardbook_policy::lint::Evidence;

use crate::command::lint::check::readable;
use crate::command::lint::issue::{Issue, Place, Repair};
use crate::command::lint::report::Outcome;
use crate::command::trace::request_json;
use crate::output;

/// Everything that counts; of what is excused, how much there is.
pub(in crate::command::lint) fn render(outcome: &Outcome) -> anyhow::Result<String> {
    let (suppressed, baseline) = outcome.excused();
    let documents = outcome
        .documents
        .iter()
        .map(|taken| json!({"path": &*taken.path, "kind": taken.kind.name(), "inferred": !taken.is_told}));
    output::json(&json!({
        "schema_version": 1,
        "findings": outcome.active().map(finding).collect::<Vec<_>>(),
        "files": outcome.files.len(),
        "documents": documents.collect::<Vec<_>>(),
        "suppressed": suppressed,
        "baseline": baseline,
        "fixed": outcome.mended,
    }))
}

fn finding(issue: &Issue) -> Value {
    let place = place_json(&issue.place);
    let mut value = json!({
        "rule": issue.name,
        "code": issue.code,
        "severity": issue.severity.name(),
        "message": issue.message,
        "help": issue.help,
        "labels": issue.labels.iter().map(label_json).collect::<Vec<_>>(),
        "fingerprint": issue.fingerprint,
    });
    let Value::Object(object) = &mut value else { return value };
    if let Value::Object(place) = place {
        object.extend(place);
    }
    match &issue.evidence {
        Some(Evidence::Witness(request)) => {
            object.insert("witness".into(), request_json(request));
        }
        Some(Evidence::Proof(text)) => {
            object.insert("proof".into(), readable(text).into());
        }
        None => {}
    }
    if let Some(repair) = &issue.repair {
        object.insert("fix".into(), repair_json(repair));
    }
    let texts = [
        ("kind", issue.kind),
        ("resource", issue.subject.as_deref()),
        ("construct", issue.construct.as_deref()),
        ("sid", issue.sid.as_deref()),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            object.insert(name.into(), text.into());
        }
    }
    value
}

fn label_json((place, text): &(Place, String)) -> Value {
    let mut value = place_json(place);
    if let Value::Object(object) = &mut value {
        object.insert("text".into(), text.as_str().into());
    }
    value
}

fn place_json(place: &Place) -> Value {
    json!({
        "path": &*place.path,
        "line": place.start.line,
        "column": place.start.column,
        "end_line": place.end.line,
        "end_column": place.end.column,
    })
}

/// Offsets count bytes of the file, after a byte order mark.
fn repair_json(repair: &Repair) -> Value {
    let edits = repair.edits.iter().map(
        |(path, edit)| json!({"path": &**path, "start": edit.span.start, "end": edit.span.end, "text": edit.text}),
    );
    json!({"safe": repair.is_safe, "title": repair.title, "edits": edits.collect::<Vec<_>>()})
}
