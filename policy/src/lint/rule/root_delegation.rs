//! An account's root that is allowed everything, so that IAM policies decide.
//!
//! This is AWS's default and usually meant; whoever wants to know all access has to look at identity policies as well.
//!
//! # Bad
//!
//! ```json
//! {"Version": "2012-10-17",
//!   "Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Version": "2012-10-17",
//!   "Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": ["kms:PutKeyPolicy", "kms:GetKeyPolicy"], "Resource": "*"}}
//! ```

use crate::lint::finding::Findings;
use crate::lint::kind::account_of_root;
use crate::lint::view::{View, is_about};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    if !view.is_key_policy() {
        return;
    }
    for statement in view.allows().filter(|statement| is_about(statement, "kms:Decrypt")) {
        for name in statement.principal.iter().flat_map(|principal| &principal.names) {
            if let Some(account) = account_of_root(&name.name.text) {
                found
                    .info(name.name.span, format!("IAM policies of account {account} decide who else may use the key"));
            }
        }
    }
}
