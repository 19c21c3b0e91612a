//! The condition keys of one request: given, absent, or not known.

use std::sync::{Arc, LazyLock, OnceLock};

use crate::action_set::KmsActions;
use crate::catalogue::{self, KmsOperation};
use crate::derive;
use crate::digest::{Domain, digest};
use crate::key::{self, ENCRYPTION_CONTEXT, Key};

/// The value of a condition key. A list makes the key multi-valued, also a list of one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Values {
    /// One text.
    One(Box<str>),
    /// A list of texts.
    Many(Vec<Box<str>>),
}

impl From<&str> for Values {
    fn from(text: &str) -> Values {
        Values::One(text.into())
    }
}

impl From<&[&str]> for Values {
    fn from(texts: &[&str]) -> Values {
        Values::Many(texts.iter().map(|text| (*text).into()).collect())
    }
}

/// What holds for keys that nobody named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unnamed {
    /// The request does not have them: it was told whole.
    #[default]
    Absent,
    /// Nobody knows.
    Unknown,
}

/// What a request has under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// Nothing.
    Absent,
    /// Nobody knows.
    Unknown,
    /// One value.
    One(&'a str),
    /// A list of values, at least one of them not empty.
    Many(&'a [Box<str>]),
}

/// What was told under a key.
#[derive(Debug, Clone)]
pub(crate) enum State {
    Absent,
    Unknown,
    Given(Values),
}

/// The condition keys of one request.
#[derive(Debug, Clone, Default)]
pub struct Context {
    entries: Vec<(Key, State)>,
    /// Where the entry of a key without a number stands in `entries`, plus one; 0 is a free place. A
    /// power of two of places, at least half of them free; an entry is at the place of its hash or at
    /// the next free one.
    places: Box<[u16]>,
    /// How many entries are of keys without a number.
    placed: usize,
    /// Where the entry of a key with a number stands, plus one, by that number.
    numbered: Vec<u16>,
    unnamed: Unnamed,
    /// Prefixes (lower case) below which every key was told.
    whole: Vec<Box<str>>,
    /// Prefixes (lower case) below which an unnamed key is unknown, whatever holds for the others.
    open: Vec<Box<str>>,
    /// For a KMS action: the action, since a `kms:` key that it never carries is absent.
    kms_action: Option<Arc<str>>,
    /// The same, looked up before for many requests.
    carried: Option<Arc<Carried>>,
}

/// Which of the `kms:` keys requests for one action carry, looked up once for many requests.
#[derive(Debug, Clone, Default)]
pub struct Carried {
    /// In lower case.
    action: Arc<str>,
    /// What KMS makes of the action.
    pub(crate) operation: Option<KmsOperation>,
    /// The action as a set of one.
    pub(crate) actions: KmsActions,
    /// Under what policies may have filed a statement about the action.
    pub(crate) digests: [u64; 2],
    /// Whether requests for it carry the caller's account.
    pub(crate) carries_account: bool,
    /// Condition keys that have a value although the caller sent none.
    pub(crate) defaults: Vec<(Key, &'static str)>,
    /// Sorted by hash.
    keys: Vec<(Key, bool)>,
    /// Whether they carry pairs of an encryption context.
    encryption_context: bool,
}

/// An action in lower case, and what its requests carry.
type OfKms = (Box<str>, OnceLock<Arc<Carried>>);

/// The actions of KMS, sorted, and for each what its requests carry once somebody asked.
static OF_KMS: LazyLock<Vec<OfKms>> = LazyLock::new(|| {
    let actions = catalogue::service("kms").into_iter().flat_map(|service| service.actions());
    let mut named: Vec<_> =
        actions.map(|action| (action.name().to_ascii_lowercase().into(), OnceLock::new())).collect();
    named.sort_by(|(a, _): &OfKms, (b, _)| a.cmp(b));
    named
});

/// The keys of KMS with their names, sorted by hash, and whether requests carry them whatever the action lists.
static KEYS_OF_KMS: LazyLock<Vec<(Key, &'static str, bool)>> = LazyLock::new(|| {
    let ours = catalogue::condition_keys().filter(|key| key.name().starts_with("kms:") && !key.has_parameter());
    let mut keys: Vec<_> = ours.map(|key| (Key::new(key.name()), key.name(), key.is_carried_anyway())).collect();
    keys.sort_by_key(|(key, ..)| key.hash());
    keys
});

impl Carried {
    /// What requests for an action carry. Of an action of another service nothing is looked up.
    pub fn by(action: &str) -> Arc<Carried> {
        let lower = action.to_ascii_lowercase();
        let position = OF_KMS.binary_search_by(|(name, _)| (**name).cmp(&lower));
        match position.ok().and_then(|position| OF_KMS.get(position)) {
            Some((_, known)) => Arc::clone(known.get_or_init(|| Arc::new(Carried::looked_up(&lower)))),
            None => Arc::new(Carried { digests: digests(&lower), action: lower.into(), ..Carried::default() }),
        }
    }

    fn looked_up(action: &str) -> Carried {
        // The same as to ask `catalogue::carries` about each, with everything looked up once.
        let listed: Option<Vec<&str>> = catalogue::action(action).map(|action| action.listed_keys().collect());
        let carries = |name: &str, anyway: bool| match &listed {
            Some(listed) => anyway || listed.contains(&name),
            None => true,
        };
        let keys = KEYS_OF_KMS.iter().map(|(key, name, anyway)| (key.clone(), carries(name, *anyway))).collect();
        let encryption_context = catalogue::carries(action, "kms:EncryptionContext:any");
        let operation = catalogue::kms_operation(action);
        let on_key = operation.is_some_and(derive::is_call_on_key);
        let defaults = operation.into_iter().flat_map(KmsOperation::defaults);
        Carried {
            action: action.into(),
            operation,
            actions: KmsActions::one(action),
            digests: digests(action),
            carries_account: on_key || catalogue::carries(action, "kms:calleraccount"),
            defaults: defaults.map(|(name, value)| (Key::new(name), value)).collect(),
            keys,
            encryption_context,
        }
    }

    /// The action in lower case.
    pub(crate) fn action(&self) -> &Arc<str> {
        &self.action
    }

    /// Whether the catalogue knows the action.
    pub(crate) fn is_known(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Whether requests for the action carry the key; see [`catalogue::carries`].
    pub fn carries(&self, key: &Key) -> bool {
        self.find(key).unwrap_or_else(|| catalogue::carries(&self.action, key.lower()))
    }

    /// `None` for a key that was not looked up.
    pub(crate) fn find(&self, key: &Key) -> Option<bool> {
        // An action of another service says nothing of the keys of KMS.
        if self.keys.is_empty() {
            return None;
        }
        if key.lower().strip_prefix(ENCRYPTION_CONTEXT).is_some_and(|name| !name.is_empty()) {
            return Some(self.encryption_context);
        }
        let first = self.keys.partition_point(|(known, _)| known.hash() < key.hash());
        let same = self.keys.get(first..)?.iter().take_while(|(known, _)| known.hash() == key.hash());
        same.into_iter().find(|(known, _)| known == key).map(|(_, carried)| *carried)
    }
}

/// Adds a prefix in lower case, once.
fn add(prefixes: &mut Vec<Box<str>>, prefix: &str) {
    if !prefixes.iter().any(|known| known.eq_ignore_ascii_case(prefix)) {
        prefixes.push(prefix.to_lowercase().into());
    }
}

/// For so many keys the list grows at once: as many follow from others in a request.
const ENTRIES_MORE: usize = 24;

/// Under what policies may have filed a statement about an action, given in lower case.
fn digests(action: &str) -> [u64; 2] {
    let service = action.split(':').next().unwrap_or_default();
    [digest(Domain::Action, action), digest(Domain::Service, service)]
}

impl Context {
    pub(crate) fn set_unnamed(&mut self, unnamed: Unnamed) {
        self.unnamed = unnamed;
    }

    /// What was looked up for another context counts here too.
    pub(crate) fn share_carried(&mut self, other: &Context) {
        self.carried.clone_from(&other.carried);
    }

    pub(crate) fn set_carried(&mut self, carried: Arc<Carried>) {
        self.carried = Some(carried);
    }

    /// What this action carries, looked up if nobody did before.
    pub(crate) fn carried_by(&self, action: &str) -> Arc<Carried> {
        match &self.carried {
            Some(carried) if carried.is_known() && carried.action.eq_ignore_ascii_case(action) => Arc::clone(carried),
            _ => Carried::by(action),
        }
    }

    pub(crate) fn set_kms_action(&mut self, carried: Arc<Carried>) {
        self.kms_action = Some(Arc::clone(&carried.action));
        self.carried = Some(carried);
    }

    /// Forgets the action, so that no key is absent because of it.
    pub(crate) fn forget_action(&mut self) {
        self.kms_action = None;
    }

    /// Everything below this prefix was told; other keys there are absent.
    pub(crate) fn set_whole(&mut self, prefix: &str) {
        add(&mut self.whole, prefix);
    }

    /// Unnamed keys below this prefix are unknown.
    pub(crate) fn set_open(&mut self, prefix: &str) {
        add(&mut self.open, prefix);
    }

    pub(crate) fn give(&mut self, key: Key, values: Values) {
        // What holds for unnamed keys may be told later, so it does not count here.
        if key.lower().starts_with(ENCRYPTION_CONTEXT) && !self.is_told_whole(ENCRYPTION_CONTEXT) {
            self.set_whole(ENCRYPTION_CONTEXT);
        }
        let empty = matches!(&values, Values::Many(texts) if texts.iter().all(|text| text.is_empty()));
        self.insert(key, if empty { State::Absent } else { State::Given(values) });
    }

    pub(crate) fn remove(&mut self, key: Key) {
        self.insert(key, State::Absent);
    }

    pub(crate) fn forget(&mut self, key: Key) {
        self.insert(key, State::Unknown);
    }

    /// The same context told whole: what was unknown is absent until somebody gives it.
    pub(crate) fn told_whole(&self) -> Context {
        let mut whole = Context {
            whole: self.whole.clone(),
            kms_action: self.kms_action.clone(),
            carried: self.carried.clone(),
            ..Context::default()
        };
        whole.entries.reserve(self.entries.len() + ENTRIES_MORE);
        whole.numbered.resize(self.numbered.len(), 0);
        for (key, state) in &self.entries {
            // Each key stands there once, so that it need not be looked for.
            if !matches!(state, State::Unknown) {
                whole.push(key.clone(), state.clone());
            }
        }
        whole
    }

    fn insert(&mut self, key: Key, state: State) {
        let found = self.position(&key);
        match found.and_then(|index| self.entries.get_mut(index)) {
            Some(entry) => entry.1 = state,
            None => {
                if self.entries.len() == self.entries.capacity() {
                    self.entries.reserve(ENTRIES_MORE);
                }
                self.push(key, state);
            }
        }
    }

    /// Adds a key that is not there.
    fn push(&mut self, key: Key, state: State) {
        let number = key.number();
        self.entries.push((key, state));
        match number {
            Some(number) => self.arrange_numbered(number),
            None => self.arrange(),
        }
    }

    /// Gives the last entry the place of its number.
    fn arrange_numbered(&mut self, number: usize) {
        if self.numbered.len() <= number {
            self.numbered.resize(key::numbers().max(number + 1), 0);
        }
        if let (Some(place), Ok(position)) = (self.numbered.get_mut(number), u16::try_from(self.entries.len())) {
            *place = position;
        }
    }

    /// Gives every entry without a number its place anew, if the places became too few; else the last one its place.
    fn arrange(&mut self) {
        self.placed += 1;
        let wanted = (self.placed * 2).next_power_of_two().max(8);
        let first = if wanted > self.places.len() {
            self.places = vec![0; wanted].into();
            0
        } else {
            self.entries.len() - 1
        };
        for (index, (key, _)) in self.entries.iter().enumerate().skip(first) {
            if key.number().is_some() {
                continue;
            }
            let mask = self.places.len() - 1;
            let mut at = key.hash() as usize & mask;
            while self.places.get(at).is_some_and(|place| *place != 0) {
                at = (at + 1) & mask;
            }
            let Ok(position) = u16::try_from(index + 1) else { continue };
            if let Some(place) = self.places.get_mut(at) {
                *place = position;
            }
        }
    }

    /// Where the entry of a key stands.
    fn position(&self, key: &Key) -> Option<usize> {
        match key.number() {
            Some(number) => usize::from(*self.numbered.get(number)?).checked_sub(1),
            None => self.find(key).map(|(index, _)| index),
        }
    }

    /// What was told under this key, if anything was.
    #[inline(always)]
    pub(crate) fn told(&self, key: &Key) -> Option<&State> {
        match key.number() {
            Some(number) => {
                let index = usize::from(*self.numbered.get(number)?).checked_sub(1)?;
                self.entries.get(index).map(|(_, state)| state)
            }
            None => self.find(key).map(|(_, state)| state),
        }
    }

    /// The entry of a key that has no number.
    #[inline(never)]
    fn find(&self, key: &Key) -> Option<(usize, &State)> {
        let mask = self.places.len().wrapping_sub(1);
        let mut at = key.hash() as usize & mask;
        loop {
            let index = usize::from(*self.places.get(at)?).checked_sub(1)?;
            let (entry, state) = self.entries.get(index)?;
            if entry == key {
                return Some((index, state));
            }
            at = (at + 1) & mask;
        }
    }

    /// What the request has under this key.
    pub fn lookup(&self, key: &Key) -> Lookup<'_> {
        self.read(key, self.told(key))
    }

    /// What the request has under a key of which this was told.
    #[inline(always)]
    pub(crate) fn read<'a>(&'a self, key: &Key, told: Option<&'a State>) -> Lookup<'a> {
        match told {
            Some(State::Given(Values::One(text))) => Lookup::One(text),
            Some(State::Given(Values::Many(texts))) => Lookup::Many(texts),
            Some(State::Absent) => Lookup::Absent,
            Some(State::Unknown) => Lookup::Unknown,
            None if self.unnamed == Unnamed::Absent && self.open.is_empty() => Lookup::Absent,
            None => self.lookup_unnamed(key),
        }
    }

    fn lookup_unnamed(&self, key: &Key) -> Lookup<'_> {
        if self.unnamed == Unnamed::Absent && !self.is_open(key.lower()) {
            return Lookup::Absent;
        }
        let told = self.whole.iter().any(|prefix| key.lower().starts_with(&**prefix));
        let never = key.lower().starts_with("kms:")
            && self.kms_action.as_deref().is_some_and(|action| {
                let known = self.carried.as_ref().filter(|carried| *carried.action == *action);
                let carried = known.and_then(|carried| carried.find(key));
                !carried.unwrap_or_else(|| catalogue::carries(action, key.lower()))
            });
        if told || never { Lookup::Absent } else { Lookup::Unknown }
    }

    /// Whether the key was named at all: given, removed or declared unknown.
    pub fn is_named(&self, key: &Key) -> bool {
        self.position(key).is_some()
    }

    /// The one value under a name, if it has one.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.text_of(&Key::new(name))
    }

    /// The one value of a key, if it has one.
    pub(crate) fn text_of(&self, key: &Key) -> Option<&str> {
        match self.lookup(key) {
            Lookup::One(text) => Some(text),
            _ => None,
        }
    }

    /// What holds for keys that nobody named.
    pub fn unnamed(&self) -> Unnamed {
        self.unnamed
    }

    /// Whether every key below the prefix (lower case) was told.
    pub fn is_whole(&self, prefix: &str) -> bool {
        (self.unnamed == Unnamed::Absent && !self.is_open(prefix)) || self.is_told_whole(prefix)
    }

    fn is_told_whole(&self, prefix: &str) -> bool {
        self.whole.iter().any(|whole| prefix.starts_with(&**whole))
    }

    fn is_open(&self, name: &str) -> bool {
        self.open.iter().any(|open| name.starts_with(&**open))
    }

    /// The keys that have a value, with it, in a fixed order (by name).
    pub fn given(&self) -> Vec<(&Key, &Values)> {
        self.given_where(|_| true)
    }

    /// The same of those keys only that are wanted.
    pub fn given_where(&self, wanted: impl Fn(&Key) -> bool) -> Vec<(&Key, &Values)> {
        let mut given: Vec<_> = self
            .entries
            .iter()
            .filter_map(|(key, state)| match state {
                State::Given(values) if wanted(key) => Some((key, values)),
                _ => None,
            })
            .collect();
        given.sort_by(|a, b| a.0.lower().cmp(b.0.lower()));
        given
    }

    /// The encryption context that was given: what follows the prefix, as written, and the value.
    pub fn encryption_context(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().filter_map(|(key, state)| {
            let State::Given(Values::One(value)) = state else { return None };
            let name = key.lower().starts_with(ENCRYPTION_CONTEXT).then_some(key.name())?;
            Some((name.get(ENCRYPTION_CONTEXT.len()..)?, &**value))
        })
    }

    /// The keys of the encryption context that was given.
    pub(crate) fn encryption_context_keys(&self) -> impl Iterator<Item = &Key> {
        let given = self.entries.iter().filter(|(_, state)| matches!(state, State::Given(Values::One(_))));
        given.map(|(key, _)| key).filter(|key| key.lower().starts_with(ENCRYPTION_CONTEXT))
    }

    /// Whether a key of the encryption context was declared unknown.
    pub(crate) fn has_unknown_encryption_context(&self) -> bool {
        self.entries
            .iter()
            .any(|(key, state)| matches!(state, State::Unknown) && key.lower().starts_with(ENCRYPTION_CONTEXT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_looked_up_for_an_action_is_what_the_catalogue_says() {
        let keys = catalogue::condition_keys().filter(|key| key.name().starts_with("kms:") && !key.has_parameter());
        let keys: Vec<Key> = keys.map(|key| Key::new(key.name())).collect();
        assert!(keys.len() > 30);
        for action in ["kms:Decrypt", "kms:CreateGrant", "kms:Sign", "kms:ListKeys", "kms:ReplicateKey"] {
            let carried = Carried::by(action);
            for key in &keys {
                assert_eq!(carried.find(key), Some(catalogue::carries(action, key.name())), "{action} {key}");
            }
        }
    }

    #[test]
    fn names_compare_without_case_and_empty_lists_are_absent() {
        let mut context = Context::default();
        context.give(Key::new("aws:PrincipalTag/Team"), "x".into());
        context.give(Key::new("aws:TagKeys"), Values::Many(vec!["".into()]));
        assert_eq!(context.lookup(&Key::new("AWS:principaltag/tEAM")), Lookup::One("x"));
        assert_eq!(context.lookup(&Key::new("aws:TagKeys")), Lookup::Absent);
    }

    #[test]
    fn unnamed_keys_below_an_open_prefix_are_unknown_among_absent_ones() {
        let mut context = Context::default();
        context.set_open("aws:ResourceTag/");
        context.give(Key::new("aws:ResourceTag/Team"), "x".into());
        assert_eq!(context.lookup(&Key::new("aws:resourcetag/team")), Lookup::One("x"));
        assert_eq!(context.lookup(&Key::new("aws:ResourceTag/Env")), Lookup::Unknown);
        assert_eq!(context.lookup(&Key::new("aws:SourceIp")), Lookup::Absent);
        assert!(!context.is_whole("aws:resourcetag/") && context.is_whole("aws:principaltag/"));
    }

    #[test]
    fn an_encryption_context_is_whole_in_whatever_order_things_are_told() {
        let mut context = Context::default();
        context.give(Key::new("kms:EncryptionContext:a"), "1".into());
        context.set_unnamed(Unnamed::Unknown);
        assert_eq!(context.lookup(&Key::new("kms:EncryptionContext:b")), Lookup::Absent);
    }

    #[test]
    fn unnamed_keys_are_unknown_unless_told_whole_or_never_carried() {
        let mut context = Context::default();
        context.set_unnamed(Unnamed::Unknown);
        context.set_kms_action(Carried::by("kms:ListKeys"));
        context.give(Key::new("kms:EncryptionContext:a:b/c"), "1".into());
        assert_eq!(context.lookup(&Key::new("aws:SourceIp")), Lookup::Unknown);
        assert_eq!(context.lookup(&Key::new("kms:EncryptionContext:other")), Lookup::Absent);
        assert_eq!(context.lookup(&Key::new("kms:ViaService")), Lookup::Absent);
        assert_eq!(context.encryption_context().collect::<Vec<_>>(), [("a:b/c", "1")]);
    }
}
