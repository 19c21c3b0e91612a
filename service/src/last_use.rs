//! When keys last did their work on this node, for the nodes that share its state: noted beside the log, told to the
//! store now and then.
//!
//! A node whose state is its own needs none of it, since its log has every use.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use wardbook_audit::time::Timestamp;
use wardbook_policy::catalogue::kms_operations_of;

use crate::kms::{Kms, failed};
use crate::refusal::Refusal;
use crate::store::LastUse;

/// Uses that the store does not know of yet, the latest of each key.
#[derive(Default)]
pub(crate) struct LastUses {
    waiting: Mutex<HashMap<String, (Timestamp, String)>>,
}

/// Under what uses are sealed.
const PURPOSE: &str = "last use";

impl LastUses {
    /// Notes what an event says, if it says that keys did their work.
    pub(crate) fn note(&self, text: &str) {
        let Some((time, keys, told)) = understood(text) else { return };
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            match waiting.get(&key) {
                Some((known, _)) if *known >= time => {}
                _ => drop(waiting.insert(key, (time, told.clone()))),
            }
        }
    }

    fn take(&self) -> HashMap<String, (Timestamp, String)> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps what could not be told, unless something later was noted meanwhile.
    fn put_back(&self, uses: HashMap<String, (Timestamp, String)>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, (time, told)) in uses {
            if waiting.get(&key).is_none_or(|(known, _)| *known < time) {
                waiting.insert(key, (time, told));
            }
        }
    }
}

/// Time, keys and the part of a successful event of work that GetKeyLastUsage answers from.
fn understood(text: &str) -> Option<(Timestamp, Vec<String>, String)> {
    let event: Value = serde_json::from_str(text).ok()?;
    let name = event.get("eventName")?.as_str()?;
    if event.get("errorCode").is_some() || !kms_operations_of(name).any(|line| line.is_cryptographic()) {
        return None;
    }
    let time = Timestamp::read(event.get("eventTime")?.as_str()?)?;
    let arn = |one: &Value| one.get("ARN").and_then(Value::as_str).map(str::to_owned);
    let keys: Vec<String> = event.get("resources")?.as_array()?.iter().filter_map(arn).collect();
    let resources: Vec<Value> = keys.iter().map(|key| json!({ "ARN": key })).collect();
    let kept = |name: &str| event.get(name).cloned().unwrap_or(Value::Null);
    let told = json!({
        "eventName": name, "eventTime": kept("eventTime"), "eventID": kept("eventID"), "requestID": kept("requestID"),
        "resources": resources,
    });
    Some((time, keys, told.to_string()))
}

impl Kms {
    /// Tells the store of uses that it does not know of yet.
    pub(crate) fn tell_uses(&self) -> Result<(), Refusal> {
        let waiting = self.last_uses.take();
        if waiting.is_empty() {
            return Ok(());
        }
        let sealed = waiting.iter().map(|(key, (time, told))| {
            let body = self.parts.sealer.seal(PURPOSE, &[key], told.as_bytes())?;
            Ok(LastUse { key: key.clone(), moment: time.micros(), body })
        });
        let uses: Result<Vec<LastUse>, crate::seal::SealError> = sealed.collect();
        let told = match uses {
            Ok(uses) => self.parts.store.tell_uses(&uses).map_err(failed),
            Err(_) => Err(Refusal::new(crate::refusal::Why::Internal, "the last use of a key cannot be sealed")),
        };
        if told.is_err() {
            self.last_uses.put_back(waiting);
        }
        told
    }

    /// What other nodes told of a key, as events. One that does not open is none.
    pub(crate) fn told_uses(&self, key: &str) -> Result<Vec<String>, Refusal> {
        let kept = self.parts.store.uses_of(key).map_err(failed)?;
        let opened = kept.iter().filter_map(|body| self.parts.sealer.open(PURPOSE, &[key], body).ok());
        Ok(opened.filter_map(|body| String::from_utf8(body.to_vec()).ok()).collect())
    }
}
