//! A condition key that there is not.
//!
//! It is in no request, so that the condition never holds, or always does if it is a negated one.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringEquals": {"kms:ViaServices": "s3.eu-west-1.amazonaws.com"}}}
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

use crate::catalogue::{condition_key, nearest_condition_key, service};
use crate::lint::finding::{Edit, Findings, Severity};
use crate::lint::view::View;

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for row in view.document.statements.iter().flat_map(|statement| &statement.conditions) {
        let text = &*row.key.text;
        if view.is_open(text) || condition_key(text).is_some() {
            continue;
        }
        let prefix = text.split(':').next().unwrap_or_default();
        let ours = ["aws", "kms"].iter().any(|ours| ours.eq_ignore_ascii_case(prefix));
        // Every identity provider has keys under its own name: `accounts.google.com:sub`.
        if prefix.contains('.') {
            continue;
        }
        let near = nearest_condition_key(text);
        // Keys of identity providers and of services that are new are not in the catalogue.
        if near.is_none() && !ours && service(prefix).is_none() && text.contains(':') {
            continue;
        }
        let severity = if ours || near.is_some() { Severity::Error } else { Severity::Warning };
        match near {
            Some(near) if !near.contains("${") => {
                let edit = Edit::Text { span: row.key.span, text: near.into() };
                found
                    .add(severity, row.key.span, format!("`{text}` is not a condition key; did you mean `{near}`?"))
                    .fix(false, format!("write `{near}`"), edit);
            }
            Some(near) => {
                found.add(severity, row.key.span, format!("`{text}` is not a condition key; did you mean `{near}`?"));
            }
            None => {
                found.add(severity, row.key.span, format!("`{text}` is not a condition key"));
            }
        }
    }
}
