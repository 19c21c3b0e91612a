//! A Sid of an identity policy with other characters than letters and digits.
//!
//! IAM refuses it. Key policies are freer: their Sids may hold spaces.
//!
//! # Bad
//!
//! ```json
//! {"Sid": "list my keys",
//!   "Effect": "Allow",
//!   "Action": "kms:ListKeys",
//!   "Resource": "*"}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Sid": "ListMyKeys",
//!   "Effect": "Allow",
//!   "Action": "kms:ListKeys",
//!   "Resource": "*"}
//! ```

use crate::lint::finding::{Edit, Findings};
use crate::lint::kind::Kind;
use crate::lint::view::View;

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    if view.kind != Kind::Identity {
        return;
    }
    for sid in view.document.statements.iter().filter_map(|statement| statement.sid.as_ref()) {
        if view.is_open(&sid.text) || sid.text.chars().all(|c| c.is_ascii_alphanumeric()) {
            continue;
        }
        let kept: String = sid.text.chars().filter(char::is_ascii_alphanumeric).collect();
        let message = format!("`{}` holds other characters than letters and digits", sid.text);
        let edit = Edit::Text { span: sid.span, text: kept.as_str().into() };
        found.error(sid.span, message).fix(false, format!("write `{kept}`"), edit);
    }
}
