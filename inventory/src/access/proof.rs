//! By what somebody can, a request that shows it, and what is missing that bears on it.

use std::collections::BTreeSet;

use wardbook_policy::caller::Caller;
use wardbook_policy::context::Values;
use wardbook_policy::grant::Grant;
use wardbook_policy::policy::Policy;
use wardbook_policy::request::Request;
use wardbook_policy::statement::Statement;

use super::pair::{self, Asked, Asker, Locate};
use super::{Entry, KeyAccess, Means, Search, Who, WhoKind};
use crate::circumstances::Circumstances;
use crate::coverage::{Gap, GapKind};
use crate::world::harvest::account_message;
use crate::world::{KmsKey, NamedPrincipal, Principal};

/// By what somebody can.
#[derive(Debug, Clone, Copy)]
pub enum Proof<'w> {
    /// A statement of the key's own policy.
    KeyPolicy(&'w Policy, &'w Statement),
    /// A statement of an identity policy.
    Identity(&'w Policy, &'w Statement),
    /// A grant.
    Grant(&'w Grant),
}

impl<'w> Search<'w> {
    /// A whole request that is allowed: the witness of an answer.
    ///
    /// Of an escalation it is the first step, since nothing more is allowed as things are.
    pub fn witness(&self, access: &KeyAccess<'w>, entry: &Entry) -> Option<Request> {
        if let Some(first) = &entry.answer.first {
            return Some(Request::clone(first));
        }
        self.witness_on(&self.asked(access.key), entry)
    }

    fn witness_on(&self, asked: &Asked, entry: &Entry) -> Option<Request> {
        let facts = match &entry.who {
            Who::Collected(index) => {
                let who = self.world.principals().get(*index)?;
                let text = entry.answer.session.as_deref().unwrap_or(&who.arn);
                let named =
                    NamedPrincipal { text: text.into(), caller: Caller::parse(text).ok()?, principal: Some(who) };
                (text.to_owned(), self.world.facts_of_principal(&named).0)
            }
            Who::Other(other) => {
                let text = other.stand_in.as_deref().unwrap_or(&other.text);
                (text.to_owned(), Circumstances::default())
            }
        };
        let asker = Asker::new(&facts.0, &self.action, &facts.1, self.world, self.quirks);
        let builder = asked.facts.add_to(asker.direct.on(&asked.arn));
        pair::settled(builder, &entry.answer.context).build().ok()
    }

    /// The statements and grants by which somebody can.
    pub fn proof(&self, access: &KeyAccess<'w>, entry: &Entry) -> Vec<Proof<'w>> {
        entry.answer.means.iter().filter_map(|means| self.proof_by(access, entry, *means)).collect()
    }

    /// One of them. What is the key's own is the same for all its rows.
    pub fn proof_by(&self, access: &KeyAccess<'w>, entry: &Entry, means: Means) -> Option<Proof<'w>> {
        let key = access.key;
        let policy = |(policy, statement): (usize, usize)| {
            let policy = key.policy.items().get(policy)?;
            Some(Proof::KeyPolicy(policy, policy.statements().get(statement)?))
        };
        match means {
            Means::KeyPolicy(at, statement) => policy((at, statement)),
            Means::Shared(number) => {
                let place = access.places.iter().find(|(own, _)| *own == number);
                policy(place?.1)
            }
            Means::Grant(position) => Some(Proof::Grant(key.grants.items().get(position)?)),
            Means::Identity(position) => match entry.who {
                Who::Collected(index) => self.identity(self.world.principals().get(index)?, position),
                Who::Other(_) => None,
            },
        }
    }

    fn identity(&self, who: &'w Principal, position: usize) -> Option<Proof<'w>> {
        let mut rest = position;
        for policy in who.policies.items() {
            let slice = self.statements.sliced(policy);
            match slice.get(rest) {
                Some(sliced) => return Some(Proof::Identity(policy, policy.statements().get(sliced.index as usize)?)),
                None => rest -= slice.len(),
            }
        }
        None
    }

    /// The condition keys that a principal determines, for witnesses of many rows.
    pub fn determined_by(&self, principal: usize) -> Vec<(Box<str>, Values)> {
        let Some(who) = self.world.principals().get(principal) else { return Vec::new() };
        self.portraits.borrow_mut().determined_by(who, self.world, &self.action, self.quirks)
    }

    /// The condition keys that a key determines, for witnesses of many rows.
    pub fn determined_by_key(&self, key: &'w KmsKey) -> Vec<(Box<str>, Values)> {
        self.asked(key).facts.given().map(|(key, values)| (key.name().into(), values.clone())).collect()
    }

    /// What is missing that bears on these answers.
    pub fn coverage(&self, found: &[KeyAccess<'w>]) -> Vec<Gap> {
        let keys: BTreeSet<&str> = found.iter().map(|access| &*access.key.arn).collect();
        let gaps = self.world.coverage().gaps.iter();
        let mut gaps: Vec<Gap> =
            gaps.filter(|gap| !gap.kind.is_of_one_key() || keys.contains(&*gap.subject)).cloned().collect();
        let rows = found.iter().flat_map(|access| &access.entries).map(|entry| &entry.who);
        let undecided = found.iter().flat_map(|access| &access.undecided).map(|(who, _)| who);
        for who in rows.chain(undecided) {
            let Who::Other(other) = who else { continue };
            let Some(account) = other.account.as_deref() else { continue };
            if !self.world.has_account(account) {
                gaps.push(Gap::new(GapKind::Account, account, account_message(account)));
            } else if matches!(other.kind, WhoKind::Role | WhoKind::User) && self.world.has_whole_account(account) {
                let message = format!("`{}` is named, but it is not in its account, which was collected", other.text);
                gaps.push(Gap::new(GapKind::Principal, &other.text, message));
            }
        }
        for access in found {
            for id in &access.dangling {
                let message =
                    format!("`{id}` in the key policy of `{}` is the unique id of nobody collected", access.key.arn);
                gaps.push(Gap::new(GapKind::Principal, id, message));
            }
        }
        gaps.sort();
        gaps.dedup();
        gaps
    }
}

/// Where the statements that an evaluation cites stand.
pub(super) struct Located<'s, 'w> {
    pub(super) key: &'w KmsKey,
    pub(super) principal: Option<&'w Principal>,
    /// The skeleton that was asked, else the key's own policies.
    pub(super) skeleton: Option<usize>,
    pub(super) search: &'s Search<'w>,
}

impl Locate for Located<'_, '_> {
    fn key_policy(&self, _: &Policy, statement: &Statement) -> Option<Means> {
        let find = |policies: &[Policy]| {
            let places = policies.iter().enumerate().flat_map(|(policy, own)| {
                own.statements().iter().enumerate().map(move |(index, own)| ((policy, index), own))
            });
            places
                .enumerate()
                .find(|(_, (_, own))| std::ptr::eq(*own, statement))
                .map(|(order, (place, _))| (order, place))
        };
        match self.skeleton {
            Some(skeleton) => {
                let (layer, numbers) = self.search.skeleton_layers.get(skeleton)?;
                let (order, _) = find(layer.items())?;
                Some(Means::Shared(*numbers.get(order)?))
            }
            None => find(self.key.policy.items()).map(|(_, (policy, index))| Means::KeyPolicy(policy, index)),
        }
    }

    fn identity(&self, _: &Policy, statement: &Statement) -> Option<Means> {
        let policies = self.principal?.policies.items().iter();
        let sliced = policies.flat_map(|policy| {
            let slice = self.search.statements.sliced(policy);
            slice.iter().filter_map(|sliced| policy.statements().get(sliced.index as usize))
        });
        sliced.enumerate().find(|(_, own)| std::ptr::eq(*own, statement)).map(|(at, _)| Means::Identity(at))
    }

    fn grant(&self, grant: &Grant) -> Option<Means> {
        // A key may have very many. Ids tell them apart, but not those of a file that leaves them out.
        let grants = self.key.grants.items();
        let offset = (std::ptr::from_ref(grant) as usize).checked_sub(grants.as_ptr() as usize);
        let at = offset.map(|offset| offset / size_of::<Grant>());
        let same = at.filter(|at| grants.get(*at).is_some_and(|own| std::ptr::eq(own, grant)));
        same.or_else(|| grants.iter().position(|own| own.id() == grant.id())).map(Means::Grant)
    }
}
