//! A document without `Version`.
//!
//! Without it the language of 2008 holds, in which `${aws:username}` is plain text.
//!
//! # Bad
//!
//! ```json
//! {"Statement": {"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Version": "2012-10-17",
//!   "Statement": {"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}}
//! ```

use crate::document::VERSION_2012;
use crate::lint::finding::{Edit, Findings};
use crate::lint::rule::variable_in_old_version::variables;
use crate::lint::view::{View, head};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    let members = view.value.as_object().unwrap_or_default();
    let has = members.iter().any(|member| member.name.eq_ignore_ascii_case("Version"));
    if has || members.is_empty() {
        return;
    }
    let safe = variables(view.document).next().is_none();
    let edit = Edit::FirstMember { object: view.document.span, name: "Version".into(), text: VERSION_2012.into() };
    found
        .warning(head(view.document.span), "this document has no `Version`, so the language of 2008 holds")
        .help(format!("write `\"Version\": \"{VERSION_2012}\"`"))
        .fix(safe, format!("add `Version` {VERSION_2012}"), edit);
}
