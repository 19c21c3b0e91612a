//! The request of a case: who, what, on what, and under which circumstances.

use wardbook_policy::context::{Unnamed, Values};
use wardbook_policy::json::{Kind, Value};
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::{Request, RequestError};

use super::Scribe;
use crate::circumstances::Circumstances;
use crate::question::Question;

const MEMBERS: &[&str] =
    &["principal", "action", "resource", "resource_account", "context", "unknown", "key_manager", "issuer"];

/// A request as it was written, checked but not built.
pub(super) struct Facts {
    principal: String,
    action: String,
    resource: String,
    resource_account: Option<String>,
    issuer: Option<String>,
    aws_managed_key: bool,
    context: Vec<(Box<str>, Values)>,
    unknown: Unknown,
}

/// Which condition keys are declared unknown.
enum Unknown {
    /// These.
    Keys(Vec<Box<str>>),
    /// All that are not named.
    Everything,
}

impl Facts {
    /// Reads a request; whatever is wrong with it is noted.
    pub(super) fn read(value: &Value, scribe: &mut Scribe<'_>) -> Option<Facts> {
        let before = scribe.errors.len();
        scribe.members(value, "a request", MEMBERS);
        let mut texts = ["principal", "action", "resource"].map(|name| {
            let found = scribe.required(value, "a request", name);
            found.and_then(|found| scribe.text(found, name)).map(str::to_owned)
        });
        let [principal, action, resource] = texts.each_mut().map(Option::take);
        let facts = Facts {
            principal: principal?,
            action: action?,
            resource: resource?,
            resource_account: scribe.member_text(value, "resource_account").map(str::to_owned),
            issuer: scribe.member_text(value, "issuer").map(str::to_owned),
            aws_managed_key: value.member("key_manager").is_some_and(|manager| is_aws_managed(manager, scribe)),
            unknown: value.member("unknown").map_or(Unknown::Keys(Vec::new()), |unknown| declared(unknown, scribe)),
            context: value.member("context").map(|context| given(context, scribe)).unwrap_or_default(),
        };
        (scribe.errors.len() == before).then_some(facts)
    }

    /// The request of a case: whatever is not named is absent.
    fn build(&self, quirks: Quirks) -> Result<Request, RequestError> {
        let mut builder = Request::builder(&self.principal, &self.action, &self.resource).quirks(quirks);
        if let Some(account) = &self.resource_account {
            builder = builder.resource_account(account);
        }
        if let Some(issuer) = &self.issuer {
            builder = builder.issuer(issuer);
        }
        builder = match &self.unknown {
            Unknown::Everything => builder.unnamed(Unnamed::Unknown),
            Unknown::Keys(keys) => keys.iter().fold(builder, |builder, key| builder.unknown(key)),
        };
        builder = self.context.iter().fold(builder, |builder, (key, values)| builder.with(key, values.clone()));
        builder.aws_managed_key(self.aws_managed_key).build()
    }

    /// The request as a question to a world: whatever is not named is unknown.
    pub(super) fn into_question(self) -> Question {
        let mut told = Circumstances::default().aws_managed_key(self.aws_managed_key);
        if let Some(account) = &self.resource_account {
            told = told.resource_account(account);
        }
        if let Some(issuer) = &self.issuer {
            told = told.issuer(issuer);
        }
        if let Unknown::Keys(keys) = &self.unknown {
            told = keys.iter().fold(told, |told, key| told.unknown(key));
        }
        told = self.context.into_iter().fold(told, |told, (key, values)| told.with(&key, values));
        let (principal, action, resource) = (self.principal, self.action, self.resource);
        Question { principal, action, resource, circumstances: told, notes: Vec::new(), grant: None }
    }
}

/// Reads and builds the request of a case; whatever stands in its way is noted.
pub(super) fn read(value: &Value, quirks: Quirks, scribe: &mut Scribe<'_>) -> Option<Request> {
    match Facts::read(value, scribe)?.build(quirks) {
        Ok(request) => Some(request),
        Err(error) => {
            let place = value.member(culprit(&error)).unwrap_or(value);
            scribe.note(place.span, error.to_string());
            None
        }
    }
}

fn is_aws_managed(manager: &Value, scribe: &mut Scribe<'_>) -> bool {
    match scribe.text(manager, "key_manager") {
        Some("AWS") => true,
        Some("CUSTOMER") | None => false,
        Some(other) => {
            scribe.note(manager.span, format!("`key_manager` is `AWS` or `CUSTOMER`, not `{other}`"));
            false
        }
    }
}

/// The member that an error is about.
fn culprit(error: &RequestError) -> &'static str {
    match error {
        RequestError::Caller(_) => "principal",
        RequestError::Action(_) | RequestError::NotOfKms { .. } => "action",
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

fn given(context: &Value, scribe: &mut Scribe<'_>) -> Vec<(Box<str>, Values)> {
    let Some(members) = context.as_object() else {
        scribe.note(context.span, format!("`context` is an object of condition keys, not {}", context.noun()));
        return Vec::new();
    };
    let mut seen: Vec<String> = Vec::with_capacity(members.len());
    let mut given = Vec::with_capacity(members.len());
    for member in members {
        let lower = member.name.to_lowercase();
        if seen.contains(&lower) {
            let message = format!("`{}` is given twice; condition keys do not differ by case", member.name);
            scribe.note(member.name_span, message);
        }
        seen.push(lower);
        if let Some(values) = values(&member.value, &member.name, scribe) {
            given.push((member.name.clone(), values));
        }
    }
    given
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

/// `"*"`, or a list of condition keys.
fn declared(unknown: &Value, scribe: &mut Scribe<'_>) -> Unknown {
    const FORM: &str = "`unknown` is `\"*\"` or a list of condition keys";
    match &unknown.kind {
        Kind::Text(text) if &**text == "*" => Unknown::Everything,
        Kind::List(keys) if matches!(keys.as_slice(), [only] if only.as_text() == Some("*")) => Unknown::Everything,
        Kind::List(keys) => {
            let mut names = Vec::with_capacity(keys.len());
            for key in keys {
                match key.as_text() {
                    Some(name) if name != "*" && !name.is_empty() => names.push(name.into()),
                    _ => scribe.note(key.span, FORM),
                }
            }
            Unknown::Keys(names)
        }
        _ => {
            scribe.note(unknown.span, FORM);
            Unknown::Keys(Vec::new())
        }
    }
}
