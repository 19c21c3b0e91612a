//! The crate's matcher against the naive one, on all of Unicode, wherever a policy has a pattern.
//!
//! The matcher is not public, so each pattern goes through a small policy.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]

#[path = "twin/case.rs"]
mod case;
#[path = "twin/wild.rs"]
mod wild;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use wardbook_policy::decide::Verdict;
use wardbook_policy::quirk::Quirks;

use wild::{arn_matches, glob, matches, resource};

/// Few letters, so that runs repeat; one character of each UTF-8 length; what patterns treat apart.
fn character() -> impl Strategy<Value = char> {
    prop_oneof![
        20 => select(vec!['a', 'b', 'a', ':', '/', '-']),
        4 => select(vec!['é', 'e', '\u{301}', '日', '𝒳', '\n', '\0', '$', '{', '}', 'A', '\u{10ffff}', 'İ', 'ß']),
        1 => any::<char>(),
    ]
}

fn text(most: usize) -> impl Strategy<Value = String> {
    vec(character(), 0..most).prop_map(String::from_iter)
}

/// A text and a pattern made from it, by putting wildcards in the place of stretches and, seldom, other characters.
fn pair(most: usize) -> impl Strategy<Value = (String, String)> {
    let edits = vec((0..64usize, 0..4usize, select(vec!["*", "*", "?", "?", "**", "?*", "*?", "", "a", ":"])), 0..7);
    (text(most), edits).prop_map(|(text, edits)| {
        let mut pattern: Vec<char> = text.chars().collect();
        for (at, length, put) in edits {
            let at = at % (pattern.len() + 1);
            let end = (at + length).min(pattern.len());
            pattern.splice(at..end, put.chars());
        }
        (text, pattern.into_iter().collect())
    })
}

/// Two texts that have little to do with each other, the pattern full of stars.
fn starry() -> impl Strategy<Value = (String, String)> {
    let piece = prop_oneof![3 => select(vec!["*", "?", "*?"]).prop_map(str::to_owned), 2 => text(3)];
    (text(24), vec(piece, 0..24).prop_map(|pieces| pieces.concat()))
}

fn either() -> impl Strategy<Value = (String, String)> {
    prop_oneof![2 => pair(16), 1 => starry()]
}

fn asked(action: &str, resource: &str, context: Value, statement: Value) -> bool {
    let mut statement = statement;
    statement["Effect"] = json!("Allow");
    let case = json!({
        "request": {"principal": "arn:aws:iam::111122223333:user/Ana", "action": action, "resource": resource, "context": context},
        "policies": {"identity": [{"Version": "2008-10-17", "Statement": statement}]},
    });
    case::decided(&case, Quirks::default()) == Verdict::Allow
}

fn on_value(operator: &str, pattern: &str, value: &str) -> bool {
    let statement = json!({"Action": "*", "Resource": "*", "Condition": {operator: {"aws:PrincipalTag/x": pattern}}});
    asked("s3:GetObject", "arn:aws:s3:::b/k", json!({"aws:PrincipalTag/x": value}), statement)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn string_like_is_a_plain_glob((text, pattern) in either()) {
        let wanted = matches(&glob(&pattern), &text);
        prop_assert_eq!(on_value("StringLike", &pattern, &text), wanted, "{:?} on {:?}", pattern, text);
        prop_assert_eq!(on_value("StringNotLike", &pattern, &text), !wanted, "{:?} on {:?}", pattern, text);
    }

    #[test]
    fn string_equals_knows_no_wildcards((text, pattern) in either()) {
        prop_assert_eq!(on_value("StringEquals", &pattern, &text), pattern == text);
    }

    #[test]
    fn a_resource_stops_at_colons_as_documented((text, pattern) in either(), cut in 0..14usize) {
        // The pattern may leave the front of the ARN to a wildcard, or spell it out.
        let whole = format!("arn:aws:s3:::{text}");
        let front = ["arn:aws:s3:::", "arn:aws:s3::*:", "arn:aws:s3:*:", "arn:aws:*", "arn:*", "arn:aws:s?:::", "arn:aws:s3*::", "arn:aws:s3:::"];
        let pattern = format!("{}{pattern}", front[cut % front.len()]);
        let wanted = matches(&resource(&pattern), &whole);
        let decided = asked("s3:GetObject", &whole, json!({}), json!({"Action": "*", "Resource": pattern}));
        prop_assert_eq!(decided, wanted, "{:?} on {:?}", pattern, whole);
        let spared = asked("s3:GetObject", &whole, json!({}), json!({"Action": "*", "NotResource": pattern}));
        prop_assert_eq!(spared, !wanted, "all but {:?} on {:?}", pattern, whole);
    }

    #[test]
    fn arn_like_compares_six_parts(parts in vec(pair(6), 6), short in 0..12usize) {
        let join = |parts: Vec<&str>| parts.join(":");
        let value = join(parts.iter().map(|(text, _)| &**text).collect());
        let pattern = join(parts.iter().map(|(_, pattern)| &**pattern).collect());
        let (value, pattern) = match short {
            0 => (value.replace(':', ""), pattern),
            _ => (format!("arn:{value}"), format!("arn:{pattern}")),
        };
        let wanted = arn_matches(&glob(&pattern), &value);
        for operator in ["ArnLike", "ArnEquals"] {
            prop_assert_eq!(on_value(operator, &pattern, &value), wanted, "{:?} on {:?}", pattern, value);
        }
        prop_assert_eq!(on_value("ArnNotLike", &pattern, &value), !wanted, "{:?} on {:?}", pattern, value);
    }

    #[test]
    fn an_action_is_a_glob_without_case(name in "[A-Ca-c]{1,8}", edits in vec((0..8usize, 0..3usize, select(vec!["*", "?", "A", "b", ""])), 0..4)) {
        let mut pattern: Vec<char> = name.chars().collect();
        for (at, length, put) in edits {
            let at = at % (pattern.len() + 1);
            let end = (at + length).min(pattern.len());
            pattern.splice(at..end, put.chars());
        }
        let pattern = format!("s3:{}", String::from_iter(pattern));
        prop_assume!(pattern != "s3:");
        let action = format!("S3:{name}");
        let wanted = matches(&glob(&pattern.to_lowercase()), &action.to_lowercase());
        let statement = json!({"Action": pattern, "Resource": "*"});
        prop_assert_eq!(asked(&action, "arn:aws:s3:::b/k", json!({}), statement), wanted, "{} on {}", pattern, action);
    }
}

/// Backtracking over every star would not end; the table of the naive matcher is quadratic, and so these stay small.
#[test]
fn many_stars_end() {
    let text = "a".repeat(600);
    for pattern in ["a*".repeat(300) + "b", "*a".repeat(300) + "*", "*?".repeat(300), "*".repeat(2000) + "b"] {
        assert_eq!(on_value("StringLike", &pattern, &text), matches(&glob(&pattern), &text));
        let (pattern, whole) = (format!("arn:aws:s3:::{pattern}"), format!("arn:aws:s3:::{text}"));
        let decided = asked("s3:GetObject", &whole, json!({}), json!({"Action": "*", "Resource": pattern}));
        assert_eq!(decided, matches(&resource(&pattern), &whole));
    }
}

#[test]
fn a_wildcard_stands_for_characters_and_not_bytes() {
    for (pattern, text, wanted) in
        [("?", "𝒳", true), ("??", "𝒳", false), ("a?c", "a\nc", true), ("*", "\0\n", true), ("?", "e\u{301}", false)]
    {
        assert_eq!(on_value("StringLike", pattern, text), wanted, "{pattern:?} on {text:?}");
    }
}
