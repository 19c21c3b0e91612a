//! ForAllValues in an Allow, where the request may have no value at all.
//!
//! ForAllValues holds of an empty set. Ask for the key's presence as well, with Null or ForAnyValue.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["app"]}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["app"]}, "Null": {"kms:EncryptionContextKeys": "false"}}}
//! ```

use crate::document::{ConditionText, StatementText};
use crate::key::ENCRYPTION_CONTEXT;
use crate::lint::finding::Findings;
use crate::lint::view::{View, actions_of, is_negated, operator};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for statement in view.allows() {
        for row in &statement.conditions {
            let (quantifier, _, _) = operator(&row.operator.text);
            if quantifier != Some("ForAllValues") || always_there(statement, row) || asked_for(statement, row) {
                continue;
            }
            found
                .security(
                    row.operator.span,
                    format!("`ForAllValues` holds where the request has no `{}` at all", row.key.text),
                )
                .label(row.key.span, "may be missing")
                .help(format!("add `\"Null\": {{\"{}\": \"false\"}}`", row.key.text));
        }
    }
}

/// Whether every request of the statement has a value of the key.
fn always_there(statement: &StatementText, row: &ConditionText) -> bool {
    let actions = actions_of(statement);
    let only = |names: &[&str]| !actions.is_empty() && actions.iter().all(|action| names.contains(action));
    match &*row.key.text.to_ascii_lowercase() {
        "kms:grantoperations" => only(&["kms:CreateGrant"]),
        "aws:tagkeys" => only(&["kms:TagResource", "kms:UntagResource"]),
        _ => false,
    }
}

/// Whether another row makes sure that there is a value.
fn asked_for(statement: &StatementText, row: &ConditionText) -> bool {
    statement.conditions.iter().any(|other| {
        let (quantifier, name, if_exists) = operator(&other.operator.text);
        let same = other.key.text.eq_ignore_ascii_case(&row.key.text);
        let present = name == "Null" && other.values.iter().all(|value| value.text.eq_ignore_ascii_case("false"));
        // Whoever asks for one pair asks for its key.
        let pairs = [("kms:EncryptionContextKeys", ENCRYPTION_CONTEXT), ("aws:TagKeys", "aws:requesttag/")];
        let lower = other.key.text.to_ascii_lowercase();
        let pair = pairs.iter().any(|(list, one)| row.key.text.eq_ignore_ascii_case(list) && lower.starts_with(one));
        let positive = quantifier != Some("ForAllValues") && !is_negated(name) && !if_exists && name != "Null";
        (same || pair) && (present || positive)
    })
}
