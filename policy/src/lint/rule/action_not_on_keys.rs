//! An action in a key policy that is never asked for a key.
//!
//! CreateKey, ListKeys, GenerateRandom and the operations on custom key stores are decided by IAM alone.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": ["kms:ListKeys", "kms:DescribeKey"],
//!   "Resource": "*"}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:DescribeKey",
//!   "Resource": "*"}
//! ```

use crate::catalogue::kms_operation;
use crate::lint::finding::Findings;
use crate::lint::view::{View, all, is_on_keys, kms_actions, listed};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    if !view.is_key_policy() {
        return;
    }
    for word in view.document.statements.iter().flat_map(|statement| all(&statement.action)) {
        let taken: Vec<&str> = kms_actions(&word.text).map(|action| action.name()).collect();
        let on_keys = taken.iter().any(|name| kms_operation(name).is_none_or(is_on_keys));
        if !taken.is_empty() && !on_keys {
            let message = format!("{} is never asked for a key, so a key policy has no say in it", listed(taken, 3));
            found.warning(word.span, message).help("allow it in an identity policy");
        }
    }
}
