//! Opening: what an earlier run left is checked, its torn tail set aside and named by an event, and the rest sealed.

use std::io;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::append::{Journal, Writer, spare};
use super::frame::Group;
use super::seal::{Log, Sealer};
use super::segment::Segment;
use super::{JournalError, Options};
use crate::disk::{Disk, write_atomically};
use crate::event::EventText;
use crate::folder::{Folder, Origin};
use crate::log::Hash;

/// The end of a segment that a crash cut off. It was never acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutTail {
    /// Where it is kept, in the audit folder.
    pub kept: PathBuf,
    /// The segment that it was cut off.
    pub segment: PathBuf,
    /// Where in the segment it began.
    pub offset: usize,
    /// How long it is.
    pub length: usize,
    /// SHA-256 of it, in hex: what the event that names it must have beside its path.
    pub digest: String,
}

impl Journal {
    /// Opens the journal of a log and becomes its only writer.
    ///
    /// `name_cut` makes the event that names a tail which a crash cut off; the event is durable before the segment
    /// with the tail goes away, so it is never missing. After another crash in between it may come twice.
    pub fn open(
        folder: &Folder,
        origin: &Origin,
        options: Options,
        log: Box<dyn Log>,
        mut name_cut: impl FnMut(&CutTail) -> Option<EventText>,
    ) -> Result<Self, JournalError> {
        let disk = folder.disk().clone();
        let journal = Folder::journal(origin);
        let lock = Folder::lock(origin);
        for needed in [&*journal, Folder::temporary(), Folder::rejected(), lock.parent().unwrap_or(&lock)] {
            disk.create_folder(needed).map_err(JournalError::disk(needed))?;
        }
        let lock = disk.lock(&lock).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => JournalError::Locked(origin.to_string()),
            _ => JournalError::Disk { path: lock, error },
        })?;
        let found = Found::all(&*disk, origin)?;
        let sealed = next_of_files(folder, origin)?;
        let next = found.last().map_or(sealed, |last| last.next);
        if next < sealed {
            let path = found.last().map_or(journal, |last| last.path.clone());
            return Err(JournalError::Tampered {
                path,
                offset: 0,
                what: "events are missing that files say were there",
            });
        }
        let cut = found.last().and_then(|last| last.cut.as_ref());
        let mut named = Group::default();
        if let Some(event) = cut.and_then(&mut name_cut) {
            named.push(&event.view().compact());
        }
        // Where there is no room for a whole segment there may be for an event.
        let spare = spare::fill(&*disk, origin, &options).unwrap_or_default();
        // Replaces a segment that has the same first index: that one has no whole event.
        let writer =
            Writer::begin(disk, origin.clone(), options, next, &named, spare).map_err(JournalError::disk(&journal))?;
        let mut sealer = Sealer { folder: folder.clone(), origin: origin.clone(), options, log, removed: None };
        for segment in found.iter().filter(|segment| segment.first < next) {
            sealer.seal_path(&segment.path)?;
        }
        Journal::start(writer, sealer, lock)
    }
}

/// What is remembered of a segment of an earlier run.
struct Found {
    path: PathBuf,
    first: u64,
    next: u64,
    cut: Option<CutTail>,
}

impl Found {
    /// Checks that the segments are what runs and crashes leave, and keeps the torn tail of the last one.
    fn all(disk: &dyn Disk, origin: &Origin) -> Result<Vec<Self>, JournalError> {
        let names = Segment::names(disk, origin)?;
        let mut found: Vec<Self> = Vec::with_capacity(names.len());
        for (place, first) in names.iter().enumerate() {
            let path = Segment::path(origin, *first);
            let bytes = disk.read(&path).map_err(JournalError::disk(&path))?;
            let segment = Segment::read(origin, *first, bytes);
            segment.check()?;
            if found.last().is_some_and(|before| before.next != *first) {
                let what = "it does not begin where the segment before it ends";
                return Err(JournalError::Tampered { path, offset: 0, what });
            }
            let cut = Self::keep(disk, origin, &segment, place + 1 == names.len())?;
            found.push(Self { path, first: *first, next: segment.next(), cut });
        }
        Ok(found)
    }

    /// Keeps what a crash cut off the last segment. An earlier one can have such a tail only if it was kept before.
    fn keep(
        disk: &dyn Disk,
        origin: &Origin,
        segment: &Segment,
        is_last: bool,
    ) -> Result<Option<CutTail>, JournalError> {
        let kept = |offset| Folder::rejected().join(format!("{origin}-{:012}-{offset}.torn", segment.first));
        let Some((offset, tail)) = segment.torn() else {
            // It was kept, and then the power went, and the tail with it: still nobody has named it.
            let (offset, kept) = (segment.end(), kept(segment.end()));
            let tail = disk.read(&kept).ok().filter(|_| is_last);
            return Ok(tail.map(|tail| Self::cut(kept, segment, offset, &tail)));
        };
        let kept = kept(offset);
        let before = disk.read(&kept).ok().filter(|before| segment.is_kept(before));
        let cut = Self::cut(kept.clone(), segment, offset, before.as_deref().unwrap_or(tail));
        match before {
            Some(_) => {}
            None if is_last => {
                let temporary = Folder::temporary().join(format!("{origin}.torn"));
                write_atomically(disk, &temporary, &kept, tail).map_err(JournalError::disk(&kept))?;
            }
            None => {
                let what = "cut off although a segment follows";
                return Err(JournalError::Tampered { path: segment.path.clone(), offset, what });
            }
        }
        Ok(Some(cut))
    }

    fn cut(kept: PathBuf, segment: &Segment, offset: usize, tail: &[u8]) -> CutTail {
        let digest = Hash(Sha256::digest(tail).into()).to_string();
        CutTail { kept, segment: segment.path.clone(), offset, length: tail.len(), digest }
    }
}

/// The index after the highest that a Parquet file of the log may have.
fn next_of_files(folder: &Folder, origin: &Origin) -> Result<u64, JournalError> {
    let files = folder.day_files().map_err(JournalError::disk("dt=*"))?;
    Ok(files.iter().filter(|file| file.origin == *origin).map(|file| file.range.last + 1).max().unwrap_or(0))
}
