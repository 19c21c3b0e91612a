//! NotAction in an Allow of a key policy.
//!
//! It allows every other action, those included that AWS will add.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "NotAction": "kms:PutKeyPolicy",
//!   "Resource": "*"}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*"}
//! ```

use crate::lint::finding::Findings;
use crate::lint::view::{View, actions_of, listed};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    if !view.is_key_policy() {
        return;
    }
    for statement in view.allows() {
        let Some(action) = statement.action.as_ref().filter(|action| action.negated) else { continue };
        let taken = actions_of(statement);
        let count = taken.len();
        found
            .security(action.name_span, format!("`NotAction` allows {count} KMS actions today, and whatever is added"))
            .help(format!("write `Action` with those that are meant; today it stands for {}", listed(taken, 6)));
    }
}
