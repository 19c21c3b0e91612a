//! A disk in memory that fails where a test says, and that forgets what was not synced when the power is cut.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use super::{Appender, Disk, Entry, Lock, ReadAt, Syncer};

/// Files in memory. Clones are the same disk.
#[derive(Debug, Clone, Default)]
pub struct MemoryDisk {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    released: Condvar,
}

#[derive(Debug, Default)]
struct State {
    files: Vec<Content>,
    /// Names as they are seen, and as they would be after a power cut.
    seen: BTreeMap<PathBuf, usize>,
    durable: BTreeMap<PathBuf, usize>,
    folders: BTreeSet<PathBuf>,
    locked: BTreeSet<PathBuf>,
    steps: u64,
    failure: Option<(u64, Failure)>,
    /// How long syncs take, one after the other and then again.
    sync_times: Vec<Duration>,
    syncs: usize,
    /// How many are under way, and how many were at most.
    syncing: usize,
    syncing_most: usize,
}

#[derive(Debug, Default, Clone)]
struct Content {
    bytes: Vec<u8>,
    /// How many bytes from the start were written.
    written: usize,
    /// How many bytes from the start are durable.
    synced: usize,
    /// How long the file is, durably. What is not synced of that is zero.
    filled: usize,
    /// A sync of it failed. Later ones return as if nothing was, and make nothing durable: what they should have written
    /// is forgotten.
    failed: bool,
}

/// What happens at the chosen step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// That step fails; a write leaves half of its bytes. Later steps succeed.
    Once,
    /// That step and all later ones fail, as on a full disk.
    Always,
    /// That step does not return until [`MemoryDisk::release`].
    Hang,
}

impl MemoryDisk {
    /// Steps that change something are counted from 1. The `step`th from here on fails in the way told.
    pub fn fail_at(&self, step: u64, failure: Failure) {
        let mut state = self.state();
        state.failure = Some((state.steps + step, failure));
    }

    /// Fails no more, and lets hanging steps go on.
    pub fn release(&self) {
        self.state().failure = None;
        self.shared.released.notify_all();
    }

    /// From now on syncs take so long, the first of them, the second, and after the last the first again. Meanwhile others
    /// may write, and sync as well.
    pub fn sync_takes(&self, times: impl Into<Vec<Duration>>) {
        let mut state = self.state();
        (state.sync_times, state.syncs) = (times.into(), 0);
    }

    /// How many syncs were under way at the same time at most.
    pub fn syncs_at_once(&self) -> usize {
        self.state().syncing_most
    }

    /// How many steps there were.
    pub fn steps(&self) -> u64 {
        self.state().steps
    }

    /// The disk as it is found after a power cut: what was synced, and `unsynced` bytes more of each file. Where a file was
    /// filled with zeros, these are the last ones that were written, since there is room for them: a disk writes the
    /// blocks that it has in any order.
    pub fn after_power_cut(&self, unsynced: usize) -> Self {
        let state = self.state();
        let keep = |content: &Content| {
            let length = content.bytes.len().min(content.synced + unsynced).max(content.filled);
            let written = content.bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            let lost = match content.filled > 0 {
                true => content.synced..written.min(content.filled).saturating_sub(unsynced),
                false => 0..0,
            };
            let found = content.bytes.iter().take(length).enumerate();
            let bytes = found.map(|(at, byte)| if lost.contains(&at) { 0 } else { *byte }).collect();
            Content { bytes, written: length, synced: length, filled: length, failed: false }
        };
        let found = State {
            files: state.files.iter().map(keep).collect(),
            seen: state.durable.clone(),
            durable: state.durable.clone(),
            folders: state.folders.clone(),
            ..State::default()
        };
        Self { shared: Arc::new(Shared { state: Mutex::new(found), released: Condvar::new() }) }
    }

    /// The disk as it is found after the process was killed: everything that was written, and no locks.
    pub fn after_kill(&self) -> Self {
        let state = self.state();
        let found = State {
            files: state.files.clone(),
            seen: state.seen.clone(),
            durable: state.durable.clone(),
            folders: state.folders.clone(),
            ..State::default()
        };
        Self { shared: Arc::new(Shared { state: Mutex::new(found), released: Condvar::new() }) }
    }

    /// Puts a file in place, durably.
    pub fn put(&self, path: impl Into<PathBuf>, bytes: Vec<u8>) {
        let mut state = self.state();
        let path = path.into();
        state.folders.extend(path.ancestors().skip(1).map(Path::to_owned));
        let synced = bytes.len();
        let file = state.files.len();
        state.files.push(Content { bytes, written: synced, synced, filled: synced, failed: false });
        state.seen.insert(path.clone(), file);
        state.durable.insert(path, file);
    }

    /// The names of all files, sorted.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.state().seen.keys().cloned().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a step and fails if it is one that shall.
    fn step(&self) -> Result<MutexGuard<'_, State>, (MutexGuard<'_, State>, io::Error)> {
        let mut state = self.state();
        state.steps += 1;
        let mine = state.steps;
        loop {
            match state.failure {
                Some((at, Failure::Once)) if at == mine => return Err((state, io::ErrorKind::StorageFull.into())),
                Some((at, Failure::Always)) if at <= mine => return Err((state, io::ErrorKind::StorageFull.into())),
                Some((at, Failure::Hang)) if at <= mine => {
                    state = self.shared.released.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                _ => return Ok(state),
            }
        }
    }

    fn change(&self) -> io::Result<MutexGuard<'_, State>> {
        self.step().map_err(|(_, error)| error)
    }
}

impl State {
    fn next_sync_time(&mut self) -> Option<Duration> {
        let time = self.sync_times.get(self.syncs % self.sync_times.len().max(1)).copied();
        self.syncs += 1;
        time
    }

    /// A new file of that name.
    fn place(&mut self, path: &Path) -> io::Result<usize> {
        if !path.parent().is_none_or(|folder| folder == Path::new("") || self.folders.contains(folder)) {
            return Err(io::ErrorKind::NotFound.into());
        }
        if self.seen.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let file = self.files.len();
        self.files.push(Content::default());
        self.seen.insert(path.to_owned(), file);
        Ok(file)
    }
}

impl Disk for MemoryDisk {
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        if self.state().folders.contains(path) {
            return Ok(());
        }
        let mut state = self.change()?;
        state.folders.extend(path.ancestors().map(Path::to_owned));
        Ok(())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        let state = self.state();
        let name = |path: &Path| Some(path.file_name()?.to_str()?.to_owned());
        let files = state.seen.iter().filter(|(path, _)| path.parent() == Some(folder)).filter_map(|(path, file)| {
            let length = state.files.get(*file).map_or(0, |content| content.bytes.len() as u64);
            Some(Entry { name: name(path)?, is_folder: false, length })
        });
        let folders = state.folders.iter().filter(|path| path.parent() == Some(folder));
        let folders = folders.filter_map(|path| Some(Entry { name: name(path)?, is_folder: true, length: 0 }));
        let mut entries: Vec<_> = files.chain(folders).collect();
        entries.sort();
        Ok(entries)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Appender>> {
        let mut state = self.change()?;
        let file = state.place(path)?;
        Ok(Box::new(MemoryFile { disk: self.clone(), file }))
    }

    fn create_filled(&self, path: &Path, length: u64) -> io::Result<Box<dyn Appender>> {
        let (mut state, length, result) = match self.step() {
            Ok(state) => (state, length as usize, Ok(())),
            Err((state, error)) => (state, length as usize / 2, Err(error)),
        };
        let file = state.place(path)?;
        if let Some(content) = state.files.get_mut(file) {
            *content = Content { bytes: vec![0; length], filled: length, ..Content::default() };
        }
        result.map(|()| Box::new(MemoryFile { disk: self.clone(), file }) as Box<dyn Appender>)
    }

    fn open_to_sync(&self, path: &Path) -> io::Result<Box<dyn Syncer>> {
        let file = *self.state().seen.get(path).ok_or(io::Error::from(io::ErrorKind::NotFound))?;
        Ok(Box::new(MemoryFile { disk: self.clone(), file }))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadAt>> {
        let state = self.state();
        let content = state.seen.get(path).and_then(|file| state.files.get(*file));
        let content = content.ok_or(io::Error::from(io::ErrorKind::NotFound))?;
        Ok(Arc::new(Bytes::from(content.bytes.clone())))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.change()?;
        let file = state.seen.remove(from).ok_or(io::Error::from(io::ErrorKind::NotFound))?;
        state.seen.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        if !self.state().seen.contains_key(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        self.change()?.seen.remove(path);
        Ok(())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.change()?;
        let State { seen, durable, .. } = &mut *state;
        durable.retain(|path, _| path.parent() != Some(folder));
        let here = seen.iter().filter(|(path, _)| path.parent() == Some(folder));
        durable.extend(here.map(|(path, file)| (path.clone(), *file)));
        Ok(())
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Lock>> {
        match self.state().locked.insert(path.to_owned()) {
            true => Ok(Box::new(MemoryLock { disk: self.clone(), path: path.to_owned() })),
            false => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

struct MemoryFile {
    disk: MemoryDisk,
    file: usize,
}

impl Appender for MemoryFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (mut state, written, result) = match self.disk.step() {
            Ok(state) => (state, bytes.len(), Ok(())),
            Err((state, error)) => (state, bytes.len() / 2, Err(error)),
        };
        if let Some(content) = state.files.get_mut(self.file) {
            let end = content.written + written;
            content.bytes.resize(content.bytes.len().max(end), 0);
            let room = content.bytes.iter_mut().skip(content.written);
            room.zip(bytes.iter().take(written)).for_each(|(room, byte)| *room = *byte);
            content.written = end;
        }
        result
    }
}

impl Syncer for MemoryFile {
    fn sync(&mut self) -> io::Result<()> {
        let (mut state, result) = match self.disk.step() {
            Ok(state) => (state, Ok(())),
            Err((state, error)) => (state, Err(error)),
        };
        let (mut written, mut lost) = (0, result.is_err());
        if let Some(content) = state.files.get_mut(self.file) {
            written = content.written;
            lost |= content.failed;
            content.failed = lost;
        }
        if let Some(time) = state.next_sync_time() {
            state.syncing += 1;
            state.syncing_most = state.syncing_most.max(state.syncing);
            drop(state);
            std::thread::sleep(time);
            state = self.disk.state();
            state.syncing -= 1;
        }
        if let Some(content) = state.files.get_mut(self.file).filter(|_| !lost) {
            content.synced = content.synced.max(written);
        }
        result
    }
}

struct MemoryLock {
    disk: MemoryDisk,
    path: PathBuf,
}

impl Lock for MemoryLock {}

impl Drop for MemoryLock {
    fn drop(&mut self) {
        self.disk.state().locked.remove(&self.path);
    }
}
