//! An action in other letters than AWS writes.
//!
//! It works, since letter case makes no difference, but nobody finds it by searching.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Deny",
//!   "Action": "kms:decrypt",
//!   "Resource": "*"}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Deny",
//!   "Action": "kms:Decrypt",
//!   "Resource": "*"}
//! ```

use crate::catalogue;
use crate::lint::finding::{Edit, Findings};
use crate::lint::view::{View, all};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for word in view.document.statements.iter().flat_map(|statement| all(&statement.action)) {
        if let Some(action) = catalogue::action(&word.text)
            && action.name() != &*word.text
        {
            let name = action.name();
            let edit = Edit::Text { span: word.span, text: name.into() };
            found.info(word.span, format!("AWS writes `{}` as `{name}`", word.text)).fix(
                true,
                format!("write `{name}`"),
                edit,
            );
        }
    }
}
