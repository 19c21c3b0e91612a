//! The closed set of things a key can be asked to do, and what comes out.

use std::fmt;

use crate::algorithm::{Algorithm, MessageType};
use crate::context::Context;
use crate::secret::Secret;
use crate::spec::{KeySpec, Usage};

/// One thing asked of one key.
#[derive(Clone, Copy)]
pub enum Operation<'a> {
    /// Encrypts; gives [`Outcome::Ciphertext`].
    Encrypt {
        /// How.
        algorithm: Algorithm,
        /// What.
        plaintext: &'a [u8],
        /// What must be given again to decrypt.
        context: &'a Context,
    },
    /// Decrypts; gives [`Outcome::Plaintext`].
    Decrypt {
        /// How.
        algorithm: Algorithm,
        /// What.
        ciphertext: &'a [u8],
        /// What was given to encrypt.
        context: &'a Context,
    },
    /// Makes a data key and encrypts it; gives [`Outcome::DataKey`].
    GenerateDataKey {
        /// How many bytes the data key has.
        bytes: usize,
        /// What must be given again to decrypt it.
        context: &'a Context,
    },
    /// Makes a key pair and encrypts its private half; gives [`Outcome::DataKeyPair`].
    GenerateDataKeyPair {
        /// What kind of pair.
        spec: KeySpec,
        /// What must be given again to decrypt the private half.
        context: &'a Context,
    },
    /// Signs; gives [`Outcome::Signature`].
    Sign {
        /// How.
        algorithm: Algorithm,
        /// What `message` is.
        message_type: MessageType,
        /// The message, its digest, or mu.
        message: &'a [u8],
    },
    /// Verifies a signature; gives [`Outcome::Verified`] or an error.
    Verify {
        /// How.
        algorithm: Algorithm,
        /// What `message` is.
        message_type: MessageType,
        /// The message, its digest, or mu.
        message: &'a [u8],
        /// The signature.
        signature: &'a [u8],
    },
    /// Makes a message authentication code; gives [`Outcome::Mac`].
    Mac {
        /// How.
        algorithm: Algorithm,
        /// Of what.
        message: &'a [u8],
    },
    /// Verifies a message authentication code; gives [`Outcome::Verified`] or an error.
    VerifyMac {
        /// How.
        algorithm: Algorithm,
        /// Of what.
        message: &'a [u8],
        /// The code.
        mac: &'a [u8],
    },
    /// Agrees with the owner of a public key on a secret; gives [`Outcome::SharedSecret`].
    Agree {
        /// The other side, as `SubjectPublicKeyInfo` in DER, of the same spec.
        peer: &'a [u8],
    },
    /// Makes a shared secret and what lets the owner of the private half find it; gives [`Outcome::Encapsulated`].
    Encapsulate,
    /// Finds the shared secret; gives [`Outcome::SharedSecret`].
    Decapsulate {
        /// What [`Operation::Encapsulate`] gave.
        ciphertext: &'a [u8],
    },
    /// The public half; gives [`Outcome::PublicKey`].
    PublicKey,
}

/// What came out.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A ciphertext.
    Ciphertext(Vec<u8>),
    /// A plaintext.
    Plaintext(Secret),
    /// A data key.
    DataKey(DataKey),
    /// A pair whose private half is a data key.
    DataKeyPair(DataKeyPair),
    /// A signature.
    Signature(Vec<u8>),
    /// A signature or code is genuine. That it is not comes as an error, so that it cannot be overlooked.
    Verified,
    /// A message authentication code.
    Mac(Vec<u8>),
    /// A shared secret.
    SharedSecret(Secret),
    /// A shared secret and what lets the owner of the private half find it.
    Encapsulated(Encapsulated),
    /// A public key, as `SubjectPublicKeyInfo` in DER.
    PublicKey(Vec<u8>),
}

/// A data key, in clear and encrypted.
#[derive(Debug, PartialEq, Eq)]
pub struct DataKey {
    /// In clear, for use and then for forgetting.
    pub plaintext: Secret,
    /// Encrypted, for keeping.
    pub ciphertext: Vec<u8>,
}

/// A key pair whose private half is a data key.
#[derive(Debug, PartialEq, Eq)]
pub struct DataKeyPair {
    /// What kind of pair.
    pub spec: KeySpec,
    /// The private half in clear, as PKCS#8 in DER.
    pub private: Secret,
    /// The private half encrypted.
    pub ciphertext: Vec<u8>,
    /// The public half, as `SubjectPublicKeyInfo` in DER.
    pub public: Vec<u8>,
}

/// A shared secret and its encapsulation.
#[derive(Debug, PartialEq, Eq)]
pub struct Encapsulated {
    /// For the other side.
    pub ciphertext: Vec<u8>,
    /// For this side.
    pub shared_secret: Secret,
}

/// Which operation, without its inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OperationKind {
    /// Make a key.
    Generate,
    /// Take over material that somebody else made.
    Import,
    /// Take a key into use that its holder already has.
    Adopt,
    /// [`Operation::Encrypt`]
    Encrypt,
    /// [`Operation::Decrypt`]
    Decrypt,
    /// [`Operation::GenerateDataKey`]
    GenerateDataKey,
    /// [`Operation::GenerateDataKeyPair`]
    GenerateDataKeyPair,
    /// [`Operation::Sign`]
    Sign,
    /// [`Operation::Verify`]
    Verify,
    /// [`Operation::Mac`]
    Mac,
    /// [`Operation::VerifyMac`]
    VerifyMac,
    /// [`Operation::Agree`]
    Agree,
    /// [`Operation::Encapsulate`]
    Encapsulate,
    /// [`Operation::Decapsulate`]
    Decapsulate,
    /// [`Operation::PublicKey`]
    PublicKey,
}

impl OperationKind {
    /// The name in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Generate => "making a key",
            Self::Import => "import",
            Self::Adopt => "taking a key into use",
            Self::Encrypt => "encryption",
            Self::Decrypt => "decryption",
            Self::GenerateDataKey => "making a data key",
            Self::GenerateDataKeyPair => "making a data key pair",
            Self::Sign => "signing",
            Self::Verify => "verification",
            Self::Mac => "making a message authentication code",
            Self::VerifyMac => "verification of a message authentication code",
            Self::Agree => "key agreement",
            Self::Encapsulate => "encapsulation",
            Self::Decapsulate => "decapsulation",
            Self::PublicKey => "giving out a public key",
        }
    }

    /// The usage that keys must have for this; `None` where any will do.
    pub fn usage(self) -> Option<Usage> {
        match self {
            Self::Generate | Self::Import | Self::Adopt | Self::PublicKey => None,
            Self::Encrypt | Self::Decrypt | Self::GenerateDataKey | Self::GenerateDataKeyPair => {
                Some(Usage::EncryptDecrypt)
            }
            Self::Sign | Self::Verify => Some(Usage::SignVerify),
            Self::Mac | Self::VerifyMac => Some(Usage::GenerateVerifyMac),
            Self::Agree => Some(Usage::KeyAgreement),
            Self::Encapsulate | Self::Decapsulate => Some(Usage::EncapsulateDecapsulate),
        }
    }
}

impl fmt::Display for OperationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Operation<'_> {
    /// Which operation this is.
    pub fn kind(&self) -> OperationKind {
        match self {
            Self::Encrypt { .. } => OperationKind::Encrypt,
            Self::Decrypt { .. } => OperationKind::Decrypt,
            Self::GenerateDataKey { .. } => OperationKind::GenerateDataKey,
            Self::GenerateDataKeyPair { .. } => OperationKind::GenerateDataKeyPair,
            Self::Sign { .. } => OperationKind::Sign,
            Self::Verify { .. } => OperationKind::Verify,
            Self::Mac { .. } => OperationKind::Mac,
            Self::VerifyMac { .. } => OperationKind::VerifyMac,
            Self::Agree { .. } => OperationKind::Agree,
            Self::Encapsulate => OperationKind::Encapsulate,
            Self::Decapsulate { .. } => OperationKind::Decapsulate,
            Self::PublicKey => OperationKind::PublicKey,
        }
    }

    /// The algorithm that was named, or that the operation implies.
    pub fn algorithm(&self) -> Option<Algorithm> {
        match self {
            Self::Encrypt { algorithm, .. }
            | Self::Decrypt { algorithm, .. }
            | Self::Sign { algorithm, .. }
            | Self::Verify { algorithm, .. }
            | Self::Mac { algorithm, .. }
            | Self::VerifyMac { algorithm, .. } => Some(*algorithm),
            Self::GenerateDataKey { .. } | Self::GenerateDataKeyPair { .. } => Some(Algorithm::SymmetricDefault),
            Self::Agree { .. } => Some(Algorithm::Ecdh),
            Self::Encapsulate | Self::Decapsulate { .. } => Some(Algorithm::MlKem),
            Self::PublicKey => None,
        }
    }

    /// The message type that was named.
    pub fn message_type(&self) -> Option<MessageType> {
        match self {
            Self::Sign { message_type, .. } | Self::Verify { message_type, .. } => Some(*message_type),
            _ => None,
        }
    }

    /// The context that was given.
    pub fn context(&self) -> Option<&Context> {
        match self {
            Self::Encrypt { context, .. }
            | Self::Decrypt { context, .. }
            | Self::GenerateDataKey { context, .. }
            | Self::GenerateDataKeyPair { context, .. } => Some(context),
            _ => None,
        }
    }

    /// The bytes that the limit of a capability is about.
    pub fn input(&self) -> &[u8] {
        match self {
            Self::Encrypt { plaintext: input, .. }
            | Self::Decrypt { ciphertext: input, .. }
            | Self::Sign { message: input, .. }
            | Self::Verify { message: input, .. }
            | Self::Mac { message: input, .. }
            | Self::VerifyMac { message: input, .. }
            | Self::Agree { peer: input }
            | Self::Decapsulate { ciphertext: input } => input,
            Self::GenerateDataKey { .. } | Self::GenerateDataKeyPair { .. } | Self::Encapsulate | Self::PublicKey => {
                &[]
            }
        }
    }
}

/// Names and sizes only.
impl fmt::Debug for Operation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation")
            .field("kind", &self.kind())
            .field("algorithm", &self.algorithm())
            .field("message_type", &self.message_type())
            .field("input_bytes", &self.input().len())
            .finish()
    }
}
