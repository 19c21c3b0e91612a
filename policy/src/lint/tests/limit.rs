//! Sizes, just under and just over their limits.

use super::ROOT;
use super::subject::template;
use crate::json;
use crate::limits::{COMPARED_DENIES_MAX, COMPARED_RESOURCES_MAX, EVALUATED_STATEMENTS_MAX, JOINED_QUESTIONS_MAX};
use crate::lint::{Kind, Settings, Severity, document, document_against, lint};

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

/// On keys: four for data keys, one for MACs, two for verification, and the three that are named.
const EACH: usize = 10;

#[test]
fn joined_questions_end_and_that_is_said() {
    let template_of = |statements: usize| {
        let actions = ["kms:Generate*", "kms:Verify*", "kms:Sign", "kms:DescribeKey", "kms:EnableKey"]
            .map(|name| format!("\"{name}\""));
        let one = format!(
            r#"{{"Effect": "Allow", "Action": [{}], "Resource": {{"Fn::GetAtt": ["Key", "Arn"]}}}}"#,
            actions.join(", ")
        );
        let text = format!(
            r#"{{"Resources": {{
                "Key": {{"Type": "AWS::KMS::Key", "Properties": {{"KeyPolicy": {{"Version": "2012-10-17", "Statement": [{ROOT}]}}}}}},
                "Role": {{"Type": "AWS::IAM::Role", "Properties": {{"Policies": [{{"PolicyName": "use", "PolicyDocument": {{"Version": "2012-10-17", "Statement": [{}]}}}}]}}}}}}}}"#,
            vec![one.as_str(); statements].join(",")
        );
        let found = lint(&template(&json::parse(&text).unwrap()), &Settings::default());
        found.iter().filter(|finding| finding.rule.code == "IP05").count()
    };
    assert_eq!(JOINED_QUESTIONS_MAX % EACH, 0);
    assert_eq!(template_of(JOINED_QUESTIONS_MAX / EACH), 0);
    assert_eq!(template_of(JOINED_QUESTIONS_MAX / EACH + 1), 1);
}

#[test]
fn more_resources_than_are_compared_are_told_of() {
    let with = |action: &str, resources: usize| {
        let list: Vec<String> =
            (0..resources).map(|number| format!("\"arn:aws:kms:eu-west-1:111122223333:key/{number}\"")).collect();
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "{action}", "Resource": [{}]}}]}}"#,
            list.join(",")
        );
        json::parse(&text).unwrap()
    };
    let told = |resources: usize| {
        let (old, new) = (with("kms:Encrypt", resources), with("kms:Encr*", resources));
        let (_, found) = document_against(&new, &old, None, &Settings::default());
        found.iter().filter(|finding| finding.rule.code == "SE07").count()
    };
    assert_eq!(told(COMPARED_RESOURCES_MAX), 0);
    assert_eq!(told(COMPARED_RESOURCES_MAX + 1), 1);
}
