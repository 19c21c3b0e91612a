//! The classes of a key's principals: who cannot be told apart, and one answer for each.

use std::collections::HashMap;
use std::sync::Arc;

use wardbook_policy::arn::Arn;
use wardbook_policy::caller::Caller;
use wardbook_policy::decide::Verdict;
use wardbook_policy::grant::Grant;
use wardbook_policy::policy::Policy;
use wardbook_policy::request::Request;

use super::class::{self, Class, Mark, Reach, Sight, Trait};
use super::pair::{self, Asked, Asker, Kindred, Outcome};
use super::proof::Located;
use super::view::View;
use super::{KeyAccess, Search, Who};
use crate::layer::{Collected, OwnedLayers};
use crate::organization::Membership;
use crate::world::{KmsKey, NamedPrincipal, Principal};

/// Everything that a key determines, but its name, tags and aliases.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Kind<'w> {
    owner: Owner<'w>,
    region: &'w str,
    partition: &'w str,
    properties: [Option<&'w str>; 5],
    multi_region: Option<bool>,
    known: [bool; 3],
}

/// Whose a key is, as far as those can tell who ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Owner<'w> {
    Account(&'w str),
    /// An account other than theirs, by the number of its RCPs.
    Foreign(usize),
}

/// The number of a kind, and all tags and aliases that a key of it has.
pub(super) type Alike<'w> = (usize, Vec<(&'w str, &'w str)>, Vec<&'w str>);

/// RCPs by whether they were collected and by where the statements of each level stand in memory.
pub(super) type RcpsAlike = (std::mem::Discriminant<Collected<Vec<Policy>>>, Vec<Vec<usize>>);

/// What a class is asked.
struct ToAsk<'a, 'w> {
    key: &'w KmsKey,
    asked: &'a Asked,
    probe: &'a Request,
    skeleton: usize,
    grants: &'a Collected<Grant>,
    /// Whether the key may let members in by itself.
    needs_no_iam: bool,
}

/// What was asked before: of which class, about which keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Memo {
    /// The kind of key, or one key.
    keys: Keys,
    skeleton: usize,
    class: u32,
    /// Which statements cover the key, a bit each.
    covered: u128,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Keys {
    OfKind(usize),
    /// Of one kind, with the same tags and aliases.
    Alike(usize),
    One(*const KmsKey),
}

/// The classes of an account.
#[derive(Debug)]
pub(super) struct Classes {
    /// A number of their own.
    number: usize,
    /// Those that tell keys of one kind apart in nothing.
    blind: Vec<u32>,
    /// Those to whom it matters which key it is.
    seeing: Vec<u32>,
}

/// The kind of key, what is said to the classes, and which classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Settled {
    kind: usize,
    skeleton: usize,
    classes: usize,
}

impl<'w> Search<'w> {
    /// What makes requests about the key like those about others of its kind; `None` where more follows from
    /// its names.
    pub(super) fn kindred_of(&mut self, key: &'w KmsKey, asked: &Asked) -> Option<Kindred> {
        if key.aliases.iter().flatten().any(|alias| alias.starts_with("alias/aws/")) || self.world.is_open() {
            return None;
        }
        let own = asked.facts.given().filter(|(key, _)| key.is_iam_only());
        Some(Kindred {
            kind: self.kind(key, Owner::Account(&key.account)),
            arn: key.arn.clone(),
            own: own.map(|(key, values)| (key.clone(), values.clone())).collect(),
        })
    }

    /// Asks a representative of each class whom the key does not name.
    pub(super) fn ask_classes(
        &mut self,
        key: &'w KmsKey,
        view: &View<'w>,
        asked: &Asked,
        probe: &Request,
        found: &mut KeyAccess<'w>,
    ) {
        if matches!(key.policy, Collected::Unknown) {
            return;
        }
        let of_rcps = self.numbers_of(&key.account, probe, |membership| &membership.rcps);
        let mut foreign = None;
        let grants = match view.account_grants.is_empty() && !matches!(key.grants, Collected::Unknown) {
            true => Collected::known(Vec::new()),
            false if matches!(key.grants, Collected::Unknown) => Collected::Unknown,
            false => Collected::known(view.account_grants.clone()),
        };
        let world = self.world;
        let accounts: Vec<&'w str> = world
            .accounts()
            .filter(|account| view.allows_anyone || view.delegates_to.contains(*account))
            .filter(|account| **account == *key.account || self.operation.is_cross_account())
            .collect();
        for account in accounts {
            let own = *account == *key.account;
            let numbers: Vec<u32> = view.skeleton_for(account).map(|relevant| relevant.number).collect();
            let personal: Vec<u32> =
                numbers.iter().chain(&of_rcps).copied().filter(|number| self.is_personal(*number)).collect();
            let skeleton = self.skeleton(numbers, key, view, account);
            let kind = self.kind(key, Owner::Account(&key.account));
            let mut alike = None;
            if view.account_grants.is_empty() && !self.may_be_let_in(account, asked, (kind, skeleton)) {
                continue;
            }
            let needs_no_iam = own && view.allows_anyone;
            let classes = self.classes_of(account, &personal, needs_no_iam, probe);
            // All other accounts are one to those whom nothing tells them apart.
            let kind = match own || self.statements.see_owner() || self.beside_sees_owner {
                true => kind,
                false => *foreign.get_or_insert_with(|| self.foreign_kind(key)),
            };
            let no_grants = matches!(&grants, Collected::Known(grants) if grants.is_empty());
            let to_ask = ToAsk { key, asked, probe, skeleton, grants: &grants, needs_no_iam };
            let mut each = Vec::new();
            if no_grants {
                for (class, outcome) in self.settled(kind, &classes, &to_ask).iter() {
                    self.add_members(*class, outcome, view, found);
                }
            } else {
                each.extend_from_slice(&classes.blind);
            }
            each.extend_from_slice(&classes.seeing);
            for class in each {
                let Some((reach, representative)) = self.prepare(class, &to_ask) else { continue };
                let keys = match reach.sight {
                    Sight::Kind if no_grants => Keys::OfKind(kind),
                    Sight::Tags if no_grants => Keys::Alike(*alike.get_or_insert_with(|| self.alike(kind, key))),
                    _ => Keys::One(std::ptr::from_ref(key)),
                };
                let memo = Memo { keys, skeleton, class, covered: reach.covered };
                let outcome = self.remembered(memo, representative, &to_ask);
                self.add_members(class, &outcome, view, found);
            }
        }
    }

    /// What the classes may do that tell keys of one kind apart in nothing, where no grant counts.
    fn settled(&mut self, kind: usize, classes: &Classes, to_ask: &ToAsk<'_, 'w>) -> Arc<[(u32, Outcome)]> {
        let name = Settled { kind, skeleton: to_ask.skeleton, classes: classes.number };
        if let Some(settled) = self.settled.get(&name) {
            return Arc::clone(settled);
        }
        let mut found = Vec::new();
        for class in &classes.blind {
            let Some((reach, representative)) = self.prepare(*class, to_ask) else { continue };
            let keys = Keys::OfKind(kind);
            let memo = Memo { keys, skeleton: to_ask.skeleton, class: *class, covered: reach.covered };
            let outcome = self.remembered(memo, representative, to_ask);
            if !matches!(outcome, Outcome::No) {
                found.push((*class, outcome));
            }
        }
        let found: Arc<[(u32, Outcome)]> = found.into();
        self.settled.insert(name, Arc::clone(&found));
        found
    }

    fn remembered(&mut self, memo: Memo, representative: usize, to_ask: &ToAsk<'_, 'w>) -> Outcome {
        if let Some(outcome) = self.memo.get(&memo) {
            return outcome.clone();
        }
        let outcome = self.ask_representative(representative, to_ask);
        self.memo.insert(memo, outcome.clone());
        outcome
    }

    /// A row for each member of a class whom the key does not name.
    fn add_members(&self, class: u32, outcome: &Outcome, view: &View<'w>, found: &mut KeyAccess<'w>) {
        if let (Some(class), false) = (self.classes.get(class as usize), matches!(outcome, Outcome::No)) {
            let members = class.members.iter().filter(|member| !view.named.contains(member));
            members.for_each(|member| found.add(Who::Collected(*member), outcome.clone()));
        }
    }

    /// Whether the key may let anybody of the account in: somebody of whom nothing else is known, whose own
    /// side permits everything and whom no organization limits.
    fn may_be_let_in(&mut self, account: &'w str, asked: &Asked, (kind, skeleton): (usize, usize)) -> bool {
        if let Some(known) = self.let_in.get(&(account, kind, skeleton)) {
            return *known;
        }
        let text = format!("arn:aws:iam::{account}:role/anybody");
        let Ok(caller) = Caller::parse(&text) else { return true };
        let named = NamedPrincipal { text: text.clone(), caller, principal: None };
        let facts = self.world.facts_of_principal(&named).0.not_whole("aws:PrincipalTag/");
        let personal = ["aws:PrincipalArn", "aws:userid", "aws:username", "aws:PrincipalType"];
        let facts = personal.iter().fold(facts, |facts, key| facts.unknown(key)).unknown_below("aws:PrincipalTag/");
        let asker = Asker::new(&text, &self.action, &facts, self.world, self.quirks);
        let layers = OwnedLayers {
            resource: self.skeleton_layers.get(skeleton).map(|(layer, _)| layer.clone()).unwrap_or_default(),
            identity: self.outsiders.permits_everything().clone(),
            ..OwnedLayers::default()
        };
        let request = asked.facts.add_to(asker.open.on(&asked.arn)).build();
        let may = request.map_or(true, |request| {
            let verdict = layers.decide(&request, self.quirks).verdict();
            !matches!(verdict, Verdict::ImplicitDeny | Verdict::ExplicitDeny)
        });
        self.let_in.insert((account, kind, skeleton), may);
        may
    }

    /// The number of what is said to members of an account, kept with its policies when it is new.
    fn skeleton(&mut self, numbers: Vec<u32>, key: &'w KmsKey, view: &View<'w>, account: &str) -> usize {
        let name = (numbers, !key.policy.is_incomplete());
        match self.skeletons.get(&name) {
            Some(skeleton) => *skeleton,
            None => {
                let skeleton = self.skeleton_layers.len();
                self.skeleton_layers.push((view.skeleton_layer(key, account), name.0.clone()));
                self.skeletons.insert(name, skeleton);
                skeleton
            }
        }
    }

    /// What a class may do on the key, and who stands for it, whether or not the key names that one;
    /// `None` where nothing can be allowed.
    fn prepare(&self, class: u32, to_ask: &ToAsk<'_, 'w>) -> Option<(Reach, usize)> {
        let class = self.classes.get(class as usize)?;
        let reach = class.reach(&self.statements, to_ask.probe, self.quirks);
        // What grants alone decide, a Deny does not.
        let denied = reach.denies && self.operation.action() != "kms:RetireGrant";
        let representative = *class.members.first()?;
        ((reach.may_allow || to_ask.needs_no_iam) && !denied).then_some((reach, representative))
    }

    fn ask_representative(&mut self, representative: usize, to_ask: &ToAsk<'_, 'w>) -> Outcome {
        let ToAsk { key, asked, skeleton, grants, .. } = *to_ask;
        let Some(who) = self.world.principals().get(representative) else { return Outcome::No };
        let asker = self.asker(representative, who);
        let resource = self.skeleton_layers.get(skeleton).map(|(layer, _)| layer.clone()).unwrap_or_default();
        let layers = OwnedLayers { resource, grants: grants.clone(), ..self.own_layers(who, key) };
        let locate = Located { key, principal: Some(who), skeleton: Some(skeleton), search: self };
        let kindred = self.kindred.as_deref().filter(|kindred| kindred.arn == asked.arn);
        pair::ask(&asker, asked, kindred, &layers, self.quirks, &locate)
    }

    fn is_personal(&self, number: u32) -> bool {
        self.statements.get(number).is_some_and(class::Known::is_personal)
    }

    /// The numbers of the organization's statements about the action that bear on an account.
    fn numbers_of(
        &mut self,
        account: &str,
        probe: &Request,
        family: fn(&Membership) -> &Collected<Vec<Policy>>,
    ) -> Vec<u32> {
        let organization = self.world.organization();
        let Some(membership) = organization.and_then(|organization| organization.accounts.get(account)) else {
            return Vec::new();
        };
        let mut numbers = Vec::new();
        for policy in family(membership).items().iter().flatten() {
            numbers.extend(self.statements.slice(policy, probe, self.quirks).iter().map(|sliced| sliced.number));
        }
        numbers
    }

    /// The classes of an account, told apart also by these statements.
    fn classes_of(&mut self, account: &'w str, personal: &[u32], needs_no_iam: bool, probe: &Request) -> Arc<Classes> {
        let name = (account, personal.to_vec(), needs_no_iam);
        if let Some(classes) = self.refined.get(&name) {
            return Arc::clone(classes);
        }
        let of_scps: Vec<u32> = self
            .numbers_of(account, probe, |membership| &membership.scps)
            .into_iter()
            .filter(|number| self.is_personal(*number))
            .collect();
        let mut found: HashMap<Mark, u32> = HashMap::new();
        let mut order = Vec::new();
        for member in self.by_account.get(account).cloned().unwrap_or_default() {
            let Some(who) = self.world.principals().get(member) else { continue };
            let (identity, boundary) = match self.own.get(&member) {
                Some(own) => own.clone(),
                None => {
                    let mut layer = |own| class::layer(own, &mut self.statements, probe, self.quirks);
                    let own = (layer(&who.policies), layer(&who.boundary));
                    self.own.insert(member, own.clone());
                    own
                }
            };
            let own = || identity.numbers().iter().chain(boundary.numbers()).chain(&of_scps);
            let allows = |number: &u32| self.statements.get(*number).is_some_and(class::Known::allows);
            // Whoever nothing can be allowed need not be told apart.
            let may = needs_no_iam || !identity.is_known() || identity.numbers().iter().any(allows);
            let needs_portrait = may && (!personal.is_empty() || own().any(|number| self.is_personal(*number)));
            let traits = match needs_portrait {
                true => {
                    let own: Vec<u32> = own().copied().collect();
                    self.traits(who, &own, personal)
                }
                false => Vec::new(),
            };
            let is_service_linked = class::is_service_linked(who);
            let mark = Mark { kind: who.kind, is_service_linked, identity, boundary, traits };
            let class = match found.get(&mark) {
                Some(class) => *class,
                None => {
                    let class = u32::try_from(self.classes.len()).unwrap_or(u32::MAX);
                    self.classes.push(Class::new(&mark, &self.statements));
                    found.insert(mark, class);
                    order.push(class);
                    class
                }
            };
            if let Some(class) = self.classes.get_mut(class as usize) {
                class.members.push(member);
            }
        }
        let blind = |class: &u32| self.classes.get(*class as usize).is_some_and(Class::is_blind);
        let (blind, seeing) = order.into_iter().partition(blind);
        let classes = Arc::new(Classes { number: self.refined.len(), blind, seeing });
        self.refined.insert(name, Arc::clone(&classes));
        classes
    }

    fn traits(&self, who: &'w Principal, own: &[u32], personal: &[u32]) -> Vec<Trait> {
        let mut traits = Vec::new();
        let mut portraits = self.portraits.borrow_mut();
        let Some(request) = portraits.of(who, self.world, &self.action, self.quirks) else { return traits };
        for number in own {
            if let Some(known) = self.statements.get(*number) {
                known.trait_of(request, self.quirks, false, &mut traits);
            }
        }
        for number in personal {
            if let Some(known) = self.statements.get(*number) {
                known.trait_of(request, self.quirks, true, &mut traits);
            }
        }
        traits
    }

    /// The number of the keys of a kind that have the same tags and aliases as this one.
    fn alike(&mut self, kind: usize, key: &'w KmsKey) -> usize {
        let mut tags: Vec<(&str, &str)> = key.tags.iter().flatten().map(|(name, value)| (&**name, &**value)).collect();
        tags.sort_unstable();
        let mut aliases: Vec<&str> = key.aliases.iter().flatten().map(|alias| &**alias).collect();
        aliases.sort_unstable();
        let next = self.alike.len();
        *self.alike.entry((kind, tags, aliases)).or_insert(next)
    }

    fn foreign_kind(&mut self, key: &'w KmsKey) -> usize {
        let rcps = self.rcps(&key.account);
        let place = |policy: &Policy| policy.statements().as_ptr() as usize;
        let levels = rcps.items().iter().map(|level| level.iter().map(place).collect()).collect();
        let name = (std::mem::discriminant(&rcps), levels);
        let next = self.rcps_alike.len();
        let number = *self.rcps_alike.entry(name).or_insert(next);
        self.kind(key, Owner::Foreign(number))
    }

    fn kind(&mut self, key: &'w KmsKey, owner: Owner<'w>) -> usize {
        let kind = Kind {
            owner,
            region: &key.region,
            partition: Arn::parse(&key.arn).map_or("", |arn| arn.partition),
            properties: [
                key.spec.as_deref(),
                key.usage.as_deref(),
                key.origin.as_deref(),
                key.multi_region_kind.as_deref(),
                key.manager.as_deref(),
            ],
            multi_region: key.multi_region,
            known: [key.described, key.tags.is_some(), key.aliases.is_some()],
        };
        let next = self.kinds.len();
        *self.kinds.entry(kind).or_insert(next)
    }
}
