//! The trait that every holder of keys implements.

use std::sync::Arc;
use std::time::Duration;

use crate::call::Call;
use crate::capability::Capabilities;
use crate::error::BackendError;
use crate::import::{ImportOffer, ImportSession, Imported, Wrapping};
use crate::key::{KeyHandle, PairMaker};
use crate::operation::OperationKind;
use crate::spec::{KeySpec, Usage};
use crate::token::{Binding, KeyToken};

/// A holder of keys. Material goes in wrapped or is made inside; nothing gives it out.
///
/// Synchronous; every method minds the deadline of its call. Methods other than [`Backend::capabilities`]
/// and those that a capability calls inline may block.
pub trait Backend: Send + Sync {
    /// What this backend can do, as proved when it started.
    fn capabilities(&self) -> &Capabilities;

    /// Whether a token was made here, as far as can be told without opening it.
    fn serves(&self, token: &KeyToken) -> bool;

    /// Whether it works at this moment.
    fn health(&self, depth: Depth, call: &Call<'_>) -> Result<Health, BackendError>;

    /// Makes a key. A spec or usage that the capabilities do not cover is refused here, not at first use.
    fn generate(&self, binding: &Binding, call: &Call<'_>) -> Result<KeyToken, BackendError>;

    /// Takes a key into use that the holder already has, under the name it has there.
    fn adopt(&self, binding: &Binding, name: &str, call: &Call<'_>) -> Result<KeyToken, BackendError> {
        let _ = (name, call);
        let (spec, operation) = (binding.spec(), OperationKind::Adopt);
        Err(BackendError::Unsupported { spec, operation, algorithm: None, message: None })
    }

    /// Offers a public key under which material for this key may be wrapped.
    fn begin_import(&self, binding: &Binding, wrapping: Wrapping, call: &Call<'_>)
    -> Result<ImportOffer, BackendError>;

    /// Takes wrapped material over. What does not unwrap and what is no material of the spec are one error.
    fn import(
        &self,
        binding: &Binding,
        session: &ImportSession,
        wrapped: &[u8],
        call: &Call<'_>,
    ) -> Result<Imported, BackendError>;

    /// Opens a key for use. A token with a binding other than its own is refused.
    fn open(&self, token: &KeyToken, binding: &Binding, call: &Call<'_>) -> Result<KeyHandle, BackendError>;

    /// Opens somebody's public key (`SubjectPublicKeyInfo` in DER) for what needs no private half.
    fn open_public(
        &self,
        spec: KeySpec,
        usage: Usage,
        public: &[u8],
        call: &Call<'_>,
    ) -> Result<KeyHandle, BackendError> {
        let _ = (usage, public, call);
        Err(BackendError::Unsupported { spec, operation: OperationKind::PublicKey, algorithm: None, message: None })
    }

    /// Destroys a key.
    fn destroy(&self, token: &KeyToken, binding: &Binding, call: &Call<'_>) -> Result<Destruction, BackendError>;

    /// The token under the current root key, or `None` if it is already.
    fn rewrap(&self, token: &KeyToken, binding: &Binding, call: &Call<'_>) -> Result<Option<KeyToken>, BackendError>;

    /// Fills all of `bytes` with unpredictable bytes.
    fn random(&self, bytes: &mut [u8], call: &Call<'_>) -> Result<(), BackendError>;

    /// Whoever here makes key pairs for others to encrypt.
    fn pair_makers(&self) -> Vec<Arc<dyn PairMaker>> {
        Vec::new()
    }
}

/// How thorough a look at the health of a backend is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Does it answer?
    Shallow,
    /// Does it still compute the known answers?
    Deep,
}

/// How a backend is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// The members that were asked, in order.
    pub members: Vec<Member>,
}

/// How one part of a backend is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its condition.
    pub condition: Condition,
    /// How long it took to answer, where that says something.
    pub latency: Option<Duration>,
}

/// The condition of one part of a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// As it should be.
    Active,
    /// Works, with something missing.
    Degraded,
    /// Does not work.
    Unavailable,
}

/// What it took to destroy a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destruction {
    /// The token is all there was: whoever deletes every copy of it has destroyed the key.
    TokenIsAll,
    /// The holder destroyed what it held; the token leads nowhere.
    AtHolder,
    /// The holder keeps the key, because it is not ours to destroy; the token is to be deleted.
    KeptByHolder,
}

impl Health {
    /// Whether all parts are as they should be.
    pub fn is_active(&self) -> bool {
        self.members.iter().all(|member| member.condition == Condition::Active)
    }
}
