//! The bytes of a segment: a header, then one frame for each group of events that was synced together.
//!
//! A frame is written only after the one before it is durable. So after a crash at most the last frame is not whole,
//! and a frame that is not whole with a whole one after it was changed by somebody.
//!
//! ```text
//! segment  "wardbook journal 1\n" origin "\n" first leaf index in decimal "\n" frame* 00*
//! frame    F7 57 42 4A | payload length u32 | first leaf index u64 | count u32 | check [16] | payload
//! payload  (length u32, event as JSON without whitespace)*
//! check    the first 16 bytes of SHA-256(segment header, frame before the check, payload)
//! ```
//!
//! Numbers are little endian. F7 is in no UTF-8 text, so a search for the next frame does not stop inside an event. Zeros
//! at the end are room for frames to come. A disk may write the blocks of a frame in any order, so there can be zeros
//! within one that a crash cut off, and at its start.

use sha2::{Digest, Sha256};

use crate::folder::Origin;

const MAGIC: [u8; 4] = [0xF7, b'W', b'B', b'J'];
const BEFORE_CHECK: usize = 20;
const BEFORE_PAYLOAD: usize = BEFORE_CHECK + 16;

/// The header of a segment.
pub(super) fn segment_header(origin: &Origin, first: u64) -> Vec<u8> {
    format!("wardbook journal 1\n{origin}\n{first}\n").into_bytes()
}

/// Events that are written together.
#[derive(Debug, Default)]
pub(super) struct Group {
    payload: Vec<u8>,
    count: u32,
}

impl Group {
    pub(super) fn push(&mut self, text: &str) {
        self.payload.extend_from_slice(&(text.len() as u32).to_le_bytes());
        self.payload.extend_from_slice(text.as_bytes());
        self.count += 1;
    }

    pub(super) fn len(&self) -> usize {
        self.payload.len()
    }

    pub(super) fn count(&self) -> u64 {
        u64::from(self.count)
    }

    pub(super) fn clear(&mut self) {
        self.payload.clear();
        self.count = 0;
    }

    /// Writes the frame.
    pub(super) fn write(&self, header: &[u8], first: u64, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&(self.payload.len() as u32).to_le_bytes());
        out.extend_from_slice(&first.to_le_bytes());
        out.extend_from_slice(&self.count.to_le_bytes());
        let check = check(header, out.get(start..).unwrap_or_default(), &self.payload);
        out.extend_from_slice(&check);
        out.extend_from_slice(&self.payload);
    }
}

fn check(header: &[u8], before: &[u8], payload: &[u8]) -> [u8; 16] {
    let digest: [u8; 32] =
        Sha256::new().chain_update(header).chain_update(before).chain_update(payload).finalize().into();
    let mut check = [0; 16];
    check.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    check
}

/// A frame that is whole.
pub(super) struct Frame<'a> {
    pub(super) first: u64,
    pub(super) count: u64,
    pub(super) payload: &'a [u8],
    /// How long the whole frame is.
    pub(super) length: usize,
}

impl<'a> Frame<'a> {
    /// The frame at the start of `bytes`, if a whole one stands there.
    pub(super) fn read(header: &[u8], bytes: &'a [u8]) -> Option<Self> {
        let (before, rest) = bytes.split_at_checked(BEFORE_CHECK)?;
        let fields = before.strip_prefix(&MAGIC)?;
        let (length, fields) = fields.split_first_chunk::<4>()?;
        let (first, count) = fields.split_first_chunk::<8>()?;
        let (stored, rest) = rest.split_first_chunk::<16>()?;
        let payload = rest.get(..u32::from_le_bytes(*length) as usize)?;
        let whole = check(header, before, payload) == *stored;
        let count = u64::from(u32::from_le_bytes(*count.first_chunk()?));
        let length = BEFORE_PAYLOAD + payload.len();
        whole.then_some(Self { first: u64::from_le_bytes(*first), count, payload, length })
    }

    /// Whether a whole frame begins anywhere in `bytes`.
    pub(super) fn is_anywhere(header: &[u8], bytes: &[u8]) -> bool {
        let starts = bytes.iter().enumerate().filter(|(_, byte)| **byte == MAGIC[0]);
        starts.into_iter().any(|(at, _)| bytes.get(at..).is_some_and(|rest| Frame::read(header, rest).is_some()))
    }

    /// The texts of the events, if the payload is made as it should be.
    pub(super) fn texts(&self) -> Option<Vec<&'a str>> {
        let mut texts = Vec::new();
        let mut rest = self.payload;
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let (text, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            texts.push(std::str::from_utf8(text).ok()?);
            rest = after;
        }
        (rest.is_empty() && texts.len() as u64 == self.count).then_some(texts)
    }
}
