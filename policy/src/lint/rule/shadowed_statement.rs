//! A statement that changes nothing, since others say the same and more.
//!
//! Found by evaluation. Whoever edits it later will wonder why nothing happens. An account's root that is allowed everything does not cover its roles: they need IAM policies then, and do without here.
//!
//! # Bad
//!
//! ```json
//! {"Version": "2012-10-17",
//!   "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:Encrypt", "kms:Decrypt"], "Resource": "*"},
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}]}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Version": "2012-10-17",
//!   "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:Encrypt", "kms:Decrypt"], "Resource": "*"},
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:GenerateDataKey", "Resource": "*"}]}
//! ```

use crate::boxes::StatementVerdict;
use crate::lint::finding::Findings;
use crate::lint::view::{View, handle, name};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for review in view.reviews() {
        let StatementVerdict::Shadowed { by } = &review.verdict else { continue };
        let Some(statement) = view.document.statements.get(review.statement) else { continue };
        let covering: Vec<String> = by.iter().map(|(_, index)| name(view.document, *index)).collect();
        let finding = found.warning(
            handle(statement),
            format!("{} changes nothing: {} covers it", name(view.document, review.statement), covering.join(" with ")),
        );
        for other in by.iter().filter_map(|(_, index)| view.document.statements.get(*index)) {
            finding.label(handle(other), "covered by this");
        }
        finding
            .help("remove it, or narrow what covers it")
            .proof("every request that it applies to, one of the others applies to with the same effect");
    }
}
