//! The short Weierstrass curves: ECDSA (FIPS 186-5) and ECDH (SP 800-56A). Material is PKCS#8.
//!
//! AWS-LC draws each ECDSA nonce from its generator with the private key and the digest mixed in, so that
//! neither a broken generator nor an induced fault reveals the key.

use aws_lc_rs::agreement;
use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, EcdsaVerificationAlgorithm, KeyPair, ParsedPublicKey,
};
use pkcs8::ObjectIdentifier;
use pkcs8::der::Decode;
use pkcs8::spki::SubjectPublicKeyInfoRef;
use wardbook_backend::algorithm::{Algorithm, MessageType};
use wardbook_backend::call::Call;
use wardbook_backend::error::{BackendError, InputError};
use wardbook_backend::key::{Key, Pair};
use wardbook_backend::secret::Secret;
use wardbook_backend::spec::KeySpec;

use crate::provider::Family;

/// A key on a curve in use.
struct EccKey {
    curve: &'static Curve,
    signing: EcdsaKeyPair,
    verifying: EccPublic,
    agreeing: Option<agreement::PrivateKey>,
}

/// A public key on a curve.
struct EccPublic {
    curve: &'static Curve,
    key: ParsedPublicKey,
}

/// What AWS-LC calls the parts of one curve.
struct Curve {
    spec: KeySpec,
    oid: ObjectIdentifier,
    signing: &'static EcdsaSigningAlgorithm,
    verifying: &'static EcdsaVerificationAlgorithm,
    digest: &'static digest::Algorithm,
    agreement: Option<&'static agreement::Algorithm>,
}

#[rustfmt::skip]
static CURVES: &[Curve] = &[
    Curve {
        spec: KeySpec::EccNistP256,
        oid: ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"),
        signing: &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
        verifying: &signature::ECDSA_P256_SHA256_ASN1,
        digest: &digest::SHA256,
        agreement: Some(&agreement::ECDH_P256),
    },
    Curve {
        spec: KeySpec::EccNistP384,
        oid: ObjectIdentifier::new_unwrap("1.3.132.0.34"),
        signing: &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
        verifying: &signature::ECDSA_P384_SHA384_ASN1,
        digest: &digest::SHA384,
        agreement: Some(&agreement::ECDH_P384),
    },
    Curve {
        spec: KeySpec::EccNistP521,
        oid: ObjectIdentifier::new_unwrap("1.3.132.0.35"),
        signing: &signature::ECDSA_P521_SHA512_ASN1_SIGNING,
        verifying: &signature::ECDSA_P521_SHA512_ASN1,
        digest: &digest::SHA512,
        agreement: Some(&agreement::ECDH_P521),
    },
    Curve {
        spec: KeySpec::EccSecgP256k1,
        oid: ObjectIdentifier::new_unwrap("1.3.132.0.10"),
        signing: &signature::ECDSA_P256K1_SHA256_ASN1_SIGNING,
        verifying: &signature::ECDSA_P256K1_SHA256_ASN1,
        digest: &digest::SHA256,
        agreement: None,
    },
];

pub(crate) const FAMILY: Family = Family {
    generate: |spec| stored(&EcdsaKeyPair::generate(curve(spec)?.signing).ok()?),
    accept: |spec, pkcs8| stored(&EcdsaKeyPair::from_pkcs8(curve(spec)?.signing, pkcs8).ok()?),
    pair: |spec, material| {
        let key = EcdsaKeyPair::from_pkcs8(curve(spec)?.signing, material.expose()).ok()?;
        Some(Pair { private: stored(&key)?, public: spki(&key)? })
    },
    load: |spec, material| {
        let curve = curve(spec)?;
        let signing = EcdsaKeyPair::from_pkcs8(curve.signing, material.expose()).ok()?;
        let verifying = EccPublic { curve, key: ParsedPublicKey::new(curve.verifying, signing.public_key()).ok()? };
        let agreeing = match curve.agreement {
            Some(algorithm) => Some(agreement::PrivateKey::from_private_key_der(algorithm, material.expose()).ok()?),
            None => None,
        };
        Some(Box::new(EccKey { curve, signing, verifying, agreeing }))
    },
    load_public: |spec, public| {
        let curve = curve(spec).filter(|curve| curve.is_named(public))?;
        Some(Box::new(EccPublic { curve, key: ParsedPublicKey::new(curve.verifying, public).ok()? }))
    },
};

fn curve(spec: KeySpec) -> Option<&'static Curve> {
    CURVES.iter().find(|curve| curve.spec == spec)
}

fn stored(key: &EcdsaKeyPair) -> Option<Secret> {
    Some(Secret::copy(key.to_pkcs8v1().ok()?.as_ref()))
}

fn spki(key: &EcdsaKeyPair) -> Option<Vec<u8>> {
    Some(key.public_key().as_der().ok()?.as_ref().to_vec())
}

impl Curve {
    /// Whether a public key is whole, names this curve, and has its point in a usual form. AWS-LC also reads
    /// curves that are spelled out, bare and hybrid points, and passes over what follows a key.
    fn is_named(&self, public: &[u8]) -> bool {
        SubjectPublicKeyInfoRef::from_der(public).is_ok_and(|info| {
            let point = info.subject_public_key.raw_bytes();
            info.algorithm.parameters_oid() == Ok(self.oid) && matches!(point.first(), Some(0x02..=0x04))
        })
    }

    fn digest(&self, digest: &[u8]) -> Result<Digest, BackendError> {
        Digest::import_less_safe(digest, self.digest).map_err(|_| BackendError::Internal)
    }
}

impl Key for EccPublic {
    fn verify(
        &self,
        _: Algorithm,
        message_type: MessageType,
        message: &[u8],
        signature: &[u8],
        _: &Call<'_>,
    ) -> Result<(), BackendError> {
        let verified = match message_type {
            MessageType::Raw => self.key.verify_sig(message, signature),
            MessageType::Digest => self.key.verify_digest_sig(&self.curve.digest(message)?, signature),
            MessageType::ExternalMu => return Err(BackendError::Internal),
        };
        verified.map_err(|_| BackendError::InvalidSignature)
    }

    fn public_key(&self, _: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        Ok(self.key.as_der().map_err(|_| BackendError::Internal)?.as_ref().to_vec())
    }
}

impl Key for EccKey {
    fn sign(
        &self,
        _: Algorithm,
        message_type: MessageType,
        message: &[u8],
        _: &Call<'_>,
    ) -> Result<Vec<u8>, BackendError> {
        let signature = match message_type {
            MessageType::Raw => self.signing.sign(&SystemRandom::new(), message),
            MessageType::Digest => self.signing.sign_digest(&self.curve.digest(message)?),
            MessageType::ExternalMu => return Err(BackendError::Internal),
        };
        signature.map(|signature| signature.as_ref().to_vec()).map_err(|_| BackendError::Internal)
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

    fn agree(&self, peer: &[u8], _: &Call<'_>) -> Result<Secret, BackendError> {
        let (Some(private), Some(algorithm)) = (&self.agreeing, self.curve.agreement) else {
            return Err(BackendError::Internal);
        };
        let invalid = BackendError::from(InputError::PublicKey);
        if !self.curve.is_named(peer) {
            return Err(invalid);
        }
        let peer = agreement::UnparsedPublicKey::new(algorithm, peer);
        let peer = agreement::ParsedPublicKey::try_from(peer).map_err(|_| invalid)?;
        agreement::agree(private, peer, invalid, |shared| Ok(Secret::copy(shared)))
    }

    fn public_key(&self, _: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        spki(&self.signing).ok_or(BackendError::Internal)
    }
}
