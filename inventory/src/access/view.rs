//! What one key says about an action: to those whom it names, and to everybody else.

use std::collections::{BTreeMap, BTreeSet};

use wardbook_policy::arn::{Arn, is_account_id};
use wardbook_policy::caller::{Caller, CallerKind};
use wardbook_policy::grant::Grant;
use wardbook_policy::policy::Policy;
use wardbook_policy::principal::PrincipalPattern;
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;
use wardbook_policy::statement::{Effect, Principals, Statement};
use wardbook_policy::tri::Tri;

use super::class::Statements;
use crate::layer::Collected;
use crate::world::{KmsKey, PrincipalKind, World};

/// A statement of a key's policies that is about the action and covers the key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Relevant<'w> {
    pub(super) place: (usize, usize),
    pub(super) statement: &'w Statement,
    pub(super) number: u32,
}

/// A key, from the side of one action.
#[derive(Debug)]
pub(super) struct View<'w> {
    /// What is said to whom nobody names, in the order of the policies.
    pub(super) skeleton: Vec<Relevant<'w>>,
    /// The positions of principals that are named.
    pub(super) named: BTreeSet<usize>,
    /// Sessions that are named: the principal behind each (if it was collected), and its ARN.
    pub(super) sessions: BTreeMap<Box<str>, Option<usize>>,
    /// Users and roles that are named and not among those collected, by ARN.
    pub(super) strangers: BTreeSet<Box<str>>,
    /// Services that are named.
    pub(super) services: BTreeSet<Box<str>>,
    /// Accounts that are named.
    pub(super) accounts: BTreeSet<Box<str>>,
    /// Organizations that a condition names.
    pub(super) organizations: BTreeSet<Box<str>>,
    /// What conditions say of aws:PrincipalArn, for principals of accounts that nobody knows.
    pub(super) arn_patterns: BTreeSet<Box<str>>,
    /// Unique ids that are nobody's.
    pub(super) dangling: BTreeSet<Box<str>>,
    /// Whether an Allow names everybody.
    pub(super) allows_anyone: bool,
    /// Accounts that an Allow, or a grant, names.
    pub(super) delegates_to: BTreeSet<Box<str>>,
    /// Grants whose grantee is a whole account.
    pub(super) account_grants: Vec<Grant>,
}

impl<'w> View<'w> {
    /// `probe` is a request for the action on the key.
    pub(super) fn of(
        key: &'w KmsKey,
        probe: &Request,
        action: &str,
        world: &'w World,
        statements: &mut Statements<'w>,
        quirks: Quirks,
    ) -> View<'w> {
        let mut view = View::empty();
        for (policy_index, policy) in key.policy.items().iter().enumerate() {
            let slice = statements.slice(policy, probe, quirks);
            for sliced in slice.iter() {
                let Some(statement) = policy.statements().get(sliced.index as usize) else { continue };
                if statement.covers(probe, quirks) == Tri::False {
                    continue;
                }
                let place = (policy_index, sliced.index as usize);
                view.statement(Relevant { place, statement, number: sliced.number }, world);
            }
        }
        for grant in key.grants.items() {
            let to_retire = action.eq_ignore_ascii_case("kms:RetireGrant");
            if !to_retire && !grant.may_permit(action) {
                continue;
            }
            if let Some(account) = grant.grantee().account() {
                view.delegates_to.insert(account.into());
                view.account_grants.push(grant.clone());
            }
            view.name(grant.grantee(), world);
            if let Some(retiring) = grant.retiring().filter(|_| to_retire) {
                view.name(retiring, world);
            }
            if let Some(account) = grant.issuing_account().filter(|_| to_retire) {
                view.delegates_to.insert(account.into());
                view.account_grants.push(grant.clone());
            }
        }
        // What a template leaves open may name anybody, so everybody is asked.
        if world.is_open() {
            view.named.extend(0..world.principals().len());
        }
        view
    }

    fn empty() -> View<'w> {
        View {
            skeleton: Vec::new(),
            named: BTreeSet::new(),
            sessions: BTreeMap::new(),
            strangers: BTreeSet::new(),
            services: BTreeSet::new(),
            accounts: BTreeSet::new(),
            organizations: BTreeSet::new(),
            arn_patterns: BTreeSet::new(),
            dangling: BTreeSet::new(),
            allows_anyone: false,
            delegates_to: BTreeSet::new(),
            account_grants: Vec::new(),
        }
    }

    fn statement(&mut self, relevant: Relevant<'w>, world: &World) {
        let allows = relevant.statement.effect() == Effect::Allow;
        let is_for_others = match relevant.statement.principals() {
            Principals::Any | Principals::Except(_) => true,
            Principals::Named(names) => names.iter().any(|name| name.is_anyone() || name.account().is_some()),
        };
        if let Principals::Named(names) | Principals::Except(names) = relevant.statement.principals() {
            for name in names {
                self.name(name, world);
                if allows {
                    self.allows_anyone |= name.is_anyone();
                    self.delegates_to.extend(name.account().map(Into::into));
                }
            }
        }
        if is_for_others {
            self.skeleton.push(relevant);
        }
        self.conditions(relevant.statement);
    }

    fn name(&mut self, name: &PrincipalPattern, world: &World) {
        let text = name.source();
        if let Some(account) = name.account() {
            self.accounts.insert(account.into());
            return;
        }
        if name.key().is_some() {
            let id = text.split(':').next().unwrap_or(text);
            match world.principals().iter().position(|principal| principal.id.as_deref() == Some(id)) {
                Some(found) => drop(self.named.insert(found)),
                None => drop(self.dangling.insert(text.into())),
            }
            return;
        }
        let Ok(caller) = Caller::parse(text) else { return };
        let behind = |kind: PrincipalKind| {
            let named = world.named_in(caller.account().unwrap_or_default(), kind, caller.name());
            named.and_then(|found| world.position(&found.arn))
        };
        match caller.kind() {
            CallerKind::User | CallerKind::Role => match world.position(text) {
                Some(found) => drop(self.named.insert(found)),
                None => drop(self.strangers.insert(text.into())),
            },
            CallerKind::Session => drop(self.sessions.insert(text.into(), behind(PrincipalKind::Role))),
            CallerKind::FederatedUser => drop(self.sessions.insert(text.into(), behind(PrincipalKind::User))),
            CallerKind::Service => drop(self.services.insert(text.into())),
            CallerKind::Root | CallerKind::Anonymous | CallerKind::Federated | CallerKind::CanonicalUser => {}
        }
    }

    /// Whom conditions name, as outsiders who may be meant.
    fn conditions(&mut self, statement: &Statement) {
        for atom in statement.conditions() {
            let values = atom.values().iter().map(|value| &**value);
            match atom.key().lower() {
                "aws:principalaccount" | "kms:calleraccount" => {
                    self.accounts.extend(values.filter(|value| is_account_id(value)).map(Into::into));
                }
                "aws:principalorgid" => {
                    self.organizations.extend(values.filter(|value| value.starts_with("o-")).map(Into::into));
                }
                "aws:principalorgpaths" => {
                    let ids = values.filter_map(|value| value.split('/').next());
                    self.organizations.extend(ids.filter(|id| id.starts_with("o-")).map(Into::into));
                }
                "aws:principalarn" => {
                    for value in values {
                        let account = Arn::parse(value).map(|arn| arn.account).filter(|account| is_account_id(account));
                        match account {
                            Some(account) => drop(self.accounts.insert(account.into())),
                            None => drop(self.arn_patterns.insert(value.into())),
                        }
                    }
                }
                "aws:principalservicename" | "aws:principalservicenameslist" => {
                    let services = values.filter(|value| {
                        matches!(Caller::parse(value).map(|caller| caller.kind()), Ok(CallerKind::Service))
                    });
                    self.services.extend(services.map(Into::into));
                }
                _ => {}
            }
        }
    }

    /// What is said to members of an account whom nobody names.
    pub(super) fn skeleton_for<'v>(&'v self, account: &'v str) -> impl Iterator<Item = &'v Relevant<'w>> {
        self.skeleton.iter().filter(move |relevant| match relevant.statement.principals() {
            Principals::Any | Principals::Except(_) => true,
            Principals::Named(names) => names.iter().any(|name| name.is_anyone() || name.account() == Some(account)),
        })
    }

    /// The policies of the key without what is said to others than these members.
    pub(super) fn skeleton_layer(&self, key: &KmsKey, account: &str) -> Collected<Policy> {
        let kept = |policy: usize, statement: &Statement| {
            let mut kept = self.skeleton_for(account).filter(|relevant| relevant.place.0 == policy);
            kept.any(|relevant| std::ptr::eq(relevant.statement, statement))
        };
        let policies = key.policy.items().iter().enumerate();
        let only: Vec<Policy> =
            policies.map(|(index, policy)| policy.only(|statement| kept(index, statement))).collect();
        match &key.policy {
            Collected::Absent => Collected::Absent,
            Collected::Known(_) => Collected::known(only),
            Collected::Incomplete(_) => Collected::Incomplete(only.into()),
            Collected::Unknown => Collected::Unknown,
        }
    }
}
