//! A Deny that takes nothing away from what the document allows.
//!
//! Found by comparing the policy with itself without the statement. It may be a guard against what others add, such as grants; it may also be a condition that is never met.
//!
//! # Bad
//!
//! ```json
//! {"Version": "2012-10-17",
//!   "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}, {"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::444455556666:role/other"}, "Action": "kms:Decrypt", "Resource": "*"}]}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Version": "2012-10-17",
//!   "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}, {"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::111122223333:role/other"}, "Action": "kms:Decrypt", "Resource": "*"}]}
//! ```

use crate::boxes::{Change, compare};
use crate::limits::COMPARED_DENIES_MAX;
use crate::lint::finding::Findings;
use crate::lint::view::{View, effect, handle, name};
use crate::statement::Effect;

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    if !view.is_key_policy() || view.policies.is_empty() || view.allows().next().is_none() {
        return;
    }
    let denies = view.document.statements.iter().enumerate().filter(|(_, own)| effect(own) == Some(Effect::Deny));
    for (index, statement) in denies.take(COMPARED_DENIES_MAX) {
        // What can never apply is said by another rule, and so is what others cover.
        if view.reviews().iter().any(|review| review.statement == index) {
            continue;
        }
        let Some(policy) = view.policies.first() else { return };
        let without = policy.without(|own| own.span() == statement.span);
        if compare(view.policies, &[without], &view.setting()).change == Some(Change::Equal) {
            found
                .warning(
                    handle(statement),
                    format!("{} takes nothing away from what this policy allows", name(view.document, index)),
                )
                .proof("with and without it the policy allows the same requests");
        }
    }
}
