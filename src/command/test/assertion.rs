//! Assertions about a world: whoever may and should not, with a request that shows it.

use serde_json::Value;
use wardbook_inventory::access::{Entry, KeyAccess, Search, WhoKind, select};
use wardbook_inventory::case::{Assertion, Claim};
use wardbook_inventory::layer::Collected;
use wardbook_inventory::world::World;
use wardbook_policy::catalogue;
use wardbook_policy::quirk::Quirks;

use crate::command::{reason, trace};

/// What became of an assertion.
pub(super) enum Outcome {
    /// Nobody else may.
    Holds,
    /// Somebody else may.
    Broken {
        /// Who, on which key, by what, only if.
        reasons: Vec<String>,
        /// A request that is allowed and should not be.
        counter_example: Value,
        /// The Sid or grant by which.
        because: Option<String>,
    },
    /// It is not known of somebody.
    Open(Vec<String>),
    /// It cannot be asked.
    Invalid(Vec<String>),
}

/// So many counter-examples are told.
const SHOWN: usize = 5;

pub(super) fn decide(assertion: &Assertion, world: &World, quirks: Quirks) -> Outcome {
    let claim = match &assertion.body {
        Ok(claim) => claim,
        Err(errors) => return Outcome::Invalid(errors.iter().map(ToString::to_string).collect()),
    };
    let keys = match select(world, &claim.key) {
        Ok(keys) => keys,
        Err(error) => return Outcome::Invalid(vec![error.to_string()]),
    };
    let mut open = Vec::new();
    let mut reasons = Vec::new();
    let mut first: Option<(Value, Option<String>)> = None;
    for action in &claim.actions {
        let mut search = match Search::new(world, action, quirks) {
            Ok(search) => search,
            Err(error) => return Outcome::Invalid(vec![error.to_string()]),
        };
        if let Some(policy) = &claim.unexcused {
            search = search.among(policy.clone());
        }
        for key in &keys {
            let access = search.key(key);
            for entry in access.entries.iter().filter(|entry| !is_meant(claim, world, &access, entry)) {
                if first.is_none() {
                    let request = search.witness(&access, entry);
                    let because = because(&search, &access, entry);
                    first = Some((request.map_or(Value::Null, |request| trace::request_json(&request)), because));
                }
                reasons.push(sentence(world, action, &access, entry));
            }
            // Whoever has a grant that nobody collected may, too.
            let is_granted = catalogue::kms_operation(action).is_some_and(|of| of.grant_operation().is_some());
            if matches!(key.grants, Collected::Unknown) && is_granted && access.refused.is_none() {
                open.push(format!("the grants of {} were not collected", key.arn));
            }
            let unknown = access.undecided.iter().filter(|(who, _)| !claim.permits(who.text(world)));
            open.extend(unknown.map(|(who, why)| format!("{}: {}", who.text(world), why.why.join("; "))));
        }
    }
    match first {
        Some((counter_example, because)) => {
            let more = reasons.len().saturating_sub(SHOWN);
            reasons.truncate(SHOWN);
            if more > 0 {
                reasons.push(format!("and {more} more"));
            }
            Outcome::Broken { reasons, counter_example, because }
        }
        None if open.is_empty() => Outcome::Holds,
        None => Outcome::Open(open),
    }
}

/// Those whom the assertion permits, and the root user of the account that owns the key, which is its owner.
fn is_meant(claim: &Claim, world: &World, access: &KeyAccess<'_>, entry: &Entry) -> bool {
    use wardbook_inventory::access::Who;
    let owner = matches!(&entry.who, Who::Other(other)
        if other.kind == WhoKind::Root && other.account.as_deref() == Some(&access.key.account));
    owner || claim.permits(entry.who.text(world))
}

fn sentence(world: &World, action: &str, access: &KeyAccess<'_>, entry: &Entry) -> String {
    let only_if = entry.answer.only_if.as_ref().map(|only_if| format!(" if {}", only_if.text)).unwrap_or_default();
    format!("`{}` may use {action} on {}{only_if}", entry.who.text(world), access.key.arn)
}

fn because<'w>(search: &Search<'w>, access: &KeyAccess<'w>, entry: &Entry) -> Option<String> {
    use wardbook_inventory::access::Proof;
    search.proof(access, entry).iter().find_map(|proof| match proof {
        Proof::Grant(grant) => Some(reason::grant_name(grant)),
        Proof::KeyPolicy(_, statement) | Proof::Identity(_, statement) => statement.sid().map(str::to_owned),
    })
}
