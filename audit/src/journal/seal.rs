//! Sealing: a closed segment becomes one Parquet file for each day, and only then goes away.
//!
//! Killed anywhere in between, it is done again: same events, same names, same bytes. A file that is there already, or
//! that was compacted into a wider one meanwhile, is not written again.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::segment::Segment;
use super::{JournalError, Options};
use crate::disk::{Disk, write_atomically};
use crate::event::{Event, EventError, Leaf, LeafHasher};
use crate::folder::{DayFile, Folder, LeafRange, Origin};
use crate::json::Tree;
use crate::parquet::{EventWriter, FileError, Footer};

/// What keeps the Merkle log beside the files. `()` keeps none.
pub trait Log: Send {
    /// What [`Log::extend`] with the same leaves will return; nothing is taken yet.
    fn plan(&self, first: u64, leaves: &[Leaf]) -> io::Result<Vec<(String, String)>>;

    /// Takes the leaves of events that are durable, in order from index `first`. After a crash the same may come again.
    /// Returns what goes into the footers of their files.
    fn extend(&mut self, first: u64, leaves: &[Leaf]) -> io::Result<Vec<(String, String)>>;

    /// Takes the digest of a file that has its name now.
    fn sealed(&mut self, file: &DayFile, digest: [u8; 32]) -> io::Result<()>;

    /// The journal stopped cleanly: everything is sealed, and until the log is opened again nothing will be written.
    fn closed(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log for () {
    fn plan(&self, _: u64, _: &[Leaf]) -> io::Result<Vec<(String, String)>> {
        Ok(Vec::new())
    }

    fn extend(&mut self, _: u64, _: &[Leaf]) -> io::Result<Vec<(String, String)>> {
        Ok(Vec::new())
    }

    fn sealed(&mut self, _: &DayFile, _: [u8; 32]) -> io::Result<()> {
        Ok(())
    }
}

pub(super) struct Sealer {
    pub(super) folder: Folder,
    pub(super) origin: Origin,
    pub(super) options: Options,
    pub(super) log: Box<dyn Log>,
    /// A segment that was sealed and removed, and whose removal is not durable yet.
    pub(super) removed: Option<PathBuf>,
}

impl Sealer {
    pub(super) fn log(&mut self) -> &mut dyn Log {
        &mut *self.log
    }

    fn disk(&self) -> Arc<dyn Disk> {
        self.folder.disk().clone()
    }

    pub(super) fn seal_path(&mut self, path: &Path) -> Result<(), JournalError> {
        if self.removed.as_deref() == Some(path) {
            return self.forget();
        }
        let name = path.file_stem().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
        let bytes = self.disk().read(path).map_err(JournalError::disk(path))?;
        let segment = Segment::read(&self.origin, name.unwrap_or_default(), bytes);
        self.seal(&segment)
    }

    /// Seals the whole frames of a segment and removes it.
    pub(super) fn seal(&mut self, segment: &Segment) -> Result<(), JournalError> {
        segment.check()?;
        if let Some(range) = segment.range() {
            self.write_days(segment, range)?;
        }
        let disk = self.disk();
        disk.remove(&segment.path).map_err(JournalError::disk(&segment.path))?;
        self.removed = Some(segment.path.clone());
        self.forget()
    }

    /// Makes the removal of a segment durable.
    fn forget(&mut self) -> Result<(), JournalError> {
        let folder = Folder::journal(&self.origin);
        self.disk().sync_folder(&folder).map_err(JournalError::disk(folder))?;
        self.removed = None;
        Ok(())
    }

    /// One pass: an event is hashed and becomes a row of its day's file while it is at hand, so that no event is in memory
    /// twice.
    fn write_days(&mut self, segment: &Segment, range: LeafRange) -> Result<(), JournalError> {
        let damaged = |index: u64, error| FileError::Damaged(format!("event {index} in the journal: {error}"));
        let mut days: BTreeMap<String, Option<EventWriter<Vec<u8>>>> = BTreeMap::new();
        let (mut leaves, mut hasher, mut tree) = (Vec::new(), LeafHasher::default(), Tree::default());
        for (index, text) in segment.events() {
            let read = tree.read(text).map_err(EventError::from).and_then(Event::of);
            let event = read.map_err(|error| damaged(index, error))?;
            leaves.push(hasher.leaf(&event));
            let date = event.time().date();
            if !days.contains_key(&date) {
                let begun = self.begin(&date, range)?;
                days.insert(date.clone(), begun);
            }
            if let Some(Some(writer)) = days.get_mut(&date) {
                writer.append(&event, index)?;
            }
        }
        let more = self.log.extend(range.first, &leaves).map_err(JournalError::disk(&segment.path))?;
        for (date, writer) in days {
            let Some(writer) = writer else { continue };
            let footer = Footer { origin: self.origin.clone(), range, sources: Vec::new(), more: more.clone() };
            let file = DayFile { date, origin: self.origin.clone(), range, length: 0 };
            self.write(&file, &writer.finish(&footer)?)?;
        }
        Ok(())
    }

    /// A writer for a day's file, unless the file is there already.
    fn begin(&self, date: &str, range: LeafRange) -> Result<Option<EventWriter<Vec<u8>>>, JournalError> {
        let file = DayFile { date: date.to_owned(), origin: self.origin.clone(), range, length: 0 };
        if !self.is_there(&file)? {
            return Ok(Some(EventWriter::new(Vec::new(), self.options.settings)));
        }
        // Whoever renamed it may have been stopped before its name was durable.
        let day = Folder::day(date);
        self.disk().sync_folder(&day).map_err(JournalError::disk(day))?;
        Ok(None)
    }

    fn is_there(&self, file: &DayFile) -> Result<bool, JournalError> {
        let path = Folder::day(&file.date);
        let files = self.folder.files_of_day(&file.date).map_err(JournalError::disk(path))?;
        Ok(files.iter().any(|there| there.holds(file)))
    }

    fn write(&mut self, file: &DayFile, bytes: &[u8]) -> Result<(), JournalError> {
        let (disk, path) = (self.disk(), file.path());
        disk.create_folder(&Folder::day(&file.date)).map_err(JournalError::disk(&path))?;
        let temporary = Folder::temporary().join(format!("{}.parquet", self.origin));
        write_atomically(&*disk, &temporary, &path, bytes).map_err(JournalError::disk(&path))?;
        let file = DayFile { length: bytes.len() as u64, ..file.clone() };
        self.log.sealed(&file, Sha256::digest(bytes).into()).map_err(JournalError::disk(&path))
    }
}
