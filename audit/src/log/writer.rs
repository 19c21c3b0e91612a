//! The only writer of a log: leaves in, tiles and checkpoints out.
//!
//! A checkpoint is the one step that counts. Everything it refers to is durable before it takes the place of the one
//! before, and what it no longer needs is removed after; so a crash anywhere leaves the old log or the new one, and
//! perhaps files beside it that belong to neither, which the next opening removes.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::checkpoint::{self, Checkpoint};
use super::files::{Bound, BoundFiles, digest, digest_of};
use super::key::SigningKey;
use super::tile::{self, TileName, Tiles};
use super::tree::{self, Frontier, Hash};
use super::walk::files_below;
use super::{CHECKPOINT, KEY, LogError, root_pairs};
use crate::disk::{Appender, Disk, write_atomically};
use crate::event::{EventText, Leaf};
use crate::folder::{DayFile, Folder, Origin};
use crate::journal;
use crate::limits::TILES_OPEN_MAX;
use crate::parquet::{EventFile, FileError, Filter};

/// A log that is open for writing. Its holder must be the only one, by the lock of the origin.
#[derive(Debug)]
pub struct LogWriter {
    folder: Folder,
    origin: Origin,
    path: PathBuf,
    key: Arc<SigningKey>,
    frontier: Frontier,
    bound: BoundFiles,
    closed: bool,
    /// The last checkpoint, and the lists that it refers to.
    last: Checkpoint,
    lists: BTreeSet<Hash>,
    unsynced: Unsynced,
    failed: bool,
}

impl LogWriter {
    /// Opens the log of an origin, or begins it. What a crash left beside the last checkpoint is removed; what does not
    /// agree with it is refused.
    pub fn open(folder: &Folder, origin: &Origin, key: SigningKey) -> Result<Self, LogError> {
        Self::open_with(folder, origin, Arc::new(key))
    }

    fn open_with(folder: &Folder, origin: &Origin, key: Arc<SigningKey>) -> Result<Self, LogError> {
        let path = Folder::log(origin);
        let disk = folder.disk();
        for needed in [&*path, Folder::temporary()] {
            disk.create_folder(needed).map_err(LogError::disk(needed))?;
        }
        let at = path.join(CHECKPOINT);
        match disk.read(&at) {
            Ok(text) => Self::resume(folder, origin, key, &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let begun = disk.list(&path).map_err(LogError::disk(&path))?.iter().any(|entry| !entry.is_folder);
                let files = folder.day_files().map_err(LogError::disk("dt=*"))?;
                if begun || files.iter().any(|file| file.origin == *origin) {
                    return Err(LogError::tampered(at, "the log has events, but its checkpoint is gone"));
                }
                Self::begin(folder, origin, key)
            }
            Err(error) => Err(LogError::disk(at)(error)),
        }
    }

    fn begin(folder: &Folder, origin: &Origin, key: Arc<SigningKey>) -> Result<Self, LogError> {
        let bound = BoundFiles::default();
        let files = digest(&[]);
        let last = Checkpoint { origin: origin.clone(), size: 0, root: tree::empty_root(), files, closed: false };
        let mut log = Self {
            folder: folder.clone(),
            origin: origin.clone(),
            path: Folder::log(origin),
            key,
            frontier: Frontier::default(),
            bound,
            closed: false,
            last,
            lists: BTreeSet::new(),
            unsynced: Unsynced::default(),
            failed: false,
        };
        // The checkpoint comes first: where anything stands without one, somebody removed it.
        let text = log.last.sign(&log.key);
        log.write(Path::new(CHECKPOINT), text.as_bytes())?;
        log.checkpoint()?;
        Ok(log)
    }

    fn resume(folder: &Folder, origin: &Origin, key: Arc<SigningKey>, text: &[u8]) -> Result<Self, LogError> {
        let (path, disk) = (Folder::log(origin), folder.disk().clone());
        let at = path.join(CHECKPOINT);
        let text = std::str::from_utf8(text).map_err(|_| LogError::tampered(&at, "not a checkpoint"))?;
        let last = Checkpoint::read(text, &key.public()).map_err(|error| LogError::Checkpoint(at.clone(), error))?;
        if last.origin != *origin {
            return Err(LogError::tampered(at, "the checkpoint of another log"));
        }
        let mut levels = Vec::new();
        for level in 0..8 {
            let partial = TileName::of_level(level, last.size).last().filter(|name| !name.is_full());
            levels.push(partial.map(|name| tile::read(&*disk, &path, name)).transpose()?.unwrap_or_default());
        }
        let frontier = Frontier::new(last.size, levels);
        if frontier.root() != last.root {
            return Err(LogError::tampered(path.join("tile"), "the tiles do not have the root of the checkpoint"));
        }
        let first_time = last.size == 0 && last.files == digest(&[]);
        let (bound, lists) = match BoundFiles::read(&*disk, &path, last.files) {
            // A crash between the very first checkpoint and its lists: they are empty.
            Err(_) if first_time => (BoundFiles::default(), BTreeSet::new()),
            read => read?,
        };
        let mut log = Self {
            folder: folder.clone(),
            origin: origin.clone(),
            path,
            key,
            frontier,
            bound,
            closed: false,
            last,
            lists,
            unsynced: Unsynced::default(),
            failed: false,
        };
        log.clean()?;
        // Says that the log is open again, and writes what a crash after the very first checkpoint left out.
        log.checkpoint()?;
        Ok(log)
    }

    /// How many leaves it has, those after the last checkpoint included.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root over all of them.
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// The last checkpoint.
    pub fn last(&self) -> &Checkpoint {
        &self.last
    }

    /// Adds a leaf and returns its index. It is not in the log before the next checkpoint.
    pub fn append(&mut self, leaf: Leaf) -> Result<u64, LogError> {
        self.guarded(|log| {
            let index = log.frontier.size();
            let (disk, path, unsynced) = (log.folder.disk(), &log.path, &mut log.unsynced);
            log.frontier.push(leaf.into(), |level, index, hashes| {
                let name = TileName { level, index, width: hashes.len() };
                unsynced.write(&**disk, path.join(name.path()), &tile::bytes(hashes))
            })?;
            Ok(index)
        })
    }

    /// Binds a file from the next checkpoint on.
    pub fn bind(&mut self, path: &Path, bound: Bound) -> Result<(), LogError> {
        self.bound.bind(path, bound).map_err(LogError::disk(path))
    }

    /// Binds a file no more from the next checkpoint on. It is removed after that.
    pub fn release(&mut self, path: &Path) {
        self.bound.release(path);
    }

    /// The files that the next checkpoint binds.
    pub fn bound(&self) -> &BoundFiles {
        &self.bound
    }

    /// Makes everything so far durable and signs it. After a failure the log must be opened again.
    pub fn checkpoint(&mut self) -> Result<&Checkpoint, LogError> {
        self.guarded(Self::write_checkpoint)?;
        Ok(&self.last)
    }

    /// The root that the first `size` leaves have.
    pub fn root_of(&self, size: u64) -> Result<Hash, LogError> {
        if size == self.frontier.size() {
            return Ok(self.frontier.root());
        }
        let tiles = Tiles::new(self.folder.disk().clone(), self.path.clone(), self.last.size);
        Ok(tree::root(&tiles, size)?)
    }

    fn guarded<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, LogError>) -> Result<T, LogError> {
        if self.failed {
            return Err(LogError::Failed);
        }
        let result = work(self);
        self.failed = result.is_err();
        result
    }

    fn write_checkpoint(&mut self) -> Result<(), LogError> {
        self.bind_rejected()?;
        let disk = self.folder.disk().clone();
        let before = self.last.size;
        if self.frontier.size() != before {
            for (level, index, hashes) in self.frontier.partial() {
                let name = TileName { level, index, width: hashes.len() };
                if TileName::of(level, index, before) != name {
                    self.unsynced.write(&*disk, self.path.join(name.path()), &tile::bytes(hashes))?;
                }
            }
        }
        self.unsynced.sync(&*disk)?;
        let lists = self.bound.lists();
        for (digest, list) in lists.iter().filter(|(digest, _)| !self.lists.contains(digest)) {
            self.write(&BoundFiles::path(*digest), list.as_bytes())?;
        }
        if self.read(Path::new(KEY))?.is_none() {
            let line = self.key.public().text(&checkpoint::name(&self.origin));
            self.write(Path::new(KEY), line.as_bytes())?;
        }
        let files = lists.last().map_or(self.last.files, |(digest, _)| *digest);
        let (origin, size, root) = (self.origin.clone(), self.frontier.size(), self.frontier.root());
        let next = Checkpoint { origin, size, root, files, closed: self.closed };
        if next != self.last {
            self.write(Path::new(CHECKPOINT), next.sign(&self.key).as_bytes())?;
        }
        self.last = next;
        self.forget(before, lists.into_iter().map(|(digest, _)| digest).collect())
    }

    /// Removes what the checkpoint before needed and this one does not.
    fn forget(&mut self, before: u64, lists: BTreeSet<Hash>) -> Result<(), LogError> {
        let stale: Vec<_> = self.lists.difference(&lists).map(|digest| BoundFiles::path(*digest)).collect();
        self.lists = lists;
        let size = self.last.size;
        let partial = (0..8).filter_map(|level| TileName::of_level(level, before).last());
        let partial = partial.filter(|name| !name.is_full() && TileName::of(name.level, name.index, size) != *name);
        for path in stale.into_iter().chain(partial.map(|name| name.path())) {
            self.remove(&self.path.join(path))?;
        }
        Ok(())
    }

    /// Removes what the last checkpoint does not refer to.
    fn clean(&mut self) -> Result<(), LogError> {
        let disk = self.folder.disk().clone();
        for (found, _) in files_below(&*disk, &self.path.join("tile")).map_err(LogError::disk(&self.path))? {
            if !is_tile(&found, &self.path, self.last.size) {
                self.remove(&found)?;
            }
        }
        for (found, _) in files_below(&*disk, &self.path.join("files")).map_err(LogError::disk(&self.path))? {
            if !self.lists.iter().any(|digest| self.path.join(BoundFiles::path(*digest)) == found) {
                self.remove(&found)?;
            }
        }
        Ok(())
    }

    /// Binds what of this log could not be read and is kept.
    fn bind_rejected(&mut self) -> Result<(), LogError> {
        let rejected = Folder::rejected();
        let ours = format!("{}-", self.origin);
        for entry in self.folder.disk().list(rejected).map_err(LogError::disk(rejected))? {
            let path = rejected.join(&entry.name);
            if !entry.is_folder && entry.name.starts_with(&ours) && self.bound.find(&path).is_none() {
                let file = self.folder.disk().open(&path).map_err(LogError::disk(&path))?;
                let digest = digest_of(&*file).map_err(LogError::disk(&path))?;
                self.bind(&path, Bound { digest, length: file.length() })?;
            }
        }
        Ok(())
    }

    fn read(&self, name: &Path) -> Result<Option<bytes::Bytes>, LogError> {
        let path = self.path.join(name);
        match self.folder.disk().read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(LogError::disk(path)(error)),
        }
    }

    fn write(&self, name: &Path, bytes: &[u8]) -> Result<(), LogError> {
        let (disk, path) = (self.folder.disk(), self.path.join(name));
        if let Some(folder) = path.parent() {
            disk.create_folder(folder).map_err(LogError::disk(folder))?;
        }
        let temporary = Folder::temporary().join(format!("{}.log", self.origin));
        write_atomically(&**disk, &temporary, &path, bytes).map_err(LogError::disk(path))
    }

    fn remove(&self, path: &Path) -> Result<(), LogError> {
        let disk = self.folder.disk();
        match disk.remove(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(LogError::disk(path)(error)),
            _ => {}
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        disk.sync_folder(folder).map_err(LogError::disk(folder))
    }
}

/// Leaves that the journal sealed.
impl LogWriter {
    /// Takes leaves from index `first` on and makes a checkpoint. Those that are in the log must be the same.
    fn take(&mut self, first: u64, leaves: &[Leaf]) -> Result<Hash, LogError> {
        let size = self.frontier.size();
        let known = size.checked_sub(first).ok_or_else(|| {
            LogError::tampered(&self.path, "the events that follow the last one in the log are missing")
        })?;
        let (known, new) = leaves.split_at(leaves.len().min(usize::try_from(known).unwrap_or(usize::MAX)));
        let tiles = Tiles::new(self.folder.disk().clone(), self.path.clone(), self.last.size);
        for (index, leaf) in (first..).zip(known) {
            if tiles.leaf(index)? != Some(Hash::from(*leaf)) {
                return Err(LogError::tampered(&self.path, "an event in the journal is not the one in the log"));
            }
        }
        for leaf in new {
            self.append(*leaf)?;
        }
        self.adopt(first, leaves)?;
        self.checkpoint()?;
        self.root_of(first + leaves.len() as u64)
    }

    /// Opens the log again if an earlier write failed: the journal still has what that was about, and brings it again.
    fn recover(&mut self) -> Result<(), LogError> {
        if self.failed {
            *self = Self::open_with(&self.folder.clone(), &self.origin.clone(), self.key.clone())?;
        }
        Ok(())
    }

    /// Binds files of these leaves that a failure left without a checkpoint, once every event in them is known.
    fn adopt(&mut self, first: u64, leaves: &[Leaf]) -> Result<(), LogError> {
        let last = (first + leaves.len() as u64).saturating_sub(1);
        let mut these = self.folder.day_files().map_err(LogError::disk("dt=*"))?;
        these.retain(|file| file.origin == self.origin && file.range.first == first && file.range.last == last);
        for file in these {
            let path = file.path();
            if self.bound.find(&path).is_some() {
                continue;
            }
            let file = self.folder.disk().open(&path).map_err(LogError::disk(&path))?;
            let digest = digest_of(&*file).map_err(LogError::disk(&path))?;
            let bound = Bound { digest, length: file.length() };
            let opened = EventFile::open(file);
            let checked = opened.and_then(|opened| {
                opened.events(&Filter::default(), |index, text| {
                    let event =
                        EventText::read(text.to_owned()).map_err(|error| FileError::Damaged(error.to_string()))?;
                    let place = index.checked_sub(first).and_then(|place| usize::try_from(place).ok());
                    match place.and_then(|place| leaves.get(place)) == Some(&event.view().leaf()) {
                        true => Ok(()),
                        false => Err(FileError::Damaged(format!("event {index} is not the one in the journal"))),
                    }
                })
            });
            checked.map_err(|error| LogError::Tampered(path.clone(), error.to_string()))?;
            self.bind(&path, bound)?;
        }
        Ok(())
    }

    /// Binds a file of this log, and no more those whose events it holds.
    fn take_file(&mut self, file: &DayFile, digest: Hash) -> Result<(), LogError> {
        let path = file.path();
        let held: Vec<PathBuf> = self.bound.iter().map(|(path, _)| path.to_owned()).collect();
        for other in held {
            if other != path && DayFile::at(&other).is_some_and(|other| file.holds(&other)) {
                self.release(&other);
            }
        }
        self.bind(&path, Bound { digest, length: file.length })?;
        self.checkpoint().map(|_| ())
    }
}

impl journal::Log for LogWriter {
    fn plan(&self, first: u64, leaves: &[Leaf]) -> io::Result<Vec<(String, String)>> {
        if first != self.frontier.size() {
            return Err(
                LogError::tampered(&self.path, "the events that follow the last one in the log are missing").into_io()
            );
        }
        let mut frontier = self.frontier.clone();
        for leaf in leaves {
            frontier.push(Hash::from(*leaf), |_, _, _| Ok::<(), io::Error>(()))?;
        }
        Ok(root_pairs(frontier.size(), frontier.root()))
    }

    fn extend(&mut self, first: u64, leaves: &[Leaf]) -> io::Result<Vec<(String, String)>> {
        self.recover().map_err(LogError::into_io)?;
        let root = self.take(first, leaves).map_err(LogError::into_io)?;
        Ok(root_pairs(first + leaves.len() as u64, root))
    }

    fn sealed(&mut self, file: &DayFile, digest: [u8; 32]) -> io::Result<()> {
        self.recover().map_err(LogError::into_io)?;
        self.take_file(file, Hash(digest)).map_err(LogError::into_io)
    }

    fn closed(&mut self) -> io::Result<()> {
        self.recover().map_err(LogError::into_io)?;
        self.closed = true;
        self.checkpoint().map(|_| ()).map_err(LogError::into_io)
    }
}

/// Whether a path is a tile of a log of that size.
pub(super) fn is_tile(path: &Path, log: &Path, size: u64) -> bool {
    TileName::at(path.strip_prefix(log).unwrap_or(path))
        .is_some_and(|name| name.width > 0 && TileName::of(name.level, name.index, size) == name)
}

/// Tiles that are written and not yet durable. Their names do not count before a checkpoint needs them, so they are
/// written in place.
#[derive(Default)]
struct Unsynced {
    files: Vec<Box<dyn Appender>>,
    folders: BTreeSet<PathBuf>,
    /// Folders that are durable, because they were made before.
    made: BTreeSet<PathBuf>,
}

impl Unsynced {
    fn write(&mut self, disk: &dyn Disk, path: PathBuf, bytes: &[u8]) -> Result<(), LogError> {
        if self.files.len() >= TILES_OPEN_MAX {
            self.sync(disk)?;
        }
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        if !self.made.contains(&folder) {
            disk.create_folder(&folder).map_err(LogError::disk(&folder))?;
            self.made.insert(folder.clone());
        }
        let mut file = disk.create(&path).map_err(LogError::disk(&path))?;
        file.append(bytes).map_err(LogError::disk(&path))?;
        self.files.push(file);
        self.folders.insert(folder);
        Ok(())
    }

    fn sync(&mut self, disk: &dyn Disk) -> Result<(), LogError> {
        for mut file in std::mem::take(&mut self.files) {
            file.sync().map_err(LogError::disk("log"))?;
        }
        for folder in std::mem::take(&mut self.folders) {
            disk.sync_folder(&folder).map_err(LogError::disk(folder))?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Unsynced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} tiles", self.files.len())
    }
}
