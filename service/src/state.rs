//! What is: keys with their policies, aliases and grants, in memory as they stand in the store.

mod record;
mod renew;
mod rows;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use wardbook_backend::token::MaterialId;
use wardbook_policy::grant::Grant;
use wardbook_policy::policy::Policy;

use crate::name::{AliasName, KeyName, StoreName};

pub use record::{
    AliasRecord, Connection, GrantRecord, Hidden, Import, KeyRecord, KeyStoreRecord, Material, MaterialState,
    MultiRegion, Rotated, Rotation, StoreKind,
};
pub use renew::{Fresh, Part};
pub use rows::{LoadError, Writes};

/// Everything, at one moment.
#[derive(Default)]
pub struct State {
    keys: BTreeMap<KeyName, Arc<Key>>,
    aliases: BTreeMap<AliasName, Alias>,
    materials: HashMap<(String, MaterialId), KeyName>,
    key_stores: BTreeMap<StoreName, KeyStore>,
    version: u64,
}

/// A custom key store.
#[derive(Clone, Debug)]
pub struct KeyStore {
    /// What is kept of it.
    pub record: KeyStoreRecord,
    /// Which revision of it this is.
    pub revision: u64,
}

/// A key, with all that belongs to it. Its revision changes with any of it.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its name.
    pub name: KeyName,
    /// What is kept of it.
    pub record: KeyRecord,
    /// Its policy, compiled.
    pub policy: [Policy; 1],
    /// SHA-256 of the text of its policy, in hexadecimal.
    pub policy_digest: String,
    /// Its aliases, sorted.
    pub aliases: Vec<String>,
    /// Its grants.
    pub grants: Arc<Grants>,
    /// Which revision of it this is.
    pub revision: u64,
}

impl Key {
    /// A key that nobody has given an alias or a grant, and that no store has yet.
    pub(crate) fn fresh(name: KeyName, record: KeyRecord, policy: Policy) -> Arc<Key> {
        Arc::new(Key {
            name,
            record,
            policy: [policy],
            policy_digest: String::new(),
            aliases: Vec::new(),
            grants: Arc::default(),
            revision: 0,
        })
    }
}

/// The grants of a key, in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub struct Grants {
    /// As they are kept.
    pub records: Vec<GrantRecord>,
    /// As they decide, in the same order.
    pub compiled: Vec<Grant>,
}

/// An alias.
#[derive(Clone, Debug)]
pub struct Alias {
    /// What is kept of it.
    pub record: AliasRecord,
    /// Which revision of it this is.
    pub revision: u64,
}

impl State {
    /// The key of a name.
    pub fn key(&self, name: &KeyName) -> Option<&Arc<Key>> {
        self.keys.get(name)
    }

    /// The alias of a name.
    pub fn alias(&self, name: &AliasName) -> Option<&Alias> {
        self.aliases.get(name)
    }

    /// The key of a region that has this material, in whatever account.
    pub fn key_of_material(&self, region: &str, material: MaterialId) -> Option<&Arc<Key>> {
        self.keys.get(self.materials.get(&(region.to_owned(), material))?)
    }

    /// The keys of an account in a region, sorted by id.
    pub fn keys_of(&self, account: &str, region: &str) -> impl Iterator<Item = &Arc<Key>> {
        let start = KeyName { account: account.to_owned(), region: region.to_owned(), id: String::new() };
        let (account, region) = (start.account.clone(), start.region.clone());
        let own = move |name: &KeyName| name.account == account && name.region == region;
        self.keys.range(start..).take_while(move |(name, _)| own(name)).map(|(_, key)| key)
    }

    /// The aliases of an account in a region, sorted by name.
    pub fn aliases_of(&self, account: &str, region: &str) -> impl Iterator<Item = (&AliasName, &Alias)> {
        let start = AliasName { account: account.to_owned(), region: region.to_owned(), name: String::new() };
        let (account, region) = (start.account.clone(), start.region.clone());
        self.aliases.range(start..).take_while(move |(name, _)| name.account == account && name.region == region)
    }

    /// The custom key store of a name.
    pub fn key_store(&self, name: &StoreName) -> Option<&KeyStore> {
        self.key_stores.get(name)
    }

    /// The custom key stores of an account in a region, sorted by id.
    pub fn key_stores_of(&self, account: &str, region: &str) -> impl Iterator<Item = (&StoreName, &KeyStore)> {
        let (account, region) = (account.to_owned(), region.to_owned());
        self.key_stores.iter().filter(move |(name, _)| name.account == account && name.region == region)
    }

    /// Every key.
    pub fn keys(&self) -> impl Iterator<Item = &Arc<Key>> {
        self.keys.values()
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "State({} keys, {} aliases)", self.keys.len(), self.aliases.len())
    }
}
