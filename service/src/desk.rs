//! Where one request is worked on: what it has read, what it will change, what the log will say.

mod notes;

use std::cell::Cell;
use std::sync::{Arc, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use wardbook_audit::event::{Decision, Parameters, Resource};
use wardbook_audit::time::Timestamp;
use wardbook_backend::backend::Backend;
use wardbook_backend::call::Call;
use wardbook_backend::capability::{Capability, Cost};
use wardbook_backend::error::BackendError;
use wardbook_backend::key::KeyHandle;
use wardbook_backend::operation::OperationKind;
use wardbook_backend::spec::{KeySpec, Usage};
use wardbook_backend::token::{Binding, KeyToken, MaterialId};

use wardbook_policy::catalogue::KeyState;

use crate::authorize::{Court, Named, On};
use crate::caller::Caller;
use crate::kms::{Kms, Place, Pool};
use crate::limits::{BACKEND_TIME, NEAR_A_BOUND};
use crate::managed;
use crate::name::{AliasName, KeyName, StoreName, Written, hex, uuid};
use crate::refusal::{Refusal, Why};
use crate::state::{Alias, Connection, Key, KeyStore, State, Writes};
use crate::store::Seen;

/// One request at work.
pub struct Desk<'a> {
    /// The service.
    pub kms: &'a Kms,
    /// Who asks.
    pub caller: &'a Caller,
    /// When the work began.
    pub now: Timestamp,
    /// What was read, with its revisions.
    pub seen: Vec<Seen>,
    /// The version of the state in which something was looked for without a name that revisions go by.
    pub searched: Cell<Option<u64>>,
    /// Whether what will change depends on what was looked for: nothing else may change before.
    pub strict: bool,
    /// What will change.
    pub writes: Writes,
    /// What the log will say.
    pub notes: Notes,
    /// On whose behalf a foreign holder of keys is asked.
    pub behalf: Behalf,
    /// Where the work is done; if that is not told, it may block.
    pub place: Option<&'a Place>,
    /// Where it has to be done instead. Nothing has happened then, and whatever else came out does not count.
    pub blocks: Cell<Option<Pool>>,
}

/// On whose behalf a foreign holder of keys is asked: words that it may log.
#[derive(Clone, Debug, Default)]
pub struct Behalf {
    labels: Vec<(&'static str, String)>,
}

impl Behalf {
    /// What is known before a key is.
    pub fn new(operation: &str, request_id: &str, principal: &str) -> Self {
        let labels = [("awsPrincipalArn", principal), ("kmsOperation", operation), ("kmsRequestId", request_id)];
        Self { labels: labels.into_iter().map(|(name, value)| (name, value.to_owned())).collect() }
    }
}

/// What the log will say of a request.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// What was asked.
    pub request: Parameters,
    /// What was answered, where it is logged.
    pub response: Option<Parameters>,
    /// What else is told.
    pub additional: Parameters,
    /// What was touched.
    pub resources: Vec<Resource>,
    /// What was decided.
    pub decision: Option<Decision>,
    /// What the caller may be told of the reason.
    pub told: String,
}

/// What a name led to.
#[derive(Clone, Debug)]
pub enum Found {
    /// A key, and how it was named.
    Here(Arc<Key>, Named),
    /// Nothing, in another account: it must read like a key that may not be used.
    Abroad(KeyName, String),
    /// Nothing that this ciphertext could belong to.
    Ciphertext(KeyName),
}

/// Whether an operation takes aliases where it takes a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aliases {
    /// It does.
    Accept,
    /// It takes keys alone.
    Refuse,
}

impl Found {
    /// What a question about it is about.
    pub fn on(&self) -> On {
        match self {
            Self::Here(key, named) => On::Key(Arc::clone(key), named.clone()),
            Self::Abroad(name, shown) => On::NoKey(name.clone(), shown.clone()),
            Self::Ciphertext(name) => On::Ciphertext(name.clone()),
        }
    }

    /// The key, if it is there.
    pub fn key(&self) -> Option<&Arc<Key>> {
        match self {
            Self::Here(key, _) => Some(key),
            Self::Abroad(..) | Self::Ciphertext(_) => None,
        }
    }
}

impl<'a> Desk<'a> {
    /// A clean desk.
    pub fn new(kms: &'a Kms, caller: &'a Caller) -> Self {
        let now = kms.parts.clock.now();
        Self {
            kms,
            caller,
            now,
            seen: Vec::new(),
            searched: Cell::new(None),
            strict: false,
            writes: Writes::default(),
            notes: Notes::default(),
            behalf: Behalf::default(),
            place: None,
            blocks: Cell::new(None),
        }
    }

    /// Whether the work has to move to a pool before it goes on. It stays where it may block anyhow, but nobody waits for
    /// a custom key store except those who want it.
    pub(crate) fn moves_to(&self, pool: Pool) -> bool {
        let moves = match (self.place, &pool) {
            (None, _) => false,
            (Some(Place::Here), _) => true,
            (Some(Place::Pool(here)), Pool::KeyStore(_)) => *here != pool,
            (Some(Place::Pool(_)), _) => false,
        };
        if moves {
            self.blocks.set(Some(pool));
        }
        moves
    }

    /// Searches the state; the answer holds for the version of it that was searched first.
    pub fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        let state = self.kms.state.read().unwrap_or_else(PoisonError::into_inner);
        self.searched.set(self.searched.get().or(Some(state.version())));
        read(&state)
    }

    /// Refuses one more of what a state may have so many of. Near the bound nothing else may change before this does, so
    /// that it is kept by all nodes together.
    pub fn stay_below(&mut self, most: usize, what: &str, count: impl FnOnce(&State) -> usize) -> Result<(), Refusal> {
        let count = self.read(count);
        self.strict |= count.saturating_add(NEAR_A_BOUND) >= most;
        match count >= most {
            true => Err(Refusal::new(Why::LimitExceeded, format!("More than {most} {what}."))),
            false => Ok(()),
        }
    }

    fn look<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.kms.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The court that decides for this caller.
    pub fn court(&self) -> Court<'_> {
        Court { directory: &self.kms.parts.directory, caller: self.caller, now: self.now }
    }

    /// Asks one more question on the way, and notes a no for the log.
    pub fn ask(&mut self, question: &crate::authorize::Question) -> Result<(), Refusal> {
        let judgement = self.court().judge(question);
        match judgement.refusal {
            None => Ok(()),
            Some(refusal) => {
                self.notes.decision = Some(judgement.logged);
                self.notes.told = judgement.told;
                Err(refusal)
            }
        }
    }

    /// The key of a name, and remembers which revision of it was looked at.
    pub fn key(&mut self, name: &KeyName) -> Option<Arc<Key>> {
        let key = self.look(|state| state.key(name).cloned());
        self.seen.push((name.row(), key.as_ref().map_or(0, |key| key.revision)));
        key
    }

    /// The alias of a name, remembered likewise.
    pub fn alias(&mut self, name: &AliasName) -> Option<Alias> {
        let alias = self.look(|state| state.alias(name).cloned());
        self.seen.push((name.row(), alias.as_ref().map_or(0, |alias| alias.revision)));
        alias
    }

    /// What a caller's text names.
    pub fn find(&mut self, text: &str, aliases: Aliases) -> Result<Found, Refusal> {
        let not_found = |message: String| Refusal::new(Why::NotFound, message);
        let (account, region) = (self.caller.account.clone(), self.caller.region().to_owned());
        let found = match Written::read(text, &account, &region) {
            Written::Key(name) => match self.key(&name) {
                Some(key) => Found::Here(key, Named::Itself),
                None if name.account == account => {
                    return Err(not_found(format!("Key '{}' does not exist", name.arn())));
                }
                None => Found::Abroad(name, text.to_owned()),
            },
            Written::Alias(_) if aliases == Aliases::Refuse => {
                return Err(not_found(format!("Invalid keyId '{text}'")));
            }
            Written::Alias(name) => match self.behind(&name) {
                Some(key) => Found::Here(key, Named::Alias(name.name)),
                None if name.account == account => {
                    return Err(not_found(format!("Alias {} is not found.", name.arn())));
                }
                None => {
                    let nobody = KeyName { account: name.account, region: name.region, id: NO_KEY.to_owned() };
                    Found::Abroad(nobody, text.to_owned())
                }
            },
            Written::OtherRegion(region) => return Err(not_found(format!("Invalid arn {region}"))),
            Written::OtherArn => return Err(Refusal::new(Why::InvalidArn, format!("Invalid arn {text}"))),
            Written::Malformed => return Err(not_found(format!("Invalid keyId '{text}'"))),
        };
        self.touch(&found);
        Ok(found)
    }

    /// The key that a ciphertext names.
    pub fn find_by_ciphertext(&mut self, ciphertext: &[u8]) -> Result<Found, Refusal> {
        let material = wardbook_backend::blob::material(ciphertext);
        let material = material.ok_or_else(|| Refusal::new(Why::InvalidCiphertext, ""))?;
        let region = self.caller.region().to_owned();
        let name = self.read(|state| state.key_of_material(&region, material).map(|key| key.name.clone()));
        let found = match name.and_then(|name| self.key(&name)) {
            Some(key) => Found::Here(key, Named::Ciphertext),
            None => {
                let account = self.caller.account.clone();
                Found::Ciphertext(KeyName { account, region, id: NO_KEY.to_owned() })
            }
        };
        self.touch(&found);
        Ok(found)
    }

    /// The key behind an alias.
    pub fn behind(&mut self, name: &AliasName) -> Option<Arc<Key>> {
        let alias = match self.alias(name) {
            None if managed::make(name, self) == Ok(true) => {
                self.seen.pop();
                self.alias(name)?
            }
            alias => alias?,
        };
        let key = KeyName { account: name.account.clone(), region: name.region.clone(), id: alias.record.key };
        self.key(&key)
    }

    /// The siblings of a multi-Region key in other regions.
    pub fn siblings(&mut self, key: &Key) -> Vec<Arc<Key>> {
        let Some(multi) = &key.record.multi_region else { return Vec::new() };
        let regions =
            std::iter::once(&multi.primary).chain(&multi.replicas).filter(|region| **region != key.name.region);
        let names: Vec<KeyName> =
            regions.map(|region| KeyName { region: region.clone(), ..key.name.clone() }).collect();
        names.iter().filter_map(|name| self.key(name)).collect()
    }

    /// Stops a request that only asks, where it would begin to act.
    pub fn stop_if_dry(&self, dry_run: Option<bool>) -> Result<(), Refusal> {
        match dry_run {
            Some(true) => {
                Err(Refusal::new(Why::DryRun, "The request would have succeeded, but the DryRun option is set."))
            }
            _ => Ok(()),
        }
    }

    /// Random bytes.
    pub fn random<const N: usize>(&self) -> Result<[u8; N], Refusal> {
        let mut bytes = [0; N];
        self.kms.parts.random.fill(&mut bytes).map_err(|_| Refusal::new(Why::Internal, ""))?;
        Ok(bytes)
    }

    /// A fresh UUID.
    pub fn uuid(&self) -> Result<String, Refusal> {
        Ok(uuid(self.random()?))
    }

    /// A fresh id of a key.
    pub fn key_id(&self, multi_region: bool) -> Result<String, Refusal> {
        match multi_region {
            true => Ok(format!("mrk-{}", hex(&self.random::<16>()?))),
            false => self.uuid(),
        }
    }

    /// A call to the backend, which has to end.
    pub fn call<'b>(&'b self, labels: &'b [(&'b str, &'b str)]) -> Call<'b> {
        Call::within(&self.kms.parts.stopwatch, BACKEND_TIME).with_labels(labels)
    }

    /// The words that go with a call.
    pub fn labels(&self) -> Vec<(&str, &str)> {
        self.behalf.labels.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }

    /// Names the key on whose behalf foreign holders are asked.
    pub fn label(&mut self, key: Option<String>) {
        self.behalf.labels.extend(key.map(|arn| ("kmsKeyArn", arn)));
    }

    /// Who holds the key: the backend, or a custom key store that is connected.
    pub fn holder(&self, key: &Key) -> Result<Arc<dyn Backend>, Refusal> {
        let Some(id) = &key.record.key_store else { return Ok(Arc::clone(&self.kms.parts.backend)) };
        let KeyName { account, region, .. } = key.name.clone();
        let name = StoreName { account, region, id: id.clone() };
        let record = self.look(|state| state.key_store(&name).map(|store| store.record.clone()));
        match record.filter(|record| record.connection == Connection::Connected) {
            Some(record) => {
                let backend = self.kms.parts.key_stores.backend(&name, &record);
                backend.map_err(|error| refused(error, &key.name.arn()))
            }
            None => Err(unavailable(key)),
        }
    }

    /// The state of a key; one whose store is not connected cannot be used, whatever its own state says.
    pub fn state_of(&mut self, key: &Key) -> KeyState {
        let own = key.record.key_state();
        let Some(id) = &key.record.key_store else { return own };
        let KeyName { account, region, .. } = key.name.clone();
        let store = self.key_store(&StoreName { account, region, id: id.clone() });
        let connected = store.is_some_and(|store| store.record.connection == Connection::Connected);
        match own {
            KeyState::Enabled | KeyState::Disabled if !connected => KeyState::Unavailable,
            own => own,
        }
    }

    /// The custom key store of a name, and remembers which revision of it was looked at.
    pub fn key_store(&mut self, name: &StoreName) -> Option<KeyStore> {
        let store = self.look(|state| state.key_store(name).cloned());
        self.seen.push((name.row(), store.as_ref().map_or(0, |store| store.revision)));
        store
    }

    /// The key's current material, open for use.
    pub fn open(&self, key: &Key) -> Result<Arc<KeyHandle>, Refusal> {
        let current = key.record.current().and_then(crate::state::Material::material_id);
        self.open_material(key, current.ok_or_else(|| unavailable(key))?)
    }

    /// One material of a key, open for use.
    pub fn open_material(&self, key: &Key, material: MaterialId) -> Result<Arc<KeyHandle>, Refusal> {
        let kept = key.record.material(material).ok_or_else(|| Refusal::new(Why::InvalidCiphertext, ""))?;
        let pending = || Refusal::new(Why::InvalidState, format!("{} is pending import.", key.name.arn()));
        let token = kept.token.as_ref().ok_or_else(pending)?;
        let elsewhere = || Refusal::new(Why::Internal, "the key is not at hand");
        if let Some(id) = &key.record.key_store {
            let KeyName { account, region, .. } = key.name.clone();
            if self.moves_to(Pool::KeyStore(StoreName { account, region, id: id.clone() })) {
                return Err(elsewhere());
            }
        }
        let opened = self.kms.opened.find(&key.name, material);
        if !opened.as_deref().is_some_and(is_quick) && self.moves_to(Pool::Backend) {
            return Err(elsewhere());
        }
        // One whose store is not connected any more is not used, open or not.
        let holder = self.holder(key)?;
        if let Some(opened) = opened {
            return Ok(opened);
        }
        let binding = binding(key, material)?;
        self.kms.opened.open((&key.name, material), || {
            let bytes = STANDARD.decode(token).map_err(|_| BackendError::InvalidToken)?;
            holder.open(&KeyToken::from_bytes(&bytes)?, &binding, &self.call(&self.labels()))
        })
    }
}

/// Whether an open key does what is asked of keys in microseconds.
fn is_quick(handle: &KeyHandle) -> bool {
    use OperationKind::{Decrypt, Encrypt, GenerateDataKey, Mac, Sign, Verify, VerifyMac};
    let asked = |row: &&Capability| {
        matches!(row.operation, Encrypt | Decrypt | GenerateDataKey | Mac | VerifyMac | Sign | Verify)
    };
    handle.capabilities().iter().filter(asked).all(|row| row.cost == Cost::Inline)
}

/// The id that nothing has.
const NO_KEY: &str = "00000000-0000-0000-0000-000000000000";

fn unavailable(key: &Key) -> Refusal {
    Refusal::new(Why::KeyUnavailable, format!("{} is unavailable.", key.name.arn()))
}

/// What a material belongs to. Siblings of a multi-Region key share their material, so the region is no part of it.
pub fn binding(key: &Key, material: MaterialId) -> Result<Binding, Refusal> {
    bind(&key.name, &key.record.spec, &key.record.usage, material)
}

/// The same for a key that is being made.
pub fn bind(name: &KeyName, spec: &str, usage: &str, material: MaterialId) -> Result<Binding, Refusal> {
    let id = format!("{}/{}", name.account, name.id);
    let spec = backend_spec(spec, &name.region)?;
    let usage: Usage = usage.parse().map_err(|_| Refusal::new(Why::Internal, "unknown usage"))?;
    Binding::new(&id, material, spec, usage).map_err(|error| refused(error, ""))
}

/// The spec as the backend has it: where SM algorithms are the law, the default is one of them.
pub fn backend_spec(spec: &str, region: &str) -> Result<KeySpec, Refusal> {
    if spec == "SYMMETRIC_DEFAULT" && region.starts_with("cn-") {
        return Ok(KeySpec::Sm4);
    }
    spec.parse().map_err(|_| Refusal::new(Why::Internal, "unknown spec"))
}

/// What the caller is told of a backend's error.
pub fn refused(error: BackendError, arn: &str) -> Refusal {
    match error {
        BackendError::InvalidCiphertext => Refusal::new(Why::InvalidCiphertext, ""),
        BackendError::InvalidSignature => Refusal::new(Why::InvalidSignature, ""),
        BackendError::InvalidMac => Refusal::new(Why::InvalidMac, ""),
        BackendError::InvalidInput(error) => Refusal::new(Why::Validation, error.to_string()),
        BackendError::Unsupported { .. } | BackendError::WrappingUnsupported { .. } => {
            Refusal::new(Why::Unsupported, error.to_string())
        }
        BackendError::WrongUsage { .. } => Refusal::new(Why::InvalidKeyUsage, error.to_string()),
        BackendError::ContextRefused { .. } => {
            Refusal::new(Why::Validation, "EncryptionContext is not supported when using asymmetric keys.")
        }
        BackendError::InvalidImportSession => Refusal::new(Why::InvalidImportToken, ""),
        BackendError::InvalidImport => Refusal::new(Why::InvalidCiphertext, ""),
        BackendError::UnfitMaterial => Refusal::new(Why::IncorrectKeyMaterial, ""),
        BackendError::Throttled => Refusal::new(Why::Throttling, THROTTLED),
        BackendError::Timeout => Refusal::new(Why::DependencyTimeout, ""),
        BackendError::NotFound
        | BackendError::InvalidState
        | BackendError::AccessDenied
        | BackendError::Destroyed
        | BackendError::LimitReached
        | BackendError::Unavailable => Refusal::new(Why::KeyUnavailable, format!("{arn} is unavailable.")),
        BackendError::InvalidToken | BackendError::RootMissing | BackendError::Integrity | BackendError::Internal => {
            Refusal::new(Why::Internal, "")
        }
    }
}

/// What whoever asks too much is told.
pub const THROTTLED: &str = "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.";
