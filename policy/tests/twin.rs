//! The evaluator against a slow twin that was written from the published flow chart alone.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test says what is wrong by panicking"
)]

#[path = "twin/case.rs"]
mod case;
#[path = "twin/completion.rs"]
mod completion;
#[path = "twin/condition.rs"]
mod condition;
#[path = "twin/facts.rs"]
mod facts;
#[path = "twin/judge.rs"]
mod judge;
#[path = "twin/value.rs"]
mod value;
#[path = "twin/wild.rs"]
mod wild;
#[path = "twin/world.rs"]
mod world;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::Value;
use wardbook_policy::decide::Verdict;
use wardbook_policy::quirk::Quirks;

const WORKED_OUT: &[(&str, &str)] = &[
    ("cross_account_operation", include_str!("../../testdata/evaluate/cross_account_operation.json")),
    ("json_value", include_str!("../../testdata/evaluate/json_value.json")),
    ("kms_sample", include_str!("../../testdata/evaluate/kms_sample.json")),
    ("root_user", include_str!("../../testdata/evaluate/root_user.json")),
];

/// The twin is held against cases that were worked out by hand, or it would only be a second opinion.
#[test]
fn the_twin_knows_the_worked_out_cases() {
    for (file, text) in WORKED_OUT {
        let file: (&str, Value) = (file, serde_json::from_str(text).unwrap());
        for case in file.1["cases"].as_array().unwrap() {
            assert_eq!(judge::judge(case, true), case["expect"], "{}: {}", file.0, case["name"]);
        }
    }
}

/// The case as a person would add it to a case file.
fn case_file(case: &Value, expect: &str) -> String {
    let mut case = case.clone();
    case["expect"] = expect.into();
    format!("{:#}", serde_json::json!({"cases": [case]}))
}

/// A generator that no longer reaches every verdict often would prove little.
#[test]
fn the_worlds_are_varied() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for (unknown, verdicts) in [
        (false, &["allow", "implicit-deny", "explicit-deny"][..]),
        (true, &["allow", "implicit-deny", "explicit-deny", "unknown"]),
    ] {
        let worlds = world::world(unknown);
        let said: Vec<_> =
            (0..400).map(|_| judge::judge(&worlds.new_tree(&mut runner).unwrap().current(), true)).collect();
        for verdict in verdicts {
            let count = said.iter().filter(|said| *said == verdict).count();
            assert!(count * 100 >= said.len(), "{verdict}: {count} of {} worlds", said.len());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn decide_and_the_twin_agree(case in world::world(false)) {
        let (twin, decided) = (judge::judge(&case, true), case::decided(&case, Quirks::default()).name());
        prop_assert_eq!(twin, decided, "twin {}, decide {}\n{}", twin, decided, case_file(&case, twin));
    }

    #[test]
    fn decide_and_the_twin_agree_where_keys_are_unknown(case in world::world(true)) {
        let (sharp, plain) = (judge::judge(&case, true), judge::judge(&case, false));
        let decided = case::decided(&case, Quirks::default()).name();
        prop_assert!(decided == sharp || decided == plain, "twin {}, decide {}\n{}", sharp, decided, case_file(&case, sharp));
    }

    #[test]
    fn no_value_of_an_unknown_key_contradicts_an_answer(case in world::world(true), seed: u64) {
        let verdict = case::decided(&case, Quirks::default());
        if verdict != Verdict::Unknown {
            for completed in completions(&case, seed).take(12) {
                let told = case::decided(&completed, Quirks::default());
                prop_assert_eq!(
                    verdict == Verdict::Allow, told == Verdict::Allow,
                    "{} although it may be {}\n{}\n{}", verdict.name(), told.name(), completed["request"], case_file(&case, "unknown")
                );
            }
        }
    }
}

/// The same case with every unknown key given a value or left out, in endless variety.
fn completions(case: &Value, seed: u64) -> impl Iterator<Item = Value> {
    let facts = facts::Facts::read(&case["request"], true);
    let unknown: Vec<_> = completion::keys().filter(|key| facts.get(key) == facts::Given::Unknown).collect();
    let mut dice = seed;
    std::iter::repeat_with(move || {
        let mut case = case.clone();
        let request = case["request"].as_object_mut().unwrap();
        request.remove("unknown");
        let context = request["context"].as_object_mut().unwrap();
        for key in &unknown {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let values = completion::completions(key);
            if let Some(value) = &values[(dice >> 33) as usize % values.len()] {
                context.insert((*key).to_owned(), value.clone());
            }
        }
        world::keep_coherent(request);
        // Were the role's ARN left out, its name would make it a service-linked role, which it was not taken for.
        let principal = request["principal"].as_str().unwrap().to_owned();
        if unknown.contains(&"aws:PrincipalArn")
            && let Some((account, "AWSServiceRoleForAutoScaling/s1")) = principal.split_once(":assumed-role/")
        {
            let arn = account.replacen(":sts:", ":iam:", 1) + ":role/AWSServiceRoleForAutoScaling";
            request["context"].as_object_mut().unwrap().insert("aws:PrincipalArn".into(), arn.into());
        }
        case
    })
}
