//! Root keys as text: 64 hexadecimal digits, white space around them allowed.

use zeroize::Zeroizing;

use super::RootError;
use crate::memory::{KEY_BYTES, LockedKey};

/// The longest text that is looked at.
pub(super) const TEXT_BYTES_MAX: u64 = 256;

pub(super) fn decode(text: &[u8]) -> Result<LockedKey, RootError> {
    let digits = text.trim_ascii();
    if digits.len() != 2 * KEY_BYTES {
        return Err(RootError::Malformed);
    }
    LockedKey::new(|key| {
        key.iter_mut()
            .zip(digits.chunks_exact(2))
            .try_for_each(|(byte, pair)| {
                *byte = pair.iter().try_fold(0, |sum, digit| nibble(*digit).map(|nibble| (sum << 4) | nibble))?;
                Some(())
            })
            .ok_or(RootError::Malformed)
    })
}

pub(super) fn encode(key: &[u8; KEY_BYTES]) -> Zeroizing<Vec<u8>> {
    let mut text = Zeroizing::new(Vec::with_capacity(2 * KEY_BYTES + 1));
    for byte in key {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text.push(b'\n');
    text
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

fn digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
}
