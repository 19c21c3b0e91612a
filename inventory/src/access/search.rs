//! The search: one action, asked of all principals, key by key.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use wardbook_policy::boxes::Doubt;
use wardbook_policy::caller::Caller;
use wardbook_policy::catalogue::{self, KeyState, KeyUsage, KmsOperation, ResourceKind, kms_state};
use wardbook_policy::policy::Policy;
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::{Request, RequestError};

use super::class::{self, Class, Layer, Statements};
use super::crowd::{Alike, Classes, Kind, Memo, RcpsAlike, Settled};
use super::outsider::{self, StrangeName};
use super::pair::{self, Asked, Asker, Kindred, Outcome};
use super::portrait::Portraits;
use super::proof::Located;
use super::quick::QuickMap;
use super::view::View;
use super::{Entry, KeyAccess, Other, Refusal, Tier, Undecided, Who, WhoKind};
use crate::circumstances::Circumstances;
use crate::layer::{Collected, OwnedLayers};
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
    pub(super) beside: Collected<Policy>,
    pub(super) statements: Statements<'w>,
    /// Positions of principals, by account.
    pub(super) by_account: BTreeMap<&'w str, Vec<usize>>,
    /// The own policies of each principal, as far as they were looked at.
    pub(super) own: QuickMap<usize, (Layer, Layer)>,
    pub(super) classes: Vec<Class>,
    /// The classes of an account, told apart also by what these statements say of a principal.
    pub(super) refined: QuickMap<(&'w str, Vec<u32>, bool), Arc<Classes>>,
    /// Requests that pose as principals, to see what statements say of them personally.
    pub(super) portraits: RefCell<Portraits>,
    pub(super) askers: QuickMap<usize, Rc<Asker>>,
    /// The same of those who were not collected.
    pub(super) strange_askers: HashMap<StrangeName, Rc<Asker>>,
    /// Whether what is said to an account lets anybody of it in, by account, kind of key and skeleton.
    pub(super) let_in: QuickMap<(&'w str, usize, usize), bool>,
    pub(super) skeletons: QuickMap<(Vec<u32>, bool), usize>,
    /// Policies, and the numbers of their statements in order.
    pub(super) skeleton_layers: Vec<(Collected<Policy>, Vec<u32>)>,
    pub(super) kinds: HashMap<Kind<'w>, usize>,
    pub(super) alike: HashMap<Alike<'w>, usize>,
    /// RCPs by where their statements stand in memory.
    pub(super) rcps_alike: HashMap<RcpsAlike, usize>,
    /// Whether the policy beside those of the world looks at whose the key is.
    pub(super) beside_sees_owner: bool,
    pub(super) scps: HashMap<Box<str>, Collected<Vec<Policy>>>,
    pub(super) rcps: HashMap<Box<str>, Collected<Vec<Policy>>>,
    pub(super) memo: QuickMap<Memo, Outcome>,
    /// What whole lists of classes may do that tell keys of one kind apart in nothing.
    pub(super) settled: QuickMap<Settled, Arc<[(u32, Outcome)]>>,
    /// What makes requests about the key at hand like those about others.
    pub(super) kindred: Option<Arc<Kindred>>,
    pub(super) outsiders: outsider::Outsiders,
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
            own: QuickMap::default(),
            world,
            action: NamedAction::new(operation.action()),
            operation,
            quirks,
            told: Circumstances::default(),
            beside: Collected::Absent,
            statements: Statements::default(),
            by_account,
            classes: Vec::new(),
            refined: QuickMap::default(),
            portraits: RefCell::default(),
            askers: QuickMap::default(),
            strange_askers: HashMap::new(),
            let_in: QuickMap::default(),
            skeletons: QuickMap::default(),
            skeleton_layers: Vec::new(),
            kinds: HashMap::new(),
            alike: HashMap::new(),
            rcps_alike: HashMap::new(),
            beside_sees_owner: false,
            scps: HashMap::new(),
            rcps: HashMap::new(),
            memo: QuickMap::default(),
            settled: QuickMap::default(),
            kindred: None,
            outsiders: outsider::Outsiders::new(),
        })
    }

    /// The same search among the requests only that a policy lets through, such as those in which a
    /// condition does not hold.
    pub fn among(mut self, policy: Policy) -> Search<'w> {
        self.beside_sees_owner = policy.statements().iter().any(class::sees_owner);
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
        let probe = Request::builder(&key.account, self.operation.action(), &key.arn).quirks(self.quirks);
        let probe = probe.carried(Arc::clone(&self.action.carried));
        let probe = if self.world.is_open() { probe.open() } else { probe }.build();
        let Ok(probe) = probe else { return found };
        let action = self.operation.action();
        let view = View::of(key, &probe, action, self.world, &mut self.statements, self.quirks);
        found.places = view.skeleton.iter().map(|relevant| (relevant.number, relevant.place)).collect();
        found.dangling = view.dangling.iter().cloned().collect();
        let asked = self.asked(key);
        self.kindred = self.kindred_of(key, &asked).map(Arc::new);
        for principal in &view.named {
            let outcome = self.ask_one(*principal, key, &asked, &probe);
            found.add(Who::Collected(*principal), outcome);
        }
        if matches!(key.policy, Collected::Unknown) {
            // It may let in whomever it likes, so nobody is asked one by one.
            let anyone = Other { kind: WhoKind::Anyone, text: "*".into(), account: None, stand_in: None };
            let why = Undecided::because_of(&[Doubt::Documents(wardbook_policy::layers::Layer::Resource)]);
            found.undecided.push((Who::Other(Arc::new(anyone)), Arc::new(why)));
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
        let kindred = self.kindred.as_deref().filter(|kindred| kindred.arn == asked.arn);
        pair::ask(&asker, asked, kindred, &layers, self.quirks, &locate)
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

    pub(super) fn asker(&mut self, index: usize, who: &'w Principal) -> Rc<Asker> {
        if let Some(asker) = self.askers.get(&index) {
            return Rc::clone(asker);
        }
        let asker = Rc::new(portrait(self.world, who, &self.action, self.quirks));
        self.askers.insert(index, Rc::clone(&asker));
        asker
    }
}

pub(super) fn any_key(account: &str) -> String {
    format!("arn:aws:kms:us-east-1:{account}:key/00000000-0000-0000-0000-000000000000")
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
    Asker::new(&who.arn, action, &facts, world, quirks)
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
    Asker::new(&who.arn, action, &facts, world, quirks)
}

impl KeyAccess<'_> {
    pub(super) fn add(&mut self, who: Who, outcome: Outcome) {
        match outcome {
            Outcome::No => {}
            Outcome::Yes(answer) => self.entries.push(Entry { who, answer }),
            Outcome::Open(undecided) => self.undecided.push((who, undecided)),
        }
    }

    /// By name, and what is equal in name by tier.
    pub(super) fn sort(&mut self, world: &World) {
        sort(&mut self.entries, world, |entry| (&entry.who, Some(entry.answer.tier)));
        sort(&mut self.undecided, world, |(who, _)| (who, None));
    }
}

/// Sorts rows by name and tier. The principals collected stand in the order of their names already, so that
/// only the few others are compared by theirs.
fn sort<T>(rows: &mut Vec<T>, world: &World, of: impl Fn(&T) -> (&Who, Option<Tier>)) {
    let (mut collected, mut others): (Vec<T>, Vec<T>) =
        rows.drain(..).partition(|row| matches!(of(row).0, Who::Collected(_)));
    let position = |row: &T| match of(row).0 {
        Who::Collected(index) => *index,
        Who::Other(_) => usize::MAX,
    };
    let named = |row: &T| {
        let (who, tier) = of(row);
        (who.text(world).to_owned(), tier)
    };
    collected.sort_by_key(|row| (position(row), of(row).1));
    others.sort_by_cached_key(named);
    let mut rest = collected.into_iter();
    for other in others {
        let name = named(&other);
        // Where the other stands among those collected who are left.
        let before = rest.as_slice().partition_point(|row| named_before(of(row), &name, world));
        rows.extend(rest.by_ref().take(before));
        rows.push(other);
    }
    rows.extend(rest);
}

fn named_before((who, tier): (&Who, Option<Tier>), other: &(String, Option<Tier>), world: &World) -> bool {
    (who.text(world), tier) <= (other.0.as_str(), other.1)
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
