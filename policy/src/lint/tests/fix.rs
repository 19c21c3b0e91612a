//! Fixes, carried out on fixtures and on generated policies.

use proptest::prelude::*;

use super::case::cases;
use super::evidence::documents_of;
use super::{ROOT, run, said, whole};
use crate::boxes::{Change, Setting, compare};
use crate::document::Document;
use crate::json;
use crate::lint::{Edit, Finding, Fix, RULES};
use crate::policy::{Origin, Policy};

/// A text with a fix carried out in it.
fn mended(text: &str, fix: &Fix) -> String {
    let mut mended = text.to_owned();
    let place = |edit: &Edit| match edit {
        Edit::Text { span, .. } => span.start,
        Edit::FirstMember { object, .. } => object.start,
    };
    let mut edits: Vec<&Edit> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| place(edit));
    for edit in edits.into_iter().rev() {
        match edit {
            Edit::Text { span, text } => {
                mended.replace_range(span.start as usize..span.end as usize, &format!("\"{text}\""));
            }
            Edit::FirstMember { object, name, text } => {
                mended.insert_str(object.start as usize + 1, &format!("\"{name}\": \"{text}\", "));
            }
        }
    }
    mended
}

/// How many fixes were tried: each leaves a document that is read, and has put an end to one finding of its rule; a
/// safe one leaves what is allowed as it was.
fn try_fixes(text: &str) -> usize {
    let found = run(text, false);
    let mut tried = 0;
    for finding in &found {
        let Some(fix) = &finding.fix else { continue };
        let code = finding.rule.code;
        let after = mended(text, fix);
        assert!(json::parse(&after).is_ok(), "{code}: {}\n{after}", fix.title);
        let count = |found: &[Finding]| found.iter().filter(|other| other.rule.code == code).count();
        let again = run(&after, false);
        assert!(count(&again) < count(&found), "{code}: {}\n{after}\n{}", fix.title, said(&again));
        if fix.safe {
            same_access(text, &after, code);
        }
        tried += 1;
    }
    tried
}

fn same_access(before: &str, after: &str, code: &str) {
    let [_, before] = documents_of(before);
    let [_, after] = documents_of(after);
    for ((kind, before), (_, after)) in before.iter().zip(&after) {
        let compiled = |document: &Document| {
            // The old and the newer name of a key are one key, which evaluation does not know.
            let mut document = document.clone();
            for row in document.statements.iter_mut().flat_map(|statement| &mut statement.conditions) {
                row.key.text = row.key.text.replace("kms:CustomerMasterKey", "kms:Key").into();
            }
            Policy::new(&document, kind.policy_kind(), Origin::default())
        };
        let (Ok(before), Ok(after)) = (compiled(before), compiled(after)) else { continue };
        let setting = Setting::of(kind.policy_kind());
        let change = compare(&[before], &[after], &setting).change;
        assert_eq!(change, Some(Change::Equal), "{code}");
    }
}

#[test]
fn fixes_mend_what_was_found() {
    let examples = RULES.iter().map(|rule| whole(&rule.bad_example().unwrap()));
    let fixes: usize = examples.chain(cases().into_iter().map(|case| case.text)).map(|text| try_fixes(&text)).sum();
    assert!(fixes >= 30, "only {fixes}");
}

fn a_statement() -> impl Strategy<Value = String> {
    let action = prop::sample::select(vec![
        "kms:decrypt",
        "KMS:Encrypt",
        "kms:Decript",
        "kms:generatedatakey",
        "kms:GenerateDataKey*",
        "kms:Sign",
        "kms:TagResources",
    ]);
    let actions = prop::collection::vec(action, 1..4);
    let principal = prop::sample::select(vec![
        r#"{"AWS": "arn:aws:iam::111122223333:role/app"}"#,
        r#"{"Aws": "111122223333"}"#,
        r#"{"AWS": "111122223333", "aws": "444455556666"}"#,
        r#"{"Service": "s33.amazonaws.com"}"#,
        r#""*""#,
    ]);
    let row = prop::sample::select(vec![
        r#""StringEquals": {"kms:CustomerMasterKeySpec": "RSA_2048"}"#,
        r#""StringEquals": {"kms:CustomerMasterKeySpec": "RSA_2048", "kms:KeySpec": "RSA_2048"}"#,
        r#""StringEquals": {"kms:ViaServices": "s3.eu-west-1.amazonaws.com"}"#,
        r#""StringEquals": {"kms:ViaService": "s3.*.amazonaws.com"}"#,
        r#""ForAnyValue:StringEquals": {"kms:EncryptionContext:a": "b"}"#,
        r#""StringEquals": {"kms:EncryptionContext:user": "${aws:username}"}"#,
    ]);
    let more = prop::sample::select(vec!["", r#", "StringLike": {"kms:CallerAccount": "1*"}"#]);
    let conditions = prop::option::of((row, more).prop_map(|(row, more)| format!(", \"Condition\": {{{row}{more}}}")));
    (prop::bool::ANY, actions, principal, conditions).prop_map(|(allows, actions, principal, conditions)| {
        let actions: Vec<String> = actions.iter().map(|action| format!("\"{action}\"")).collect();
        format!(
            r#"{{"Effect": "{}", "Principal": {principal}, "Action": [{}], "Resource": "*"{}}}"#,
            if allows { "Allow" } else { "Deny" },
            actions.join(", "),
            conditions.unwrap_or_default()
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fixes_keep_documents_sound_and_safe_ones_keep_what_they_allow(
        version in prop::sample::select(vec!["", r#""Version": "2008-10-17", "#, r#""Version": "2012-10-17", "#]),
        statements in prop::collection::vec(a_statement(), 1..3),
    ) {
        try_fixes(&format!("{{{version}\"Statement\": [{ROOT}, {}]}}", statements.join(", ")));
    }
}
