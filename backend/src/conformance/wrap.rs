//! The other side of an import: the owner of the material wraps it.

use sm2::elliptic_curve::pkcs8::DecodePublicKey;
use sm2::pke::EncryptingKey;

use crate::import::{Wrapping, WrappingAlgorithm, WrappingKeySpec};
use crate::random::Random;
use crate::rustcrypto::Rng;

/// Wraps material as its owner would.
pub trait Wrap: Send + Sync {
    /// The wrappings it can do.
    fn wrappings(&self) -> Vec<Wrapping>;

    /// Wraps `material` under a wrapping key (`SubjectPublicKeyInfo` in DER).
    fn wrap(&self, wrapping: Wrapping, public_key: &[u8], material: &[u8]) -> Option<Vec<u8>>;
}

/// Wraps with SM2 public-key encryption.
pub struct Sm2Wrap<'a>(pub &'a dyn Random);

impl Wrap for Sm2Wrap<'_> {
    fn wrappings(&self) -> Vec<Wrapping> {
        vec![Wrapping { algorithm: WrappingAlgorithm::Sm2Pke, key: WrappingKeySpec::Sm2 }]
    }

    fn wrap(&self, _: Wrapping, public_key: &[u8], material: &[u8]) -> Option<Vec<u8>> {
        let public = sm2::PublicKey::from_public_key_der(public_key).ok()?;
        EncryptingKey::new(public).encrypt_der(&mut Rng(self.0), material).ok()
    }
}
