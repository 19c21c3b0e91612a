//! The digests that checkpoints bind, for those who read files of events without verifying the log.
//!
//! Whoever reads all of a file holds it against its digest first: damage is then told as such, and no decoder sees it.
//! Whoever reads parts of a large file does not, because that would cost more than reading them.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::CHECKPOINT;
use super::checkpoint::{Checkpoint, parts};
use super::files::{Bound, BoundFiles, digest_of};
use crate::folder::{Folder, Origin};
use crate::limits::CHECKED_PART_BYTES_MAX;
use crate::parquet::{EventFile, FileError};

/// The files that the logs of a folder vouch for. A log that cannot be read vouches for nothing: to say so is the work
/// of [`verify`](super::verify()).
#[derive(Debug, Clone, Default)]
pub(crate) struct Vouched {
    bound: BTreeMap<PathBuf, Bound>,
}

/// How much of a file will be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// All of it.
    Whole,
    /// What a filter leaves.
    Parts,
}

impl Vouched {
    pub(crate) fn of(folder: &Folder) -> io::Result<Self> {
        let mut vouched = Self::default();
        let logs = folder.disk().list(Path::new("log"))?;
        let logs = logs.into_iter().filter(|entry| entry.is_folder);
        for origin in logs.filter_map(|entry| Origin::new(entry.name).ok()) {
            let log = Folder::log(&origin);
            let text = match folder.disk().read(&log.join(CHECKPOINT)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                text => text?,
            };
            let text = std::str::from_utf8(&text).unwrap_or_default();
            let Some(last) = parts(text).and_then(|(body, _)| Checkpoint::parse(body)) else { continue };
            // A list that is gone may only have been replaced since; a file that nobody vouches for is read all the same.
            if let Ok((files, _)) = BoundFiles::read(&**folder.disk(), &log, last.files) {
                vouched.bound.extend(files.iter().map(|(path, bound)| (path.to_owned(), bound)));
            }
        }
        Ok(vouched)
    }

    /// Opens a file of events.
    pub(crate) fn open(&self, folder: &Folder, path: &Path, reading: Reading) -> Result<EventFile, FileError> {
        let file = folder.disk().open(path)?;
        if let Some(bound) = self.bound.get(path) {
            let is_checked = reading == Reading::Whole || bound.length <= CHECKED_PART_BYTES_MAX;
            if file.length() != bound.length || (is_checked && digest_of(&*file)? != bound.digest) {
                return Err(FileError::Changed);
            }
        }
        EventFile::open(file)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::disk::{Disk, MemoryDisk};
    use crate::log::{Hash, LogWriter, SigningKey};

    #[test]
    fn small_files_are_checked_whatever_is_read_of_them_and_large_ones_when_all_is() {
        let disk = MemoryDisk::default();
        let folder = Folder::new(Arc::new(disk.clone()));
        let mut log =
            LogWriter::open(&folder, &Origin::new("server").unwrap(), SigningKey::from_seed(&[7; 32])).unwrap();
        for (name, length, part_is_checked) in
            [("small", CHECKED_PART_BYTES_MAX, true), ("large", CHECKED_PART_BYTES_MAX + 1, false)]
        {
            let path = Path::new(name);
            disk.put(path, vec![0; length as usize]);
            log.bind(path, Bound { digest: Hash([0; 32]), length }).unwrap();
            log.checkpoint().unwrap();
            let vouched = Vouched::of(&folder).unwrap();
            assert!(matches!(vouched.open(&folder, path, Reading::Whole), Err(FileError::Changed)), "{name}");
            let parts = vouched.open(&folder, path, Reading::Parts);
            assert_eq!(matches!(parts, Err(FileError::Changed)), part_is_checked, "{name}");
            // The length is known without reading.
            disk.put(path, vec![0; length as usize - 1]);
            assert!(matches!(vouched.open(&folder, path, Reading::Parts), Err(FileError::Changed)), "{name}");
        }
        assert!(disk.read(Path::new("small")).is_ok());
    }
}
