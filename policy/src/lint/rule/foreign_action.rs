//! An action of another service in a key policy.
//!
//! Only KMS asks key policies, so nothing ever comes of it.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": ["kms:Decrypt", "s3:GetObject"],
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
use crate::lint::view::{View, all};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    if !view.is_key_policy() {
        return;
    }
    for word in view.document.statements.iter().flat_map(|statement| all(&statement.action)) {
        let foreign = word.text.split_once(':').filter(|(service, _)| !service.eq_ignore_ascii_case("kms"));
        if let Some((service, _)) = foreign.filter(|_| !view.is_open(&word.text)) {
            found
                .warning(word.span, format!("`{}` in a key policy does nothing", word.text))
                .help(format!("allow it where `{service}` looks: in an identity policy or the resource's own"));
        }
    }
}
