//! How a proxy says no: [the error codes](https://github.com/aws/aws-kms-xksproxy-api-spec) of the protocol.
//!
//! The name decides; the HTTP status only helps where there is no name, because something between us and the
//! proxy answered.

use serde_json::Value;
use wardbook_backend::algorithm::Algorithm;
use wardbook_backend::error::BackendError;
use wardbook_backend::operation::OperationKind;
use wardbook_backend::spec::{KeySpec, Usage};

/// Why a proxy said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// A parameter is invalid.
    Validation,
    /// The key or the key store is disabled, deactivated or blocked.
    InvalidState,
    /// Ciphertext, initialization vector, tag or associated data are not what they were.
    InvalidCiphertext,
    /// The key is not for this operation.
    InvalidKeyUsage,
    /// The signature of the request is not accepted.
    AuthenticationFailed,
    /// Whoever the labels name may not do this.
    AccessDenied,
    /// No such key.
    KeyNotFound,
    /// No such path.
    InvalidUriPath,
    /// Too many requests.
    Throttling,
    /// Not implemented, or a parameter is longer than is implemented.
    UnsupportedOperation,
    /// Something behind the proxy was too slow.
    DependencyTimeout,
    /// Something in or behind the proxy failed.
    Internal,
    /// No name of the protocol; the HTTP status is all there is.
    Unknown(u16),
}

/// A refusal as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) refusal: Refusal,
    /// The proxy's own words, if they are ones the protocol allows. For a log, never for a caller.
    pub(crate) message: Option<String>,
}

const NAMES: &[(Refusal, &str)] = &[
    (Refusal::Validation, "ValidationException"),
    (Refusal::InvalidState, "InvalidStateException"),
    (Refusal::InvalidCiphertext, "InvalidCiphertextException"),
    (Refusal::InvalidKeyUsage, "InvalidKeyUsageException"),
    (Refusal::AuthenticationFailed, "AuthenticationFailedException"),
    (Refusal::AccessDenied, "AccessDeniedException"),
    (Refusal::KeyNotFound, "KeyNotFoundException"),
    (Refusal::InvalidUriPath, "InvalidUriPathException"),
    (Refusal::Throttling, "ThrottlingException"),
    (Refusal::UnsupportedOperation, "UnsupportedOperationException"),
    (Refusal::DependencyTimeout, "DependencyTimeoutException"),
    (Refusal::Internal, "InternalException"),
];

const MESSAGE_BYTES_MAX: usize = 511;

impl Refusal {
    /// Every refusal that has a name.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|(refusal, _)| *refusal)
    }

    /// The name in the protocol.
    pub fn as_str(self) -> &'static str {
        NAMES.iter().find(|(refusal, _)| *refusal == self).map_or("(none)", |(_, name)| name)
    }

    /// What it means for whoever asked for `operation`.
    pub fn error(self, operation: OperationKind) -> BackendError {
        match self {
            Self::InvalidState => BackendError::InvalidState,
            Self::InvalidCiphertext if operation == OperationKind::Decrypt => BackendError::InvalidCiphertext,
            Self::InvalidKeyUsage => BackendError::WrongUsage { usage: Usage::EncryptDecrypt, operation },
            Self::AuthenticationFailed | Self::AccessDenied => BackendError::AccessDenied,
            Self::KeyNotFound => BackendError::NotFound,
            Self::Throttling | Self::Unknown(429) => BackendError::Throttled,
            Self::UnsupportedOperation => BackendError::Unsupported {
                spec: KeySpec::SymmetricDefault,
                operation,
                algorithm: Some(Algorithm::SymmetricDefault),
                message: None,
            },
            Self::DependencyTimeout | Self::Unknown(504) => BackendError::Timeout,
            Self::Internal | Self::Unknown(502 | 503) => BackendError::Unavailable,
            // Our own request or configuration is wrong, or nobody knows what the proxy meant.
            Self::Validation | Self::InvalidUriPath | Self::InvalidCiphertext | Self::Unknown(_) => {
                BackendError::Internal
            }
        }
    }
}

impl Refused {
    /// Reads an answer that is no success.
    pub(crate) fn read(status: u16, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let named = text("errorName").and_then(|name| NAMES.iter().find(|(_, known)| *known == name));
        let printable =
            |text: &&str| text.len() <= MESSAGE_BYTES_MAX && text.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
        Self {
            refusal: named.map_or(Refusal::Unknown(status), |(refusal, _)| *refusal),
            message: text("errorMessage").filter(printable).map(str::to_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_decides_and_the_status_helps_where_there_is_none() {
        for (status, body, refusal) in [
            (400, r#"{"errorName": "InvalidStateException"}"#, Refusal::InvalidState),
            (500, r#"{"errorName": "KeyNotFoundException", "errorMessage": "x"}"#, Refusal::KeyNotFound),
            (400, r#"{"errorName": "SomeException"}"#, Refusal::Unknown(400)),
            (503, "<html>", Refusal::Unknown(503)),
            (503, r#"["errorName"]"#, Refusal::Unknown(503)),
            (204, "", Refusal::Unknown(204)),
        ] {
            assert_eq!(Refused::read(status, body.as_bytes()).refusal, refusal, "{body}");
        }
    }

    #[test]
    fn only_a_message_that_the_protocol_allows_reaches_a_log() {
        let message =
            |text: &str| Refused::read(400, serde_json::json!({"errorMessage": text}).to_string().as_bytes()).message;
        assert_eq!(message(&"x".repeat(511)), Some("x".repeat(511)));
        for text in ["x".repeat(512), "line\nline".to_owned(), "\u{1b}[31m".to_owned(), "ä".to_owned()] {
            assert_eq!(message(&text), None, "{text}");
        }
    }

    /// As the table of KMS exceptions in the specification groups them.
    #[test]
    fn every_name_has_its_meaning() {
        let decrypt = |refusal: Refusal| refusal.error(OperationKind::Decrypt);
        assert_eq!(Refusal::all().count(), 12);
        for (name, error) in [
            ("ValidationException", BackendError::Internal),
            ("InvalidStateException", BackendError::InvalidState),
            ("InvalidCiphertextException", BackendError::InvalidCiphertext),
            (
                "InvalidKeyUsageException",
                BackendError::WrongUsage { usage: Usage::EncryptDecrypt, operation: OperationKind::Decrypt },
            ),
            ("AuthenticationFailedException", BackendError::AccessDenied),
            ("AccessDeniedException", BackendError::AccessDenied),
            ("KeyNotFoundException", BackendError::NotFound),
            ("InvalidUriPathException", BackendError::Internal),
            ("ThrottlingException", BackendError::Throttled),
            (
                "UnsupportedOperationException",
                BackendError::Unsupported {
                    spec: KeySpec::SymmetricDefault,
                    operation: OperationKind::Decrypt,
                    algorithm: Some(Algorithm::SymmetricDefault),
                    message: None,
                },
            ),
            ("DependencyTimeoutException", BackendError::Timeout),
            ("InternalException", BackendError::Unavailable),
        ] {
            let found = Refusal::all().find(|refusal| refusal.as_str() == name).expect("in the table");
            assert_eq!(decrypt(found), error, "{name}");
        }
        assert_eq!(Refusal::InvalidCiphertext.error(OperationKind::Encrypt), BackendError::Internal);
        assert_eq!(decrypt(Refusal::Unknown(503)), BackendError::Unavailable);
        assert_eq!(decrypt(Refusal::Unknown(504)), BackendError::Timeout);
        assert_eq!(decrypt(Refusal::Unknown(429)), BackendError::Throttled);
        assert_eq!(decrypt(Refusal::Unknown(302)), BackendError::Internal);
    }
}
