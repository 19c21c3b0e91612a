//! The blob of keys under which the token itself runs AES-GCM.
//!
//! Specified in `FORMAT.md`: `wbk`, the version, the number of this suite, the material's id, the initialisation vector, the ciphertext, the
//! tag. Head and encryption context are authenticated. A token's key is never known to anybody, so that no second
//! key for a blob can be looked for, and no commitment is needed.

use wardbook_backend::limits::BLOB_BYTES_MAX;
use wardbook_backend::token::MaterialId;

/// `wbk`, the version of the format, the number that stands for this suite.
const MAGIC: &[u8; 5] = b"wbk\x01\x81";
const HEAD_BYTES: usize = MAGIC.len() + 32 + IV_BYTES;

/// Bytes of the initialisation vector.
pub(crate) const IV_BYTES: usize = 12;
/// Bytes of the tag.
pub(crate) const TAG_BYTES: usize = 16;

/// What stands before the ciphertext.
pub(crate) fn head(material: MaterialId, iv: &[u8; IV_BYTES]) -> Vec<u8> {
    [&MAGIC[..], &material.0, iv].concat()
}

/// Head, initialisation vector, and ciphertext with its tag; `None` if these are no such blob under this material.
pub(crate) fn split(blob: &[u8], material: MaterialId) -> Option<(&[u8], [u8; IV_BYTES], &[u8])> {
    let (head, sealed) = blob.split_at_checked(HEAD_BYTES)?;
    let fields = head.strip_prefix(MAGIC)?;
    let (its, iv) = fields.split_first_chunk::<32>()?;
    let fits = blob.len() <= BLOB_BYTES_MAX && sealed.len() >= TAG_BYTES && *its == material.0;
    fits.then_some((head, iv.try_into().ok()?, sealed))
}

#[cfg(test)]
mod tests {
    use aes_gcm::aead::AeadInOut;
    use aes_gcm::{Aes256Gcm, KeyInit};

    use super::*;

    fn bytes(hexadecimal: &str) -> Vec<u8> {
        let pairs = hexadecimal.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("digits"));
        pairs.map(|pair| u8::from_str_radix(pair, 16).expect("digits")).collect()
    }

    #[test]
    fn blobs_of_the_format_page_are_understood() {
        let page = include_str!("../FORMAT.md");
        let values: Vec<_> = page.lines().filter_map(|line| line.split_once(" = ")).collect();
        let mut count = 0;
        for vector in values.chunks(4) {
            let [("key", key), ("context", context), ("plaintext", plaintext), ("blob", blob)] = vector else {
                panic!("{vector:?}");
            };
            let blob = bytes(blob);
            let material = MaterialId(blob[5..37].try_into().expect("32 bytes"));
            let (head, iv, sealed) = split(&blob, material).expect("a blob");
            let (ciphertext, tag) = sealed.split_last_chunk::<TAG_BYTES>().expect("a tag");
            let mut buffer = ciphertext.to_vec();
            let cipher = Aes256Gcm::new_from_slice(&bytes(key)).expect("a key");
            let associated = [head, &bytes(context)].concat();
            cipher
                .decrypt_inout_detached(&iv.into(), &associated, buffer.as_mut_slice().into(), tag.into())
                .expect("opens");
            assert_eq!(buffer, bytes(plaintext));
            assert!(split(&blob, MaterialId([0; 32])).is_none(), "another key's blob");
            assert!(split(&blob[..HEAD_BYTES + TAG_BYTES - 1], material).is_none(), "too short for a tag");
            count += 1;
        }
        assert_eq!(count, 2);
    }
}
