//! The bytes of a segment: a header, then one frame for each group of events that was synced together.
//!
//! A frame says how many events before its own were not known to be durable when it was written. So after a crash only frames
//! that no later one vouches for can be not whole; any other was changed by somebody.
//!
//! ```text
//! segment  "wardbook journal 1\n" origin "\n" first leaf index in decimal "\n" frame* 00*
//! frame    F7 57 42 4A | payload length u32 | first leaf index u64 | count u32 | check [16] | payload
//!      or  F7 57 42 4B | payload length u32 | first leaf index u64 | count u32 | unsettled u32 | check [16] | payload
//! payload  (length u32, event as JSON without whitespace)*
//! check    the first 16 bytes of SHA-256(segment header, frame before the check, payload)
//! ```
//!
//! Numbers are little endian. The first form is for frames that were written when every event before theirs was durable. F7 is
//! in no UTF-8 text, so a search for the next frame does not stop inside an event. Zeros
//! at the end are room for frames to come. A disk may write the blocks of a frame in any order, so there can be zeros
//! within one that a crash cut off, and at its start.

use sha2::{Digest, Sha256};

use crate::folder::Origin;

const MAGIC: [u8; 4] = [0xF7, b'W', b'B', b'J'];
/// Of a frame that was written while some events before its own were not known to be durable.
const MAGIC_BESIDE: [u8; 4] = [0xF7, b'W', b'B', b'K'];

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

    /// Writes the frame: its first event, and how many before that are not known to be durable.
    pub(super) fn write(&self, header: &[u8], first: u64, unsettled: u64, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(if unsettled == 0 { &MAGIC } else { &MAGIC_BESIDE });
        out.extend_from_slice(&(self.payload.len() as u32).to_le_bytes());
        out.extend_from_slice(&first.to_le_bytes());
        out.extend_from_slice(&self.count.to_le_bytes());
        if unsettled > 0 {
            out.extend_from_slice(&u32::try_from(unsettled).unwrap_or(u32::MAX).to_le_bytes());
        }
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
    /// Every event below it was durable when the frame was written.
    pub(super) settled: u64,
    pub(super) payload: &'a [u8],
    /// How long the whole frame is.
    pub(super) length: usize,
}

impl<'a> Frame<'a> {
    /// The frame at the start of `bytes`, if a whole one stands there.
    pub(super) fn read(header: &[u8], bytes: &'a [u8]) -> Option<Self> {
        let (magic, rest) = bytes.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (first, rest) = rest.split_first_chunk::<8>()?;
        let (count, rest) = rest.split_first_chunk::<4>()?;
        let (unsettled, rest) = match *magic {
            MAGIC => ([0; 4], rest),
            MAGIC_BESIDE => rest.split_first_chunk::<4>().map(|(unsettled, rest)| (*unsettled, rest))?,
            _ => return None,
        };
        let before = bytes.get(..bytes.len() - rest.len())?;
        let (stored, rest) = rest.split_first_chunk::<16>()?;
        let payload = rest.get(..u32::from_le_bytes(*length) as usize)?;
        let first = u64::from_le_bytes(*first);
        let frame = Self {
            first,
            count: u64::from(u32::from_le_bytes(*count)),
            settled: first.saturating_sub(u64::from(u32::from_le_bytes(unsettled))),
            payload,
            length: before.len() + stored.len() + payload.len(),
        };
        (check(header, before, payload) == *stored).then_some(frame)
    }

    /// Whether a whole frame anywhere in `bytes` says that the event of that index was durable.
    pub(super) fn vouches_anywhere(header: &[u8], bytes: &[u8], index: u64) -> bool {
        let starts = bytes.iter().enumerate().filter(|(_, byte)| **byte == MAGIC[0]);
        let mut frames = starts.filter_map(|(at, _)| Frame::read(header, bytes.get(at..)?));
        frames.any(|frame| frame.settled > index)
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
