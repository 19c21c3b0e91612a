//! The hash that stands for an event in a log: SHA-256 over a zero byte and the canonical form.

use std::fmt;

use sha2::{Digest, Sha256};

use super::Event;

/// The leaf hash of an event ([RFC 6962](https://www.rfc-editor.org/rfc/rfc6962) section 2.1). Prints as hex.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Leaf(pub [u8; 32]);

/// Computes leaves one after another without giving back its memory in between.
#[derive(Debug, Default)]
pub struct LeafHasher {
    canonical: Vec<u8>,
}

impl LeafHasher {
    /// The leaf of an event.
    pub fn leaf(&mut self, event: &Event<'_>) -> Leaf {
        self.canonical.clear();
        self.canonical.push(0);
        event.record().write_canonical(&mut self.canonical);
        Leaf(Sha256::digest(&self.canonical).into())
    }
}

impl fmt::Display for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Leaf({self})")
    }
}
