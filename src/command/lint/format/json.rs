//! Findings as one JSON value.

use serde_json::{Map, Value, json};
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
    let mut object = Map::new();
    object.insert("rule".into(), issue.name.into());
    object.insert("code".into(), issue.code.into());
    object.insert("severity".into(), issue.severity.name().into());
    object.extend(place_json(&issue.place));
    object.insert("message".into(), issue.message.as_str().into());
    object.insert("help".into(), issue.help.as_deref().into());
    object.insert("labels".into(), issue.labels.iter().map(label_json).collect());
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
    object.insert("fingerprint".into(), issue.fingerprint.as_str().into());
    Value::Object(object)
}

fn label_json((place, text): &(Place, String)) -> Value {
    let mut object = place_json(place);
    object.insert("text".into(), text.as_str().into());
    Value::Object(object)
}

fn place_json(place: &Place) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("path".into(), (&*place.path).into());
    object.insert("line".into(), place.start.line.into());
    object.insert("column".into(), place.start.column.into());
    object.insert("end_line".into(), place.end.line.into());
    object.insert("end_column".into(), place.end.column.into());
    object
}

fn repair_json(repair: &Repair) -> Value {
    let edits: Vec<Value> = repair.edits.iter().map(label_json).collect();
    json!({"safe": repair.is_safe, "title": repair.title, "edits": edits})
}
