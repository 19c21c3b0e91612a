//! Holds a JSON value against its shape and says what is wrong with it in the words of AWS.
//!
//! A value of another type ends the reading at once; values out of bounds are collected, all of them.

use serde_json::Value;

use super::decode::{bytes, scalar};
use crate::api::{Kind, Shape, matches};
use crate::limits::{MOMENT_SECONDS_MAX, VIOLATIONS_MAX};
use crate::refusal::{Refusal, Why};

/// Everything that is out of bounds in a request.
pub fn violations(value: &Value, shape: &Shape) -> Result<Vec<String>, Refusal> {
    let mut found = Vec::new();
    check(value, shape, "", &mut found)?;
    found.truncate(VIOLATIONS_MAX);
    Ok(found)
}

fn check(value: &Value, shape: &Shape, path: &str, found: &mut Vec<String>) -> Result<(), Refusal> {
    if found.len() >= VIOLATIONS_MAX {
        return Ok(());
    }
    let mut say = |shown: &dyn Fn() -> Option<String>, rules: Vec<String>| {
        if rules.is_empty() {
            return;
        }
        let shown = quoted((!is_token(path)).then(shown).flatten());
        found.extend(
            rules.into_iter().map(|rule| format!("Value{shown} at '{path}' failed to satisfy constraint: {rule}")),
        );
    };
    match &shape.kind {
        Kind::Text | Kind::Enum(_) => {
            let text = value.as_str().ok_or_else(|| mismatch(value, "String"))?;
            say(&|| Some(text.to_owned()), rules(text, shape));
        }
        Kind::SecretText => {
            let text = value.as_str().ok_or_else(|| mismatch(value, "String"))?;
            say(&|| None, rules(text, shape));
        }
        Kind::Blob | Kind::SecretBlob => {
            let text = value.as_str().ok_or_else(|| mismatch(value, "Blob"))?;
            let length = bytes(text).ok_or_else(|| Refusal::new(Why::Serialization, ""))?.len();
            let shown = || format!("java.nio.HeapByteBuffer[pos=0 lim={length} cap={length}]");
            let secret = matches!(shape.kind, Kind::SecretBlob);
            say(&|| (!secret).then(shown), length_rules(length, shape));
        }
        Kind::Integer => {
            let number = value.as_i64().ok_or_else(|| mismatch(value, "Integer"))?;
            let mut broken = Vec::new();
            if let Some(max) = shape.max.filter(|max| number > *max) {
                broken.push(format!("Member must have value less than or equal to {max}"));
            }
            if let Some(min) = shape.min.filter(|min| number < *min) {
                broken.push(format!("Member must have value greater than or equal to {min}"));
            }
            say(&|| Some(number.to_string()), broken);
        }
        Kind::Boolean => {
            value.as_bool().ok_or_else(|| mismatch(value, "Boolean"))?;
        }
        Kind::Time => {
            let seconds = value.as_f64().ok_or_else(|| mismatch(value, "Timestamp"))?;
            if seconds.abs() > MOMENT_SECONDS_MAX {
                return Err(Refusal::new(Why::Serialization, ""));
            }
        }
        Kind::List(member) => {
            let items = value.as_array().ok_or_else(|| mismatch(value, "List"))?;
            say(&|| Some(shown(value)), length_rules(items.len(), shape));
            if matches!(member.kind, Kind::Structure(_)) {
                for (index, item) in items.iter().enumerate() {
                    check(item, member, &format!("{path}.{}.member", index + 1), found)?;
                }
            } else {
                say_inside(items.iter(), member, value, path, "Member", found)?;
            }
        }
        Kind::Map(key, of) => {
            let members = value.as_object().ok_or_else(|| mismatch(value, "Map"))?;
            say(&|| Some(shown(value)), length_rules(members.len(), shape));
            let names: Vec<Value> = members.keys().map(|name| Value::from(name.as_str())).collect();
            say_inside(names.iter(), key, value, path, "Map keys", found)?;
            let texts: Option<Vec<Value>> = members.values().map(|value| scalar(value).map(Value::from)).collect();
            let texts = texts.ok_or_else(|| Refusal::new(Why::Serialization, ""))?;
            say_inside(texts.iter(), of, value, path, "Map value", found)?;
        }
        Kind::Structure(members) => {
            let object = value.as_object().ok_or_else(|| mismatch(value, "structure"))?;
            for member in *members {
                let below = match path {
                    "" => lower_first(member.name),
                    path => format!("{path}.{}", lower_first(member.name)),
                };
                match object.get(member.name).filter(|value| !value.is_null()) {
                    Some(value) => check(value, member.shape, &below, found)?,
                    None if member.required => found
                        .push(format!("Value null at '{below}' failed to satisfy constraint: Member must not be null")),
                    None => {}
                }
            }
        }
    }
    Ok(())
}

/// Whether a member holds grant tokens. The model does not call them sensitive, and yet whoever has one may use it, and
/// errors stand in the log.
fn is_token(path: &str) -> bool {
    matches!(path, "grantToken" | "grantTokens")
}

fn quoted(shown: Option<String>) -> String {
    shown.map(|shown| format!(" '{shown}'")).unwrap_or_default()
}

/// What is wrong with the plain values of a list or map is said of the whole.
fn say_inside<'v>(
    values: impl Iterator<Item = &'v Value>,
    shape: &Shape,
    whole: &Value,
    path: &str,
    what: &str,
    found: &mut Vec<String>,
) -> Result<(), Refusal> {
    let mut broken = false;
    for value in values {
        let text = value.as_str().ok_or_else(|| mismatch(value, "String"))?;
        broken |= !rules(text, shape).is_empty();
    }
    if broken {
        let (rules, shown) = (all_rules(shape).join(", "), quoted((!is_token(path)).then(|| shown(whole))));
        found.push(format!(
            "Value{shown} at '{path}' failed to satisfy constraint: {what} must satisfy constraint: [{rules}]"
        ));
    }
    Ok(())
}

/// The rules that a text breaks.
fn rules(text: &str, shape: &Shape) -> Vec<String> {
    let mut broken = length_rules(text.encode_utf16().count(), shape);
    if let Some(pattern) = shape.pattern.filter(|pattern| !matches(pattern, text)) {
        broken.push(format!("Member must satisfy regular expression pattern: {pattern}"));
    }
    if let Kind::Enum(values) = shape.kind
        && !values.contains(&text)
    {
        broken.push(format!("Member must satisfy enum value set: [{}]", values.join(", ")));
    }
    broken
}

fn length_rules(length: usize, shape: &Shape) -> Vec<String> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let mut broken = Vec::new();
    if let Some(max) = shape.max.filter(|max| length > *max) {
        broken.push(format!("Member must have length less than or equal to {max}"));
    }
    if let Some(min) = shape.min.filter(|min| length < *min) {
        broken.push(format!("Member must have length greater than or equal to {min}"));
    }
    broken
}

/// All rules of a shape, as they are listed where one value of several breaks any of them.
fn all_rules(shape: &Shape) -> Vec<String> {
    let mut rules = Vec::new();
    rules.extend(shape.max.map(|max| format!("Member must have length less than or equal to {max}")));
    rules.extend(shape.min.map(|min| format!("Member must have length greater than or equal to {min}")));
    rules.extend(shape.pattern.map(|pattern| format!("Member must satisfy regular expression pattern: {pattern}")));
    if let Kind::Enum(values) = shape.kind {
        rules.push(format!("Member must satisfy enum value set: [{}]", values.join(", ")));
    }
    rules
}

/// A list as `[a, b]` and a map as `{a=b}`.
fn shown(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let pairs = members.iter().map(|(name, value)| format!("{name}={}", shown(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        other => scalar(other).unwrap_or_else(|| "null".to_owned()),
    }
}

fn mismatch(value: &Value, wanted: &str) -> Refusal {
    let kind = match value {
        Value::Null => "NULL_VALUE",
        Value::Bool(true) => "TRUE_VALUE",
        Value::Bool(false) => "FALSE_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::String(_) => "STRING_VALUE",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) => "START_OBJECT",
    };
    Refusal::new(Why::Serialization, format!("{kind} can not be converted to a {wanted}"))
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase().to_string() + letters.as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
