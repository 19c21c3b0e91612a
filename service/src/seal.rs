//! What the service itself keeps to itself: rows, session tokens and import tokens are sealed, grant tokens marked.
//!
//! One random key, wrapped by the root key, is the parent of all. Each message is sealed under a key of its own,
//! derived from the parent, its purpose and a salt, so no bound on messages has to be counted: salt and iv have 224
//! random bits together.

use std::sync::Arc;

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use wardbook_backend::random::Random;
use wardbook_backend::secret::Secret;
use zeroize::Zeroizing;

/// Seals and opens with the key of this installation.
#[derive(Clone)]
pub struct Sealer {
    parent: Arc<Secret>,
    random: Arc<dyn Random>,
}

/// Something does not open, or no randomness could be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Changed, of another purpose, or of another installation.
    #[error("sealed bytes do not open")]
    Closed,
    /// No randomness.
    #[error("no randomness could be had")]
    Random,
}

/// Bytes of the parent key.
pub const PARENT_BYTES: usize = 32;
const SALT_BYTES: usize = 16;
const IV_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
const VERSION: u8 = 1;

impl Sealer {
    /// A sealer of this parent key.
    pub fn new(parent: Secret, random: Arc<dyn Random>) -> Self {
        Self { parent: Arc::new(parent), random }
    }

    /// Seals for a purpose: only a call with the same purpose and the same associated texts opens it.
    pub fn seal(&self, purpose: &str, associated: &[&str], plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut fresh = [0; SALT_BYTES + IV_BYTES];
        self.random.fill(&mut fresh).map_err(|_| SealError::Random)?;
        let (salt, iv) = fresh.split_first_chunk::<SALT_BYTES>().ok_or(SealError::Closed)?;
        let iv = iv.first_chunk::<IV_BYTES>().ok_or(SealError::Closed)?;
        let cipher = self.cipher(purpose, salt)?;
        let mut sealed = Vec::with_capacity(1 + fresh.len() + plaintext.len() + TAG_BYTES);
        sealed.push(VERSION);
        sealed.extend_from_slice(&fresh);
        let start = sealed.len();
        sealed.extend_from_slice(plaintext);
        let buffer = sealed.get_mut(start..).ok_or(SealError::Closed)?;
        let tag = cipher.encrypt_inout_detached(iv.into(), &joined(purpose, associated), buffer.into());
        sealed.extend_from_slice(&tag.map_err(|_| SealError::Closed)?);
        Ok(sealed)
    }

    /// Opens what was sealed for this purpose with these texts.
    pub fn open(&self, purpose: &str, associated: &[&str], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (version, rest) = sealed.split_first().ok_or(SealError::Closed)?;
        let (salt, rest) = rest.split_first_chunk::<SALT_BYTES>().ok_or(SealError::Closed)?;
        let (iv, rest) = rest.split_first_chunk::<IV_BYTES>().ok_or(SealError::Closed)?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG_BYTES>().ok_or(SealError::Closed)?;
        if *version != VERSION {
            return Err(SealError::Closed);
        }
        let mut plaintext = Zeroizing::new(ciphertext.to_vec());
        let cipher = self.cipher(purpose, salt)?;
        let associated = joined(purpose, associated);
        let opened = cipher.decrypt_inout_detached(iv.into(), &associated, plaintext.as_mut_slice().into(), tag.into());
        opened.map_err(|_| SealError::Closed)?;
        Ok(plaintext)
    }

    /// A mark that only this installation can make.
    pub fn mark(&self, purpose: &str, texts: &[&str]) -> [u8; 32] {
        self.keyed(&[b"mark", &*joined(purpose, texts)])
    }

    /// Whether a mark is genuine, compared in constant time.
    pub fn is_mark(&self, purpose: &str, texts: &[&str], mark: &[u8]) -> bool {
        bool::from(self.mark(purpose, texts).ct_eq(mark))
    }

    fn cipher(&self, purpose: &str, salt: &[u8]) -> Result<Aes256Gcm, SealError> {
        let key = Zeroizing::new(self.keyed(&[b"seal", salt, purpose.as_bytes()]));
        Aes256Gcm::new_from_slice(&*key).map_err(|_| SealError::Closed)
    }

    fn keyed(&self, parts: &[&[u8]]) -> [u8; 32] {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.parent.expose()) else { return [0; 32] };
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer")
    }
}

/// Texts in a form that no other texts have: each after its length.
fn joined(purpose: &str, texts: &[&str]) -> Vec<u8> {
    let mut out = Vec::new();
    for text in std::iter::once(&purpose).chain(texts) {
        out.extend_from_slice(&(text.len() as u64).to_be_bytes());
        out.extend_from_slice(text.as_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use wardbook_backend::random::System;

    use super::*;

    #[test]
    fn what_is_sealed_opens_for_its_purpose_and_place_alone() {
        let sealer = Sealer::new(Secret::new(vec![7; PARENT_BYTES]), Arc::new(System));
        let sealed = sealer.seal("row", &["key", "1"], b"body").expect("sealed");
        assert_eq!(sealer.open("row", &["key", "1"], &sealed).expect("opens").as_slice(), b"body");
        for (purpose, texts) in [("row", ["key", "2"]), ("token", ["key", "1"]), ("row", ["key1", ""])] {
            assert_eq!(sealer.open(purpose, &texts, &sealed).expect_err("closed"), SealError::Closed);
        }
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(sealer.open("row", &["key", "1"], &changed).is_err(), "byte {place}");
            assert!(sealer.open("row", &["key", "1"], &sealed[..place]).is_err());
        }
        let other = Sealer::new(Secret::new(vec![8; PARENT_BYTES]), Arc::new(System));
        assert!(other.open("row", &["key", "1"], &sealed).is_err());
    }

    #[test]
    fn marks_tell_their_texts_apart() {
        let sealer = Sealer::new(Secret::new(vec![7; PARENT_BYTES]), Arc::new(System));
        let mark = sealer.mark("grant", &["a", "bc"]);
        assert!(sealer.is_mark("grant", &["a", "bc"], &mark));
        assert!(!sealer.is_mark("grant", &["ab", "c"], &mark) && !sealer.is_mark("grant", &["a", "bc"], &mark[..31]));
    }
}
