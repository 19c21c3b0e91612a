//! Ed25519 and Ed25519ph, RFC 8032.

use ed25519_dalek::ed25519::pkcs8::spki::{DecodePublicKey, EncodePublicKey};
use ed25519_dalek::ed25519::pkcs8::{DecodePrivateKey, EncodePrivateKey, KeypairBytes};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::digest::consts::U64;
use sha2::digest::{FixedOutput, HashMarker, Output, OutputSizeUser, Update};

use super::Family;
use crate::algorithm::Algorithm;
use crate::algorithm::MessageType;
use crate::call::Call;
use crate::error::BackendError;
use crate::key::{Key, Pair};
use crate::random::Random;
use crate::secret::Secret;

/// An Ed25519 public key in use.
struct Ed25519Public(VerifyingKey);

/// An Ed25519 key in use.
struct Ed25519Key(SigningKey);

const SEED_BYTES: usize = 32;

pub(super) fn family() -> Family {
    Family {
        generate: |random: &dyn Random| Ok(Secret::filled(SEED_BYTES, |seed| random.fill(seed))?),
        accept: |pkcs8| Some(Secret::copy(SigningKey::from_pkcs8_der(pkcs8).ok()?.as_bytes())),
        pair: |material| {
            let key = key(material)?;
            // Without the public half, which many readers of PKCS#8 do not expect.
            let seed = KeypairBytes { secret_key: key.to_bytes(), public_key: None };
            let private = Secret::copy(seed.to_pkcs8_der().ok()?.as_bytes());
            Some(Pair { private, public: spki(&key.verifying_key())? })
        },
        load: |material, _| Some(Box::new(Ed25519Key(key(material)?))),
        load_public: |public, _| Some(Box::new(Ed25519Public(VerifyingKey::from_public_key_der(public).ok()?))),
    }
}

fn key(material: &Secret) -> Option<SigningKey> {
    Some(SigningKey::from_bytes(material.expose().try_into().ok()?))
}

fn spki(key: &VerifyingKey) -> Option<Vec<u8>> {
    Some(key.to_public_key_der().ok()?.into_vec())
}

impl Key for Ed25519Key {
    fn sign(
        &self,
        algorithm: Algorithm,
        _: MessageType,
        message: &[u8],
        _: &Call<'_>,
    ) -> Result<Vec<u8>, BackendError> {
        let signature = match algorithm {
            Algorithm::Ed25519Sha512 => self.0.try_sign(message),
            Algorithm::Ed25519PhSha512 => self.0.sign_prehashed(Digested::new(message)?, None),
            _ => return Err(BackendError::Internal),
        };
        signature.map(|signature| signature.to_bytes().to_vec()).map_err(|_| BackendError::Internal)
    }

    fn verify(
        &self,
        algorithm: Algorithm,
        message_type: MessageType,
        message: &[u8],
        signature: &[u8],
        call: &Call<'_>,
    ) -> Result<(), BackendError> {
        Ed25519Public(self.0.verifying_key()).verify(algorithm, message_type, message, signature, call)
    }

    fn public_key(&self, call: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        Ed25519Public(self.0.verifying_key()).public_key(call)
    }
}

impl Key for Ed25519Public {
    fn verify(
        &self,
        algorithm: Algorithm,
        _: MessageType,
        message: &[u8],
        signature: &[u8],
        _: &Call<'_>,
    ) -> Result<(), BackendError> {
        let signature = Signature::from_slice(signature).map_err(|_| BackendError::InvalidSignature)?;
        let verified = match algorithm {
            Algorithm::Ed25519Sha512 => self.0.verify_strict(message, &signature),
            Algorithm::Ed25519PhSha512 => self.0.verify_prehashed_strict(Digested::new(message)?, None, &signature),
            _ => return Err(BackendError::Internal),
        };
        verified.map_err(|_| BackendError::InvalidSignature)
    }

    fn public_key(&self, _: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        spki(&self.0).ok_or(BackendError::Internal)
    }
}

/// A SHA-512 digest that somebody else computed, in the shape of the hash that computes it.
#[derive(Clone)]
struct Digested([u8; 64]);

impl Digested {
    fn new(digest: &[u8]) -> Result<Self, BackendError> {
        digest.try_into().map(Self).map_err(|_| BackendError::Internal)
    }
}

impl Default for Digested {
    fn default() -> Self {
        Self([0; 64])
    }
}

impl OutputSizeUser for Digested {
    type OutputSize = U64;
}

impl FixedOutput for Digested {
    fn finalize_into(self, out: &mut Output<Self>) {
        out.copy_from_slice(&self.0);
    }
}

impl Update for Digested {
    fn update(&mut self, _: &[u8]) {}
}

impl HashMarker for Digested {}
