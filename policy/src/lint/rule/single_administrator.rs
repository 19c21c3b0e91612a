//! A key whose policy one user or role alone can change.
//!
//! Once that principal is deleted nobody can, not even a new one of the same name. The account's root is deleted never.
//!
//! # Bad
//!
//! ```json
//! {"Version": "2012-10-17",
//!   "Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/admin"}, "Action": ["kms:PutKeyPolicy", "kms:GetKeyPolicy"], "Resource": "*"}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Version": "2012-10-17",
//!   "Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": ["kms:PutKeyPolicy", "kms:GetKeyPolicy"], "Resource": "*"}}
//! ```

use std::collections::BTreeSet;

use crate::boxes::Standing;
use crate::caller::{Caller, CallerKind};
use crate::lint::finding::Findings;
use crate::lint::rule::lockout::PUT;
use crate::lint::view::{View, handle};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    let Some(rows) = view.access().filter(|_| view.is_key_policy()) else { return };
    let able = rows.iter().filter(|row| row.actions.iter().any(|action| &**action == PUT));
    let mut people = BTreeSet::new();
    let mut statement = None;
    for row in able {
        statement = statement.or(row.statement);
        for who in &row.who {
            let Ok(caller) = Caller::parse(&who.principal) else { return };
            // A session goes with its role.
            let name = match caller.kind() {
                CallerKind::Session => caller.role_arn(),
                CallerKind::User | CallerKind::Role => Some(who.principal.clone()),
                _ => None,
            };
            match name.filter(|_| who.standing == Standing::Named) {
                Some(name) => people.insert(name),
                None => return,
            };
        }
    }
    let (Some(only), Some((_, statement)), 1) = (people.first(), statement, people.len()) else { return };
    let text = view.document.statements.iter().find(|text| text.span == statement.span());
    let Some(text) = text else { return };
    found
        .warning(handle(text), format!("`{only}` alone can change this key policy; once it is deleted, nobody can"))
        .help("allow the account's root `kms:*` as well, so that IAM can name another")
        .proof("of all principals that the policy can tell apart, no other is allowed kms:PutKeyPolicy in any context");
}
