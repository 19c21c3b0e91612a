//! What the service does without being asked: deletes keys whose day has come, takes expired material away, rotates by
//! the calendar. Each act leaves one event, in the same transaction.

use std::sync::{Arc, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use wardbook_audit::event::Parameters;
use wardbook_audit::time::Timestamp;
use wardbook_backend::call::Call;
use wardbook_backend::token::KeyToken;

use crate::caller::Caller;
use crate::desk::{Desk, binding, refused};
use crate::event::service_event;
use crate::kms::Kms;
use crate::limits::BACKEND_TIME;
use crate::operation;
use crate::refusal::{Refusal, Why};
use crate::state::Key;

/// An act that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    Delete,
    Expire,
    Rotate,
    /// A rotation on demand, which is done, and whose event is not written yet.
    TellRotation,
}

impl Due {
    fn of(key: &Key, now: Timestamp) -> Option<Self> {
        let (record, now) = (&key.record, now.micros());
        let primary = record.multi_region.as_ref().is_none_or(|multi| multi.primary == key.name.region);
        if primary && operation::has_untold(record) {
            return Some(Self::TellRotation);
        }
        if record.state == "PendingDeletion" && record.deletion.is_some_and(|due| due <= now) {
            return Some(Self::Delete);
        }
        if record.materials.iter().any(|material| operation::is_over(material, now)) {
            return Some(Self::Expire);
        }
        let rotates = record.rotation.as_ref().is_some_and(|rotation| rotation.next <= now);
        (record.state == "Enabled" && primary && rotates).then_some(Self::Rotate)
    }

    fn event(self) -> &'static str {
        match self {
            Self::Delete => "DeleteKey",
            Self::Expire => "DeleteExpiredKeyMaterial",
            Self::Rotate | Self::TellRotation => "RotateKey",
        }
    }
}

impl Kms {
    /// Does everything that is due, one key after the other. What fails is due again next time.
    pub fn tick(&self) -> Vec<Refusal> {
        if let Err(refusal) = self.catch_up() {
            return vec![refusal];
        }
        let now = self.parts.clock.now();
        let due: Vec<(Arc<Key>, Due)> = {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            state.keys().filter_map(|key| Some((Arc::clone(key), Due::of(key, now)?))).collect()
        };
        let told = self.tell_uses();
        due.into_iter().map(|(key, act)| self.act_on(&key, act)).chain([told]).filter_map(Result::err).collect()
    }

    /// Does what is due with a key, and then what is due with it still: each act is an event of its own.
    fn act_on(&self, key: &Arc<Key>, first: Due) -> Result<(), Refusal> {
        let mut due = Some(first);
        // One for each material, and deletion.
        for _ in 0..=key.record.materials.len() {
            let Some(act) = due else { break };
            self.act(key, act)?;
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            due = state.key(&key.name).and_then(|key| Due::of(key, self.parts.clock.now()));
        }
        Ok(())
    }

    fn act(&self, key: &Arc<Key>, act: Due) -> Result<(), Refusal> {
        let caller = Caller::service(&key.name.region)?;
        let mut desk = Desk::new(self, &caller);
        // It may have been pardoned since it was looked at.
        let Some(key) = desk.key(&key.name).filter(|key| Due::of(key, desk.now) == Some(act)) else { return Ok(()) };
        let alone = desk.siblings(&key).is_empty();
        let (details, time) = match act {
            Due::Delete => {
                operation::forget_replica(&key, &mut desk);
                desk.writes.no_key(&key);
                (Parameters::default(), desk.now)
            }
            Due::Expire => (operation::expire(&key, &mut desk), desk.now),
            Due::Rotate => (operation::rotate_automatically(&key, &mut desk)?, desk.now),
            Due::TellRotation => match operation::tell_rotation(&key, &mut desk) {
                Some(told) => told,
                None => return Ok(()),
            },
        };
        let event = service_event(act.event(), &key.name, time, details, &*self.parts.random)?;
        let Desk { seen, writes, .. } = desk;
        // A conflict means that somebody was faster; the next look finds what is left to do.
        let done = self.conclude(&seen, &writes, event)?;
        if matches!(act, Due::Delete | Due::Expire) {
            self.opened.forget(&key.name);
        }
        match done && act == Due::Delete && alone {
            true => self.destroy(&key),
            false => Ok(()),
        }
    }

    /// Destroys the material of a key that is gone, where its holder has more than what was in the row.
    fn destroy(&self, key: &Key) -> Result<(), Refusal> {
        let caller = Caller::service(&key.name.region)?;
        let holder = Desk::new(self, &caller).holder(key)?;
        for material in &key.record.materials {
            let (Some(id), Some(token)) = (material.material_id(), &material.token) else { continue };
            let bytes = STANDARD.decode(token).map_err(|_| Refusal::new(Why::Internal, "a token is no base64"))?;
            let call = Call::within(&self.parts.stopwatch, BACKEND_TIME);
            let token = KeyToken::from_bytes(&bytes).map_err(|error| refused(error, &key.name.arn()))?;
            let destroyed = holder.destroy(&token, &binding(key, id)?, &call);
            destroyed.map_err(|error| refused(error, &key.name.arn()))?;
        }
        Ok(())
    }
}
