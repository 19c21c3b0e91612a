//! Open keys, kept so that a token is unwrapped once and not at every call.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use wardbook_backend::error::BackendError;
use wardbook_backend::key::KeyHandle;
use wardbook_backend::token::MaterialId;

use crate::desk::refused;
use crate::name::KeyName;
use crate::refusal::Refusal;

/// Keys that are open.
pub struct Opened {
    most: usize,
    kept: RwLock<HashMap<(KeyName, MaterialId), Arc<KeyHandle>>>,
}

impl Opened {
    /// With room for so many.
    pub fn with_room(most: usize) -> Self {
        Self { most, kept: RwLock::default() }
    }

    /// The key, if it is open.
    pub fn find(&self, name: &KeyName, material: MaterialId) -> Option<Arc<KeyHandle>> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).get(&(name.clone(), material)).map(Arc::clone)
    }

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
        if kept.len() >= self.most {
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use wardbook_backend::backend::Backend;
    use wardbook_backend::call::Call;
    use wardbook_backend::random::System;
    use wardbook_backend::root::{LocalRoot, Roots};
    use wardbook_backend::rustcrypto::RustCrypto;
    use wardbook_backend::software::Software;
    use wardbook_backend::spec::{KeySpec, Usage};
    use wardbook_backend::token::Binding;

    use super::*;

    #[test]
    fn as_many_stay_open_as_there_is_room_for() {
        let root = LocalRoot::ephemeral(&System).expect("a root");
        let software = Software::start([Arc::new(RustCrypto) as _], Roots::new(Arc::new(root)), Arc::new(System));
        let call = Call::unhurried();
        let (opened, asked) = (Opened::with_room(2), Cell::new(0));
        let name = KeyName { account: "123456789012".into(), region: "us-east-1".into(), id: "1234abcd".into() };
        let open = |number: u8| {
            let material = MaterialId([number; 32]);
            let binding = Binding::new("key", material, KeySpec::SymmetricDefault, Usage::EncryptDecrypt);
            let binding = binding.expect("a binding");
            let token = software.generate(&binding, &call).expect("a token");
            let handle = opened.open((&name, material), || {
                asked.set(asked.get() + 1);
                software.open(&token, &binding, &call)
            });
            assert!(handle.is_ok());
            asked.get()
        };
        assert_eq!([open(1), open(2), open(1), open(2)], [1, 2, 2, 2], "two stay open");
        assert_eq!([open(3), open(3), open(1)], [3, 3, 4], "with the third, room is made");
        assert!(opened.kept.read().is_ok_and(|kept| kept.len() <= 2));
        opened.forget(&name);
        assert_eq!(open(3), 5, "what was forgotten is opened again");
    }
}
