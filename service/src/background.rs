//! What the service does without being asked: deletes keys whose day has come, takes expired material away, rotates by
//! the calendar. Each act leaves one event, in the same transaction.

use std::sync::{Arc, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use wardbook_audit::event::{Field, Parameters, Word};
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
}

impl Due {
    fn of(key: &Key, now: Timestamp) -> Option<Self> {
        let (record, now) = (&key.record, now.micros());
        if record.state == "PendingDeletion" && record.deletion.is_some_and(|due| due <= now) {
            return Some(Self::Delete);
        }
        let over = |material: &crate::state::Material| {
            let end = material.import.as_ref().and_then(|import| import.valid_to);
            material.token.is_some() && end.is_some_and(|end| end <= now)
        };
        if record.materials.iter().any(over) {
            return Some(Self::Expire);
        }
        let primary = record.multi_region.as_ref().is_none_or(|multi| multi.primary == key.name.region);
        let rotates = record.rotation.as_ref().is_some_and(|rotation| rotation.next <= now);
        (record.state == "Enabled" && primary && rotates).then_some(Self::Rotate)
    }

    fn event(self) -> &'static str {
        match self {
            Self::Delete => "DeleteKey",
            Self::Expire => "DeleteExpiredKeyMaterial",
            Self::Rotate => "RotateKey",
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
        due.into_iter().map(|(key, act)| self.act(&key, act)).chain([told]).filter_map(Result::err).collect()
    }

    fn act(&self, key: &Arc<Key>, act: Due) -> Result<(), Refusal> {
        let caller = Caller::service(&key.name.region)?;
        let mut desk = Desk::new(self, &caller);
        // It may have been pardoned since it was looked at.
        let Some(key) = desk.key(&key.name).filter(|key| Due::of(key, desk.now) == Some(act)) else { return Ok(()) };
        let mut details = Parameters::default();
        let alone = desk.siblings(&key).is_empty();
        match act {
            Due::Delete => {
                operation::forget_replica(&key, &mut desk);
                desk.writes.no_key(&key);
            }
            Due::Expire => operation::expire(&key, &mut desk),
            Due::Rotate => {
                operation::rotate_automatically(&key, &mut desk)?;
                details.set_some(Field::ROTATION_TYPE, Word::new("AUTOMATIC"));
            }
        }
        let event = service_event(act.event(), &key.name, desk.now, details, &*self.parts.random)?;
        let Desk { seen, writes, .. } = desk;
        // A conflict means that somebody was faster; the next look finds what is left to do.
        let done = self.conclude(&seen, &writes, event)?;
        if act != Due::Rotate {
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
