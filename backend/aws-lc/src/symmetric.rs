//! AES-256-GCM under per-message keys: the primitives of envelope suite 1.

use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use wardbook_backend::algorithm::Algorithm;
use wardbook_backend::blob::{IV_BYTES, Suite, TAG_BYTES};
use wardbook_backend::call::Call;
use wardbook_backend::context::Context;
use wardbook_backend::envelope::{self, KEY_BYTES, Primitives};
use wardbook_backend::error::BackendError;
use wardbook_backend::kdf::BLOCK_BYTES;
use wardbook_backend::key::Key;
use wardbook_backend::random::Random;
use wardbook_backend::secret::Secret;
use wardbook_backend::token::MaterialId;
use zeroize::Zeroizing;

/// A symmetric key in use. The pseudorandom function keeps its padded key blocks, so that each message costs
/// two blocks of SHA-256 less than deriving from the bare material.
struct SymmetricKey {
    primitives: AesEnvelope,
    version: MaterialId,
    random: Arc<dyn Random>,
}

struct AesEnvelope(hmac::Key);

pub(crate) fn load(material: &Secret, version: MaterialId, random: &Arc<dyn Random>) -> Box<dyn Key> {
    let primitives = AesEnvelope(hmac::Key::new(hmac::HMAC_SHA256, material.expose()));
    Box::new(SymmetricKey { primitives, version, random: Arc::clone(random) })
}

impl Primitives for AesEnvelope {
    fn suite(&self) -> Suite {
        Suite::Aes256GcmHmacSha256
    }

    fn prf(&self, input: &[u8], _: &Call<'_>) -> Result<Zeroizing<[u8; BLOCK_BYTES]>, BackendError> {
        let mut block = Zeroizing::new([0; BLOCK_BYTES]);
        hmac::sign_to_buffer(&self.0, input, block.as_mut()).map_err(|_| BackendError::Internal)?;
        Ok(block)
    }

    fn seal(
        &self,
        key: &[u8; KEY_BYTES],
        iv: &[u8; IV_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_BYTES], BackendError> {
        let nonce = Nonce::assume_unique_for_key(*iv);
        let tag = gcm(key)?.seal_in_place_separate_tag(nonce, Aad::from(associated), buffer);
        let tag = tag.map_err(|_| BackendError::Internal)?;
        tag.as_ref().try_into().map_err(|_| BackendError::Internal)
    }

    fn open(
        &self,
        key: &[u8; KEY_BYTES],
        iv: &[u8; IV_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> Result<(), BackendError> {
        let nonce = Nonce::assume_unique_for_key(*iv);
        let opened = gcm(key)?.open_in_place_separate_tag(nonce, Aad::from(associated), tag, buffer);
        opened.map(|_| ()).map_err(|_| BackendError::InvalidCiphertext)
    }
}

fn gcm(key: &[u8; KEY_BYTES]) -> Result<LessSafeKey, BackendError> {
    UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).map_err(|_| BackendError::Internal)
}

impl Key for SymmetricKey {
    fn encrypt(
        &self,
        _: Algorithm,
        plaintext: &[u8],
        context: &Context,
        call: &Call<'_>,
    ) -> Result<Vec<u8>, BackendError> {
        envelope::seal(&self.primitives, self.version, plaintext, context, &*self.random, call)
    }

    fn decrypt(
        &self,
        _: Algorithm,
        ciphertext: &[u8],
        context: &Context,
        call: &Call<'_>,
    ) -> Result<Secret, BackendError> {
        envelope::open(&self.primitives, self.version, ciphertext, context, call)
    }
}
