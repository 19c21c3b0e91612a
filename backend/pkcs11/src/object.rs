//! Objects in the token: named by an id, made, found and destroyed.

use std::sync::{Mutex, PoisonError};

use cryptoki::object::{Attribute, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, SessionState};

use wardbook_backend::call::Call;
use wardbook_backend::error::BackendError;

use crate::failure::Failure;
use crate::token::{Lease, Token};

/// What names an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ObjectId(pub(crate) [u8; 32]);

/// An object that is looked up by its id when its handle is not known, or void.
pub(crate) struct Held {
    id: ObjectId,
    class: ObjectClass,
    found: Mutex<Option<(u64, ObjectHandle)>>,
}

impl Held {
    pub(crate) fn new(id: ObjectId, class: ObjectClass) -> Self {
        Self { id, class, found: Mutex::new(None) }
    }

    /// Does something with the object in a session of its own; once more if its handle turned out to be void.
    pub(crate) fn with<T>(
        &self,
        token: &Token,
        call: &Call<'_>,
        run: impl Fn(&Session, ObjectHandle) -> Result<T, Failure>,
    ) -> Result<T, BackendError> {
        token.with(call, |lease| match run(lease.session(), self.handle(lease)?) {
            Err(Failure::Stale) => {
                *self.found.lock().unwrap_or_else(PoisonError::into_inner) = None;
                run(lease.session(), self.handle(lease)?)
            }
            done => done,
        })
    }

    /// The object's handle, as this session's generation knows it.
    pub(crate) fn handle(&self, lease: &Lease) -> Result<ObjectHandle, Failure> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((generation, handle)) = *found
            && generation == lease.generation()
        {
            return Ok(handle);
        }
        let template = [Attribute::Class(self.class), Attribute::Id(self.id.0.to_vec())];
        let objects = find(lease, &template)?;
        let handle = match objects[..] {
            [] => return Err(BackendError::NotFound.into()),
            [handle] => handle,
            // A token that failed after it made a key, and made another when asked again: which one, nobody can say.
            _ => return Err(BackendError::InvalidState.into()),
        };
        *found = Some((lease.generation(), handle));
        Ok(handle)
    }
}

/// Finds objects. That there are none is believed only of a session that is logged in, because private objects
/// are invisible to any other.
pub(crate) fn find(lease: &Lease, template: &[Attribute]) -> Result<Vec<ObjectHandle>, Failure> {
    let objects = lease.session().find_objects(template)?;
    match objects.is_empty() && lease.session().get_session_info()?.session_state() != SessionState::RwUser {
        true => Err(Failure::Lost),
        false => Ok(objects),
    }
}

/// Destroys everything under an id, private halves first; says whether there was anything.
pub(crate) fn destroy(token: &Token, id: ObjectId, call: &Call<'_>) -> Result<bool, BackendError> {
    token.with(call, |lease| {
        let mut any = false;
        for class in [ObjectClass::SECRET_KEY, ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
            let template = [Attribute::Class(class), Attribute::Id(id.0.to_vec())];
            for object in find(lease, &template)? {
                lease.session().destroy_object(object)?;
                any = true;
            }
        }
        Ok(any)
    })
}
