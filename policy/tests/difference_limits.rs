//! Comparisons with very many differences: just under the limits all are listed, over them some are, and the
//! verdict stays.
#![allow(clippy::unwrap_used, reason = "a test says what is wrong by panicking")]

use wardbook_policy::boxes::{Change, Comparison, Setting, compare};
use wardbook_policy::document::Document;
use wardbook_policy::json;
use wardbook_policy::limits::{DIFFERENCES_MAX, PIECES_MAX};
use wardbook_policy::policy::{Origin, Policy, PolicyKind};

fn policy(statements: &[String]) -> [Policy; 1] {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, statements.join(", "));
    [Policy::new(&Document::read(&json::parse(&text).unwrap()), PolicyKind::Key, Origin::default()).unwrap()]
}

fn allow(condition: &str) -> String {
    format!(
        r#"{{"Effect": "Allow", "Principal": {{"AWS": "111122223333"}}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {{"StringEquals": {{{condition}}}}}}}"#
    )
}

/// Pairs of values that no other pair is like, so that no two can be told together.
fn pair(index: usize) -> String {
    allow(&format!(r#""aws:PrincipalTag/a": "{index}", "aws:PrincipalTag/b": "{index}""#))
}

fn told(comparison: &Comparison<'_>) -> (Option<Change>, bool) {
    (comparison.change, comparison.complete)
}

#[test]
fn pieces_of_one_statement() {
    let everything = policy(&[allow("").replace(r#", "Condition": {"StringEquals": {}}"#, "")]);
    let without = |pairs: usize| policy(&(0..pairs).map(pair).collect::<Vec<_>>());
    let setting = Setting::of(PolicyKind::Key);
    // What is left beside n pairs is in n + 1 pieces.
    let under = without(PIECES_MAX - 2);
    assert_eq!(told(&compare(&under, &everything, &setting)), (Some(Change::Wider), true));
    let over = without(PIECES_MAX + 1);
    assert_eq!(told(&compare(&over, &everything, &setting)).0, Some(Change::Wider));
    assert!(!compare(&over, &everything, &setting).complete);
}

#[test]
fn differences_of_one_comparison() {
    let many = |pairs: usize| policy(&(0..pairs).map(pair).collect::<Vec<_>>());
    let setting = Setting::of(PolicyKind::Key);
    // Each pair makes two differences: whoever the account lets, and its root user.
    let under = many(DIFFERENCES_MAX / 2 - 1);
    let comparison = compare(&[], &under, &setting);
    assert_eq!((told(&comparison), comparison.gained.len()), ((Some(Change::Wider), true), DIFFERENCES_MAX - 2));
    let over = many(DIFFERENCES_MAX / 2 + 1);
    let comparison = compare(&[], &over, &setting);
    assert_eq!((told(&comparison), comparison.gained.len()), ((Some(Change::Wider), false), DIFFERENCES_MAX));
}
