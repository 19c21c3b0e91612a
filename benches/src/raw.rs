//! What the libraries do without wardbook around them: derive a key, seal a message, nothing else.
//!
//! The bytes are those of `backend/FORMAT.md`, so that both sides compute the same. Nothing is wiped, checked
//! against limits, or hidden behind a trait object.

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use wardbook_backend::random::Random;

/// HMAC-SHA-256 and AES-256-GCM of one library.
pub trait Raw {
    /// From 32 bytes of key material.
    fn new(material: &[u8; 32]) -> Self;
    /// HMAC-SHA-256 under the material.
    fn prf(&self, input: &[u8]) -> [u8; 32];
    /// AES-256-GCM in place.
    fn seal(key: &[u8; 32], iv: &[u8; 12], associated: &[u8], buffer: &mut [u8]) -> [u8; 16];
    /// The other direction, over the ciphertext and its tag; the plaintext is at the front.
    fn open(key: &[u8; 32], iv: &[u8; 12], associated: &[u8], sealed: &mut [u8]);
}

/// The crates of the RustCrypto project.
pub struct RustCrypto(Hmac<Sha256>);

/// aws-lc-rs.
pub struct AwsLc(aws_lc_rs::hmac::Key);

/// ring.
pub struct Ring(ring::hmac::Key);

const PREFIX_BYTES: usize = 37;
const HEADER_BYTES: usize = 97;
const TAG_BYTES: usize = 16;

/// Derive and seal.
pub fn encrypt<R: Raw>(raw: &R, random: &dyn Random, plaintext: &[u8], context: &[u8]) -> Vec<u8> {
    let mut fresh = [0; 28];
    random.fill_public(&mut fresh).expect("random");
    let (nonce, iv) = fresh.split_first_chunk::<16>().expect("28 bytes");
    let iv = iv.try_into().expect("12 bytes");
    let (key, commitment) = derive(raw, nonce);
    let mut blob = Vec::with_capacity(HEADER_BYTES + plaintext.len() + TAG_BYTES);
    blob.extend_from_slice(&[7; PREFIX_BYTES]);
    blob.extend_from_slice(&fresh);
    blob.extend_from_slice(&commitment);
    let associated = [&blob, context].concat();
    blob.extend_from_slice(plaintext);
    let tag = R::seal(&key, iv, &associated, &mut blob[HEADER_BYTES..]);
    blob.extend_from_slice(&tag);
    blob
}

/// Derive, compare the commitment, and open.
pub fn decrypt<R: Raw>(raw: &R, blob: &[u8], context: &[u8]) -> Vec<u8> {
    let (header, sealed) = blob.split_at(HEADER_BYTES);
    let (key, commitment) = derive(raw, header[37..53].try_into().expect("16 bytes"));
    assert_eq!(commitment, header[65..]);
    let associated = [header, context].concat();
    let mut sealed = sealed.to_vec();
    R::open(&key, header[53..65].try_into().expect("12 bytes"), &associated, &mut sealed);
    sealed.truncate(sealed.len() - TAG_BYTES);
    sealed
}

/// A data key: random bytes, sealed, and opened again.
pub fn data_key<R: Raw>(raw: &R, random: &dyn Random, context: &[u8]) -> ([u8; 32], Vec<u8>) {
    let mut key = [0; 32];
    random.fill(&mut key).expect("random");
    let blob = encrypt(raw, random, &key, context);
    assert_eq!(decrypt(raw, &blob, context), key);
    (key, blob)
}

fn derive(raw: &impl Raw, nonce: &[u8; 16]) -> ([u8; 32], [u8; 32]) {
    let mut input = *b"\0\0\0\x01wardbook-envelope\0\x01nonce-of-16-bytes\0\0\x02\0";
    input[23..39].copy_from_slice(nonce);
    let key = raw.prf(&input[..]);
    input[3] = 2;
    (key, raw.prf(&input[..]))
}

impl Raw for RustCrypto {
    fn new(material: &[u8; 32]) -> Self {
        Self(Hmac::new_from_slice(material).expect("any length"))
    }

    fn prf(&self, input: &[u8]) -> [u8; 32] {
        self.0.clone().chain_update(input).finalize().into_bytes().into()
    }

    fn seal(key: &[u8; 32], iv: &[u8; 12], associated: &[u8], buffer: &mut [u8]) -> [u8; 16] {
        let cipher = Aes256Gcm::new(key.into());
        cipher.encrypt_inout_detached(iv.into(), associated, buffer.into()).expect("sealed").into()
    }

    fn open(key: &[u8; 32], iv: &[u8; 12], associated: &[u8], sealed: &mut [u8]) {
        let (buffer, tag) = sealed.split_at_mut(sealed.len() - TAG_BYTES);
        let tag: &[u8; TAG_BYTES] = (&*tag).try_into().expect("a tag");
        let cipher = Aes256Gcm::new(key.into());
        cipher.decrypt_inout_detached(iv.into(), associated, buffer.into(), tag.into()).expect("opened");
    }
}

/// aws-lc-rs has ring's interface.
macro_rules! like_ring {
    ($name:ident, $library:ident) => {
        impl Raw for $name {
            fn new(material: &[u8; 32]) -> Self {
                Self($library::hmac::Key::new($library::hmac::HMAC_SHA256, material))
            }

            fn prf(&self, input: &[u8]) -> [u8; 32] {
                $library::hmac::sign(&self.0, input).as_ref().try_into().expect("32 bytes")
            }

            fn seal(key: &[u8; 32], iv: &[u8; 12], associated: &[u8], buffer: &mut [u8]) -> [u8; 16] {
                use $library::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
                let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("a key"));
                let nonce = Nonce::assume_unique_for_key(*iv);
                let tag = key.seal_in_place_separate_tag(nonce, Aad::from(associated), buffer).expect("sealed");
                tag.as_ref().try_into().expect("a tag")
            }

            fn open(key: &[u8; 32], iv: &[u8; 12], associated: &[u8], sealed: &mut [u8]) {
                use $library::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
                let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("a key"));
                let nonce = Nonce::assume_unique_for_key(*iv);
                key.open_in_place(nonce, Aad::from(associated), sealed).expect("opened");
            }
        }
    };
}

like_ring!(AwsLc, aws_lc_rs);
like_ring!(Ring, ring);
