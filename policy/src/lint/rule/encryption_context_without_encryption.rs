//! A condition on the encryption context for actions that have none.
//!
//! Signatures, MACs, and whatever is done to a key rather than with it have no encryption context.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": ["kms:Sign", "kms:Verify"],
//!   "Resource": "*",
//!   "Condition": {"StringEquals": {"kms:EncryptionContext:app": "x"}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": ["kms:Encrypt", "kms:Decrypt"],
//!   "Resource": "*",
//!   "Condition": {"StringEquals": {"kms:EncryptionContext:app": "x"}}}
//! ```

use crate::catalogue::condition_key;
use crate::key::ENCRYPTION_CONTEXT;
use crate::lint::finding::{Findings, Severity};
use crate::lint::rule::absent_condition_key::named_actions;
use crate::lint::view::{View, effect, is_negated, operator, plain};
use crate::statement::Effect;

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for statement in view.document.statements.iter().filter(|statement| !statement.conditions.is_empty()) {
        let Some(actions) = named_actions(statement) else { continue };
        for row in &statement.conditions {
            let (_, name, if_exists) = operator(&row.operator.text);
            let context = row.key.text.to_ascii_lowercase().starts_with(ENCRYPTION_CONTEXT);
            let Some(key) = condition_key(&row.key.text).filter(|_| context) else { continue };
            if name == "Null" || if_exists || actions.iter().any(|action| action.carries(key)) {
                continue;
            }
            let (severity, so) = match (effect(statement), is_negated(name)) {
                (Some(Effect::Deny), true) => (Severity::Security, "so this denies always"),
                (_, true) => (Severity::Warning, "so this condition always holds"),
                _ => (Severity::Error, "so this never applies"),
            };
            let finding = found.add(severity, row.key.span, format!("these actions have no encryption context, {so}"));
            if let Some(word) = plain(&statement.action).first() {
                finding.label(word.span, "asked for here");
            }
        }
    }
}
