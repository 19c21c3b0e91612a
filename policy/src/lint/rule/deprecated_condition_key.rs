//! A condition key by its old name.
//!
//! It works, and AWS's documents no longer tell of it.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringEquals": {"kms:CustomerMasterKeySpec": "SYMMETRIC_DEFAULT"}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringEquals": {"kms:KeySpec": "SYMMETRIC_DEFAULT"}}}
//! ```

use crate::lint::finding::{Edit, Findings};
use crate::lint::view::View;

const RENAMED: &[(&str, &str)] =
    &[("kms:CustomerMasterKeySpec", "kms:KeySpec"), ("kms:CustomerMasterKeyUsage", "kms:KeyUsage")];

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for row in view.document.statements.iter().flat_map(|statement| &statement.conditions) {
        if let Some((old, name)) = RENAMED.iter().find(|(old, _)| row.key.text.eq_ignore_ascii_case(old)) {
            let edit = Edit::Text { span: row.key.span, text: (*name).into() };
            found.info(row.key.span, format!("`{old}` is now called `{name}`")).fix(
                true,
                format!("write `{name}`"),
                edit,
            );
        }
    }
}
