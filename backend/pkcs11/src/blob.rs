//! The blob of keys under which the token itself runs AES-GCM.
//!
//! `wbk`, the version, the number of this suite, the material's id, the initialisation vector, the ciphertext, the
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
