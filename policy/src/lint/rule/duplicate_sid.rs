//! A Sid that two statements share.
//!
//! IAM refuses such an identity policy. A key policy may have them, but reports and readers can no longer tell which statement is meant.
//!
//! # Bad
//!
//! ```json
//! {"Version": "2012-10-17",
//!   "Statement": [{"Sid": "A", "Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}, {"Sid": "A", "Effect": "Allow", "Action": "kms:ListAliases", "Resource": "*"}]}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Version": "2012-10-17",
//!   "Statement": [{"Sid": "A", "Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}, {"Sid": "B", "Effect": "Allow", "Action": "kms:ListAliases", "Resource": "*"}]}
//! ```

use std::collections::HashMap;

use crate::lint::finding::{Findings, Severity};
use crate::lint::kind::Kind;
use crate::lint::view::View;

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    let refused = matches!(view.kind, Kind::Identity | Kind::Scp | Kind::Rcp | Kind::Trust);
    let severity = if refused { Severity::Error } else { Severity::Warning };
    let mut seen = HashMap::new();
    for sid in view.document.statements.iter().filter_map(|statement| statement.sid.as_ref()) {
        if sid.text.is_empty() || view.is_open(&sid.text) {
            continue;
        }
        match seen.get(&*sid.text) {
            Some(first) => {
                found
                    .add(severity, sid.span, format!("`{}` is the Sid of two statements", sid.text))
                    .label(*first, "first here");
            }
            None => {
                seen.insert(&*sid.text, sid.span);
            }
        }
    }
}
