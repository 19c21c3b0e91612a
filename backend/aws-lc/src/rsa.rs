//! RSA, RFC 8017: OAEP, PKCS#1 v1.5 and PSS signatures, with the salt as long as the digest. Material is PKCS#8.

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPrivateDecryptingKey,
    OaepPublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey,
};
use aws_lc_rs::signature::{self, KeyPair, ParsedPublicKey, RsaKeyPair, RsaParameters, RsaSignatureEncoding};
use wardbook_backend::algorithm::{Algorithm, MessageType};
use wardbook_backend::call::Call;
use wardbook_backend::context::Context;
use wardbook_backend::error::BackendError;
use wardbook_backend::key::{Key, Pair};
use wardbook_backend::secret::Secret;
use wardbook_backend::spec::KeySpec;

use crate::provider::Family;
use crate::wrapping;

/// An RSA key in use.
struct RsaKey {
    signing: RsaKeyPair,
    public: RsaPublic,
    decrypting: OaepPrivateDecryptingKey,
}

/// An RSA public key, parsed once for each way of verifying.
struct RsaPublic {
    der: Vec<u8>,
    verifying: Vec<(&'static Scheme, ParsedPublicKey)>,
    encrypting: OaepPublicEncryptingKey,
}

/// What AWS-LC calls the parts of one signature algorithm.
struct Scheme {
    algorithm: Algorithm,
    signing: &'static RsaSignatureEncoding,
    verifying: &'static RsaParameters,
    digest: &'static digest::Algorithm,
}

macro_rules! scheme {
    ($algorithm:ident, $signing:ident, $verifying:ident, $digest:ident) => {
        Scheme {
            algorithm: Algorithm::$algorithm,
            signing: &signature::$signing,
            verifying: &signature::$verifying,
            digest: &digest::$digest,
        }
    };
}

static SCHEMES: &[Scheme] = &[
    scheme!(RsassaPssSha256, RSA_PSS_SHA256, RSA_PSS_2048_8192_SHA256, SHA256),
    scheme!(RsassaPssSha384, RSA_PSS_SHA384, RSA_PSS_2048_8192_SHA384, SHA384),
    scheme!(RsassaPssSha512, RSA_PSS_SHA512, RSA_PSS_2048_8192_SHA512, SHA512),
    scheme!(RsassaPkcs1Sha256, RSA_PKCS1_SHA256, RSA_PKCS1_2048_8192_SHA256, SHA256),
    scheme!(RsassaPkcs1Sha384, RSA_PKCS1_SHA384, RSA_PKCS1_2048_8192_SHA384, SHA384),
    scheme!(RsassaPkcs1Sha512, RSA_PKCS1_SHA512, RSA_PKCS1_2048_8192_SHA512, SHA512),
];

pub(crate) const FAMILY: Family = Family {
    generate: |spec| stored(&RsaKeyPair::generate(size(spec)?).ok()?),
    accept: |spec, pkcs8| {
        let key = RsaKeyPair::from_pkcs8(pkcs8).ok()?;
        (key.public_modulus_len() == size(spec)?.len()).then(|| stored(&key))?
    },
    pair: |_, material| {
        let key = RsaKeyPair::from_pkcs8(material.expose()).ok()?;
        Some(Pair { private: stored(&key)?, public: spki(&key)? })
    },
    load: |spec, material| {
        let signing = RsaKeyPair::from_pkcs8(material.expose()).ok()?;
        let public = RsaPublic::new(spec, &spki(&signing)?)?;
        let decrypting = PrivateDecryptingKey::from_pkcs8(material.expose()).ok()?;
        let decrypting = OaepPrivateDecryptingKey::new(decrypting).ok()?;
        Some(Box::new(RsaKey { signing, public, decrypting }))
    },
    load_public: |spec, public| Some(Box::new(RsaPublic::new(spec, public)?)),
};

fn size(spec: KeySpec) -> Option<KeySize> {
    match spec {
        KeySpec::Rsa2048 => Some(KeySize::Rsa2048),
        KeySpec::Rsa3072 => Some(KeySize::Rsa3072),
        KeySpec::Rsa4096 => Some(KeySize::Rsa4096),
        _ => None,
    }
}

fn stored(key: &RsaKeyPair) -> Option<Secret> {
    Some(Secret::copy(key.as_der().ok()?.as_ref()))
}

fn spki(key: &RsaKeyPair) -> Option<Vec<u8>> {
    Some(key.public_key().as_der().ok()?.as_ref().to_vec())
}

fn oaep(algorithm: Algorithm) -> Result<&'static OaepAlgorithm, BackendError> {
    match algorithm {
        Algorithm::RsaesOaepSha1 => Ok(&OAEP_SHA1_MGF1SHA1),
        Algorithm::RsaesOaepSha256 => Ok(&OAEP_SHA256_MGF1SHA256),
        _ => Err(BackendError::Internal),
    }
}

impl RsaPublic {
    fn new(spec: KeySpec, der: &[u8]) -> Option<Self> {
        let encrypting = PublicEncryptingKey::from_der(der).ok()?;
        let der = encrypting.as_der().ok()?.as_ref().to_vec();
        if encrypting.key_size_bytes() != size(spec)?.len() {
            return None;
        }
        let parsed = SCHEMES.iter().map(|scheme| Some((scheme, ParsedPublicKey::new(scheme.verifying, &der).ok()?)));
        let verifying = parsed.collect::<Option<_>>()?;
        Some(Self { der, verifying, encrypting: OaepPublicEncryptingKey::new(encrypting).ok()? })
    }

    fn scheme(&self, algorithm: Algorithm) -> Result<(&'static Scheme, &ParsedPublicKey), BackendError> {
        let mut schemes = self.verifying.iter();
        let found = schemes.find(|(scheme, _)| scheme.algorithm == algorithm);
        found.map(|(scheme, key)| (*scheme, key)).ok_or(BackendError::Internal)
    }
}

fn imported(digest: &[u8], scheme: &Scheme) -> Result<Digest, BackendError> {
    Digest::import_less_safe(digest, scheme.digest).map_err(|_| BackendError::Internal)
}

impl Key for RsaPublic {
    fn encrypt(
        &self,
        algorithm: Algorithm,
        plaintext: &[u8],
        _: &Context,
        _: &Call<'_>,
    ) -> Result<Vec<u8>, BackendError> {
        let mut ciphertext = vec![0; self.encrypting.ciphertext_size()];
        let encrypted = self.encrypting.encrypt(oaep(algorithm)?, plaintext, &mut ciphertext, None);
        let bytes = encrypted.map_err(|_| BackendError::Internal)?.len();
        ciphertext.truncate(bytes);
        Ok(ciphertext)
    }

    fn verify(
        &self,
        algorithm: Algorithm,
        message_type: MessageType,
        message: &[u8],
        signature: &[u8],
        _: &Call<'_>,
    ) -> Result<(), BackendError> {
        let (scheme, key) = self.scheme(algorithm)?;
        let verified = match message_type {
            MessageType::Raw => key.verify_sig(message, signature),
            MessageType::Digest => key.verify_digest_sig(&imported(message, scheme)?, signature),
            MessageType::ExternalMu => return Err(BackendError::Internal),
        };
        verified.map_err(|_| BackendError::InvalidSignature)
    }

    fn public_key(&self, _: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        Ok(self.der.clone())
    }
}

impl Key for RsaKey {
    fn encrypt(
        &self,
        algorithm: Algorithm,
        plaintext: &[u8],
        context: &Context,
        call: &Call<'_>,
    ) -> Result<Vec<u8>, BackendError> {
        self.public.encrypt(algorithm, plaintext, context, call)
    }

    fn decrypt(
        &self,
        algorithm: Algorithm,
        ciphertext: &[u8],
        _: &Context,
        _: &Call<'_>,
    ) -> Result<Secret, BackendError> {
        wrapping::decrypt(&self.decrypting, oaep(algorithm)?, ciphertext).ok_or(BackendError::InvalidCiphertext)
    }

    fn sign(
        &self,
        algorithm: Algorithm,
        message_type: MessageType,
        message: &[u8],
        _: &Call<'_>,
    ) -> Result<Vec<u8>, BackendError> {
        let (scheme, _) = self.public.scheme(algorithm)?;
        let mut signature = vec![0; self.signing.public_modulus_len()];
        let signed = match message_type {
            MessageType::Raw => self.signing.sign(scheme.signing, &SystemRandom::new(), message, &mut signature),
            MessageType::Digest => {
                self.signing.sign_digest(scheme.signing, &imported(message, scheme)?, &mut signature)
            }
            MessageType::ExternalMu => return Err(BackendError::Internal),
        };
        signed.map(|()| signature).map_err(|_| BackendError::Internal)
    }

    fn verify(
        &self,
        algorithm: Algorithm,
        message_type: MessageType,
        message: &[u8],
        signature: &[u8],
        call: &Call<'_>,
    ) -> Result<(), BackendError> {
        self.public.verify(algorithm, message_type, message, signature, call)
    }

    fn public_key(&self, _: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        Ok(self.public.der.clone())
    }
}
