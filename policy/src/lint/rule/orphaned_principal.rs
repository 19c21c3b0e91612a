//! The unique id of a user or role where a principal should stand.
//!
//! AWS puts it there when the principal was deleted. A new one of the same name is not meant by it.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "AROAEXAMPLEEXAMPLE123"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*"}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/readers"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*"}
//! ```

use crate::lint::finding::Findings;
use crate::lint::view::View;

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    let principals = view.document.statements.iter().filter_map(|statement| statement.principal.as_ref());
    for name in principals.flat_map(|principal| &principal.names) {
        let text = &*name.name.text;
        let what = match text.get(..4) {
            Some("AIDA") => "user",
            Some("AROA") => "role",
            _ => continue,
        };
        if text.len() >= 16 && !text.contains(':') && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            found
                .warning(name.name.span, format!("`{text}` is the id of a {what}, most likely of one that was deleted"))
                .help("name the principal by its ARN, or remove it");
        }
    }
}
