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
#[path = "twin/condition.rs"]
mod condition;
#[path = "twin/facts.rs"]
mod facts;
#[path = "twin/judge.rs"]
mod judge;
#[path = "twin/text.rs"]
mod text;
#[path = "twin/world.rs"]
mod world;

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;
use wardbook_policy::quirk::Quirks;

/// The twin is held against the cases that were worked out by hand, or it would only be a second opinion.
#[test]
fn the_twin_knows_the_worked_out_cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/evaluate");
    let folder = std::env::var("TWIN_CASES").map_or(folder, Into::into);
    let mut failed = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let file: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        for case in file["cases"].as_array().unwrap() {
            let wanted = case["expect"].as_str().unwrap();
            let twin = judge::judge(case, true);
            let crate_says =
                std::panic::catch_unwind(|| case::decided(case, Quirks::default()).name()).unwrap_or("PANIC");
            if twin != wanted || crate_says != wanted {
                failed.push(format!(
                    "{}: {}: twin {twin}, crate {crate_says}, wanted {wanted}",
                    path.display(),
                    case["name"]
                ));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// The case as a person would add it to a case file.
fn case_file(case: &Value, expect: &str) -> String {
    let mut case = case.clone();
    case["expect"] = expect.into();
    format!("{:#}", serde_json::json!({"cases": [case]}))
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
}
