//! Symmetric keys: deriving in the token and sealing here, or all of it in the token.

use std::num::NonZeroUsize;
use std::sync::Arc;

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit};
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::mechanism::kbkdf::{Endianness, KbkdfCounterFormat, KbkdfParams, PrfDataParam, PrfDataParamType};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use wardbook_backend::algorithm::Algorithm;
use wardbook_backend::blob::Suite;
use wardbook_backend::call::Call;
use wardbook_backend::context::Context;
use wardbook_backend::envelope::{self, DERIVED_BYTES, Derived, KEY_BYTES, Primitives};
use wardbook_backend::error::BackendError;
use wardbook_backend::kdf::{self, BLOCK_BYTES};
use wardbook_backend::key::Key;
use wardbook_backend::random::Random;
use wardbook_backend::secret::{Block, Secret};
use wardbook_backend::token::MaterialId;
use zeroize::Zeroizing;

use crate::blob::{self, IV_BYTES, TAG_BYTES};
use crate::budget::Budget;
use crate::failure::Failure;
use crate::object::{Held, ObjectId};
use crate::settings::Derivation;
use crate::token::Token;

/// A key from which the key of each message is derived, inside the token. Suite 1 of the envelope.
pub(crate) struct DerivingKey {
    pub(crate) primitives: TokenPrimitives,
    pub(crate) version: MaterialId,
    pub(crate) random: Arc<dyn Random>,
}

/// The pseudorandom function of the token, and AES-256-GCM here.
pub(crate) struct TokenPrimitives {
    token: Arc<Token>,
    object: Held,
    derivation: Derivation,
}

/// A key under which the token itself encrypts.
pub(crate) struct TokenCipherKey {
    pub(crate) token: Arc<Token>,
    pub(crate) object: Held,
    pub(crate) id: ObjectId,
    pub(crate) version: MaterialId,
    pub(crate) budget: Option<Arc<Budget>>,
}

const COUNTER_BITS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(31);

impl TokenPrimitives {
    pub(crate) fn new(token: &Arc<Token>, id: ObjectId, derivation: Derivation) -> Self {
        Self { token: Arc::clone(token), object: Held::new(id, ObjectClass::SECRET_KEY), derivation }
    }

    /// SP 800-108 in counter mode, all of it in the token; what comes out is for one message.
    fn derive_in_token(&self, session: &Session, object: ObjectHandle, fixed: &[u8]) -> Result<Derived, Failure> {
        let counter = KbkdfCounterFormat::new(Endianness::Big, COUNTER_BITS);
        let input = [
            PrfDataParam::new(PrfDataParamType::IterationVariable(Some(&counter))),
            PrfDataParam::new(PrfDataParamType::ByteArray(fixed)),
        ];
        let mechanism = Mechanism::KbkdfCounter(KbkdfParams::new(MechanismType::SHA256_HMAC, &input, None));
        let derived = secret(session, &mechanism, object, DERIVED_BYTES)?;
        let derived: [u8; DERIVED_BYTES] = derived.expose().try_into().map_err(|_| BackendError::Internal)?;
        Ok(Block::new(derived))
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

impl Primitives for TokenPrimitives {
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

    fn derive(&self, fixed: &[u8], call: &Call<'_>) -> Result<Derived, BackendError> {
        match self.derivation {
            Derivation::InToken => {
                let derive = |session: &Session, object| self.derive_in_token(session, object, fixed);
                self.object.with(&self.token, call, derive)
            }
            Derivation::FromHmac | Derivation::None => {
                let mut derived = Block::zeroed();
                kdf::counter_mode(|input| self.prf(input, call), fixed, derived.as_mut_slice())?;
                Ok(derived)
            }
        }
    }

    fn seal(
        &self,
        key: &[u8; KEY_BYTES],
        iv: &[u8; IV_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_BYTES], BackendError> {
        let tag = Aes256Gcm::new(key.into()).encrypt_inout_detached(iv.into(), associated, buffer.into());
        tag.map(Into::into).map_err(|_| BackendError::Internal)
    }

    fn open(
        &self,
        key: &[u8; KEY_BYTES],
        iv: &[u8; IV_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> Result<(), BackendError> {
        let cipher = Aes256Gcm::new(key.into());
        let opened = cipher.decrypt_inout_detached(iv.into(), associated, buffer.into(), tag.into());
        opened.map_err(|_| BackendError::InvalidCiphertext)
    }
}

impl Key for DerivingKey {
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

impl TokenCipherKey {
    /// Ciphertext and tag under a given initialisation vector: for known-answer runs and for `encrypt`.
    pub(crate) fn seal(
        &self,
        iv: &[u8; IV_BYTES],
        associated: &[u8],
        plaintext: &[u8],
        call: &Call<'_>,
    ) -> Result<Vec<u8>, BackendError> {
        self.object.with(&self.token, call, |session, object| {
            let mut iv = *iv;
            let parameters = GcmParams::new(&mut iv, associated, (8 * TAG_BYTES).try_into()?)?;
            let sealed = session.encrypt(&Mechanism::AesGcm(parameters), object, plaintext)?;
            match sealed.len() == plaintext.len() + TAG_BYTES {
                true => Ok(sealed),
                false => Err(Failure::Declined),
            }
        })
    }

    /// The other way; whatever the token says of the ciphertext is that it does not open.
    pub(crate) fn unseal(
        &self,
        iv: &[u8; IV_BYTES],
        associated: &[u8],
        sealed: &[u8],
        call: &Call<'_>,
    ) -> Result<Secret, BackendError> {
        self.object.with(&self.token, call, |session, object| {
            let mut iv = *iv;
            let parameters = GcmParams::new(&mut iv, associated, (8 * TAG_BYTES).try_into()?)?;
            let opened = session.decrypt(&Mechanism::AesGcm(parameters), object, sealed);
            opened.map(Secret::new).map_err(|error| Failure::from(error).or(BackendError::InvalidCiphertext))
        })
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
