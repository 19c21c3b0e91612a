//! Those who are not among the principals collected: root users, accounts, services, anyone.
//!
//! Of an account that nobody collected it is taken that its administrators permit everything, since
//! nothing keeps them from it.

use std::rc::Rc;
use std::sync::Arc;

use wardbook_policy::arn::Arn;
use wardbook_policy::boxes::Condition;
use wardbook_policy::caller::{Caller, CallerKind};
use wardbook_policy::document::Document;
use wardbook_policy::json;
use wardbook_policy::policy::{Origin, Policy, PolicyKind};

use super::condition::OnlyIf;
use super::pair::{self, Asked, Asker, Outcome};
use super::proof::Located;
use super::view::View;
use super::{Answer, KeyAccess, Other, Search, Tier, Who, WhoKind};
use crate::circumstances::Circumstances;
use crate::layer::{Collected, OwnedLayers};
use crate::world::{KmsKey, NamedPrincipal, Principal};

/// What the own side of an outsider is taken to say.
#[derive(Debug)]
pub(super) struct Outsiders {
    permits_everything: Collected<Policy>,
}

const EVERYTHING: &str =
    r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}"#;

impl Outsiders {
    pub(super) fn new() -> Outsiders {
        let origin = Origin { name: "whatever its account permits", ..Origin::default() };
        let policy = json::parse(EVERYTHING)
            .map(|value| Policy::forced(&Document::read(&value), PolicyKind::Identity, origin).0);
        Outsiders { permits_everything: policy.map_or(Collected::Unknown, |policy| Collected::known(vec![policy])) }
    }
}

impl Outsiders {
    /// A policy that permits everything.
    pub(super) fn permits_everything(&self) -> &Collected<Policy> {
        &self.permits_everything
    }
}

/// Somebody with a power over a key, collected or not.
pub(super) struct Persona {
    /// The principal of its requests.
    pub(super) text: Box<str>,
    /// The condition keys that it determines.
    pub(super) facts: Circumstances,
    /// Everything but the key's own policies and grants.
    pub(super) own: OwnedLayers,
}

/// Somebody who was not collected: the principal of the request, and where more than its name tells of it, what.
pub(super) type StrangeName = (String, Option<Box<str>>);

/// Somebody who is asked, and whose row it is.
struct Stranger<'w> {
    row: Other,
    /// The principal of the request.
    caller: String,
    facts: Circumstances,
    own: OwnedLayers,
    behind: Option<&'w Principal>,
}

impl<'w> Search<'w> {
    /// Whoever a row is about, as it acts on a key; nobody for services and sessions, which do not act on their own.
    pub(super) fn persona(&mut self, who: &Who, key: &KmsKey) -> Option<Persona> {
        let persona = match who {
            Who::Collected(index) => {
                let who = self.world.principals().get(*index)?;
                let caller = Caller::parse(&who.arn).ok()?;
                let named = NamedPrincipal { text: who.arn.clone().into(), caller, principal: Some(who) };
                let facts = self.world.facts_of_principal(&named).0;
                return Some(Persona { text: who.arn.clone(), facts, own: self.own_layers(who, key) });
            }
            Who::Other(other) => {
                let text = other.stand_in.clone().unwrap_or_else(|| other.text.clone());
                let account = other.account.as_deref().unwrap_or_default();
                let everything = self.outsiders.permits_everything.clone();
                let (facts, own) = match other.kind {
                    WhoKind::Root | WhoKind::Account => (self.facts(&text), self.side(account, Collected::Absent)),
                    WhoKind::User | WhoKind::Role if self.world.has_whole_account(account) => return None,
                    WhoKind::User | WhoKind::Role => (self.facts(&text), self.side(account, everything)),
                    WhoKind::Anyone => {
                        let facts =
                            Circumstances::default().absent("aws:PrincipalOrgID").absent("aws:PrincipalOrgPaths");
                        (facts, OwnedLayers { identity: everything, ..OwnedLayers::default() })
                    }
                    WhoKind::Organization => {
                        let facts = Circumstances::default().with("aws:PrincipalOrgID", &*other.text);
                        (facts, OwnedLayers { identity: everything, ..OwnedLayers::default() })
                    }
                    WhoKind::Service | WhoKind::FederatedUser => return None,
                };
                Persona { text, facts, own }
            }
        };
        let own = OwnedLayers { rcps: self.rcps(&key.account), endpoint: self.beside(), ..persona.own };
        Some(Persona { own, ..persona })
    }

    pub(super) fn ask_outsiders(&mut self, key: &'w KmsKey, view: &View<'w>, asked: &Asked, found: &mut KeyAccess<'w>) {
        let partition = Arn::parse(&key.arn).map_or("aws", |arn| arn.partition);
        self.ask_accounts(partition, key, view, asked, found);
        for arn in &view.strangers {
            self.ask_stranger(arn, key, asked, found);
        }
        for (arn, behind) in &view.sessions {
            self.ask_session(arn, *behind, key, asked, found);
        }
        for service in &view.services {
            let row = other(WhoKind::Service, service, None, None);
            let own = OwnedLayers::default();
            let stranger =
                Stranger { row, caller: service.to_string(), facts: Circumstances::default(), own, behind: None };
            self.ask_other(stranger, key, asked, found);
        }
        if view.allows_anyone && self.operation.is_cross_account() {
            self.ask_anyone(partition, key, view, asked, found);
        }
    }

    fn ask_other(&mut self, stranger: Stranger<'w>, key: &'w KmsKey, asked: &Asked, found: &mut KeyAccess<'w>) {
        let outcome = self.outcome_of(&stranger, key, asked);
        found.add(Who::Other(Arc::new(stranger.row)), outcome);
    }

    fn outcome_of(&mut self, stranger: &Stranger<'w>, key: &'w KmsKey, asked: &Asked) -> Outcome {
        let asker = self.strange_asker(stranger);
        let rcps = self.rcps(&key.account);
        let own = stranger.own.clone();
        let (resource, grants, endpoint) = (key.policy.clone(), key.grants.clone(), self.beside());
        let layers = OwnedLayers { resource, grants, rcps, endpoint, ..own };
        let locate = Located { key, principal: stranger.behind, skeleton: None, search: self };
        let kindred = self.kindred.as_deref().filter(|kindred| kindred.arn == asked.arn);
        pair::ask(&asker, asked, kindred, &layers, self.quirks, &locate)
    }

    fn strange_asker(&mut self, stranger: &Stranger<'w>) -> Rc<Asker> {
        let beside = match stranger.row.kind {
            WhoKind::Anyone | WhoKind::Organization => Some(stranger.row.text.clone()),
            _ => None,
        };
        let name = (stranger.caller.clone(), beside);
        if let Some(known) = self.strange_askers.get(&name) {
            return Rc::clone(known);
        }
        let asker = Asker::new(&stranger.caller, &self.action, &stranger.facts, self.world, self.quirks).telling_all();
        let asker = Rc::new(asker);
        self.strange_askers.insert(name, Rc::clone(&asker));
        asker
    }

    /// Root users of accounts that were collected, and accounts that were not.
    fn ask_accounts(
        &mut self,
        partition: &str,
        key: &'w KmsKey,
        view: &View<'w>,
        asked: &Asked,
        found: &mut KeyAccess<'w>,
    ) {
        let collected = self.world.accounts().map(str::to_owned).filter(|_| view.allows_anyone);
        let named = view.accounts.iter().map(|account| account.to_string());
        let mut accounts: Vec<String> = collected.chain(named).chain([key.account.to_string()]).collect();
        accounts.sort();
        accounts.dedup();
        for account in accounts {
            let own = *account == *key.account;
            let meant = view.allows_anyone || view.delegates_to.contains(&*account);
            if !meant || !(own || self.operation.is_cross_account()) {
                continue;
            }
            let arn = format!("arn:{partition}:iam::{account}:root");
            let row = match self.world.has_account(&account) || own {
                true => other(WhoKind::Root, &arn, Some(&account), None),
                false => other(WhoKind::Account, &account, Some(&account), Some(&arn)),
            };
            let (facts, own) = (self.facts(&arn), self.side(&account, Collected::Absent));
            self.ask_other(Stranger { row, caller: arn, facts, own, behind: None }, key, asked, found);
        }
    }

    /// A user or role that is named and was not collected.
    fn ask_stranger(&mut self, arn: &str, key: &'w KmsKey, asked: &Asked, found: &mut KeyAccess<'w>) {
        let Ok(caller) = Caller::parse(arn) else { return };
        let kind = if caller.kind() == CallerKind::User { WhoKind::User } else { WhoKind::Role };
        let row = other(kind, arn, caller.account(), None);
        let account = caller.account().unwrap_or_default();
        let identity = match self.world.has_whole_account(account) {
            true => Collected::known(Vec::new()),
            false => self.outsiders.permits_everything.clone(),
        };
        let (facts, own) = (self.facts(arn), self.side(account, identity));
        self.ask_other(Stranger { row, caller: arn.into(), facts, own, behind: None }, key, asked, found);
    }

    /// A session that is named: whoever may take on the role chooses its name.
    fn ask_session(
        &mut self,
        arn: &str,
        behind: Option<usize>,
        key: &'w KmsKey,
        asked: &Asked,
        found: &mut KeyAccess<'w>,
    ) {
        let Ok(caller) = Caller::parse(arn) else { return };
        let account = caller.account().unwrap_or_default().to_owned();
        let principal = behind.and_then(|index| self.world.principals().get(index));
        let own = match principal {
            Some(principal) => OwnedLayers {
                identity: principal.policies.clone(),
                boundary: principal.boundary.clone(),
                ..self.side(&account, Collected::Absent)
            },
            None => self.side(&account, self.outsiders.permits_everything.clone()),
        };
        let kind = if caller.kind() == CallerKind::FederatedUser { WhoKind::FederatedUser } else { WhoKind::Role };
        let row = other(kind, arn, Some(&account), None);
        let named = NamedPrincipal { text: arn.into(), caller: caller.clone(), principal };
        let facts = self.world.facts_of_principal(&named).0;
        let stranger = Stranger { row, caller: arn.into(), facts, own, behind: principal };
        let outcome = self.outcome_of(&stranger, key, asked);
        let Some(role) = behind.filter(|_| caller.kind() == CallerKind::Session) else {
            return found.add(Who::Other(Arc::new(stranger.row)), outcome);
        };
        let who = Who::Collected(role);
        if found.entries.iter().any(|entry| entry.who == who && entry.answer.tier == Tier::Now) {
            return;
        }
        match outcome {
            Outcome::Yes(answer) => {
                found.entries.retain(|entry| entry.who != who);
                found.add(who, Outcome::Yes(Arc::new(in_session(&answer, arn))));
            }
            outcome => found.add(who, outcome),
        }
    }

    /// Anyone with an account of their own, and anyone in each organization that matters.
    fn ask_anyone(
        &mut self,
        partition: &str,
        key: &'w KmsKey,
        view: &View<'w>,
        asked: &Asked,
        found: &mut KeyAccess<'w>,
    ) {
        let account = self.strange_account(view);
        let names = names(&account, partition, view);
        let everyone = self.best(&names, None, WhoKind::Anyone, "*", key, asked);
        let anyone_now = matches!(&everyone, Some((_, Outcome::Yes(answer))) if answer.tier == Tier::Now);
        if let Some((stand_in, outcome)) = everyone.clone() {
            found.add(Who::Other(Arc::new(other(WhoKind::Anyone, "*", None, Some(&stand_in)))), outcome);
        }
        let own = self.world.organization().map(|organization| organization.id.clone());
        let mut organizations: Vec<Box<str>> = view.organizations.iter().cloned().chain(own).collect();
        organizations.sort();
        organizations.dedup();
        for organization in organizations.into_iter().filter(|_| !anyone_now) {
            let best = self.best(&names, Some(&organization), WhoKind::Organization, &organization, key, asked);
            let Some((stand_in, outcome)) = best else { continue };
            let same = matches!(
                (&everyone, &outcome),
                (Some((_, Outcome::Yes(a))), Outcome::Yes(b)) if a.tier == b.tier && a.only_if == b.only_if
            );
            if !same {
                let row = other(WhoKind::Organization, &organization, None, Some(&stand_in));
                found.add(Who::Other(Arc::new(row)), outcome);
            }
        }
    }

    /// The outsider of some name who can do most.
    fn best(
        &mut self,
        names: &[String],
        organization: Option<&str>,
        kind: WhoKind,
        text: &str,
        key: &'w KmsKey,
        asked: &Asked,
    ) -> Option<(String, Outcome)> {
        let mut best: Option<(String, Outcome)> = None;
        for name in names {
            let facts = Circumstances::default().unknown("aws:userid").unknown_below("aws:PrincipalTag/");
            let facts = match organization {
                Some(id) => facts.with("aws:PrincipalOrgID", id).unknown("aws:PrincipalOrgPaths"),
                None => facts.absent("aws:PrincipalOrgID").absent("aws:PrincipalOrgPaths"),
            };
            let own = OwnedLayers { identity: self.outsiders.permits_everything.clone(), ..OwnedLayers::default() };
            let row = other(kind, text, None, Some(name));
            let outcome =
                self.outcome_of(&Stranger { row, caller: name.clone(), facts, own, behind: None }, key, asked);
            let rank = |outcome: &Outcome| match outcome {
                Outcome::Yes(answer) if answer.tier == Tier::Now => 3,
                Outcome::Yes(_) => 2,
                Outcome::Open(_) => 1,
                Outcome::No => 0,
            };
            if rank(&outcome) > best.as_ref().map_or(0, |(_, best)| rank(best)) {
                best = Some((name.clone(), outcome));
            }
        }
        // A name that a condition asks for is a condition, unless any name does.
        best.map(|(name, outcome)| match (outcome, names.first() == Some(&name)) {
            (Outcome::Yes(answer), false) => (name.clone(), Outcome::Yes(Arc::new(of_that_name(&answer, &name)))),
            (outcome, _) => (name, outcome),
        })
    }

    /// The condition keys that somebody outside the inventory determines.
    fn facts(&self, arn: &str) -> Circumstances {
        let Ok(caller) = Caller::parse(arn) else { return Circumstances::default() };
        let account = caller.account().unwrap_or_default().to_owned();
        let facts = self.world.facts_of_principal(&NamedPrincipal { text: arn.into(), caller, principal: None }).0;
        match self.world.organization() {
            // In another organization, or in none: not in this one.
            Some(organization) if !organization.accounts.contains_key(&*account) => {
                facts.absent("aws:PrincipalOrgID").absent("aws:PrincipalOrgPaths")
            }
            _ => facts,
        }
    }

    fn side(&mut self, account: &str, identity: Collected<Policy>) -> OwnedLayers {
        let listed = self.world.organization().is_none_or(|organization| organization.accounts.contains_key(account));
        let scps = if listed { self.scps(account) } else { Collected::Absent };
        OwnedLayers { identity, scps, ..OwnedLayers::default() }
    }

    /// An account that nothing names.
    fn strange_account(&self, view: &View<'_>) -> String {
        let listed = |id: &str| {
            let organization = self.world.organization();
            self.world.has_account(id)
                || view.accounts.contains(id)
                || organization.is_some_and(|organization| organization.accounts.contains_key(id))
        };
        let mut number = 999_999_999_999_u64;
        while number > 0 && listed(&number.to_string()) {
            number -= 1;
        }
        number.to_string()
    }
}

fn other(kind: WhoKind, text: &str, account: Option<&str>, stand_in: Option<&str>) -> Other {
    Other { kind, text: text.into(), account: account.map(Into::into), stand_in: stand_in.map(Into::into) }
}

/// Names in an account: an ordinary one first, then those that conditions on aws:PrincipalArn ask for.
fn names(account: &str, partition: &str, view: &View<'_>) -> Vec<String> {
    let mut names = vec![format!("arn:{partition}:iam::{account}:role/anyone")];
    for pattern in &view.arn_patterns {
        let resource = pattern.splitn(6, ':').nth(5).unwrap_or_default().replace(['*', '?'], "x");
        let name = format!("arn:{partition}:iam::{account}:{resource}");
        if Caller::parse(&name).is_ok() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn in_session(answer: &Answer, session: &str) -> Answer {
    let only = Condition { key: "session".into(), operator: "StringEquals".into(), values: vec![session.into()] };
    let text = format!("the session is `{session}`");
    Answer {
        tier: Tier::Condition,
        only_if: Some(also(answer, only, text)),
        session: Some(session.into()),
        ..answer.clone()
    }
}

fn of_that_name(answer: &Answer, name: &str) -> Answer {
    let resource = name.splitn(6, ':').nth(5).unwrap_or(name);
    let values = vec![format!("*:{resource}").into()];
    let only = Condition { key: "aws:PrincipalArn".into(), operator: "StringLike".into(), values };
    let text = format!("aws:PrincipalArn is like `*:{resource}`");
    Answer { tier: Tier::Condition, only_if: Some(also(answer, only, text)), ..answer.clone() }
}

/// One more restriction beside those of an answer.
fn also(answer: &Answer, only: Condition, text: String) -> OnlyIf {
    match &answer.only_if {
        None => OnlyIf { text, alternatives: vec![vec![only]] },
        Some(own) => OnlyIf {
            text: format!("{text} and {}", own.text),
            alternatives: own
                .alternatives
                .iter()
                .map(|all| std::iter::once(only.clone()).chain(all.iter().cloned()).collect())
                .collect(),
        },
    }
}
