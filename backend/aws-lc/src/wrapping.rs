//! Undoing the wrappings of imported material: RSAES-OAEP, alone or around an AES key for AES-KWP (RFC 5649).

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrapPadded};
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPrivateDecryptingKey, PrivateDecryptingKey,
};
use wardbook_backend::import::{Wrapping, WrappingAlgorithm, WrappingKeySpec};
use wardbook_backend::key::Pair;
use wardbook_backend::secret::Secret;
use zeroize::Zeroizing;

/// Every wrapping under every RSA key.
pub(crate) const WRAPPINGS: &[Wrapping] = {
    use WrappingAlgorithm::{RsaAesKeyWrapSha1, RsaAesKeyWrapSha256, RsaesOaepSha1, RsaesOaepSha256};
    use WrappingKeySpec::{Rsa2048, Rsa3072, Rsa4096};
    &[
        Wrapping { algorithm: RsaesOaepSha256, key: Rsa2048 },
        Wrapping { algorithm: RsaesOaepSha256, key: Rsa3072 },
        Wrapping { algorithm: RsaesOaepSha256, key: Rsa4096 },
        Wrapping { algorithm: RsaesOaepSha1, key: Rsa2048 },
        Wrapping { algorithm: RsaesOaepSha1, key: Rsa3072 },
        Wrapping { algorithm: RsaesOaepSha1, key: Rsa4096 },
        Wrapping { algorithm: RsaAesKeyWrapSha256, key: Rsa2048 },
        Wrapping { algorithm: RsaAesKeyWrapSha256, key: Rsa3072 },
        Wrapping { algorithm: RsaAesKeyWrapSha256, key: Rsa4096 },
        Wrapping { algorithm: RsaAesKeyWrapSha1, key: Rsa2048 },
        Wrapping { algorithm: RsaAesKeyWrapSha1, key: Rsa3072 },
        Wrapping { algorithm: RsaAesKeyWrapSha1, key: Rsa4096 },
    ]
};

/// How long the AES key between is.
const AES_BYTES: usize = 32;

/// A fresh wrapping key.
pub(crate) fn key(wrapping: Wrapping) -> Option<Pair> {
    let size = match wrapping.key {
        WrappingKeySpec::Rsa2048 => KeySize::Rsa2048,
        WrappingKeySpec::Rsa3072 => KeySize::Rsa3072,
        WrappingKeySpec::Rsa4096 => KeySize::Rsa4096,
        WrappingKeySpec::Sm2 => return None,
    };
    let key = PrivateDecryptingKey::generate(size).ok()?;
    let private = Secret::copy(AsDer::as_der(&key).ok()?.as_ref());
    Some(Pair { private, public: key.public_key().as_der().ok()?.as_ref().to_vec() })
}

/// What was wrapped; `None` for every reason alike.
pub(crate) fn unwrap(wrapping: Wrapping, private: &Secret, wrapped: &[u8]) -> Option<Secret> {
    let key = OaepPrivateDecryptingKey::new(PrivateDecryptingKey::from_pkcs8(private.expose()).ok()?).ok()?;
    match wrapping.algorithm {
        WrappingAlgorithm::RsaesOaepSha1 => decrypt(&key, &OAEP_SHA1_MGF1SHA1, wrapped),
        WrappingAlgorithm::RsaesOaepSha256 => decrypt(&key, &OAEP_SHA256_MGF1SHA256, wrapped),
        WrappingAlgorithm::RsaAesKeyWrapSha1 => decrypt_two(&key, &OAEP_SHA1_MGF1SHA1, wrapped),
        WrappingAlgorithm::RsaAesKeyWrapSha256 => decrypt_two(&key, &OAEP_SHA256_MGF1SHA256, wrapped),
        WrappingAlgorithm::Sm2Pke => None,
    }
}

/// OAEP with an empty label.
pub(crate) fn decrypt(
    key: &OaepPrivateDecryptingKey,
    algorithm: &'static OaepAlgorithm,
    ciphertext: &[u8],
) -> Option<Secret> {
    let mut buffer = Zeroizing::new(vec![0; key.min_output_size()]);
    let plaintext = key.decrypt(algorithm, ciphertext, &mut buffer, None).ok()?;
    Some(Secret::copy(plaintext))
}

/// The AES key first, as long as the modulus, and the material under it after that. Where there is no AES key, the
/// material is looked at under another one all the same, so that it does not show which half was wrong.
fn decrypt_two(key: &OaepPrivateDecryptingKey, algorithm: &'static OaepAlgorithm, wrapped: &[u8]) -> Option<Secret> {
    let (head, rest) = wrapped.split_at_checked(key.key_size_bytes())?;
    let aes = decrypt(key, algorithm, head).filter(|aes| aes.len() == AES_BYTES);
    let kek = AesKek::new(&AES_256, aes.as_ref().map_or(&[0; AES_BYTES], Secret::expose)).ok()?;
    let mut buffer = Zeroizing::new(vec![0; rest.len()]);
    let material = kek.unwrap_with_padding(rest, &mut buffer).ok();
    aes.and(material).map(|material| Secret::copy(material))
}
