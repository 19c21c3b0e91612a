//! The provider: what AWS-LC is claimed to do, and where each spec's code is.

use std::sync::Arc;

use pkcs8::PrivateKeyInfoRef;
use pkcs8::der::Decode;
use pkcs8::spki::SubjectPublicKeyInfoRef;
use wardbook_backend::algorithm::{Algorithm, MessageType};
use wardbook_backend::capability::{Boundary, Capability, Cost};
use wardbook_backend::error::{BackendError, InputError};
use wardbook_backend::import::Wrapping;
use wardbook_backend::key::{Key, Pair};
use wardbook_backend::limits;
use wardbook_backend::operation::OperationKind;
use wardbook_backend::provider::Provider;
use wardbook_backend::random::Random;
use wardbook_backend::secret::Secret;
use wardbook_backend::spec::KeySpec;
use wardbook_backend::token::MaterialId;

use crate::fips::{self, ModuleError};
use crate::random::AwsLcRandom;
use crate::{ecc, ed25519, mac, ml_dsa, ml_kem, rsa, symmetric, wrapping};

/// AWS-LC.
#[derive(Clone, Copy, Debug)]
pub struct AwsLc(());

/// The name that tokens carry. Keys of the FIPS module are its own: neither opens what the other made.
pub const NAME: &str = if fips::MODULE { "aws-lc-fips" } else { "aws-lc" };

/// Spec, bytes of raw material.
const SYMMETRIC: &[(KeySpec, usize)] = &[
    (KeySpec::SymmetricDefault, 32),
    (KeySpec::Hmac224, 28),
    (KeySpec::Hmac256, 32),
    (KeySpec::Hmac384, 48),
    (KeySpec::Hmac512, 64),
];

/// The specs whose keys are pairs.
const ASYMMETRIC: &[KeySpec] = &[
    KeySpec::Rsa2048,
    KeySpec::Rsa3072,
    KeySpec::Rsa4096,
    KeySpec::EccNistP256,
    KeySpec::EccNistP384,
    KeySpec::EccNistP521,
    KeySpec::EccSecgP256k1,
    KeySpec::EccNistEdwards25519,
    KeySpec::MlDsa44,
    KeySpec::MlDsa65,
    KeySpec::MlDsa87,
    KeySpec::MlKem512,
    KeySpec::MlKem768,
    KeySpec::MlKem1024,
];

/// The specs whose keys others keep as a seed, which AWS-LC's interface neither takes nor gives: no import, and
/// no pairs for others.
const SEEDLESS: &[KeySpec] = &[KeySpec::MlKem512, KeySpec::MlKem768, KeySpec::MlKem1024];

/// The pairs that are made for others; those that the FIPS module does not approve come last.
const PAIRS: &[KeySpec] = &[
    KeySpec::Rsa2048,
    KeySpec::Rsa3072,
    KeySpec::Rsa4096,
    KeySpec::EccNistP256,
    KeySpec::EccNistP384,
    KeySpec::EccNistP521,
    KeySpec::MlDsa44,
    KeySpec::MlDsa65,
    KeySpec::MlDsa87,
    KeySpec::EccSecgP256k1,
    KeySpec::EccNistEdwards25519,
];

/// Specs, operations, algorithm, message type, longest input, cost.
type Claim = (&'static [KeySpec], &'static [OperationKind], Algorithm, Option<MessageType>, usize, Cost);

/// Bounds of OAEP are the modulus less twice the digest and two bytes.
#[rustfmt::skip]
const CLAIMS: &[Claim] = {
    use Algorithm as A;
    use Cost::{Blocking, Inline};
    use KeySpec as K;
    use MessageType::{Digest, Raw};
    use OperationKind as O;
    const SIGN: &[OperationKind] = &[O::Sign, O::Verify];
    const WHOLE: usize = limits::MESSAGE_BYTES_MAX;
    const PEER: usize = limits::PUBLIC_KEY_BYTES_MAX;
    const MAC: usize = limits::MAC_MESSAGE_BYTES_MAX;
    const RSA: &[KeySpec] = &[K::Rsa2048, K::Rsa3072, K::Rsa4096];
    const ML_DSA: &[KeySpec] = &[K::MlDsa44, K::MlDsa65, K::MlDsa87];
    &[
        (&[K::SymmetricDefault], &[O::Encrypt], A::SymmetricDefault, None, limits::PLAINTEXT_BYTES_MAX, Inline),
        (&[K::SymmetricDefault], &[O::Decrypt], A::SymmetricDefault, None, limits::BLOB_BYTES_MAX, Inline),
        (&[K::Hmac224], &[O::Mac], A::HmacSha224, None, MAC, Inline),
        (&[K::Hmac256], &[O::Mac], A::HmacSha256, None, MAC, Inline),
        (&[K::Hmac384], &[O::Mac], A::HmacSha384, None, MAC, Inline),
        (&[K::Hmac512], &[O::Mac], A::HmacSha512, None, MAC, Inline),
        (&[K::Rsa2048], &[O::Encrypt], A::RsaesOaepSha1, None, 214, Blocking),
        (&[K::Rsa3072], &[O::Encrypt], A::RsaesOaepSha1, None, 342, Blocking),
        (&[K::Rsa4096], &[O::Encrypt], A::RsaesOaepSha1, None, 470, Blocking),
        (&[K::Rsa2048], &[O::Encrypt], A::RsaesOaepSha256, None, 190, Blocking),
        (&[K::Rsa3072], &[O::Encrypt], A::RsaesOaepSha256, None, 318, Blocking),
        (&[K::Rsa4096], &[O::Encrypt], A::RsaesOaepSha256, None, 446, Blocking),
        (RSA, &[O::Decrypt], A::RsaesOaepSha1, None, 512, Blocking),
        (RSA, &[O::Decrypt], A::RsaesOaepSha256, None, 512, Blocking),
        (RSA, SIGN, A::RsassaPssSha256, Some(Raw), WHOLE, Blocking),
        (RSA, SIGN, A::RsassaPssSha256, Some(Digest), 32, Blocking),
        (RSA, SIGN, A::RsassaPssSha384, Some(Raw), WHOLE, Blocking),
        (RSA, SIGN, A::RsassaPssSha384, Some(Digest), 48, Blocking),
        (RSA, SIGN, A::RsassaPssSha512, Some(Raw), WHOLE, Blocking),
        (RSA, SIGN, A::RsassaPssSha512, Some(Digest), 64, Blocking),
        (RSA, SIGN, A::RsassaPkcs1Sha256, Some(Raw), WHOLE, Blocking),
        (RSA, SIGN, A::RsassaPkcs1Sha256, Some(Digest), 32, Blocking),
        (RSA, SIGN, A::RsassaPkcs1Sha384, Some(Raw), WHOLE, Blocking),
        (RSA, SIGN, A::RsassaPkcs1Sha384, Some(Digest), 48, Blocking),
        (RSA, SIGN, A::RsassaPkcs1Sha512, Some(Raw), WHOLE, Blocking),
        (RSA, SIGN, A::RsassaPkcs1Sha512, Some(Digest), 64, Blocking),
        (&[K::EccNistP256], SIGN, A::EcdsaSha256, Some(Raw), WHOLE, Inline),
        (&[K::EccNistP256], SIGN, A::EcdsaSha256, Some(Digest), 32, Inline),
        (&[K::EccNistP256], &[O::Agree], A::Ecdh, None, PEER, Inline),
        (&[K::EccNistP384], SIGN, A::EcdsaSha384, Some(Raw), WHOLE, Inline),
        (&[K::EccNistP384], SIGN, A::EcdsaSha384, Some(Digest), 48, Inline),
        (&[K::EccNistP384], &[O::Agree], A::Ecdh, None, PEER, Inline),
        (&[K::EccNistP521], SIGN, A::EcdsaSha512, Some(Raw), WHOLE, Inline),
        (&[K::EccNistP521], SIGN, A::EcdsaSha512, Some(Digest), 64, Inline),
        (&[K::EccNistP521], &[O::Agree], A::Ecdh, None, PEER, Inline),
        (&[K::EccSecgP256k1], SIGN, A::EcdsaSha256, Some(Raw), WHOLE, Inline),
        (&[K::EccSecgP256k1], SIGN, A::EcdsaSha256, Some(Digest), 32, Inline),
        (&[K::EccNistEdwards25519], SIGN, A::Ed25519Sha512, Some(Raw), WHOLE, Inline),
        (ML_DSA, SIGN, A::MlDsaShake256, Some(Raw), WHOLE, Blocking),
        (&[K::MlKem512], &[O::Encapsulate, O::Decapsulate], A::MlKem, None, 768, Inline),
        (&[K::MlKem768], &[O::Encapsulate, O::Decapsulate], A::MlKem, None, 1_088, Inline),
        (&[K::MlKem1024], &[O::Encapsulate, O::Decapsulate], A::MlKem, None, 1_568, Inline),
    ]
};

/// What one asymmetric family must offer. `None` is a refusal whose reason nobody may see.
pub(crate) struct Family {
    /// Fresh material in the stored form.
    pub(crate) generate: fn(KeySpec) -> Option<Secret>,
    /// PKCS#8 to the stored form.
    pub(crate) accept: fn(KeySpec, &[u8]) -> Option<Secret>,
    /// The stored form as a pair for somebody else.
    pub(crate) pair: fn(KeySpec, &Secret) -> Option<Pair>,
    /// The stored form, ready for use.
    pub(crate) load: fn(KeySpec, &Secret) -> Option<Box<dyn Key>>,
    /// `SubjectPublicKeyInfo`, ready for use.
    pub(crate) load_public: LoadPublic,
}

type LoadPublic = fn(KeySpec, &[u8]) -> Option<Box<dyn Key>>;

impl Family {
    fn of(spec: KeySpec) -> Result<Self, BackendError> {
        Ok(match spec {
            KeySpec::Rsa2048 | KeySpec::Rsa3072 | KeySpec::Rsa4096 => rsa::FAMILY,
            KeySpec::EccNistP256 | KeySpec::EccNistP384 | KeySpec::EccNistP521 | KeySpec::EccSecgP256k1 => ecc::FAMILY,
            KeySpec::EccNistEdwards25519 => ed25519::FAMILY,
            KeySpec::MlDsa44 | KeySpec::MlDsa65 | KeySpec::MlDsa87 => ml_dsa::FAMILY,
            KeySpec::MlKem512 | KeySpec::MlKem768 | KeySpec::MlKem1024 => ml_kem::FAMILY,
            _ => return Err(BackendError::Internal),
        })
    }
}

impl AwsLc {
    /// Starts AWS-LC; its FIPS module, in a build that has it, runs its self-tests first.
    pub fn start() -> Result<Self, ModuleError> {
        fips::start().map(|()| Self(()))
    }

    fn row(
        spec: KeySpec,
        operation: OperationKind,
        way: Option<(Algorithm, Option<MessageType>)>,
        input_bytes_max: usize,
        cost: Cost,
    ) -> Capability {
        let algorithm = way.map(|(algorithm, _)| algorithm);
        let symmetric = algorithm == Some(Algorithm::SymmetricDefault);
        // One faulty signature of these reveals the key; AWS-LC mixes fresh randomness into all others.
        let fragile =
            matches!(spec, KeySpec::Rsa2048 | KeySpec::Rsa3072 | KeySpec::Rsa4096 | KeySpec::EccNistEdwards25519);
        let row = Capability {
            spec,
            operation,
            algorithm,
            message_type: way.and_then(|(_, message_type)| message_type),
            input_bytes_max,
            context_bytes_max: if symmetric { limits::CONTEXT_BYTES_MAX } else { 0 },
            uses_max: None,
            provider: NAME,
            boundary: Boundary::Process,
            fips: false,
            cost,
            verify_after_sign: operation == OperationKind::Sign && fragile,
        };
        Capability { fips: fips::MODULE && fips::approves(&row), ..row }
    }
}

impl Provider for AwsLc {
    fn name(&self) -> &'static str {
        NAME
    }

    fn claims(&self) -> Vec<Capability> {
        let mut claims = Vec::new();
        for spec in SYMMETRIC.iter().map(|(spec, _)| *spec).chain(ASYMMETRIC.iter().copied()) {
            claims.push(Self::row(spec, OperationKind::Generate, None, 0, Cost::Blocking));
            if !SEEDLESS.contains(&spec) {
                claims.push(Self::row(spec, OperationKind::Import, None, limits::IMPORT_BYTES_MAX, Cost::Blocking));
            }
            if !spec.is_symmetric() {
                claims.push(Self::row(spec, OperationKind::PublicKey, None, 0, Cost::Inline));
            }
            for (_, operations, algorithm, message, bytes_max, cost) in
                CLAIMS.iter().filter(|(specs, ..)| specs.contains(&spec))
            {
                for operation in *operations {
                    claims.push(Self::row(spec, *operation, Some((*algorithm, *message)), *bytes_max, *cost));
                }
            }
        }
        claims.retain(|row| row.fips || !fips::MODULE);
        claims
    }

    fn random(&self) -> Option<Arc<dyn Random>> {
        fips::MODULE.then(|| Arc::new(AwsLcRandom) as _)
    }

    fn generate(&self, spec: KeySpec, random: &dyn Random) -> Result<Secret, BackendError> {
        match SYMMETRIC.iter().find(|(its, _)| *its == spec) {
            Some((_, bytes)) => Ok(Secret::filled(*bytes, |material| random.fill(material))?),
            None => (Family::of(spec)?.generate)(spec).ok_or(BackendError::Internal),
        }
    }

    fn accept(&self, spec: KeySpec, material: &Secret) -> Result<Secret, BackendError> {
        let accepted = match SYMMETRIC.iter().find(|(its, _)| *its == spec) {
            Some((_, bytes)) => (material.len() == *bytes).then(|| Secret::copy(material.expose())),
            // AWS-LC stops reading where the structure ends; what follows it is refused here.
            None => match PrivateKeyInfoRef::from_der(material.expose()) {
                Ok(_) => (Family::of(spec)?.accept)(spec, material.expose()),
                Err(_) => None,
            },
        };
        accepted.ok_or(BackendError::UnfitMaterial)
    }

    fn load(
        &self,
        spec: KeySpec,
        version: MaterialId,
        material: &Secret,
        random: &Arc<dyn Random>,
    ) -> Result<Box<dyn Key>, BackendError> {
        let loaded = match spec {
            KeySpec::SymmetricDefault => Some(symmetric::load(material, version, random)),
            KeySpec::Hmac224 | KeySpec::Hmac256 | KeySpec::Hmac384 | KeySpec::Hmac512 => mac::load(spec, material),
            _ => (Family::of(spec)?.load)(spec, material),
        };
        loaded.ok_or(BackendError::InvalidToken)
    }

    fn load_public(&self, spec: KeySpec, public: &[u8], _: &Arc<dyn Random>) -> Result<Box<dyn Key>, BackendError> {
        let family = Family::of(spec)?;
        // AWS-LC also reads bare keys, and stops where the structure ends.
        let loaded = match SubjectPublicKeyInfoRef::from_der(public) {
            Ok(_) => (family.load_public)(spec, public),
            Err(_) => None,
        };
        loaded.ok_or(InputError::PublicKey.into())
    }

    fn pair_specs(&self) -> &'static [KeySpec] {
        let unapproved = if fips::MODULE { 2 } else { 0 };
        PAIRS.get(..PAIRS.len() - unapproved).unwrap_or_default()
    }

    fn pair(&self, spec: KeySpec, _: &dyn Random) -> Result<Pair, BackendError> {
        let family = Family::of(spec)?;
        let pair = (family.generate)(spec).and_then(|material| (family.pair)(spec, &material));
        pair.ok_or(BackendError::Internal)
    }

    fn wrappings(&self) -> &'static [Wrapping] {
        if fips::MODULE { &[] } else { wrapping::WRAPPINGS }
    }

    fn wrapping_key(&self, wrapping: Wrapping, _: &dyn Random) -> Result<Pair, BackendError> {
        wrapping::key(wrapping).ok_or(BackendError::Internal)
    }

    fn unwrap(&self, wrapping: Wrapping, private: &Secret, wrapped: &[u8]) -> Result<Secret, BackendError> {
        wrapping::unwrap(wrapping, private, wrapped).ok_or(BackendError::InvalidImport)
    }
}
