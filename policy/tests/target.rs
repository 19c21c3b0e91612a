//! Policies of somebody's own that differ in the resources they name.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use wardbook_policy::boxes::{Change, Setting, compare};
use wardbook_policy::document::Document;
use wardbook_policy::json;
use wardbook_policy::policy::{Origin, Policy, PolicyKind};

fn policy(statements: &str) -> [Policy; 1] {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    let document = Document::read(&json::parse(&text).unwrap());
    [Policy::new(&document, PolicyKind::Identity, Origin::default()).unwrap()]
}

fn on(effect: &str, actions: &str, element: &str, resources: &str) -> String {
    format!(r#"{{"Effect": "{effect}", "Action": [{actions}], "{element}": [{resources}]}}"#)
}

const ONE: &str = r#""arn:aws:kms:us-east-1:111122223333:key/1111""#;
const TWO: &str = r#""arn:aws:kms:us-east-1:111122223333:key/2222""#;
const ALL: &str = r#""arn:aws:kms:us-east-1:111122223333:key/*""#;

#[test]
fn resources_make_policies_differ() {
    let decrypt = |element: &str, resources: &str| on("Allow", r#""kms:Decrypt""#, element, resources);
    let both = format!("{ONE}, {TWO}");
    let apart = format!("{}, {}", decrypt("Resource", ONE), decrypt("Resource", TWO));
    let less = format!("{}, {}", decrypt("Resource", ALL), on("Deny", r#""kms:*""#, "Resource", ONE));
    let s3 = r#""arn:aws:s3:::a/*""#;
    let mixed = on("Allow", r#""s3:GetObject", "kms:Decrypt""#, "Resource", &format!("{s3}, {ONE}"));
    let sorted = format!("{}, {}", on("Allow", r#""s3:GetObject""#, "Resource", s3), decrypt("Resource", ONE));
    let cases = [
        (decrypt("Resource", ONE), decrypt("Resource", ALL), Change::Wider),
        (decrypt("Resource", ALL), decrypt("Resource", ONE), Change::Narrower),
        (decrypt("Resource", ONE), decrypt("Resource", TWO), Change::Incomparable),
        (decrypt("Resource", &both), apart, Change::Equal),
        (decrypt("Resource", ALL), less, Change::Narrower),
        (decrypt("Resource", ALL), decrypt("Resource", r#""*""#), Change::Wider),
        (decrypt("NotResource", ONE), decrypt("NotResource", &both), Change::Narrower),
        (decrypt("Resource", ONE), decrypt("NotResource", ONE), Change::Incomparable),
        // No request for an object is about a key, nor the other way round.
        (mixed, sorted, Change::Equal),
        (
            on("Allow", r#""s3:GetObject""#, "Resource", s3),
            on("Allow", r#""s3:GetObject""#, "Resource", r#""*""#),
            Change::Wider,
        ),
    ];
    for (old, new, wanted) in cases {
        let comparison = compare(&policy(&old), &policy(&new), &Setting::of(PolicyKind::Identity)).change;
        assert_eq!(comparison, Some(wanted), "{old}\n{new}");
    }
}
