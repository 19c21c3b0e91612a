//! `examples/organization`, held against answers worked out by hand, and against `decide`.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use wardbook_inventory::access::{KeyAccess, Search, Tier, Who, select};
use wardbook_inventory::circumstances::Circumstances;
use wardbook_inventory::source::{Source, read_value};
use wardbook_inventory::world::World;
use wardbook_policy::decide::Verdict;
use wardbook_policy::json::Value;
use wardbook_policy::quirk::Quirks;

const OWN: &str = "111122223333";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn world() -> World {
    World::read_folder(&root().join("examples/organization")).unwrap()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.member(name).and_then(Value::as_text).unwrap_or_else(|| panic!("no `{name}` in {value:?}"))
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.member(name).and_then(Value::as_list).unwrap_or_default()
}

/// The row texts that a principal of the answers means.
fn meant(row: &Value, world: &World) -> Vec<String> {
    let short = |name: &str| format!("arn:aws:iam::{OWN}:{name}");
    match text(row, "principal").split_once(' ') {
        Some((account, "root")) => vec![format!("arn:aws:iam::{account}:root")],
        Some(("everybody", _)) => {
            let but: Vec<String> = list(row, "but").iter().map(|name| short(name.as_text().unwrap())).collect();
            let own = world.principals().iter().filter(|principal| &*principal.account == OWN);
            own.map(|principal| principal.arn.to_string()).filter(|arn| !but.contains(arn)).collect()
        }
        _ => match text(row, "principal") {
            name if name.starts_with("role/") || name.starts_with("user/") => vec![short(name)],
            name => vec![name.to_owned()],
        },
    }
}

fn by(search: &Search<'_>, access: &KeyAccess<'_>, entry: &wardbook_inventory::access::Entry) -> Vec<String> {
    use wardbook_inventory::access::Proof;
    let proof = search.proof(access, entry);
    let names = proof.iter().map(|proof| match proof {
        Proof::Grant(grant) => grant.id().to_owned(),
        Proof::KeyPolicy(_, statement) | Proof::Identity(_, statement) => {
            statement.sid().unwrap_or_default().to_owned()
        }
    });
    names.collect()
}

#[test]
fn the_answers_are_those_worked_out_by_hand() {
    let world = world();
    let path = root().join("testdata/organization/answers.yaml");
    let source = Source::from_bytes("answers.yaml", std::fs::read(path).unwrap()).unwrap();
    let answers = read_value(&source).unwrap();
    let keys: Vec<_> = world.keys().iter().collect();
    let mut search = Search::new(&world, "kms:decrypt", Quirks::default()).unwrap();
    let found = search.with_escalations(&keys);
    let mut answered = BTreeSet::new();
    for answer in list(&answers, "answers") {
        let selector = text(answer, "key");
        let selected = select(&world, selector).unwrap();
        let key = selected.iter().find(|key| !selector.starts_with("arn:") || *key.arn == *selector).unwrap();
        answered.insert(key.arn.clone());
        let access = found.iter().find(|access| access.key.arn == key.arn).unwrap();
        let mut wanted = BTreeSet::new();
        for row in list(answer, "rows") {
            for name in meant(row, &world) {
                let entry = access.entries.iter().find(|entry| entry.who.text(&world) == name);
                let entry = entry.unwrap_or_else(|| panic!("{selector}: no row for {name}: {}", text(row, "why")));
                assert_eq!(entry.answer.tier.name(), text(row, "tier"), "{selector}: {name}");
                match row.member("by").and_then(Value::as_list) {
                    Some(steps) => {
                        let steps: Vec<&str> = steps.iter().filter_map(Value::as_text).collect();
                        let taken: Vec<&str> = entry.answer.path.iter().map(|step| &*step.action).collect();
                        assert_eq!(taken, steps, "{selector}: {name}");
                    }
                    None => {
                        let names = by(&search, access, entry);
                        assert!(names.iter().any(|found| found == text(row, "by")), "{selector}: {name}: {names:?}");
                    }
                }
                wanted.insert(name);
            }
        }
        let rows: BTreeSet<String> = access.entries.iter().map(|entry| entry.who.text(&world).to_owned()).collect();
        assert_eq!(rows, wanted, "{selector}");
        assert!(access.undecided.is_empty(), "{selector}: {:?}", access.undecided);
    }
    assert_eq!(answered.len(), world.keys().len(), "a key has no answer");
}

#[test]
fn every_witness_is_allowed_and_everybody_else_is_denied_on_a_plain_call() {
    let world = world();
    for action in ["kms:Decrypt", "kms:GenerateDataKey", "kms:PutKeyPolicy", "kms:CreateGrant", "kms:DescribeKey"] {
        let mut search = Search::new(&world, action, Quirks::default()).unwrap();
        for key in world.keys() {
            let access = search.key(key);
            let refused = access.refused.is_some();
            for (index, principal) in world.principals().iter().enumerate() {
                let told = Circumstances::direct_call();
                let asked = world.ask(&principal.arn, action, &key.arn, told, Quirks::default()).unwrap();
                let verdict = asked.decide().verdict();
                let entry = access.entries.iter().find(|entry| entry.who == Who::Collected(index));
                let now = entry.is_some_and(|entry| entry.answer.tier == Tier::Now);
                assert_eq!(now, verdict == Verdict::Allow && !refused, "{action} {} {}", principal.arn, key.arn);
                if let Some(entry) = entry {
                    let witness = search.witness(&access, entry).unwrap();
                    let layers = asked.layers.clone();
                    assert_eq!(layers.decide(&witness, Quirks::default()).verdict(), Verdict::Allow, "{witness:?}");
                }
            }
        }
    }
}
