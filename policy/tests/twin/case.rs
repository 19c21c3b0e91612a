//! A case file's case, given to the crate.

use serde_json::Value;
use wardbook_policy::context::{Unnamed, Values};
use wardbook_policy::decide::{Verdict, decide};
use wardbook_policy::document::Document;
use wardbook_policy::grant::Grant;
use wardbook_policy::json;
use wardbook_policy::layers::{Layers, Told};
use wardbook_policy::policy::{Origin, Policy, PolicyKind};
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;

/// The request and the documents, compiled.
pub(crate) struct Case {
    pub(crate) request: Request,
    resource: Option<Vec<Policy>>,
    identity: Option<Vec<Policy>>,
    boundary: Option<Vec<Policy>>,
    session: Option<Vec<Policy>>,
    scps: Option<Vec<Vec<Policy>>>,
    rcps: Option<Vec<Vec<Policy>>>,
    endpoint: Option<Vec<Policy>>,
    grants: Option<Vec<Grant>>,
}

impl Case {
    pub(crate) fn read(case: &Value, quirks: Quirks) -> Case {
        let policies = &case["policies"];
        let kms = case["request"]["action"].as_str().is_some_and(|action| action.to_lowercase().starts_with("kms:"));
        let flat = |name: &str, kind| policies.get(name).map(|layer| list(layer, |document| policy(document, kind)));
        let deep = |name: &str, kind| {
            policies.get(name).map(|levels| list(levels, |level| list(level, |document| policy(document, kind))))
        };
        Case {
            request: request(&case["request"], quirks),
            resource: flat("resource", if kms { PolicyKind::Key } else { PolicyKind::Resource }),
            identity: flat("identity", PolicyKind::Identity),
            boundary: flat("boundary", PolicyKind::Identity),
            session: flat("session", PolicyKind::Identity),
            scps: deep("scps", PolicyKind::Scp),
            rcps: deep("rcps", PolicyKind::Rcp),
            endpoint: flat("endpoint", PolicyKind::Endpoint),
            grants: policies.get("grants").map(|grants| list(grants, |grant| Grant::read(&reread(grant)).unwrap())),
        }
    }

    pub(crate) fn layers(&self) -> Layers<'_> {
        fn told<T>(layer: &Option<Vec<T>>) -> Told<'_, T> {
            layer.as_deref().map_or(Told::Absent, Told::Known)
        }
        Layers {
            resource: told(&self.resource),
            identity: told(&self.identity),
            boundary: told(&self.boundary),
            session: told(&self.session),
            scps: told(&self.scps),
            rcps: told(&self.rcps),
            endpoint: told(&self.endpoint),
            grants: told(&self.grants),
        }
    }
}

/// What the crate says of a case.
pub(crate) fn decided(case: &Value, quirks: Quirks) -> Verdict {
    let case = Case::read(case, quirks);
    decide(&case.request, &case.layers(), quirks).verdict()
}

fn list<T>(value: &Value, read: impl Fn(&Value) -> T) -> Vec<T> {
    match value {
        Value::Array(values) => values.iter().map(read).collect(),
        value => vec![read(value)],
    }
}

fn reread(value: &Value) -> json::Value {
    json::parse(&value.to_string()).unwrap()
}

pub(crate) fn policy(document: &Value, kind: PolicyKind) -> Policy {
    match Policy::new(&Document::read(&reread(document)), kind, Origin::default()) {
        Ok(policy) => policy,
        Err(problems) => panic!("refused: {problems:?}\n{document:#}"),
    }
}

fn request(request: &Value, quirks: Quirks) -> Request {
    let text = |name: &str| request[name].as_str();
    let mut builder = Request::builder(text("principal").unwrap(), text("action").unwrap(), text("resource").unwrap())
        .aws_managed_key(request["key_manager"] == "AWS")
        .quirks(quirks);
    if let Some(account) = text("resource_account") {
        builder = builder.resource_account(account);
    }
    let scalar = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    for (key, value) in request["context"].as_object().into_iter().flatten() {
        builder = match value {
            Value::Array(values) => {
                let values: Vec<Box<str>> = values.iter().map(|value| scalar(value).into()).collect();
                builder.with(key, Values::Many(values))
            }
            value => builder.with(key, &*scalar(value)),
        };
        if key.to_lowercase().starts_with("kms:encryptioncontext:") {
            builder = builder.whole("kms:EncryptionContext:");
        }
    }
    if request["unknown"] == "*" {
        builder = builder.unnamed(Unnamed::Unknown);
    }
    for key in request["unknown"].as_array().into_iter().flatten() {
        builder = builder.unknown(key.as_str().unwrap());
    }
    builder.build().unwrap_or_else(|error| panic!("{error}\n{request:#}"))
}
