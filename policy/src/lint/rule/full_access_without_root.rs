//! All KMS actions for somebody who is not the account's root.
//!
//! It holds the right to change the policy, to end the key, and to use it, beside whatever IAM says.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:*",
//!   "Resource": "*"}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": ["kms:Encrypt", "kms:Decrypt"],
//!   "Resource": "*"}
//! ```

use crate::lint::finding::{Findings, Severity};
use crate::lint::kind::account_of_root;
use crate::lint::view::{View, plain};
use crate::symbol;

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    if !view.is_key_policy() {
        return;
    }
    for statement in view.allows() {
        let everything = plain(&statement.action).iter().find(|word| {
            let (service, name) = word.text.split_once(':').unwrap_or(("kms", &word.text));
            service.eq_ignore_ascii_case("kms") && !name.is_empty() && name.chars().all(|c| c == '*')
        });
        let Some((everything, principal)) = everything.zip(statement.principal.as_ref().filter(|own| !own.negated))
        else {
            continue;
        };
        if principal.names.iter().any(|name| account_of_root(&name.name.text).is_some()) {
            continue;
        }
        // A condition bounds when, though hardly what.
        let severity = if statement.conditions.is_empty() { Severity::Security } else { Severity::Warning };
        for name in principal.names.iter().filter(|name| &*name.name.text != "*" && !symbol::is_lone(&name.name.text)) {
            found
                .add(severity, name.name.span, format!("`{}` may do everything with this key", name.name.text))
                .label(everything.span, "everything")
                .help("allow the actions that it needs; leave `kms:*` to the account's root");
        }
    }
}
