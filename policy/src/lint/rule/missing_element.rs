//! A statement without an element that it needs.
//!
//! AWS refuses most of these. A statement of a key policy without Resource is accepted, and then does nothing at all.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt"}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*"}
//! ```

use crate::json::Member;
use crate::lint::finding::Findings;
use crate::lint::kind::Kind;
use crate::lint::view::{View, head};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    if view.document.statements.iter().any(|statement| statement.unknown) {
        return;
    }
    if let Some(members) = view.value.as_object()
        && !has(members, &["Statement"])
    {
        found.error(head(view.document.span), "a policy document needs `Statement`");
    }
    let names = matches!(view.kind, Kind::KeyPolicy | Kind::Resource | Kind::Trust | Kind::Rcp);
    for (value, members) in view.raw_statements() {
        if members.iter().any(|member| view.is_open(&member.name)) {
            continue;
        }
        let place = head(value.span);
        if !has(members, &["Effect"]) {
            found.error(place, "this statement has no `Effect`").help("write `\"Effect\": \"Allow\"` or `\"Deny\"`");
        }
        if !has(members, &["Action", "NotAction"]) {
            found.error(place, "this statement has no `Action`");
        }
        if names && !has(members, &["Principal", "NotPrincipal"]) {
            found.error(place, format!("a statement of {} needs `Principal`", view.kind.noun()));
        }
        if has(members, &["Resource", "NotResource"]) {
            continue;
        }
        match view.kind {
            Kind::KeyPolicy => {
                found
                    .error(
                        place,
                        "a statement of a key policy without `Resource` does nothing, although it is accepted",
                    )
                    .help("write `\"Resource\": \"*\"`, which means this key");
            }
            Kind::Identity | Kind::Scp | Kind::Rcp => {
                found.error(place, format!("a statement of {} needs `Resource`", view.kind.noun()));
            }
            Kind::Trust | Kind::Resource | Kind::Endpoint => {}
        }
    }
}

/// Whether one of these is there; a wrong letter case is another rule's.
fn has(members: &[Member], names: &[&str]) -> bool {
    members.iter().any(|member| names.iter().any(|name| name.eq_ignore_ascii_case(&member.name)))
}
