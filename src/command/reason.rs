//! Why a request was decided as it was, in words and in JSON; shared by the verbs that decide.

use serde_json::{Value, json};
use wardbook_policy::decide::{Cited, Reason, Silence};
use wardbook_policy::explain::{Cause, Explanation};
use wardbook_policy::grant::Grant;
use wardbook_policy::layers::Layer;

/// One sentence per thing that settled the decision.
pub(crate) fn sentences(explanation: &Explanation<'_>) -> Vec<String> {
    let mut sentences: Vec<String> = explanation.causes().iter().map(|cause| sentence(cause, explanation)).collect();
    if let Reason::TurnsOn { keys, documents, symbols } = explanation.decision().reason() {
        sentences.clear();
        if !keys.is_empty() {
            let names: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
            sentences.push(format!("it turns on {}", names.join(", ")));
        }
        if !symbols.is_empty() {
            let names: Vec<String> = symbols.iter().map(|symbol| format!("`{symbol}`")).collect();
            sentences.push(format!("it turns on what a template leaves open: {}", names.join(", ")));
        }
        for layer in documents {
            sentences.push(format!("it turns on {}, which nobody collected", documents_of(*layer)));
        }
    }
    if sentences.is_empty() {
        sentences.push("the root user needs no policy for this".into());
    }
    sentences
}

fn sentence(cause: &Cause<'_>, explanation: &Explanation<'_>) -> String {
    match cause {
        Cause::Statement(cited) => statement(cited),
        Cause::Grant(grant) => format!("grant {}", grant_name(grant)),
        Cause::Silence(silence) => silence_sentence(*silence, explanation),
    }
}

/// What a silent layer means for this request.
pub(crate) fn silence_sentence(silence: Silence, explanation: &Explanation<'_>) -> String {
    let request = explanation.request();
    match silence {
        Silence::Scp(level) => format!("no service control policy of level {level} (root is 1) allows it"),
        Silence::Rcp(level) => format!("no resource control policy of level {level} (root is 1) allows it"),
        Silence::Resource if request.is_cross_account() => {
            "the resource's policy names neither the caller nor its account".into()
        }
        silence => silence.sentence().into(),
    }
}

/// `` `AllowPayments` of key policy default (policy.json:3:5) ``
pub(crate) fn statement(cited: &Cited<'_>) -> String {
    let place = cited.policy.place(cited.statement);
    let of = match short_name(cited.policy.name()) {
        "" => cited.layer.noun(),
        name => name,
    };
    let name = statement_name(cited);
    if place.is_empty() { format!("{name} of {of}") } else { format!("{name} of {of} ({place})") }
}

/// The Sid, or the number of a statement without one.
fn statement_name(cited: &Cited<'_>) -> String {
    match (cited.statement.sid(), index(cited)) {
        (Some(sid), _) => format!("`{sid}`"),
        (None, Some(index)) => format!("statement {}", index + 1),
        (None, None) => "a statement".into(),
    }
}

/// Which statement of its policy it is, counted from zero.
fn index(cited: &Cited<'_>) -> Option<usize> {
    cited.policy.statements().iter().position(|statement| std::ptr::eq(statement, cited.statement))
}

/// A policy's name without the ARN in front of it: `p-FullAWSAccess`, `inline reports`.
fn short_name(name: &str) -> &str {
    let last = name.rsplit('/').next().unwrap_or(name);
    match (name.contains(':'), last.split_once(' ')) {
        (true, Some((_, rest))) => rest,
        _ => last,
    }
}

pub(crate) fn grant_name(grant: &Grant) -> String {
    match (grant.name(), grant.id()) {
        ("", id) => id.to_owned(),
        (name, id) => format!("{id} ({name})"),
    }
}

/// What settled the decision, as the `because` of the JSON reports.
pub(crate) fn because(explanation: &Explanation<'_>) -> Vec<Value> {
    explanation
        .causes()
        .iter()
        .map(|cause| match cause {
            Cause::Statement(cited) => cited_json(cited),
            Cause::Grant(grant) => json!({
                "layer": "grant",
                "policy": grant.id(),
                "statement": null,
                "sid": null,
                "source": Some(grant.place()).filter(|place| !place.is_empty()),
            }),
            Cause::Silence(silence) => json!({
                "layer": silence.layer().name(),
                "policy": null,
                "statement": null,
                "sid": null,
                "source": null,
                "reason": silence_sentence(*silence, explanation),
            }),
        })
        .collect()
}

pub(crate) fn cited_json(cited: &Cited<'_>) -> Value {
    let place = cited.policy.place(cited.statement);
    json!({
        "layer": cited.layer.name(),
        "policy": cited.policy.name(),
        "statement": index(cited),
        "sid": cited.statement.sid(),
        "source": if place.is_empty() { Value::Null } else { place.into() },
    })
}

/// The keys, and the open parts of templates, that would settle an unknown decision.
pub(crate) fn missing(explanation: &Explanation<'_>) -> Vec<String> {
    match explanation.decision().reason() {
        Reason::TurnsOn { keys, symbols, .. } => keys
            .iter()
            .map(|key| key.name().to_owned())
            .chain(symbols.iter().map(|symbol| symbol.to_string()))
            .collect(),
        _ => Vec::new(),
    }
}

/// The documents of a layer, as something that can be missing.
pub(crate) fn documents_of(layer: Layer) -> &'static str {
    match layer {
        Layer::Resource => "the resource's own policy",
        Layer::Identity => "the principal's identity policies",
        Layer::Boundary => "the principal's permissions boundary",
        Layer::Session => "the session policies",
        Layer::Scp => "the service control policies",
        Layer::Rcp => "the resource control policies",
        Layer::Endpoint => "the VPC endpoint's policy",
        Layer::Grant => "the key's grants",
    }
}

/// The layers whose documents nobody collected, where the decision turns on them.
pub(crate) fn missing_documents(explanation: &Explanation<'_>) -> Vec<&'static str> {
    match explanation.decision().reason() {
        Reason::TurnsOn { documents, .. } => documents.iter().map(|layer| layer.name()).collect(),
        _ => Vec::new(),
    }
}
