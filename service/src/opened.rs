//! Open keys, kept so that a token is unwrapped once and not at every call.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use wardbook_backend::error::BackendError;
use wardbook_backend::key::KeyHandle;
use wardbook_backend::token::MaterialId;

use crate::desk::refused;
use crate::limits::OPEN_KEYS_MAX;
use crate::name::KeyName;
use crate::refusal::Refusal;

/// Keys that are open.
#[derive(Default)]
pub struct Opened {
    kept: RwLock<HashMap<(KeyName, MaterialId), Arc<KeyHandle>>>,
}

impl Opened {
    /// The open key, opened now if it is not yet.
    pub fn open(
        &self,
        (name, material): (&KeyName, MaterialId),
        open: impl FnOnce() -> Result<KeyHandle, BackendError>,
    ) -> Result<Arc<KeyHandle>, Refusal> {
        let id = (name.clone(), material);
        if let Some(handle) = self.kept.read().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return Ok(Arc::clone(handle));
        }
        let handle = Arc::new(open().map_err(|error| refused(error, &name.arn()))?);
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= OPEN_KEYS_MAX {
            kept.clear();
        }
        kept.insert(id, Arc::clone(&handle));
        Ok(handle)
    }

    /// Forgets every material of a key that was deleted or whose material was taken away.
    pub fn forget(&self, name: &KeyName) {
        self.kept.write().unwrap_or_else(PoisonError::into_inner).retain(|(known, _), _| known != name);
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.kept.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Opened")
    }
}
