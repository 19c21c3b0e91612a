//! A statement whose parts contradict each other, so that no request meets it.
//!
//! Found by evaluation: two conditions exclude each other, or one of them excludes what the actions or principals are.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringEquals": {"kms:EncryptionContext:app": "a"}, "StringNotEquals": {"kms:EncryptionContext:app": "a"}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringEquals": {"kms:EncryptionContext:app": "a"}, "StringNotEquals": {"kms:EncryptionContext:team": "a"}, "Null": {"kms:EncryptionContext:team": "false"}}}
//! ```

use crate::boxes::StatementVerdict;
use crate::lint::finding::Findings;
use crate::lint::view::{View, handle, name};

/// Rules that say more exactly why a statement never applies.
const EXACT: &[&str] =
    &["KP01", "KP02", "KP04", "KP05", "KP06", "CO01", "CO02", "CO03", "CO04", "CO07", "CO08", "CO10", "CO11", "IP04"];

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for review in view.reviews() {
        let Some(statement) = view.document.statements.get(review.statement) else { continue };
        let within = statement.span;
        let said = found.earlier().iter().any(|finding| {
            EXACT.contains(&finding.rule.code) && within.start <= finding.span.start && finding.span.end <= within.end
        });
        if review.verdict != StatementVerdict::Unreachable || said {
            continue;
        }
        let finding = found.error(
            handle(statement),
            format!("{} never applies: no request meets all of it", name(view.document, review.statement)),
        );
        for row in &statement.conditions {
            finding.label(row.key.span, "asked for here");
        }
        finding.proof("of all requests that the policy can tell apart, none meets the statement");
    }
}
