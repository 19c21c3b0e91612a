//! SM2: signatures (GB/T 32918.2), public-key encryption (GB/T 32918.4, ciphertexts as GM/T 0009 has them in
//! ASN.1) and Diffie-Hellman on the same curve.

use std::sync::Arc;

use signature::hazmat::{PrehashVerifier, RandomizedPrehashSigner};
use signature::{RandomizedSigner, Verifier};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm2::elliptic_curve::Generate;
use sm2::elliptic_curve::pkcs8::DecodePublicKey;
use sm2::pke::{DecryptingKey, EncryptingKey};
use sm2::{PublicKey, SecretKey, Sm2};
use zeroize::Zeroizing;

use super::{Family, Rng, ecc};
use crate::algorithm::{Algorithm, MessageType};
use crate::call::Call;
use crate::context::Context;
use crate::error::{BackendError, InputError};
use crate::key::{Key, Pair};
use crate::limits;
use crate::random::Random;
use crate::secret::Secret;

/// An SM2 key in use.
struct Sm2Key {
    secret: SecretKey,
    signing: SigningKey,
    public: Sm2Public,
    random: Arc<dyn Random>,
}

/// An SM2 public key in use.
struct Sm2Public {
    public: PublicKey,
    verifying: VerifyingKey,
    random: Arc<dyn Random>,
}

/// The default distinguishing identifier, GM/T 0009 section 10.
const IDENTIFIER: &str = "1234567812345678";
const PLAINTEXT_BYTES_MAX: usize = 1_024;

pub(super) fn family() -> Family {
    Family {
        generate: ecc::generate::<Sm2>,
        accept: ecc::accept::<Sm2>,
        pair: ecc::pair::<Sm2>,
        load: |material, random| {
            let secret = SecretKey::from_slice(material.expose()).ok()?;
            let signing = SigningKey::new(IDENTIFIER, &secret).ok()?;
            let public = Sm2Public::new(secret.public_key(), random)?;
            Some(Box::new(Sm2Key { secret, signing, public, random: Arc::clone(random) }))
        },
        load_public: |public, random| {
            Some(Box::new(Sm2Public::new(PublicKey::from_public_key_der(public).ok()?, random)?))
        },
    }
}

/// A fresh key under which others wrap material; the private half in the stored form.
pub(super) fn wrapping_key(random: &dyn Random) -> Result<Pair, BackendError> {
    let secret = SecretKey::try_generate_from_rng(&mut Rng(random))?;
    let private = Secret::copy(Zeroizing::new(secret.to_bytes()).as_slice());
    let public = ecc::spki::<Sm2>(&secret.public_key()).ok_or(BackendError::Internal)?;
    Ok(Pair { private, public })
}

pub(super) fn decrypt(private: &Secret, ciphertext: &[u8]) -> Option<Secret> {
    decrypt_with(&SecretKey::from_slice(private.expose()).ok()?, ciphertext)
}

fn decrypt_with(secret: &SecretKey, ciphertext: &[u8]) -> Option<Secret> {
    if ciphertext.len() > limits::BLOB_BYTES_MAX {
        return None;
    }
    DecryptingKey::new(secret.clone()).decrypt_der(ciphertext).ok().map(Secret::new)
}

impl Key for Sm2Key {
    fn encrypt(
        &self,
        algorithm: Algorithm,
        plaintext: &[u8],
        context: &Context,
        call: &Call<'_>,
    ) -> Result<Vec<u8>, BackendError> {
        self.public.encrypt(algorithm, plaintext, context, call)
    }

    fn decrypt(&self, _: Algorithm, ciphertext: &[u8], _: &Context, _: &Call<'_>) -> Result<Secret, BackendError> {
        decrypt_with(&self.secret, ciphertext).ok_or(BackendError::InvalidCiphertext)
    }

    fn sign(
        &self,
        _: Algorithm,
        message_type: MessageType,
        message: &[u8],
        _: &Call<'_>,
    ) -> Result<Vec<u8>, BackendError> {
        let mut random = Rng(&*self.random);
        let signature: Signature = match message_type {
            MessageType::Raw => self.signing.try_sign_with_rng(&mut random, message),
            MessageType::Digest => self.signing.sign_prehash_with_rng(&mut random, message),
            MessageType::ExternalMu => return Err(BackendError::Internal),
        }
        .map_err(|_| BackendError::Internal)?;
        Ok(signature.to_der().to_vec())
    }

    fn verify(
        &self,
        algorithm: Algorithm,
        message_type: MessageType,
        message: &[u8],
        signature: &[u8],
        call: &Call<'_>,
    ) -> Result<(), BackendError> {
        self.public.verify(algorithm, message_type, message, signature, call)
    }

    fn agree(&self, peer: &[u8], _: &Call<'_>) -> Result<Secret, BackendError> {
        ecc::agree::<Sm2>(&self.secret, peer)
    }

    fn public_key(&self, call: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        self.public.public_key(call)
    }
}

impl Sm2Public {
    fn new(public: PublicKey, random: &Arc<dyn Random>) -> Option<Self> {
        let verifying = VerifyingKey::new(IDENTIFIER, public).ok()?;
        Some(Self { public, verifying, random: Arc::clone(random) })
    }
}

impl Key for Sm2Public {
    fn encrypt(&self, _: Algorithm, plaintext: &[u8], _: &Context, _: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        if plaintext.is_empty() {
            return Err(InputError::OutOfRange { bytes_max: PLAINTEXT_BYTES_MAX }.into());
        }
        let ciphertext = EncryptingKey::new(self.public).encrypt_der(&mut Rng(&*self.random), plaintext);
        ciphertext.map_err(|_| BackendError::Internal)
    }

    fn verify(
        &self,
        _: Algorithm,
        message_type: MessageType,
        message: &[u8],
        signature: &[u8],
        _: &Call<'_>,
    ) -> Result<(), BackendError> {
        let signature = Signature::from_der(signature).map_err(|_| BackendError::InvalidSignature)?;
        let verified = match message_type {
            MessageType::Raw => self.verifying.verify(message, &signature),
            MessageType::Digest => self.verifying.verify_prehash(message, &signature),
            MessageType::ExternalMu => return Err(BackendError::Internal),
        };
        verified.map_err(|_| BackendError::InvalidSignature)
    }

    fn public_key(&self, _: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        ecc::spki::<Sm2>(&self.public).ok_or(BackendError::Internal)
    }
}
