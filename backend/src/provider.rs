//! Algorithms without custody: what the software backend runs on.
//!
//! A provider is a value: it says what it can do, makes material, and loads material into a key that computes.
//! Known-answer runs, wrapping of material, tokens and import sessions are the backend's business.

use std::sync::Arc;

use crate::capability::Capability;
use crate::error::BackendError;
use crate::import::Wrapping;
use crate::key::{Key, Pair};
use crate::random::Random;
use crate::secret::Secret;
use crate::spec::KeySpec;
use crate::token::MaterialId;

/// A library of algorithms that runs in this process.
pub trait Provider: Send + Sync {
    /// The name that tokens carry. Never changes its meaning.
    fn name(&self) -> &'static str;

    /// What it claims to do, the rows of one spec together. Each is run with a known answer before it is
    /// believed. Rows for `Generate` and `Import` say which keys can be made.
    fn claims(&self) -> Vec<Capability>;

    /// The source of randomness that its keys have to use, if it has one that no other may stand in for.
    fn random(&self) -> Option<Arc<dyn Random>> {
        None
    }

    /// Fresh material, in this provider's own stored form.
    fn generate(&self, spec: KeySpec, random: &dyn Random) -> Result<Secret, BackendError>;

    /// Material that somebody else made (raw bytes for symmetric specs, PKCS#8 for others), checked and put
    /// into the stored form. Whatever is wrong with it is [`BackendError::UnfitMaterial`].
    fn accept(&self, spec: KeySpec, material: &Secret) -> Result<Secret, BackendError>;

    /// Material, ready for use.
    fn load(
        &self,
        spec: KeySpec,
        version: MaterialId,
        material: &Secret,
        random: &Arc<dyn Random>,
    ) -> Result<Box<dyn Key>, BackendError>;

    /// A public key (`SubjectPublicKeyInfo` in DER), ready to verify, encrypt or encapsulate. Whatever is wrong
    /// with it is [`InputError::PublicKey`](crate::error::InputError::PublicKey).
    fn load_public(&self, spec: KeySpec, public: &[u8], random: &Arc<dyn Random>)
    -> Result<Box<dyn Key>, BackendError>;

    /// The kinds of key pairs it makes for others.
    fn pair_specs(&self) -> &'static [KeySpec];

    /// A fresh pair for somebody else.
    fn pair(&self, spec: KeySpec, random: &dyn Random) -> Result<Pair, BackendError>;

    /// The wrappings it can undo.
    fn wrappings(&self) -> &'static [Wrapping];

    /// A fresh wrapping key: the private half in this provider's own stored form.
    fn wrapping_key(&self, wrapping: Wrapping, random: &dyn Random) -> Result<Pair, BackendError>;

    /// Undoes a wrapping. Whatever goes wrong is [`BackendError::InvalidImport`], and takes as long.
    fn unwrap(&self, wrapping: Wrapping, private: &Secret, wrapped: &[u8]) -> Result<Secret, BackendError>;
}
