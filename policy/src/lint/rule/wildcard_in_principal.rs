//! A wildcard inside a principal.
//!
//! PutKeyPolicy refuses it. Only `*` alone is a principal.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/*"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*"}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "*"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}}
//! ```

use crate::lint::finding::Findings;
use crate::lint::view::View;

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    let names = view.document.statements.iter().filter_map(|statement| statement.principal.as_ref());
    for name in names.flat_map(|principal| &principal.names) {
        let text = &*name.name.text;
        if text != "*" && text.contains(['*', '?']) && !view.is_open(text) {
            found
                .error(name.name.span, format!("`{text}`: wildcards cannot stand inside a principal"))
                .help("name the account and add `\"ArnLike\": {\"aws:PrincipalArn\": ...}` as a condition");
        }
    }
}
