//! What this room needs of a disk, as a trait, so that a test can make the disk fail at any step.
//!
//! Nothing is overwritten in place, but for the zeros of a file that was made of them: files are appended to while they
//! are young, and replaced by renaming.

mod local;
mod memory;
mod watched;

use std::fmt::Debug;
use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

pub use local::LocalDisk;
pub use memory::{Failure, MemoryDisk};
pub use watched::WatchedDisk;

/// Folders and files below one place.
pub trait Disk: Send + Sync + Debug {
    /// Makes a folder and those above it, durably. It may exist already.
    fn create_folder(&self, path: &Path) -> io::Result<()>;

    /// What stands in a folder, sorted by name; nothing if there is no such folder.
    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>>;

    /// Makes a file that must not exist yet.
    fn create(&self, path: &Path) -> io::Result<Box<dyn Appender>>;

    /// Makes a file of so many zero bytes, durably, that must not exist yet. What is appended replaces them from the start,
    /// and needs no new room before it reaches their end: a sync of it then has less to write.
    fn create_filled(&self, path: &Path, length: u64) -> io::Result<Box<dyn Appender>>;

    /// Another handle on a file that somebody appends to, to make durable what he appended. Each handle is told of a write
    /// that failed, also if another was told of it.
    fn open_to_sync(&self, path: &Path) -> io::Result<Box<dyn Syncer>>;

    /// Opens a file to read parts of it.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadAt>>;

    /// Reads a whole file.
    fn read(&self, path: &Path) -> io::Result<Bytes> {
        let file = self.open(path)?;
        file.read_at(0, file.length())
    }

    /// Gives a file another name, replacing what had it. Durable after [`Disk::sync_folder`].
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file. Durable after [`Disk::sync_folder`].
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a folder durable.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// Takes the lock that a file stands for until the value is dropped. [`io::ErrorKind::WouldBlock`] if it is taken.
    fn lock(&self, path: &Path) -> io::Result<Box<dyn Lock>>;
}

/// A thing in a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its name. Names that are not UTF-8 are none of ours and are not listed.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// How long a file is.
    pub length: u64,
}

/// A file that is being written.
pub trait Appender: Syncer {
    /// Writes all bytes after those that were written before.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// A file that can be made durable.
pub trait Syncer: Send {
    /// Returns when everything that was written to the file before the call is durable, by whichever handle.
    fn sync(&mut self) -> io::Result<()>;
}

/// A file of which any part can be read.
pub trait ReadAt: Send + Sync {
    /// How long it is.
    fn length(&self) -> u64;

    /// Exactly that many bytes from there.
    fn read_at(&self, offset: u64, length: u64) -> io::Result<Bytes>;
}

/// A lock that is held.
pub trait Lock: Send + Sync {}

/// Writes a file so that its name never stands for less than all of it: first under `temporary`, synced, then renamed,
/// then the folder synced.
pub fn write_atomically(disk: &dyn Disk, temporary: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    remove_if_there(disk, temporary)?;
    let mut file = disk.create(temporary)?;
    file.append(bytes)?;
    file.sync()?;
    drop(file);
    disk.rename(temporary, path)?;
    disk.sync_folder(path.parent().unwrap_or(Path::new("")))
}

/// Removes a file, unless there is none.
pub(crate) fn remove_if_there(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    match disk.remove(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

impl ReadAt for Bytes {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, length: u64) -> io::Result<Bytes> {
        let range = offset.checked_add(length).filter(|end| *end <= self.len() as u64);
        match range {
            Some(end) => Ok(self.slice(offset as usize..end as usize)),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}
