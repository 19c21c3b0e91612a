//! In which contexts, in words: each answer was worked out by hand from the statements above it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use wardbook_policy::boxes::{Answer, Doubt, Excess, Residual, residual};
use wardbook_policy::context::Unnamed;
use wardbook_policy::decide::{Verdict, decide};
use wardbook_policy::document::Document;
use wardbook_policy::grant::Grant;
use wardbook_policy::json;
use wardbook_policy::layers::{Layers, Told};
use wardbook_policy::policy::{Origin, Policy, PolicyKind};
use wardbook_policy::quirk::{Quirk, Quirks};
use wardbook_policy::request::{Request, RequestBuilder};

const ROLE: &str = "arn:aws:iam::111122223333:role/report";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn policy(statements: &str, kind: PolicyKind) -> Policy {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    Policy::new(&Document::read(&json::parse(&text).unwrap()), kind, Origin::default()).unwrap()
}

/// Allow the role itself under these conditions, or deny everybody under them.
fn allow(condition: &str) -> String {
    format!(
        r#"{{"Effect": "Allow", "Principal": {{"AWS": "{ROLE}"}}, "Action": "kms:*", "Resource": "*", "Condition": {{{condition}}}}}"#
    )
}

fn deny(condition: &str) -> String {
    format!(
        r#"{{"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {{{condition}}}}}"#
    )
}

fn asked(action: &str) -> RequestBuilder {
    Request::builder(ROLE, action, KEY).unnamed(Unnamed::Unknown)
}

fn left_of(request: &Request, statements: &[String], quirks: Quirks) -> Residual {
    let key_policy = [policy(&statements.join(", "), PolicyKind::Key)];
    let layers = Layers { resource: Told::Known(&key_policy), ..Layers::default() };
    let left = residual(request, &layers, quirks);
    for alternative in &left.alternatives {
        assert_eq!(decide(&alternative.witness, &layers, quirks).verdict(), Verdict::Allow, "{left}");
    }
    left
}

fn decrypt(statements: &[String]) -> String {
    left_of(&asked("kms:Decrypt").build().unwrap(), statements, Quirks::default()).to_string()
}

#[test]
fn answers_in_the_words_of_the_author() {
    let s3 = r#""StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}"#;
    let inside = r#""IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/24"]}"#;
    let cases: &[(&[String], &str)] = &[
        (&[allow("")], "always"),
        (&[allow(""), deny("")], "never"),
        (&[allow(s3)], "kms:ViaService is s3.eu-west-1.amazonaws.com"),
        (&[allow(inside)], "aws:SourceIp is in one of 203.0.113.0/24, 198.51.100.0/24"),
        // What a Deny takes away, absence stays.
        (
            &[allow(""), deny(r#""StringLike": {"kms:ViaService": ["s3.*", "ec2.*"]}"#)],
            "kms:ViaService is like none of s3.*, ec2.*",
        ),
        // A part of what is allowed.
        (
            &[allow(r#""StringLike": {"kms:ViaService": "s3.*"}"#), deny(s3)],
            "kms:ViaService is like s3.* and kms:ViaService is not s3.eu-west-1.amazonaws.com",
        ),
        // Two ways, and one that the other holds.
        (
            &[allow(s3), allow(inside)],
            "aws:SourceIp is in one of 203.0.113.0/24, 198.51.100.0/24, or kms:ViaService is s3.eu-west-1.amazonaws.com",
        ),
        (&[allow(s3), allow(r#""StringLike": {"kms:ViaService": "s3.*"}"#)], "kms:ViaService is like s3.*"),
        // Together they are everything: the transport is always told.
        (
            &[
                allow(r#""Bool": {"aws:SecureTransport": "true"}"#),
                allow(r#""Bool": {"aws:SecureTransport": "false"}"#),
            ],
            "always",
        ),
        (&[allow(""), deny(r#""Bool": {"aws:SecureTransport": "false"}"#)], "aws:SecureTransport is true"),
        // A service that calls has no address in anybody's range.
        (&[allow(&format!("{s3}, {inside}"))], "never"),
        (&[allow(&format!(r#"{s3}, "Bool": {{"aws:ViaAWSService": "false"}}"#))], "never"),
        (
            &[allow(&format!(r#"{s3}, "Bool": {{"aws:ViaAWSService": "true"}}"#))],
            "kms:ViaService is s3.eu-west-1.amazonaws.com",
        ),
        // A variable inside what is held against a known key.
        (
            &[
                allow(""),
                deny(
                    r#""ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/${aws:PrincipalTag/team, 'none'}"}"#,
                ),
            ],
            "aws:PrincipalTag/team is not report",
        ),
        // Contradictions of one key.
        (
            &[allow(
                r#""StringEquals": {"aws:PrincipalTag/team": "a"}, "StringNotLike": {"aws:PrincipalTag/Team": "?"}"#,
            )],
            "never",
        ),
        (&[allow(r#""Null": {"aws:PrincipalTag/team": "true"}"#)], "aws:PrincipalTag/team is absent"),
        (&[allow(r#""Null": {"aws:PrincipalTag/team": "false"}"#)], "aws:PrincipalTag/team is present"),
        (
            &[allow(r#""StringEqualsIfExists": {"aws:PrincipalTag/team": "a"}"#)],
            "aws:PrincipalTag/team is absent or is a",
        ),
        (
            &[allow(
                r#""StringNotEquals": {"aws:PrincipalTag/team": "a"}, "Null": {"aws:PrincipalTag/team": "false"}"#,
            )],
            "aws:PrincipalTag/team is present and aws:PrincipalTag/team is not a",
        ),
        // Lists.
        (
            &[allow(
                r#""ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["a", "b"]}, "ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": "c"}"#,
            )],
            "never",
        ),
        (
            &[allow(r#""ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": "a"}"#)],
            "kms:EncryptionContextKeys has a value that is a",
        ),
        (&[allow(r#""StringEquals": {"kms:EncryptionContextKeys": "a"}"#)], "never"),
        // A pair is there only if its name is listed.
        (
            &[allow(
                r#""StringEquals": {"kms:EncryptionContext:Stage": "prod"}, "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": "Dept"}"#,
            )],
            "never",
        ),
        (
            &[allow(
                r#""Null": {"kms:EncryptionContextKeys": "true"}, "StringNotEquals": {"kms:EncryptionContext:Stage": "prod"}"#,
            )],
            "kms:EncryptionContextKeys is absent",
        ),
        // Times; one of two names for the same moment.
        (
            &[allow(
                r#""DateGreaterThan": {"aws:CurrentTime": "2026-01-01"}, "DateLessThan": {"aws:EpochTime": "1767225600"}"#,
            )],
            "never",
        ),
        // What the caller determines is no question.
        (
            &[allow(
                r#""ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/rep*"}, "StringEquals": {"kms:CallerAccount": "111122223333"}"#,
            )],
            "always",
        ),
        (&[allow(r#""ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/adm*"}"#)], "never"),
        // Tags of a key are for IAM policies.
        (&[allow(r#""StringEquals": {"aws:ResourceTag/team": "a"}"#)], "never"),
    ];
    for (statements, wanted) in cases {
        assert_eq!(decrypt(statements), *wanted, "{statements:#?}");
    }
}

#[test]
fn asymmetric_keys_have_no_encryption_context() {
    let statements = [allow(r#""StringEquals": {"kms:EncryptionContext:Stage": "prod"}"#)];
    let left = |spec: &str| {
        let request = asked("kms:Decrypt").with("kms:KeySpec", spec).build().unwrap();
        left_of(&request, &statements, Quirks::default()).answer
    };
    assert_eq!((left("SYMMETRIC_DEFAULT"), left("RSA_2048")), (Answer::OnlyIf, Answer::Never));
}

#[test]
fn keys_compared_with_each_other_are_told_as_the_row_itself() {
    let row = r#""StringEquals": {"aws:PrincipalTag/team": "${kms:EncryptionContext:team}"}"#;
    let not = r#""StringNotEquals": {"aws:PrincipalTag/team": "${kms:EncryptionContext:team}"}"#;
    assert_eq!(decrypt(&[allow(row)]), "aws:PrincipalTag/team is ${kms:EncryptionContext:team}");
    assert_eq!(decrypt(&[allow(""), deny(not)]), "aws:PrincipalTag/team is ${kms:EncryptionContext:team}");
    assert_eq!(decrypt(&[allow(row), allow(not)]), "always");
    let fixed = asked("kms:Decrypt").with("aws:PrincipalTag/team", "blue").build().unwrap();
    let left = left_of(&fixed, &[allow(row)], Quirks::default());
    let (given, context) = (&left.alternatives[0].conditions, left.alternatives[0].witness.context());
    assert_eq!(
        (&*given[0].key, context.text("kms:EncryptionContext:team")),
        ("kms:EncryptionContext:team", Some("blue"))
    );
}

#[test]
fn layers_have_their_say_in_every_context() {
    let key_policy = [policy(
        r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}"#,
        PolicyKind::Key,
    )];
    let identity = [policy(
        r#"{"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "a"}}}"#,
        PolicyKind::Identity,
    )];
    let boundary = [policy(
        r#"{"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}"#,
        PolicyKind::Identity,
    )];
    let grant = r#"{"GranteePrincipal": "arn:aws:iam::111122223333:role/report", "Operations": ["Decrypt"],
        "Constraints": {"EncryptionContextEquals": {"Stage": "prod"}}}"#;
    let grants = [Grant::read(&json::parse(grant).unwrap()).unwrap()];
    let request = asked("kms:Decrypt").build().unwrap();
    let layers = Layers {
        resource: Told::Known(&key_policy),
        identity: Told::Known(&identity),
        boundary: Told::Known(&boundary),
        ..Layers::default()
    };
    let told = |layers: &Layers<'_>| residual(&request, layers, Quirks::default()).to_string();
    assert_eq!(told(&layers), "aws:MultiFactorAuthPresent is true and aws:ResourceTag/team is a");
    let granted = Layers { grants: Told::Known(&grants), identity: Told::Absent, ..layers };
    assert_eq!(
        told(&granted),
        "aws:MultiFactorAuthPresent is true and kms:EncryptionContext:Stage is prod and kms:EncryptionContextKeys has only values of which each is, in any case, Stage"
    );
    let unlimited = Quirks::default().with_other(Quirk::GrantAndBoundary);
    let left = residual(&request, &granted, unlimited);
    assert_eq!(left.alternatives[0].conditions.len(), 2, "{left}");
    let uncollected = Layers { boundary: Told::Unknown, ..layers };
    let left = residual(&request, &uncollected, Quirks::default());
    assert_eq!(left.answer, Answer::NotDecided);
    assert!(matches!(&*left.doubts, [Doubt::Documents(_)]), "{:?}", left.doubts);
}

#[test]
fn hostile_patterns_are_not_decided_and_end_soon() {
    let infix = |count: u32| -> Vec<String> {
        (0..count).map(|n| allow(&format!(r#""StringLike": {{"aws:UserAgent": "*{n}{n}-{n}*"}}"#))).collect()
    };
    let request = asked("kms:Decrypt").build().unwrap();
    let many = left_of(&request, &infix(20), Quirks::default());
    assert_eq!(many.answer, Answer::NotDecided);
    assert!(matches!(&*many.doubts, [Doubt::Excess(Excess::Classes | Excess::Patterns)]), "{:?}", many.doubts);
    assert_eq!(left_of(&request, &infix(4), Quirks::default()).answer, Answer::OnlyIf);
}

#[test]
fn what_patterns_and_numbers_cut_together_is_not_claimed() {
    let statements = [
        allow(r#""NumericLessThan": {"x:Size": "10"}, "StringNotLike": {"x:Size": "1*"}"#),
        allow(r#""StringLike": {"x:Size": "2*"}"#),
    ];
    let left = left_of(&asked("kms:Decrypt").build().unwrap(), &statements, Quirks::default());
    assert_eq!((left.answer, &*left.doubts), (Answer::NotDecided, &[Doubt::Mixed("x:Size".into())][..]));
}
