//! The ciphertext blob: what its bytes mean before any key is involved. Specified in `FORMAT.md`.
//!
//! Whoever stores keys reads [`Header::material`] here to find the key that a blob names, decides whether it
//! may be used, and only then asks a backend to open it.

use crate::limits::BLOB_BYTES_MAX;
use crate::token::MaterialId;

/// How a blob was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Suite {
    /// Keys derived with HMAC-SHA-256, sealed with AES-256-GCM.
    Aes256GcmHmacSha256,
    /// Keys derived with HMAC-SM3, sealed with SM4-128-GCM.
    Sm4GcmHmacSm3,
    /// As the first, but the cipher draws the initialisation vector itself, as FIPS 140 has it.
    Aes256GcmDrawnIv,
}

/// Everything before the ciphertext. All of it is authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// How.
    pub suite: Suite,
    /// Under which material of which key.
    pub material: MaterialId,
    /// What the key of this one message was derived from.
    pub nonce: [u8; NONCE_BYTES],
    /// The initialisation vector.
    pub iv: [u8; IV_BYTES],
    /// What ties the blob to exactly one key.
    pub commitment: [u8; COMMITMENT_BYTES],
}

/// A blob, taken apart.
#[derive(Clone, Copy)]
pub struct Blob<'a> {
    /// What stands in its header.
    pub header: Header,
    /// The header as it stands.
    pub header_bytes: &'a [u8],
    /// As many bytes as the plaintext.
    pub ciphertext: &'a [u8],
    /// The authentication tag.
    pub tag: [u8; TAG_BYTES],
}

/// Bytes of the nonce.
pub const NONCE_BYTES: usize = 16;
/// Bytes of the initialisation vector.
pub const IV_BYTES: usize = 12;
/// Bytes of the key commitment.
pub const COMMITMENT_BYTES: usize = 32;
/// Bytes of the tag.
pub const TAG_BYTES: usize = 16;
/// Bytes of the header.
pub const HEADER_BYTES: usize = MAGIC.len() + 1 + 32 + NONCE_BYTES + IV_BYTES + COMMITMENT_BYTES;
/// How much longer a blob is than its plaintext.
pub const OVERHEAD_BYTES: usize = HEADER_BYTES + TAG_BYTES;

/// `wbk`, then the version of the format.
const MAGIC: &[u8; 4] = b"wbk\x01";

const SUITES: &[(Suite, u8)] =
    &[(Suite::Aes256GcmHmacSha256, 1), (Suite::Sm4GcmHmacSm3, 2), (Suite::Aes256GcmDrawnIv, 3)];

impl Suite {
    /// The byte that stands for it.
    pub fn number(self) -> u8 {
        SUITES.iter().find(|(suite, _)| *suite == self).map_or(0, |(_, number)| *number)
    }

    /// Whether the cipher draws the initialisation vector. Nobody knows it before the message is sealed, so it
    /// counts as zeros in the associated data; the cipher authenticates it by itself.
    pub fn draws_iv(self) -> bool {
        self == Self::Aes256GcmDrawnIv
    }
}

impl Header {
    /// What of the header is associated data.
    pub fn associated(&self) -> Self {
        match self.suite.draws_iv() {
            true => Self { iv: [0; IV_BYTES], ..*self },
            false => *self,
        }
    }

    /// The bytes of the header.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        self.write(&mut bytes);
        bytes
    }

    /// Appends the bytes of the header.
    pub fn write(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(MAGIC);
        to.push(self.suite.number());
        to.extend_from_slice(&self.material.0);
        to.extend_from_slice(&self.nonce);
        to.extend_from_slice(&self.iv);
        to.extend_from_slice(&self.commitment);
    }
}

impl<'a> Blob<'a> {
    /// Takes a blob apart; `None` if it is not one, or of an unknown version or suite.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        if bytes.len() > BLOB_BYTES_MAX {
            return None;
        }
        let (header_bytes, rest) = bytes.split_at_checked(HEADER_BYTES)?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG_BYTES>()?;
        let after_magic = header_bytes.strip_prefix(MAGIC)?;
        let (number, fields) = after_magic.split_first()?;
        let suite = SUITES.iter().find(|(_, known)| known == number).map(|(suite, _)| *suite)?;
        let (material, fields) = fields.split_first_chunk::<32>()?;
        let (nonce, fields) = fields.split_first_chunk::<NONCE_BYTES>()?;
        let (iv, fields) = fields.split_first_chunk::<IV_BYTES>()?;
        let (commitment, _) = fields.split_first_chunk::<COMMITMENT_BYTES>()?;
        let header = Header { suite, material: MaterialId(*material), nonce: *nonce, iv: *iv, commitment: *commitment };
        Some(Self { header, header_bytes, ciphertext, tag: *tag })
    }
}

/// Which material a blob names, whoever made it: the only thing to look at before deciding whether it may be
/// opened. Every format begins with the magic, the number of its suite and the material; those of foreign
/// backends are described where they are made.
pub fn material(bytes: &[u8]) -> Option<MaterialId> {
    if bytes.len() > BLOB_BYTES_MAX {
        return None;
    }
    let (_, fields) = bytes.strip_prefix(MAGIC)?.split_first()?;
    fields.first_chunk::<32>().map(|material| MaterialId(*material))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::PLAINTEXT_BYTES_MAX;

    fn header() -> Header {
        Header {
            suite: Suite::Aes256GcmHmacSha256,
            material: MaterialId([1; 32]),
            nonce: [2; NONCE_BYTES],
            iv: [3; IV_BYTES],
            commitment: [4; COMMITMENT_BYTES],
        }
    }

    #[test]
    fn the_longest_plaintext_fits_into_the_longest_blob() {
        const { assert!(PLAINTEXT_BYTES_MAX + OVERHEAD_BYTES <= BLOB_BYTES_MAX) };
        assert_eq!(OVERHEAD_BYTES, 113);
        assert_eq!(header().to_bytes().len(), HEADER_BYTES);
    }

    #[test]
    fn the_material_is_read_from_blobs_of_every_suite() {
        let mut bytes = header().to_bytes();
        assert_eq!(material(&bytes), Some(MaterialId([1; 32])));
        bytes[4] = 0x80;
        assert_eq!(material(&bytes), Some(MaterialId([1; 32])), "a suite that a foreign backend made");
        assert_eq!(material(&bytes[..36]), None);
        bytes[3] = 2;
        assert_eq!(material(&bytes), None, "a version that nobody knows");
        bytes[3] = 1;
        bytes.resize(BLOB_BYTES_MAX + 1, 0);
        assert_eq!(material(&bytes), None);
    }

    #[test]
    fn a_blob_says_what_it_is_and_nothing_else_is_one() {
        let bytes = [header().to_bytes(), vec![9; 5], vec![7; TAG_BYTES]].concat();
        let blob = Blob::parse(&bytes).expect("valid");
        assert_eq!((blob.header, blob.ciphertext, blob.tag), (header(), &[9; 5][..], [7; TAG_BYTES]));
        assert!(Blob::parse(&bytes[..OVERHEAD_BYTES - 1]).is_none());
        assert!(Blob::parse(&bytes[..OVERHEAD_BYTES]).is_some());
        for (position, value) in [(0, b'W'), (3, 0), (3, 2), (4, 0), (4, 4)] {
            let mut other = bytes.clone();
            other[position] = value;
            assert!(Blob::parse(&other).is_none(), "byte {position} = {value}");
        }
        let longest = [header().to_bytes(), vec![0; BLOB_BYTES_MAX - HEADER_BYTES]].concat();
        assert!(Blob::parse(&longest).is_some());
        assert!(Blob::parse(&[longest, vec![0]].concat()).is_none());
    }
}
