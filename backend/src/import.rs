//! Taking over key material that somebody else made, without ever handling it in clear outside the backend.
//!
//! The owner asks for a public key, wraps the material under it, and hands the wrapped bytes back together
//! with the session. How long a session stays good is for its keeper to say.

use std::fmt;

use crate::error::BackendError;
use crate::limits;
use crate::token::KeyToken;

/// How the material is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WrappingAlgorithm {
    /// The material itself under RSAES-OAEP with SHA-1.
    RsaesOaepSha1,
    /// The material itself under RSAES-OAEP with SHA-256.
    RsaesOaepSha256,
    /// An AES-256 key under RSAES-OAEP with SHA-1, then the material under AES-KWP.
    RsaAesKeyWrapSha1,
    /// An AES-256 key under RSAES-OAEP with SHA-256, then the material under AES-KWP.
    RsaAesKeyWrapSha256,
    /// The material itself under SM2 public-key encryption.
    Sm2Pke,
}

/// What the wrapping key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WrappingKeySpec {
    /// RSA, 2048 bits.
    Rsa2048,
    /// RSA, 3072 bits.
    Rsa3072,
    /// RSA, 4096 bits.
    Rsa4096,
    /// The SM2 curve.
    Sm2,
}

/// How, and under what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Wrapping {
    /// How.
    pub algorithm: WrappingAlgorithm,
    /// Under what.
    pub key: WrappingKeySpec,
}

/// What the owner of the material needs in order to wrap it.
#[derive(Debug, PartialEq, Eq)]
pub struct ImportOffer {
    /// The wrapping key, as `SubjectPublicKeyInfo` in DER.
    pub public_key: Vec<u8>,
    /// To be given back with the wrapped material.
    pub session: ImportSession,
}

/// Opaque; bound to the key it was made for and to the wrapping.
#[derive(Clone, PartialEq, Eq)]
pub struct ImportSession(Vec<u8>);

const MAGIC: &[u8; 4] = b"wbi\x01";

const ALGORITHMS: &[(WrappingAlgorithm, u8, &str)] = &[
    (WrappingAlgorithm::RsaesOaepSha1, 1, "RSAES_OAEP_SHA_1"),
    (WrappingAlgorithm::RsaesOaepSha256, 2, "RSAES_OAEP_SHA_256"),
    (WrappingAlgorithm::RsaAesKeyWrapSha1, 3, "RSA_AES_KEY_WRAP_SHA_1"),
    (WrappingAlgorithm::RsaAesKeyWrapSha256, 4, "RSA_AES_KEY_WRAP_SHA_256"),
    (WrappingAlgorithm::Sm2Pke, 5, "SM2PKE"),
];

const KEYS: &[(WrappingKeySpec, u8, &str)] = &[
    (WrappingKeySpec::Rsa2048, 1, "RSA_2048"),
    (WrappingKeySpec::Rsa3072, 2, "RSA_3072"),
    (WrappingKeySpec::Rsa4096, 3, "RSA_4096"),
    (WrappingKeySpec::Sm2, 4, "SM2"),
];

/// What came of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// What to store.
    pub token: KeyToken,
    /// Equal for equal material of one spec, and only then: tells whether somebody brings back the same.
    pub fingerprint: Fingerprint,
}

/// A one-way image of key material.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl ImportSession {
    /// For backends: a session that keeps the wrapping key in a token.
    pub fn new(wrapping: Wrapping, token: &KeyToken) -> Result<Self, BackendError> {
        let algorithm = ALGORITHMS.iter().find(|(known, ..)| *known == wrapping.algorithm);
        let key = KEYS.iter().find(|(known, ..)| *known == wrapping.key);
        match (algorithm, key) {
            (Some((_, algorithm, _)), Some((_, key, _))) => {
                Self::from_bytes(&[MAGIC, &[*algorithm, *key][..], token.as_bytes()].concat())
            }
            _ => Err(BackendError::Internal),
        }
    }

    /// For backends: the wrapping and the token that keeps the wrapping key. What they say is not yet
    /// authenticated; the token must be opened under a binding that includes the wrapping.
    pub fn open(&self) -> Result<(Wrapping, KeyToken), BackendError> {
        let malformed = BackendError::InvalidImportSession;
        let ([algorithm, key], token) =
            self.0.strip_prefix(MAGIC).and_then(|rest| rest.split_first_chunk::<2>()).ok_or(malformed)?;
        let (algorithm, ..) = ALGORITHMS.iter().find(|(_, number, _)| number == algorithm).ok_or(malformed)?;
        let (key, ..) = KEYS.iter().find(|(_, number, _)| number == key).ok_or(malformed)?;
        let token = KeyToken::from_bytes(token).map_err(|_| malformed)?;
        Ok((Wrapping { algorithm: *algorithm, key: *key }, token))
    }

    /// Reads what [`ImportSession::as_bytes`] gave.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BackendError> {
        match bytes.len() <= limits::TOKEN_BYTES_MAX {
            true => Ok(Self(bytes.to_vec())),
            false => Err(BackendError::InvalidImportSession),
        }
    }

    /// For keeping.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl WrappingAlgorithm {
    /// The name, as `WrappingAlgorithm` is spelled in the KMS documentation.
    pub fn as_str(self) -> &'static str {
        ALGORITHMS.iter().find(|(known, ..)| *known == self).map_or("", |(.., name)| name)
    }
}

impl WrappingKeySpec {
    /// The name, as `WrappingKeySpec` is spelled in the KMS documentation.
    pub fn as_str(self) -> &'static str {
        KEYS.iter().find(|(known, ..)| *known == self).map_or("", |(.., name)| name)
    }
}

impl fmt::Display for Wrapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} under {}", self.algorithm.as_str(), self.key.as_str())
    }
}

impl fmt::Debug for ImportSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ImportSession({} bytes)", self.0.len())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint(")?;
        self.0.iter().take(4).try_for_each(|byte| write!(f, "{byte:02x}"))?;
        write!(f, "..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_keeps_every_wrapping_and_the_token() {
        let token = KeyToken::new("provider", b"wrapped").expect("valid");
        for (algorithm, _, name) in ALGORITHMS {
            assert_eq!(algorithm.as_str(), *name);
            for (key, _, name) in KEYS {
                assert_eq!(key.as_str(), *name);
                let wrapping = Wrapping { algorithm: *algorithm, key: *key };
                let session = ImportSession::new(wrapping, &token).expect("valid");
                assert_eq!(session.open(), Ok((wrapping, token.clone())));
            }
        }
    }

    #[test]
    fn the_longest_session_is_accepted_and_one_byte_more_is_not() {
        let longest = vec![0; limits::TOKEN_BYTES_MAX];
        assert!(ImportSession::from_bytes(&longest).is_ok());
        let longer = ImportSession::from_bytes(&[longest, vec![0]].concat());
        assert_eq!(longer, Err(BackendError::InvalidImportSession));
        let empty = ImportSession::from_bytes(&[]).and_then(|session| session.open());
        assert_eq!(empty, Err(BackendError::InvalidImportSession));
    }
}
