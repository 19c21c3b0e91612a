//! Why a backend said no. Closed, so that a reply in any protocol can be derived from it by a `match`.
//!
//! Errors carry no bytes of any input. What a caller could tell apart but must not (a wrong key, a wrong
//! context, a flipped bit, a truncated blob) is one variant.

use crate::algorithm::{Algorithm, MessageType};
use crate::import::Wrapping;
use crate::operation::OperationKind;
use crate::random::RandomError;
use crate::spec::{KeySpec, Usage};

/// Why a backend said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BackendError {
    /// The ciphertext does not open: damaged, of another key, under another context, of an unknown version.
    /// Deliberately not told apart.
    #[error("the ciphertext does not open under this key and context")]
    InvalidCiphertext,
    /// The signature does not belong to this message and key.
    #[error("the signature does not verify")]
    InvalidSignature,
    /// The message authentication code does not belong to this message and key.
    #[error("the message authentication code does not verify")]
    InvalidMac,
    /// The input can never be right, whatever the key.
    #[error("invalid input: {0}")]
    InvalidInput(#[from] InputError),
    /// This backend has no such thing.
    #[error("{operation} is not supported for {spec}{}", detail(*algorithm, *message))]
    Unsupported {
        /// The spec of the key.
        spec: KeySpec,
        /// What was asked.
        operation: OperationKind,
        /// The algorithm, where one was named.
        algorithm: Option<Algorithm>,
        /// The message type, where one was named.
        message: Option<MessageType>,
    },
    /// No provider here can undo this wrapping.
    #[error("import of material wrapped with {wrapping} is not supported")]
    WrappingUnsupported {
        /// The wrapping that was named.
        wrapping: Wrapping,
    },
    /// The key was made for another purpose.
    #[error("{operation} is not what a key for {usage} is for")]
    WrongUsage {
        /// What the key is for.
        usage: Usage,
        /// What was asked.
        operation: OperationKind,
    },
    /// Associated data was given and this algorithm cannot authenticate it. It is never dropped.
    #[error("{algorithm} cannot authenticate an encryption context")]
    ContextRefused {
        /// The algorithm that was named.
        algorithm: Algorithm,
    },
    /// The token does not belong to this id, version, spec and usage, or is damaged.
    #[error("the key token does not belong to this key")]
    InvalidToken,
    /// The token is wrapped under a root key that is not configured.
    #[error("the key token is wrapped under a root key that is not loaded")]
    RootMissing,
    /// The import session does not belong to this key, or is damaged.
    #[error("the import session does not belong to this key")]
    InvalidImportSession,
    /// The wrapped material does not unwrap. In which way is deliberately not told.
    #[error("the wrapped key material does not unwrap")]
    InvalidImport,
    /// The material is none of this spec: of another length or kind, or no key at all. Only whoever had it
    /// before it was wrapped gets as far as this.
    #[error("the key material is not a key of this spec")]
    UnfitMaterial,
    /// The holder of the key does not know it.
    #[error("the key is not known to its holder")]
    NotFound,
    /// The holder of the key knows it and will not use it in its present state.
    #[error("the key is in a state that does not allow this")]
    InvalidState,
    /// The holder of the key refused us, or did not believe who we are.
    #[error("the holder of the key refused access")]
    AccessDenied,
    /// The key was destroyed.
    #[error("the key was destroyed")]
    Destroyed,
    /// The key has done as many operations as are safe for its algorithm.
    #[error("the key has reached the number of operations that is safe for it")]
    LimitReached,
    /// The holder of the key asks for patience.
    #[error("the holder of the key is throttling")]
    Throttled,
    /// No answer before the deadline. Whether the operation took place is not known.
    #[error("no answer before the deadline")]
    Timeout,
    /// The holder of the key cannot be reached now.
    #[error("the holder of the key is unavailable")]
    Unavailable,
    /// A result failed its own check and was withheld.
    #[error("a result failed its integrity check and was withheld")]
    Integrity,
    /// Something that should not happen; the log knows more.
    #[error("internal failure of the backend")]
    Internal,
}

/// What is wrong with an input, whatever the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// Longer than the operation takes.
    #[error("longer than {bytes_max} bytes")]
    TooLong {
        /// The bound.
        bytes_max: usize,
    },
    /// Of another length than the one this message type has.
    #[error("not {bytes} bytes long")]
    WrongLength {
        /// The length it must have.
        bytes: usize,
    },
    /// Fewer than one byte was asked for, or more than the limit.
    #[error("not between 1 and {bytes_max} bytes")]
    OutOfRange {
        /// The bound.
        bytes_max: usize,
    },
    /// Not a public key of the spec that is needed.
    #[error("not a valid public key of the same spec")]
    PublicKey,
    /// Not a usage that keys of this spec can have.
    #[error("not a usage that a key of this spec can have")]
    Usage,
    /// The id of a key is empty or too long.
    #[error("not a valid key id")]
    Id,
}

impl BackendError {
    /// Whether the same call may succeed later without anybody changing anything.
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::Throttled | Self::Timeout | Self::Unavailable)
    }
}

impl From<RandomError> for BackendError {
    fn from(_: RandomError) -> Self {
        Self::Unavailable
    }
}

fn detail(algorithm: Option<Algorithm>, message: Option<MessageType>) -> String {
    match (algorithm, message) {
        (None, None) => String::new(),
        (Some(algorithm), None) => format!(" with {algorithm}"),
        (None, Some(message)) => format!(" with a {message} message"),
        (Some(algorithm), Some(message)) => format!(" with {algorithm} and a {message} message"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The error names of the External Key Store Proxy API: a total `match`, so that none can be forgotten.
    fn xks_name(error: BackendError) -> &'static str {
        use BackendError as E;
        match error {
            E::InvalidCiphertext | E::Integrity => "InvalidCiphertextException",
            E::InvalidInput(_) | E::ContextRefused { .. } | E::InvalidSignature | E::InvalidMac => {
                "ValidationException"
            }
            E::InvalidImport | E::UnfitMaterial | E::InvalidImportSession => "ValidationException",
            E::Unsupported { .. } | E::WrappingUnsupported { .. } => "UnsupportedOperationException",
            E::WrongUsage { .. } => "InvalidKeyUsageException",
            E::NotFound | E::Destroyed => "KeyNotFoundException",
            E::InvalidState | E::LimitReached | E::RootMissing => "InvalidStateException",
            E::AccessDenied => "AccessDeniedException",
            E::Throttled => "ThrottlingException",
            E::Timeout | E::Unavailable => "DependencyTimeoutException",
            E::InvalidToken | E::Internal => "InternalException",
        }
    }

    /// The same for KMS.
    fn kms_name(error: BackendError) -> &'static str {
        use BackendError as E;
        match error {
            E::InvalidCiphertext => "InvalidCiphertextException",
            E::InvalidSignature => "KMSInvalidSignatureException",
            E::InvalidMac => "KMSInvalidMacException",
            E::InvalidInput(_) | E::ContextRefused { .. } => "ValidationException",
            E::Unsupported { .. } | E::WrappingUnsupported { .. } => "UnsupportedOperationException",
            E::WrongUsage { .. } => "InvalidKeyUsageException",
            E::InvalidImport => "InvalidCiphertextException",
            E::UnfitMaterial => "IncorrectKeyMaterialException",
            E::InvalidImportSession => "InvalidImportTokenException",
            E::NotFound | E::Destroyed => "NotFoundException",
            E::InvalidState | E::AccessDenied | E::LimitReached => "KMSInvalidStateException",
            E::Throttled => "ThrottlingException",
            E::Timeout | E::Unavailable => "DependencyTimeoutException",
            E::InvalidToken | E::RootMissing | E::Integrity | E::Internal => "KMSInternalException",
        }
    }

    #[test]
    fn replies_of_both_protocols_follow_from_the_error() {
        assert_eq!(xks_name(BackendError::InvalidCiphertext), kms_name(BackendError::InvalidCiphertext));
        let usage = BackendError::WrongUsage { usage: Usage::SignVerify, operation: OperationKind::Encrypt };
        assert_eq!((xks_name(usage), kms_name(usage)), ("InvalidKeyUsageException", "InvalidKeyUsageException"));
    }

    #[test]
    fn messages_speak_of_keys_and_not_of_types() {
        let unsupported = BackendError::Unsupported {
            spec: KeySpec::Rsa2048,
            operation: OperationKind::Sign,
            algorithm: Some(Algorithm::EcdsaSha256),
            message: Some(MessageType::Digest),
        };
        let message = "signing is not supported for RSA_2048 with ECDSA_SHA_256 and a DIGEST message";
        assert_eq!(unsupported.to_string(), message);
        let input = BackendError::from(InputError::WrongLength { bytes: 32 });
        assert_eq!(input.to_string(), "invalid input: not 32 bytes long");
    }
}
