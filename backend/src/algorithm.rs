//! How a key is used: algorithms, and the form in which a message arrives.

use std::fmt;
use std::str::FromStr;

use crate::spec::UnknownName;

/// Every algorithm an operation can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// The envelope of this crate over the key's block cipher (see `FORMAT.md`).
    SymmetricDefault,
    /// RSAES-OAEP with SHA-1 and MGF1-SHA-1.
    RsaesOaepSha1,
    /// RSAES-OAEP with SHA-256 and MGF1-SHA-256.
    RsaesOaepSha256,
    /// SM2 public-key encryption, the ASN.1 form of GM/T 0009.
    Sm2Pke,
    /// RSASSA-PSS with SHA-256.
    RsassaPssSha256,
    /// RSASSA-PSS with SHA-384.
    RsassaPssSha384,
    /// RSASSA-PSS with SHA-512.
    RsassaPssSha512,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsassaPkcs1Sha256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RsassaPkcs1Sha384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RsassaPkcs1Sha512,
    /// ECDSA with SHA-256, signatures in DER.
    EcdsaSha256,
    /// ECDSA with SHA-384, signatures in DER.
    EcdsaSha384,
    /// ECDSA with SHA-512, signatures in DER.
    EcdsaSha512,
    /// Ed25519 over the message itself.
    Ed25519Sha512,
    /// Ed25519ph, over the SHA-512 digest of the message.
    Ed25519PhSha512,
    /// ML-DSA with the empty context string.
    MlDsaShake256,
    /// SM2 signatures with the default distinguishing identifier, in DER.
    Sm2Dsa,
    /// HMAC with SHA-224.
    HmacSha224,
    /// HMAC with SHA-256.
    HmacSha256,
    /// HMAC with SHA-384.
    HmacSha384,
    /// HMAC with SHA-512.
    HmacSha512,
    /// Elliptic-curve Diffie-Hellman; the shared secret is the x coordinate.
    Ecdh,
    /// ML-KEM; the shared secret has 32 bytes.
    MlKem,
}

/// The form in which the message of a signature arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MessageType {
    /// The message itself.
    Raw,
    /// The digest that the algorithm would have computed.
    Digest,
    /// The 64-byte representative mu of ML-DSA (FIPS 204, algorithm 7, line 6).
    ExternalMu,
}

/// Algorithm, name, bytes of the digest that stands for a message.
const ALGORITHMS: &[(Algorithm, &str, Option<usize>)] = &[
    (Algorithm::SymmetricDefault, "SYMMETRIC_DEFAULT", None),
    (Algorithm::RsaesOaepSha1, "RSAES_OAEP_SHA_1", None),
    (Algorithm::RsaesOaepSha256, "RSAES_OAEP_SHA_256", None),
    (Algorithm::Sm2Pke, "SM2PKE", None),
    (Algorithm::RsassaPssSha256, "RSASSA_PSS_SHA_256", Some(32)),
    (Algorithm::RsassaPssSha384, "RSASSA_PSS_SHA_384", Some(48)),
    (Algorithm::RsassaPssSha512, "RSASSA_PSS_SHA_512", Some(64)),
    (Algorithm::RsassaPkcs1Sha256, "RSASSA_PKCS1_V1_5_SHA_256", Some(32)),
    (Algorithm::RsassaPkcs1Sha384, "RSASSA_PKCS1_V1_5_SHA_384", Some(48)),
    (Algorithm::RsassaPkcs1Sha512, "RSASSA_PKCS1_V1_5_SHA_512", Some(64)),
    (Algorithm::EcdsaSha256, "ECDSA_SHA_256", Some(32)),
    (Algorithm::EcdsaSha384, "ECDSA_SHA_384", Some(48)),
    (Algorithm::EcdsaSha512, "ECDSA_SHA_512", Some(64)),
    (Algorithm::Ed25519Sha512, "ED25519_SHA_512", None),
    (Algorithm::Ed25519PhSha512, "ED25519_PH_SHA_512", Some(64)),
    (Algorithm::MlDsaShake256, "ML_DSA_SHAKE_256", None),
    (Algorithm::Sm2Dsa, "SM2DSA", Some(32)),
    (Algorithm::HmacSha224, "HMAC_SHA_224", None),
    (Algorithm::HmacSha256, "HMAC_SHA_256", None),
    (Algorithm::HmacSha384, "HMAC_SHA_384", None),
    (Algorithm::HmacSha512, "HMAC_SHA_512", None),
    (Algorithm::Ecdh, "ECDH", None),
    (Algorithm::MlKem, "ML_KEM", None),
];

const MESSAGE_TYPES: &[(MessageType, &str)] =
    &[(MessageType::Raw, "RAW"), (MessageType::Digest, "DIGEST"), (MessageType::ExternalMu, "EXTERNAL_MU")];

impl Algorithm {
    /// Every algorithm, in the order of the table.
    pub fn all() -> impl Iterator<Item = Algorithm> {
        ALGORITHMS.iter().map(|(algorithm, ..)| *algorithm)
    }

    /// The name, as the KMS documentation spells it where it has one.
    pub fn as_str(self) -> &'static str {
        ALGORITHMS.iter().find(|(algorithm, ..)| *algorithm == self).map_or("", |(_, name, _)| name)
    }

    /// How long a message of this type must be exactly; `None` where any length up to the limit will do.
    pub fn message_bytes(self, message: MessageType) -> Option<usize> {
        match message {
            MessageType::Raw => None,
            MessageType::Digest => {
                ALGORITHMS.iter().find(|(algorithm, ..)| *algorithm == self).and_then(|(.., bytes)| *bytes)
            }
            MessageType::ExternalMu => Some(64),
        }
    }
}

impl MessageType {
    /// The name, as `MessageType` is spelled in the KMS documentation.
    pub fn as_str(self) -> &'static str {
        MESSAGE_TYPES.iter().find(|(message, _)| *message == self).map_or("", |(_, name)| name)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Algorithm {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        ALGORITHMS.iter().find(|(_, known, _)| *known == name).map(|(algorithm, ..)| *algorithm).ok_or(UnknownName)
    }
}

impl FromStr for MessageType {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        MESSAGE_TYPES.iter().find(|(_, known)| *known == name).map(|(message, _)| *message).ok_or(UnknownName)
    }
}
