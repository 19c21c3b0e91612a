//! An identity policy that can change who may use any key.
//!
//! PutKeyPolicy and CreateGrant on every key are a way to every key.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Action": ["kms:PutKeyPolicy", "kms:DescribeKey"],
//!   "Resource": "*"}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Action": ["kms:PutKeyPolicy", "kms:DescribeKey"],
//!   "Resource": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}
//! ```

use crate::lint::finding::Findings;
use crate::lint::kind::Kind;
use crate::lint::rule::decrypt_on_all_keys::is_every_key;
use crate::lint::view::{View, kms_actions, plain};

const ESCALATING: &[&str] = &["kms:PutKeyPolicy", "kms:CreateGrant"];

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    if view.kind != Kind::Identity {
        return;
    }
    for statement in view.allows().filter(|statement| statement.conditions.is_empty()) {
        let Some(resource) = plain(&statement.resource).iter().find(is_every_key) else { continue };
        for word in plain(&statement.action).iter().filter(|word| &*word.text != "*") {
            let Some(action) =
                kms_actions(&word.text).map(|action| action.name()).find(|name| ESCALATING.contains(name))
            else {
                continue;
            };
            found
                .security(word.span, format!("`{action}` on every key is a way to use every key"))
                .label(resource.span, "every key")
                .help("name the keys, or bind grants with kms:GrantIsForAWSResource");
        }
    }
}
