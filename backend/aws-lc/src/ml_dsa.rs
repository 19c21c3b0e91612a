//! ML-DSA, FIPS 204: hedged signing with the empty context string. Material is PKCS#8 with the seed.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::signature::{
    KeyPair, ML_DSA_44, ML_DSA_44_SIGNING, ML_DSA_65, ML_DSA_65_SIGNING, ML_DSA_87, ML_DSA_87_SIGNING, ParsedPublicKey,
    PqdsaKeyPair, PqdsaSigningAlgorithm, PqdsaVerificationAlgorithm,
};
use wardbook_backend::algorithm::{Algorithm, MessageType};
use wardbook_backend::call::Call;
use wardbook_backend::error::BackendError;
use wardbook_backend::key::{Key, Pair};
use wardbook_backend::secret::Secret;
use wardbook_backend::spec::KeySpec;

use crate::provider::Family;

/// An ML-DSA key in use.
struct MlDsaKey {
    signing: PqdsaKeyPair,
    verifying: MlDsaPublic,
}

/// A public key.
struct MlDsaPublic(ParsedPublicKey);

pub(crate) const FAMILY: Family = Family {
    generate: |spec| stored(&PqdsaKeyPair::generate(parameters(spec)?.0).ok()?),
    accept: |spec, pkcs8| stored(&PqdsaKeyPair::from_pkcs8(parameters(spec)?.0, pkcs8).ok()?),
    pair: |spec, material| {
        let key = PqdsaKeyPair::from_pkcs8(parameters(spec)?.0, material.expose()).ok()?;
        Some(Pair { private: stored(&key)?, public: spki(&key)? })
    },
    load: |spec, material| {
        let (signing, verifying) = parameters(spec)?;
        let signing = PqdsaKeyPair::from_pkcs8(signing, material.expose()).ok()?;
        let verifying = MlDsaPublic(ParsedPublicKey::new(verifying, signing.public_key()).ok()?);
        Some(Box::new(MlDsaKey { signing, verifying }))
    },
    load_public: |spec, public| Some(Box::new(MlDsaPublic(ParsedPublicKey::new(parameters(spec)?.1, public).ok()?))),
};

fn parameters(spec: KeySpec) -> Option<(&'static PqdsaSigningAlgorithm, &'static PqdsaVerificationAlgorithm)> {
    match spec {
        KeySpec::MlDsa44 => Some((&ML_DSA_44_SIGNING, &ML_DSA_44)),
        KeySpec::MlDsa65 => Some((&ML_DSA_65_SIGNING, &ML_DSA_65)),
        KeySpec::MlDsa87 => Some((&ML_DSA_87_SIGNING, &ML_DSA_87)),
        _ => None,
    }
}

/// A key that came without its seed cannot be stored as one, and is refused.
fn stored(key: &PqdsaKeyPair) -> Option<Secret> {
    Some(Secret::copy(key.to_pkcs8v1().ok()?.as_ref()))
}

fn spki(key: &PqdsaKeyPair) -> Option<Vec<u8>> {
    Some(key.public_key().as_der().ok()?.as_ref().to_vec())
}

impl Key for MlDsaPublic {
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

impl Key for MlDsaKey {
    fn sign(&self, _: Algorithm, _: MessageType, message: &[u8], _: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        let mut signature = vec![0; self.signing.algorithm().signature_len()];
        let bytes = self.signing.sign(message, &mut signature).map_err(|_| BackendError::Internal)?;
        signature.truncate(bytes);
        Ok(signature)
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
