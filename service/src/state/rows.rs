//! Between what is and the rows that keep it: every row sealed to its own name, every change made in both places.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use wardbook_policy::catalogue::KeyState;
use wardbook_policy::grant::Grant;
use wardbook_policy::json;
use wardbook_policy::policy::{Policy, PolicyKind};

use super::{Alias, AliasRecord, GrantRecord, Grants, Key, KeyRecord, KeyStore, KeyStoreRecord, State};
use crate::document::compile;
use crate::name::{AliasName, KeyName, StoreName, hex};
use crate::seal::{SealError, Sealer};
use crate::store::{Change, Kind, Row, RowId};

/// Why rows could not be understood. Then nothing is served: what is missing might deny.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("row `{row}`: {message}")]
pub struct LoadError {
    /// Which row.
    pub row: String,
    /// What is wrong with it.
    pub message: String,
}

/// What a request changes: gathered while it is worked on, made all at once.
#[derive(Clone, Debug, Default)]
pub struct Writes {
    made: Vec<Write>,
}

#[derive(Clone, Debug)]
enum Write {
    Key(KeyName, Box<KeyRecord>, Policy),
    NoKey(KeyName),
    Alias(AliasName, AliasRecord),
    NoAlias(AliasName),
    Grant(KeyName, Box<GrantRecord>, Box<Grant>),
    NoGrant(KeyName, String),
    Touch(KeyName),
    KeyStore(StoreName, Box<KeyStoreRecord>),
    NoKeyStore(StoreName),
}

const PURPOSE: &str = "row";

impl KeyName {
    /// The row that keeps the key.
    pub fn row(&self) -> RowId {
        RowId::new(Kind::Key, &[&self.account, &self.region, &self.id])
    }

    fn grant_row(&self, grant: &str) -> RowId {
        RowId::new(Kind::Grant, &[&self.account, &self.region, &self.id, grant])
    }
}

impl AliasName {
    /// The row that keeps the alias.
    pub fn row(&self) -> RowId {
        RowId::new(Kind::Alias, &[&self.account, &self.region, &self.name])
    }
}

impl StoreName {
    /// The row that keeps the custom key store.
    pub fn row(&self) -> RowId {
        RowId::new(Kind::KeyStore, &[&self.account, &self.region, &self.id])
    }
}

impl Writes {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.made.is_empty()
    }

    /// Keys that are gone, or of whose material something is.
    pub(crate) fn emptied(&self) -> impl Iterator<Item = &KeyName> {
        self.made.iter().filter_map(|write| match write {
            Write::Key(name, record, _) => {
                let lacks = record.materials.iter().any(|material| material.token.is_none());
                lacks.then_some(name)
            }
            Write::NoKey(name) => Some(name),
            _ => None,
        })
    }

    /// Makes or changes a key. The policy is that of the record.
    pub fn key(&mut self, name: &KeyName, record: KeyRecord, policy: &Policy) {
        self.made.push(Write::Key(name.clone(), Box::new(record), policy.clone()));
    }

    /// Takes a key away, with its aliases and grants.
    pub fn no_key(&mut self, key: &Key) {
        let KeyName { account, region, .. } = &key.name;
        for alias in &key.aliases {
            let (account, region) = (account.clone(), region.clone());
            self.made.push(Write::NoAlias(AliasName { account, region, name: alias.clone() }));
        }
        for grant in &key.grants.records {
            self.made.push(Write::NoGrant(key.name.clone(), grant.id.clone()));
        }
        self.made.push(Write::NoKey(key.name.clone()));
    }

    /// Makes or moves an alias; the keys that it belongs to, before and after, count as changed.
    pub fn alias(&mut self, name: &AliasName, record: AliasRecord, keys: &[&KeyName]) {
        self.made.push(Write::Alias(name.clone(), record));
        self.made.extend(keys.iter().map(|key| Write::Touch((*key).clone())));
    }

    /// Takes an alias away; its key counts as changed.
    pub fn no_alias(&mut self, name: &AliasName, key: Option<&KeyName>) {
        self.made.push(Write::NoAlias(name.clone()));
        self.made.extend(key.map(|key| Write::Touch(key.clone())));
    }

    /// Makes a grant; its key counts as changed.
    pub fn grant(&mut self, key: &KeyName, record: GrantRecord) -> Result<(), String> {
        let compiled = compiled(key, &record)?;
        self.made.push(Write::Grant(key.clone(), Box::new(record), Box::new(compiled)));
        self.made.push(Write::Touch(key.clone()));
        Ok(())
    }

    /// Takes a grant away; its key counts as changed.
    pub fn no_grant(&mut self, key: &KeyName, grant: &str) {
        self.made.push(Write::NoGrant(key.clone(), grant.to_owned()));
        self.made.push(Write::Touch(key.clone()));
    }

    /// Makes or changes a custom key store.
    pub fn key_store(&mut self, name: &StoreName, record: KeyStoreRecord) {
        self.made.push(Write::KeyStore(name.clone(), Box::new(record)));
    }

    /// Takes a custom key store away.
    pub fn no_key_store(&mut self, name: &StoreName) {
        self.made.push(Write::NoKeyStore(name.clone()));
    }

    /// The same as changes of rows.
    pub fn changes(&self, sealer: &Sealer) -> Result<Vec<Change>, SealError> {
        let put = |id: RowId, body: Vec<u8>| {
            let sealed = sealer.seal(PURPOSE, &[id.kind.word(), &id.name], &body)?;
            Ok(Change::Put(id, sealed))
        };
        self.made
            .iter()
            .map(|write| match write {
                Write::Key(name, record, _) => put(name.row(), bytes(record)?),
                Write::NoKey(name) => Ok(Change::Delete(name.row())),
                Write::Alias(name, record) => put(name.row(), bytes(record)?),
                Write::NoAlias(name) => Ok(Change::Delete(name.row())),
                Write::Grant(key, record, _) => put(key.grant_row(&record.id), bytes(record)?),
                Write::NoGrant(key, grant) => Ok(Change::Delete(key.grant_row(grant))),
                Write::Touch(key) => Ok(Change::Touch(key.row())),
                Write::KeyStore(name, record) => put(name.row(), bytes(record)?),
                Write::NoKeyStore(name) => Ok(Change::Delete(name.row())),
            })
            .collect()
    }
}

fn bytes(record: &impl Serialize) -> Result<Vec<u8>, SealError> {
    serde_json::to_vec(record).map_err(|_| SealError::Closed)
}

fn compiled(key: &KeyName, record: &GrantRecord) -> Result<Grant, String> {
    let value = json::parse(&record.json(&key.arn())).map_err(|error| error.to_string())?;
    Grant::read(&value).map_err(|problem| problem.message.to_string())
}

impl State {
    /// Understands every row, or none.
    pub fn load(rows: &[Row], sealer: &Sealer) -> Result<Self, LoadError> {
        let mut state = Self::default();
        for row in rows {
            let fail = |message: String| LoadError { row: format!("{} {}", row.id.kind.word(), row.id.name), message };
            let body = sealer.open(PURPOSE, &[row.id.kind.word(), &row.id.name], &row.body);
            let body = body.map_err(|error| fail(error.to_string()))?;
            let mut writes = Writes::default();
            match row.id.kind {
                Kind::Key => {
                    let record: KeyRecord = read(&body).map_err(fail)?;
                    if KeyState::from_name(&record.state).is_none() {
                        return Err(fail(format!("unknown state `{}`", record.state)));
                    }
                    let policy = compile(&record.policy, PolicyKind::Key).map_err(fail)?;
                    let name = key_name(&row.id.name).ok_or_else(|| fail("no name of a key".into()))?;
                    writes.key(&name, record, &policy);
                }
                Kind::Alias => {
                    let mut parts = row.id.name.splitn(3, '/').map(str::to_owned);
                    let (Some(account), Some(region), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
                        return Err(fail("no name of an alias".into()));
                    };
                    writes.alias(&AliasName { account, region, name }, read(&body).map_err(fail)?, &[]);
                }
                Kind::KeyStore => {
                    let name = key_name(&row.id.name).ok_or_else(|| fail("no name of a key store".into()))?;
                    let KeyName { account, region, id } = name;
                    writes.key_store(&StoreName { account, region, id }, read(&body).map_err(fail)?);
                }
                Kind::Grant => {
                    let (key, _) = row.id.name.rsplit_once('/').ok_or_else(|| fail("no name of a grant".into()))?;
                    let key = key_name(key).ok_or_else(|| fail("no name of a key".into()))?;
                    let record: GrantRecord = read(&body).map_err(fail)?;
                    let compiled = compiled(&key, &record).map_err(fail)?;
                    writes.made.push(Write::Grant(key, Box::new(record), Box::new(compiled)));
                }
            }
            // A key row carries the latest revision of all that belongs to it.
            state.apply_with(&writes, row.revision, row.id.kind != Kind::Grant);
        }
        for key in state.keys.values_mut() {
            let key = Arc::make_mut(key);
            let grants = Arc::make_mut(&mut key.grants);
            let mut both: Vec<_> = grants.records.drain(..).zip(grants.compiled.drain(..)).collect();
            both.sort_by(|(left, _), (right, _)| (left.created, &left.id).cmp(&(right.created, &right.id)));
            (grants.records, grants.compiled) = both.into_iter().unzip();
        }
        Ok(state)
    }

    /// Makes changes that the store has made, with the revision that it gave them.
    pub fn apply(&mut self, writes: &Writes, revision: u64) {
        self.apply_with(writes, revision, true);
        self.version = revision;
    }

    fn apply_with(&mut self, writes: &Writes, revision: u64, renew: bool) {
        for write in &writes.made {
            match write {
                Write::Key(name, record, policy) => self.put_key(name, record, policy, revision),
                Write::NoKey(name) => {
                    if let Some(key) = self.keys.remove(name) {
                        self.forget_materials(&key);
                    }
                }
                Write::Alias(name, record) => {
                    let before = self.aliases.insert(name.clone(), Alias { record: record.clone(), revision });
                    if let Some(before) = before {
                        self.unname(name, &before.record.key);
                    }
                    if let Some(key) = self.key_mut(&key_behind(name, &record.key)) {
                        let place = key.aliases.binary_search(&name.name).unwrap_or_else(|place| place);
                        key.aliases.insert(place, name.name.clone());
                    }
                }
                Write::NoAlias(name) => {
                    if let Some(before) = self.aliases.remove(name) {
                        self.unname(name, &before.record.key);
                    }
                }
                Write::Grant(name, record, compiled) => {
                    if let Some(key) = self.key_mut(name) {
                        let grants = Arc::make_mut(&mut key.grants);
                        grants.records.push((**record).clone());
                        grants.compiled.push((**compiled).clone());
                        key.revision = if renew { revision } else { key.revision };
                    }
                }
                Write::NoGrant(name, id) => {
                    if let Some(key) = self.key_mut(name) {
                        let grants = Arc::make_mut(&mut key.grants);
                        if let Some(place) = grants.records.iter().position(|grant| grant.id == *id) {
                            grants.records.remove(place);
                            grants.compiled.remove(place);
                        }
                        key.revision = revision;
                    }
                }
                Write::KeyStore(name, record) => {
                    self.key_stores.insert(name.clone(), KeyStore { record: (**record).clone(), revision });
                }
                Write::NoKeyStore(name) => {
                    self.key_stores.remove(name);
                }
                Write::Touch(name) => {
                    if let Some(key) = self.key_mut(name) {
                        key.revision = revision;
                    }
                }
            }
        }
    }

    fn put_key(&mut self, name: &KeyName, record: &KeyRecord, policy: &Policy, revision: u64) {
        let before = self.keys.get(name).cloned();
        if let Some(before) = &before {
            self.forget_materials(before);
        }
        for material in record.materials.iter().filter_map(super::Material::material_id) {
            self.materials.insert((name.region.clone(), material), name.clone());
        }
        let (aliases, grants) = match before {
            Some(key) => (key.aliases.clone(), key.grants.clone()),
            None => (Vec::new(), Arc::new(Grants::default())),
        };
        let policy_digest = hex(&Sha256::digest(record.policy.as_bytes()));
        let (record, policy) = (record.clone(), [policy.clone()]);
        let key = Key { name: name.clone(), record, policy, policy_digest, aliases, grants, revision };
        self.keys.insert(name.clone(), Arc::new(key));
    }

    pub(super) fn forget_materials(&mut self, key: &Key) {
        for material in key.record.materials.iter().filter_map(super::Material::material_id) {
            self.materials.remove(&(key.name.region.clone(), material));
        }
    }

    pub(super) fn unname(&mut self, alias: &AliasName, key: &str) {
        if let Some(key) = self.key_mut(&key_behind(alias, key)) {
            key.aliases.retain(|name| *name != alias.name);
        }
    }

    pub(super) fn key_mut(&mut self, name: &KeyName) -> Option<&mut Key> {
        self.keys.get_mut(name).map(Arc::make_mut)
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| format!("not of its form at column {}", error.column()))
}

pub(super) fn key_name(text: &str) -> Option<KeyName> {
    let mut parts = text.split('/').map(str::to_owned);
    let name = KeyName { account: parts.next()?, region: parts.next()?, id: parts.next()? };
    parts.next().is_none().then_some(name)
}

pub(super) fn key_behind(alias: &AliasName, id: &str) -> KeyName {
    KeyName { account: alias.account.clone(), region: alias.region.clone(), id: id.to_owned() }
}
