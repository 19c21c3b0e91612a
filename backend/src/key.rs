//! A key that can be used and not seen.
//!
//! [`KeyHandle::execute`] is the one way in: it holds every operation against the capabilities and the
//! deadline first, and composes what consists of simpler operations, so that data keys are verified before
//! they are released whoever holds the key. Backends implement [`Key`]; nobody else can reach it.

use std::fmt;
use std::sync::Arc;

use subtle::ConstantTimeEq;

use crate::algorithm::{Algorithm, MessageType};
use crate::call::Call;
use crate::capability::{Admission, Capabilities, Capability};
use crate::context::Context;
use crate::error::{BackendError, InputError};
use crate::limits;
use crate::operation::{DataKey, DataKeyPair, Encapsulated, Operation, OperationKind, Outcome};
use crate::random::Random;
use crate::secret::Secret;
use crate::spec::{KeySpec, Usage};
use crate::token::Binding;

/// What a backend implements for one key: only what it serves. What it leaves out is refused.
///
/// Inputs have passed the capability's limits; algorithms and message types are those of its rows.
#[expect(unused_variables, reason = "the defaults refuse whatever they are given")]
pub trait Key: Send + Sync {
    /// Encrypts under the context, or fails; an algorithm that cannot authenticate one is given an empty one.
    fn encrypt(
        &self,
        algorithm: Algorithm,
        plaintext: &[u8],
        context: &Context,
        call: &Call<'_>,
    ) -> Result<Vec<u8>, BackendError> {
        Err(BackendError::Internal)
    }

    /// Decrypts. All failures of the ciphertext are [`BackendError::InvalidCiphertext`].
    fn decrypt(
        &self,
        algorithm: Algorithm,
        ciphertext: &[u8],
        context: &Context,
        call: &Call<'_>,
    ) -> Result<Secret, BackendError> {
        Err(BackendError::Internal)
    }

    /// Signs.
    fn sign(
        &self,
        algorithm: Algorithm,
        message_type: MessageType,
        message: &[u8],
        call: &Call<'_>,
    ) -> Result<Vec<u8>, BackendError> {
        Err(BackendError::Internal)
    }

    /// Verifies; a signature that is not genuine is [`BackendError::InvalidSignature`].
    fn verify(
        &self,
        algorithm: Algorithm,
        message_type: MessageType,
        message: &[u8],
        signature: &[u8],
        call: &Call<'_>,
    ) -> Result<(), BackendError> {
        Err(BackendError::Internal)
    }

    /// Makes a message authentication code.
    fn mac(&self, algorithm: Algorithm, message: &[u8], call: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        Err(BackendError::Internal)
    }

    /// Agrees on a shared secret with the owner of a public key (DER), after validating that key.
    fn agree(&self, peer: &[u8], call: &Call<'_>) -> Result<Secret, BackendError> {
        Err(BackendError::Internal)
    }

    /// Makes a shared secret and its encapsulation under this key's public half.
    fn encapsulate(&self, call: &Call<'_>) -> Result<Encapsulated, BackendError> {
        Err(BackendError::Internal)
    }

    /// Finds the shared secret. A ciphertext of the right length always gives some secret (implicit rejection).
    fn decapsulate(&self, ciphertext: &[u8], call: &Call<'_>) -> Result<Secret, BackendError> {
        Err(BackendError::Internal)
    }

    /// The public half, as `SubjectPublicKeyInfo` in DER.
    fn public_key(&self, call: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        Err(BackendError::Internal)
    }
}

/// Makes key pairs that are not kept here.
pub trait PairMaker: Send + Sync {
    /// The kinds it makes.
    fn pair_specs(&self) -> Vec<KeySpec>;

    /// A fresh pair of one of those kinds.
    fn pair(&self, spec: KeySpec, call: &Call<'_>) -> Result<Pair, BackendError>;
}

/// A fresh key pair on its way to somebody else.
#[derive(Debug)]
pub struct Pair {
    /// PKCS#8 in DER.
    pub private: Secret,
    /// `SubjectPublicKeyInfo` in DER.
    pub public: Vec<u8>,
}

/// An open key. Holds no more than its backend put into it, and shows nothing.
pub struct KeyHandle {
    binding: Binding,
    provider: String,
    admission: Admission,
    random: Arc<dyn Random>,
    pairs: Vec<Arc<dyn PairMaker>>,
    key: Box<dyn Key>,
}

impl KeyHandle {
    /// For backends: a key behind its capabilities. `random` makes data keys.
    pub fn new(
        binding: &Binding,
        provider: &str,
        capabilities: &Capabilities,
        random: Arc<dyn Random>,
        key: Box<dyn Key>,
    ) -> Self {
        Self {
            binding: binding.clone(),
            provider: provider.to_owned(),
            admission: Admission::new(capabilities, binding.spec(), binding.usage()),
            random,
            pairs: Vec::new(),
            key,
        }
    }

    /// For backends: the same key, knowing who makes key pairs for it to encrypt.
    #[must_use]
    pub fn with_pairs(mut self, pairs: impl IntoIterator<Item = Arc<dyn PairMaker>>) -> Self {
        self.pairs.extend(pairs);
        self
    }

    /// The key without the checks around it, for known-answer runs.
    pub(crate) fn inner(&self) -> &dyn Key {
        &*self.key
    }

    /// What the key is.
    pub fn spec(&self) -> KeySpec {
        self.binding.spec()
    }

    /// What the key is for.
    pub fn usage(&self) -> Usage {
        self.binding.usage()
    }

    /// What the key belongs to.
    pub fn binding(&self) -> &Binding {
        &self.binding
    }

    /// Whose code serves it.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// What the key may be asked.
    pub fn capabilities(&self) -> &[Capability] {
        self.admission.rows()
    }

    /// The row that an operation comes under, without running it: says what it will cost, or why not.
    pub fn capability(&self, operation: &Operation<'_>) -> Result<&Capability, BackendError> {
        self.admission.admit(operation)
    }

    /// Runs one operation: held against the capabilities and the deadline first.
    pub fn execute(&self, operation: &Operation<'_>, call: &Call<'_>) -> Result<Outcome, BackendError> {
        let row = self.admission.admit(operation)?;
        call.left()?;
        let key = &self.key;
        match *operation {
            Operation::Encrypt { algorithm, plaintext, context } => {
                key.encrypt(algorithm, plaintext, context, call).map(Outcome::Ciphertext)
            }
            Operation::Decrypt { algorithm, ciphertext, context } => {
                key.decrypt(algorithm, ciphertext, context, call).map(Outcome::Plaintext)
            }
            Operation::GenerateDataKey { bytes, context } => {
                self.data_key(bytes, row.input_bytes_max, context, call).map(Outcome::DataKey)
            }
            Operation::GenerateDataKeyPair { spec, context } => {
                self.data_key_pair(spec, context, call).map(Outcome::DataKeyPair)
            }
            Operation::Sign { algorithm, message_type, message } => {
                let signature = key.sign(algorithm, message_type, message, call)?;
                if row.verify_after_sign {
                    let verified = key.verify(algorithm, message_type, message, &signature, call);
                    verified.map_err(|error| match error {
                        BackendError::InvalidSignature => BackendError::Integrity,
                        other => other,
                    })?;
                }
                Ok(Outcome::Signature(signature))
            }
            Operation::Verify { algorithm, message_type, message, signature } => {
                if signature.len() > limits::SIGNATURE_BYTES_MAX {
                    return Err(BackendError::InvalidSignature);
                }
                key.verify(algorithm, message_type, message, signature, call).map(|()| Outcome::Verified)
            }
            Operation::Mac { algorithm, message } => key.mac(algorithm, message, call).map(Outcome::Mac),
            Operation::VerifyMac { algorithm, message, mac } => {
                let genuine = key.mac(algorithm, message, call)?;
                match bool::from(genuine.ct_eq(mac)) {
                    true => Ok(Outcome::Verified),
                    false => Err(BackendError::InvalidMac),
                }
            }
            Operation::Agree { peer } => key.agree(peer, call).map(Outcome::SharedSecret),
            Operation::Encapsulate => key.encapsulate(call).map(Outcome::Encapsulated),
            Operation::Decapsulate { ciphertext } => key.decapsulate(ciphertext, call).map(Outcome::SharedSecret),
            Operation::PublicKey => key.public_key(call).map(Outcome::PublicKey),
        }
    }

    fn data_key(
        &self,
        bytes: usize,
        bytes_max: usize,
        context: &Context,
        call: &Call<'_>,
    ) -> Result<DataKey, BackendError> {
        if bytes == 0 || bytes > bytes_max {
            return Err(InputError::OutOfRange { bytes_max }.into());
        }
        let plaintext = Secret::filled(bytes, |bytes| self.random.fill(bytes))?;
        let ciphertext = self.encrypt_verified(&plaintext, context, call)?;
        Ok(DataKey { plaintext, ciphertext })
    }

    fn data_key_pair(&self, spec: KeySpec, context: &Context, call: &Call<'_>) -> Result<DataKeyPair, BackendError> {
        let unsupported = BackendError::Unsupported {
            spec,
            operation: OperationKind::GenerateDataKeyPair,
            algorithm: None,
            message: None,
        };
        let maker = self.pairs.iter().find(|maker| maker.pair_specs().contains(&spec)).ok_or(unsupported)?;
        let Pair { private, public } = maker.pair(spec, call)?;
        let ciphertext = self.encrypt_verified(&private, context, call)?;
        Ok(DataKeyPair { spec, private, ciphertext, public })
    }

    /// The only copy of a secret goes out only after what is kept of it was seen to open.
    fn encrypt_verified(&self, secret: &Secret, context: &Context, call: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        let algorithm = Algorithm::SymmetricDefault;
        let ciphertext = self.key.encrypt(algorithm, secret.expose(), context, call)?;
        call.left()?;
        match self.key.decrypt(algorithm, &ciphertext, context, call) {
            Ok(opened) if opened == *secret => Ok(ciphertext),
            Ok(_) | Err(BackendError::InvalidCiphertext) => Err(BackendError::Integrity),
            Err(other) => Err(other),
        }
    }
}

/// The operations as methods. Each is [`KeyHandle::execute`] with its outcome unpacked.
impl KeyHandle {
    /// See [`Operation::Encrypt`].
    pub fn encrypt(
        &self,
        algorithm: Algorithm,
        plaintext: &[u8],
        context: &Context,
        call: &Call<'_>,
    ) -> Result<Vec<u8>, BackendError> {
        match self.execute(&Operation::Encrypt { algorithm, plaintext, context }, call)? {
            Outcome::Ciphertext(ciphertext) => Ok(ciphertext),
            _ => Err(BackendError::Internal),
        }
    }

    /// See [`Operation::Decrypt`].
    pub fn decrypt(
        &self,
        algorithm: Algorithm,
        ciphertext: &[u8],
        context: &Context,
        call: &Call<'_>,
    ) -> Result<Secret, BackendError> {
        match self.execute(&Operation::Decrypt { algorithm, ciphertext, context }, call)? {
            Outcome::Plaintext(plaintext) => Ok(plaintext),
            _ => Err(BackendError::Internal),
        }
    }

    /// See [`Operation::GenerateDataKey`].
    pub fn generate_data_key(&self, bytes: usize, context: &Context, call: &Call<'_>) -> Result<DataKey, BackendError> {
        match self.execute(&Operation::GenerateDataKey { bytes, context }, call)? {
            Outcome::DataKey(data_key) => Ok(data_key),
            _ => Err(BackendError::Internal),
        }
    }

    /// See [`Operation::GenerateDataKeyPair`].
    pub fn generate_data_key_pair(
        &self,
        spec: KeySpec,
        context: &Context,
        call: &Call<'_>,
    ) -> Result<DataKeyPair, BackendError> {
        match self.execute(&Operation::GenerateDataKeyPair { spec, context }, call)? {
            Outcome::DataKeyPair(pair) => Ok(pair),
            _ => Err(BackendError::Internal),
        }
    }

    /// See [`Operation::Sign`].
    pub fn sign(
        &self,
        algorithm: Algorithm,
        message_type: MessageType,
        message: &[u8],
        call: &Call<'_>,
    ) -> Result<Vec<u8>, BackendError> {
        match self.execute(&Operation::Sign { algorithm, message_type, message }, call)? {
            Outcome::Signature(signature) => Ok(signature),
            _ => Err(BackendError::Internal),
        }
    }

    /// See [`Operation::Verify`].
    pub fn verify(
        &self,
        algorithm: Algorithm,
        message_type: MessageType,
        message: &[u8],
        signature: &[u8],
        call: &Call<'_>,
    ) -> Result<(), BackendError> {
        match self.execute(&Operation::Verify { algorithm, message_type, message, signature }, call)? {
            Outcome::Verified => Ok(()),
            _ => Err(BackendError::Internal),
        }
    }

    /// See [`Operation::Mac`].
    pub fn mac(&self, algorithm: Algorithm, message: &[u8], call: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        match self.execute(&Operation::Mac { algorithm, message }, call)? {
            Outcome::Mac(mac) => Ok(mac),
            _ => Err(BackendError::Internal),
        }
    }

    /// See [`Operation::VerifyMac`].
    pub fn verify_mac(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        mac: &[u8],
        call: &Call<'_>,
    ) -> Result<(), BackendError> {
        match self.execute(&Operation::VerifyMac { algorithm, message, mac }, call)? {
            Outcome::Verified => Ok(()),
            _ => Err(BackendError::Internal),
        }
    }

    /// See [`Operation::Agree`].
    pub fn agree(&self, peer: &[u8], call: &Call<'_>) -> Result<Secret, BackendError> {
        match self.execute(&Operation::Agree { peer }, call)? {
            Outcome::SharedSecret(secret) => Ok(secret),
            _ => Err(BackendError::Internal),
        }
    }

    /// See [`Operation::Encapsulate`].
    pub fn encapsulate(&self, call: &Call<'_>) -> Result<Encapsulated, BackendError> {
        match self.execute(&Operation::Encapsulate, call)? {
            Outcome::Encapsulated(encapsulated) => Ok(encapsulated),
            _ => Err(BackendError::Internal),
        }
    }

    /// See [`Operation::Decapsulate`].
    pub fn decapsulate(&self, ciphertext: &[u8], call: &Call<'_>) -> Result<Secret, BackendError> {
        match self.execute(&Operation::Decapsulate { ciphertext }, call)? {
            Outcome::SharedSecret(secret) => Ok(secret),
            _ => Err(BackendError::Internal),
        }
    }

    /// See [`Operation::PublicKey`].
    pub fn public_key(&self, call: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        match self.execute(&Operation::PublicKey, call)? {
            Outcome::PublicKey(public_key) => Ok(public_key),
            _ => Err(BackendError::Internal),
        }
    }
}

impl fmt::Debug for KeyHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyHandle").field("binding", &self.binding).field("provider", &self.provider).finish()
    }
}

#[cfg(test)]
mod tests;
