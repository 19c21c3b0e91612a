//! Assertions about a whole world: nobody but these may, unless a condition holds.

use wardbook_policy::catalogue;
use wardbook_policy::document::Document;
use wardbook_policy::json::{Kind, Member, Value};
use wardbook_policy::policy::{Origin, Policy, PolicyKind};
use wardbook_policy::span::{Position, Span};

use super::Scribe;
use crate::source::ReadError;

/// Nobody but these may do this to these keys.
#[derive(Debug)]
pub struct Assertion {
    /// Its name, or its number where it has none.
    pub name: String,
    /// Line and column of its first character.
    pub position: Position,
    /// What it says, or everything that keeps it from being read.
    pub body: Result<Claim, Vec<ReadError>>,
}

/// What an assertion says.
#[derive(Debug)]
pub struct Claim {
    /// The actions, as AWS spells them; wildcards are expanded.
    pub actions: Vec<String>,
    /// Which keys: an ARN, an id, an alias, `tag:NAME=VALUE` or `*`.
    pub key: String,
    /// Patterns of principals who may, with `*` and `?`.
    pub only: Vec<String>,
    /// Lets through whatever the exception does not excuse.
    pub unexcused: Option<Policy>,
}

impl Claim {
    /// Whether somebody of that name is among those who may.
    pub fn permits(&self, principal: &str) -> bool {
        self.only.iter().any(|pattern| matches(pattern.as_bytes(), principal.as_bytes()))
    }
}

const MEMBERS: &[&str] = &["name", "action", "key", "only", "unless"];

pub(super) fn read(value: &Value, index: usize, mut scribe: Scribe<'_>) -> Assertion {
    scribe.members(value, "an assertion", MEMBERS);
    let name = scribe.member_text(value, "name").map(str::to_owned);
    let action = scribe.required(value, "an assertion", "action");
    let actions = action.map(|action| actions(action, &mut scribe)).unwrap_or_default();
    let key = scribe.required(value, "an assertion", "key").and_then(|key| scribe.text(key, "key")).map(str::to_owned);
    let only = scribe.required(value, "an assertion", "only");
    let only = only.map(|only| texts(only, "only", &mut scribe)).unwrap_or_default();
    let unexcused = value.member("unless").map(|unless| unexcused(unless, &mut scribe));
    let position = scribe.lines.position(value.span);
    let body = match key {
        Some(key) if scribe.errors.is_empty() => Ok(Claim { actions, key, only, unexcused }),
        _ => Err(scribe.errors),
    };
    Assertion { name: name.unwrap_or_else(|| format!("assertion {}", index + 1)), position, body }
}

/// One text or a list of them.
fn texts(value: &Value, name: &str, scribe: &mut Scribe<'_>) -> Vec<String> {
    let list = value.as_list().unwrap_or(std::slice::from_ref(value)).iter();
    list.filter_map(|value| scribe.text(value, name).map(str::to_owned)).collect()
}

fn actions(value: &Value, scribe: &mut Scribe<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for pattern in texts(value, "action", scribe) {
        if !pattern.contains(['*', '?']) {
            found.push(pattern);
            continue;
        }
        let before = found.len();
        let on_keys = |name: &&str| {
            use catalogue::ResourceKind::{AliasAndKey, Key};
            catalogue::kms_operation(name)
                .is_some_and(|operation| matches!(operation.resource_kind(), Key | AliasAndKey))
        };
        found.extend(
            catalogue::actions_matching(&pattern).map(|action| action.name()).filter(on_keys).map(str::to_owned),
        );
        if found.len() == before {
            scribe.note(value.span, format!("`{pattern}` matches no KMS action on keys"));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// A policy that denies wherever the condition holds, and nothing else. It is read as any policy is,
/// so a condition that is no condition is refused where it stands.
fn unexcused(condition: &Value, scribe: &mut Scribe<'_>) -> Policy {
    let span = condition.span;
    let text = |text: &str| Value { span, kind: Kind::Text(text.into()) };
    let object = |members: Vec<(&str, Value)>| {
        let members = members.into_iter();
        let members = members.map(|(name, value)| Member { name: name.into(), name_span: Span::default(), value });
        Value { span, kind: Kind::Object(members.collect()) }
    };
    let everything = |effect: &str| vec![("Effect", text(effect)), ("Action", text("*")), ("Resource", text("*"))];
    let mut deny = everything("Deny");
    deny.push(("Condition", condition.clone()));
    let statements = Value { span, kind: Kind::List(vec![object(everything("Allow")), object(deny)]) };
    let document = object(vec![("Version", text("2012-10-17")), ("Statement", statements)]);
    let origin = Origin { name: "unless", path: scribe.path, lines: Some(scribe.lines) };
    let (policy, problems) = Policy::forced(&Document::read(&document), PolicyKind::Endpoint, origin);
    for problem in problems {
        scribe.note(problem.span, problem.message);
    }
    policy
}

/// `*` is any run of characters, `?` one of them.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut rest) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while rest < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, rest));
                at += 1;
            }
            Some(byte) if *byte == b'?' || Some(byte) == text.get(rest) => {
                at += 1;
                rest += 1;
            }
            _ => match star {
                Some((place, taken)) => {
                    at = place + 1;
                    rest = taken + 1;
                    star = Some((place, taken + 1));
                }
                None => return false,
            },
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_principals() {
        for (pattern, text, wanted) in [
            ("*", "", true),
            ("arn:aws:iam::*:role/pay-*", "arn:aws:iam::111122223333:role/pay-api", true),
            ("arn:aws:iam::*:role/pay-*", "arn:aws:iam::111122223333:role/x-pay-api", false),
            ("a?c*d", "abcxd", true),
            ("a?c*d", "acd", false),
            ("a", "ab", false),
            ("*a*b", "xaybzb", true),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), wanted, "{pattern} {text}");
        }
    }
}
