//! Every bound in one place. Each has a test just under it and just over it.

use crate::error::InputError;

/// Plaintext of one symmetric encryption.
pub const PLAINTEXT_BYTES_MAX: usize = 4_096;
/// A blob that is looked at at all.
pub const BLOB_BYTES_MAX: usize = 6_144;
/// A message given whole to be signed or verified.
pub const MESSAGE_BYTES_MAX: usize = 4_096;
/// A message under an HMAC.
pub const MAC_MESSAGE_BYTES_MAX: usize = 4_096;
/// A data key, and one request for random bytes.
pub const RANDOM_BYTES_MAX: usize = 1_024;
/// A signature that is looked at at all; the longest real one, of ML-DSA-87, has 4,627 bytes.
pub const SIGNATURE_BYTES_MAX: usize = 6_144;
/// A public key that a peer sent; the longest real one, of ML-KEM-1024, has about 1,600 bytes.
pub const PUBLIC_KEY_BYTES_MAX: usize = 8_192;
/// The encryption context in its canonical encoding.
pub const CONTEXT_BYTES_MAX: usize = 65_536;
/// Wrapped key material; an RSA-4096 key in PKCS#8 has about 2,400 bytes.
pub const IMPORT_BYTES_MAX: usize = 6_144;
/// A key token or an import session.
pub const TOKEN_BYTES_MAX: usize = 16_384;
/// The id of a key, as its owner spells it.
pub const ID_BYTES_MAX: usize = 2_048;

/// Whether so many random bytes may be asked for at once.
pub(crate) fn random(bytes: usize) -> Result<(), InputError> {
    match (1..=RANDOM_BYTES_MAX).contains(&bytes) {
        true => Ok(()),
        false => Err(InputError::OutOfRange { bytes_max: RANDOM_BYTES_MAX }),
    }
}
