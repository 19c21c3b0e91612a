//! Many small files of a day become few large ones; events, their places in the log and every answer stay the same.
//!
//! The new file has a name whose range holds those of the old ones, so that from its renaming on readers use it and no
//! longer the others, which are removed after the log has taken it. Killed in between, the next run checks that the
//! new file has everything before it removes the old ones.

use std::io;
use std::path::PathBuf;

use crate::disk::Lock;
use crate::event::{Event, EventText};
use crate::export::{ExportError, events_of};
use crate::folder::{DayFile, Folder, LeafRange, Origin};
use crate::import::{self, ImportError, Sink};
use crate::journal::Log;
use crate::limits::{COMPACTED_BYTES_MAX, COMPACTED_BYTES_MIN};
use crate::log::{Vouched, digest_of};
use crate::parquet::{EventFile, EventWriter, FileError, Filter, Footer, Settings};

/// What files are worth merging, and how they are written.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Files of this size are left alone, and merged ones are ended when they reach it.
    pub bytes_min: u64,
    /// No more than this is merged into one file.
    pub bytes_max: u64,
    /// How Parquet files are written.
    pub settings: Settings,
}

impl Default for Options {
    fn default() -> Self {
        Self { bytes_min: COMPACTED_BYTES_MIN, bytes_max: COMPACTED_BYTES_MAX, settings: Settings::default() }
    }
}

/// What a compaction did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compacted {
    /// How many files were merged.
    pub merged: u64,
    /// Into how many.
    pub written: u64,
    /// How many files there are afterwards.
    pub files: u64,
}

/// Why files were not merged. Everything is as readable as before.
#[derive(Debug, thiserror::Error)]
pub enum CompactError {
    /// Another process writes this log.
    #[error("another process writes the log `{0}`")]
    Locked(Origin),
    /// The disk failed.
    #[error("{}: {error}", path.display())]
    Disk {
        /// Where.
        path: PathBuf,
        /// How.
        error: io::Error,
    },
    /// A file cannot be read.
    #[error(transparent)]
    Read(#[from] ExportError),
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] FileError),
    /// A killed import could not be finished.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// Files overlap that do not hold the same events.
    #[error("{}: event {index} is not the one in {}", .holder.display(), .held.display())]
    Unlike {
        /// The wider one.
        holder: PathBuf,
        /// The one inside its range.
        held: PathBuf,
        /// The event.
        index: u64,
    },
}

impl CompactError {
    fn disk(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| CompactError::Disk { path, error }
    }
}

/// The only one who compacts the files of a log, until it is dropped. Nobody else writes that log meanwhile.
pub struct Compactor {
    folder: Folder,
    origin: Origin,
    _lock: Box<dyn Lock>,
}

impl Compactor {
    /// Takes the lock of a log.
    pub fn begin(folder: &Folder, origin: &Origin) -> Result<Self, CompactError> {
        let (disk, lock) = (folder.disk(), Folder::lock(origin));
        for needed in [Folder::temporary(), lock.parent().unwrap_or(&lock)] {
            disk.create_folder(needed).map_err(CompactError::disk(needed))?;
        }
        let held = disk.lock(&lock).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => CompactError::Locked(origin.clone()),
            _ => CompactError::Disk { path: lock, error },
        })?;
        Ok(Self { folder: folder.clone(), origin: origin.clone(), _lock: held })
    }

    /// Merges what is small. The log must be that of the origin, opened after [`Compactor::begin`].
    pub fn run(&self, log: &mut dyn Log, options: Options) -> Result<Compacted, CompactError> {
        if self.origin == import::origin() {
            import::recover(&self.folder, log)?;
        }
        let mut compacted = Compacted::default();
        for date in self.folder.days().map_err(CompactError::disk("dt=*"))? {
            self.finish_earlier(&date, log)?;
            let files = self.folder.files_of_day(&date).map_err(CompactError::disk(Folder::day(&date)))?;
            let files: Vec<DayFile> = files.into_iter().filter(|file| file.origin == self.origin).collect();
            compacted.files += files.len() as u64;
            for group in groups(files, options) {
                self.merge(&group, log, options)?;
                compacted.merged += group.len() as u64;
                compacted.written += 1;
                compacted.files -= group.len() as u64 - 1;
            }
        }
        Ok(compacted)
    }

    /// Removes files that an earlier run merged, once it is certain that it did.
    fn finish_earlier(&self, date: &str, log: &mut dyn Log) -> Result<(), CompactError> {
        let covered = self.folder.covered_of_day(date).map_err(CompactError::disk(Folder::day(date)))?;
        for (holder, held) in covered.into_iter().filter(|(_, held)| held.origin == self.origin) {
            self.check(&holder, &held)?;
            let path = holder.path();
            let file = self.folder.disk().open(&path).map_err(CompactError::disk(&path))?;
            let digest = digest_of(&*file).map_err(CompactError::disk(&path))?;
            // Whoever gave it its name may have been stopped before that was durable.
            self.folder.disk().sync_folder(&Folder::day(date)).map_err(CompactError::disk(Folder::day(date)))?;
            log.sealed(&holder, digest.0).map_err(CompactError::disk(&path))?;
            self.remove(&[held])?;
        }
        Ok(())
    }

    /// Refuses a file that does not have every event of another one.
    fn check(&self, holder: &DayFile, held: &DayFile) -> Result<(), CompactError> {
        let path = held.path();
        let disk = self.folder.disk();
        let missing = |index| CompactError::Unlike { holder: holder.path(), held: held.path(), index };
        let opened = EventFile::open(disk.open(&path).map_err(CompactError::disk(&path))?)?;
        let mut leaves = std::collections::BTreeMap::new();
        opened.events(&Filter::default(), |index, text| {
            leaves.insert(index, read(text, |event| event.leaf())?);
            Ok::<(), FileError>(())
        })?;
        let whole = EventFile::open(disk.open(&holder.path()).map_err(CompactError::disk(holder.path()))?)?;
        whole.events(&Filter::default(), |index, text| {
            if let Some(leaf) = leaves.remove(&index)
                && leaf != read(text, |event| event.leaf())?
            {
                return Err(missing(index));
            }
            Ok(())
        })?;
        leaves.keys().next().map_or(Ok(()), |index| Err(missing(*index)))
    }

    fn merge(&self, group: &[DayFile], log: &mut dyn Log, options: Options) -> Result<(), CompactError> {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { return Ok(()) };
        let range = LeafRange { first: first.range.first, last: last.range.last };
        let disk = self.folder.disk();
        let temporary = Folder::temporary().join(format!("{}.compact", self.origin));
        match disk.remove(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(CompactError::disk(temporary)(error)),
            _ => {}
        }
        let mut writer = EventWriter::new(Sink::new(disk.clone(), &temporary), options.settings);
        let (mut sources, mut more) = (Vec::new(), Vec::new());
        let vouched = Vouched::of(&self.folder).map_err(CompactError::disk("log"))?;
        for file in group {
            let path = file.path();
            let opened = EventFile::open(disk.open(&path).map_err(CompactError::disk(&path))?)?;
            sources.extend(opened.footer().sources.iter().cloned());
            // The root over most leaves is that of the last one.
            more.clone_from(&opened.footer().more);
            events_of(&self.folder, &vouched, file, |index, text| {
                read(text, |event| writer.append(event, index))??;
                Ok::<(), CompactError>(())
            })?;
        }
        sources.sort();
        sources.dedup();
        let footer = Footer { origin: self.origin.clone(), range, sources, more };
        let (digest, length) = writer.finish(&footer)?.finish().map_err(CompactError::disk(&temporary))?;
        let merged = DayFile { date: first.date.clone(), origin: self.origin.clone(), range, length };
        let (path, day) = (merged.path(), Folder::day(&merged.date));
        disk.rename(&temporary, &path).map_err(CompactError::disk(&path))?;
        disk.sync_folder(&day).map_err(CompactError::disk(&day))?;
        log.sealed(&merged, digest.0).map_err(CompactError::disk(&path))?;
        self.remove(group)
    }

    fn remove(&self, files: &[DayFile]) -> Result<(), CompactError> {
        let disk = self.folder.disk();
        for file in files {
            disk.remove(&file.path()).map_err(CompactError::disk(file.path()))?;
            disk.sync_folder(&Folder::day(&file.date)).map_err(CompactError::disk(file.path()))?;
        }
        Ok(())
    }
}

fn read<T>(text: &str, with: impl FnOnce(&Event<'_>) -> T) -> Result<T, FileError> {
    let event = EventText::read(text.to_owned()).map_err(|error| FileError::Damaged(error.to_string()))?;
    Ok(with(&event.view()))
}

/// Neighbours that are merged into one: at least two small ones, and not too much.
fn groups(files: Vec<DayFile>, options: Options) -> Vec<Vec<DayFile>> {
    let mut groups: Vec<Vec<DayFile>> = Vec::new();
    let (mut group, mut bytes): (Vec<DayFile>, u64) = (Vec::new(), 0);
    for file in files {
        let is_large = file.length >= options.bytes_min;
        if is_large || bytes >= options.bytes_min || bytes + file.length > options.bytes_max {
            groups.push(std::mem::take(&mut group));
            bytes = 0;
        }
        if !is_large {
            bytes += file.length;
            group.push(file);
        }
    }
    groups.push(group);
    groups.retain(|group| group.len() > 1);
    groups
}
