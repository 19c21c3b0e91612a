//! One file of the journal, as it is found.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

use super::JournalError;
use super::frame::{Frame, segment_header};
use crate::disk::{Disk, ReadAt};
use crate::folder::{Folder, LeafRange, Origin};

/// A segment and what of it can be read.
#[derive(Debug, Clone)]
pub struct Segment {
    /// Its path.
    pub path: PathBuf,
    /// The index of its first event, which is also its name.
    pub first: u64,
    /// Without the zeros at the end.
    bytes: Bytes,
    /// Where each event's text is.
    texts: Vec<std::ops::Range<usize>>,
    end: usize,
    state: State,
}

/// A segment that is open, and can be read although it may have been removed since.
pub(crate) struct OpenSegment {
    pub(crate) first: u64,
    pub(super) file: Arc<dyn ReadAt>,
}

impl OpenSegment {
    /// Reads it, at least as it was when it was opened.
    ///
    /// While it is read it may be written to, and the place of a frame be read before it is there, and the next one after:
    /// that looks changed. What was changed looks so again in the same place.
    pub(crate) fn read(&self, origin: &Origin) -> Result<Segment, JournalError> {
        let read = || {
            let path = Segment::path(origin, self.first);
            let bytes = self.file.read_at(0, self.file.length()).map_err(JournalError::disk(path))?;
            Ok::<_, JournalError>(Segment::read(origin, self.first, bytes))
        };
        let mut segment = read()?;
        while matches!(segment.state, State::Changed(_)) {
            let again = read()?;
            let moved = again.end > segment.end || !matches!(again.state, State::Changed(_));
            segment = again;
            if !moved {
                break;
            }
        }
        Ok(segment)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Whole,
    Torn,
    Changed(&'static str),
}

impl Segment {
    /// The first indexes of the segments of a log, in order.
    pub(super) fn names(disk: &dyn Disk, origin: &Origin) -> Result<Vec<u64>, JournalError> {
        let folder = Folder::journal(origin);
        let entries = disk.list(&folder).map_err(JournalError::disk(&folder))?;
        let first = |name: &str| name.strip_suffix(".journal")?.parse().ok();
        let ours = entries.iter().filter_map(|entry| Some((first(&entry.name)?, folder.join(&entry.name))));
        let mut names: Vec<u64> =
            ours.filter(|(first, path)| Self::path(origin, *first) == *path).map(|(first, _)| first).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// The segments of a log, in order. One that is removed meanwhile was sealed, and is left out.
    pub(crate) fn open_all(disk: &dyn Disk, origin: &Origin) -> Result<Vec<OpenSegment>, JournalError> {
        let mut segments = Vec::new();
        for first in Self::names(disk, origin)? {
            match disk.open(&Self::path(origin, first)) {
                Ok(file) => segments.push(OpenSegment { first, file }),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(JournalError::disk(Self::path(origin, first))(error)),
            }
        }
        Ok(segments)
    }

    /// The path of the segment that begins with an event.
    pub(crate) fn path(origin: &Origin, first: u64) -> PathBuf {
        Folder::journal(origin).join(format!("{first:012}.journal"))
    }

    pub(super) fn read(origin: &Origin, first: u64, bytes: Bytes) -> Self {
        let path = Self::path(origin, first);
        let header = segment_header(origin, first);
        let bytes = bytes.slice(..used(&bytes));
        let mut segment = Self { path, first, bytes: bytes.clone(), texts: Vec::new(), end: 0, state: State::Whole };
        if !bytes.starts_with(&header) {
            segment.state = State::Changed("not the header of this segment");
            return segment;
        }
        segment.end = header.len();
        while segment.end < bytes.len() {
            let rest = bytes.get(segment.end..).unwrap_or_default();
            let Some(frame) = Frame::read(&header, rest) else {
                let after = rest.get(1..).unwrap_or_default();
                segment.state = match Frame::vouches_anywhere(&header, after, segment.next()) {
                    true => State::Changed("a broken frame has one after it that was written when it was durable"),
                    false => State::Torn,
                };
                break;
            };
            let Some(texts) = frame.texts().filter(|_| frame.first == segment.next()) else {
                segment.state = State::Changed("a frame that does not belong here");
                break;
            };
            let mut at = segment.end + frame.length - frame.payload.len();
            for text in texts {
                segment.texts.push(at + 4..at + 4 + text.len());
                at += 4 + text.len();
            }
            segment.end += frame.length;
        }
        segment
    }

    /// The index after its last whole event.
    pub fn next(&self) -> u64 {
        self.first + self.texts.len() as u64
    }

    /// The indexes of its events, if it has any.
    pub fn range(&self) -> Option<LeafRange> {
        (!self.texts.is_empty()).then(|| LeafRange { first: self.first, last: self.next() - 1 })
    }

    /// Indexes and texts of its events.
    pub fn events(&self) -> impl Iterator<Item = (u64, &str)> {
        let text = |range: &std::ops::Range<usize>| {
            self.bytes.get(range.clone()).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
        };
        (self.first..).zip(self.texts.iter().map(text))
    }

    /// Where the last whole frame ends.
    pub(super) fn end(&self) -> usize {
        self.end
    }

    /// What stands after the last whole frame, if that can have been cut off by a crash.
    pub fn torn(&self) -> Option<(usize, &[u8])> {
        let tail = self.bytes.get(self.end..).unwrap_or_default();
        (self.state == State::Torn).then_some((self.end, tail))
    }

    /// Whether its torn tail is what was kept of it before. A power cut since then can have made it shorter, or holes.
    pub(crate) fn is_kept(&self, kept: &[u8]) -> bool {
        self.torn().is_some_and(|(_, tail)| {
            tail.len() <= kept.len() && tail.iter().zip(kept).all(|(now, then)| now == then || *now == 0)
        })
    }

    /// Refuses a segment that no crash can have left like this.
    pub fn check(&self) -> Result<(), JournalError> {
        match self.state {
            State::Changed(what) => Err(JournalError::Tampered { path: self.path.clone(), offset: self.end, what }),
            _ => Ok(()),
        }
    }
}

/// How many bytes there are without the zeros at the end.
fn used(bytes: &[u8]) -> usize {
    const BLOCK: usize = 4096;
    let is_zero = |block: &&[u8]| block.iter().fold(0, |any, byte| any | byte) == 0;
    let blocks: usize = bytes.rchunks(BLOCK).take_while(is_zero).map(<[u8]>::len).sum();
    let rest = bytes.get(..bytes.len() - blocks).unwrap_or_default();
    rest.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
}
