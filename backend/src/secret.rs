//! Bytes that nobody may print, copy by accident or leave behind.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Secret bytes: wiped when dropped, without `Clone`, printed as their length.
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes bytes over. The vector is wiped as it stands; it must not have been grown after the secret
    /// entered it, because a grown vector leaves its earlier self behind.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Copies bytes; the original stays the caller's to wipe.
    pub fn copy(bytes: &[u8]) -> Self {
        Self::new(bytes.to_vec())
    }

    /// A secret of `bytes` bytes that `fill` writes.
    pub fn filled<E>(bytes: usize, fill: impl FnOnce(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let mut secret = Self::new(vec![0; bytes]);
        fill(&mut secret.0)?;
        Ok(secret)
    }

    /// The bytes. Every call of this is a place to look at in a review.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, to be changed in place.
    pub(crate) fn expose_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// In constant time for equal lengths.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_as_its_length() {
        assert_eq!(format!("{:?}", Secret::copy(b"hunter2")), "Secret(7 bytes)");
    }
}
