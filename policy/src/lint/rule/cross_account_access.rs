//! Access for another account than the key's.
//!
//! It is often meant; then list the account under `trusted-accounts`, or the organization that a condition asks for under `trusted-orgs`. With organizations listed, one that is not is told of as well, where anybody of it gets in. Whoever may create grants without a bound can hand the key on.
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

use crate::boxes::{Condition, Standing};
use crate::catalogue::kms_operation;
use crate::lint::finding::{Findings, Severity};
use crate::lint::rule::unrestricted_create_grant::binds;
use crate::lint::view::{View, actions_of, handle, is_about, is_negated, listed, operator};
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
                    if organizations(&way.conditions).is_some_and(|mut named| named.all(|own| trusts(view, own))) {
                        continue;
                    }
                    let hands_on = grants && !way.conditions.iter().any(|condition| binds(&condition.key));
                    let place = (account.into(), way.statement.span.start);
                    if open.get(&place).is_none_or(|(worst, _)| hands_on && !worst) {
                        open.insert(place, (hands_on, way));
                    }
                }
            }
        }
    }
    if !view.settings.trusted_organizations.is_empty() {
        strangers(view, found);
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
            .add(severity, place, format!("account {} may call {}{more}", view.told(&account), listed(actions, 4)))
            .help("if that is meant, list the account under `trusted-accounts`")
            .witness(&way.request);
    }
}

/// Access for anybody of organizations that nobody trusts.
fn strangers(view: &View<'_>, found: &mut Findings<'_>) {
    let mut said: Vec<u32> = Vec::new();
    for row in view.known_access() {
        for who in row.who.iter().filter(|who| who.standing == Standing::AnyAccount) {
            for action in &row.actions {
                for way in ways(view, row, who, action) {
                    let start = way.statement.span.start;
                    let Some(mut named) = organizations(&way.conditions) else { continue };
                    let Some(other) = named.find(|own| !trusts(view, own)).filter(|_| !said.contains(&start)) else {
                        continue;
                    };
                    let message = format!("anybody of the organization `{other}` may call `{action}`");
                    said.push(start);
                    found
                        .info(handle(way.statement), message)
                        .help("if that is meant, list the organization under `trusted-orgs`")
                        .witness(&way.request);
                }
            }
        }
    }
}

fn trusts(view: &View<'_>, organization: &str) -> bool {
    view.settings.trusted_organizations.iter().any(|trusted| **trusted == *organization)
}

/// The organizations of which the caller has to be, if conditions say so.
fn organizations(conditions: &[Condition]) -> Option<impl Iterator<Item = &str>> {
    let row = conditions.iter().find(|condition| {
        let (_, name, if_exists) = operator(&condition.operator);
        let key =
            ["aws:PrincipalOrgID", "aws:PrincipalOrgPaths"].iter().any(|key| key.eq_ignore_ascii_case(&condition.key));
        key && name.starts_with("String") && !is_negated(name) && !if_exists
    })?;
    // A path begins with the organization.
    Some(row.values.iter().map(|value| value.split('/').next().unwrap_or_default()))
}
