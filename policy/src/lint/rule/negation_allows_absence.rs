//! An Allow on the condition that a key is something else, where the key may be missing.
//!
//! A negated operator holds where the key is missing. Ask for its presence as well.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringNotEquals": {"kms:ViaService": "lambda.eu-west-1.amazonaws.com"}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringNotEquals": {"kms:ViaService": "lambda.eu-west-1.amazonaws.com"}, "Null": {"kms:ViaService": "false"}}}
//! ```

use crate::lint::finding::Findings;
use crate::lint::view::{View, is_negated, operator};

/// Keys that plain requests do not carry; one that ends in `:` or `/` stands for all below it.
const OPTIONAL: &[&str] = &[
    "aws:principalorgid",
    "aws:principaltag/",
    "aws:resourcetag/",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "kms:encryptioncontext:",
    "kms:requestalias",
    "kms:viaservice",
];

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for statement in view.allows() {
        for row in &statement.conditions {
            let (_, name, _) = operator(&row.operator.text);
            let key = row.key.text.to_ascii_lowercase();
            let optional = OPTIONAL.iter().any(|optional| match optional.ends_with([':', '/']) {
                true => key.starts_with(optional),
                false => key == *optional,
            });
            let asked = statement.conditions.iter().any(|other| {
                let (_, name, if_exists) = operator(&other.operator.text);
                other.key.text.eq_ignore_ascii_case(&row.key.text) && !is_negated(name) && !if_exists
            });
            if is_negated(name) && optional && !asked {
                found
                    .security(row.operator.span, format!("`{name}` holds where the request has no `{}`", row.key.text))
                    .label(row.key.span, "may be missing")
                    .help(format!("add `\"Null\": {{\"{}\": \"false\"}}`, or deny what is not to be", row.key.text));
            }
        }
    }
}
