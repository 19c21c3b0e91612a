//! Sizes, just under and just over their limits.

use super::ROOT;
use crate::json;
use crate::limits::{COMPARED_DENIES_MAX, EVALUATED_STATEMENTS_MAX};
use crate::lint::{Kind, Settings, Severity, document};

#[test]
fn sizes_are_counted_without_white_space() {
    let of = |bytes: usize| {
        let filler = "x".repeat(bytes - whole_length(""));
        let value = json::parse(&policy_with(&filler)).unwrap();
        let (_, found) = document(&value, Some(Kind::KeyPolicy), &Settings::default());
        found.iter().find(|finding| finding.rule.code == "SY11").map(|finding| finding.severity)
    };
    assert_eq!(of(29_484), None);
    assert_eq!(of(29_485), Some(Severity::Warning));
    assert_eq!(of(32_768), Some(Severity::Warning));
    assert_eq!(of(32_769), Some(Severity::Error));
}

fn policy_with(filler: &str) -> String {
    format!("{{ \"Version\": \"2012-10-17\", \"Id\": \"{filler}\", \"Statement\": [{ROOT}] }}")
}

fn whole_length(filler: &str) -> usize {
    // Blanks stand between elements, and in the Sid.
    let inside = "Enable IAM User Permissions".matches(' ').count();
    let text = policy_with(filler);
    text.len() - text.matches(' ').count() + inside
}

#[test]
fn many_statements_are_linted_without_evaluation() {
    let count = |statements: usize| {
        let one = |number: usize| {
            ROOT.replace("Enable IAM User Permissions", &format!("S{number}")).replace("kms:*", "kms:Decript")
        };
        let list: Vec<String> = (0..statements).map(one).collect();
        let value =
            json::parse(&format!("{{\"Version\": \"2012-10-17\", \"Statement\": [{}]}}", list.join(","))).unwrap();
        let (_, found) = document(&value, None, &Settings::default());
        (
            found.iter().filter(|finding| finding.rule.code == "KP01").count(),
            found.iter().any(|finding| finding.rule.code == "KP09"),
        )
    };
    assert_eq!(count(EVALUATED_STATEMENTS_MAX), (EVALUATED_STATEMENTS_MAX, true));
    assert_eq!(count(EVALUATED_STATEMENTS_MAX + 1), (EVALUATED_STATEMENTS_MAX + 1, false));
}

#[test]
fn what_was_not_evaluated_is_said() {
    let with = |statements: &[String]| {
        let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, statements.join(","));
        let (_, found) = document(&json::parse(&text).unwrap(), Some(Kind::KeyPolicy), &Settings::default());
        found
            .into_iter()
            .filter(|finding| finding.rule.code == "SE10")
            .map(|finding| finding.message)
            .collect::<Vec<_>>()
    };
    let some = |count: usize, one: &dyn Fn(usize) -> String| (0..count).map(one).collect::<Vec<String>>();
    let allow = |_| ROOT.to_owned();
    assert!(with(&some(EVALUATED_STATEMENTS_MAX, &allow)).is_empty());
    assert!(with(&some(EVALUATED_STATEMENTS_MAX + 1, &allow))[0].contains("it has 401 statements"));
    let deny = |number: usize| {
        ROOT.replace("\"Allow\"", "\"Deny\"")
            .replace(":root", &format!(":role/r{number}"))
            .replace("kms:*", "kms:Decrypt")
            .replace("Enable", &number.to_string())
    };
    let denies = |count| with(&[vec![ROOT.to_owned()], some(count, &deny)].concat());
    assert!(denies(COMPARED_DENIES_MAX).is_empty());
    assert_eq!(
        denies(COMPARED_DENIES_MAX + 1),
        ["of 17 Denies, 16 were looked at for whether they take anything away"]
    );
}
