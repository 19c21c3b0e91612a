//! A change of the root key: what is wrapped under the old one is wrapped under the new one, key by key, while requests
//! are answered.
//!
//! Each key is one change of its row, with an event in the same transaction; whoever changes the key meanwhile is not
//! lost, and a process that ends in the middle leaves keys of both kinds, which is what the next one begins with.

use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use wardbook_audit::event::Parameters;
use wardbook_backend::token::KeyToken;

use crate::caller::Caller;
use crate::desk::{Desk, binding, refused};
use crate::event::service_event;
use crate::kms::Kms;
use crate::limits::ATTEMPTS_MAX;
use crate::name::KeyName;
use crate::refusal::{Refusal, Why};
use crate::store::StoreError;

/// How far a change of the root key is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewrapped {
    /// How many keys there are.
    pub keys: usize,
    /// How many of them are under the new root key for certain.
    pub done: usize,
    /// How many were not, and were moved.
    pub moved: usize,
    /// Keys that could not be moved, and why.
    pub failures: Vec<(String, String)>,
}

impl Rewrapped {
    /// Whether nothing is under the old root key any more.
    pub fn is_whole(&self) -> bool {
        self.done == self.keys
    }
}

/// The name of the event that each key which was moved leaves.
const EVENT: &str = "RewrapKey";
/// What is under the root key besides keys: the parent of all seals.
const BESIDES: usize = 1;

impl Kms {
    /// Says that everything may be under the old root key, until a pass has shown that nothing is.
    pub fn rewrap_begins(&self) {
        let keys = self.state.read().unwrap_or_else(PoisonError::into_inner).keys().count();
        self.rewrap_left.store(keys + BESIDES, Ordering::Relaxed);
    }

    /// Looks at every key once and moves it if need be. When all are done, what the store keeps under the names
    /// `others` for the old root key is forgotten.
    pub fn rewrap(
        &self,
        stop: &AtomicBool,
        others: &[String],
        told: &mut dyn FnMut(&Rewrapped),
    ) -> Result<Rewrapped, StoreError> {
        self.catch_up().map_err(|refusal| StoreError::Unavailable(refusal.message))?;
        let names: Vec<KeyName> = {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            state.keys().map(|key| key.name.clone()).collect()
        };
        let mut pass = Rewrapped { keys: names.len(), ..Rewrapped::default() };
        self.rewrap_left.store(pass.keys + BESIDES, Ordering::Relaxed);
        for name in names {
            if stop.load(Ordering::SeqCst) {
                return Ok(pass);
            }
            match self.rewrap_key(&name) {
                Ok(moved) => {
                    pass.done += 1;
                    pass.moved += usize::from(moved);
                }
                Err(refusal) => pass.failures.push((name.arn(), refusal.message)),
            }
            self.rewrap_left.store(pass.keys - pass.done + BESIDES, Ordering::Relaxed);
            told(&pass);
        }
        if pass.is_whole() {
            others.iter().try_for_each(|name| self.parts.store.forget(name))?;
            self.rewrap_left.store(0, Ordering::Relaxed);
        }
        Ok(pass)
    }

    /// Moves one key. Whether it had to be.
    fn rewrap_key(&self, name: &KeyName) -> Result<bool, Refusal> {
        for _ in 0..ATTEMPTS_MAX {
            let caller = Caller::service(&name.region)?;
            let mut desk = Desk::new(self, &caller);
            // One that is gone is under no root key.
            let Some(key) = desk.key(name) else { return Ok(false) };
            let (holder, mut record, mut moved) = (desk.holder(&key)?, key.record.clone(), false);
            for material in &mut record.materials {
                let (Some(id), Some(token)) = (material.material_id(), &material.token) else { continue };
                let bytes = STANDARD.decode(token).map_err(|_| Refusal::new(Why::Internal, "a token is no base64"))?;
                let failed = |error: wardbook_backend::error::BackendError| {
                    let message = format!("its token cannot be moved: {error}");
                    Refusal { message, ..refused(error, &name.arn()) }
                };
                let token = KeyToken::from_bytes(&bytes).map_err(failed)?;
                let fresh = holder.rewrap(&token, &binding(&key, id)?, &desk.call(&[])).map_err(failed)?;
                if let Some(fresh) = fresh {
                    material.token = Some(STANDARD.encode(fresh.as_bytes()));
                    moved = true;
                }
            }
            if !moved {
                return Ok(false);
            }
            let [policy] = &key.policy;
            desk.writes.key(name, record, policy);
            let event = service_event(EVENT, name, desk.now, Parameters::default(), &*self.parts.random)?;
            let Desk { seen, writes, .. } = desk;
            if self.conclude(&seen, &writes, event)? {
                return Ok(true);
            }
            self.catch_up()?;
        }
        Err(Refusal::new(Why::Throttling, "it changes all the time"))
    }
}
