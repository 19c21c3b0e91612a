//! Encryption under a key that never encrypts: each message has a key of its own, derived and then forgotten.
//!
//! The cipher and the pseudorandom function are somebody else's ([`Primitives`]); the order of things is here,
//! once, for every backend. Specified in `FORMAT.md`.
//!
//! Bound on messages per key: the nonce has 128 random bits and the initialisation vector 96 more, so that
//! even after 2^48 messages two meet in both with a probability below 2^-120. No counter is needed.

use std::sync::Arc;

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::algorithm::Algorithm;
use crate::blob::{
    Blob, COMMITMENT_BYTES, HEADER_BYTES, Header, IV_BYTES, NONCE_BYTES, OVERHEAD_BYTES, Suite, TAG_BYTES,
};
use crate::call::Call;
use crate::context::Context;
use crate::error::BackendError;
use crate::kdf::{self, BLOCK_BYTES};
use crate::key::Key;
use crate::memory;
use crate::random::Random;
use crate::secret::{Block, Secret};
use crate::token::MaterialId;

/// What the envelope needs of whoever holds the key.
pub trait Primitives {
    /// In which suite these make blobs.
    fn suite(&self) -> Suite;

    /// Whether these open blobs of a suite.
    fn opens(&self, suite: Suite) -> bool {
        suite == self.suite()
    }

    /// The suite's pseudorandom function under the held key.
    fn prf(&self, input: &[u8], call: &Call<'_>) -> Result<Block<BLOCK_BYTES>, BackendError>;

    /// Derives the key and commitment of one message. A holder whose library has a tested derivation of its
    /// own, equal to [`kdf::counter_mode`], may use it.
    fn derive(&self, fixed: &[u8], call: &Call<'_>) -> Result<Derived, BackendError> {
        let mut derived = Block::zeroed();
        kdf::counter_mode(|input| self.prf(input, call), fixed, derived.as_mut_slice())?;
        Ok(derived)
    }

    /// Encrypts `buffer` in place with the suite's cipher under `key` (32 bytes, of which the cipher uses as
    /// many as it needs from the front) and gives the tag.
    fn seal(
        &self,
        key: &[u8; KEY_BYTES],
        iv: &[u8; IV_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_BYTES], BackendError>;

    /// The same where the cipher of the suite draws the initialisation vector itself: gives it, and the tag.
    #[expect(unused_variables, reason = "the default refuses whatever it is given")]
    fn seal_drawing_iv(
        &self,
        key: &[u8; KEY_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
    ) -> Result<([u8; IV_BYTES], [u8; TAG_BYTES]), BackendError> {
        Err(BackendError::Internal)
    }

    /// Decrypts `buffer` in place, or fails with [`BackendError::InvalidCiphertext`].
    fn open(
        &self,
        key: &[u8; KEY_BYTES],
        iv: &[u8; IV_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> Result<(), BackendError>;
}

/// Whoever holds a key under which each message has a key of its own.
///
/// All [`Primitives`] do this, with the key of the message in this process; a holder that keeps that to itself as
/// well, such as a token, does it in its own way.
pub trait Holder {
    /// What the key of one message is to this holder.
    type MessageKey;

    /// In which suite this makes blobs.
    fn suite(&self) -> Suite;

    /// Whether this opens blobs of a suite.
    fn opens(&self, suite: Suite) -> bool;

    /// The key of a message and its commitment, from the fixed input of the derivation.
    fn derive_message(
        &self,
        fixed: &[u8],
        call: &Call<'_>,
    ) -> Result<(Self::MessageKey, [u8; COMMITMENT_BYTES]), BackendError>;

    /// Encrypts `buffer` in place and gives the tag, with the initialisation vector that was used: the given one,
    /// unless the cipher of the suite draws its own.
    fn seal_message(
        &self,
        key: &Self::MessageKey,
        iv: &[u8; IV_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
        call: &Call<'_>,
    ) -> Result<([u8; IV_BYTES], [u8; TAG_BYTES]), BackendError>;

    /// Decrypts `buffer` in place, or fails with [`BackendError::InvalidCiphertext`].
    fn open_message(
        &self,
        key: &Self::MessageKey,
        iv: &[u8; IV_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_BYTES],
        call: &Call<'_>,
    ) -> Result<(), BackendError>;
}

/// A symmetric key in use: whoever holds it, in the envelope.
pub struct EnvelopeKey<H> {
    /// Who holds the key.
    pub holder: H,
    /// Which material of which key.
    pub version: MaterialId,
    /// Where nonces and initialisation vectors come from.
    pub random: Arc<dyn Random>,
}

/// Key, then commitment.
pub type Derived = Block<DERIVED_BYTES>;

/// Bytes of the key of one message.
pub const KEY_BYTES: usize = 32;
/// Bytes derived for one message.
pub const DERIVED_BYTES: usize = KEY_BYTES + COMMITMENT_BYTES;

/// As much of the stack as the key of a message is moved around in; what a cipher needs beyond that is its own to sweep.
/// Frames are larger where nothing was optimized.
const SWEPT_BYTES: usize = if cfg!(debug_assertions) { 8 * 1_024 } else { 1_024 };
const LABEL: &[u8] = b"wardbook-envelope";
const FIXED_BYTES: usize = LABEL.len() + 2 + NONCE_BYTES + 4;

impl<P: Primitives + ?Sized> Holder for P {
    type MessageKey = Derived;

    fn suite(&self) -> Suite {
        Primitives::suite(self)
    }

    fn opens(&self, suite: Suite) -> bool {
        Primitives::opens(self, suite)
    }

    fn derive_message(&self, fixed: &[u8], call: &Call<'_>) -> Result<(Derived, [u8; COMMITMENT_BYTES]), BackendError> {
        let derived = self.derive(fixed, call)?;
        let commitment = *derived.last_chunk().ok_or(BackendError::Internal)?;
        Ok((derived, commitment))
    }

    fn seal_message(
        &self,
        key: &Derived,
        iv: &[u8; IV_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
        _: &Call<'_>,
    ) -> Result<([u8; IV_BYTES], [u8; TAG_BYTES]), BackendError> {
        let key = key.first_chunk().ok_or(BackendError::Internal)?;
        match Primitives::suite(self).draws_iv() {
            true => self.seal_drawing_iv(key, associated, buffer),
            false => self.seal(key, iv, associated, buffer).map(|tag| (*iv, tag)),
        }
    }

    fn open_message(
        &self,
        key: &Derived,
        iv: &[u8; IV_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_BYTES],
        _: &Call<'_>,
    ) -> Result<(), BackendError> {
        self.open(key.first_chunk().ok_or(BackendError::Internal)?, iv, associated, buffer, tag)
    }
}

/// Encrypts into a blob.
// INVARIANT: never inlined, nor is `open`, so that whatever they put on the stack is below who sweeps it.
#[inline(never)]
pub fn seal(
    holder: &(impl Holder + ?Sized),
    material: MaterialId,
    plaintext: &[u8],
    context: &Context,
    random: &dyn Random,
    call: &Call<'_>,
) -> Result<Vec<u8>, BackendError> {
    let mut fresh = [0; NONCE_BYTES + IV_BYTES];
    random.fill_public(&mut fresh)?;
    let (nonce, iv) = fresh.split_first_chunk::<NONCE_BYTES>().ok_or(BackendError::Internal)?;
    let iv = iv.first_chunk::<IV_BYTES>().ok_or(BackendError::Internal)?;
    let suite = holder.suite();
    let (key, commitment) = holder.derive_message(&fixed_input(suite, nonce), call)?;
    let mut header = Header { suite, material, nonce: *nonce, iv: *iv, commitment };

    let mut blob = Vec::with_capacity(OVERHEAD_BYTES + plaintext.len());
    header.associated().write(&mut blob);
    let associated = [&blob, context.as_bytes()].concat();
    blob.extend_from_slice(plaintext);
    let (head, buffer) = blob.split_at_mut_checked(HEADER_BYTES).ok_or(BackendError::Internal)?;
    match holder.seal_message(&key, iv, &associated, buffer, call) {
        Ok((iv, tag)) => {
            if suite.draws_iv() {
                header.iv = iv;
                head.copy_from_slice(&header.to_bytes());
            }
            blob.extend_from_slice(&tag);
            Ok(blob)
        }
        Err(error) => {
            blob.zeroize();
            Err(error)
        }
    }
}

/// Decrypts a blob. Whatever is wrong with it is one error.
#[inline(never)]
pub fn open(
    holder: &(impl Holder + ?Sized),
    material: MaterialId,
    blob: &[u8],
    context: &Context,
    call: &Call<'_>,
) -> Result<Secret, BackendError> {
    let Blob { header, ciphertext, tag, .. } = Blob::parse(blob).ok_or(BackendError::InvalidCiphertext)?;
    if !holder.opens(header.suite) || header.material != material {
        return Err(BackendError::InvalidCiphertext);
    }
    let (key, commitment) = holder.derive_message(&fixed_input(header.suite, &header.nonce), call)?;
    if !bool::from(commitment.ct_eq(&header.commitment)) {
        return Err(BackendError::InvalidCiphertext);
    }
    let mut associated = Vec::with_capacity(HEADER_BYTES + context.as_bytes().len());
    header.associated().write(&mut associated);
    associated.extend_from_slice(context.as_bytes());
    let mut plaintext = Secret::copy(ciphertext);
    holder.open_message(&key, &header.iv, &associated, plaintext.expose_mut(), &tag, call)?;
    Ok(plaintext)
}

impl<H: Holder + Send + Sync> Key for EnvelopeKey<H> {
    fn encrypt(
        &self,
        _: Algorithm,
        plaintext: &[u8],
        context: &Context,
        call: &Call<'_>,
    ) -> Result<Vec<u8>, BackendError> {
        let sealed = seal(&self.holder, self.version, plaintext, context, &*self.random, call);
        memory::sweep::<SWEPT_BYTES>();
        sealed
    }

    fn decrypt(
        &self,
        _: Algorithm,
        ciphertext: &[u8],
        context: &Context,
        call: &Call<'_>,
    ) -> Result<Secret, BackendError> {
        let opened = open(&self.holder, self.version, ciphertext, context, call);
        memory::sweep::<SWEPT_BYTES>();
        opened
    }
}

/// `kdf::fixed_input` of the label, the suite and the nonce, without asking for memory.
fn fixed_input(suite: Suite, nonce: &[u8; NONCE_BYTES]) -> [u8; FIXED_BYTES] {
    let mut fixed = [0; FIXED_BYTES];
    let bits = 8 * u32::try_from(DERIVED_BYTES).unwrap_or_default();
    let middle = [0, suite.number()];
    let fields = LABEL.iter().chain(&middle).chain(nonce);
    fixed.iter_mut().zip(fields.copied().chain(bits.to_be_bytes())).for_each(|(to, from)| *to = from);
    fixed
}
