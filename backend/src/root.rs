//! Wrapping of key material at rest: under a root key that is never stored beside it.
//!
//! Two root keys can be loaded at once. New material is wrapped under the current one, older tokens still open
//! under the previous one, and `rewrap` moves them over while everything goes on.

use std::fmt;
use std::sync::Arc;

use crate::call::Call;
use crate::context::Context;
use crate::envelope;
use crate::error::BackendError;
use crate::kdf;
use crate::memory::{Lock, LockedKey};
use crate::random::Random;
use crate::rustcrypto::AesEnvelope;
use crate::secret::Secret;
use crate::token::MaterialId;

mod credential;
mod environment;
mod file;
mod hex;
mod passphrase;

pub use credential::credential;
pub use environment::{Consent, environment};
pub use file::{create, file, passphrase_file};
pub use passphrase::{Argon2id, ParametersError, parameters, passphrase};

/// Something that wraps key material.
pub trait Root: Send + Sync {
    /// Which root key this is. Two with one id are one.
    fn id(&self) -> RootId;

    /// Wraps a secret so that it unwraps under the same context only.
    fn wrap(
        &self,
        secret: &Secret,
        context: &Context,
        random: &dyn Random,
        call: &Call<'_>,
    ) -> Result<Vec<u8>, BackendError>;

    /// Unwraps; whatever is wrong with `wrapped` is [`BackendError::InvalidToken`].
    fn unwrap(&self, wrapped: &[u8], context: &Context, call: &Call<'_>) -> Result<Secret, BackendError>;
}

/// Which root key. Follows from the key, so that it cannot be configured wrongly; tells nothing about it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RootId(pub [u8; 32]);

/// The root keys in use.
#[derive(Clone)]
pub struct Roots {
    current: Arc<dyn Root>,
    previous: Option<Arc<dyn Root>>,
}

/// A root key in the memory of this process.
pub struct LocalRoot {
    id: RootId,
    key: LockedKey,
}

/// Why a root key could not be had.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// The file is not there or cannot be read.
    #[error("the file `{path}` of the root key cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file could not be made.
    #[error("the file `{path}` of the root key cannot be made: {source}")]
    Unwritable {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Others may read the file, or it is not ours.
    #[error(
        "the file `{path}` of the root key must be a regular file of this user with mode 0600, and has mode {mode:04o}"
    )]
    Exposed {
        /// The file.
        path: String,
        /// Its mode.
        mode: u32,
    },
    /// Not a root key.
    #[error("the root key must be 64 hexadecimal digits")]
    Malformed,
    /// The variable is not set.
    #[error("the environment variable `{0}` is not set")]
    NoVariable(String),
    /// systemd gave no such credential.
    #[error("there is no systemd credential `{0}`: is `LoadCredential=` set, and is this run by systemd?")]
    NoCredential(String),
    /// The passphrase is too short to be stretched into a key, or endless.
    #[error("the passphrase must have {0} to {1} bytes")]
    PassphraseLength(usize, usize),
    /// The parameters of argon2id are not usable.
    #[error(transparent)]
    Parameters(#[from] ParametersError),
    /// No randomness could be had.
    #[error(transparent)]
    Random(#[from] crate::random::RandomError),
}

const ID_LABEL: &[u8] = b"wardbook-root-id";

impl Roots {
    /// One root key.
    pub fn new(current: Arc<dyn Root>) -> Self {
        Self { current, previous: None }
    }

    /// The current root key, and the one before it, under which tokens may still be wrapped.
    pub fn rotating(current: Arc<dyn Root>, previous: Arc<dyn Root>) -> Self {
        Self { current, previous: Some(previous) }
    }

    /// Which root key wraps what is new.
    pub fn current(&self) -> RootId {
        self.current.id()
    }

    /// Wraps under the current root key; the result names it.
    pub(crate) fn wrap(
        &self,
        secret: &Secret,
        context: &Context,
        random: &dyn Random,
        call: &Call<'_>,
    ) -> Result<Vec<u8>, BackendError> {
        let wrapped = self.current.wrap(secret, context, random, call)?;
        Ok([&self.current.id().0[..], &wrapped].concat())
    }

    /// Unwraps under whichever root key the wrapped secret names, and says whether that is the current one.
    pub(crate) fn unwrap(
        &self,
        wrapped: &[u8],
        context: &Context,
        call: &Call<'_>,
    ) -> Result<(Secret, RootId), BackendError> {
        let (id, wrapped) = wrapped.split_first_chunk::<32>().ok_or(BackendError::InvalidToken)?;
        let mut roots = std::iter::once(&self.current).chain(&self.previous);
        let root = roots.find(|root| root.id().0 == *id).ok_or(BackendError::RootMissing)?;
        Ok((root.unwrap(wrapped, context, call)?, RootId(*id)))
    }
}

impl LocalRoot {
    /// A root key from 32 bytes of its own page.
    pub fn new(key: LockedKey) -> Result<Self, BackendError> {
        let mut id = [0; 32];
        let primitives = AesEnvelope::of(key.expose())?;
        kdf::counter_mode(|input| primitives.mac(input), &kdf::fixed_input(ID_LABEL, &[], 256), &mut id)?;
        Ok(Self { id: RootId(id), key })
    }

    /// A fresh root key that is stored nowhere: what it wraps dies with it.
    pub fn ephemeral(random: &dyn Random) -> Result<Self, RootError> {
        Self::of(LockedKey::new(|key| random.fill(key))?)
    }

    /// Whether the key is kept out of swap.
    pub fn lock(&self) -> Lock {
        self.key.lock()
    }

    fn of(key: LockedKey) -> Result<Self, RootError> {
        Self::new(key).map_err(|_| RootError::Malformed)
    }
}

impl Root for LocalRoot {
    fn id(&self) -> RootId {
        self.id
    }

    fn wrap(
        &self,
        secret: &Secret,
        context: &Context,
        random: &dyn Random,
        call: &Call<'_>,
    ) -> Result<Vec<u8>, BackendError> {
        // The expanded key lives for this call only; what lives on is the locked page.
        let primitives = AesEnvelope::of(self.key.expose())?;
        envelope::seal(&primitives, MaterialId(self.id.0), secret.expose(), context, random, call)
    }

    fn unwrap(&self, wrapped: &[u8], context: &Context, call: &Call<'_>) -> Result<Secret, BackendError> {
        let primitives = AesEnvelope::of(self.key.expose())?;
        envelope::open(&primitives, MaterialId(self.id.0), wrapped, context, call).map_err(|error| match error {
            BackendError::InvalidCiphertext => BackendError::InvalidToken,
            other => other,
        })
    }
}

impl fmt::Debug for RootId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RootId({self})")
    }
}

/// The first eight bytes, in hexadecimal: enough to tell two root keys apart.
impl fmt::Display for RootId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(8).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let previous = self.previous.as_ref().map(|root| root.id());
        f.debug_struct("Roots").field("current", &self.current.id()).field("previous", &previous).finish()
    }
}

impl fmt::Debug for LocalRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalRoot").field("id", &self.id).field("key", &self.key).finish()
    }
}

#[cfg(test)]
mod tests;
