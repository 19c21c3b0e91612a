//! A statement with an element and its `Not...` form.
//!
//! AWS refuses it: a statement has either Action or NotAction, and so on.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Action": "kms:Decrypt",
//!   "NotAction": "kms:Encrypt",
//!   "Resource": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Action": "kms:Decrypt",
//!   "Resource": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}
//! ```

use crate::lint::finding::Findings;
use crate::lint::view::View;

const PAIRS: &[[&str; 2]] = &[["Principal", "NotPrincipal"], ["Action", "NotAction"], ["Resource", "NotResource"]];

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for (_, members) in view.raw_statements() {
        for [plain, negated] in PAIRS {
            let find = |name: &str| members.iter().find(|member| &*member.name == name);
            if let (Some(first), Some(second)) = (find(plain), find(negated)) {
                found
                    .error(second.name_span, format!("a statement has either `{plain}` or `{negated}`, not both"))
                    .label(first.name_span, "this is the other one");
            }
        }
    }
}
