//! Access for another account than the key's.
//!
//! It is often meant; then list the account under `trusted-accounts`. Whoever may create grants without a bound can hand the key on.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*"}
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

use std::collections::BTreeMap;

use crate::boxes::Standing;
use crate::catalogue::kms_operation;
use crate::lint::finding::{Findings, Severity};
use crate::lint::rule::unrestricted_create_grant::binds;
use crate::lint::view::{View, actions_of, handle, is_about, listed};
use crate::lint::witness::{Way, ways};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    let Some(own) = view.account.filter(|_| view.is_key_policy()) else { return };
    // By account and statement, a way in; the worst is kept.
    let mut open: BTreeMap<(Box<str>, u32), (bool, Way<'_>)> = BTreeMap::new();
    for row in view.known_access() {
        for who in &row.who {
            let Some(account) = who.account.as_deref().filter(|account| *account != own) else { continue };
            let trusted = view.settings.trusted_accounts.iter().any(|trusted| **trusted == *account);
            if trusted || !matches!(who.standing, Standing::Named | Standing::OtherOfAccount) {
                continue;
            }
            for action in &row.actions {
                // One way into a statement is enough, but for grants.
                let grants = &**action == "kms:CreateGrant";
                let known =
                    open.iter().any(|((known, _), (_, way))| **known == *account && is_about(way.statement, action));
                if known && !grants {
                    continue;
                }
                for way in ways(view, row, who, action) {
                    let hands_on = grants && !way.conditions.iter().any(|condition| binds(&condition.key));
                    let place = (account.into(), way.statement.span.start);
                    if open.get(&place).is_none_or(|(worst, _)| hands_on && !worst) {
                        open.insert(place, (hands_on, way));
                    }
                }
            }
        }
    }
    for ((account, _), (hands_on, way)) in open {
        let mut names = way.statement.principal.iter().flat_map(|principal| &principal.names);
        let place =
            names.find(|name| name.name.text.contains(&*account)).map_or(handle(way.statement), |name| name.name.span);
        let actions = actions_of(way.statement)
            .into_iter()
            .filter(|name| kms_operation(name).is_some_and(|line| line.is_cross_account()));
        let (severity, more) = match hands_on {
            true => (Severity::Security, ", and may hand the key on by grants"),
            false => (Severity::Info, ""),
        };
        found
            .add(severity, place, format!("account {account} may call {}{more}", listed(actions, 4)))
            .help("if that is meant, list the account under `trusted-accounts`")
            .witness(&way.request);
    }
}
