//! The files that a checkpoint binds: their paths, lengths and digests, as lists that are named by their own digest.
//!
//! ```text
//! files/<digest>   of the index: a line `<digest> <folder>` for each folder
//! files/<digest>   of a list:    a line `<digest> <length> <path>` for each file of that folder
//! ```
//!
//! A changed file rewrites its folder's list and the index, however many folders there are. A list is never changed, so
//! a crash leaves the lists of the last checkpoint whole.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::checkpoint::hash;
use super::tree::Hash;
use crate::disk::{Disk, ReadAt};
use crate::limits::BOUND_FILES_MAX;

/// A file that a checkpoint binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// SHA-256 of its bytes.
    pub digest: Hash,
    /// How long it is.
    pub length: u64,
}

/// All files that a log binds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BoundFiles {
    folders: BTreeMap<String, BTreeMap<String, Bound>>,
}

/// Why a list could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The disk failed.
    #[error("{}: {error}", path.display())]
    Disk {
        /// Which list.
        path: PathBuf,
        /// How.
        error: io::Error,
    },
    /// It is gone or not what its digest says.
    #[error("{}: the list of bound files is missing or changed", .0.display())]
    Changed(PathBuf),
}

impl BoundFiles {
    /// Adds a file or gives it another digest. Fails if the path is none that can be bound.
    pub fn bind(&mut self, path: &Path, bound: Bound) -> Result<(), io::Error> {
        let (folder, path) = place(path).ok_or(io::Error::from(io::ErrorKind::InvalidInput))?;
        self.folders.entry(folder).or_default().insert(path, bound);
        Ok(())
    }

    /// Takes a file out.
    pub fn release(&mut self, path: &Path) {
        let Some((folder, path)) = place(path) else { return };
        if let Some(files) = self.folders.get_mut(&folder) {
            files.remove(&path);
            if files.is_empty() {
                self.folders.remove(&folder);
            }
        }
    }

    /// What is bound under a path.
    pub fn find(&self, path: &Path) -> Option<Bound> {
        let (folder, path) = place(path)?;
        self.folders.get(&folder)?.get(&path).copied()
    }

    /// All files, by path.
    pub fn iter(&self) -> impl Iterator<Item = (&Path, Bound)> {
        self.folders.values().flatten().map(|(path, bound)| (Path::new(path), *bound))
    }

    /// The lists with their digests, the index last.
    pub(super) fn lists(&self) -> Vec<(Hash, String)> {
        let mut lists = Vec::with_capacity(self.folders.len() + 1);
        let mut index = String::new();
        for (folder, files) in &self.folders {
            let list: String =
                files.iter().map(|(path, bound)| format!("{} {} {path}\n", bound.digest, bound.length)).collect();
            let digest = digest(list.as_bytes());
            index.push_str(&format!("{digest} {folder}\n"));
            lists.push((digest, list));
        }
        lists.push((digest(index.as_bytes()), index));
        lists
    }

    /// The path of a list in the folder of its log.
    pub(super) fn path(digest: Hash) -> PathBuf {
        PathBuf::from(format!("files/{digest}"))
    }

    /// Reads the lists of an index, and tells their digests.
    pub(super) fn read(disk: &dyn Disk, log: &Path, index: Hash) -> Result<(Self, BTreeSet<Hash>), ListError> {
        let mut found = (Self::default(), BTreeSet::from([index]));
        let changed = || ListError::Changed(log.join(Self::path(index)));
        let mut files = 0;
        for line in read_list(disk, log, index)?.lines() {
            let (digest, folder) = line.split_once(' ').ok_or_else(changed)?;
            let digest = hash(digest).ok_or_else(changed)?;
            for line in read_list(disk, log, digest)?.lines() {
                let (path, bound) = parse_line(line).ok_or_else(changed)?;
                files += 1;
                let here = place(path).is_some_and(|(above, _)| above == folder) && files <= BOUND_FILES_MAX;
                found.0.bind(path, bound).ok().filter(|()| here).ok_or_else(changed)?;
            }
            found.1.insert(digest);
        }
        // Only the one way of writing it counts: same files, same bytes.
        match found.0.lists().last() {
            Some((digest, _)) if *digest == index => Ok(found),
            _ => Err(changed()),
        }
    }
}

/// SHA-256.
pub(super) fn digest(bytes: &[u8]) -> Hash {
    Hash(Sha256::digest(bytes).into())
}

/// SHA-256 of a file, a part at a time.
pub(crate) fn digest_of(file: &dyn ReadAt) -> io::Result<Hash> {
    let (mut hasher, mut at) = (Sha256::new(), 0);
    while at < file.length() {
        let part = file.read_at(at, (file.length() - at).min(1 << 20))?;
        hasher.update(&part);
        at += part.len() as u64;
    }
    Ok(Hash(hasher.finalize().into()))
}

/// A line of a list.
pub(super) fn parse_line(line: &str) -> Option<(&Path, Bound)> {
    let mut parts = line.splitn(3, ' ');
    let (digest, length, path) = (parts.next()?, parts.next()?, parts.next()?);
    Some((Path::new(path), Bound { digest: hash(digest)?, length: length.parse().ok()? }))
}

fn read_list(disk: &dyn Disk, log: &Path, name: Hash) -> Result<String, ListError> {
    let path = log.join(BoundFiles::path(name));
    match disk.read(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(ListError::Disk { path, error }),
        Ok(bytes) if digest(&bytes) == name => String::from_utf8(bytes.into()).map_err(|_| ListError::Changed(path)),
        _ => Err(ListError::Changed(path)),
    }
}

/// The folder and the whole path as texts, if it is a plain path below the audit folder, outside the places that are
/// covered in another way or not at all.
fn place(path: &Path) -> Option<(String, String)> {
    let text = path.to_str()?;
    let plain = text.split('/').all(|part| !["", ".", ".."].contains(&part)) && !text.contains(['\n', '\\']);
    let outside = !["log", "journal", "lock", "tmp"].contains(&text.split('/').next()?);
    let (folder, _) = text.rsplit_once('/').unwrap_or((".", text));
    (plain && outside).then(|| (folder.to_owned(), text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::MemoryDisk;

    fn bound(byte: u8) -> Bound {
        Bound { digest: Hash([byte; 32]), length: u64::from(byte) }
    }

    #[test]
    fn lists_come_back_and_no_byte_of_them_may_change() {
        let mut files = BoundFiles::default();
        for (path, byte) in
            [("dt=2026-04-01/a.parquet", 1), ("dt=2026-04-01/b.parquet", 2), ("ledger", 3), ("x/y/z", 4)]
        {
            files.bind(Path::new(path), bound(byte)).unwrap();
        }
        files.release(Path::new("x/y/z"));
        let lists = files.lists();
        let disk = MemoryDisk::default();
        let log = Path::new("log/server");
        for (digest, list) in &lists {
            disk.put(log.join(BoundFiles::path(*digest)), list.clone().into_bytes());
        }
        let index = lists.last().unwrap().0;
        let (read, digests) = BoundFiles::read(&disk, log, index).unwrap();
        assert_eq!((read, digests.len()), (files.clone(), 3));
        for (digest, list) in &lists {
            for at in 0..list.len() {
                let mut bytes = list.clone().into_bytes();
                bytes[at] ^= 1;
                disk.put(log.join(BoundFiles::path(*digest)), bytes);
                assert!(matches!(BoundFiles::read(&disk, log, index), Err(ListError::Changed(_))), "byte {at}");
            }
            disk.put(log.join(BoundFiles::path(*digest)), list.clone().into_bytes());
        }
    }

    #[test]
    fn only_plain_paths_are_bound() {
        for path in
            ["", "/a", "../a", "a/../b", "a//b", "log/server/checkpoint", "tmp/a", "journal/x", "lock/x", "a\nb"]
        {
            assert!(BoundFiles::default().bind(Path::new(path), bound(1)).is_err(), "{path:?}");
        }
    }
}
