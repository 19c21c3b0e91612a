//! What would let a denied request through, in words and in JSON.

use serde_json::{Value, json};
use wardbook_inventory::layer::OwnedLayers;
use wardbook_policy::context::Lookup;
use wardbook_policy::decide::Silence;
use wardbook_policy::explain::{Explanation, Obstacle};
use wardbook_policy::layers::Layer;
use wardbook_policy::quirk::Quirks;
use wardbook_policy::remedy::{Remedy, remedies, suffices};

use super::{reason, trace};

/// The obstacles, each with its remedy, and whether the remedies suffice.
pub(crate) fn text(explanation: &Explanation<'_>, layers: &OwnedLayers, quirks: Quirks) -> String {
    let remedies = remedies(explanation);
    if remedies.is_empty() {
        return String::new();
    }
    let mut text = String::from("to allow it\n");
    for (number, (obstacle, remedy)) in explanation.obstacles().iter().zip(&remedies).enumerate() {
        let (what, how) = (obstacle_words(obstacle, explanation), remedy_words(remedy, explanation));
        text.push_str(&format!("  {}) {what}\n     {how}\n", number + 1));
        if let Some(hint) = hint(remedy) {
            text.push_str(&format!("     hint: {hint}\n"));
        }
    }
    let mendable = !remedies.iter().any(|remedy| matches!(remedy, Remedy::AskOtherwise(_)));
    if mendable && remedies.len() > 1 {
        let all = suffices(explanation, &layers.lend_collected(), quirks);
        text.push_str(if all {
            "  all of these are needed, and together they suffice\n"
        } else {
            "  these may not suffice\n"
        });
    }
    text
}

fn obstacle_words(obstacle: &Obstacle<'_>, explanation: &Explanation<'_>) -> String {
    match obstacle {
        Obstacle::Deny(cited) => format!("{} denies it", reason::statement(cited)),
        Obstacle::Silent { silence, .. } => reason::silence_sentence(*silence, explanation),
    }
}

fn remedy_words(remedy: &Remedy<'_>, explanation: &Explanation<'_>) -> String {
    match remedy {
        Remedy::NarrowDeny(cited) => match cited.statement.conditions().is_empty() {
            true => "remove that statement, or exempt the principal with a condition on aws:PrincipalArn".into(),
            false => {
                "call so that its conditions do not hold, or exempt the principal with a condition on aws:PrincipalArn"
                    .into()
            }
        },
        Remedy::FitCondition { cited, row, found } => {
            let statement = reason::statement(cited);
            let Some(atom) = cited.statement.conditions().get(*row) else { return statement };
            let words = trace::condition_words(atom, *found);
            match found {
                Lookup::One(value) => {
                    format!("{statement} comes nearest: {words}; add `{value}` to its values, or call with one it has")
                }
                _ => format!(
                    "{statement} comes nearest: {words}; call so that the request has it, or drop the condition"
                ),
            }
        }
        Remedy::AddResource { cited, resource } => {
            format!("add `{resource}` to the Resource of {}", reason::statement(cited))
        }
        Remedy::AddPrincipal { cited, principal } => {
            format!("add `{principal}` to the Principal of {}", reason::statement(cited))
        }
        Remedy::AddStatement { layer, level, statement } => {
            format!("add to {}: {statement}", policy_of(*layer, *level, explanation))
        }
        Remedy::AskOtherwise(Silence::OtherAccount) => {
            let owner = explanation.request().resource_account().unwrap_or("the key's account");
            format!("no policy can allow it; call it as a principal of {owner}")
        }
        Remedy::AskOtherwise(Silence::Anonymous) => "no policy can allow it; sign the request".into(),
        Remedy::AskOtherwise(_) => {
            "no policy can allow it; call it as one of these, or use kms:RevokeGrant, which policies can allow".into()
        }
    }
}

fn policy_of(layer: Layer, level: usize, explanation: &Explanation<'_>) -> String {
    let whose = explanation.request().caller().text();
    match layer {
        Layer::Resource => "the resource's policy".into(),
        Layer::Identity => format!("an identity policy of {whose}"),
        Layer::Boundary => "the permissions boundary".into(),
        Layer::Session => "the session policy".into(),
        Layer::Scp => format!("a service control policy of level {level}"),
        Layer::Rcp => format!("a resource control policy of level {level}"),
        Layer::Endpoint => "the VPC endpoint policy".into(),
        Layer::Grant => "the grants".into(),
    }
}

/// What people stumble over with the key of a condition that did not hold.
fn hint(remedy: &Remedy<'_>) -> Option<&'static str> {
    let Remedy::FitCondition { cited, row, found } = remedy else { return None };
    let key = cited.statement.conditions().get(*row)?.key().lower();
    match (key, found) {
        ("kms:encryptioncontext:aws:s3:arn", Lookup::One(value)) if !value.contains('/') => {
            Some("S3 sends the bucket's ARN, not the object's, when the bucket uses an S3 Bucket Key")
        }
        ("kms:viaservice", Lookup::Absent) => {
            Some("kms:ViaService exists only when a service calls KMS for the principal")
        }
        ("aws:sourceip" | "aws:sourcevpce" | "aws:sourcevpc", _) => {
            Some("a call that a service makes for the principal comes from the service's own network")
        }
        _ => None,
    }
}

/// The same for JSON reports.
pub(crate) fn json(explanation: &Explanation<'_>, layers: &OwnedLayers, quirks: Quirks) -> Value {
    let remedies = remedies(explanation);
    let obstacles: Vec<Value> =
        explanation.obstacles().iter().zip(&remedies).map(|(o, r)| obstacle_json(o, r, explanation)).collect();
    let mendable = !remedies.iter().any(|remedy| matches!(remedy, Remedy::AskOtherwise(_)));
    let sufficient = match (remedies.is_empty(), mendable) {
        (true, _) => Value::Null,
        (false, mendable) => Value::Bool(mendable && suffices(explanation, &layers.lend_collected(), quirks)),
    };
    json!({"obstacles": obstacles, "suffices": sufficient})
}

fn obstacle_json(obstacle: &Obstacle<'_>, remedy: &Remedy<'_>, explanation: &Explanation<'_>) -> Value {
    let layer = match obstacle {
        Obstacle::Deny(cited) => cited.layer,
        Obstacle::Silent { silence, .. } => silence.layer(),
    };
    let (kind, cited, statement) = match remedy {
        Remedy::NarrowDeny(cited) => ("narrow-deny", Some(cited), Value::Null),
        Remedy::FitCondition { cited, .. } => ("fit-condition", Some(cited), Value::Null),
        Remedy::AddResource { cited, .. } => ("add-resource", Some(cited), Value::Null),
        Remedy::AddPrincipal { cited, .. } => ("add-principal", Some(cited), Value::Null),
        Remedy::AddStatement { statement, .. } => {
            ("add-statement", None, serde_json::from_str(statement).unwrap_or(Value::Null))
        }
        Remedy::AskOtherwise(_) => ("ask-otherwise", None, Value::Null),
    };
    json!({
        "layer": layer.name(),
        "obstacle": obstacle_words(obstacle, explanation),
        "kind": kind,
        "remedy": remedy_words(remedy, explanation),
        "at": cited.map(reason::cited_json),
        "statement": statement,
    })
}
