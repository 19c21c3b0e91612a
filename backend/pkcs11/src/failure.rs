//! What a token's refusals mean.

use cryptoki::error::{Error, RvError};
use wardbook_backend::error::BackendError;

/// Why an operation in the token did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The session, the login or the token is gone: connect again and repeat.
    Lost,
    /// The object's handle is void: look the object up again and repeat.
    Stale,
    /// The token does not do this, or not with this key or input.
    Declined,
    /// The same, where that has one meaning for the caller.
    DeclinedAs(BackendError),
    /// An answer for the caller.
    Said(BackendError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        use RvError as R;
        let Error::Pkcs11(value, _) = error else { return Self::Declined };
        match value {
            R::SessionHandleInvalid
            | R::SessionClosed
            | R::UserNotLoggedIn
            | R::DeviceRemoved
            | R::DeviceError
            | R::TokenNotPresent
            | R::TokenNotRecognized
            | R::SlotIdInvalid
            | R::CryptokiNotInitialized
            | R::OperationActive => Self::Lost,
            R::ObjectHandleInvalid | R::KeyHandleInvalid => Self::Stale,
            R::PinIncorrect | R::PinInvalid | R::PinLenRange | R::PinExpired | R::PinLocked => {
                Self::Said(BackendError::AccessDenied)
            }
            R::UserPinNotInitialized => Self::Said(BackendError::AccessDenied),
            R::SessionCount | R::DeviceMemory | R::HostMemory => Self::Said(BackendError::Throttled),
            R::EncryptedDataInvalid | R::EncryptedDataLenRange => Self::Said(BackendError::InvalidCiphertext),
            R::SignatureInvalid | R::SignatureLenRange => Self::Said(BackendError::InvalidSignature),
            _ => Self::Declined,
        }
    }
}

impl From<BackendError> for Failure {
    fn from(error: BackendError) -> Self {
        Self::Said(error)
    }
}

impl Failure {
    /// The same, where whatever the token declines has one meaning.
    pub(crate) fn or(self, meaning: BackendError) -> Self {
        match self {
            Self::Declined => Self::DeclinedAs(meaning),
            other => other,
        }
    }
}
