//! What rules are told, and what a template leaves open.

use super::subject::subjects;
use super::{ROOT, said, whole};
use crate::document::Document;
use crate::json::{self, Value};
use crate::lint::{Finding, Settings, document, lint, rule};
use crate::symbol;

#[test]
fn a_told_principal_must_be_able_to_change_the_policy() {
    let text = format!("{{\"Version\": \"2012-10-17\", \"Statement\": [{}]}}", ROOT.replace(":root", ":role/admin"));
    let value = json::parse(&text).unwrap();
    let codes = |principal: &str| {
        let settings = Settings { principal: Some(principal.into()), ..Settings::default() };
        document(&value, None, &settings).1.iter().map(|finding| finding.rule.code).collect::<Vec<_>>()
    };
    assert!(!codes("arn:aws:iam::111122223333:role/admin").contains(&"KP09"));
    assert!(codes("arn:aws:iam::111122223333:role/app").contains(&"KP09"));
}

/// What a template leaves open is neither wrong nor known.
#[test]
fn symbols_are_no_mistakes() {
    let account = symbol::unknown("AWS::AccountId");
    let open = symbol::unknown("Parameter");
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": [
            {{"Sid": "{open}", "Effect": "Allow", "Principal": {{"AWS": "arn:aws:iam::{account}:root"}}, "Action": "kms:*", "Resource": "*"}},
            {{"Effect": "Allow", "Principal": {{"AWS": "{open}"}}, "Action": ["kms:Decrypt", "{open}"], "Resource": "*",
              "Condition": {{"StringEquals": {{"kms:ViaService": "s3.{open}.amazonaws.com", "kms:EncryptionContext:{open}": "a"}}}}}},
            {{"Effect": "Allow", "Principal": {{"AWS": "arn:aws:iam::444455556666:role/a"}}, "Action": "kms:Decrypt",
              "Resource": "arn:aws:kms:eu-west-1:{account}:key/{open}"}}]}}"#
    );
    let value = json::parse(&text).unwrap();
    let mut subjects = subjects(&json::parse(r#"{"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {}}}"#).unwrap());
    for document in &mut subjects.documents {
        document.value = value.clone();
        document.document = Document::read_open(&value);
    }
    subjects.keys.clear();
    let found = lint(&subjects, &Settings::default());
    assert!(found.is_empty(), "{}", said(&found));
}

#[test]
fn trusted_accounts_are_no_surprise() {
    let rule = rule("KP08").unwrap();
    let value = json::parse(&whole(&rule.bad_example().unwrap())).unwrap();
    let count = |trusted: &[&str]| {
        let trusted_accounts = trusted.iter().map(|account| (*account).into()).collect();
        let settings = Settings { trusted_accounts, ..Settings::default() };
        document(&value, None, &settings).1.iter().filter(|finding| finding.rule.code == "KP08").count()
    };
    assert_eq!((count(&[]), count(&["444455556666"])), (1, 0));
}

#[test]
fn trusted_organizations_are_no_surprise() {
    let organization = r#", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#;
    let with = |principal: &str, condition: &str| {
        let statement = format!(
            r#"{{"Effect": "Allow", "Principal": {principal}, "Action": "kms:Decrypt", "Resource": "*"{condition}}}"#
        );
        json::parse(&whole(&statement)).unwrap()
    };
    let count = |value: &Value, trusted: &[&str]| {
        let trusted_organizations = trusted.iter().map(|id| (*id).into()).collect();
        let settings = Settings { trusted_organizations, ..Settings::default() };
        document(value, None, &settings).1.iter().filter(|finding| finding.rule.code == "KP08").count()
    };
    let account = r#"{"AWS": "arn:aws:iam::444455556666:root"}"#;
    let of_account = with(account, organization);
    assert_eq!((count(&of_account, &[]), count(&of_account, &["o-a1b2c3d4e5"])), (1, 0));
    assert_eq!(count(&of_account, &["o-zzzzzzzzzz"]), 1);
    let anybody = with(r#""*""#, organization);
    assert_eq!(
        (count(&anybody, &[]), count(&anybody, &["o-a1b2c3d4e5"]), count(&anybody, &["o-zzzzzzzzzz"])),
        (0, 0, 1)
    );
    assert_eq!(count(&with(account, ""), &["o-a1b2c3d4e5"]), 1);
}

/// An account that a template leaves open is one account like any other.
#[test]
fn templates_are_evaluated_though_their_account_is_open() {
    let account = symbol::unknown("t.yaml#AccountId");
    let other = symbol::unknown("t.yaml#Partner");
    let key = |statements: &str| {
        let text = format!(
            r#"{{"Type": "AWS::KMS::Key", "Properties": {{"EnableKeyRotation": "true", "KeyPolicy": {{"Version": "2012-10-17", "Statement": [{statements}]}}}}}}"#
        );
        let mut subjects = subjects(&json::parse(&text).unwrap());
        subjects.keys[0].arn =
            format!("arn:aws:kms:{}:{account}:key/{}", symbol::unknown("t.yaml#Region"), symbol::made("t.yaml#Key"))
                .into();
        lint(&subjects, &Settings::default())
    };
    let codes = |found: &[Finding]| found.iter().map(|finding| finding.rule.code).collect::<Vec<_>>();
    let root = format!(
        r#"{{"Effect": "Allow", "Principal": {{"AWS": "arn:aws:iam::{account}:root"}}, "Action": "kms:*", "Resource": "*"}}"#
    );
    let of = |principal: &str, action: &str| {
        format!(r#"{{"Effect": "Allow", "Principal": {principal}, "Action": "{action}", "Resource": "*"}}"#)
    };
    let role = format!(r#"{{"AWS": "arn:aws:iam::{account}:role/{}"}}"#, symbol::made("t.yaml#Role"));
    assert_eq!(codes(&key(&format!("{root}, {}", of(&role, "kms:Decrypt")))), ["KC09"]);
    assert!(codes(&key(&of(&role, "kms:Decrypt"))).contains(&"KP09"));
    assert!(codes(&key(&format!("{root}, {}", of(r#""*""#, "kms:Decrypt")))).contains(&"KP07"));
    let partner = key(&format!("{root}, {}", of(&format!(r#"{{"AWS": "arn:aws:iam::{other}:root"}}"#), "kms:Decrypt")));
    let said = partner.iter().find(|finding| finding.rule.code == "KP08").unwrap();
    assert_eq!(&*said.message, "account Partner may call `kms:Decrypt`");
}
