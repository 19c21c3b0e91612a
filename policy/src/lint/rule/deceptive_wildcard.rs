//! A pattern of actions that takes both use of a key and changes of it.
//!
//! `kms:Re*` looks like re-encryption and takes ReplicateKey, RetireGrant and RevokeGrant as well.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Re*",
//!   "Resource": "*"}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:ReEncrypt*",
//!   "Resource": "*"}
//! ```

use crate::catalogue::{AccessLevel, kms_operation};
use crate::lint::finding::Findings;
use crate::lint::view::{View, kms_actions, listed, plain};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for word in view.allows().flat_map(|statement| plain(&statement.action)) {
        let text = &*word.text;
        let name = text.split_once(':').map_or("", |(_, name)| name);
        // Everything is everything, and no surprise.
        if !name.contains(['*', '?']) || name.chars().all(|c| c == '*') {
            continue;
        }
        let taken: Vec<_> = kms_actions(text).collect();
        let is_use = |name: &str| kms_operation(name).is_some_and(|line| line.is_cryptographic());
        let changes: Vec<&str> = taken
            .iter()
            .filter(|action| !is_use(action.name()))
            .filter(|action| !matches!(action.access_level(), AccessLevel::Read | AccessLevel::List))
            .map(|action| action.name())
            .collect();
        let uses = taken.iter().filter(|action| is_use(action.name())).count();
        if uses > 0 && !changes.is_empty() {
            found
                .security(
                    word.span,
                    format!("`{text}` takes {}, beside {uses} ways to use the key", listed(changes, 4)),
                )
                .help(format!("it stands for {}", listed(taken.iter().map(|action| action.name()), 12)));
        }
    }
}
