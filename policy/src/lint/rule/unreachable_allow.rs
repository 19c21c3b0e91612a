//! An Allow of which everything is denied elsewhere in the document.
//!
//! Found by evaluation. It never allows anything.
//!
//! # Bad
//!
//! ```json
//! {"Version": "2012-10-17",
//!   "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"},
//!     {"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}]}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Version": "2012-10-17",
//!   "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"},
//!     {"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:GenerateDataKey", "Resource": "*"}]}
//! ```

use crate::boxes::StatementVerdict;
use crate::lint::finding::Findings;
use crate::lint::view::{View, handle, name};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for review in view.reviews() {
        let StatementVerdict::Overruled { by } = &review.verdict else { continue };
        let Some(statement) = view.document.statements.get(review.statement) else { continue };
        let finding = found.error(
            handle(statement),
            format!("{} allows nothing: all of it is denied", name(view.document, review.statement)),
        );
        finding.label(handle(statement), "allowed here");
        for other in by.iter().filter_map(|(_, index)| view.document.statements.get(*index)) {
            finding.label(handle(other), "denied here");
        }
        finding
            .help("remove it, or except what is meant from the Deny")
            .proof("every request that it applies to, one of the Denies applies to as well");
    }
}
