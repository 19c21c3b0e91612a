//! A document in the language of 2008, or of a year that there is none of.
//!
//! In that language `${aws:username}` is plain text.
//!
//! # Bad
//!
//! ```json
//! {"Version": "2008-10-17",
//!   "Statement": {"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Version": "2012-10-17",
//!   "Statement": {"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}}
//! ```

use crate::document::{VERSION_2008, VERSION_2012};
use crate::lint::finding::{Edit, Findings};
use crate::lint::rule::variable_in_old_version::variables;
use crate::lint::view::View;

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    let Some(version) = &view.document.version else { return };
    if &*version.text == VERSION_2012 || view.is_open(&version.text) {
        return;
    }
    let edit = Edit::Text { span: version.span, text: VERSION_2012.into() };
    let title = format!("write {VERSION_2012}");
    if &*version.text == VERSION_2008 {
        let safe = variables(view.document).next().is_none();
        found.warning(version.span, format!("`{VERSION_2008}` is the older policy language")).fix(safe, title, edit);
    } else {
        let message =
            format!("`{}` is not a policy version; there are `{VERSION_2012}` and `{VERSION_2008}`", version.text);
        found.error(version.span, message).fix(false, title, edit);
    }
}
