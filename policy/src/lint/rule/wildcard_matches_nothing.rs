//! A pattern of actions that no action matches.
//!
//! It does nothing, like a misspelt action, and is harder to see.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": ["kms:TagResources*", "kms:DescribeKey"],
//!   "Resource": "*"}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": ["kms:TagResource*", "kms:DescribeKey"],
//!   "Resource": "*"}
//! ```

use crate::catalogue;
use crate::lint::finding::Findings;
use crate::lint::view::{View, all};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for word in view.document.statements.iter().flat_map(|statement| all(&statement.action)) {
        let text = &*word.text;
        let Some((service, _)) = text.split_once(':') else { continue };
        if !text.contains(['*', '?']) || service.contains(['*', '?']) || view.is_open(text) {
            continue;
        }
        if catalogue::service(service).is_none() || catalogue::actions_matching(text).next().is_some() {
            continue;
        }
        let near = catalogue::nearest_action(&text.replace(['*', '?'], ""));
        let near = near.map(|near| format!("; the nearest action is `{near}`"));
        found.error(word.span, format!("no action matches `{text}`{}", near.unwrap_or_default()));
    }
}
