//! Documents of which a template leaves parts open never give an answer that those parts could change.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use wardbook_policy::decide::{Reason, Verdict, decide};
use wardbook_policy::document::Document;
use wardbook_policy::grant::Grant;
use wardbook_policy::json;
use wardbook_policy::layers::{Layers, Told};
use wardbook_policy::policy::{Origin, Policy, PolicyKind};
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;

use Verdict::{Allow, ExplicitDeny, ImplicitDeny, Unknown};

const KEY: &str = "arn:aws:kms:⟦Region⟧:⟦Account⟧:key/⟪Key⟫";
const APP: &str = "arn:aws:iam::⟦Account⟧:role/⟪App⟫";

fn policy(kind: PolicyKind, text: &str) -> Policy {
    let document = Document::read_open(&json::parse(text).unwrap());
    Policy::new(&document, kind, Origin::default()).unwrap_or_else(|problems| panic!("{text}: {problems:?}"))
}

fn key_policy(statements: &str) -> [Policy; 1] {
    [policy(PolicyKind::Key, &format!(r#"{{"Version": "2012-10-17", "Statement": {statements}}}"#))]
}

fn verdict(principal: &str, key: &str, resource: &[Policy], grants: &[Grant]) -> (Verdict, Vec<String>) {
    let request = Request::builder(principal, "kms:Decrypt", key).open().with("aws:SourceVpc", "vpc-1");
    let request = request.build().unwrap();
    let identity = [policy(
        PolicyKind::Identity,
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#,
    )];
    let layers = Layers {
        resource: Told::Known(resource),
        identity: Told::Known(&identity),
        grants: Told::Known(grants),
        ..Layers::default()
    };
    let decision = decide(&request, &layers, Quirks::default());
    let symbols = match decision.reason() {
        Reason::TurnsOn { symbols, .. } => symbols.iter().map(|symbol| symbol.to_string()).collect(),
        _ => Vec::new(),
    };
    (decision.verdict(), symbols)
}

#[test]
fn principals_of_a_template_are_told_apart_and_outsiders_stay_unknown() {
    let root = "arn:aws:iam::⟦Account⟧:root";
    let other = "arn:aws:iam::⟦Account⟧:role/⟪Other⟫";
    let stranger = "arn:aws:iam::999988887777:role/app";
    let cases = [
        (root, APP, Allow),
        (APP, APP, Allow),
        (APP, other, ImplicitDeny),
        // The account may be the template's.
        ("arn:aws:iam::999988887777:root", APP, Unknown),
        (root, stranger, Unknown),
        (APP, stranger, ImplicitDeny),
        ("⟦Principal⟧", APP, Unknown),
        ("arn:aws:iam::⟦Account⟧:⟦Kind⟧", APP, Unknown),
        ("arn:aws:iam::⟦Account⟧:role/⟦Name⟧", APP, Unknown),
        ("arn:aws:iam::⟦Account⟧:user/⟦Name⟧", APP, ImplicitDeny),
        ("arn:aws:iam::⟦Account⟧:role/admin", APP, ImplicitDeny),
    ];
    for (named, caller, wanted) in cases {
        let statement =
            format!(r#"{{"Effect": "Allow", "Principal": {{"AWS": "{named}"}}, "Action": "kms:*", "Resource": "*"}}"#);
        assert_eq!(verdict(caller, KEY, &key_policy(&statement), &[]).0, wanted, "{named} for {caller}");
    }
}

#[test]
fn every_part_of_a_statement_may_be_open() {
    let cases = [
        // Action, resource, conditions.
        (r#"{"Effect": "Allow", "Principal": "*", "Action": "kms:⟦Verb⟧", "Resource": "*"}"#, Unknown),
        (r#"{"Effect": "Allow", "Principal": "*", "Action": "kms:Enc⟦Verb⟧", "Resource": "*"}"#, ImplicitDeny),
        (r#"{"Effect": "Allow", "Principal": "*", "Action": "⟦Action⟧", "Resource": "*"}"#, Unknown),
        (
            r#"{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "arn:aws:kms:*:⟦Account⟧:key/*"}"#,
            Allow,
        ),
        (
            r#"{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "arn:aws:kms:eu-west-1:⟦Account⟧:key/*"}"#,
            Unknown,
        ),
        (r#"{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "NotResource": "⟦Arn⟧"}"#, Unknown),
        (
            r#"{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceVpc": "⟦Vpc⟧"}}}"#,
            Unknown,
        ),
        (
            r#"{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceVpc": ["⟦Vpc⟧", "vpc-1"]}}}"#,
            Allow,
        ),
        (
            r#"{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:SourceVpc": "⟦Vpc⟧"}}}"#,
            Unknown,
        ),
        (
            r#"{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"StringEqualsIgnoreCase": {"aws:SourceVpc": "⟦Vpc⟧"}}}"#,
            Unknown,
        ),
        (
            r#"{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"StringLike": {"⟦Key⟧": "x"}}}"#,
            Unknown,
        ),
        (
            r#"{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"Null": {"aws:SourceVpc": "⟦Told⟧"}}}"#,
            Unknown,
        ),
        (
            r#"{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"⟦Operator⟧": {"aws:SourceVpc": "x"}}}"#,
            Unknown,
        ),
        (
            r#"{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": "⟦Condition⟧"}"#,
            Unknown,
        ),
        (
            r#"{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"StringEquals": {"kms:ViaService": "s3.⟦Region⟧.amazonaws.com"}}}"#,
            ImplicitDeny,
        ),
        // Statements.
        (r#"{"Effect": "Allow", "Principal": "⟦Principal⟧", "Action": "kms:*", "Resource": "*"}"#, Unknown),
        (r#"{"Effect": "⟦Effect⟧", "Principal": "*", "Action": "kms:*", "Resource": "*"}"#, Unknown),
        (r#"{"⟦If⟧": true, "Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}"#, Unknown),
        (
            r#"{"⟦If⟧": true, "Effect": "Allow", "Principal": "*", "Action": "kms:Encrypt", "Resource": "*"}"#,
            ImplicitDeny,
        ),
        (r#""⟦Statements⟧""#, Unknown),
        (r#"["⟦Statement⟧", {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}]"#, Unknown),
        (r#"["⟦Statement⟧", {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}]"#, ExplicitDeny),
        (
            r#"[{"Effect": "Deny", "Principal": "⟦P⟧", "Action": "kms:*", "Resource": "*"}, {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}]"#,
            Unknown,
        ),
        (
            r#"[{"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": "⟦Age⟧"}}}, {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}]"#,
            Allow,
        ),
    ];
    for (statements, wanted) in cases {
        let (found, symbols) = verdict(APP, KEY, &key_policy(statements), &[]);
        assert_eq!(found, wanted, "{statements}");
        assert_eq!(found == Unknown, !symbols.is_empty(), "{statements}: {symbols:?}");
    }
}

#[test]
fn a_document_may_be_a_symbol_and_names_it() {
    let whole = [policy(PolicyKind::Key, r#""⟦Policy⟧""#)];
    assert_eq!(verdict(APP, KEY, &whole, &[]), (Unknown, vec!["⟦Policy⟧".to_owned()]));
}

#[test]
fn grants_of_a_template_hold_for_its_own_names() {
    let grant = |key: &str, grantee: &str, operation: &str| {
        let text = format!(
            r#"{{"KeyId": "{key}", "GrantId": "g", "GranteePrincipal": "{grantee}", "Operations": ["{operation}"], "IssuingAccount": "⟦Account⟧"}}"#
        );
        [Grant::read_open(&json::parse(&text).unwrap()).unwrap()]
    };
    let closed = key_policy(
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::⟦Account⟧:role/⟪X⟫"}, "Action": "kms:*", "Resource": "*"}"#,
    );
    let cases = [
        (grant("⟪Key⟫", APP, "Decrypt"), Allow),
        (grant("⟪Other⟫", APP, "Decrypt"), ImplicitDeny),
        (grant("⟦Which⟧", APP, "Decrypt"), Unknown),
        (grant("⟪Key⟫", "⟦Who⟧", "Decrypt"), Unknown),
        (grant("⟪Key⟫", APP, "⟦What⟧"), Unknown),
        (grant("⟪Key⟫", APP, "Encrypt"), ImplicitDeny),
    ];
    for (grants, wanted) in cases {
        assert_eq!(verdict(APP, KEY, &closed, &grants).0, wanted, "{grants:?}");
    }
}

#[test]
fn brackets_elsewhere_are_plain_characters() {
    let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*",
        "Condition": {"StringEquals": {"kms:EncryptionContext:note": "⟦x⟧"}}}}"#;
    let document = Document::read(&json::parse(text).unwrap());
    let policies = [Policy::new(&document, PolicyKind::Key, Origin::default()).unwrap()];
    let layers = Layers { resource: Told::Known(&policies), ..Layers::default() };
    for (note, wanted) in [("⟦x⟧", Allow), ("other", ImplicitDeny), ("⟦y⟧", ImplicitDeny)] {
        let request = Request::builder(
            "arn:aws:iam::111122223333:user/ana",
            "kms:Decrypt",
            "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        );
        let request = request.with("kms:EncryptionContext:note", note).build().unwrap();
        assert_eq!(decide(&request, &layers, Quirks::default()).verdict(), wanted, "{note}");
    }
    assert!(Policy::new(&document_of("⟦x⟧"), PolicyKind::Key, Origin::default()).is_err());
}

fn document_of(principal: &str) -> Document {
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Principal": {{"AWS": "{principal}"}}, "Action": "kms:*", "Resource": "*"}}}}"#
    );
    Document::read(&json::parse(&text).unwrap())
}
