//! A policy variable that is not closed, empty, or of a key that does not exist.
//!
//! AWS refuses a malformed variable. One of an unknown key never has a value, so that an Allow never matches.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Action": "kms:Decrypt",
//!   "Resource": "arn:aws:kms:eu-west-1:111122223333:key/${aws:userNam}"}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Action": "kms:Decrypt",
//!   "Resource": "arn:aws:kms:eu-west-1:111122223333:key/${aws:username}"}
//! ```

use crate::catalogue::{condition_key, nearest_condition_key};
use crate::lint::finding::Findings;
use crate::lint::rule::variable_in_old_version::variables;
use crate::lint::view::View;
use crate::variable::{Part, split};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    if !view.document.has_variables() {
        return;
    }
    for word in variables(view.document).filter(|word| !view.is_open(&word.text)) {
        match split(&word.text) {
            Err(message) => {
                found.error(word.span, message);
            }
            Ok(parts) => {
                for part in parts {
                    let Part::Variable(variable) = part else { continue };
                    let name = variable.key.name();
                    if condition_key(name).is_some() {
                        continue;
                    }
                    let near = nearest_condition_key(name).map(|near| format!("; did you mean `{near}`?"));
                    let message = format!("`{name}` is not a condition key{}", near.unwrap_or_default());
                    found.error(word.span, message);
                }
            }
        }
    }
}
