//! AES-256-GCM and SM4-GCM under per-message keys.

use aes_gcm::aead::AeadInOut;
use aes_gcm::aead::consts::{U12, U16};
use aes_gcm::{Aes256Gcm, AesGcm, KeyInit};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use sm3::Sm3;
use sm4::Sm4;

use crate::blob::{IV_BYTES, Suite, TAG_BYTES};
use crate::call::Call;
use crate::envelope::{KEY_BYTES, Primitives};
use crate::error::BackendError;
use crate::kdf::BLOCK_BYTES;
use crate::memory;
use crate::secret::{Block, Secret};

/// The primitives of suite 1.
pub struct AesEnvelope(Hmac<Sha256>);

/// The primitives of suite 2.
pub struct Sm4Envelope(Hmac<Sm3>);

const SWEPT_BYTES: usize = 4_096;

/// SM4 in Galois/Counter mode, RFC 8998.
type Sm4Gcm = AesGcm<Sm4, U12, U16>;

impl AesEnvelope {
    /// Under material that the caller holds.
    pub fn new(material: &Secret) -> Result<Self, BackendError> {
        Self::of(material.expose())
    }

    pub(crate) fn of(material: &[u8]) -> Result<Self, BackendError> {
        Hmac::new_from_slice(material).map(Self).map_err(|_| BackendError::Internal)
    }

    pub(crate) fn mac(&self, input: &[u8]) -> Result<Block<BLOCK_BYTES>, BackendError> {
        Ok(Block::new(self.0.clone().chain_update(input).finalize().into_bytes().into()))
    }
}

impl Sm4Envelope {
    /// Under material that the caller holds.
    pub fn new(material: &Secret) -> Result<Self, BackendError> {
        Hmac::new_from_slice(material.expose()).map(Self).map_err(|_| BackendError::Internal)
    }
}

impl Primitives for AesEnvelope {
    fn suite(&self) -> Suite {
        Suite::Aes256GcmHmacSha256
    }

    fn opens(&self, suite: Suite) -> bool {
        matches!(suite, Suite::Aes256GcmHmacSha256 | Suite::Aes256GcmDrawnIv)
    }

    fn prf(&self, input: &[u8], _: &Call<'_>) -> Result<Block<BLOCK_BYTES>, BackendError> {
        self.mac(input)
    }

    fn seal(
        &self,
        key: &[u8; KEY_BYTES],
        iv: &[u8; IV_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_BYTES], BackendError> {
        aes_256_gcm_seal(key, iv, associated, buffer)
    }

    fn open(
        &self,
        key: &[u8; KEY_BYTES],
        iv: &[u8; IV_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> Result<(), BackendError> {
        aes_256_gcm_open(key, iv, associated, buffer, tag)
    }
}

impl Primitives for Sm4Envelope {
    fn suite(&self) -> Suite {
        Suite::Sm4GcmHmacSm3
    }

    fn prf(&self, input: &[u8], _: &Call<'_>) -> Result<Block<BLOCK_BYTES>, BackendError> {
        Ok(Block::new(self.0.clone().chain_update(input).finalize().into_bytes().into()))
    }

    fn seal(
        &self,
        key: &[u8; KEY_BYTES],
        iv: &[u8; IV_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_BYTES], BackendError> {
        seal(&sm4(key)?, iv, associated, buffer)
    }

    fn open(
        &self,
        key: &[u8; KEY_BYTES],
        iv: &[u8; IV_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> Result<(), BackendError> {
        open(&sm4(key)?, iv, associated, buffer, tag)
    }
}

/// AES-256-GCM in place, for holders that derive the keys of messages elsewhere. One key, one message: the
/// initialisation vector is not checked for reuse.
pub fn aes_256_gcm_seal(
    key: &[u8; KEY_BYTES],
    iv: &[u8; IV_BYTES],
    associated: &[u8],
    buffer: &mut [u8],
) -> Result<[u8; TAG_BYTES], BackendError> {
    let sealed = aes_seal(key, iv, associated, buffer);
    memory::sweep::<SWEPT_BYTES>();
    sealed
}

/// The other direction; fails with [`BackendError::InvalidCiphertext`].
pub fn aes_256_gcm_open(
    key: &[u8; KEY_BYTES],
    iv: &[u8; IV_BYTES],
    associated: &[u8],
    buffer: &mut [u8],
    tag: &[u8; TAG_BYTES],
) -> Result<(), BackendError> {
    let opened = aes_open(key, iv, associated, buffer, tag);
    memory::sweep::<SWEPT_BYTES>();
    opened
}

/// Apart, so that the expanded key is on the stack below whoever sweeps it: the cipher wipes it where it ends up, and
/// not where the compiler moved it.
#[inline(never)]
fn aes_seal(
    key: &[u8; KEY_BYTES],
    iv: &[u8; IV_BYTES],
    associated: &[u8],
    buffer: &mut [u8],
) -> Result<[u8; TAG_BYTES], BackendError> {
    seal(&Aes256Gcm::new(key.into()), iv, associated, buffer)
}

#[inline(never)]
fn aes_open(
    key: &[u8; KEY_BYTES],
    iv: &[u8; IV_BYTES],
    associated: &[u8],
    buffer: &mut [u8],
    tag: &[u8; TAG_BYTES],
) -> Result<(), BackendError> {
    open(&Aes256Gcm::new(key.into()), iv, associated, buffer, tag)
}

fn sm4(key: &[u8; KEY_BYTES]) -> Result<Sm4Gcm, BackendError> {
    key.first_chunk::<16>().map(|key| Sm4Gcm::new(key.into())).ok_or(BackendError::Internal)
}

fn seal<C: AeadInOut<NonceSize = U12, TagSize = U16>>(
    cipher: &C,
    iv: &[u8; IV_BYTES],
    associated: &[u8],
    buffer: &mut [u8],
) -> Result<[u8; TAG_BYTES], BackendError> {
    let tag = cipher.encrypt_inout_detached(iv.into(), associated, buffer.into());
    tag.map(Into::into).map_err(|_| BackendError::Internal)
}

fn open<C: AeadInOut<NonceSize = U12, TagSize = U16>>(
    cipher: &C,
    iv: &[u8; IV_BYTES],
    associated: &[u8],
    buffer: &mut [u8],
    tag: &[u8; TAG_BYTES],
) -> Result<(), BackendError> {
    let opened = cipher.decrypt_inout_detached(iv.into(), associated, buffer.into(), tag.into());
    opened.map_err(|_| BackendError::InvalidCiphertext)
}
