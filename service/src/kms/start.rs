//! What the service is made of, and how it starts.

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, RwLock};

use wardbook_audit::folder::Folder;
use wardbook_audit::journal::{Journal, JournalError, moment};
use wardbook_backend::backend::Backend;
use wardbook_backend::call::Monotonic;
use wardbook_backend::random::Random;

use super::Kms;
use super::passing::Passing;
use crate::authenticate::SigningKeys;
use crate::clock::Clock;
use crate::console::Tail;
use crate::credential::Credentials;
use crate::directory::Directory;
use crate::key_store::KeyStores;
use crate::last_use::LastUses;
use crate::opened::Opened;
use crate::outbox;
use crate::quota::Quotas;
use crate::seal::Sealer;
use crate::state::{LoadError, State};
use crate::store::{Store, StoreError};

/// What the service is made of.
pub struct Parts {
    /// Where state is kept.
    pub store: Box<dyn Store>,
    /// Who holds the keys.
    pub backend: Arc<dyn Backend>,
    /// Seals what the service keeps to itself.
    pub sealer: Sealer,
    /// Whose access keys are known.
    pub credentials: Credentials,
    /// Who exists.
    pub directory: Directory,
    /// Where every call is written down.
    pub journal: Journal,
    /// The folder in which the journal and what becomes of it are.
    pub audit: Folder,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub random: Arc<dyn Random>,
    /// Measures how long things take.
    pub stopwatch: Monotonic,
    /// How many requests are let through.
    pub quotas: Quotas,
    /// Where custom key stores may be.
    pub key_stores: KeyStores,
    /// Whether requests over loopback count as sent over a secure transport.
    pub loopback_is_secure: bool,
}

/// Why the service could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A row could not be understood.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The journal takes no events.
    #[error(transparent)]
    Journal(#[from] wardbook_audit::journal::Refusal),
    /// The log could not be looked through.
    #[error(transparent)]
    Look(#[from] wardbook_audit::journal::JournalError),
    /// A file of the log could not be read.
    #[error(transparent)]
    File(#[from] wardbook_audit::parquet::FileError),
    /// An event that waits in the store is none.
    #[error("an event that waits for the journal is none: {0}")]
    Event(#[from] wardbook_audit::event::EventError),
}

impl Kms {
    /// Starts: understands every row, and brings events that an earlier run did not get into the journal there.
    pub fn start(parts: Parts) -> Result<Self, StartError> {
        let state = State::whole(&parts.store.since(0)?, &parts.sealer)?;
        outbox::deliver(&*parts.store, &parts.journal, &parts.audit)?;
        let (shares, last_uses) = (parts.store.version()?.is_some(), LastUses::default());
        if shares {
            // What a run that did not end well had no time to tell.
            moment(&parts.audit)?.unsealed(|one| {
                last_uses.note(one.event.text());
                Ok::<(), JournalError>(())
            })?;
        }
        Ok(Self {
            opened: Opened::with_room(parts.quotas.resources.open_keys),
            parts,
            state: RwLock::new(state),
            tail: Tail::default(),
            signing_keys: SigningKeys::default(),
            committing: Mutex::default(),
            passing: Passing::default(),
            settled: Mutex::default(),
            rewrap_left: AtomicUsize::new(0),
            last_uses,
            shares,
        })
    }

    /// Gives the parts back, for a clean stop.
    pub fn into_parts(self) -> Parts {
        self.parts
    }
}
