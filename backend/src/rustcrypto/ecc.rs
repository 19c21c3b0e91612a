//! The short Weierstrass curves: ECDSA (FIPS 186-5) and ECDH (SP 800-56A).
//!
//! Signing is deterministic (RFC 6979) with fresh randomness mixed in, so that neither a broken generator nor
//! an induced fault reveals the key.

use std::ops::Add;
use std::sync::Arc;

use ecdsa::der::{MaxOverhead, MaxSize};
use ecdsa::{DigestAlgorithm, EcdsaCurve, Signature, SigningKey};
use elliptic_curve::array::ArraySize;
use elliptic_curve::array::typenum::Unsigned;
use elliptic_curve::ecdh::diffie_hellman;
use elliptic_curve::ops::Invert;
use elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use elliptic_curve::subtle::CtOption;
use elliptic_curve::{AffinePoint, Curve, CurveArithmetic, FieldBytesSize, Generate, PublicKey, Scalar, SecretKey};
use pkcs8::{AssociatedOid, DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use sha2::{Digest, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use super::{Family, Rng};
use crate::algorithm::{Algorithm, MessageType};
use crate::call::Call;
use crate::error::{BackendError, InputError};
use crate::key::{Key, Pair};
use crate::random::Random;
use crate::secret::Secret;

/// A curve with everything that is needed of it.
pub(super) trait SigningCurve: Agreeable + EcdsaCurve + DigestAlgorithm {}

impl<C: Agreeable + EcdsaCurve + DigestAlgorithm> SigningCurve for C {}

/// A curve that keys can be kept on.
pub(super) trait Agreeable: CurveArithmetic + AssociatedOid + Send + Sync + 'static {}

impl<C: CurveArithmetic + AssociatedOid + Send + Sync + 'static> Agreeable for C {}

/// A public key on a curve in use.
struct EccPublic<C: CurveArithmetic>(PublicKey<C>);

/// A key on a curve in use.
struct EccKey<C: EcdsaCurve + CurveArithmetic> {
    signing: SigningKey<C>,
    public: EccPublic<C>,
    random: Arc<dyn Random>,
}

pub(super) fn signing_family<C>() -> Family
where
    C: SigningCurve,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
    Scalar<C>: Invert<Output = CtOption<Scalar<C>>>,
    MaxSize<C>: ArraySize,
    <FieldBytesSize<C> as Add>::Output: Add<MaxOverhead> + ArraySize,
{
    Family {
        generate: generate::<C>,
        accept: accept::<C>,
        pair: pair::<C>,
        load: |material, random| {
            let signing = SigningKey::<C>::from_slice(material.expose()).ok()?;
            let public = EccPublic(PublicKey::from(signing.verifying_key()));
            Some(Box::new(EccKey { signing, public, random: Arc::clone(random) }))
        },
        load_public: |public, _| Some(Box::new(EccPublic(PublicKey::<C>::from_public_key_der(public).ok()?))),
    }
}

pub(super) fn generate<C: Agreeable>(random: &dyn Random) -> Result<Secret, BackendError> {
    stored(&SecretKey::<C>::try_generate_from_rng(&mut Rng(random))?).ok_or(BackendError::Internal)
}

pub(super) fn accept<C: Agreeable>(pkcs8: &[u8]) -> Option<Secret>
where
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    stored(&SecretKey::<C>::from_pkcs8_der(pkcs8).ok()?)
}

pub(super) fn pair<C: Agreeable>(material: &Secret) -> Option<Pair>
where
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let secret = SecretKey::<C>::from_slice(material.expose()).ok()?;
    let private = Secret::copy(secret.to_pkcs8_der().ok()?.as_bytes());
    Some(Pair { private, public: spki(&secret.public_key())? })
}

/// The x coordinate of the shared point; the peer's key is validated while it is read.
pub(super) fn agree<C: Agreeable>(secret: &SecretKey<C>, peer: &[u8]) -> Result<Secret, BackendError>
where
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let peer = PublicKey::<C>::from_public_key_der(peer).map_err(|_| InputError::PublicKey)?;
    let shared = diffie_hellman::<C>(secret.to_nonzero_scalar(), peer.as_affine());
    Ok(Secret::copy(shared.raw_secret_bytes()))
}

pub(super) fn spki<C: Agreeable>(public: &PublicKey<C>) -> Option<Vec<u8>>
where
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    Some(public.to_public_key_der().ok()?.into_vec())
}

fn stored<C: Curve>(secret: &SecretKey<C>) -> Option<Secret> {
    Some(Secret::copy(Zeroizing::new(secret.to_bytes()).as_slice()))
}

fn digest(algorithm: Algorithm, message_type: MessageType, message: &[u8]) -> Result<Vec<u8>, BackendError> {
    match (message_type, algorithm) {
        (MessageType::Digest, _) => Ok(message.to_vec()),
        (MessageType::Raw, Algorithm::EcdsaSha256) => Ok(Sha256::digest(message).to_vec()),
        (MessageType::Raw, Algorithm::EcdsaSha384) => Ok(Sha384::digest(message).to_vec()),
        (MessageType::Raw, Algorithm::EcdsaSha512) => Ok(Sha512::digest(message).to_vec()),
        _ => Err(BackendError::Internal),
    }
}

impl<C> Key for EccKey<C>
where
    C: SigningCurve,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
    Scalar<C>: Invert<Output = CtOption<Scalar<C>>>,
    MaxSize<C>: ArraySize,
    <FieldBytesSize<C> as Add>::Output: Add<MaxOverhead> + ArraySize,
{
    fn sign(
        &self,
        algorithm: Algorithm,
        message_type: MessageType,
        message: &[u8],
        _: &Call<'_>,
    ) -> Result<Vec<u8>, BackendError> {
        let digest = digest(algorithm, message_type, message)?;
        let mut hedge = Zeroizing::new(vec![0; FieldBytesSize::<C>::USIZE]);
        self.random.fill(&mut hedge)?;
        let scalar = self.signing.as_nonzero_scalar();
        let (signature, _) = ecdsa::hazmat::sign_prehashed_rfc6979::<C, C::Digest>(scalar, &digest, &hedge);
        Ok(signature.to_der().as_bytes().to_vec())
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

    fn agree(&self, peer: &[u8], _: &Call<'_>) -> Result<Secret, BackendError> {
        agree::<C>(&SecretKey::from(self.signing.as_nonzero_scalar()), peer)
    }

    fn public_key(&self, call: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        self.public.public_key(call)
    }
}

impl<C> Key for EccPublic<C>
where
    C: SigningCurve,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
    MaxSize<C>: ArraySize,
    <FieldBytesSize<C> as Add>::Output: Add<MaxOverhead> + ArraySize,
{
    fn verify(
        &self,
        algorithm: Algorithm,
        message_type: MessageType,
        message: &[u8],
        signature: &[u8],
        _: &Call<'_>,
    ) -> Result<(), BackendError> {
        let digest = digest(algorithm, message_type, message)?;
        let signature = Signature::<C>::from_der(signature).map_err(|_| BackendError::InvalidSignature)?;
        let point = self.0.to_projective();
        // Both s and n-s are valid (FIPS 186-5); only some protocols on secp256k1 insist on the lower one.
        ecdsa::hazmat::verify_prehashed::<C>(&point, &digest, &signature.normalize_s())
            .map_err(|_| BackendError::InvalidSignature)
    }

    fn public_key(&self, _: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        spki(&self.0).ok_or(BackendError::Internal)
    }
}
