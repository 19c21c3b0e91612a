//! The hash that stands for an event in a log: SHA-256 over a zero byte and the canonical form.

use std::fmt;

use super::Event;
use crate::sha256::{Long, Messages};

/// The leaf hash of an event ([RFC 6962](https://www.rfc-editor.org/rfc/rfc6962) section 2.1). Prints as hex.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Leaf(pub [u8; 32]);

/// Computes leaves one after another without giving back its memory in between.
#[derive(Debug, Default)]
pub struct LeafHasher {
    canonical: Messages,
}

impl LeafHasher {
    /// The leaf of an event.
    pub fn leaf(&mut self, event: &Event<'_>) -> Leaf {
        let mut found = Leaf([0; 32]);
        self.add(event);
        self.leaves(&mut Long::new(&[]), |leaf| found = leaf);
        found
    }

    /// Adds an event whose leaf is wanted later: many at a time are faster.
    pub(crate) fn add(&mut self, event: &Event<'_>) {
        self.canonical.add(|out| {
            out.push(0);
            event.record().write_canonical(out);
        });
    }

    /// Forgets the events that were added.
    pub(crate) fn clear(&mut self) {
        self.canonical.clear();
    }

    /// How many bytes of events wait for their leaves.
    pub(crate) fn waiting(&self) -> usize {
        self.canonical.bytes()
    }

    /// Hands over the leaves of the events that were added, in their order. A long message is hashed along with them.
    pub(crate) fn leaves(&mut self, along: &mut Long<'_>, mut take: impl FnMut(Leaf)) {
        self.canonical.digests(along, |digest| take(Leaf(digest)));
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
