//! One question to a world: everything it knows that bears on the answer, and everything it lacks.

use std::sync::Arc;

use wardbook_policy::arn::Arn;
use wardbook_policy::caller::{Caller, CallerKind};
use wardbook_policy::catalogue::{self, ResourceKind};
use wardbook_policy::context::Carried;
use wardbook_policy::decide::Decision;
use wardbook_policy::explain::Explanation;
use wardbook_policy::key::Key;
use wardbook_policy::policy::Policy;
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::{Request, RequestError, ResourceRule};

use super::facts::{has_iam, property_keys, session};
use super::harvest::NO_ORGANIZATION;
use super::{KmsKey, NamedKey, NamedPrincipal, Principal, World};
use crate::circumstances::Circumstances;
use crate::coverage::{Gap, GapKind};
use crate::layer::{Collected, OwnedLayers};

/// A question with everything that bears on it.
#[derive(Debug)]
pub struct Asked<'w> {
    /// The request.
    pub request: Request,
    /// The policies and grants.
    pub layers: OwnedLayers,
    /// What is missing that bears on this question, in a fixed order.
    pub coverage: Vec<Gap>,
    /// The user, or the role behind a session, if it was collected.
    pub principal: Option<&'w Principal>,
    /// The key, if the question is about one that was collected.
    pub key: Option<&'w KmsKey>,
    quirks: Quirks,
}

/// An action, with what the catalogue says about it looked up once.
#[derive(Debug, Clone)]
pub struct NamedAction {
    /// The action as it was written.
    pub name: String,
    /// Properties of a key that requests for it never carry.
    pub(super) never_carries: Vec<&'static str>,
    /// What requests for it carry of the other keys.
    pub(crate) carried: Arc<Carried>,
}

impl NamedAction {
    /// Looks the action up. One that the catalogue does not know may carry anything.
    pub fn new(name: &str) -> NamedAction {
        let carried = Carried::by(name);
        let never_carries = property_keys().filter(|key| !carried.carries(&Key::new(key))).collect();
        NamedAction { name: name.into(), never_carries, carried }
    }
}

/// Why a question cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The request cannot be asked of any world.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// Nobody of that name, in an account that was collected.
    #[error("there is no principal `{text}`{}", meant(near))]
    NoPrincipal {
        /// What was asked for.
        text: String,
        /// Principals that may have been meant.
        near: Vec<String>,
    },
    /// Several principals have the name.
    #[error("`{text}` is the name of several principals: {}; write one of these ARNs", listed(candidates))]
    AmbiguousPrincipal {
        /// What was asked for.
        text: String,
        /// The principals, or the first of them.
        candidates: Vec<String>,
    },
    /// No key or alias of that name was collected.
    #[error("no key `{text}` was collected; write the ARN of a key to ask about one that was not")]
    NoKey {
        /// What was asked for.
        text: String,
    },
    /// The text names no key.
    #[error("`{text}` is no key: write a key ARN, a key id, an alias (`alias/...`) or an alias ARN")]
    NotAKey {
        /// What was asked for.
        text: String,
    },
    /// Several keys have the name.
    #[error("`{text}` is the name of several keys: {}; write one of these ARNs", listed(candidates))]
    AmbiguousKey {
        /// What was asked for.
        text: String,
        /// The keys or aliases, or the first of them.
        candidates: Vec<String>,
    },
}

fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn meant(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", listed(near)) }
}

impl Asked<'_> {
    /// The answer.
    pub fn decide(&self) -> Decision<'_> {
        self.layers.decide(&self.request, self.quirks)
    }

    /// The answer, and the walk that led to it.
    pub fn explain(&self) -> Explanation<'_> {
        self.layers.explain(&self.request, self.quirks)
    }
}

/// What is wrong with the folder as a whole bears on every answer.
fn is_of_the_whole(kind: GapKind) -> bool {
    matches!(kind, GapKind::FormatNotRead | GapKind::Unreadable | GapKind::Twice)
}

impl World {
    /// Asks whether a principal may do something to a key, under circumstances.
    ///
    /// Principal and key may go by any name that [`World::find_principal`] and [`World::find_key`]
    /// understand. The condition keys that principal, key and organization determine are filled in;
    /// those they would determine, had they been collected, are unknown, also on a direct call.
    pub fn ask(
        &self,
        principal: &str,
        action: &str,
        key: &str,
        circumstances: Circumstances,
        quirks: Quirks,
    ) -> Result<Asked<'_>, AskError> {
        let named = self.find_principal(principal)?;
        let resource = self.resource(action, key, named.caller.account())?;
        self.ask_named(&named, &NamedAction::new(action), &resource, circumstances, quirks)
    }

    /// The resource of an action: an operation on aliases is about the alias, any other about the key behind it.
    fn resource(&self, action: &str, text: &str, account: Option<&str>) -> Result<NamedKey<'_>, AskError> {
        let operation = catalogue::kms_operation(action);
        let kind = operation.map(catalogue::KmsOperation::resource_kind);
        let is_alias = Arn::parse(text).map_or(text, |arn| arn.resource).starts_with("alias/");
        match kind {
            Some(ResourceKind::AliasAndKey) if text.starts_with("arn:") && is_alias => {
                Ok(NamedKey { resource: text.into(), key: None, alias: None })
            }
            // The key of an operation that has none does not matter.
            Some(ResourceKind::NoResource) => Ok(NamedKey { resource: "*".into(), key: None, alias: None }),
            _ => self.find_key(text, account),
        }
    }

    /// Asks about a principal, an action and a key that were looked up before, for those who ask about many.
    pub fn ask_named<'w>(
        &'w self,
        named: &NamedPrincipal<'w>,
        action: &NamedAction,
        resource: &NamedKey<'w>,
        circumstances: Circumstances,
        quirks: Quirks,
    ) -> Result<Asked<'w>, AskError> {
        let (facts, mut gaps) = self.facts_of_principal(named);
        let (of_key, mut more) = self.facts_of_key(&named.caller, action, resource);
        gaps.append(&mut more);
        let session = session(&named.caller, &circumstances, &mut gaps);
        let endpoint = circumstances.endpoint.clone();
        let told = circumstances.over(of_key.over(facts));
        let builder = Request::builder(&named.text, &action.name, &resource.resource).quirks(quirks);
        let builder = if self.open { builder.open() } else { builder };
        let request = told.tell(builder).build()?;
        let layers = OwnedLayers { session, endpoint, ..self.layers(&request, named.principal, resource, &mut gaps) };
        self.add_problems(&layers, resource, &mut gaps);
        gaps.extend(self.coverage.gaps.iter().filter(|gap| is_of_the_whole(gap.kind)).cloned());
        gaps.sort();
        gaps.dedup();
        Ok(Asked { request, layers, coverage: gaps, principal: named.principal, key: resource.key, quirks })
    }

    /// What is wrong with the policies and grants that bear on the question.
    fn add_problems(&self, layers: &OwnedLayers, resource: &NamedKey<'_>, gaps: &mut Vec<Gap>) {
        if self.problems.is_empty() {
            return;
        }
        let flat = [&layers.resource, &layers.identity, &layers.boundary];
        let levels = [&layers.scps, &layers.rcps];
        let policies = flat.iter().flat_map(|layer| layer.items());
        let policies = policies.chain(levels.iter().flat_map(|layer| layer.items().iter().flatten()));
        for name in policies.map(Policy::name).chain([resource.resource.as_str()]) {
            gaps.extend(self.problems.get(name).into_iter().flatten().cloned());
        }
    }

    /// Whether a user or role is missing from an account that was collected whole.
    pub(super) fn lacks(&self, caller: &Caller) -> bool {
        let listed = matches!(caller.kind(), CallerKind::User | CallerKind::Role | CallerKind::Session);
        listed && caller.account().is_some_and(|account| self.has_whole_account(account))
    }

    pub(crate) fn layers(
        &self,
        request: &Request,
        principal: Option<&Principal>,
        resource: &NamedKey<'_>,
        gaps: &mut Vec<Gap>,
    ) -> OwnedLayers {
        let caller = request.caller();
        let has_iam = has_iam(caller.kind());
        let (identity, boundary) = match principal {
            Some(principal) => (principal.policies.clone(), principal.boundary.clone()),
            None if has_iam && self.lacks(caller) => (Collected::known(Vec::new()), Collected::Absent),
            None if has_iam => (Collected::Unknown, Collected::Unknown),
            None => (Collected::Absent, Collected::Absent),
        };
        let under_scps = has_iam || caller.kind() == CallerKind::Root;
        let scps = match caller.account().filter(|_| under_scps) {
            Some(account) => self.levels(account, |membership| membership.scps.clone(), gaps),
            None => Collected::Absent,
        };
        let rcps = match request.resource_account() {
            Some(account) => self.levels(account, |membership| membership.rcps.clone(), gaps),
            None => Collected::Absent,
        };
        let (policy, grants) = match (request.rule(), resource.key) {
            (ResourceRule::KmsKey, Some(key)) => (key.policy.clone(), key.grants.clone()),
            (ResourceRule::KmsKey, None) => {
                let message = format!("nothing was collected of the key `{}`", request.resource());
                gaps.push(Gap::new(GapKind::Key, request.resource(), message));
                (Collected::Unknown, Collected::Unknown)
            }
            (ResourceRule::KmsIdentityOnly, _) => (Collected::Absent, Collected::Absent),
            (ResourceRule::RoleTrust, _) => (self.trust(request.resource(), gaps), Collected::Absent),
            (ResourceRule::Ordinary, _) if request.resource() == "*" => (Collected::Absent, Collected::Absent),
            (ResourceRule::Ordinary, _) => {
                let message = format!("a policy of `{}` itself was not collected", request.resource());
                gaps.push(Gap::new(GapKind::ResourcePolicy, request.resource(), message));
                (Collected::Unknown, Collected::Absent)
            }
        };
        OwnedLayers { resource: policy, identity, boundary, scps, rcps, grants, ..OwnedLayers::default() }
    }

    /// That the users and roles of an account were not collected, if they were not.
    pub fn account_gap(&self, account: &str) -> Option<Gap> {
        let message = super::harvest::account_message(account);
        (!self.has_account(account)).then(|| Gap::new(GapKind::Account, account, message))
    }

    /// The service control policies of an account.
    pub(crate) fn scps_of(&self, account: &str) -> Collected<Vec<Policy>> {
        self.levels(account, |membership| membership.scps.clone(), &mut Vec::new())
    }

    /// The resource control policies of an account.
    pub(crate) fn rcps_of(&self, account: &str) -> Collected<Vec<Policy>> {
        self.levels(account, |membership| membership.rcps.clone(), &mut Vec::new())
    }

    fn trust(&self, role: &str, gaps: &mut Vec<Gap>) -> Collected<Policy> {
        match self.principal(role).and_then(|role| role.trust.clone()) {
            Some(trust) => Collected::known(vec![trust]),
            None => {
                let message = format!("the trust policy of `{role}` was not collected");
                gaps.push(Gap::new(GapKind::ResourcePolicy, role, message));
                Collected::Unknown
            }
        }
    }

    /// The levels of an account. Without an organization nobody is known to be limited by one;
    /// in an organization that does not list the account, nothing is known about it.
    fn levels(
        &self,
        account: &str,
        levels: impl Fn(&crate::organization::Membership) -> Collected<Vec<Policy>>,
        gaps: &mut Vec<Gap>,
    ) -> Collected<Vec<Policy>> {
        let Some(organization) = &self.organization else {
            // A file that could not be read may be the organization's.
            if self.coverage.gaps.iter().any(|gap| gap.kind == GapKind::Unreadable) {
                let message = "no organization was read, and a file that could not be read may hold it";
                gaps.push(Gap::new(GapKind::Organization, "", message));
                return Collected::Unknown;
            }
            gaps.push(Gap::new(GapKind::Organization, "", NO_ORGANIZATION));
            return Collected::Absent;
        };
        let Some(membership) = organization.accounts.get(account) else {
            let message = format!("account {account} is not among the accounts of organization `{}`", organization.id);
            gaps.push(Gap::new(GapKind::Organization, account, message));
            return Collected::Unknown;
        };
        let found = levels(membership);
        if found.is_incomplete() || matches!(found, Collected::Unknown) {
            let message = format!("not every organization policy that limits account {account} was collected");
            gaps.push(Gap::new(GapKind::OrganizationPolicy, account, message));
        }
        found
    }
}
