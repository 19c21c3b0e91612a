//! What a proxy knows us by.

use std::fmt;

use wardbook_backend::secret::Secret;

/// The credential shared with a proxy. Unrelated to any other.
pub struct Credential {
    access_key_id: String,
    secret: Secret,
}

/// Why two texts are no credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// The public half.
    #[error("an access key id of an external key store proxy has 20 to 30 characters of A-Z 2-7")]
    AccessKeyId,
    /// The secret half.
    #[error("a secret access key of an external key store proxy has 43 to 64 characters of a-z A-Z 0-9 / + =")]
    SecretAccessKey,
}

impl Credential {
    /// Checks both halves against the rules of the protocol.
    pub fn new(access_key_id: &str, secret: Secret) -> Result<Self, CredentialError> {
        let id = |byte: u8| byte.is_ascii_uppercase() || matches!(byte, b'2'..=b'7');
        if !(20..=30).contains(&access_key_id.len()) || !access_key_id.bytes().all(id) {
            return Err(CredentialError::AccessKeyId);
        }
        let letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'+' | b'=');
        if !(43..=64).contains(&secret.len()) || !secret.expose().iter().all(letter) {
            return Err(CredentialError::SecretAccessKey);
        }
        Ok(Self { access_key_id: access_key_id.to_owned(), secret })
    }

    /// The public half.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.secret
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("access_key_id", &self.access_key_id).field("secret", &self.secret).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_halves_are_held_to_the_protocol() {
        let make = |id: &str, secret: &str| Credential::new(id, Secret::copy(secret.as_bytes())).err();
        let (id, secret) = ("A".repeat(20), "s".repeat(43));
        assert_eq!(make(&id, &secret), None);
        assert_eq!(make(&"7".repeat(30), &"+".repeat(64)), None);
        for wrong in ["A".repeat(19), "A".repeat(31), "a".repeat(20), "1".repeat(20)] {
            assert_eq!(make(&wrong, &secret), Some(CredentialError::AccessKeyId), "{wrong}");
        }
        for wrong in ["s".repeat(42), "s".repeat(65), "-".repeat(43)] {
            assert_eq!(make(&id, &wrong), Some(CredentialError::SecretAccessKey), "{wrong}");
        }
    }

    #[test]
    fn a_credential_does_not_print_its_secret() {
        let credential = Credential::new(&"A".repeat(20), Secret::copy(&[b'x'; 43])).expect("valid");
        assert!(!format!("{credential:?}").contains('x'));
    }
}
