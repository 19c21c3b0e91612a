//! ML-DSA, FIPS 204: hedged signing, the empty context string, external mu.

use std::sync::Arc;

use ml_dsa::{ExpandedSigningKey, MlDsaParams, Signature, SigningKey, VerifyingKey, signature::Keypair};
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::der::{AnyRef, Decode};
use pkcs8::spki::AssociatedAlgorithmIdentifier;
use pkcs8::{DecodePublicKey, EncodePublicKey, PrivateKeyInfoRef, SecretDocument};

use super::{Family, Rng};
use crate::algorithm::{Algorithm, MessageType};
use crate::call::Call;
use crate::error::BackendError;
use crate::key::{Key, Pair};
use crate::random::Random;
use crate::secret::Secret;

/// An ML-DSA public key in use.
struct MlDsaPublic<P: MlDsaParams>(VerifyingKey<P>);

/// An ML-DSA key in use.
struct MlDsaKey<P: MlDsaParams> {
    signing: SigningKey<P>,
    random: Arc<dyn Random>,
}

const SEED_BYTES: usize = 32;
const SEED_HEAD: &[u8] = &[0x80, 32];

pub(super) fn family<P>() -> Family
where
    P: MlDsaParams + AssociatedAlgorithmIdentifier<Params = AnyRef<'static>> + Send + Sync + 'static,
{
    Family {
        generate: |random| Ok(Secret::filled(SEED_BYTES, |seed| random.fill(seed))?),
        accept: |pkcs8| Some(Secret::copy(seed::<P>(pkcs8)?)),
        pair: |material| {
            let key = key::<P>(material)?;
            Some(Pair { private: pkcs8::<P>(material)?, public: spki(&key.verifying_key())? })
        },
        load: |material, random| Some(Box::new(MlDsaKey { signing: key::<P>(material)?, random: Arc::clone(random) })),
        load_public: |public, _| Some(Box::new(MlDsaPublic(VerifyingKey::<P>::from_public_key_der(public).ok()?))),
    }
}

fn key<P: MlDsaParams>(material: &Secret) -> Option<SigningKey<P>> {
    Some(SigningKey::from_seed(material.expose().try_into().ok()?))
}

/// The seed alone, RFC 9881: `[0] IMPLICIT OCTET STRING` inside PKCS#8. Encoded here and in one piece, because the
/// library leaves a copy of the seed behind.
fn pkcs8<P>(material: &Secret) -> Option<Secret>
where
    P: MlDsaParams + AssociatedAlgorithmIdentifier<Params = AnyRef<'static>>,
{
    let private = Secret::new([SEED_HEAD, material.expose()].concat());
    let info = PrivateKeyInfoRef::new(P::ALGORITHM_IDENTIFIER, OctetStringRef::new(private.expose()).ok()?);
    Some(Secret::copy(SecretDocument::encode_msg(&info).ok()?.as_bytes()))
}

fn seed<P>(pkcs8: &[u8]) -> Option<&[u8]>
where
    P: MlDsaParams + AssociatedAlgorithmIdentifier<Params = AnyRef<'static>>,
{
    let info = PrivateKeyInfoRef::from_der(pkcs8).ok().filter(|info| info.algorithm == P::ALGORITHM_IDENTIFIER)?;
    info.private_key.as_bytes().strip_prefix(SEED_HEAD).filter(|seed| seed.len() == SEED_BYTES)
}

fn spki<P>(key: &VerifyingKey<P>) -> Option<Vec<u8>>
where
    P: MlDsaParams + AssociatedAlgorithmIdentifier<Params = AnyRef<'static>>,
{
    Some(key.to_public_key_der().ok()?.into_vec())
}

impl<P> Key for MlDsaKey<P>
where
    P: MlDsaParams + AssociatedAlgorithmIdentifier<Params = AnyRef<'static>> + Send + Sync,
{
    fn sign(
        &self,
        _: Algorithm,
        message_type: MessageType,
        message: &[u8],
        _: &Call<'_>,
    ) -> Result<Vec<u8>, BackendError> {
        let key: &ExpandedSigningKey<P> = self.signing.expanded_key();
        let mut random = Rng(&*self.random);
        let signature = match message_type {
            MessageType::Raw => key.sign_randomized(message, &[], &mut random),
            MessageType::ExternalMu => {
                key.sign_mu_randomized(message.try_into().map_err(|_| BackendError::Internal)?, &mut random)
            }
            MessageType::Digest => return Err(BackendError::Internal),
        };
        Ok(signature.map_err(|_| BackendError::Internal)?.encode().to_vec())
    }

    fn verify(
        &self,
        _: Algorithm,
        message_type: MessageType,
        message: &[u8],
        signature: &[u8],
        _: &Call<'_>,
    ) -> Result<(), BackendError> {
        verify(self.signing.as_ref(), message_type, message, signature)
    }

    fn public_key(&self, _: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        spki(self.signing.as_ref()).ok_or(BackendError::Internal)
    }
}

impl<P> Key for MlDsaPublic<P>
where
    P: MlDsaParams + AssociatedAlgorithmIdentifier<Params = AnyRef<'static>> + Send + Sync,
{
    fn verify(
        &self,
        _: Algorithm,
        message_type: MessageType,
        message: &[u8],
        signature: &[u8],
        _: &Call<'_>,
    ) -> Result<(), BackendError> {
        verify(&self.0, message_type, message, signature)
    }

    fn public_key(&self, _: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        spki(&self.0).ok_or(BackendError::Internal)
    }
}

fn verify<P: MlDsaParams>(
    key: &VerifyingKey<P>,
    message_type: MessageType,
    message: &[u8],
    signature: &[u8],
) -> Result<(), BackendError> {
    let signature = Signature::<P>::try_from(signature).map_err(|_| BackendError::InvalidSignature)?;
    let genuine = match message_type {
        MessageType::Raw => key.verify_with_context(message, &[], &signature),
        MessageType::ExternalMu => key.verify_mu(message.try_into().map_err(|_| BackendError::Internal)?, &signature),
        MessageType::Digest => return Err(BackendError::Internal),
    };
    if genuine { Ok(()) } else { Err(BackendError::InvalidSignature) }
}
