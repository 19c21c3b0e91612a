//! An element that holds nothing.
//!
//! An empty list of actions, resources or principals means that the statement is about nothing; an empty condition says nothing.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Deny",
//!   "Action": [],
//!   "Resource": "*"}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Deny",
//!   "Action": ["kms:ScheduleKeyDeletion"],
//!   "Resource": "*"}
//! ```

use crate::json::{Kind, Value};
use crate::lint::finding::Findings;
use crate::lint::view::View;

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for (_, members) in view.raw_statements() {
        for member in members {
            if is_empty(&member.value) {
                found.info(member.value.span, format!("`{}` is empty", member.name));
            }
            let nested = ["Condition", "Principal", "NotPrincipal"].contains(&&*member.name);
            for inner in member.value.as_object().unwrap_or_default().iter().filter(|_| nested) {
                if is_empty(&inner.value) {
                    found.info(inner.value.span, format!("`{}` is empty", inner.name));
                }
                for key in inner.value.as_object().unwrap_or_default().iter().filter(|key| is_empty(&key.value)) {
                    found.info(key.value.span, format!("`{}` has no values", key.name));
                }
            }
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match &value.kind {
        Kind::List(values) => values.is_empty(),
        Kind::Object(members) => members.is_empty(),
        _ => false,
    }
}
