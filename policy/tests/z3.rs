//! A second opinion on residuals from z3, where a Python with `z3-solver` is at hand.
//!
//! `python3 -m venv DIR && DIR/bin/pip install z3-solver`, then `WARDBOOK_Z3_PYTHON=DIR/bin/python cargo test --test z3`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]
#![expect(clippy::disallowed_methods, reason = "the solver is another program, and what it is told comes from here")]

use std::io::Write;
use std::process::{Command, Stdio};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};
use wardbook_policy::boxes::{Answer, residual};
use wardbook_policy::context::Unnamed;
use wardbook_policy::document::Document;
use wardbook_policy::layers::{Layers, Told};
use wardbook_policy::policy::{Origin, Policy, PolicyKind};
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;

const QUESTIONS: usize = 300;
/// Keys that bear on nothing else.
const KEYS: &[&str] = &["aws:UserAgent", "aws:referer", "aws:PrincipalTag/team"];
const TEXTS: &[&str] = &["blue", "red", "b", "*", "b*", "*e", "b?ue", "?", "*l*", "re?"];
const OPERATORS: &[&str] =
    &["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIfExists", "StringLikeIfExists"];

/// The other types: a key, what is asked of it, and of which values.
const TYPED: &[(&str, &[&str], &[&str])] = &[
    (
        "aws:MultiFactorAuthAge",
        &[
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEquals",
            "NumericLessThanIfExists",
        ],
        &["1", "1.5", "2", "300"],
    ),
    (
        "aws:TokenIssueTime",
        &["DateEquals", "DateNotEquals", "DateLessThan", "DateGreaterThanEquals", "DateGreaterThanIfExists"],
        &["2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"],
    ),
    (
        "aws:VpcSourceIp",
        &["IpAddress", "NotIpAddress", "IpAddressIfExists"],
        &["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1"],
    ),
    ("aws:MultiFactorAuthPresent", &["Bool", "BoolIfExists"], &["true", "false"]),
];

/// What is asked of each value of a list.
const LIST: &str = "aws:TagKeys";
const QUANTIFIED: &[&str] = &[
    "ForAllValues:StringEquals",
    "ForAllValues:StringNotEquals",
    "ForAllValues:StringLike",
    "ForAllValues:StringNotLike",
    "ForAnyValue:StringEquals",
    "ForAnyValue:StringNotEquals",
    "ForAnyValue:StringLike",
    "ForAnyValue:StringNotLike",
];

/// Statements for one role and one action, each with up to two rows.
fn statements() -> impl Strategy<Value = Vec<Value>> {
    let every_key: Vec<&str> = KEYS.iter().copied().chain(TYPED.iter().map(|(key, ..)| *key)).chain([LIST]).collect();
    let row = prop_oneof![
        5 => (select(OPERATORS), select(KEYS), vec(select(TEXTS), 1..3))
            .prop_map(|(operator, key, values)| (operator, key, json!(values))),
        6 => (0..TYPED.len()).prop_flat_map(|family| {
            let (key, operators, values) = TYPED[family];
            (select(operators), vec(select(values), 1..3)).prop_map(move |(operator, values)| (operator, key, json!(values)))
        }),
        3 => (select(QUANTIFIED), vec(select(TEXTS), 1..3))
            .prop_map(|(operator, values)| (operator, LIST, json!(values))),
        1 => (select(every_key), select(&["true", "false"][..])).prop_map(|(key, told)| ("Null", key, json!([told]))),
    ];
    let statement = (select(&["Allow", "Allow", "Deny"][..]), vec(row, 0..3)).prop_map(|(effect, rows)| {
        let mut block: Map<String, Value> = Map::new();
        for (operator, key, values) in rows {
            block.entry(operator).or_insert_with(|| json!({}))[key] = values;
        }
        json!({"Effect": effect, "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": block})
    });
    vec(statement, 1..6)
}

fn answer(statements: &[Value]) -> Option<&'static str> {
    let document = json!({"Version": "2008-10-17", "Statement": statements});
    let document = Document::read(&wardbook_policy::json::parse(&document.to_string()).unwrap());
    let key_policy = [Policy::new(&document, PolicyKind::Key, Origin::default()).unwrap()];
    let key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let request = Request::builder("arn:aws:iam::111122223333:role/report", "kms:Decrypt", key);
    let request = request.unnamed(Unnamed::Unknown).build().unwrap();
    let layers = Layers { resource: Told::Known(&key_policy), ..Layers::default() };
    match residual(&request, &layers, Quirks::default()).answer {
        Answer::Always => Some("always"),
        Answer::OnlyIf => Some("only-if"),
        Answer::Never => Some("never"),
        Answer::NotDecided => None,
    }
}

#[test]
fn z3_and_boxes_agree() {
    let python = std::env::var("WARDBOOK_Z3_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let at_hand = Command::new(&python).args(["-c", "import z3"]).stderr(Stdio::null()).status();
    if !at_hand.is_ok_and(|status| status.success()) {
        assert!(std::env::var_os("WARDBOOK_REQUIRE_Z3").is_none(), "z3 is required, and `{python}` has no z3-solver");
        eprintln!("SKIPPED: `{python}` has no z3-solver, so nobody gave a second opinion; see the head of tests/z3.rs");
        return;
    }
    let mut runner = TestRunner::deterministic();
    let mut questions = String::new();
    for _ in 0..QUESTIONS {
        let statements = statements().new_tree(&mut runner).unwrap().current();
        let answer = answer(&statements).unwrap_or_else(|| panic!("not decided: {statements:#?}"));
        questions.push_str(&json!({"statements": statements, "answer": answer}).to_string());
        questions.push('\n');
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/z3/check.py");
    let child = Command::new(&python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = child.unwrap();
    child.stdin.take().unwrap().write_all(questions.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let count: Value = serde_json::from_str(said.lines().last().unwrap_or_default()).unwrap_or_default();
    assert!(output.status.success() && count["wrong"] == 0 && count["asked"] == QUESTIONS, "{said}");
    assert!(count["open"].as_u64().is_some_and(|open| open < 30), "z3 left too much open: {said}");
    println!("{said}");
}
