//! A condition operator that there is not.
//!
//! The policy is refused.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringLikes": {"kms:ViaService": "s3.*.amazonaws.com"}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}}}
//! ```

use crate::condition::{Atom, AtomError, Scope};
use crate::lint::finding::Findings;
use crate::lint::view::View;

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    let scope = Scope { variables: view.document.has_variables(), symbols: view.document.open };
    let mut said = Vec::new();
    for row in view.document.statements.iter().flat_map(|statement| &statement.conditions) {
        if let Err(AtomError::Operator(message)) = Atom::new(&row.operator.text, &row.key.text, &[], scope)
            && !said.contains(&row.operator.span)
        {
            said.push(row.operator.span);
            found.error(row.operator.span, message);
        }
    }
}
