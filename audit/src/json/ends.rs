//! Where texts end: quotes, backslashes and control characters, found for 64 bytes of JSON at once.
//!
//! Most texts are shorter than that, so that one after the other is found without a loop.

const BLOCK_BYTES: usize = 64;

/// What ends the texts of one block. Belongs to one text of JSON.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ends {
    /// Where the block after it begins; 0 if there is none yet.
    next: usize,
    /// A bit for each byte, the first one lowest.
    found: u64,
}

impl Ends {
    /// The first byte from `at` that a text cannot pass over: a quote, a backslash, a control character, or the end.
    #[inline]
    pub(super) fn next(&mut self, bytes: &[u8], at: usize) -> usize {
        let mut start = at - at % BLOCK_BYTES;
        if start + BLOCK_BYTES != self.next {
            *self = Self::of(bytes, start);
        }
        let mut found = self.found >> (at % BLOCK_BYTES) << (at % BLOCK_BYTES);
        while found == 0 {
            start += BLOCK_BYTES;
            if start >= bytes.len() {
                return bytes.len();
            }
            *self = Self::of(bytes, start);
            found = self.found;
        }
        start + found.trailing_zeros() as usize
    }

    fn of(bytes: &[u8], start: usize) -> Self {
        let rest = bytes.get(start..).unwrap_or_default();
        let found = match rest.first_chunk() {
            Some(block) => ends(block),
            None => (0..).zip(rest).fold(0, |found, (place, byte)| found | u64::from(is_end(*byte)) << place),
        };
        // What lies behind the last byte ends every text.
        let behind = if rest.len() < BLOCK_BYTES { u64::MAX << rest.len() } else { 0 };
        Self { next: start + BLOCK_BYTES, found: found | behind }
    }
}

#[inline]
fn is_end(byte: u8) -> bool {
    // Without a branch, so that the compiler can do many at once.
    (byte == b'"') | (byte == b'\\') | (byte < 0x20)
}

/// A bit for each byte that is an end. Bytes are compared all at once; of the bits that say so, the lowest of eight
/// bytes each, one multiplication makes a byte.
#[inline]
fn ends(block: &[u8; BLOCK_BYTES]) -> u64 {
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let (mut bits, mut found) = ([0; BLOCK_BYTES], 0);
    for (bit, byte) in bits.iter_mut().zip(block) {
        *bit = u8::from(is_end(*byte));
    }
    for (place, eight) in bits.as_chunks().0.iter().enumerate() {
        found |= (u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56) << (8 * place);
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(bytes: &[u8], at: usize) -> usize {
        bytes.iter().skip(at).position(|byte| is_end(*byte)).map_or(bytes.len(), |place| at + place)
    }

    #[test]
    fn every_byte_is_told_apart_at_every_place() {
        for byte in 0..=u8::MAX {
            for place in 0..BLOCK_BYTES {
                let mut block = [b'a'; BLOCK_BYTES];
                block[place] = byte;
                let wanted = u64::from(is_end(byte)) << place;
                assert_eq!(ends(&block), wanted, "{byte} at {place}");
            }
        }
    }

    proptest! {
        #[test]
        fn ends_are_those_that_a_plain_search_finds(bytes in prop::collection::vec(any::<u8>(), 0..300), rare in any::<bool>()) {
            let bytes: Vec<u8> = bytes.iter().map(|byte| if rare && byte % 64 != 0 { byte | 0x60 } else { *byte }).collect();
            let mut ends = Ends::default();
            for at in (0..=bytes.len()).chain((0..=bytes.len()).rev()) {
                prop_assert_eq!(ends.next(&bytes, at), plain(&bytes, at), "at {}", at);
            }
        }
    }
}
