//! A small fixed hash (FNV-1a) that files statements and looks up context keys.
//!
//! Equal hashes only make a candidate; what decides is always the comparison of the texts, so a
//! collision costs time and never changes an answer.

/// What kind of text is hashed, so that equal texts of different kinds differ.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Domain {
    Key = 1,
    Action = 2,
    Service = 3,
    Resource = 4,
    Account = 5,
    Principal = 6,
    RoleName = 7,
}

pub(crate) fn digest(domain: Domain, text: &str) -> u64 {
    pair(domain, text, "")
}

/// The hash of two texts that only together name something.
pub(crate) fn pair(domain: Domain, first: &str, second: &str) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01B3;
    let mut hash: u64 = 0xCBF2_9CE4_8422_2325 ^ (domain as u64);
    for byte in first.bytes().chain([0]).chain(second.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(PRIME);
    }
    hash
}

/// A quick hasher for tables of our own names, and for sets of states and classes, whose number is limited.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Quick(u64);

impl core::hash::Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            let word = word.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
            self.write_u64(word);
        }
        let rest = words.remainder();
        if !rest.is_empty() {
            self.write_u64(rest.iter().fold(rest.len() as u64, |sum, byte| sum << 8 | u64::from(*byte)));
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(u64::from(byte));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517C_C1B7_2722_0A95);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}
