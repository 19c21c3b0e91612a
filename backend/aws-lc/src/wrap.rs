//! The other side of an import under RSA: the owner of the material wraps it. For conformance runs.

use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrapPadded};
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPublicEncryptingKey, PublicEncryptingKey,
};
use wardbook_backend::conformance::Wrap;
use wardbook_backend::import::{Wrapping, WrappingAlgorithm, WrappingKeySpec};
use zeroize::Zeroizing;

use crate::wrapping::WRAPPINGS;

/// Wraps with RSAES-OAEP, alone or around an AES key, in these ways.
#[derive(Clone, Copy, Debug)]
pub struct RsaWrap<'a>(pub &'a [Wrapping]);

impl RsaWrap<'static> {
    /// In the way that suits material of every length and is quickest to make a wrapping key for.
    pub fn any_length() -> Self {
        const WAY: Wrapping =
            Wrapping { algorithm: WrappingAlgorithm::RsaAesKeyWrapSha256, key: WrappingKeySpec::Rsa2048 };
        Self(&[WAY])
    }

    /// In every way.
    pub fn every() -> Self {
        Self(WRAPPINGS)
    }
}

impl Wrap for RsaWrap<'_> {
    fn wrappings(&self) -> Vec<Wrapping> {
        self.0.to_vec()
    }

    fn wrap(&self, wrapping: Wrapping, public_key: &[u8], material: &[u8]) -> Option<Vec<u8>> {
        let key = OaepPublicEncryptingKey::new(PublicEncryptingKey::from_der(public_key).ok()?).ok()?;
        match wrapping.algorithm {
            WrappingAlgorithm::RsaesOaepSha1 => encrypt(&key, &OAEP_SHA1_MGF1SHA1, material),
            WrappingAlgorithm::RsaesOaepSha256 => encrypt(&key, &OAEP_SHA256_MGF1SHA256, material),
            WrappingAlgorithm::RsaAesKeyWrapSha1 => encrypt_two(&key, &OAEP_SHA1_MGF1SHA1, material),
            WrappingAlgorithm::RsaAesKeyWrapSha256 => encrypt_two(&key, &OAEP_SHA256_MGF1SHA256, material),
            WrappingAlgorithm::Sm2Pke => None,
        }
    }
}

fn encrypt(key: &OaepPublicEncryptingKey, algorithm: &'static OaepAlgorithm, material: &[u8]) -> Option<Vec<u8>> {
    let mut wrapped = vec![0; key.ciphertext_size()];
    let bytes = key.encrypt(algorithm, material, &mut wrapped, None).ok()?.len();
    wrapped.truncate(bytes);
    Some(wrapped)
}

fn encrypt_two(key: &OaepPublicEncryptingKey, algorithm: &'static OaepAlgorithm, material: &[u8]) -> Option<Vec<u8>> {
    let mut aes = Zeroizing::new([0; 32]);
    aws_lc_rs::rand::fill(aes.as_mut()).ok()?;
    let head = encrypt(key, algorithm, aes.as_ref())?;
    let mut rest = vec![0; material.len() + 16];
    let rest = AesKek::new(&AES_256, aes.as_ref()).ok()?.wrap_with_padding(material, &mut rest).ok()?;
    Some([&head, &*rest].concat())
}
