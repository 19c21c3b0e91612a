//! What a token might do: the table that the known-answer runs are held against.

use cryptoki::mechanism::MechanismType;
use wardbook_backend::algorithm::{Algorithm, MessageType};
use wardbook_backend::capability::{Boundary, Capability, Cost};
use wardbook_backend::limits;
use wardbook_backend::operation::OperationKind;
use wardbook_backend::spec::KeySpec;

use crate::backend::NAME;
use crate::budget;
use crate::settings::Derivation;
use crate::token::Token;

/// Spec, bits of the key, what makes it.
pub(crate) const MADE: &[(KeySpec, usize, MechanismType)] = &[
    (KeySpec::Hmac224, 224, MechanismType::GENERIC_SECRET_KEY_GEN),
    (KeySpec::Hmac256, 256, MechanismType::GENERIC_SECRET_KEY_GEN),
    (KeySpec::Hmac384, 384, MechanismType::GENERIC_SECRET_KEY_GEN),
    (KeySpec::Hmac512, 512, MechanismType::GENERIC_SECRET_KEY_GEN),
    (KeySpec::Rsa2048, 2_048, MechanismType::RSA_PKCS_KEY_PAIR_GEN),
    (KeySpec::Rsa3072, 3_072, MechanismType::RSA_PKCS_KEY_PAIR_GEN),
    (KeySpec::Rsa4096, 4_096, MechanismType::RSA_PKCS_KEY_PAIR_GEN),
    (KeySpec::EccNistP256, 256, MechanismType::ECC_KEY_PAIR_GEN),
    (KeySpec::EccNistP384, 384, MechanismType::ECC_KEY_PAIR_GEN),
    (KeySpec::EccNistP521, 521, MechanismType::ECC_KEY_PAIR_GEN),
    (KeySpec::EccSecgP256k1, 256, MechanismType::ECC_KEY_PAIR_GEN),
    (KeySpec::EccNistEdwards25519, 255, MechanismType::ECC_EDWARDS_KEY_PAIR_GEN),
];

/// Specs, operations, algorithm, message type, longest input, what does it.
type Claim = (&'static [KeySpec], &'static [OperationKind], Algorithm, Option<MessageType>, usize, MechanismType);

#[rustfmt::skip]
const CLAIMS: &[Claim] = {
    use Algorithm as A;
    use KeySpec as K;
    use MechanismType as M;
    use MessageType::{Digest, Raw};
    use OperationKind as O;
    const SIGN: &[OperationKind] = &[O::Sign, O::Verify];
    const WHOLE: usize = limits::MESSAGE_BYTES_MAX;
    const PEER: usize = limits::PUBLIC_KEY_BYTES_MAX;
    const MAC: usize = limits::MAC_MESSAGE_BYTES_MAX;
    const RSA: &[KeySpec] = &[K::Rsa2048, K::Rsa3072, K::Rsa4096];
    const P256: &[KeySpec] = &[K::EccNistP256, K::EccSecgP256k1];
    &[
        (&[K::Hmac224], &[O::Mac], A::HmacSha224, None, MAC, M::SHA224_HMAC),
        (&[K::Hmac256], &[O::Mac], A::HmacSha256, None, MAC, M::SHA256_HMAC),
        (&[K::Hmac384], &[O::Mac], A::HmacSha384, None, MAC, M::SHA384_HMAC),
        (&[K::Hmac512], &[O::Mac], A::HmacSha512, None, MAC, M::SHA512_HMAC),
        (&[K::Rsa2048], &[O::Encrypt], A::RsaesOaepSha1, None, 214, M::RSA_PKCS_OAEP),
        (&[K::Rsa3072], &[O::Encrypt], A::RsaesOaepSha1, None, 342, M::RSA_PKCS_OAEP),
        (&[K::Rsa4096], &[O::Encrypt], A::RsaesOaepSha1, None, 470, M::RSA_PKCS_OAEP),
        (&[K::Rsa2048], &[O::Encrypt], A::RsaesOaepSha256, None, 190, M::RSA_PKCS_OAEP),
        (&[K::Rsa3072], &[O::Encrypt], A::RsaesOaepSha256, None, 318, M::RSA_PKCS_OAEP),
        (&[K::Rsa4096], &[O::Encrypt], A::RsaesOaepSha256, None, 446, M::RSA_PKCS_OAEP),
        (RSA, &[O::Decrypt], A::RsaesOaepSha1, None, 512, M::RSA_PKCS_OAEP),
        (RSA, &[O::Decrypt], A::RsaesOaepSha256, None, 512, M::RSA_PKCS_OAEP),
        (RSA, SIGN, A::RsassaPssSha256, Some(Raw), WHOLE, M::RSA_PKCS_PSS),
        (RSA, SIGN, A::RsassaPssSha256, Some(Digest), 32, M::RSA_PKCS_PSS),
        (RSA, SIGN, A::RsassaPssSha384, Some(Raw), WHOLE, M::RSA_PKCS_PSS),
        (RSA, SIGN, A::RsassaPssSha384, Some(Digest), 48, M::RSA_PKCS_PSS),
        (RSA, SIGN, A::RsassaPssSha512, Some(Raw), WHOLE, M::RSA_PKCS_PSS),
        (RSA, SIGN, A::RsassaPssSha512, Some(Digest), 64, M::RSA_PKCS_PSS),
        (RSA, SIGN, A::RsassaPkcs1Sha256, Some(Raw), WHOLE, M::RSA_PKCS),
        (RSA, SIGN, A::RsassaPkcs1Sha256, Some(Digest), 32, M::RSA_PKCS),
        (RSA, SIGN, A::RsassaPkcs1Sha384, Some(Raw), WHOLE, M::RSA_PKCS),
        (RSA, SIGN, A::RsassaPkcs1Sha384, Some(Digest), 48, M::RSA_PKCS),
        (RSA, SIGN, A::RsassaPkcs1Sha512, Some(Raw), WHOLE, M::RSA_PKCS),
        (RSA, SIGN, A::RsassaPkcs1Sha512, Some(Digest), 64, M::RSA_PKCS),
        (P256, SIGN, A::EcdsaSha256, Some(Raw), WHOLE, M::ECDSA),
        (P256, SIGN, A::EcdsaSha256, Some(Digest), 32, M::ECDSA),
        (&[K::EccNistP384], SIGN, A::EcdsaSha384, Some(Raw), WHOLE, M::ECDSA),
        (&[K::EccNistP384], SIGN, A::EcdsaSha384, Some(Digest), 48, M::ECDSA),
        (&[K::EccNistP521], SIGN, A::EcdsaSha512, Some(Raw), WHOLE, M::ECDSA),
        (&[K::EccNistP521], SIGN, A::EcdsaSha512, Some(Digest), 64, M::ECDSA),
        (&[K::EccNistP256, K::EccNistP384, K::EccNistP521], &[O::Agree], A::Ecdh, None, PEER, M::ECDH1_DERIVE),
        (&[K::EccNistEdwards25519], SIGN, A::Ed25519Sha512, Some(Raw), WHOLE, M::EDDSA),
    ]
};

/// What the mechanisms of a token allow to claim, the rows of one spec together; symmetric keys aside.
pub(crate) fn of(token: &Token) -> Vec<Capability> {
    let has = |mechanism| token.mechanism(mechanism).is_some();
    let mut claims = Vec::new();
    for (spec, bits, maker) in MADE {
        // Sizes of RSA are claimed by what the token says, because making a key takes seconds.
        let rsa = *maker == MechanismType::RSA_PKCS_KEY_PAIR_GEN;
        let Some(info) = token.mechanism(*maker) else { continue };
        if rsa && !(info.min_key_size()..=info.max_key_size()).contains(bits) {
            continue;
        }
        claims.push(row(*spec, OperationKind::Generate, None, 0));
        if !spec.is_symmetric() {
            claims.push(row(*spec, OperationKind::PublicKey, None, 0));
        }
        for (specs, operations, algorithm, message, bytes_max, mechanism) in CLAIMS {
            if specs.contains(spec) && has(*mechanism) {
                let rows = operations.iter();
                claims.extend(rows.map(|operation| row(*spec, *operation, Some((*algorithm, *message)), *bytes_max)));
            }
        }
    }
    claims
}

/// The rows of symmetric keys that work in this way, if the token has the mechanisms.
pub(crate) fn symmetric(token: &Token, derivation: Derivation) -> Vec<Capability> {
    use MechanismType as M;
    let needed: &[MechanismType] = match derivation {
        Derivation::InToken => &[M::GENERIC_SECRET_KEY_GEN, M::SP800_108_COUNTER_KDF, M::SHA256_HMAC, M::AES_GCM],
        Derivation::FromHmac => &[M::GENERIC_SECRET_KEY_GEN, M::SHA256_HMAC],
        Derivation::None => &[M::AES_KEY_GEN, M::AES_GCM],
    };
    if !needed.iter().all(|mechanism| token.mechanism(*mechanism).is_some()) {
        return Vec::new();
    }
    let spec = KeySpec::SymmetricDefault;
    let way = Some((Algorithm::SymmetricDefault, None));
    let encrypt = row(spec, OperationKind::Encrypt, way, limits::PLAINTEXT_BYTES_MAX);
    let uses_max = (derivation == Derivation::None).then_some(budget::USES_MAX);
    vec![
        row(spec, OperationKind::Generate, None, 0),
        Capability { uses_max, ..encrypt },
        row(spec, OperationKind::Decrypt, way, limits::BLOB_BYTES_MAX),
    ]
}

fn row(
    spec: KeySpec,
    operation: OperationKind,
    way: Option<(Algorithm, Option<MessageType>)>,
    input_bytes_max: usize,
) -> Capability {
    let algorithm = way.map(|(algorithm, _)| algorithm);
    let symmetric = algorithm == Some(Algorithm::SymmetricDefault);
    // A token that was disturbed while it signed with one of these would give its key away.
    let fragile = matches!(spec, KeySpec::Rsa2048 | KeySpec::Rsa3072 | KeySpec::Rsa4096 | KeySpec::EccNistEdwards25519);
    Capability {
        spec,
        operation,
        algorithm,
        message_type: way.and_then(|(_, message_type)| message_type),
        input_bytes_max,
        context_bytes_max: if symmetric { limits::CONTEXT_BYTES_MAX } else { 0 },
        uses_max: None,
        provider: NAME,
        boundary: Boundary::Token,
        // What a device is validated for is written on its certificate and not said by PKCS#11.
        fips: false,
        cost: Cost::Blocking,
        verify_after_sign: operation == OperationKind::Sign && fragile,
    }
}
