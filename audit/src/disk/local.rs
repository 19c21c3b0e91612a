//! The disk of this machine.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use super::{Appender, Disk, Entry, Lock, ReadAt, Syncer};

/// How many zeros are written and synced at a time.
const FILL_BYTES: usize = 256 << 10;

/// Files below a folder of this machine. Paths that the trait is given are relative to it.
#[derive(Debug, Clone)]
pub struct LocalDisk {
    root: PathBuf,
}

impl LocalDisk {
    /// The files below `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn at(&self, path: &Path) -> PathBuf {
        self.root.join(path)
    }
}

impl Disk for LocalDisk {
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        let whole = self.at(path);
        std::fs::create_dir_all(&whole)?;
        // A folder is durable when the one above it is synced. Also if it was there: whoever made it may not have.
        whole.ancestors().skip(1).take(path.iter().count()).try_for_each(sync_folder)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        let entries = match std::fs::read_dir(self.at(folder)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry?;
            let metadata = match entry.metadata() {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                metadata => metadata?,
            };
            if let Ok(name) = entry.file_name().into_string() {
                found.push(Entry { name, is_folder: metadata.is_dir(), length: metadata.len() });
            }
        }
        found.sort();
        Ok(found)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Appender>> {
        let file = OpenOptions::new().append(true).create_new(true).open(self.at(path))?;
        Ok(Box::new(LocalFile(file)))
    }

    fn create_filled(&self, path: &Path, length: u64) -> io::Result<Box<dyn Appender>> {
        let mut file = OpenOptions::new().write(true).create_new(true).open(self.at(path))?;
        let zeros = vec![0; FILL_BYTES];
        let mut left = length;
        while left > 0 {
            let part = usize::try_from(left).map_or(FILL_BYTES, |left| left.min(FILL_BYTES));
            file.write_all(zeros.get(..part).unwrap_or_default())?;
            // In small parts, as others wait for the same disk.
            file.sync_data()?;
            left -= part as u64;
        }
        file.sync_all()?;
        file.rewind()?;
        Ok(Box::new(LocalFile(file)))
    }

    fn open_to_sync(&self, path: &Path) -> io::Result<Box<dyn Syncer>> {
        // Some systems sync only what may be written.
        Ok(Box::new(LocalFile(OpenOptions::new().write(true).open(self.at(path))?)))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadAt>> {
        let file = File::open(self.at(path))?;
        let length = file.metadata()?.len();
        Ok(Arc::new(LocalReader { file: Mutex::new(file), length }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(self.at(from), self.at(to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(self.at(path))
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        sync_folder(&self.at(folder))
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Lock>> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(self.at(path))?;
        match file.try_lock() {
            Ok(()) => Ok(Box::new(LocalLock(file))),
            Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

fn sync_folder(path: &Path) -> io::Result<()> {
    match cfg!(unix) {
        true => File::open(path)?.sync_all(),
        false => Ok(()),
    }
}

struct LocalFile(File);

impl Appender for LocalFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }
}

impl Syncer for LocalFile {
    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }
}

struct LocalReader {
    file: Mutex<File>,
    length: u64,
}

impl ReadAt for LocalReader {
    fn length(&self) -> u64 {
        self.length
    }

    fn read_at(&self, offset: u64, length: u64) -> io::Result<Bytes> {
        if offset.checked_add(length).is_none_or(|end| end > self.length) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = Vec::with_capacity(length as usize);
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))?;
        match (&mut *file).take(length).read_to_end(&mut bytes)? as u64 == length {
            true => Ok(bytes.into()),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// The operating system gives the lock back when the file is closed, also when the process is killed.
struct LocalLock(File);

impl Lock for LocalLock {}

impl Drop for LocalLock {
    /// Gives the lock up at once: closing alone would not, while a child process that was just forked
    /// still has the file open.
    fn drop(&mut self) {
        // Closing comes next, and gives it up too.
        let _ = self.0.unlock();
    }
}
