//! Modules, plans and states under `inventory/testdata/terraform`, held against the documents worked out for them.

mod limits;
mod modules;

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use wardbook_policy::json::{Kind, Value as Read};
use wardbook_policy::span::Lines;

use super::*;
use crate::carrier::{Attached, AttachedPolicy};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/terraform")
}

/// The files below a folder, by their paths within it.
fn files(folder: &Path) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
                found.push(Source::new(name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// What the module in these files declares.
pub(super) fn module(sources: &[Source]) -> Value {
    let (mut folders, mut work) = (Folders::default(), Work::default());
    for source in sources {
        if let Some(role) = file::role(source) {
            folders.add(source, role, &mut work.joined).unwrap();
        }
    }
    let mut load = |path: &str| {
        let found = sources.iter().find(|source| source.path == path);
        found.map(|source| source.text.clone()).ok_or_else(|| "it is not among the files".to_owned())
    };
    let roots = roots(&folders);
    let root = roots.first().unwrap().clone();
    let found = evaluate(&folders, &root, &mut work, &mut load);
    let lines = Lines::joined(&work.joined.text, &work.joined.files);
    let carrier = resource::declare(".", &found.resources, &lines);
    let problems = found
        .problems
        .iter()
        .map(|problem| ReadError::new("?", &lines, problem.span, problem.message.as_str()).to_string());
    shown(&carrier, &lines, problems.collect())
}

/// What a plan or state declares.
fn plan(source: &Source) -> Value {
    let value = wardbook_policy::json::parse(&source.text).unwrap();
    assert!(plan::recognizes(&value));
    let lines = Lines::new(&source.text);
    let carrier = plan::carrier(".", &source.text, &lines, &value);
    shown(&carrier, &lines, Vec::new())
}

/// The arguments of one resource of a module, and what is wrong in it.
pub(super) fn evaluated(sources: &[Source], address: &str) -> (Value, Vec<String>) {
    let (mut folders, mut work) = (Folders::default(), Work::default());
    for source in sources {
        if let Some(role) = file::role(source) {
            folders.add(source, role, &mut work.joined).unwrap_or_else(|error| panic!("{error}"));
        }
    }
    let mut load = |path: &str| {
        let found = sources.iter().find(|source| source.path == path);
        found.map(|source| source.text.clone()).ok_or_else(|| "it is not among the files".to_owned())
    };
    let found = evaluate(&folders, "", &mut work, &mut load);
    let lines = Lines::joined(&work.joined.text, &work.joined.files);
    let carrier = resource::declare(".", &found.resources, &lines);
    let made = found.resources.iter().map(|resource| format!("{}.key_id", resource.address)).collect();
    let names = lower::Names { carrier: ".".into(), made };
    let arguments = found.resources.iter().find(|resource| resource.address == address);
    let arguments = arguments.map_or(Value::Null, |resource| value(&names.value(&resource.arguments)));
    let problems = found
        .problems
        .iter()
        .map(|problem| ReadError::new("?", &lines, problem.span, problem.message.as_str()).to_string());
    drop(carrier);
    (arguments, problems.collect())
}

fn shown(carrier: &Carrier, lines: &Lines<'_>, mut problems: Vec<String>) -> Value {
    let subjects = &carrier.subjects;
    let place = |span: Span| {
        let position = lines.position(span);
        lines.path(span).map_or_else(|| position.to_string(), |path| format!("{path}:{position}"))
    };
    let documents = subjects.documents.iter().map(|subject| {
        let at: Vec<String> = subject.document.statements.iter().map(|statement| place(statement.span)).collect();
        (subject.name.to_string(), json!({"at": at, "document": value(&subject.value)}))
    });
    let documents: Map<String, Value> = documents.collect();
    let name = |index: usize| subjects.documents[index].name.to_string();
    let keys = subjects.keys.iter().map(|key| {
        let mut row = Map::new();
        let words = [
            ("spec", &key.spec),
            ("usage", &key.usage),
            ("origin", &key.origin),
            ("enabled", &key.enabled),
            ("multi_region", &key.multi_region),
            ("primary", &key.primary),
            ("rotation", &key.rotation),
            ("deletion_window", &key.deletion_window),
            ("bypasses", &key.bypasses_lockout_check),
        ];
        for (name, word) in words {
            if let Some(word) = word {
                row.insert(name.into(), json!(word.text));
            }
        }
        let tags = key.tags.as_ref().map(|tags| tags.iter().map(|(key, value)| format!("{}={}", key.text, value.text)));
        row.insert("tags".into(), json!(tags.map(|tags| tags.collect::<Vec<_>>())));
        row.insert("policy".into(), json!(key.policy.map(name)));
        (key.arn.to_string(), Value::Object(row))
    });
    let keys: Map<String, Value> = keys.collect();
    let text = |word: &Option<wardbook_policy::document::Word>| word.as_ref().map(|word| word.text.to_string());
    let aliases = subjects.aliases.iter().map(|alias| (alias.arn.to_string(), json!(text(&alias.target))));
    let aliases: Map<String, Value> = aliases.collect();
    let grants: Vec<Value> = subjects.grants.iter().map(|grant| value(&grant.value)).collect();
    let principals = carrier.principals.iter().map(|principal| {
        let tags: Vec<String> = principal.tags.iter().map(|(k, v)| format!("{}={}", k.text, v.text)).collect();
        let groups: Vec<String> = principal.groups.iter().map(|word| word.text.to_string()).collect();
        let row = json!({
            "tags": tags, "groups": groups, "boundary": text(&principal.boundary),
            "trust": principal.trust.map(name), "incomplete": principal.incomplete,
        });
        (principal.arn.to_string(), row)
    });
    let principals: Map<String, Value> = principals.collect();
    let attachments: Vec<String> = carrier
        .attachments
        .iter()
        .map(|attachment| {
            let kind = match attachment.to {
                Attached::Principal(kind) => kind.noun(),
                Attached::Group => "group",
            };
            let policy = match &attachment.policy {
                AttachedPolicy::Inline(index) => name(*index),
                AttachedPolicy::Managed(arn) => arn.text.to_string(),
            };
            format!("{kind} {} <- {policy}", attachment.name.text)
        })
        .collect();
    let uses: Vec<String> = subjects
        .uses
        .iter()
        .map(|found| format!("{} {} {}", found.declaration.address, found.property, found.key.text))
        .collect();
    let changes = subjects.changes.iter().map(|change| {
        let policy = |side: &Option<Read>| side.as_ref().and_then(|side| side.member("policy")).map(value);
        (
            change.declaration.address.to_string(),
            json!({"before": policy(&change.before), "after": policy(&change.after), "replaces": change.replaces,
                   "made": change.before.is_none(), "destroyed": change.after.is_none()}),
        )
    });
    let changes: Map<String, Value> = changes.collect();
    problems.extend(carrier.gaps.iter().map(|gap| gap.message.clone()));
    json!({
        "documents": documents, "keys": keys, "aliases": aliases, "grants": grants, "principals": principals,
        "attachments": attachments, "uses": uses, "changes": changes, "problems": problems,
    })
}

fn value(read: &Read) -> Value {
    match &read.kind {
        Kind::Null => Value::Null,
        Kind::Bool(told) => json!(told),
        Kind::Number(digits) => serde_json::from_str(digits).unwrap(),
        Kind::Text(text) => json!(text),
        Kind::List(items) => Value::Array(items.iter().map(value).collect()),
        Kind::Object(members) => {
            Value::Object(members.iter().map(|member| (member.name.to_string(), value(&member.value))).collect())
        }
    }
}

fn check(path: &Path, found: &Value) {
    let text = serde_json::to_string_pretty(found).unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let wanted = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(wanted, text, "{}", path.display());
}

/// The same without places and without what only one of the two carriers has.
fn without_places(mut found: Value) -> Value {
    for (_, document) in found["documents"].as_object_mut().unwrap().iter_mut() {
        *document = sorted(document["document"].take());
    }
    found.as_object_mut().unwrap().remove("changes");
    // A plan tells the defaults of a key too.
    for (_, key) in found["keys"].as_object_mut().unwrap().iter_mut() {
        key.as_object_mut().unwrap().retain(|name, _| name == "tags" || name == "policy");
    }
    sorted(found)
}

/// Members by name, and texts of lists in order: a plan has sets in an order of its own.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(String, Value)> = members.into_iter().map(|(k, v)| (k, sorted(v))).collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(members.into_iter().collect())
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(sorted).collect();
            if items.iter().all(Value::is_string) {
                items.sort_by_key(ToString::to_string);
            }
            // One value stands for a list of one.
            if items.len() == 1 && items[0].is_string() { items.swap_remove(0) } else { Value::Array(items) }
        }
        other => other,
    }
}

#[test]
fn modules_plans_and_states_declare_what_was_worked_out_for_them() {
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|case| case.is_dir());
    cases.sort();
    assert!(!cases.is_empty());
    for case in cases {
        let mut both = Vec::new();
        let module_folder = case.join("module");
        if module_folder.is_dir() {
            let found = module(&files(&module_folder));
            check(&case.join("module.wanted.json"), &found);
            both.push(without_places(found));
        }
        for name in ["plan", "state"] {
            let path = case.join(format!("{name}.json"));
            if path.is_file() {
                let found = plan(&Source::new(format!("{name}.json"), std::fs::read_to_string(&path).unwrap()));
                check(&case.join(format!("{name}.wanted.json")), &found);
                if name == "plan" {
                    both.push(without_places(found));
                }
            }
        }
        if let [module, plan] = both.as_slice() {
            assert_eq!(module, plan, "{}: the module and its plan differ", case.display());
        }
    }
}
