//! A disk that tells how much of it was read, for those who show how far something is.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use super::{Appender, Disk, Entry, Lock, ReadAt, Syncer};

/// A disk, and who is told of every read how many bytes it was.
#[derive(Clone)]
pub struct WatchedDisk {
    disk: Arc<dyn Disk>,
    told: Arc<dyn Fn(u64) + Send + Sync>,
}

struct WatchedFile {
    file: Arc<dyn ReadAt>,
    told: Arc<dyn Fn(u64) + Send + Sync>,
}

impl WatchedDisk {
    /// Watches a disk.
    pub fn new(disk: Arc<dyn Disk>, told: Arc<dyn Fn(u64) + Send + Sync>) -> Self {
        Self { disk, told }
    }
}

impl fmt::Debug for WatchedDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.disk.fmt(f)
    }
}

impl Disk for WatchedDisk {
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.disk.create_folder(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        self.disk.list(folder)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Appender>> {
        self.disk.create(path)
    }

    fn create_filled(&self, path: &Path, length: u64) -> io::Result<Box<dyn Appender>> {
        self.disk.create_filled(path, length)
    }

    fn open_to_sync(&self, path: &Path) -> io::Result<Box<dyn Syncer>> {
        self.disk.open_to_sync(path)
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadAt>> {
        Ok(Arc::new(WatchedFile { file: self.disk.open(path)?, told: self.told.clone() }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.disk.remove(path)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.disk.sync_folder(folder)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Lock>> {
        self.disk.lock(path)
    }
}

impl ReadAt for WatchedFile {
    fn length(&self) -> u64 {
        self.file.length()
    }

    fn read_at(&self, offset: u64, length: u64) -> io::Result<Bytes> {
        let bytes = self.file.read_at(offset, length)?;
        (self.told)(bytes.len() as u64);
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::disk::MemoryDisk;

    #[test]
    fn every_byte_that_is_read_is_told() {
        let (disk, read) = (MemoryDisk::default(), Arc::new(AtomicU64::new(0)));
        disk.put(Path::new("a/b"), b"0123456789".to_vec());
        let told = read.clone();
        let told = move |bytes| {
            told.fetch_add(bytes, Ordering::Relaxed);
        };
        let watched = WatchedDisk::new(Arc::new(disk), Arc::new(told));
        assert_eq!(watched.list(Path::new("a")).unwrap().len(), 1);
        assert_eq!(watched.read(Path::new("a/b")).unwrap().len(), 10);
        assert_eq!(watched.open(Path::new("a/b")).unwrap().read_at(3, 4).unwrap(), &b"3456"[..]);
        assert!(watched.open(Path::new("a/b")).unwrap().read_at(9, 2).is_err());
        assert_eq!(read.load(Ordering::Relaxed), 14, "what failed was not read");
    }
}
