//! An action that there is not.
//!
//! The statement does nothing for it: an Allow allows less than it says, a Deny lets through what it was to stop.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": ["kms:Decript", "kms:DescribeKey"],
//!   "Resource": "*"}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": ["kms:Decrypt", "kms:DescribeKey"],
//!   "Resource": "*"}
//! ```

use crate::catalogue;
use crate::lint::finding::{Edit, Findings, Severity};
use crate::lint::view::{View, all};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for word in view.document.statements.iter().flat_map(|statement| all(&statement.action)) {
        let text = &*word.text;
        let Some((service, name)) = text.split_once(':') else { continue };
        let is_name = !text.contains(['*', '?', ' ']) && !service.is_empty() && !name.is_empty();
        if !is_name || view.is_open(text) || catalogue::action(text).is_some() {
            continue;
        }
        let Some(near) = catalogue::nearest_action(text) else {
            // Other services get actions faster than the catalogue does.
            let known = service.eq_ignore_ascii_case("kms");
            let severity = if known { Severity::Error } else { Severity::Warning };
            found.add(severity, word.span, format!("`{text}` is not an action that is known"));
            continue;
        };
        let edit = Edit::Text { span: word.span, text: near.into() };
        found.error(word.span, format!("`{text}` is not an action; did you mean `{near}`?")).fix(
            false,
            format!("write `{near}`"),
            edit,
        );
    }
}
