//! Ed25519, RFC 8032. Material is PKCS#8.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, ParsedPublicKey};
use wardbook_backend::algorithm::{Algorithm, MessageType};
use wardbook_backend::call::Call;
use wardbook_backend::error::BackendError;
use wardbook_backend::key::{Key, Pair};
use wardbook_backend::secret::Secret;

use crate::provider::Family;

/// An Ed25519 key in use.
struct Ed25519Key {
    signing: Ed25519KeyPair,
    verifying: Ed25519Public,
}

/// A public key.
struct Ed25519Public(ParsedPublicKey);

pub(crate) const FAMILY: Family = Family {
    generate: |_| stored(&Ed25519KeyPair::generate().ok()?),
    accept: |_, pkcs8| stored(&Ed25519KeyPair::from_pkcs8(pkcs8).ok()?),
    pair: |_, material| {
        let key = Ed25519KeyPair::from_pkcs8(material.expose()).ok()?;
        Some(Pair { private: stored(&key)?, public: spki(&key)? })
    },
    load: |_, material| {
        let signing = Ed25519KeyPair::from_pkcs8(material.expose()).ok()?;
        let verifying = Ed25519Public(ParsedPublicKey::new(&ED25519, signing.public_key()).ok()?);
        Some(Box::new(Ed25519Key { signing, verifying }))
    },
    load_public: |_, public| Some(Box::new(Ed25519Public(ParsedPublicKey::new(&ED25519, public).ok()?))),
};

fn stored(key: &Ed25519KeyPair) -> Option<Secret> {
    Some(Secret::copy(key.to_pkcs8v1().ok()?.as_ref()))
}

fn spki(key: &Ed25519KeyPair) -> Option<Vec<u8>> {
    Some(key.public_key().as_der().ok()?.as_ref().to_vec())
}

impl Key for Ed25519Public {
    fn verify(
        &self,
        _: Algorithm,
        _: MessageType,
        message: &[u8],
        signature: &[u8],
        _: &Call<'_>,
    ) -> Result<(), BackendError> {
        self.0.verify_sig(message, signature).map_err(|_| BackendError::InvalidSignature)
    }

    fn public_key(&self, _: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        Ok(self.0.as_der().map_err(|_| BackendError::Internal)?.as_ref().to_vec())
    }
}

impl Key for Ed25519Key {
    fn sign(&self, _: Algorithm, _: MessageType, message: &[u8], _: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        let signature = self.signing.try_sign(message).map_err(|_| BackendError::Internal)?;
        Ok(signature.as_ref().to_vec())
    }

    fn verify(
        &self,
        algorithm: Algorithm,
        message_type: MessageType,
        message: &[u8],
        signature: &[u8],
        call: &Call<'_>,
    ) -> Result<(), BackendError> {
        self.verifying.verify(algorithm, message_type, message, signature, call)
    }

    fn public_key(&self, _: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        spki(&self.signing).ok_or(BackendError::Internal)
    }
}
