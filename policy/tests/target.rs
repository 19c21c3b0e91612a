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

fn under(actions: &str, condition: &str) -> String {
    format!(r#"{{"Effect": "Allow", "Action": [{actions}], "Resource": "*", "Condition": {{{condition}}}}}"#)
}

/// What a policy allows depends on whose the resource is, and where.
#[test]
fn accounts_and_regions_of_resources_make_policies_differ() {
    let decrypt = |condition: &str| under(r#""kms:Decrypt""#, condition);
    let of =
        |operator: &str, accounts: &str| decrypt(&format!(r#""{operator}": {{"aws:ResourceAccount": [{accounts}]}}"#));
    let (one, two) = (r#""111122223333""#, r#""444455556666""#);
    let both = format!("{one}, {two}");
    let any = on("Allow", r#""kms:Decrypt""#, "Resource", r#""*""#);
    let own = on("Allow", r#""kms:Decrypt""#, "Resource", r#""arn:aws:kms:*:111122223333:key/*""#);
    let without = |accounts: &str| {
        let deny = format!(
            r#"{{"Effect": "Deny", "Action": "kms:*", "Resource": "*", "Condition": {{"StringNotEquals": {{"aws:ResourceAccount": [{accounts}]}}}}}}"#
        );
        format!("{any}, {deny}")
    };
    let regions = |texts: &str| decrypt(&format!(r#""StringLike": {{"aws:RequestedRegion": [{texts}]}}"#));
    let there =
        |texts: &str| regions(texts).replace(r#""Resource": "*""#, r#""Resource": "arn:aws:kms:*:111122223333:key/*""#);
    let object = on("Allow", r#""s3:GetObject""#, "Resource", r#""arn:aws:s3:::a/*""#);
    let of_one = format!(
        r#"{}, "Condition": {{"StringEquals": {{"aws:ResourceAccount": {one}}}}}}}"#,
        object.trim_end_matches('}')
    );
    let cases = [
        (of("StringEquals", one), any.clone(), Change::Wider),
        (of("StringEquals", one), of("StringEquals", &both), Change::Wider),
        (of("StringEquals", one), of("StringEquals", two), Change::Incomparable),
        (of("StringEquals", one), of("StringEqualsIfExists", one), Change::Equal),
        (of("StringLike", r#""1111*""#), of("StringLike", r#""1111*", "4444*""#), Change::Wider),
        (of("StringEquals", one), own, Change::Equal),
        (without(one), any.clone(), Change::Wider),
        (without(&both), without(one), Change::Narrower),
        (of_one, object, Change::Wider),
        (there(r#""us-east-1""#), there(r#""us-east-1", "eu-west-1""#), Change::Wider),
        (there(r#""eu-*""#), there(r#""eu-west-*""#), Change::Narrower),
        (
            regions(r#""us-east-1""#),
            on("Allow", r#""kms:Decrypt""#, "Resource", r#""arn:aws:kms:us-east-1:*:key/*""#),
            Change::Equal,
        ),
    ];
    for (old, new, wanted) in cases {
        let (old, new) = (policy(&old), policy(&new));
        let found = compare(&old, &new, &Setting::of(PolicyKind::Identity));
        assert_eq!(found.change, Some(wanted), "{old:?}\n{new:?}");
        // Whoever asks for a key of an account in a Region tells that account and that Region.
        for difference in found.gained.iter().chain(&found.lost) {
            let witness = &difference.witness;
            if let Some(arn) = wardbook_policy::arn::Arn::parse(witness.resource()).filter(|arn| arn.service == "kms") {
                assert_eq!(witness.resource_account(), Some(arn.account), "{witness:?}");
            }
        }
    }
}

/// A service that the catalogue does not know, or a name that it does not have, is an action all the same.
#[test]
fn actions_that_nobody_catalogued_make_policies_differ() {
    let may = |actions: &str| on("Allow", actions, "Resource", r#""*""#);
    for (old, new, wanted) in [
        (may(r#""quux:Bar""#), may(r#""quux:Bar", "quux:Baz""#), Change::Wider),
        (may(r#""quux:*""#), may(r#""quux:B*""#), Change::Narrower),
        (may(r#""quux:Bar""#), may(r#""QUUX:bar""#), Change::Equal),
        (may(r#""s3:GetObject""#), may(r#""s3:GetObject", "s3:GetObjectt""#), Change::Wider),
        (may(r#""*""#), may(r#""*", "quux:Bar""#), Change::Equal),
    ] {
        let found = compare(&policy(&old), &policy(&new), &Setting::of(PolicyKind::Identity)).change;
        assert_eq!(found, Some(wanted), "{old}\n{new}");
    }
}

/// A call on a key always tells the account of a user or role that makes it.
#[test]
fn what_requests_always_tell_is_no_way_out() {
    let under = |operator: &str| {
        under(r#""kms:Decrypt""#, &format!(r#""{operator}": {{"kms:CallerAccount": "111122223333"}}"#))
    };
    for (old, new) in [("StringEquals", "StringEqualsIfExists"), ("StringNotEquals", "StringNotEqualsIfExists")] {
        let found = compare(&policy(&under(old)), &policy(&under(new)), &Setting::of(PolicyKind::Identity)).change;
        assert_eq!(found, Some(Change::Equal), "{old}");
    }
}
