//! A condition that holds of every request which the rest of the statement is about.
//!
//! Found by evaluation. It looks like a bound and is none.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringLike": {"kms:CallerAccount": "*"}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}}}
//! ```

use crate::boxes::StatementVerdict;
use crate::lint::finding::Findings;
use crate::lint::view::{View, handle};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for review in view.reviews() {
        let StatementVerdict::Vacuous { rows } = &review.verdict else { continue };
        let Some(statement) = view.document.statements.get(review.statement) else { continue };
        for row in rows.iter().filter_map(|row| statement.conditions.get(*row)) {
            // AWS's guides ask for it of services too, whose every grant is for a resource.
            if row.key.text.eq_ignore_ascii_case("kms:GrantIsForAWSResource") {
                continue;
            }
            found
                .warning(row.key.span, format!("this condition on `{}` changes nothing", row.key.text))
                .label(handle(statement), "in this statement")
                .proof("the statement applies to the same requests without it");
        }
    }
}
