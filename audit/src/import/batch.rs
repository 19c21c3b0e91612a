//! Events that become visible together: a Parquet file for each day, and one step that decides whether they are there.
//!
//! The files are written and synced below `tmp/import/`. Then `tmp/import/commit` names them: that is the step. After
//! it the log takes the leaves, the files get their names, and the commit goes away. Killed before it, nothing
//! happened; killed after it, [`recover`] does the rest from the files.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use sha2::{Digest, Sha256};

use super::{ImportError, scratch};
use crate::disk::{Appender, Disk, write_atomically};
use crate::event::{EventText, Leaf};
use crate::folder::{DayFile, Folder, LeafRange, Origin};
use crate::journal::Log;
use crate::limits::{BATCH_BYTES_MAX, BATCH_DAYS_MAX, BATCH_EVENTS_MAX, IMPORT_BYTES_HELD_MAX, SMALL_FILE_BYTES_MAX};
use crate::log::Hash;
use crate::parquet::{EventFile, EventWriter, FileError, Filter, Footer, RowBuffer, RowPlace, Settings};

/// Events that are collected.
pub(super) struct Batch {
    folder: Folder,
    origin: Origin,
    settings: Settings,
    first: u64,
    leaves: Vec<Leaf>,
    /// By their number since the epoch.
    days: BTreeMap<i64, Day>,
    /// How many bytes of text there are.
    bytes: usize,
    /// Rows that may be in no row group yet, and how many bytes they have.
    held: Vec<(Weak<RowBuffer>, usize)>,
    held_bytes: usize,
}

struct Day {
    date: String,
    writer: EventWriter<Sink>,
    sources: BTreeSet<Hash>,
    /// The source that came last.
    last: Option<Hash>,
}

impl Batch {
    pub(super) fn new(folder: &Folder, origin: &Origin, settings: Settings, first: u64) -> Self {
        let (folder, origin) = (folder.clone(), origin.clone());
        let (leaves, days, held) = (Vec::new(), BTreeMap::new(), Vec::new());
        Self { folder, origin, settings, first, leaves, days, bytes: 0, held, held_bytes: 0 }
    }

    /// Adds an event. The batch is to be committed when this returns true.
    pub(super) fn append(
        &mut self,
        rows: &Arc<RowBuffer>,
        place: RowPlace,
        leaf: Leaf,
        source: Hash,
    ) -> Result<bool, ImportError> {
        let index = self.first + self.leaves.len() as u64;
        let number = place.time.day();
        if !self.days.contains_key(&number) {
            let date = place.time.date();
            let writer = EventWriter::new(Sink::new(self.folder.disk().clone(), prepared(&date)), self.settings);
            self.days.insert(number, Day { date, writer, sources: BTreeSet::new(), last: None });
        }
        if let Some(day) = self.days.get_mut(&number) {
            day.writer.append_row(rows, place, index)?;
            if day.last.replace(source) != Some(source) {
                day.sources.insert(source);
            }
        }
        self.bytes += place.bytes;
        self.leaves.push(leaf);
        self.hold(rows)?;
        Ok(self.leaves.len() >= BATCH_EVENTS_MAX || self.bytes >= BATCH_BYTES_MAX || self.days.len() >= BATCH_DAYS_MAX)
    }

    /// Counts the rows that wait, and writes row groups of the largest days if it is too much. A buffer of several
    /// days lives until the last of them is written.
    fn hold(&mut self, rows: &Arc<RowBuffer>) -> Result<(), ImportError> {
        let is_counted = self.held.last().is_some_and(|(last, _)| std::ptr::eq(last.as_ptr(), Arc::as_ptr(rows)));
        if !is_counted {
            self.held.push((Arc::downgrade(rows), rows.used()));
            self.held_bytes += rows.used();
        }
        while self.held_bytes > IMPORT_BYTES_HELD_MAX {
            let largest = self.days.values_mut().max_by_key(|day| day.writer.waiting_bytes());
            let Some(day) = largest.filter(|day| day.writer.waiting_bytes() > 0) else { break };
            day.writer.flush()?;
            self.held.retain(|(buffer, _)| buffer.strong_count() > 0);
            self.held_bytes = self.held.iter().map(|(_, bytes)| bytes).sum();
        }
        Ok(())
    }

    /// Makes the events durable and visible, and returns the index of the next one.
    pub(super) fn commit(mut self, log: &mut dyn Log) -> Result<u64, ImportError> {
        let count = self.leaves.len() as u64;
        if count == 0 {
            return Ok(self.first);
        }
        let range = LeafRange { first: self.first, last: self.first + count - 1 };
        let more = log.plan(range.first, &self.leaves).map_err(ImportError::disk("log"))?;
        let disk = self.folder.disk().clone();
        let mut files = Vec::new();
        // High compression is for imports that are small as a whole; of a large one every day may be small.
        if self.bytes > SMALL_FILE_BYTES_MAX {
            self.settings.small_zstd_level = self.settings.zstd_level;
        }
        for mut day in std::mem::take(&mut self.days).into_values() {
            let (date, sources) = (day.date, day.sources);
            let sources = sources.iter().map(Hash::to_string).collect();
            let footer = Footer { origin: self.origin.clone(), range, sources, more: more.clone() };
            day.writer.compress(self.settings);
            let (digest, length) = day.writer.finish(&footer)?.finish().map_err(ImportError::disk(prepared(&date)))?;
            files.push((DayFile { date, origin: self.origin.clone(), range, length }, digest));
        }
        disk.sync_folder(&scratch()).map_err(ImportError::disk(scratch()))?;
        let commit = Commit { range, files };
        let (temporary, path) = (scratch().join("commit.new"), scratch().join(COMMIT));
        write_atomically(&*disk, &temporary, &path, commit.text().as_bytes()).map_err(ImportError::disk(&path))?;
        commit.finish(&self.folder, &self.leaves, log)?;
        Ok(range.last + 1)
    }
}

const COMMIT: &str = "commit";

/// Where the file of a day is until it gets its name.
fn prepared(date: &str) -> PathBuf {
    scratch().join(format!("{date}.parquet"))
}

/// Finishes what an earlier run committed. The caller holds the lock.
pub(super) fn recover(folder: &Folder, origin: &Origin, log: &mut dyn Log) -> Result<(), ImportError> {
    let (disk, path) = (folder.disk(), scratch().join(COMMIT));
    match disk.read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(ImportError::disk(path)(error)),
        Ok(text) => {
            let commit = std::str::from_utf8(&text).ok().and_then(|text| Commit::read(origin, text));
            let commit = commit.ok_or_else(|| ImportError::Damaged(path, "not a commit".to_owned()))?;
            let leaves = commit.leaves(folder)?;
            commit.finish(folder, &leaves, log)?;
        }
    }
    clean(&**disk)
}

/// The files of a commit that have no name yet. A commit that cannot be read names none.
pub(super) fn undone(folder: &Folder, origin: &Origin) -> io::Result<Vec<(DayFile, PathBuf)>> {
    let text = match folder.disk().read(&scratch().join(COMMIT)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        text => text?,
    };
    let commit = std::str::from_utf8(&text).ok().and_then(|text| Commit::read(origin, text));
    let files = commit.map(|commit| commit.files).unwrap_or_default();
    let places = files.into_iter().map(|(file, _)| (prepared(&file.date), file));
    Ok(places.filter(|(place, _)| folder.disk().open(place).is_ok()).map(|(place, file)| (file, place)).collect())
}

/// Removes what is only of use within a run.
pub(super) fn clean(disk: &dyn Disk) -> Result<(), ImportError> {
    for entry in disk.list(&scratch()).map_err(ImportError::disk(scratch()))? {
        let path = scratch().join(entry.name);
        disk.remove(&path).map_err(ImportError::disk(path))?;
    }
    Ok(())
}

/// The files of a batch.
struct Commit {
    range: LeafRange,
    files: Vec<(DayFile, Hash)>,
}

impl Commit {
    fn text(&self) -> String {
        let mut text = format!("{} {}\n", self.range.first, self.range.last);
        for (file, digest) in &self.files {
            text.push_str(&format!("{} {} {digest}\n", file.date, file.length));
        }
        text
    }

    fn read(origin: &Origin, text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let (first, last) = lines.next()?.split_once(' ')?;
        let range = LeafRange { first: first.parse().ok()?, last: last.parse().ok()? };
        let files = lines.map(|line| {
            let mut words = line.split(' ');
            let (date, length, digest) = (words.next()?, words.next()?.parse().ok()?, hash(words.next()?)?);
            Some((DayFile { date: date.to_owned(), origin: origin.clone(), range, length }, digest))
        });
        Some(Self { range, files: files.collect::<Option<_>>()? })
    }

    /// The leaves of the events in the files, wherever those are.
    fn leaves(&self, folder: &Folder) -> Result<Vec<Leaf>, ImportError> {
        let disk = folder.disk();
        let mut leaves: BTreeMap<u64, Leaf> = BTreeMap::new();
        for (file, _) in &self.files {
            let path = match disk.open(&prepared(&file.date)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => file.path(),
                _ => prepared(&file.date),
            };
            let opened = EventFile::open(disk.open(&path).map_err(ImportError::disk(&path))?);
            let opened = opened.map_err(ImportError::file(&path))?;
            let taken = opened.events(&Filter::default(), |index, text| {
                let event = EventText::read(text.to_owned()).map_err(|error| FileError::Damaged(error.to_string()))?;
                leaves.insert(index, event.view().leaf());
                Ok::<(), FileError>(())
            });
            taken.map_err(ImportError::file(&path))?;
        }
        let whole = leaves.keys().copied().eq(self.range.first..=self.range.last);
        let damaged = || ImportError::Damaged(scratch().join(COMMIT), "events of it are missing".to_owned());
        whole.then(|| leaves.into_values().collect()).ok_or_else(damaged)
    }

    /// Does what is left to do after the deciding step. What was done already is done again.
    fn finish(&self, folder: &Folder, leaves: &[Leaf], log: &mut dyn Log) -> Result<(), ImportError> {
        let disk = folder.disk();
        log.extend(self.range.first, leaves).map_err(ImportError::disk("log"))?;
        for (file, digest) in &self.files {
            let (from, to, day) = (prepared(&file.date), file.path(), Folder::day(&file.date));
            disk.create_folder(&day).map_err(ImportError::disk(&day))?;
            match disk.rename(&from, &to) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(ImportError::disk(from)(error)),
                // An earlier run did it.
                Err(_) if disk.open(&to).is_err() => {
                    return Err(ImportError::Damaged(to, "missing although it was committed".to_owned()));
                }
                _ => {}
            }
            disk.sync_folder(&day).map_err(ImportError::disk(&day))?;
            log.sealed(file, digest.0).map_err(ImportError::disk(to))?;
        }
        disk.remove(&scratch().join(COMMIT)).map_err(ImportError::disk(scratch()))?;
        disk.sync_folder(&scratch()).map_err(ImportError::disk(scratch()))
    }
}

fn hash(text: &str) -> Option<Hash> {
    let digits = text.as_bytes().as_chunks::<2>().0;
    let byte = |pair: &[u8; 2]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let bytes: Vec<u8> = digits.iter().filter_map(byte).collect();
    Some(Hash(bytes.try_into().ok()?))
}

/// A file that is written, with its digest. It is made when there is something to write, as most days are small.
pub(crate) struct Sink {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    file: Option<Box<dyn Appender>>,
    buffer: Vec<u8>,
    digest: Sha256,
    length: u64,
}

/// How many bytes are written at a time.
const SINK_BYTES: usize = 256 << 10;

impl Sink {
    pub(crate) fn new(disk: Arc<dyn Disk>, path: impl AsRef<Path>) -> Self {
        let path = path.as_ref().to_owned();
        Self { disk, path, file: None, buffer: Vec::new(), digest: Sha256::new(), length: 0 }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn drain(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(self.disk.create(&self.path)?),
        };
        file.append(&self.buffer)?;
        self.digest.update(&self.buffer);
        self.length += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Makes it durable, and tells its digest and length.
    pub(crate) fn finish(mut self) -> io::Result<(Hash, u64)> {
        self.drain()?;
        if let Some(file) = &mut self.file {
            file.sync()?;
        }
        Ok((Hash(self.digest.finalize().into()), self.length))
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= SINK_BYTES {
            self.drain()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
