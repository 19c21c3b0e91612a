//! The search: one action, asked of all principals, key by key.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use wardbook_policy::arn::Arn;
use wardbook_policy::caller::Caller;
use wardbook_policy::catalogue::{self, KeyState, KeyUsage, KmsOperation, ResourceKind, kms_state};
use wardbook_policy::context::Values;
use wardbook_policy::grant::Grant;
use wardbook_policy::policy::Policy;
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::{Request, RequestError};
use wardbook_policy::statement::Statement;
use wardbook_policy::tri::Tri;

use super::class::{self, Class, Mark, Statements, Trait};
use super::condition::OnlyIf;
use super::outsider;
use super::pair::{self, Asked, Asker, Locate, Outcome};
use super::step;
use super::view::View;
use super::{Cite, Entry, KeyAccess, Means, Refusal, Undecided, Who, WhoKind};
use crate::circumstances::Circumstances;
use crate::coverage::{Gap, GapKind};
use crate::layer::{Collected, OwnedLayers};
use crate::limits::PORTRAITS_MAX;
use crate::organization::Membership;
use crate::world::harvest::account_message;
use crate::world::{KmsKey, NamedAction, NamedKey, NamedPrincipal, Principal, World};

/// Why an action cannot be searched for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    /// It is no action, or not one of KMS.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// It concerns no key.
    #[error("`{0}` concerns no key, so there is no key that somebody could use it on")]
    WithoutKey(String),
    /// It is not an action of KMS.
    #[error("`{0}` is not an action of KMS; the question is about keys")]
    NotOfKms(String),
}

/// One action, asked of all principals of a world; what was found for one key is kept for the next.
#[derive(Debug)]
pub struct Search<'w> {
    pub(super) world: &'w World,
    pub(super) action: NamedAction,
    pub(super) operation: KmsOperation,
    pub(super) quirks: Quirks,
    /// What is told in every request.
    pub(super) told: Circumstances,
    /// A policy that every request has to pass beside those of the world.
    beside: Collected<Policy>,
    statements: Statements<'w>,
    /// Positions of principals, by account.
    by_account: BTreeMap<&'w str, Vec<usize>>,
    classes: Vec<Class>,
    /// The classes of an account, told apart also by what these statements say of a principal.
    refined: HashMap<(&'w str, Vec<u32>, bool), Vec<u32>>,
    /// Requests of principals, to see what statements say of them personally.
    portraits: HashMap<usize, Arc<Request>>,
    askers: HashMap<usize, Arc<Asker>>,
    skeletons: HashMap<(Vec<u32>, bool), usize>,
    skeleton_layers: Vec<Collected<Policy>>,
    kinds: HashMap<Kind<'w>, usize>,
    scps: HashMap<Box<str>, Collected<Vec<Policy>>>,
    rcps: HashMap<Box<str>, Collected<Vec<Policy>>>,
    memo: HashMap<Memo, Outcome>,
    pub(super) outsiders: outsider::Outsiders,
}

/// Everything that a key determines, but its name, tags and aliases.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Kind<'w> {
    account: &'w str,
    region: &'w str,
    partition: &'w str,
    properties: [Option<&'w str>; 5],
    multi_region: Option<bool>,
    known: [bool; 3],
}

/// What was asked before: of which class, about which keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Memo {
    /// The kind of key, or one key.
    keys: Keys,
    skeleton: usize,
    class: u32,
    /// Which statements cover the key, two bits each.
    covered: u128,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Keys {
    OfKind(usize),
    One(*const KmsKey),
}

impl<'w> Search<'w> {
    /// Prepares a search for an action on keys.
    pub fn new(world: &'w World, action: &str, quirks: Quirks) -> Result<Search<'w>, SearchError> {
        let operation = operation(action)?;
        let mut by_account: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, principal) in world.principals().iter().enumerate() {
            by_account.entry(&principal.account).or_default().push(index);
        }
        Ok(Search {
            world,
            action: NamedAction::new(operation.action()),
            operation,
            quirks,
            told: Circumstances::default(),
            beside: Collected::Absent,
            statements: Statements::default(),
            by_account,
            classes: Vec::new(),
            refined: HashMap::new(),
            portraits: HashMap::new(),
            askers: HashMap::new(),
            skeletons: HashMap::new(),
            skeleton_layers: Vec::new(),
            kinds: HashMap::new(),
            scps: HashMap::new(),
            rcps: HashMap::new(),
            memo: HashMap::new(),
            outsiders: outsider::Outsiders::new(),
        })
    }

    /// The same search among the requests only that a policy lets through, such as those in which a
    /// condition does not hold.
    pub fn among(mut self, policy: Policy) -> Search<'w> {
        self.beside = Collected::known(vec![policy]);
        self
    }

    /// The same search for calls that a service makes for its caller (`s3.eu-west-1.amazonaws.com`).
    pub fn through(mut self, service: &str) -> Search<'w> {
        let told = std::mem::take(&mut self.told);
        // What follows from the service is derived, so it may not be told otherwise.
        self.told = told.with("kms:ViaService", service).with("aws:ViaAWSService", "true");
        self
    }

    /// The action, as AWS spells it.
    pub fn action(&self) -> &'static str {
        self.operation.action()
    }

    /// Why nobody can, whatever the policies say.
    pub fn refusal(&self, key: &KmsKey) -> Option<Refusal> {
        let state = key.state.as_deref().and_then(KeyState::from_name);
        if let Some(state) = state
            && let Some(refusal) = kms_state(self.action(), state)
        {
            return Some(Refusal::State(state, refusal));
        }
        let usage = key.usage.as_deref().and_then(KeyUsage::from_name);
        let wanted = self.operation.key_usage();
        usage.zip(wanted).is_some_and(|(usage, wanted)| usage != wanted).then_some(Refusal::Usage)
    }

    /// Who can, on one key.
    pub fn key(&mut self, key: &'w KmsKey) -> KeyAccess<'w> {
        match self.refusal(key) {
            Some(refusal) => KeyAccess { refused: Some(refusal), ..KeyAccess::of(key) },
            None => self.allowed(key),
        }
    }

    /// Who is allowed to, whatever the state of the key.
    pub(super) fn allowed(&mut self, key: &'w KmsKey) -> KeyAccess<'w> {
        let mut found = KeyAccess::of(key);
        let probe = Request::builder(&key.account, self.operation.action(), &key.arn).quirks(self.quirks).build();
        let Ok(probe) = probe else { return found };
        let action = self.operation.action();
        let view = View::of(key, &probe, action, self.world, &mut self.statements, self.quirks);
        found.places = view.skeleton.iter().map(|relevant| relevant.place).collect();
        found.dangling = view.dangling.iter().cloned().collect();
        let asked = self.asked(key);
        for principal in &view.named {
            let outcome = self.ask_one(*principal, key, &asked, &probe);
            found.add(Who::Collected(*principal), outcome);
        }
        self.ask_classes(key, &view, &asked, &probe, &mut found);
        self.ask_outsiders(key, &view, &asked, &mut found);
        found.sort(self.world);
        found
    }

    pub(super) fn asked(&self, key: &'w KmsKey) -> Asked {
        let resource = NamedKey { resource: key.arn.clone().into(), key: Some(key), alias: None };
        // Nothing that the key determines depends on who asks.
        let facts = match Caller::parse(&key.account) {
            Ok(caller) => self.world.facts_of_key(&caller, &self.action, &resource).0,
            Err(_) => Circumstances::default(),
        };
        Asked { arn: key.arn.clone(), facts: self.told.clone().over(facts) }
    }

    /// Asks one principal with everything that the key has.
    pub(super) fn ask_one(&mut self, principal: usize, key: &'w KmsKey, asked: &Asked, probe: &Request) -> Outcome {
        let Some(who) = self.world.principals().get(principal) else { return Outcome::No };
        let asker = self.asker(principal, who);
        for policy in who.policies.items() {
            self.statements.slice(policy, probe, self.quirks);
        }
        let layers =
            OwnedLayers { resource: key.policy.clone(), grants: key.grants.clone(), ..self.own_layers(who, key) };
        let locate = Located { key, principal: Some(who), skeleton: None, search: self };
        pair::ask(&asker, asked, &layers, self.quirks, &locate)
    }

    pub(super) fn own_layers(&mut self, who: &Principal, key: &KmsKey) -> OwnedLayers {
        OwnedLayers {
            identity: who.policies.clone(),
            boundary: who.boundary.clone(),
            scps: self.scps(&who.account),
            rcps: self.rcps(&key.account),
            endpoint: self.beside.clone(),
            ..OwnedLayers::default()
        }
    }

    pub(super) fn beside(&self) -> Collected<Policy> {
        self.beside.clone()
    }

    /// Whether a named principal can, on one key: an answer without its proof.
    pub fn one(&mut self, named: &NamedPrincipal<'w>, key: &'w KmsKey) -> One {
        if self.refusal(key).is_some() {
            return One::No;
        }
        let resource = NamedKey { resource: key.arn.clone().into(), key: Some(key), alias: None };
        let asker = Asker::new(&named.text, &self.action, &self.world.facts_of_principal(named).0, self.quirks);
        let asked = self.asked(key);
        let request = asked.facts.add_to(asker.direct.clone().on(&asked.arn)).build();
        let Ok(request) = request else { return One::No };
        let layers = self.world.layers(&request, named.principal, &resource, &mut Vec::new());
        match pair::allowed(&asker, &asked, &layers, self.quirks) {
            pair::Allowed::No => One::No,
            pair::Allowed::Open(undecided) => One::Open(undecided),
            pair::Allowed::Yes(request, only_if) => {
                let by = step::cites(&layers.explain(&request, self.quirks));
                One::Yes { request, only_if, by }
            }
        }
    }

    /// The condition keys that a principal determines, for witnesses of many rows.
    pub fn determined_by(&self, principal: usize) -> Vec<(Box<str>, Values)> {
        let Some(who) = self.world.principals().get(principal) else { return Vec::new() };
        let asker = portrait(self.world, who, &self.action, self.quirks);
        let any_key = any_key(&who.account);
        let Ok(request) = asker.direct.clone().on(&any_key).build() else { return Vec::new() };
        let given = request.context().given().into_iter();
        given
            .filter(|(key, _)| asker.own.iter().any(|own| **own == *key.lower()))
            .map(|(key, values)| (key.name().into(), values.clone()))
            .collect()
    }

    /// The condition keys that a key determines, for witnesses of many rows.
    pub fn determined_by_key(&self, key: &'w KmsKey) -> Vec<(Box<str>, Values)> {
        self.asked(key).facts.given().map(|(name, values)| (name.into(), values.clone())).collect()
    }

    /// What is missing that bears on these answers.
    pub fn coverage(&self, found: &[KeyAccess<'w>]) -> Vec<Gap> {
        let keys: std::collections::BTreeSet<&str> = found.iter().map(|access| &*access.key.arn).collect();
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

    /// The positions of an account's principals.
    pub(super) fn members(&self, account: &str) -> &[usize] {
        self.by_account.get(account).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn scps(&mut self, account: &str) -> Collected<Vec<Policy>> {
        if let Some(known) = self.scps.get(account) {
            return known.clone();
        }
        let found = self.world.scps_of(account);
        self.scps.insert(account.into(), found.clone());
        found
    }

    pub(super) fn rcps(&mut self, account: &str) -> Collected<Vec<Policy>> {
        if let Some(known) = self.rcps.get(account) {
            return known.clone();
        }
        let found = self.world.rcps_of(account);
        self.rcps.insert(account.into(), found.clone());
        found
    }

    fn asker(&mut self, index: usize, who: &'w Principal) -> Arc<Asker> {
        if let Some(asker) = self.askers.get(&index) {
            return Arc::clone(asker);
        }
        let asker = Arc::new(portrait(self.world, who, &self.action, self.quirks));
        self.askers.insert(index, Arc::clone(&asker));
        asker
    }

    /// Asks a representative of each class whom the key does not name.
    fn ask_classes(
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
        let numbers: Vec<u32> = view.skeleton.iter().map(|relevant| relevant.number).collect();
        let whole = !key.policy.is_incomplete();
        let skeleton = match self.skeletons.get(&(numbers.clone(), whole)) {
            Some(skeleton) => *skeleton,
            None => {
                self.skeleton_layers.push(view.skeleton_layer(key));
                let skeleton = self.skeleton_layers.len() - 1;
                self.skeletons.insert((numbers.clone(), whole), skeleton);
                skeleton
            }
        };
        let of_rcps = self.numbers_of(&key.account, probe, |membership| &membership.rcps);
        let personal: Vec<u32> =
            numbers.iter().chain(&of_rcps).copied().filter(|number| self.is_personal(*number)).collect();
        let kind = self.kind(key);
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
            for class in self.classes_of(account, &personal, own && view.allows_anyone, probe) {
                let Some((covered, shareable, rep)) = self.prepare(class, own && view.allows_anyone, view, probe)
                else {
                    continue;
                };
                let keys = match shareable && view.account_grants.is_empty() {
                    true => Keys::OfKind(kind),
                    false => Keys::One(std::ptr::from_ref(key)),
                };
                let memo = Memo { keys, skeleton, class, covered };
                let outcome = match self.memo.get(&memo) {
                    Some(outcome) => outcome.clone(),
                    None => {
                        let outcome = self.ask_representative(rep, key, asked, skeleton, &grants);
                        self.memo.insert(memo, outcome.clone());
                        outcome
                    }
                };
                if let (Some(class), false) = (self.classes.get(class as usize), matches!(outcome, Outcome::No)) {
                    let members = class.members.iter().filter(|member| !view.named.contains(member));
                    members.for_each(|member| found.add(Who::Collected(*member), outcome.clone()));
                }
            }
        }
    }

    /// Which statements of a class cover the key, whether that tells all keys apart that it can tell
    /// apart, and who stands for the class; `None` where nothing can be allowed.
    fn prepare(&self, class: u32, needs_no_iam: bool, view: &View<'w>, probe: &Request) -> Option<(u128, bool, usize)> {
        let class = self.classes.get(class as usize)?;
        if !class.may_allow && !needs_no_iam {
            return None;
        }
        let representative = *class.members.iter().find(|member| !view.named.contains(member))?;
        let mut shareable = !class.is_of_one_key && class.of_resources.len() <= 64;
        let mut covered = 0;
        for number in &class.of_resources {
            let covers = self.statements.get(*number).map(|known| known.statement.covers(probe, self.quirks));
            shareable &= covers != Some(Tri::Unknown);
            covered = covered << 1 | u128::from(covers == Some(Tri::True));
        }
        Some((covered, shareable, representative))
    }

    fn ask_representative(
        &mut self,
        representative: usize,
        key: &'w KmsKey,
        asked: &Asked,
        skeleton: usize,
        grants: &Collected<Grant>,
    ) -> Outcome {
        let Some(who) = self.world.principals().get(representative) else { return Outcome::No };
        let asker = self.asker(representative, who);
        let resource = self.skeleton_layers.get(skeleton).cloned().unwrap_or_default();
        let layers = OwnedLayers { resource, grants: grants.clone(), ..self.own_layers(who, key) };
        let locate = Located { key, principal: Some(who), skeleton: Some(skeleton), search: self };
        pair::ask(&asker, asked, &layers, self.quirks, &locate)
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
    fn classes_of(&mut self, account: &'w str, personal: &[u32], needs_no_iam: bool, probe: &Request) -> Vec<u32> {
        let name = (account, personal.to_vec(), needs_no_iam);
        if let Some(classes) = self.refined.get(&name) {
            return classes.clone();
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
            let identity = class::layer(&who.policies, &mut self.statements, probe, self.quirks);
            let boundary = class::layer(&who.boundary, &mut self.statements, probe, self.quirks);
            let own = || identity.numbers().iter().chain(boundary.numbers()).chain(&of_scps);
            let allows = |number: &u32| self.statements.get(*number).is_some_and(class::Known::allows);
            // Whoever nothing can be allowed need not be told apart.
            let may = needs_no_iam || !identity.is_known() || identity.numbers().iter().any(allows);
            let needs_portrait = may && (!personal.is_empty() || own().any(|number| self.is_personal(*number)));
            let traits = match needs_portrait {
                true => {
                    let own: Vec<u32> = own().copied().collect();
                    self.traits(member, who, &own, personal)
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
        self.refined.insert(name, order.clone());
        order
    }

    fn traits(&mut self, member: usize, who: &'w Principal, own: &[u32], personal: &[u32]) -> Vec<Trait> {
        let mut traits = Vec::new();
        let Some(request) = self.portrait(member, who) else { return traits };
        for number in own {
            if let Some(known) = self.statements.get(*number) {
                known.trait_of(&request, self.quirks, false, &mut traits);
            }
        }
        for number in personal {
            if let Some(known) = self.statements.get(*number) {
                known.trait_of(&request, self.quirks, true, &mut traits);
            }
        }
        traits
    }

    /// A request of a principal; which key it is about does not matter to what is personal.
    fn portrait(&mut self, member: usize, who: &'w Principal) -> Option<Arc<Request>> {
        if let Some(known) = self.portraits.get(&member) {
            return Some(Arc::clone(known));
        }
        let asker = portrait(self.world, who, &self.action, self.quirks);
        let request = Arc::new(asker.open.on(&any_key(&who.account)).build().ok()?);
        if self.portraits.len() < PORTRAITS_MAX {
            self.portraits.insert(member, Arc::clone(&request));
        }
        Some(request)
    }

    fn kind(&mut self, key: &'w KmsKey) -> usize {
        let kind = Kind {
            account: &key.account,
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
        let asker = Asker::new(&facts.0, &self.action, &facts.1, self.quirks);
        let builder = asked.facts.add_to(asker.direct.on(&asked.arn));
        pair::settled(builder, &entry.answer.context).build().ok()
    }

    /// The statements and grants by which somebody can.
    pub fn proof(&self, access: &KeyAccess<'w>, entry: &Entry) -> Vec<Proof<'w>> {
        let key = access.key;
        let policy = |(policy, statement): (usize, usize)| {
            let policy = key.policy.items().get(policy)?;
            Some(Proof::KeyPolicy(policy, policy.statements().get(statement)?))
        };
        let proof = |means: &Means| match means {
            Means::KeyPolicy(at, statement) => policy((*at, *statement)),
            Means::Shared(position) => policy(*access.places.get(*position)?),
            Means::Grant(position) => Some(Proof::Grant(key.grants.items().get(*position)?)),
            Means::Identity(position) => match entry.who {
                Who::Collected(index) => self.identity(self.world.principals().get(index)?, *position),
                Who::Other(_) => None,
            },
        };
        entry.answer.means.iter().filter_map(proof).collect()
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
}

fn any_key(account: &str) -> String {
    format!("arn:aws:kms:us-east-1:{account}:key/00000000-0000-0000-0000-000000000000")
}

/// What one principal can.
#[derive(Debug)]
pub enum One {
    /// It cannot, in no context.
    No,
    /// It can.
    Yes {
        /// A request that is allowed.
        request: Box<Request>,
        /// The restrictions, if it is not on a plain direct call.
        only_if: Option<OnlyIf>,
        /// By what.
        by: Vec<Cite>,
    },
    /// It is not known.
    Open(Undecided),
}

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

fn operation(action: &str) -> Result<KmsOperation, SearchError> {
    if !action.to_ascii_lowercase().starts_with("kms:") {
        return Err(SearchError::NotOfKms(action.into()));
    }
    let Some(operation) = catalogue::kms_operation(action) else {
        // A request says what may have been meant.
        let key = "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-000000000000";
        Request::builder("111122223333", action, key).build()?;
        return Err(SearchError::NotOfKms(action.into()));
    };
    match operation.resource_kind() {
        ResourceKind::Key | ResourceKind::AliasAndKey => Ok(operation),
        ResourceKind::RetiringPrincipal | ResourceKind::NoResource => Err(SearchError::WithoutKey(action.into())),
    }
}

/// A principal with everything that it determines.
pub(super) fn portrait(world: &World, who: &Principal, action: &NamedAction, quirks: Quirks) -> Asker {
    let facts = match Caller::parse(&who.arn) {
        Ok(caller) => {
            let named = NamedPrincipal { text: who.arn.clone().into(), caller, principal: Some(who) };
            world.facts_of_principal(&named).0
        }
        Err(_) => Circumstances::default(),
    };
    Asker::new(&who.arn, action, &facts, quirks)
}

/// The same, as if it could have any tags.
pub(super) fn portrait_with_open_tags(world: &World, who: &Principal, action: &NamedAction, quirks: Quirks) -> Asker {
    let mut facts = Circumstances::default().unknown_below("aws:PrincipalTag/");
    if let Ok(caller) = Caller::parse(&who.arn) {
        let named = NamedPrincipal { text: who.arn.clone().into(), caller, principal: Some(who) };
        facts = facts.over(world.facts_of_principal(&named).0.not_whole("aws:PrincipalTag/"));
    }
    for (name, _) in &who.tags {
        facts = facts.unknown(&format!("aws:PrincipalTag/{name}"));
    }
    Asker::new(&who.arn, action, &facts, quirks)
}

impl KeyAccess<'_> {
    pub(super) fn add(&mut self, who: Who, outcome: Outcome) {
        match outcome {
            Outcome::No => {}
            Outcome::Yes(answer) => self.entries.push(Entry { who, answer }),
            Outcome::Open(undecided) => self.undecided.push((who, undecided)),
        }
    }

    pub(super) fn sort(&mut self, world: &World) {
        self.entries
            .sort_by(|a, b| a.who.text(world).cmp(b.who.text(world)).then_with(|| a.answer.tier.cmp(&b.answer.tier)));
        self.undecided.sort_by(|a, b| a.0.text(world).cmp(b.0.text(world)));
    }
}

impl Who {
    /// Its name: an ARN, an account id, a service, an organization's id or `*`.
    pub fn text<'w>(&'w self, world: &'w World) -> &'w str {
        match self {
            Who::Collected(index) => world.principals().get(*index).map_or("", |principal| &principal.arn),
            Who::Other(other) => &other.text,
        }
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
                let (order, _) = find(self.search.skeleton_layers.get(skeleton)?.items())?;
                Some(Means::Shared(order))
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
        self.key.grants.items().iter().position(|own| own.id() == grant.id()).map(Means::Grant)
    }
}
