//! The `configuration` of a plan: which expressions were written, as constants and references.

use std::collections::HashMap;

use wardbook_policy::json::Value;

/// What was written, module by module.
#[derive(Debug)]
pub(super) struct Configuration<'v> {
    root: Option<&'v Value>,
    providers: Option<&'v Value>,
    /// Resources by the names of the calls that lead to their module, and their own address.
    resources: HashMap<(String, &'v str), &'v Value>,
}

/// A reference in pieces: names, and indexes with their brackets.
pub(super) fn pieces(reference: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut quoted, mut bracketed) = (0, false, false);
    let mut push = |start: usize, end: usize| {
        if let Some(piece) = reference.get(start..end).filter(|piece| !piece.is_empty()) {
            pieces.push(piece);
        }
    };
    let mut escaped = false;
    for (at, character) in reference.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '[' if !quoted && !bracketed => {
                push(start, at);
                (start, bracketed) = (at, true);
            }
            ']' if !quoted && bracketed => {
                push(start, at + 1);
                (start, bracketed) = (at + 1, false);
            }
            '.' if !quoted && !bracketed => {
                push(start, at);
                start = at + 1;
            }
            _ => {}
        }
    }
    push(start, reference.len());
    pieces
}

/// The names of the calls of a module path: `keys` of `module.keys["a"].`
fn calls(module: &str) -> Vec<&str> {
    let pieces = pieces(module);
    let mut names = Vec::new();
    let mut pieces = pieces.into_iter();
    while let Some(piece) = pieces.next() {
        if piece == "module" {
            names.extend(pieces.next());
        }
    }
    names
}

/// INVARIANT: the recursion is bounded, since the JSON reader bounds the depth.
fn index<'v>(module: &'v Value, path: &str, found: &mut HashMap<(String, &'v str), &'v Value>) {
    for entry in module.member("resources").and_then(Value::as_list).unwrap_or_default() {
        if let Some(address) = entry.member("address").and_then(Value::as_text) {
            found.insert((path.to_owned(), address), entry);
        }
    }
    for call in module.member("module_calls").and_then(Value::as_object).unwrap_or_default() {
        if let Some(child) = call.value.member("module") {
            let path = if path.is_empty() { call.name.to_string() } else { format!("{path}.{}", call.name) };
            index(child, &path, found);
        }
    }
}

impl<'v> Configuration<'v> {
    pub(super) fn new(value: Option<&'v Value>) -> Configuration<'v> {
        let member = |name: &str| value.and_then(|value| value.member(name));
        let mut resources = HashMap::new();
        if let Some(root) = member("root_module") {
            index(root, "", &mut resources);
        }
        Configuration { root: member("root_module"), providers: member("provider_config"), resources }
    }

    /// What was written in a module.
    fn module(&self, module: &str) -> Option<&'v Value> {
        let mut found = self.root?;
        for name in calls(module) {
            found = found.member("module_calls")?.member(name)?.member("module")?;
        }
        Some(found)
    }

    pub(super) fn resource(&self, module: &str, is_data: bool, kind: &str, name: &str) -> Option<&'v Value> {
        let mode = if is_data { "data." } else { "" };
        let address = format!("{mode}{kind}.{name}");
        self.resources.get(&(calls(module).join("."), address.as_str())).copied()
    }

    /// The expression of an output.
    pub(super) fn output(&self, module: &str, name: &str) -> Option<&'v Value> {
        self.module(module)?.member("outputs")?.member(name)?.member("expression")
    }

    /// The expression that the caller of a module gives for a variable, and the caller.
    pub(super) fn argument<'m>(&self, module: &'m str, name: &str) -> Option<(&'v Value, &'m str)> {
        let call = calls(module).pop()?;
        let caller = module.rfind(&format!("module.{call}")).and_then(|at| module.get(..at))?;
        let calls = self.module(caller)?.member("module_calls")?;
        Some((calls.member(call)?.member("expressions")?.member(name)?, caller))
    }

    /// What was written for a provider: `aws`, `aws.replica`, `module.keys:aws`.
    pub(super) fn provider(&self, key: &str) -> Option<&'v Value> {
        self.providers?.member(key)
    }
}

/// The constant of an expression.
pub(super) fn constant(expression: &Value) -> Option<&Value> {
    expression.member("constant_value")
}

/// What an expression refers to, the longest references only: `a.b.c` says more than `a.b`.
pub(super) fn references(expression: &Value) -> Vec<&str> {
    let all: Vec<&str> = expression
        .member("references")
        .and_then(Value::as_list)
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_text)
        .collect();
    let extends = |longer: &str, shorter: &str| {
        longer.len() > shorter.len()
            && longer.strip_prefix(shorter).is_some_and(|rest| rest.starts_with('.') || rest.starts_with('['))
    };
    all.iter().copied().filter(|one| !all.iter().any(|other| extends(other, one))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_come_apart_at_points_and_brackets() {
        let all = pieces(r#"module.keys["a.b]"].aws_kms_key.this[0].arn"#);
        assert_eq!(all, ["module", "keys", r#"["a.b]"]"#, "aws_kms_key", "this", "[0]", "arn"]);
        assert_eq!(calls(r#"module.a["module.x"].module.b[1]."#), ["a", "b"]);
        assert!(pieces("").is_empty());
    }

    #[test]
    fn only_the_longest_references_count() {
        let text = r#"{"references": ["a.b.c", "a.b", "a.bc", "x[0].y", "x[0]", "x"]}"#;
        let value = wardbook_policy::json::parse(text).unwrap();
        assert_eq!(references(&value), ["a.b.c", "a.bc", "x[0].y"]);
    }
}
