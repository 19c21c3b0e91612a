//! The ciphertext blob of a key that is held elsewhere. Specified in `FORMAT.md`.
//!
//! The proxy encrypts what a key of ours encrypted first, as AWS KMS does: it never sees a plaintext, and
//! nothing it answers can pass for one. The head of the blob holds the digest of that first ciphertext, and the
//! head with the encryption context is the proxy's associated data. So an answer made for another message has
//! another integrity value, even if the context is the same.

use sha2::{Digest, Sha256};
use wardbook_backend::context::Context;
use wardbook_backend::limits::BLOB_BYTES_MAX;
use wardbook_backend::token::MaterialId;

use crate::limits::{ASSOCIATED_BYTES_MAX, METADATA_BYTES_MAX, PLAINTEXT_BYTES_MAX};
use crate::message::Sealed;

/// What stands before everything that the proxy made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) material: MaterialId,
    /// SHA-256 of the inner ciphertext.
    pub(crate) digest: [u8; 32],
}

/// `wbk`, the version of the format, the number that stands for this suite.
const MAGIC: &[u8; 5] = b"wbk\x01\x80";
const HEAD_BYTES: usize = MAGIC.len() + 32 + 32;
const TAG_BYTES: usize = 16;

/// The longest encryption context that a proxy is sure to take.
pub(crate) const CONTEXT_BYTES_MAX: usize = ASSOCIATED_BYTES_MAX - HEAD_BYTES;

impl Head {
    pub(crate) fn new(material: MaterialId, inner: &[u8]) -> Self {
        Self { material, digest: Sha256::digest(inner).into() }
    }

    fn to_bytes(self) -> Vec<u8> {
        [&MAGIC[..], &self.material.0, &self.digest].concat()
    }

    /// What the proxy authenticates.
    pub(crate) fn associated(self, context: &Context) -> Vec<u8> {
        [&*self.to_bytes(), context.as_bytes()].concat()
    }

    /// The blob; `None` if the proxy's parts have sizes that the protocol does not know.
    pub(crate) fn join(self, sealed: &Sealed) -> Option<Vec<u8>> {
        let metadata =
            u8::try_from(sealed.metadata.len()).ok().filter(|bytes| usize::from(*bytes) <= METADATA_BYTES_MAX);
        let iv = u8::try_from(sealed.iv.len()).ok().filter(|bytes| matches!(bytes, 12 | 16));
        let blob =
            [&*self.to_bytes(), &[metadata?], &sealed.metadata, &[iv?], &sealed.iv, &sealed.tag, &sealed.ciphertext]
                .concat();
        (blob.len() <= BLOB_BYTES_MAX && sealed.ciphertext.len() <= PLAINTEXT_BYTES_MAX).then_some(blob)
    }
}

/// Takes a blob apart; accepts exactly what [`Head::join`] makes.
pub(crate) fn split(blob: &[u8]) -> Option<(Head, Sealed)> {
    if blob.len() > BLOB_BYTES_MAX {
        return None;
    }
    let fields = blob.strip_prefix(MAGIC)?;
    let (material, fields) = fields.split_first_chunk::<32>()?;
    let (digest, fields) = fields.split_first_chunk::<32>()?;
    let (metadata, fields) = counted(fields).filter(|(metadata, _)| metadata.len() <= METADATA_BYTES_MAX)?;
    let (iv, fields) = counted(fields).filter(|(iv, _)| matches!(iv.len(), 12 | 16))?;
    let (tag, ciphertext) = fields.split_first_chunk::<TAG_BYTES>()?;
    if ciphertext.len() > PLAINTEXT_BYTES_MAX {
        return None;
    }
    let head = Head { material: MaterialId(*material), digest: *digest };
    let sealed = Sealed { metadata: metadata.to_vec(), iv: iv.to_vec(), tag: *tag, ciphertext: ciphertext.to_vec() };
    Some((head, sealed))
}

/// One byte of length, then so many bytes.
pub(crate) fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    rest.split_at_checked(usize::from(*length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(metadata: usize, iv: usize, ciphertext: usize) -> (Head, Sealed) {
        let head = Head::new(MaterialId([1; 32]), b"inner");
        let sealed =
            Sealed { metadata: vec![2; metadata], iv: vec![3; iv], tag: [4; 16], ciphertext: vec![5; ciphertext] };
        (head, sealed)
    }

    #[test]
    fn a_blob_names_its_material_where_every_blob_does() {
        let (head, sealed) = parts(0, 12, 5);
        let blob = head.join(&sealed).expect("fits");
        assert_eq!(wardbook_backend::blob::material(&blob), Some(MaterialId([1; 32])));
        assert!(wardbook_backend::blob::Blob::parse(&blob).is_none(), "no envelope of another backend");
    }

    /// `FORMAT.md` shows these bytes.
    #[test]
    fn the_bytes_are_those_of_the_format() {
        let (head, sealed) = parts(2, 12, 3);
        let blob = crate::sigv4::hex(&head.join(&sealed).expect("fits"));
        let format = include_str!("../FORMAT.md");
        let shown: String = format
            .split("```hex")
            .nth(1)
            .and_then(|rest| rest.split("```").next())
            .expect("shown")
            .split_whitespace()
            .collect();
        assert_eq!(blob, shown);
    }

    #[test]
    fn the_longest_parts_fit_and_one_byte_more_does_not() {
        for (metadata, iv, ciphertext) in [(20, 16, PLAINTEXT_BYTES_MAX), (0, 12, 0)] {
            let (head, sealed) = parts(metadata, iv, ciphertext);
            assert_eq!(split(&head.join(&sealed).expect("fits")), Some((head, sealed)));
        }
        for (metadata, iv, ciphertext) in
            [(21, 12, 1), (0, 11, 1), (0, 13, 1), (0, 17, 1), (0, 12, PLAINTEXT_BYTES_MAX + 1)]
        {
            let (head, sealed) = parts(metadata, iv, ciphertext);
            assert_eq!(head.join(&sealed), None, "{metadata} {iv} {ciphertext}");
        }
        let (head, sealed) = parts(20, 16, PLAINTEXT_BYTES_MAX);
        let mut blob = head.join(&sealed).expect("fits");
        blob.push(0);
        assert_eq!(split(&blob), None);
    }

    #[test]
    fn a_blob_cut_short_is_none() {
        let (head, sealed) = parts(3, 12, 0);
        let blob = head.join(&sealed).expect("fits");
        for cut in 0..blob.len() {
            assert_eq!(split(&blob[..cut]), None, "{cut}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_taken_apart_is_put_together_the_same(tail in prop::collection::vec(any::<u8>(), 0..200)) {
            let blob = [&MAGIC[..], &[0; 64], &tail].concat();
            if let Some((head, sealed)) = split(&blob) {
                prop_assert_eq!(head.join(&sealed), Some(blob));
            }
        }
    }
}
