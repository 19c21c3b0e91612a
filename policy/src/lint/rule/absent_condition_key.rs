//! A condition on a key that requests for none of the statement's actions carry.
//!
//! An Allow with it never applies. A Deny with a negated operator always does.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringEquals": {"kms:GrantConstraintType": "EncryptionContextSubset"}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringEquals": {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}}}
//! ```

use crate::catalogue::{self, Action};
use crate::document::StatementText;
use crate::key::{ENCRYPTION_CONTEXT, Key};
use crate::lint::finding::{Findings, Severity};
use crate::lint::view::{View, effect, is_negated, operator, plain};
use crate::statement::Effect;

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for statement in view.document.statements.iter().filter(|statement| !statement.conditions.is_empty()) {
        let Some(actions) = named_actions(statement) else { continue };
        for row in &statement.conditions {
            let Some(key) = catalogue::condition_key(&row.key.text) else { continue };
            let (_, name, if_exists) = operator(&row.operator.text);
            let context = row.key.text.to_ascii_lowercase().starts_with(ENCRYPTION_CONTEXT);
            // Tags and aliases of the key are for identity policies.
            let elsewhere = view.is_key_policy() && Key::new(&row.key.text).is_iam_only();
            let carried = !elsewhere && actions.iter().any(|action| action.carries(key));
            if name == "Null" || if_exists || context || carried {
                continue;
            }
            let (severity, so) = match (effect(statement), is_negated(name)) {
                (Some(Effect::Allow), true) => (Severity::Warning, "so this condition always holds"),
                (Some(Effect::Deny), true) => (Severity::Security, "so this denies always"),
                _ => (Severity::Error, "so this never applies"),
            };
            let which = match (elsewhere, actions.len()) {
                (true, _) => "requests as a key policy sees them",
                (false, 1) => "requests for this action",
                (false, _) => "requests for these actions",
            };
            let finding = found.add(severity, row.key.span, format!("{which} never carry `{}`, {so}", key.name()));
            if let Some(word) = plain(&statement.action).first() {
                finding.label(word.span, "asked for here");
            }
        }
    }
}

/// The actions that a statement names one by one or by patterns within a service, if all of them are known.
pub(in crate::lint) fn named_actions(statement: &StatementText) -> Option<Vec<Action>> {
    let mut actions = Vec::new();
    for word in plain(&statement.action) {
        let (service, _) = word.text.split_once(':')?;
        if service.contains(['*', '?']) {
            return None;
        }
        let before = actions.len();
        actions.extend(catalogue::actions_matching(&word.text));
        if actions.len() == before {
            return None;
        }
    }
    (!actions.is_empty()).then_some(actions)
}
