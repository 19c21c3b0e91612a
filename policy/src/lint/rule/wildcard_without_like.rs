//! A `*` in a value that is compared letter for letter.
//!
//! StringEquals knows no wildcards; the value is matched by a star alone.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": "*",
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/app-*"}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": "*",
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/app-*"}}}
//! ```

use crate::lint::finding::{Edit, Findings};
use crate::lint::view::{View, operator};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for row in view.document.statements.iter().flat_map(|statement| &statement.conditions) {
        let (_, name, _) = operator(&row.operator.text);
        let like = match name {
            "StringEquals" => "StringLike",
            "StringNotEquals" => "StringNotLike",
            _ => continue,
        };
        for word in &row.values {
            if !word.text.replace("${*}", "").contains('*') || view.is_open(&word.text) {
                continue;
            }
            let text = row.operator.text.replace(name, like);
            let edit = Edit::Text { span: row.operator.span, text: text.as_str().into() };
            found
                .error(word.span, format!("`{name}` takes `*` for a star; write `{like}` if a pattern is meant"))
                .label(row.operator.span, "compared by this")
                .fix(false, format!("write `{text}`"), edit);
        }
    }
}
