//! Symmetric keys: all of it in the token under the key of each message or under the key itself, or HMAC in the
//! token and sealing here.

use std::num::NonZeroUsize;
use std::sync::Arc;

use cryptoki::mechanism::aead::GcmParams;
use cryptoki::mechanism::kbkdf::{Endianness, KbkdfCounterFormat, KbkdfParams, PrfDataParam, PrfDataParamType};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use wardbook_backend::algorithm::Algorithm;
use wardbook_backend::blob::{COMMITMENT_BYTES, Suite};
use wardbook_backend::call::Call;
use wardbook_backend::context::Context;
use wardbook_backend::envelope::{EnvelopeKey, Holder, KEY_BYTES, Primitives};
use wardbook_backend::error::BackendError;
use wardbook_backend::kdf::BLOCK_BYTES;
use wardbook_backend::key::Key;
use wardbook_backend::random::Random;
use wardbook_backend::rustcrypto;
use wardbook_backend::secret::{Block, Secret};
use wardbook_backend::token::MaterialId;
use zeroize::Zeroizing;

use crate::blob::{self, IV_BYTES, TAG_BYTES};
use crate::budget::Budget;
use crate::failure::Failure;
use crate::object::{Held, ObjectId};
use crate::settings::Derivation;
use crate::token::Token;

/// HMACs in the token give the key of the message; AES-256-GCM is computed here.
pub(crate) struct FromHmac {
    token: Arc<Token>,
    object: Held,
}

/// The token derives the key of the message and encrypts under it; only the commitment comes out.
pub(crate) struct InToken(FromHmac);

/// A key under which the token itself encrypts.
pub(crate) struct TokenCipherKey {
    pub(crate) token: Arc<Token>,
    pub(crate) object: Held,
    pub(crate) id: ObjectId,
    pub(crate) version: MaterialId,
    pub(crate) budget: Option<Arc<Budget>>,
}

const COUNTER_BITS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(31);

impl FromHmac {
    pub(crate) fn new(token: &Arc<Token>, id: ObjectId) -> Self {
        Self { token: Arc::clone(token), object: Held::new(id, ObjectClass::SECRET_KEY) }
    }
}

impl InToken {
    pub(crate) fn new(token: &Arc<Token>, id: ObjectId) -> Self {
        Self(FromHmac::new(token, id))
    }

    /// Derives the key of a message, lends it to `run`, and destroys it.
    fn with_message_key<T>(
        &self,
        fixed: &Fixed,
        call: &Call<'_>,
        run: impl Fn(&Session, ObjectHandle) -> Result<T, Failure>,
    ) -> Result<T, BackendError> {
        let counter = KbkdfCounterFormat::new(Endianness::Big, COUNTER_BITS);
        let input = [
            PrfDataParam::new(PrfDataParamType::IterationVariable(Some(&counter))),
            PrfDataParam::new(PrfDataParamType::ByteArray(&fixed.0)),
        ];
        let mechanism = Mechanism::KbkdfCounter(KbkdfParams::new(MechanismType::SHA256_HMAC, &input, None));
        let template = [
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::AES),
            Attribute::ValueLen(KEY_BYTES.try_into().map_err(|_| BackendError::Internal)?),
            Attribute::Token(false),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
        ];
        self.0.object.with(&self.0.token, call, |session, base| {
            let key = session.derive_key(&mechanism, base, &template)?;
            let done = run(session, key);
            session.destroy_object(key)?;
            done
        })
    }
}

/// A key that works by one of the two derivations, opened.
pub(crate) fn deriving(
    token: &Arc<Token>,
    id: ObjectId,
    derivation: Derivation,
    version: MaterialId,
    random: Arc<dyn Random>,
) -> Box<dyn Key> {
    match derivation {
        Derivation::InToken => Box::new(EnvelopeKey { holder: InToken::new(token, id), version, random }),
        Derivation::FromHmac | Derivation::None => {
            Box::new(EnvelopeKey { holder: FromHmac::new(token, id), version, random })
        }
    }
}

/// Derives a secret of the session that may be read, reads it, and destroys it.
pub(crate) fn secret(
    session: &Session,
    mechanism: &Mechanism<'_>,
    base: ObjectHandle,
    bytes: usize,
) -> Result<Secret, Failure> {
    let template = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::GENERIC_SECRET),
        Attribute::ValueLen(bytes.try_into()?),
        Attribute::Token(false),
        Attribute::Sensitive(false),
        Attribute::Extractable(true),
    ];
    let derived = session.derive_key(mechanism, base, &template)?;
    let attributes = session.get_attributes(derived, &[AttributeType::Value]);
    session.destroy_object(derived)?;
    let value = attributes?.into_iter().find_map(|attribute| match attribute {
        Attribute::Value(value) => Some(Secret::new(value)),
        _ => None,
    });
    value.ok_or(Failure::Declined)
}

impl Primitives for FromHmac {
    fn suite(&self) -> Suite {
        Suite::Aes256GcmHmacSha256
    }

    fn opens(&self, suite: Suite) -> bool {
        matches!(suite, Suite::Aes256GcmHmacSha256 | Suite::Aes256GcmDrawnIv)
    }

    fn prf(&self, input: &[u8], call: &Call<'_>) -> Result<Block<BLOCK_BYTES>, BackendError> {
        self.object.with(&self.token, call, |session, object| {
            let mac = Zeroizing::new(session.sign(&Mechanism::Sha256Hmac, object, input)?);
            let block: [u8; BLOCK_BYTES] = mac.as_slice().try_into().map_err(|_| BackendError::Internal)?;
            Ok(Block::new(block))
        })
    }

    fn seal(
        &self,
        key: &[u8; KEY_BYTES],
        iv: &[u8; IV_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_BYTES], BackendError> {
        rustcrypto::aes_256_gcm_seal(key, iv, associated, buffer)
    }

    fn open(
        &self,
        key: &[u8; KEY_BYTES],
        iv: &[u8; IV_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> Result<(), BackendError> {
        rustcrypto::aes_256_gcm_open(key, iv, associated, buffer, tag)
    }
}

/// From which a message's key can be derived again: the token keeps it no longer than one operation.
pub(crate) struct Fixed(Vec<u8>);

impl Holder for InToken {
    type MessageKey = Fixed;

    fn suite(&self) -> Suite {
        Primitives::suite(&self.0)
    }

    fn opens(&self, suite: Suite) -> bool {
        Primitives::opens(&self.0, suite)
    }

    /// The commitment is the second block of the derivation, which is one HMAC.
    fn derive_message(&self, fixed: &[u8], call: &Call<'_>) -> Result<(Fixed, [u8; COMMITMENT_BYTES]), BackendError> {
        let commitment = self.0.prf(&[&2_u32.to_be_bytes(), fixed].concat(), call)?;
        Ok((Fixed(fixed.to_vec()), *commitment))
    }

    fn seal_message(
        &self,
        key: &Fixed,
        iv: &[u8; IV_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
        call: &Call<'_>,
    ) -> Result<([u8; IV_BYTES], [u8; TAG_BYTES]), BackendError> {
        let sealed = self.with_message_key(key, call, |session, key| gcm_seal(session, key, iv, associated, buffer))?;
        let (ciphertext, tag) = sealed.split_last_chunk().ok_or(BackendError::Internal)?;
        buffer.copy_from_slice(ciphertext);
        Ok((*iv, *tag))
    }

    fn open_message(
        &self,
        key: &Fixed,
        iv: &[u8; IV_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_BYTES],
        call: &Call<'_>,
    ) -> Result<(), BackendError> {
        let sealed = [&*buffer, tag].concat();
        let opened =
            self.with_message_key(key, call, |session, key| gcm_open(session, key, iv, associated, &sealed))?;
        match opened.len() == buffer.len() {
            true => {
                buffer.copy_from_slice(opened.expose());
                Ok(())
            }
            false => Err(BackendError::Internal),
        }
    }
}

/// AES-GCM in the token: ciphertext and tag.
fn gcm_seal(
    session: &Session,
    key: ObjectHandle,
    iv: &[u8; IV_BYTES],
    associated: &[u8],
    plaintext: &[u8],
) -> Result<Vec<u8>, Failure> {
    let mut iv = *iv;
    let parameters = GcmParams::new(&mut iv, associated, (8 * TAG_BYTES).try_into()?)?;
    let sealed = session.encrypt(&Mechanism::AesGcm(parameters), key, plaintext)?;
    match sealed.len() == plaintext.len() + TAG_BYTES {
        true => Ok(sealed),
        false => Err(Failure::Declined),
    }
}

/// The other way; whatever the token says of the ciphertext is that it does not open.
fn gcm_open(
    session: &Session,
    key: ObjectHandle,
    iv: &[u8; IV_BYTES],
    associated: &[u8],
    sealed: &[u8],
) -> Result<Secret, Failure> {
    let mut iv = *iv;
    let parameters = GcmParams::new(&mut iv, associated, (8 * TAG_BYTES).try_into()?)?;
    let opened = session.decrypt(&Mechanism::AesGcm(parameters), key, sealed);
    opened.map(Secret::new).map_err(|error| Failure::from(error).or(BackendError::InvalidCiphertext))
}

impl TokenCipherKey {
    /// Ciphertext and tag under a given initialisation vector: for known-answer runs and for `encrypt`.
    pub(crate) fn seal(
        &self,
        iv: &[u8; IV_BYTES],
        associated: &[u8],
        plaintext: &[u8],
        call: &Call<'_>,
    ) -> Result<Vec<u8>, BackendError> {
        self.object.with(&self.token, call, |session, key| gcm_seal(session, key, iv, associated, plaintext))
    }

    /// The other way; whatever the token says of the ciphertext is that it does not open.
    pub(crate) fn unseal(
        &self,
        iv: &[u8; IV_BYTES],
        associated: &[u8],
        sealed: &[u8],
        call: &Call<'_>,
    ) -> Result<Secret, BackendError> {
        self.object.with(&self.token, call, |session, key| gcm_open(session, key, iv, associated, sealed))
    }
}

impl Key for TokenCipherKey {
    fn encrypt(
        &self,
        _: Algorithm,
        plaintext: &[u8],
        context: &Context,
        call: &Call<'_>,
    ) -> Result<Vec<u8>, BackendError> {
        self.budget.as_ref().ok_or(BackendError::LimitReached)?.take(self.id)?;
        let mut iv = [0; IV_BYTES];
        self.token.fill(&mut iv)?;
        let mut blob = blob::head(self.version, &iv);
        let associated = [&blob[..], context.as_bytes()].concat();
        blob.extend(self.seal(&iv, &associated, plaintext, call)?);
        Ok(blob)
    }

    fn decrypt(
        &self,
        _: Algorithm,
        ciphertext: &[u8],
        context: &Context,
        call: &Call<'_>,
    ) -> Result<Secret, BackendError> {
        let (head, iv, sealed) = blob::split(ciphertext, self.version).ok_or(BackendError::InvalidCiphertext)?;
        self.unseal(&iv, &[head, context.as_bytes()].concat(), sealed, call)
    }
}
