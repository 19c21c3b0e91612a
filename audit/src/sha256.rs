//! SHA-256 of many messages, blocks of two of them in turn.
//!
//! Each step of SHA-256 waits for the one before it. With two messages at hand the processor goes on with one while it
//! waits for the other.

use std::slice::from_ref;

use sha2::block_api::compress256;

const BLOCK_BYTES: usize = 64;

type Block = [u8; BLOCK_BYTES];

/// What a message begins with (FIPS 180-4, section 5.3.3).
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// Messages whose digests are wanted.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    /// One after the other, each padded to whole blocks.
    bytes: Vec<u8>,
    /// Before which block each ends.
    ends: Vec<usize>,
    digests: Vec<[u8; 32]>,
}

impl Messages {
    /// Adds a message. What is written before `write` returns belongs to it.
    pub(crate) fn add(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        write(&mut self.bytes);
        pad(&mut self.bytes, start, 0);
        self.ends.push(self.bytes.len() / BLOCK_BYTES);
    }

    /// Forgets the messages.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// How many bytes of messages there are.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Hands over the digests of the messages in their order; none are left. A long message is hashed along with them,
    /// as far as they go.
    pub(crate) fn digests(&mut self, along: &mut Long<'_>, take: impl FnMut([u8; 32])) {
        let blocks = self.bytes.as_chunks().0;
        let mut all = Flow::new(blocks, 0, &self.ends, &mut self.digests);
        while all.is_at_work() && along.turn() {
            all.turn();
        }
        // The rest in two halves that have about as many blocks.
        let (at, state) = (all.at, all.state);
        let done = self.digests.len();
        let ends = self.ends.get(done..).unwrap_or_default();
        let middle = at + blocks.len().saturating_sub(at) / 2;
        let (first, second) = ends.split_at(ends.partition_point(|end| *end <= middle).max(ends.len().min(1)));
        let mut more = Vec::new();
        let mut second = Flow::new(blocks, first.last().copied().unwrap_or(at), second, &mut more);
        let mut first = Flow { state, ..Flow::new(blocks, at, first, &mut self.digests) };
        while first.is_at_work() && second.is_at_work() {
            first.turn();
            second.turn();
        }
        first.finish();
        second.finish();
        self.digests.append(&mut more);
        self.clear();
        self.digests.drain(..).for_each(take);
    }
}

/// Messages one after another, and the digests of those that are done.
struct Flow<'a> {
    blocks: &'a [Block],
    at: usize,
    ends: std::slice::Iter<'a, usize>,
    /// Where the message at hand ends, if there is one.
    end: Option<usize>,
    state: [u32; 8],
    digests: &'a mut Vec<[u8; 32]>,
}

impl<'a> Flow<'a> {
    fn new(blocks: &'a [Block], at: usize, ends: &'a [usize], digests: &'a mut Vec<[u8; 32]>) -> Self {
        let mut ends = ends.iter();
        let end = ends.next().copied();
        Self { blocks, at, ends, end, state: INITIAL, digests }
    }

    fn is_at_work(&self) -> bool {
        self.end.is_some()
    }

    /// One block.
    #[inline]
    fn turn(&mut self) {
        if let Some(block) = self.blocks.get(self.at) {
            compress256(&mut self.state, from_ref(block));
        }
        self.at += 1;
        self.end_message();
    }

    #[inline]
    fn end_message(&mut self) {
        if self.end.is_some_and(|end| self.at >= end) {
            self.digests.push(digest(&self.state));
            self.state = INITIAL;
            self.end = self.ends.next().copied();
        }
    }

    /// All blocks that are left.
    fn finish(&mut self) {
        while let Some(end) = self.end {
            compress256(&mut self.state, self.blocks.get(self.at..end).unwrap_or_default());
            self.at = end;
            self.end_message();
        }
    }
}

/// A message that is at hand as a whole, hashed part by part.
#[derive(Debug)]
pub(crate) struct Long<'a> {
    rest: &'a [Block],
    tail: &'a [u8],
    length: usize,
    state: [u32; 8],
}

impl<'a> Long<'a> {
    pub(crate) fn new(message: &'a [u8]) -> Self {
        let (rest, tail) = message.as_chunks();
        Self { rest, tail, length: message.len(), state: INITIAL }
    }

    /// One block; false if none is left.
    #[inline]
    fn turn(&mut self) -> bool {
        let Some((block, rest)) = self.rest.split_first() else { return false };
        compress256(&mut self.state, from_ref(block));
        self.rest = rest;
        true
    }

    /// The digest of the whole message.
    pub(crate) fn finish(mut self) -> [u8; 32] {
        compress256(&mut self.state, self.rest);
        let mut last = self.tail.to_vec();
        pad(&mut last, 0, self.length - self.tail.len());
        compress256(&mut self.state, last.as_chunks().0);
        digest(&self.state)
    }
}

/// Pads what begins at `start`, and had so many bytes before that, to whole blocks.
fn pad(bytes: &mut Vec<u8>, start: usize, before: usize) {
    let length = bytes.len() - start;
    let bits = 8 * (before + length) as u64;
    bytes.push(0x80);
    // The length has eight bytes, at the end of a block.
    bytes.resize(start + (length + 1 + 8).next_multiple_of(BLOCK_BYTES) - 8, 0);
    bytes.extend_from_slice(&bits.to_be_bytes());
}

fn digest(state: &[u32; 8]) -> [u8; 32] {
    let mut digest = [0; 32];
    for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    digest
}

/// The digest of a byte and two digests after it.
pub(crate) fn of_pair(first: u8, left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    let mut state = INITIAL;
    compress256(&mut state, &pair(first, left, right));
    digest(&state)
}

/// The same for two pairs.
pub(crate) fn of_two_pairs(first: u8, pairs: [[&[u8; 32]; 2]; 2]) -> [[u8; 32]; 2] {
    let [[a, b], [c, d]] = pairs.map(|[left, right]| pair(first, left, right));
    let mut states = [INITIAL; 2];
    let [one, two] = &mut states;
    compress256(one, from_ref(&a));
    compress256(two, from_ref(&c));
    compress256(one, from_ref(&b));
    compress256(two, from_ref(&d));
    states.map(|state| digest(&state))
}

/// 65 bytes and their padding.
fn pair(first: u8, left: &[u8; 32], right: &[u8; 32]) -> [Block; 2] {
    const BITS: u64 = 8 * 65;
    let (mut one, mut two) = ([0; BLOCK_BYTES], [0; BLOCK_BYTES]);
    // The first 64 bytes are all but the last one of the second digest.
    let [begin @ .., last] = right;
    if let Some((place, rest)) = one.split_first_mut()
        && let Some((lefts, rights)) = rest.split_first_chunk_mut()
        && let (Some(rights), Some((after, rest))) = (rights.first_chunk_mut(), two.split_first_chunk_mut())
        && let Some(length) = rest.last_chunk_mut()
    {
        (*place, *lefts, *rights, *after) = (first, *left, *begin, [*last, 0x80]);
        *length = BITS.to_be_bytes();
    }
    [one, two]
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    fn plain(message: &[u8]) -> [u8; 32] {
        Sha256::digest(message).into()
    }

    fn message(length: usize) -> Vec<u8> {
        (0..length).map(|place| (place * 7 + length) as u8).collect()
    }

    #[test]
    fn digests_are_those_of_the_library_whatever_the_lengths() {
        let mut messages = Messages::default();
        for long in [0, 1, 63, 64, 65, 1_000, 10_000, 1_000_000] {
            let long = message(long);
            let mut along = Long::new(&long);
            for lengths in [&[][..], &[0], &[5_000], &[0, 1, 55, 56, 63, 64, 65, 119, 120, 128], &[9_000, 1, 1, 1]] {
                lengths.iter().for_each(|length| messages.add(|out| out.extend(message(*length))));
                let mut found = Vec::new();
                messages.digests(&mut along, |digest| found.push(digest));
                let wanted: Vec<_> = lengths.iter().map(|length| plain(&message(*length))).collect();
                assert_eq!(found, wanted, "{lengths:?} along {} bytes", long.len());
                assert_eq!(messages.bytes(), 0);
            }
            assert_eq!(along.finish(), plain(&long), "{} bytes", long.len());
        }
        for length in 0..300 {
            messages.add(|out| out.extend(message(length)));
        }
        let mut found = Vec::new();
        messages.digests(&mut Long::new(&[]), |digest| found.push(digest));
        assert!((0..300).map(|length| plain(&message(length))).eq(found));
    }

    #[test]
    fn pairs_have_the_digests_of_their_bytes() {
        let hash = |byte: u8| [byte; 32];
        let wanted = |left: u8, right: u8| plain(&[&[1][..], &hash(left), &hash(right)].concat());
        assert_eq!(of_pair(1, &hash(2), &hash(3)), wanted(2, 3));
        let both = of_two_pairs(1, [[&hash(4), &hash(5)], [&hash(6), &hash(7)]]);
        assert_eq!(both, [wanted(4, 5), wanted(6, 7)]);
    }
}
