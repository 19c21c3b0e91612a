//! Holds a JSON value against a JSON schema, as far as the schema of SARIF goes.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part of this")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on says where")]

use serde_json::Value;

/// What a schema may say beside what is checked.
const SILENT: &[&str] = &["description", "default", "title", "$schema", "$id", "definitions"];

/// Everything that is wrong with a value.
pub fn violations(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, schema, value, "", &mut found);
    found
}

fn check(root: &Value, schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    for (keyword, wanted) in schema.as_object().unwrap() {
        let mut wrong = |what: String| found.push(format!("{path}: {what}"));
        match keyword.as_str() {
            "$ref" => {
                let target = root.pointer(wanted.as_str().unwrap().strip_prefix('#').unwrap()).unwrap();
                check(root, target, value, path, found);
            }
            "type" => {
                let kinds = wanted.as_array().cloned().unwrap_or_else(|| vec![wanted.clone()]);
                if !kinds.iter().any(|kind| is_a(value, kind.as_str().unwrap())) {
                    wrong(format!("{value} is no {wanted}"));
                }
            }
            "enum" if !wanted.as_array().unwrap().contains(value) => wrong(format!("{value} is none of {wanted}")),
            "minimum" if value.as_f64().is_some_and(|value| value < wanted.as_f64().unwrap()) => {
                wrong(format!("{value} is below {wanted}"));
            }
            "maximum" if value.as_f64().is_some_and(|value| value > wanted.as_f64().unwrap()) => {
                wrong(format!("{value} is above {wanted}"));
            }
            "required" => {
                for name in wanted.as_array().unwrap().iter().filter_map(Value::as_str) {
                    if value.as_object().is_some_and(|object| !object.contains_key(name)) {
                        found.push(format!("{path}: `{name}` is missing"));
                    }
                }
            }
            "properties" => {
                for (name, inner) in value.as_object().into_iter().flatten() {
                    if let Some(schema) = wanted.get(name) {
                        check(root, schema, inner, &format!("{path}/{name}"), found);
                    }
                }
            }
            "additionalProperties" => {
                let known = schema.get("properties").and_then(Value::as_object);
                let more = value.as_object().into_iter().flatten();
                for (name, inner) in more.filter(|(name, _)| known.is_none_or(|known| !known.contains_key(*name))) {
                    match wanted {
                        Value::Bool(true) => {}
                        Value::Bool(false) => found.push(format!("{path}: `{name}` is not known")),
                        schema => check(root, schema, inner, &format!("{path}/{name}"), found),
                    }
                }
            }
            "items" => {
                for (index, inner) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, wanted, inner, &format!("{path}/{index}"), found);
                }
            }
            "minItems" if value.as_array().is_some_and(|list| (list.len() as u64) < wanted.as_u64().unwrap()) => {
                wrong(format!("fewer than {wanted} items"));
            }
            "uniqueItems" if wanted == &Value::Bool(true) => {
                let list = value.as_array().map_or(&[][..], Vec::as_slice);
                if list.iter().enumerate().any(|(index, item)| list[..index].contains(item)) {
                    wrong("an item occurs twice".to_owned());
                }
            }
            "anyOf" | "oneOf" => {
                let fits = |schema: &Value| {
                    let mut inner = Vec::new();
                    check(root, schema, value, path, &mut inner);
                    inner.is_empty()
                };
                let count = wanted.as_array().unwrap().iter().filter(|schema| fits(schema)).count();
                if count == 0 || keyword == "oneOf" && count > 1 {
                    wrong(format!("{value} fits {count} of {keyword}"));
                }
            }
            "format" => {
                let blank = value.as_str().is_some_and(|text| text.chars().any(|c| c.is_whitespace() || !c.is_ascii()));
                if blank {
                    wrong(format!("{value} is no {wanted}"));
                }
            }
            "pattern" => wrong(format!("{value} would have to be held against {wanted}, which this does not do")),
            "enum" | "minimum" | "maximum" | "minItems" | "uniqueItems" => {}
            silent if SILENT.contains(&silent) => {}
            other => panic!("{path}: the schema says `{other}`, which is not known here"),
        }
    }
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        _ => false,
    }
}
