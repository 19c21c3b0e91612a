//! Bytes that nobody may print, copy by accident or leave behind.

use std::fmt;
use std::ops::{Deref, DerefMut};

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Secret bytes: wiped when dropped, without `Clone`, printed as their length.
pub struct Secret(Vec<u8>);

/// So many secret bytes, in place: wiped when dropped, without `Clone`, printed as their number.
pub struct Block<const N: usize>([u8; N]);

impl Secret {
    /// Takes bytes over. The vector is wiped as it stands; it must not have been grown after the secret
    /// entered it, because a grown vector leaves its earlier self behind.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
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

/// Whole, with what the vector has room for. The wiping of vectors and arrays that `zeroize` brings goes byte by
/// byte, which for 4 KiB takes longer than decrypting them; that of slices does not.
impl Drop for Secret {
    fn drop(&mut self) {
        self.0.resize(self.0.capacity(), 0);
        self.0.as_mut_slice().zeroize();
    }
}

impl ZeroizeOnDrop for Secret {}

impl<const N: usize> Block<N> {
    /// Takes bytes over.
    pub fn new(bytes: [u8; N]) -> Self {
        Self(bytes)
    }

    /// Zeros, to be written to.
    pub fn zeroed() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> Deref for Block<N> {
    type Target = [u8; N];

    fn deref(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> DerefMut for Block<N> {
    fn deref_mut(&mut self) -> &mut [u8; N] {
        &mut self.0
    }
}

impl<const N: usize> Drop for Block<N> {
    fn drop(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

impl<const N: usize> ZeroizeOnDrop for Block<N> {}

impl<const N: usize> fmt::Debug for Block<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Block({N} bytes)")
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
        assert_eq!(format!("{:?}", Block::new(*b"hunter2")), "Block(7 bytes)");
    }
}
