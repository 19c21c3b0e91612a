//! The pure-Rust provider: RustCrypto and ed25519-dalek. Everything but RSA, whose Rust implementation leaks
//! private keys through timing (RUSTSEC-2023-0071).

use std::sync::Arc;

use rand_core::{TryCryptoRng, TryRng};

use crate::algorithm::{Algorithm, MessageType};
use crate::capability::{Boundary, Capability, Cost};
use crate::envelope::EnvelopeKey;
use crate::error::{BackendError, InputError};
use crate::import::{Wrapping, WrappingAlgorithm, WrappingKeySpec};
use crate::key::{Key, Pair};
use crate::limits;
use crate::memory;
use crate::operation::OperationKind;
use crate::provider::Provider;
use crate::random::{Random, RandomError};
use crate::secret::Secret;
use crate::spec::KeySpec;
use crate::token::MaterialId;

mod ecc;
mod ed25519;
mod mac;
mod ml_dsa;
mod ml_kem;
mod sm2;
mod symmetric;

pub use symmetric::{AesEnvelope, Sm4Envelope, aes_256_gcm_open, aes_256_gcm_seal};

/// The provider.
#[derive(Clone, Copy, Debug, Default)]
pub struct RustCrypto;

/// The name that tokens carry.
pub const NAME: &str = "rustcrypto";

/// Spec, bytes of raw material.
const SYMMETRIC: &[(KeySpec, usize)] = &[
    (KeySpec::SymmetricDefault, 32),
    (KeySpec::Sm4, 32),
    (KeySpec::Hmac224, 28),
    (KeySpec::Hmac256, 32),
    (KeySpec::Hmac384, 48),
    (KeySpec::Hmac512, 64),
];

/// Spec, operations, algorithm, message type, longest input, cost.
type Claim = (KeySpec, &'static [OperationKind], Algorithm, Option<MessageType>, usize, Cost);

#[rustfmt::skip]
const CLAIMS: &[Claim] = {
    use Algorithm as A;
    use Cost::{Blocking, Inline};
    use KeySpec as K;
    use MessageType::{Digest, ExternalMu, Raw};
    use OperationKind as O;
    const SIGN: &[OperationKind] = &[O::Sign, O::Verify];
    const WHOLE: usize = limits::MESSAGE_BYTES_MAX;
    &[
        (K::SymmetricDefault, &[O::Encrypt], A::SymmetricDefault, None, limits::PLAINTEXT_BYTES_MAX, Inline),
        (K::SymmetricDefault, &[O::Decrypt], A::SymmetricDefault, None, limits::BLOB_BYTES_MAX, Inline),
        (K::Sm4, &[O::Encrypt], A::SymmetricDefault, None, limits::PLAINTEXT_BYTES_MAX, Inline),
        (K::Sm4, &[O::Decrypt], A::SymmetricDefault, None, limits::BLOB_BYTES_MAX, Inline),
        (K::Hmac224, &[O::Mac], A::HmacSha224, None, limits::MAC_MESSAGE_BYTES_MAX, Inline),
        (K::Hmac256, &[O::Mac], A::HmacSha256, None, limits::MAC_MESSAGE_BYTES_MAX, Inline),
        (K::Hmac384, &[O::Mac], A::HmacSha384, None, limits::MAC_MESSAGE_BYTES_MAX, Inline),
        (K::Hmac512, &[O::Mac], A::HmacSha512, None, limits::MAC_MESSAGE_BYTES_MAX, Inline),
        (K::EccNistP256, SIGN, A::EcdsaSha256, Some(Raw), WHOLE, Inline),
        (K::EccNistP256, SIGN, A::EcdsaSha256, Some(Digest), 32, Inline),
        (K::EccNistP256, &[O::Agree], A::Ecdh, None, limits::PUBLIC_KEY_BYTES_MAX, Inline),
        (K::EccNistP384, SIGN, A::EcdsaSha384, Some(Raw), WHOLE, Blocking),
        (K::EccNistP384, SIGN, A::EcdsaSha384, Some(Digest), 48, Blocking),
        (K::EccNistP384, &[O::Agree], A::Ecdh, None, limits::PUBLIC_KEY_BYTES_MAX, Blocking),
        (K::EccNistP521, SIGN, A::EcdsaSha512, Some(Raw), WHOLE, Blocking),
        (K::EccNistP521, SIGN, A::EcdsaSha512, Some(Digest), 64, Blocking),
        (K::EccNistP521, &[O::Agree], A::Ecdh, None, limits::PUBLIC_KEY_BYTES_MAX, Blocking),
        (K::EccSecgP256k1, SIGN, A::EcdsaSha256, Some(Raw), WHOLE, Inline),
        (K::EccSecgP256k1, SIGN, A::EcdsaSha256, Some(Digest), 32, Inline),
        (K::EccNistEdwards25519, SIGN, A::Ed25519Sha512, Some(Raw), WHOLE, Inline),
        (K::EccNistEdwards25519, SIGN, A::Ed25519PhSha512, Some(Digest), 64, Inline),
        (K::Sm2, SIGN, A::Sm2Dsa, Some(Raw), WHOLE, Blocking),
        (K::Sm2, SIGN, A::Sm2Dsa, Some(Digest), 32, Blocking),
        (K::Sm2, &[O::Encrypt], A::Sm2Pke, None, 1_024, Blocking),
        (K::Sm2, &[O::Decrypt], A::Sm2Pke, None, limits::BLOB_BYTES_MAX, Blocking),
        (K::Sm2, &[O::Agree], A::Ecdh, None, limits::PUBLIC_KEY_BYTES_MAX, Blocking),
        (K::MlDsa44, SIGN, A::MlDsaShake256, Some(Raw), WHOLE, Blocking),
        (K::MlDsa44, SIGN, A::MlDsaShake256, Some(ExternalMu), 64, Blocking),
        (K::MlDsa65, SIGN, A::MlDsaShake256, Some(Raw), WHOLE, Blocking),
        (K::MlDsa65, SIGN, A::MlDsaShake256, Some(ExternalMu), 64, Blocking),
        (K::MlDsa87, SIGN, A::MlDsaShake256, Some(Raw), WHOLE, Blocking),
        (K::MlDsa87, SIGN, A::MlDsaShake256, Some(ExternalMu), 64, Blocking),
        (K::MlKem512, &[O::Encapsulate, O::Decapsulate], A::MlKem, None, 768, Inline),
        (K::MlKem768, &[O::Encapsulate, O::Decapsulate], A::MlKem, None, 1_088, Inline),
        (K::MlKem1024, &[O::Encapsulate, O::Decapsulate], A::MlKem, None, 1_568, Inline),
    ]
};

const PAIRS: &[KeySpec] = &[
    KeySpec::EccNistP256,
    KeySpec::EccNistP384,
    KeySpec::EccNistP521,
    KeySpec::EccSecgP256k1,
    KeySpec::EccNistEdwards25519,
    KeySpec::Sm2,
    KeySpec::MlDsa44,
    KeySpec::MlDsa65,
    KeySpec::MlDsa87,
    KeySpec::MlKem512,
    KeySpec::MlKem768,
    KeySpec::MlKem1024,
];

const WRAPPINGS: &[Wrapping] = &[Wrapping { algorithm: WrappingAlgorithm::Sm2Pke, key: WrappingKeySpec::Sm2 }];

/// What one asymmetric family offers.
struct Family {
    /// Fresh material in the stored form.
    generate: fn(&dyn Random) -> Result<Secret, BackendError>,
    /// PKCS#8 to the stored form.
    accept: fn(&[u8]) -> Option<Secret>,
    /// The stored form as a pair for somebody else.
    pair: fn(&Secret) -> Option<Pair>,
    /// The stored form, ready for use.
    load: Load,
    /// A public key in DER, ready for use.
    load_public: LoadPublic,
}

type LoadPublic = fn(&[u8], &Arc<dyn Random>) -> Option<Box<dyn Key>>;
type Load = fn(&Secret, &Arc<dyn Random>) -> Option<Box<dyn Key>>;

impl Family {
    fn of(spec: KeySpec) -> Option<Self> {
        Some(match spec {
            KeySpec::EccNistP256 => ecc::signing_family::<p256::NistP256>(),
            KeySpec::EccNistP384 => ecc::signing_family::<p384::NistP384>(),
            KeySpec::EccNistP521 => ecc::signing_family::<p521::NistP521>(),
            KeySpec::EccSecgP256k1 => ecc::signing_family::<k256::Secp256k1>(),
            KeySpec::EccNistEdwards25519 => ed25519::family(),
            KeySpec::Sm2 => sm2::family(),
            KeySpec::MlDsa44 => ml_dsa::family::<::ml_dsa::MlDsa44>(),
            KeySpec::MlDsa65 => ml_dsa::family::<::ml_dsa::MlDsa65>(),
            KeySpec::MlDsa87 => ml_dsa::family::<::ml_dsa::MlDsa87>(),
            _ => return ml_kem::family(spec),
        })
    }
}

impl Provider for RustCrypto {
    fn name(&self) -> &'static str {
        NAME
    }

    fn claims(&self) -> Vec<Capability> {
        let mut claims = Vec::new();
        for spec in SYMMETRIC.iter().map(|(spec, _)| *spec).chain(PAIRS.iter().copied()) {
            let mut add = |operation, algorithm, message_type, input_bytes_max, cost| {
                let symmetric = algorithm == Some(Algorithm::SymmetricDefault);
                claims.push(Capability {
                    spec,
                    operation,
                    algorithm,
                    message_type,
                    input_bytes_max,
                    context_bytes_max: if symmetric { limits::CONTEXT_BYTES_MAX } else { 0 },
                    uses_max: None,
                    provider: NAME,
                    boundary: Boundary::Process,
                    fips: false,
                    cost,
                    // Elsewhere nonces are hedged with fresh randomness; Ed25519 has none to hedge.
                    verify_after_sign: operation == OperationKind::Sign && spec == KeySpec::EccNistEdwards25519,
                });
            };
            add(OperationKind::Generate, None, None, 0, Cost::Blocking);
            add(OperationKind::Import, None, None, limits::IMPORT_BYTES_MAX, Cost::Blocking);
            if !spec.is_symmetric() {
                add(OperationKind::PublicKey, None, None, 0, Cost::Inline);
            }
            for (_, operations, algorithm, message, input_bytes_max, cost) in
                CLAIMS.iter().filter(|(its, ..)| *its == spec)
            {
                for operation in *operations {
                    add(*operation, Some(*algorithm), *message, *input_bytes_max, *cost);
                }
            }
        }
        claims
    }

    fn generate(&self, spec: KeySpec, random: &dyn Random) -> Result<Secret, BackendError> {
        if let Some((_, bytes)) = SYMMETRIC.iter().find(|(its, _)| *its == spec) {
            return Ok(Secret::filled(*bytes, |material| random.fill(material))?);
        }
        let generate = Family::of(spec).ok_or(BackendError::Internal)?.generate;
        swept(spec, || generate(random))
    }

    fn accept(&self, spec: KeySpec, material: &Secret) -> Result<Secret, BackendError> {
        if let Some((_, bytes)) = SYMMETRIC.iter().find(|(its, _)| *its == spec) {
            return match material.len() == *bytes {
                true => Ok(Secret::copy(material.expose())),
                false => Err(BackendError::UnfitMaterial),
            };
        }
        let family = Family::of(spec).ok_or(BackendError::Internal)?;
        swept(spec, || (family.accept)(material.expose())).ok_or(BackendError::UnfitMaterial)
    }

    fn load(
        &self,
        spec: KeySpec,
        version: MaterialId,
        material: &Secret,
        random: &Arc<dyn Random>,
    ) -> Result<Box<dyn Key>, BackendError> {
        let random_too = Arc::clone(random);
        match spec {
            KeySpec::SymmetricDefault => {
                let primitives = AesEnvelope::new(material)?;
                Ok(Box::new(EnvelopeKey { holder: primitives, version, random: random_too }))
            }
            KeySpec::Sm4 => {
                let primitives = Sm4Envelope::new(material)?;
                Ok(Box::new(EnvelopeKey { holder: primitives, version, random: random_too }))
            }
            KeySpec::Hmac224 | KeySpec::Hmac256 | KeySpec::Hmac384 | KeySpec::Hmac512 => {
                swept(spec, || mac::load(spec, material))
            }
            _ => {
                let family = Family::of(spec).ok_or(BackendError::Internal)?;
                swept(spec, || (family.load)(material, random)).ok_or(BackendError::InvalidToken)
            }
        }
    }

    fn load_public(
        &self,
        spec: KeySpec,
        public: &[u8],
        random: &Arc<dyn Random>,
    ) -> Result<Box<dyn Key>, BackendError> {
        let family = Family::of(spec).ok_or(BackendError::Internal)?;
        (family.load_public)(public, random).ok_or(InputError::PublicKey.into())
    }

    fn pair_specs(&self) -> &'static [KeySpec] {
        PAIRS
    }

    fn pair(&self, spec: KeySpec, random: &dyn Random) -> Result<Pair, BackendError> {
        let family = Family::of(spec).ok_or(BackendError::Internal)?;
        swept(spec, || Ok((family.pair)(&(family.generate)(random)?)))
            .and_then(|pair| pair.ok_or(BackendError::Internal))
    }

    fn wrappings(&self) -> &'static [Wrapping] {
        WRAPPINGS
    }

    fn wrapping_key(&self, wrapping: Wrapping, random: &dyn Random) -> Result<Pair, BackendError> {
        match WRAPPINGS.contains(&wrapping) {
            true => swept(KeySpec::Sm2, || sm2::wrapping_key(random)),
            false => Err(BackendError::Internal),
        }
    }

    fn unwrap(&self, wrapping: Wrapping, private: &Secret, wrapped: &[u8]) -> Result<Secret, BackendError> {
        match WRAPPINGS.contains(&wrapping) {
            true => swept(KeySpec::Sm2, || sm2::decrypt(private, wrapped)).ok_or(BackendError::InvalidImport),
            false => Err(BackendError::Internal),
        }
    }
}

/// Does something with a private key, and overwrites the part of the stack that it took. Lattices take much more of
/// it than curves.
fn swept<T>(spec: KeySpec, handle: impl FnOnce() -> T) -> T {
    let done = handle();
    match spec {
        KeySpec::MlDsa44 | KeySpec::MlDsa65 | KeySpec::MlDsa87 => memory::sweep::<{ 256 * 1_024 }>(),
        KeySpec::MlKem512 | KeySpec::MlKem768 | KeySpec::MlKem1024 => memory::sweep::<{ 64 * 1_024 }>(),
        _ => memory::sweep::<{ 16 * 1_024 }>(),
    }
    done
}

/// Our source of randomness as these libraries know one.
pub(crate) struct Rng<'a>(pub(crate) &'a dyn Random);

impl TryRng for Rng<'_> {
    type Error = RandomError;

    fn try_next_u32(&mut self) -> Result<u32, RandomError> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, RandomError> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), RandomError> {
        self.0.fill(bytes)
    }
}

impl TryCryptoRng for Rng<'_> {}
