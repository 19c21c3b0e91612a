//! A Condition block, row by row, and the policy variables in a text.

use serde_json::Value;

use crate::facts::{Facts, Given, Tri, all, any, not};
use crate::value::{base64_bits, in_block, number, seconds};
use crate::wild::{Step, arn_matches, glob, matches, resource, resource_step};

/// A text with its variables replaced.
pub(crate) enum Filled {
    Text(Vec<Step>),
    /// It names a key that the request does not have.
    Unresolved,
    /// It names a key that is not known: some text stands where the run is.
    Unknown(Vec<Step>),
}

/// What wildcards mean around the variables of a text.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Wild {
    No,
    Glob,
    Resource,
}

pub(crate) fn fill(text: &str, facts: &Facts, wild: Wild) -> Filled {
    let mut steps = Vec::new();
    let mut unknown = false;
    let mut rest = text;
    let mut colons = 0;
    while let Some(next) = rest.chars().next() {
        colons += usize::from(next == ':');
        if let Some(inner) = rest.strip_prefix("${")
            && (wild != Wild::Resource || colons >= 5)
            && let Some((name, after)) = inner.split_once('}')
        {
            rest = after;
            if ["*", "?", "$"].contains(&name) {
                steps.extend(literal(name));
                continue;
            }
            let (key, default) = match name.split_once(',') {
                Some((key, default)) => (key, Some(default.trim().trim_matches('\''))),
                None => (name, None),
            };
            match (facts.get(key.trim()), default) {
                (Given::One(value), _) => steps.extend(literal(&value)),
                (Given::Absent, Some(default)) => steps.extend(literal(default)),
                (Given::Absent | Given::Many(_), _) => return Filled::Unresolved,
                (Given::Unknown, _) => {
                    unknown = true;
                    steps.push(Step::Run { colon: true });
                }
            }
            continue;
        }
        rest = &rest[next.len_utf8()..];
        steps.push(match wild {
            Wild::No => Step::Char(next),
            Wild::Glob => glob(&next.to_string())[0],
            Wild::Resource => resource_step(next, rest.chars().next()),
        });
    }
    if unknown { Filled::Unknown(steps) } else { Filled::Text(steps) }
}

/// The elements of a text or a list of texts, numbers and booleans as their text.
pub(crate) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

pub(crate) fn holds(block: &Value, facts: &Facts, variables: bool) -> Tri {
    let rows = block.as_object().into_iter().flatten();
    all(rows.flat_map(|(operator, keys)| {
        keys.as_object().into_iter().flatten().map(|(key, values)| row(operator, key, &texts(values), facts, variables))
    }))
}

fn row(operator: &str, key: &str, values: &[String], facts: &Facts, variables: bool) -> Tri {
    let (quantifier, plain) = operator.split_once(':').unwrap_or(("", operator));
    let (plain, if_exists) = match plain.strip_suffix("IfExists") {
        Some(plain) => (plain, true),
        None => (plain, false),
    };
    let given = facts.get(key);
    if plain == "Null" {
        return match given {
            Given::Unknown if values.iter().any(|v| v == "true") && values.iter().any(|v| v == "false") => Some(true),
            Given::Unknown => None,
            given => Some(values.contains(&(given == Given::Absent).to_string())),
        };
    }
    let (positive, negated) = match plain {
        "StringNotLike" => ("StringLike", true),
        "ArnNotEquals" | "ArnNotLike" => ("ArnLike", true),
        "NotIpAddress" => ("IpAddress", true),
        other => match other.split_once("NotEquals") {
            Some(("String", "IgnoreCase")) => ("StringEqualsIgnoreCase", true),
            Some(("String", _)) => ("StringEquals", true),
            Some(("Numeric", _)) => ("NumericEquals", true),
            Some(("Date", _)) => ("DateEquals", true),
            _ => (other, false),
        },
    };
    let one = |request: &str| {
        let matched = any(values.iter().map(|value| value_matches(positive, value, request, facts, variables)));
        if negated { not(matched) } else { matched }
    };
    match (quantifier, given) {
        (_, Given::Unknown) => None,
        ("", Given::Absent) => Some(negated || if_exists),
        ("", Given::One(value)) => one(&value),
        ("", Given::Many(_)) => Some(false),
        ("ForAllValues", Given::Absent) => Some(true),
        ("ForAllValues", Given::One(value)) if value.is_empty() => Some(true),
        ("ForAllValues", Given::One(value)) => one(&value),
        ("ForAllValues", Given::Many(values)) => all(values.iter().map(|value| one(value))),
        (_, Given::Absent) => Some(false),
        (_, Given::One(value)) if value.is_empty() => Some(false),
        (_, Given::One(value)) => one(&value),
        (_, Given::Many(values)) => any(values.iter().map(|value| one(value))),
    }
}

fn value_matches(operator: &str, value: &str, request: &str, facts: &Facts, variables: bool) -> Tri {
    let filled = |wild| match (variables, wild) {
        (true, wild) => fill(value, facts, wild),
        (false, Wild::No) => Filled::Text(literal(value)),
        (false, _) => Filled::Text(glob(value)),
    };
    let compare = |filled, test: &dyn Fn(&[Step]) -> bool| match filled {
        Filled::Text(steps) => Some(test(&steps)),
        Filled::Unresolved => Some(false),
        Filled::Unknown(_) if !facts.sharp => None,
        Filled::Unknown(steps) if operator.starts_with("Arn") && !arn_matches(&steps, request) => Some(false),
        Filled::Unknown(steps) if ["StringEquals", "StringLike"].contains(&operator) && !matches(&steps, request) => {
            Some(false)
        }
        Filled::Unknown(_) => None,
    };
    let written = |steps: &[Step]| -> String {
        steps.iter().map(|step| if let Step::Char(c) = step { *c } else { unreachable!() }).collect()
    };
    match operator {
        "StringEquals" => compare(filled(Wild::No), &|steps| matches(steps, request)),
        "StringEqualsIgnoreCase" => {
            compare(filled(Wild::No), &|steps| written(steps).to_lowercase() == request.to_lowercase())
        }
        "StringLike" => compare(filled(Wild::Glob), &|steps| matches(steps, request)),
        "ArnEquals" | "ArnLike" => compare(filled(Wild::Glob), &|steps| arn_matches(steps, request)),
        "Bool" => compare(filled(Wild::No), &|steps| {
            let (wanted, request) = (written(steps).to_lowercase(), request.to_lowercase());
            ["true", "false"].contains(&&*wanted) && wanted == request
        }),
        "IpAddress" => Some(in_block(value, request)),
        "BinaryEquals" => Some(base64_bits(value).is_some() && base64_bits(value) == base64_bits(request)),
        _ => {
            let (family, comparison) = operator.split_at(if operator.starts_with("Date") { 4 } else { 7 });
            let read = if family == "Date" { seconds } else { number };
            let (Some(wanted), Some(request)) = (read(value), read(request)) else { return Some(false) };
            Some(match comparison {
                "Equals" => request == wanted,
                "LessThan" => request < wanted,
                "LessThanEquals" => request <= wanted,
                "GreaterThan" => request > wanted,
                "GreaterThanEquals" => request >= wanted,
                other => unreachable!("{other}"),
            })
        }
    }
}

/// Whether one of the Resource texts covers the resource.
pub(crate) fn covers(patterns: &[String], facts: &Facts, variables: bool) -> Tri {
    any(patterns.iter().map(|pattern| {
        let filled = if variables { fill(pattern, facts, Wild::Resource) } else { Filled::Text(resource(pattern)) };
        match filled {
            Filled::Text(steps) => Some(matches(&steps, &facts.resource)),
            Filled::Unresolved => Some(false),
            Filled::Unknown(steps) => {
                if !facts.sharp || matches(&steps, &facts.resource) {
                    None
                } else {
                    Some(false)
                }
            }
        }
    }))
}

fn literal(text: &str) -> Vec<Step> {
    text.chars().map(Step::Char).collect()
}
