//! The request of a case: who, what, on what, and under which circumstances.

use wardbook_policy::context::Values;
use wardbook_policy::json::{Kind, Value};
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::{Request, RequestBuilder, RequestError};

use super::Scribe;

const MEMBERS: &[&str] =
    &["principal", "action", "resource", "resource_account", "context", "unknown", "key_manager", "issuer"];

/// Reads and builds the request; whatever stands in its way is noted.
pub(super) fn read(value: &Value, quirks: Quirks, scribe: &mut Scribe<'_>) -> Option<Request> {
    let before = scribe.errors.len();
    scribe.members(value, "a request", MEMBERS);
    let mut texts = ["principal", "action", "resource"].map(|name| {
        let found = scribe.required(value, "a request", name);
        found.and_then(|found| scribe.text(found, name))
    });
    let [principal, action, resource] = texts.each_mut().map(Option::take);
    let mut builder = Request::builder(principal?, action?, resource?).quirks(quirks);
    if let Some(account) = scribe.member_text(value, "resource_account") {
        builder = builder.resource_account(account);
    }
    if let Some(issuer) = scribe.member_text(value, "issuer") {
        builder = builder.issuer(issuer);
    }
    if let Some(manager) = value.member("key_manager") {
        match scribe.text(manager, "key_manager") {
            Some("AWS") => builder = builder.aws_managed_key(true),
            Some("CUSTOMER") | None => {}
            Some(other) => scribe.note(manager.span, format!("`key_manager` is `AWS` or `CUSTOMER`, not `{other}`")),
        }
    }
    if let Some(unknown) = value.member("unknown") {
        builder = forget(builder, unknown, scribe);
    }
    if let Some(context) = value.member("context") {
        builder = give(builder, context, scribe);
    }
    if scribe.errors.len() > before {
        return None;
    }
    match builder.build() {
        Ok(request) => Some(request),
        Err(error) => {
            let place = value.member(culprit(&error)).unwrap_or(value);
            scribe.note(place.span, error.to_string());
            None
        }
    }
}

/// The member that an error is about.
fn culprit(error: &RequestError) -> &'static str {
    match error {
        RequestError::Caller(_) => "principal",
        RequestError::Action(_) => "action",
        RequestError::Resource(_) | RequestError::AliasForKey { .. } | RequestError::NotAKey { .. } => "resource",
        RequestError::Account(_) => "resource_account",
        RequestError::Long { .. } => "",
    }
}

/// Whether the resource's own policy is a key policy.
pub(super) fn is_about_a_key(request: &Value) -> bool {
    let text = |name: &str| request.member(name).and_then(Value::as_text).unwrap_or_default();
    let kms_action = text("action").get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("kms:"));
    let arn = wardbook_policy::arn::Arn::parse(text("resource"));
    kms_action || arn.is_some_and(|arn| arn.service == "kms" && arn.resource.starts_with("key/"))
}

fn give(mut builder: RequestBuilder, context: &Value, scribe: &mut Scribe<'_>) -> RequestBuilder {
    let Some(members) = context.as_object() else {
        scribe.note(context.span, format!("`context` is an object of condition keys, not {}", context.noun()));
        return builder;
    };
    let mut seen: Vec<String> = Vec::with_capacity(members.len());
    for member in members {
        let lower = member.name.to_lowercase();
        if seen.contains(&lower) {
            let message = format!("`{}` is given twice; condition keys do not differ by case", member.name);
            scribe.note(member.name_span, message);
        }
        seen.push(lower);
        if let Some(values) = values(&member.value, &member.name, scribe) {
            builder = builder.with(&member.name, values);
        }
    }
    builder
}

/// A scalar is one value; a list makes the key multi-valued, also a list of one.
fn values(value: &Value, key: &str, scribe: &mut Scribe<'_>) -> Option<Values> {
    match &value.kind {
        Kind::List(list) => {
            let texts: Vec<Option<Box<str>>> = list.iter().map(|value| scalar(value, key, scribe)).collect();
            texts.into_iter().collect::<Option<Vec<Box<str>>>>().map(Values::Many)
        }
        _ => scalar(value, key, scribe).map(Values::One),
    }
}

fn scalar(value: &Value, key: &str, scribe: &mut Scribe<'_>) -> Option<Box<str>> {
    match &value.kind {
        Kind::Text(text) | Kind::Number(text) => Some(text.clone()),
        Kind::Bool(told) => Some(told.to_string().into()),
        Kind::Null => {
            scribe.note(value.span, format!("`{key}` is null: leave the key out, or list it under `unknown`"));
            None
        }
        Kind::List(_) | Kind::Object(_) => {
            scribe.note(value.span, format!("`{key}` is a text or a list of texts, not {} inside", value.noun()));
            None
        }
    }
}

fn forget(mut builder: RequestBuilder, unknown: &Value, scribe: &mut Scribe<'_>) -> RequestBuilder {
    use wardbook_policy::context::Unnamed;
    match &unknown.kind {
        Kind::Text(text) if &**text == "*" => builder.unnamed(Unnamed::Unknown),
        Kind::List(keys) => {
            for key in keys {
                match &key.kind {
                    Kind::Text(name) if &**name != "*" && !name.is_empty() => builder = builder.unknown(name),
                    _ => scribe.note(key.span, "`unknown` is `\"*\"` or a list of condition keys"),
                }
            }
            builder
        }
        _ => {
            scribe.note(unknown.span, "`unknown` is `\"*\"` or a list of condition keys");
            builder
        }
    }
}
