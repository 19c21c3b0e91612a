//! NotPrincipal in an Allow.
//!
//! It allows everybody else in the world, whoever does not sign included.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
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
use crate::lint::view::View;

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for principal in view.allows().filter_map(|statement| statement.principal.as_ref()).filter(|own| own.negated) {
        found
            .security(principal.name_span, "`NotPrincipal` with `Allow` lets in everybody else in the world")
            .help("name those who are meant with `Principal`");
    }
}
