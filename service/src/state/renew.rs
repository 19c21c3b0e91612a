//! What other processes changed, brought into memory.

use std::collections::BTreeSet;
use std::sync::Arc;

use wardbook_backend::token::MaterialId;

use super::rows::{key_behind, key_name};
use super::{Grants, Key, KeyRecord, LoadError, Material, State};
use crate::name::{AliasName, KeyName, StoreName};
use crate::seal::Sealer;
use crate::store::{Kind, News, RowId, Seen};

/// News that were understood, all of them.
#[derive(Debug)]
pub enum Fresh {
    /// Everything there is.
    Whole(State),
    /// What has changed.
    Part(Part),
}

/// What has changed: rows that were made or changed, as a state of their own, and names of rows that are gone.
///
/// INVARIANT: whoever changes what belongs to a key touches its row too ([`super::Writes`]), so the key is here with it.
#[derive(Debug)]
pub struct Part {
    changed: State,
    gone: Vec<RowId>,
}

impl Fresh {
    /// Understands every row, or none.
    pub fn understand(news: News, sealer: &Sealer) -> Result<Self, LoadError> {
        let changed = State::whole(&news, sealer)?;
        Ok(match news.whole {
            true => Self::Whole(changed),
            false => Self::Part(Part { changed, gone: news.gone }),
        })
    }
}

impl State {
    /// A state from rows that are all there is, at their version.
    pub fn whole(news: &News, sealer: &Sealer) -> Result<Self, LoadError> {
        let mut state = Self::load(&news.changed, sealer)?;
        state.version = news.version;
        Ok(state)
    }

    /// The version of the store that this is.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Whether everything has the revision that was seen.
    pub fn is_at(&self, seen: &[Seen]) -> bool {
        seen.iter().all(|(id, revision)| match id.kind {
            Kind::Key => {
                key_name(&id.name).is_some_and(|name| self.key(&name).map_or(0, |key| key.revision) == *revision)
            }
            Kind::Alias => alias_name(&id.name)
                .is_some_and(|name| self.alias(&name).map_or(0, |alias| alias.revision) == *revision),
            Kind::KeyStore => store_name(&id.name)
                .is_some_and(|name| self.key_store(&name).map_or(0, |store| store.revision) == *revision),
            // A grant is seen through its key, whose revision changes with it.
            Kind::Grant => false,
        })
    }

    /// Brings in what has changed. Gives the keys of which some material is gone.
    pub fn renew(&mut self, part: Part) -> Vec<KeyName> {
        let Part { changed, gone } = part;
        let mut lost = Vec::new();
        for id in &gone {
            self.take_away(id, &mut lost);
        }
        for (name, key) in changed.keys {
            let key = Arc::unwrap_or_clone(key);
            let key = match self.keys.get(&name).cloned() {
                None => key,
                Some(before) => {
                    self.forget_materials(&before);
                    if has_lost(&before.record, &key.record) {
                        lost.push(name.clone());
                    }
                    merged(&before, key)
                }
            };
            for material in key.record.materials.iter().filter_map(Material::material_id) {
                self.materials.insert((name.region.clone(), material), name.clone());
            }
            self.keys.insert(name, Arc::new(key));
        }
        for (name, alias) in changed.aliases {
            let target = alias.record.key.clone();
            if let Some(before) = self.aliases.insert(name.clone(), alias)
                && before.record.key != target
            {
                self.unname(&name, &before.record.key);
            }
            if let Some(key) = self.key_mut(&key_behind(&name, &target))
                && let Err(place) = key.aliases.binary_search(&name.name)
            {
                key.aliases.insert(place, name.name);
            }
        }
        for (name, store) in changed.key_stores {
            self.lose(&name, &mut lost);
            self.key_stores.insert(name, store);
        }
        self.version = changed.version;
        lost
    }

    /// Whatever is open in a custom key store that changed may be somewhere else.
    fn lose(&self, store: &StoreName, lost: &mut Vec<KeyName>) {
        let keys = self.keys_of(&store.account, &store.region);
        let held = keys.filter(|key| key.record.key_store.as_ref() == Some(&store.id));
        lost.extend(held.map(|key| key.name.clone()));
    }

    fn take_away(&mut self, id: &RowId, lost: &mut Vec<KeyName>) {
        match id.kind {
            Kind::Key => {
                if let Some(key) = key_name(&id.name).and_then(|name| self.keys.remove(&name)) {
                    self.forget_materials(&key);
                    lost.push(key.name.clone());
                }
            }
            Kind::Alias => {
                if let Some(name) = alias_name(&id.name)
                    && let Some(before) = self.aliases.remove(&name)
                {
                    self.unname(&name, &before.record.key);
                }
            }
            Kind::KeyStore => {
                if let Some(name) = store_name(&id.name) {
                    self.lose(&name, lost);
                    self.key_stores.remove(&name);
                }
            }
            Kind::Grant => {
                let Some((key, grant)) = id.name.rsplit_once('/') else { return };
                let Some(key) = key_name(key).and_then(|name| self.keys.get_mut(&name)) else { return };
                let grants = Arc::make_mut(&mut Arc::make_mut(key).grants);
                if let Some(place) = grants.records.iter().position(|known| known.id == grant) {
                    grants.records.remove(place);
                    grants.compiled.remove(place);
                }
            }
        }
    }
}

/// A key as it is, with what belongs to it: what was known, and what has come.
fn merged(before: &Key, mut key: Key) -> Key {
    let mut aliases: BTreeSet<String> = before.aliases.iter().cloned().collect();
    aliases.append(&mut key.aliases.into_iter().collect());
    key.aliases = aliases.into_iter().collect();
    if key.grants.records.is_empty() {
        key.grants = Arc::clone(&before.grants);
        return key;
    }
    let come: BTreeSet<&str> = key.grants.records.iter().map(|grant| grant.id.as_str()).collect();
    let known = before.grants.records.iter().zip(&before.grants.compiled);
    let known = known.filter(|(record, _)| !come.contains(record.id.as_str()));
    let mut both: Vec<_> = known.chain(key.grants.records.iter().zip(&key.grants.compiled)).collect();
    both.sort_by(|(left, _), (right, _)| (left.created, &left.id).cmp(&(right.created, &right.id)));
    let (records, compiled) = both.into_iter().map(|(record, grant)| (record.clone(), grant.clone())).unzip();
    key.grants = Arc::new(Grants { records, compiled });
    key
}

/// Whether some material could be used before and cannot any more.
fn has_lost(before: &KeyRecord, after: &KeyRecord) -> bool {
    let usable = |record: &KeyRecord| -> BTreeSet<MaterialId> {
        let materials = record.materials.iter().filter(|material| material.token.is_some());
        materials.filter_map(Material::material_id).collect()
    };
    !usable(before).is_subset(&usable(after))
}

fn alias_name(text: &str) -> Option<AliasName> {
    let mut parts = text.splitn(3, '/').map(str::to_owned);
    Some(AliasName { account: parts.next()?, region: parts.next()?, name: parts.next()? })
}

fn store_name(text: &str) -> Option<StoreName> {
    let KeyName { account, region, id } = key_name(text)?;
    Some(StoreName { account, region, id })
}
