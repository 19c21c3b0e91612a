//! HMAC keys and key pairs in the token: made, opened, used.

use std::sync::Arc;

use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::mechanism::elliptic_curve::{EcKdf, Ecdh1DeriveParams};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsOaepParams, PkcsOaepSource, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, ObjectClass};
use cryptoki::session::Session;
use pkcs8::DecodePublicKey;
use sha2::{Digest, Sha256, Sha384, Sha512};
use wardbook_backend::algorithm::{Algorithm, MessageType};
use wardbook_backend::call::Call;
use wardbook_backend::context::Context;
use wardbook_backend::error::{BackendError, InputError};
use wardbook_backend::key::Key;
use wardbook_backend::secret::Secret;
use wardbook_backend::spec::{KeySpec, Usage};

use crate::der;
use crate::failure::Failure;
use crate::object::{Held, ObjectId};
use crate::settings::Derivation;
use crate::symmetric;
use crate::token::{Lease, Token};

/// An HMAC key in use.
struct MacKey {
    token: Arc<Token>,
    object: Held,
}

/// A key pair in use.
struct PairKey {
    token: Arc<Token>,
    spec: KeySpec,
    private: Held,
    public: Held,
    /// Bytes of the modulus, or of a coordinate.
    number_bytes: usize,
    public_key: Vec<u8>,
}

/// Spec, `CKA_EC_PARAMS`, bytes of a coordinate.
pub(crate) const CURVES: &[(KeySpec, &[u8], usize)] = &[
    (KeySpec::EccNistP256, b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 32),
    (KeySpec::EccNistP384, b"\x06\x05\x2b\x81\x04\x00\x22", 48),
    (KeySpec::EccNistP521, b"\x06\x05\x2b\x81\x04\x00\x23", 66),
    (KeySpec::EccSecgP256k1, b"\x06\x05\x2b\x81\x04\x00\x0a", 32),
];

/// Ed25519 in `CKA_EC_PARAMS`: the object identifier of RFC 8410, and the name that older tokens want.
pub(crate) const EDWARDS: &[&[u8]] = &[b"\x06\x03\x2b\x65\x70", b"\x13\x0cedwards25519"];

pub(crate) const RSA_ALGORITHM: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
const ED25519_ALGORITHM: &[u8] = b"\x30\x05\x06\x03\x2b\x65\x70";
const EC_PUBLIC_KEY: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01";

/// What stands before a digest in a PKCS#1 v1.5 signature (RFC 8017, section 9.2).
const DIGEST_INFO: &[(Algorithm, &[u8])] = &[
    (Algorithm::RsassaPkcs1Sha256, b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"),
    (Algorithm::RsassaPkcs1Sha384, b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30"),
    (Algorithm::RsassaPkcs1Sha512, b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40"),
];

/// What the two halves of a pair may be used for; without a usage, for everything that its spec can do.
///
/// Nothing beyond that, because tokens refuse what does not fit: a key on a curve that is to decrypt, for example.
pub(crate) fn permissions(spec: KeySpec, usage: Option<Usage>) -> (Vec<Attribute>, Vec<Attribute>) {
    let may = |wanted| usage.map_or_else(|| spec.usages().contains(&wanted), |usage| usage == wanted);
    let (sign, encrypt, agree) = (may(Usage::SignVerify), may(Usage::EncryptDecrypt), may(Usage::KeyAgreement));
    (
        vec![Attribute::Sign(sign), Attribute::Decrypt(encrypt), Attribute::Derive(agree)],
        vec![Attribute::Verify(sign), Attribute::Encrypt(encrypt)],
    )
}

/// Where and how an object is kept: never to be read, and under its id.
pub(crate) fn kept(id: ObjectId, label: &str, durable: bool) -> Vec<Attribute> {
    vec![
        Attribute::Token(durable),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Id(id.0.to_vec()),
        Attribute::Label(label.as_bytes().to_vec()),
    ]
}

fn shown(id: ObjectId, label: &str, durable: bool) -> Vec<Attribute> {
    vec![
        Attribute::Token(durable),
        Attribute::Private(false),
        Attribute::Id(id.0.to_vec()),
        Attribute::Label(label.as_bytes().to_vec()),
    ]
}

/// Makes a key in the token. Without a usage it may be used for everything, which is for keys of a session.
pub(crate) fn make(
    lease: &Lease,
    spec: KeySpec,
    usage: Option<Usage>,
    derivation: Option<Derivation>,
    id: ObjectId,
    durable: bool,
) -> Result<(), Failure> {
    let label = format!("wardbook {spec}");
    if spec.is_symmetric() {
        return make_secret(lease, spec, derivation, kept(id, &label, durable));
    }
    let (mut private, mut public) = (kept(id, &label, durable), shown(id, &label, durable));
    let (secret_uses, public_uses) = permissions(spec, usage);
    private.extend(secret_uses);
    public.extend(public_uses);
    let session = lease.session();
    if let Some(bits) = rsa_bits(spec) {
        public.push(Attribute::ModulusBits(bits.try_into()?));
        public.push(Attribute::PublicExponent(vec![1, 0, 1]));
        session.generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &public, &private)?;
        return Ok(());
    }
    if let Some((_, parameters, _)) = CURVES.iter().find(|(its, ..)| *its == spec) {
        public.push(Attribute::EcParams(parameters.to_vec()));
        session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private)?;
        return Ok(());
    }
    let mut last = Failure::Declined;
    for parameters in EDWARDS.iter().filter(|_| spec == KeySpec::EccNistEdwards25519) {
        let public = [&public[..], &[Attribute::EcParams(parameters.to_vec())]].concat();
        match session.generate_key_pair(&Mechanism::EccEdwardsKeyPairGen, &public, &private) {
            Ok(_) => return Ok(()),
            Err(error) => last = error.into(),
        }
    }
    Err(last)
}

fn make_secret(
    lease: &Lease,
    spec: KeySpec,
    derivation: Option<Derivation>,
    mut template: Vec<Attribute>,
) -> Result<(), Failure> {
    let (bytes, mechanism, uses) = secret_kind(spec, derivation)?;
    template.push(Attribute::ValueLen(bytes.try_into()?));
    template.extend(uses);
    lease.session().generate_key(&mechanism, &template)?;
    Ok(())
}

/// Bytes of a secret, what makes it, what it may do.
pub(crate) fn secret_kind(
    spec: KeySpec,
    derivation: Option<Derivation>,
) -> Result<(usize, Mechanism<'static>, Vec<Attribute>), Failure> {
    let generic = Mechanism::GenericSecretKeyGen;
    Ok(match (spec, derivation) {
        (KeySpec::Hmac224, _) => (28, generic, vec![Attribute::Sign(true)]),
        (KeySpec::Hmac256, _) => (32, generic, vec![Attribute::Sign(true)]),
        (KeySpec::Hmac384, _) => (48, generic, vec![Attribute::Sign(true)]),
        (KeySpec::Hmac512, _) => (64, generic, vec![Attribute::Sign(true)]),
        (KeySpec::SymmetricDefault, Some(Derivation::InToken)) => {
            (32, generic, vec![Attribute::Derive(true), Attribute::Sign(true)])
        }
        (KeySpec::SymmetricDefault, Some(Derivation::FromHmac)) => (32, generic, vec![Attribute::Sign(true)]),
        (KeySpec::SymmetricDefault, Some(Derivation::None)) => {
            (32, Mechanism::AesKeyGen, vec![Attribute::Encrypt(true), Attribute::Decrypt(true)])
        }
        _ => return Err(Failure::Declined),
    })
}

/// Opens an HMAC key or a pair.
pub(crate) fn open(
    token: &Arc<Token>,
    spec: KeySpec,
    id: ObjectId,
    call: &Call<'_>,
) -> Result<Box<dyn Key>, BackendError> {
    if spec.is_symmetric() {
        let object = Held::new(id, ObjectClass::SECRET_KEY);
        token.with(call, |lease| object.handle(lease).map(|_| ()))?;
        return Ok(Box::new(MacKey { token: Arc::clone(token), object }));
    }
    let (private, public) = (Held::new(id, ObjectClass::PRIVATE_KEY), Held::new(id, ObjectClass::PUBLIC_KEY));
    let (number_bytes, public_key) = token.with(call, |lease| {
        private.handle(lease)?;
        public_half(lease, spec, &public)
    })?;
    Ok(Box::new(PairKey { token: Arc::clone(token), spec, private, public, number_bytes, public_key }))
}

/// Opens a public key that is in the token without its private half.
pub(crate) fn open_public(
    token: &Arc<Token>,
    spec: KeySpec,
    id: ObjectId,
    call: &Call<'_>,
) -> Result<Box<dyn Key>, BackendError> {
    let (private, public) = (Held::new(id, ObjectClass::PRIVATE_KEY), Held::new(id, ObjectClass::PUBLIC_KEY));
    let (number_bytes, public_key) = token.with(call, |lease| public_half(lease, spec, &public))?;
    Ok(Box::new(PairKey { token: Arc::clone(token), spec, private, public, number_bytes, public_key }))
}

fn public_half(lease: &Lease, spec: KeySpec, public: &Held) -> Result<(usize, Vec<u8>), Failure> {
    let object = public.handle(lease)?;
    if let Some(bits) = rsa_bits(spec) {
        let wanted = [AttributeType::Modulus, AttributeType::PublicExponent];
        let (mut modulus, mut exponent) = (Vec::new(), Vec::new());
        for attribute in lease.session().get_attributes(object, &wanted)? {
            match attribute {
                Attribute::Modulus(value) => modulus = value,
                Attribute::PublicExponent(value) => exponent = value,
                _ => {}
            }
        }
        let key = der::tlv(0x30, &[&der::integer(&modulus), &der::integer(&exponent)]);
        return match modulus.len() == bits / 8 && !exponent.is_empty() {
            true => Ok((bits / 8, der::public_key(RSA_ALGORITHM, &key))),
            false => Err(Failure::Said(BackendError::Internal)),
        };
    }
    let attributes = lease.session().get_attributes(object, &[AttributeType::EcPoint])?;
    let point = attributes.into_iter().find_map(|attribute| match attribute {
        Attribute::EcPoint(point) => Some(point),
        _ => None,
    });
    let point = point.ok_or(Failure::Declined)?;
    let point = der::unwrapped(&point);
    match CURVES.iter().find(|(its, ..)| *its == spec) {
        Some((_, parameters, bytes)) => {
            let algorithm = der::tlv(0x30, &[EC_PUBLIC_KEY, parameters]);
            Ok((*bytes, der::public_key(&algorithm, point)))
        }
        None if point.len() == 32 => Ok((32, der::public_key(ED25519_ALGORITHM, point))),
        None => Err(Failure::Said(BackendError::Internal)),
    }
}

pub(crate) fn rsa_bits(spec: KeySpec) -> Option<usize> {
    match spec {
        KeySpec::Rsa2048 => Some(2_048),
        KeySpec::Rsa3072 => Some(3_072),
        KeySpec::Rsa4096 => Some(4_096),
        _ => None,
    }
}

/// The uncompressed point of a public key, if that is a key on this curve; of Ed25519 its only form.
pub(crate) fn point(spec: KeySpec, peer: &[u8]) -> Option<Vec<u8>> {
    macro_rules! on {
        ($curve:ident) => {{
            use $curve::elliptic_curve::sec1::ToSec1Point;
            let key = $curve::PublicKey::from_public_key_der(peer).ok()?;
            key.to_sec1_point(false).as_bytes().to_vec()
        }};
    }
    Some(match spec {
        KeySpec::EccNistP256 => on!(p256),
        KeySpec::EccNistP384 => on!(p384),
        KeySpec::EccNistP521 => on!(p521),
        KeySpec::EccSecgP256k1 => on!(k256),
        KeySpec::EccNistEdwards25519 => {
            ed25519_dalek::VerifyingKey::from_public_key_der(peer).ok()?.as_bytes().to_vec()
        }
        _ => return None,
    })
}

fn digest(algorithm: Algorithm, message_type: MessageType, message: &[u8]) -> Result<Vec<u8>, BackendError> {
    match (message_type, algorithm.message_bytes(MessageType::Digest)) {
        (MessageType::Digest, _) => Ok(message.to_vec()),
        (MessageType::Raw, Some(32)) => Ok(Sha256::digest(message).to_vec()),
        (MessageType::Raw, Some(48)) => Ok(Sha384::digest(message).to_vec()),
        (MessageType::Raw, Some(64)) => Ok(Sha512::digest(message).to_vec()),
        _ => Err(BackendError::Internal),
    }
}

/// The mechanism of a signature, and what is signed. Messages are digested here, so that one mechanism serves
/// both message types.
fn signing(
    algorithm: Algorithm,
    message_type: MessageType,
    message: &[u8],
) -> Result<(Mechanism<'static>, Vec<u8>), BackendError> {
    use MechanismType as M;
    let pss = |hash_alg, mgf, bytes: usize| -> Result<_, BackendError> {
        let s_len = bytes.try_into().map_err(|_| BackendError::Internal)?;
        Ok(Mechanism::RsaPkcsPss(PkcsPssParams { hash_alg, mgf, s_len }))
    };
    if algorithm == Algorithm::Ed25519Sha512 {
        let parameters = EddsaParams::new(EddsaSignatureScheme::Pure);
        return Ok((Mechanism::Eddsa(parameters), message.to_vec()));
    }
    let digest = digest(algorithm, message_type, message)?;
    Ok(match algorithm {
        Algorithm::RsassaPssSha256 => (pss(M::SHA256, PkcsMgfType::MGF1_SHA256, 32)?, digest),
        Algorithm::RsassaPssSha384 => (pss(M::SHA384, PkcsMgfType::MGF1_SHA384, 48)?, digest),
        Algorithm::RsassaPssSha512 => (pss(M::SHA512, PkcsMgfType::MGF1_SHA512, 64)?, digest),
        Algorithm::EcdsaSha256 | Algorithm::EcdsaSha384 | Algorithm::EcdsaSha512 => (Mechanism::Ecdsa, digest),
        _ => {
            let info = DIGEST_INFO.iter().find(|(its, _)| *its == algorithm).ok_or(BackendError::Internal)?.1;
            (Mechanism::RsaPkcs, [info, &digest].concat())
        }
    })
}

fn oaep(algorithm: Algorithm) -> Result<Mechanism<'static>, BackendError> {
    let (hash, mask) = match algorithm {
        Algorithm::RsaesOaepSha1 => (MechanismType::SHA1, PkcsMgfType::MGF1_SHA1),
        Algorithm::RsaesOaepSha256 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256),
        _ => return Err(BackendError::Internal),
    };
    Ok(Mechanism::RsaPkcsOaep(PkcsOaepParams::new(hash, mask, PkcsOaepSource::empty())))
}

impl PairKey {
    fn is_ecdsa(&self) -> bool {
        CURVES.iter().any(|(its, ..)| *its == self.spec)
    }
}

impl Key for PairKey {
    fn encrypt(
        &self,
        algorithm: Algorithm,
        plaintext: &[u8],
        _: &Context,
        call: &Call<'_>,
    ) -> Result<Vec<u8>, BackendError> {
        let mechanism = oaep(algorithm)?;
        self.public.with(&self.token, call, |session, object| Ok(session.encrypt(&mechanism, object, plaintext)?))
    }

    fn decrypt(
        &self,
        algorithm: Algorithm,
        ciphertext: &[u8],
        _: &Context,
        call: &Call<'_>,
    ) -> Result<Secret, BackendError> {
        let mechanism = oaep(algorithm)?;
        if ciphertext.len() != self.number_bytes {
            return Err(BackendError::InvalidCiphertext);
        }
        self.private.with(&self.token, call, |session, object| {
            let opened = session.decrypt(&mechanism, object, ciphertext);
            opened.map(Secret::new).map_err(|error| Failure::from(error).or(BackendError::InvalidCiphertext))
        })
    }

    fn sign(
        &self,
        algorithm: Algorithm,
        message_type: MessageType,
        message: &[u8],
        call: &Call<'_>,
    ) -> Result<Vec<u8>, BackendError> {
        let (mechanism, input) = signing(algorithm, message_type, message)?;
        let sign = |session: &Session, object| Ok(session.sign(&mechanism, object, &input)?);
        let signature = self.private.with(&self.token, call, sign)?;
        match self.is_ecdsa() {
            true => der::signature(&signature).ok_or(BackendError::Internal),
            false => Ok(signature),
        }
    }

    fn verify(
        &self,
        algorithm: Algorithm,
        message_type: MessageType,
        message: &[u8],
        signature: &[u8],
        call: &Call<'_>,
    ) -> Result<(), BackendError> {
        let (mechanism, input) = signing(algorithm, message_type, message)?;
        let invalid = BackendError::InvalidSignature;
        let signature = match (self.is_ecdsa(), self.spec) {
            (true, _) => der::raw_signature(signature, self.number_bytes),
            (false, KeySpec::EccNistEdwards25519) => Some(signature.to_vec()).filter(|it| it.len() == 64),
            (false, _) => Some(signature.to_vec()).filter(|it| it.len() == self.number_bytes),
        };
        let signature = signature.ok_or(invalid)?;
        self.public.with(&self.token, call, |session, object| {
            let verified = session.verify(&mechanism, object, &input, &signature);
            verified.map_err(|error| Failure::from(error).or(invalid))
        })
    }

    fn agree(&self, peer: &[u8], call: &Call<'_>) -> Result<Secret, BackendError> {
        let point = point(self.spec, peer).ok_or(InputError::PublicKey)?;
        let shared = self.private.with(&self.token, call, |session, object| {
            let mechanism = Mechanism::Ecdh1Derive(Ecdh1DeriveParams::new(EcKdf::null(), &point));
            symmetric::secret(session, &mechanism, object, self.number_bytes)
        })?;
        match shared.len() == self.number_bytes {
            true => Ok(shared),
            false => Err(BackendError::Internal),
        }
    }

    fn public_key(&self, _: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        Ok(self.public_key.clone())
    }
}

impl Key for MacKey {
    fn mac(&self, algorithm: Algorithm, message: &[u8], call: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        let mechanism = match algorithm {
            Algorithm::HmacSha224 => Mechanism::Sha224Hmac,
            Algorithm::HmacSha256 => Mechanism::Sha256Hmac,
            Algorithm::HmacSha384 => Mechanism::Sha384Hmac,
            Algorithm::HmacSha512 => Mechanism::Sha512Hmac,
            _ => return Err(BackendError::Internal),
        };
        self.object.with(&self.token, call, |session, object| Ok(session.sign(&mechanism, object, message)?))
    }
}
