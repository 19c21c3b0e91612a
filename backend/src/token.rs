//! What the caller stores instead of a key, and what it belongs to.

use std::fmt;

use crate::context::Context;
use crate::error::{BackendError, InputError};
use crate::limits;
use crate::spec::{KeySpec, Usage};

/// Which material of which key: 32 bytes that its owner chose. Ciphertexts carry it in clear.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MaterialId(pub [u8; 32]);

/// What a token belongs to. A token opens only with an equal binding, so rows cannot be swapped.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Binding {
    id: String,
    version: MaterialId,
    spec: KeySpec,
    usage: Usage,
}

/// What the caller stores: wrapped material or the place of a key, never material in clear. Its bytes mean
/// something to the backend alone.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyToken {
    provider_bytes: u8,
    bytes: Vec<u8>,
}

const MAGIC: &[u8; 4] = b"wbt\x01";

impl Binding {
    /// Binds to a key's id in its owner's words, the version of its material, its spec and its usage.
    pub fn new(id: &str, version: MaterialId, spec: KeySpec, usage: Usage) -> Result<Self, BackendError> {
        if id.is_empty() || id.len() > limits::ID_BYTES_MAX {
            return Err(InputError::Id.into());
        }
        if !spec.usages().contains(&usage) {
            return Err(InputError::Usage.into());
        }
        Ok(Self { id: id.to_owned(), version, spec, usage })
    }

    /// The key's id in its owner's words. No backend reads it to decide.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The version of the material.
    pub fn version(&self) -> MaterialId {
        self.version
    }

    /// What the key is.
    pub fn spec(&self) -> KeySpec {
        self.spec
    }

    /// What the key is for.
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// The binding as authenticated data of whatever `purpose` and `provider` make of it.
    pub fn context(&self, purpose: &str, provider: &str) -> Result<Context, BackendError> {
        Context::new([
            ("id", self.id.as_str()),
            ("version", self.version.to_string().as_str()),
            ("spec", self.spec.as_str()),
            ("usage", self.usage.as_str()),
            ("purpose", purpose),
            ("provider", provider),
        ])
        .map_err(|_| BackendError::Internal)
    }
}

impl KeyToken {
    /// A token of a provider. For backends.
    pub fn new(provider: &str, payload: &[u8]) -> Result<Self, BackendError> {
        let provider_bytes = u8::try_from(provider.len()).map_err(|_| BackendError::Internal)?;
        let bytes = [MAGIC, &[provider_bytes][..], provider.as_bytes(), payload].concat();
        Self::from_bytes(&bytes)
    }

    /// Reads what [`KeyToken::as_bytes`] gave.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BackendError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(BackendError::InvalidToken)?;
        let (provider_bytes, rest) = rest.split_first().ok_or(BackendError::InvalidToken)?;
        let provider = rest.get(..usize::from(*provider_bytes)).ok_or(BackendError::InvalidToken)?;
        let named = !provider.is_empty() && provider.iter().all(u8::is_ascii_graphic);
        if !named || bytes.len() > limits::TOKEN_BYTES_MAX {
            return Err(BackendError::InvalidToken);
        }
        Ok(Self { provider_bytes: *provider_bytes, bytes: bytes.to_vec() })
    }

    /// For storing.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Who made the key, and will serve it for ever.
    pub fn provider(&self) -> &str {
        let end = MAGIC.len() + 1 + usize::from(self.provider_bytes);
        self.bytes.get(MAGIC.len() + 1..end).and_then(|name| std::str::from_utf8(name).ok()).unwrap_or_default()
    }

    /// What the provider put in. For backends.
    pub fn payload(&self) -> &[u8] {
        self.bytes.get(MAGIC.len() + 1 + usize::from(self.provider_bytes)..).unwrap_or_default()
    }
}

impl fmt::Display for MaterialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for MaterialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MaterialId({self})")
    }
}

impl fmt::Debug for KeyToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyToken({}, {} bytes)", self.provider(), self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_provider_and_prints_nothing_else() {
        let token = KeyToken::new("rustcrypto", b"payload").expect("valid");
        let read = KeyToken::from_bytes(token.as_bytes()).expect("valid");
        assert_eq!((read.provider(), read.payload()), ("rustcrypto", &b"payload"[..]));
        assert_eq!(format!("{token:?}"), "KeyToken(rustcrypto, 22 bytes)");
        for cut in 0..15 {
            assert_eq!(KeyToken::from_bytes(&token.as_bytes()[..cut]), Err(BackendError::InvalidToken), "{cut}");
        }
    }

    #[test]
    fn the_longest_token_and_id_are_accepted_and_one_byte_more_is_not() {
        let payload = vec![0; limits::TOKEN_BYTES_MAX - 6];
        assert!(KeyToken::new("p", &payload).is_ok());
        assert_eq!(KeyToken::new("pp", &payload), Err(BackendError::InvalidToken));
        let binding =
            |bytes| Binding::new(&"i".repeat(bytes), MaterialId([0; 32]), KeySpec::Hmac256, Usage::GenerateVerifyMac);
        assert!(binding(limits::ID_BYTES_MAX).is_ok());
        assert_eq!(binding(limits::ID_BYTES_MAX + 1), Err(InputError::Id.into()));
        assert_eq!(binding(0), Err(InputError::Id.into()));
    }

    #[test]
    fn a_usage_that_the_spec_cannot_have_is_refused_at_the_door() {
        let binding = Binding::new("k", MaterialId([0; 32]), KeySpec::Hmac256, Usage::SignVerify);
        assert_eq!(binding, Err(InputError::Usage.into()));
    }
}
