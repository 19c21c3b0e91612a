//! Residuals held against every context that there is: together they say just what is allowed, and
//! nothing in them can be left out.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};
use wardbook_policy::boxes::{Answer, Condition, residual};
use wardbook_policy::context::Unnamed;
use wardbook_policy::decide::{Verdict, decide};
use wardbook_policy::document::Document;
use wardbook_policy::layers::{Layers, Told};
use wardbook_policy::policy::{Origin, Policy, PolicyKind};
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::{Request, RequestBuilder};

const ROUNDS: usize = 150;
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// A key that bears on no other, the operators and values that rows have for it, and one value for each
/// way in which all of these can be told apart.
struct Family {
    key: &'static str,
    operators: &'static [&'static str],
    values: &'static [&'static str],
    all: &'static [&'static str],
}

const FAMILIES: &[Family] = &[
    Family {
        key: "aws:UserAgent",
        operators: &[
            "StringEquals",
            "StringNotEquals",
            "StringLike",
            "StringNotLike",
            "StringEqualsIfExists",
            "StringLikeIfExists",
        ],
        values: &["a", "b", "a*", "*b"],
        all: &["a", "b", "ab", "ax", "xb", "x", "a*", "*b"],
    },
    Family {
        key: "aws:MultiFactorAuthAge",
        operators: &[
            "NumericLessThan",
            "NumericGreaterThanEquals",
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThanIfExists",
        ],
        values: &["10", "20"],
        all: &["5", "10", "15", "20", "25"],
    },
    Family {
        key: "aws:TokenIssueTime",
        operators: &["DateLessThan", "DateGreaterThan", "DateEquals", "DateGreaterThanIfExists"],
        values: &["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"],
        all: &[
            "2025-06-01T00:00:00Z",
            "2026-01-01T00:00:00Z",
            "2026-06-01T00:00:00Z",
            "2027-01-01T00:00:00Z",
            "2027-06-01T00:00:00Z",
        ],
    },
    Family {
        key: "aws:MultiFactorAuthPresent",
        operators: &["Bool", "BoolIfExists"],
        values: &["true", "false"],
        all: &["true", "false"],
    },
    Family {
        key: "aws:VpcSourceIp",
        operators: &["IpAddress", "NotIpAddress", "IpAddressIfExists"],
        values: &["10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/0"],
        all: &["10.1.2.3", "10.2.0.1", "192.0.2.1", "2001:db8::1"],
    },
];

/// Rows about three of the keys at most, so that every context can be tried.
fn statements() -> impl Strategy<Value = (usize, Vec<Value>)> {
    (0..FAMILIES.len()).prop_flat_map(|left_out| {
        let row = (0..2_usize, 0..7_usize).prop_flat_map(move |(place, kind)| {
            let family = &FAMILIES[(left_out + 1 + place) % FAMILIES.len()];
            match kind {
                0 => select(&["true", "false"][..]).prop_map(|told| ("Null", family.key, json!([told]))).boxed(),
                _ => (select(family.operators), vec(select(family.values), 1..3))
                    .prop_map(|(operator, values)| (operator, family.key, json!(values)))
                    .boxed(),
            }
        });
        let statement = (select(&["Allow", "Allow", "Deny"][..]), vec(row, 0..3)).prop_map(|(effect, rows)| {
            let mut block: Map<String, Value> = Map::new();
            for (operator, key, values) in rows {
                block.entry(operator).or_insert_with(|| json!({}))[key] = values;
            }
            json!({"Effect": effect, "Action": "kms:Decrypt", "Resource": "*", "Condition": block})
        });
        vec(statement, 1..5).prop_map(move |statements| (left_out, statements))
    })
}

fn policy(statements: &[Value]) -> Policy {
    let document = json!({"Version": "2008-10-17", "Statement": statements});
    let document = Document::read(&wardbook_policy::json::parse(&document.to_string()).unwrap());
    Policy::new(&document, PolicyKind::Identity, Origin::default()).unwrap()
}

fn delegates() -> Policy {
    let text = r#"{"Version": "2008-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}}"#;
    Policy::new(&Document::read(&wardbook_policy::json::parse(text).unwrap()), PolicyKind::Key, Origin::default())
        .unwrap()
}

fn allowed(key_policy: &[Policy], own: &Policy, request: &Request) -> bool {
    let own = std::slice::from_ref(own);
    let layers = Layers { resource: Told::Known(key_policy), identity: Told::Known(own), ..Layers::default() };
    decide(request, &layers, Quirks::default()).verdict() == Verdict::Allow
}

/// A policy that allows everything under this one condition.
fn under(condition: &Condition) -> Policy {
    let rows = json!({&*condition.operator: {&*condition.key: condition.values}});
    policy(&[json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": rows})])
}

fn asked() -> RequestBuilder {
    Request::builder("arn:aws:iam::111122223333:role/report", "kms:Decrypt", KEY)
}

/// Every context of two keys; no service calls in any.
fn contexts(left_out: usize) -> Vec<Request> {
    let direct =
        asked().unnamed(Unnamed::Absent).with("aws:SecureTransport", "true").with("aws:ViaAWSService", "false");
    let mut all = vec![direct];
    for place in 0..2 {
        let family = &FAMILIES[(left_out + 1 + place) % FAMILIES.len()];
        let mut more = Vec::new();
        for builder in all {
            more.extend(family.all.iter().map(|value| builder.clone().with(family.key, *value)));
            more.push(builder);
        }
        all = more;
    }
    all.into_iter().map(|builder| builder.build().unwrap()).collect()
}

#[test]
fn no_condition_and_no_alternative_can_be_left_out() {
    let mut runner = TestRunner::deterministic();
    let (mut conditional, mut several) = (0, 0);
    let key_policy = [delegates()];
    for _ in 0..ROUNDS {
        let (left_out, statements) = statements().new_tree(&mut runner).unwrap().current();
        let own = policy(&statements);
        let request = asked().unnamed(Unnamed::Unknown).build().unwrap();
        let layers = Layers {
            resource: Told::Known(&key_policy),
            identity: Told::Known(std::slice::from_ref(&own)),
            ..Layers::default()
        };
        let left = residual(&request, &layers, Quirks::default());
        let place = || format!("{left}\n{}", json!(statements));
        assert_ne!(left.answer, Answer::NotDecided, "{}", place());
        let contexts = contexts(left_out);
        let truth: Vec<bool> = contexts.iter().map(|context| allowed(&key_policy, &own, context)).collect();
        // Which conditions hold where.
        let holds: Vec<Vec<Vec<bool>>> = left
            .alternatives
            .iter()
            .map(|alternative| {
                alternative
                    .conditions
                    .iter()
                    .map(|condition| {
                        let policy = under(condition);
                        contexts.iter().map(|context| allowed(&key_policy, &policy, context)).collect()
                    })
                    .collect()
            })
            .collect();
        let all_but = |alternative: usize, but: Option<usize>, context: usize| {
            holds[alternative].iter().enumerate().all(|(index, held)| but == Some(index) || held[context])
        };
        for (context, truth) in truth.iter().enumerate() {
            let said = (0..holds.len()).any(|alternative| all_but(alternative, None, context));
            assert_eq!(
                said,
                *truth,
                "{}\n{:?}",
                place(),
                contexts[context]
                    .context()
                    .given()
                    .into_iter()
                    .map(|(key, values)| (key.name(), values))
                    .collect::<Vec<_>>()
            );
        }
        for (alternative, conditions) in holds.iter().enumerate() {
            for index in 0..conditions.len() {
                let wrong =
                    (0..contexts.len()).any(|context| all_but(alternative, Some(index), context) && !truth[context]);
                assert!(wrong, "condition {index} of alternative {alternative} says nothing: {}", place());
            }
            let alone = (0..contexts.len()).any(|context| {
                let by = |other: usize| all_but(other, None, context);
                by(alternative) && (0..holds.len()).all(|other| other == alternative || !by(other))
            });
            assert!(alone, "alternative {alternative} says nothing: {}", place());
        }
        conditional += usize::from(left.answer == Answer::OnlyIf);
        several += usize::from(left.alternatives.len() > 1);
    }
    assert!(conditional > ROUNDS / 3 && several > 5, "{conditional} {several} show nothing");
}
