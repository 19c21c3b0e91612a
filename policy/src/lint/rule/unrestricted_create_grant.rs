//! CreateGrant without a bound, for somebody who could not change the policy anyway.
//!
//! A grant hands the key on to anybody, and shows up in no policy.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:CreateGrant",
//!   "Resource": "*"}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:CreateGrant",
//!   "Resource": "*",
//!   "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}}
//! ```

use crate::document::StatementText;
use crate::lint::finding::{Findings, Severity};
use crate::lint::kind::account_of_root;
use crate::lint::rule::lockout::PUT;
use crate::lint::view::{View, handle, is_about, plain};

/// Keys that bound what grants can be made, in lower case.
const BINDING: &[&str] = &[
    "kms:grantconstraintsourcearn",
    "kms:grantconstrainttype",
    "kms:granteeprincipal",
    "kms:granteeserviceprincipal",
    "kms:grantisforawsresource",
    "kms:grantoperations",
    "kms:viaservice",
];

/// A grant that must have an encryption context as its constraint is of use for that context alone.
const CONTEXT: &str = "kms:encryptioncontext";

/// Says who may end the grant, but not who gets what.
const RETIRING: &str = "kms:RetiringPrincipal";

/// Whether a condition on this key bounds grants.
pub(in crate::lint) fn binds(key: &str) -> bool {
    BINDING.iter().any(|bound| bound.eq_ignore_ascii_case(key)) || key.to_ascii_lowercase().starts_with(CONTEXT)
}

/// Whether a statement bounds the grants that it allows.
pub(in crate::lint) fn is_bound(statement: &StatementText) -> bool {
    statement.conditions.iter().any(|row| binds(&row.key.text))
}

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    if !view.is_key_policy() {
        return;
    }
    for statement in view.allows() {
        if !is_about(statement, "kms:CreateGrant")
            || is_about(statement, PUT)
            || is_bound(statement)
            || plain(&statement.action).is_empty()
        {
            continue;
        }
        let names: Vec<_> = statement.principal.iter().flat_map(|principal| &principal.names).collect();
        let own =
            |text: &str| account_of_root(text).is_some_and(|account| view.account.is_none_or(|own| own == account));
        let service =
            |family: &Option<crate::document::Word>| family.as_ref().is_some_and(|family| &*family.text == "Service");
        if names.iter().all(|name| own(&name.name.text) || service(&name.family)) {
            continue;
        }
        let word = plain(&statement.action).iter().find(|word| word.text.eq_ignore_ascii_case("kms:CreateGrant"));
        let place = word.or(plain(&statement.action).first()).map_or(handle(statement), |word| word.span);
        let can_be_ended = statement.conditions.iter().any(|row| row.key.text.eq_ignore_ascii_case(RETIRING));
        let severity = if can_be_ended { Severity::Warning } else { Severity::Security };
        found
            .add(severity, place, "grants may be made for anybody and every operation")
            .help("add a condition on kms:GrantIsForAWSResource, kms:GranteePrincipal or kms:GrantOperations");
    }
}
