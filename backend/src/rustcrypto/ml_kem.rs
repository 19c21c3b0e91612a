//! ML-KEM, FIPS 203. Material is the 64-byte seed.

use ml_kem::kem::Decapsulate;
use ml_kem::{B32, DecapsulationKey, EncapsulationKey, MlKem512, MlKem768, MlKem1024};
use pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use zeroize::Zeroizing;

use std::sync::Arc;

use super::Family;
use crate::call::Call;
use crate::error::BackendError;
use crate::key::{Key, Pair};
use crate::operation::Encapsulated;
use crate::random::Random;
use crate::secret::Secret;
use crate::spec::KeySpec;

/// An ML-KEM key in use.
struct MlKemKey<D> {
    key: D,
    random: Arc<dyn Random>,
}

const SEED_BYTES: usize = 64;
const MESSAGE_BYTES: usize = 32;

/// The bounds that a generic key would need are private to the library, hence one expansion per parameter set.
macro_rules! parameter_set {
    ($set:ty) => {{
        type Decapsulation = DecapsulationKey<$set>;
        type Encapsulation = EncapsulationKey<$set>;

        impl Key for MlKemKey<Decapsulation> {
            fn encapsulate(&self, _: &Call<'_>) -> Result<Encapsulated, BackendError> {
                encapsulate(self.key.encapsulation_key(), &*self.random)
            }

            fn decapsulate(&self, ciphertext: &[u8], _: &Call<'_>) -> Result<Secret, BackendError> {
                let ciphertext = ciphertext.try_into().map_err(|_| BackendError::InvalidCiphertext)?;
                let shared = Zeroizing::new(self.key.decapsulate(ciphertext));
                Ok(Secret::copy(&shared))
            }

            fn public_key(&self, _: &Call<'_>) -> Result<Vec<u8>, BackendError> {
                spki(self.key.encapsulation_key()).ok_or(BackendError::Internal)
            }
        }

        impl Key for MlKemKey<Encapsulation> {
            fn encapsulate(&self, _: &Call<'_>) -> Result<Encapsulated, BackendError> {
                encapsulate(&self.key, &*self.random)
            }

            fn public_key(&self, _: &Call<'_>) -> Result<Vec<u8>, BackendError> {
                spki(&self.key).ok_or(BackendError::Internal)
            }
        }

        fn encapsulate(key: &Encapsulation, random: &dyn Random) -> Result<Encapsulated, BackendError> {
            let mut message = Zeroizing::new([0; MESSAGE_BYTES]);
            random.fill(message.as_mut())?;
            let message: Zeroizing<B32> = Zeroizing::new((*message).into());
            let (ciphertext, shared) = key.encapsulate_deterministic(&message);
            let shared = Zeroizing::new(shared);
            Ok(Encapsulated { ciphertext: ciphertext.to_vec(), shared_secret: Secret::copy(&shared) })
        }

        fn key(material: &Secret) -> Option<Decapsulation> {
            let seed: Zeroizing<[u8; SEED_BYTES]> = Zeroizing::new(material.expose().try_into().ok()?);
            Some(Decapsulation::from_seed((*seed).into()))
        }

        Family {
            generate: |random| Ok(Secret::filled(SEED_BYTES, |seed| random.fill(seed))?),
            accept: |pkcs8| {
                let seed = Zeroizing::new(Decapsulation::from_pkcs8_der(pkcs8).ok()?.to_seed()?);
                Some(Secret::copy(&seed))
            },
            pair: |material| {
                let key = key(material)?;
                let private = Secret::copy(key.to_pkcs8_der().ok()?.as_bytes());
                Some(Pair { private, public: spki(key.encapsulation_key())? })
            },
            load: |material, random| Some(Box::new(MlKemKey { key: key(material)?, random: Arc::clone(random) })),
            load_public: |public, random| {
                let key = Encapsulation::from_public_key_der(public).ok()?;
                Some(Box::new(MlKemKey { key, random: Arc::clone(random) }))
            },
        }
    }};
}

pub(super) fn family(spec: KeySpec) -> Option<Family> {
    match spec {
        KeySpec::MlKem512 => Some(parameter_set!(MlKem512)),
        KeySpec::MlKem768 => Some(parameter_set!(MlKem768)),
        KeySpec::MlKem1024 => Some(parameter_set!(MlKem1024)),
        _ => None,
    }
}

fn spki(key: &impl EncodePublicKey) -> Option<Vec<u8>> {
    Some(key.to_public_key_der().ok()?.into_vec())
}
