//! ForAllValues or ForAnyValue on a key that has one value.
//!
//! It adds nothing but a surprise: ForAllValues holds where the key is missing. KMS refuses it on the encryption context.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"ForAnyValue:StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}}
//! ```

use crate::catalogue::condition_key;
use crate::key::ENCRYPTION_CONTEXT;
use crate::lint::finding::{Edit, Findings, Severity};
use crate::lint::view::{View, operator};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for row in view.document.statements.iter().flat_map(|statement| &statement.conditions) {
        let (Some(quantifier), _, _) = operator(&row.operator.text) else { continue };
        let context = row.key.text.to_ascii_lowercase().starts_with(ENCRYPTION_CONTEXT);
        let single = condition_key(&row.key.text).is_some_and(|key| !key.is_multi_valued());
        if !single || !["ForAllValues", "ForAnyValue"].contains(&quantifier) {
            continue;
        }
        let refused = context && quantifier == "ForAllValues";
        let (severity, message) = match refused {
            true => (Severity::Error, format!("KMS refuses `{quantifier}` on `{}`, which has one value", row.key.text)),
            false => (Severity::Warning, format!("`{}` has one value, and `{quantifier}` is for lists", row.key.text)),
        };
        let text = row.operator.text.replace(&format!("{quantifier}:"), "");
        let edit = Edit::Text { span: row.operator.span, text: text.as_str().into() };
        found.add(severity, row.operator.span, message).label(row.key.span, "this key").fix(
            false,
            format!("write `{text}`"),
            edit,
        );
    }
}
