//! Where events come from: anything with a name that can be read from its beginning, twice if it is long.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::batch::Sink;
use super::{ImportError, scratch};
use crate::disk::{Disk, ReadAt};
use crate::limits::FOLDER_DEPTH_MAX;

/// Something with events in it.
pub trait Source: Send + Sync {
    /// What it is called in messages. Sources are imported in the order of their names.
    fn name(&self) -> &str;

    /// Its bytes from the beginning, compressed or not.
    fn open(&self) -> io::Result<Box<dyn Read + Send>>;

    /// How many bytes it has, as far as that is known.
    fn length(&self) -> u64 {
        0
    }

    /// Whether a line of it that is no JSON is one bad record and not a bad source, whatever its name ends with.
    fn has_lines(&self) -> bool {
        false
    }
}

/// A file of this machine.
#[derive(Debug, Clone)]
pub struct FileSource {
    path: PathBuf,
    name: String,
    length: u64,
    /// Why it cannot be read, if that is known: it is a folder that cannot be listed.
    closed: Option<String>,
}

impl FileSource {
    /// The file at a path. It need not exist: then it is rejected like any that cannot be read.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let length = path.metadata().map(|metadata| metadata.len()).unwrap_or_default();
        Self { name: name_of(&path), path, length, closed: None }
    }

    fn closed(folder: PathBuf, why: &io::Error) -> Self {
        Self { name: name_of(&folder), path: folder, length: 0, closed: Some(why.to_string()) }
    }

    /// The files below a folder whose names say JSON, and how many others there are: links are not followed, and hidden
    /// files are not read. Hidden folders and the folder `except` are left out. A folder that cannot be listed is among
    /// the files, to be rejected as one that cannot be read: it does not stop the others.
    pub fn below(folder: &Path, except: &Path) -> (Vec<Self>, u64) {
        let (mut found, mut others) = (Vec::new(), 0);
        let mut folders = vec![(folder.to_owned(), 0)];
        while let Some((folder, depth)) = folders.pop() {
            if depth > FOLDER_DEPTH_MAX {
                found.push(Self::closed(folder, &too_deep()));
                continue;
            }
            let mut list = || {
                for entry in std::fs::read_dir(&folder)? {
                    let entry = entry?;
                    let (name, kind) = (entry.file_name().to_string_lossy().to_ascii_lowercase(), entry.file_type()?);
                    let is_hidden = name.starts_with('.');
                    match kind.is_dir() {
                        true if is_hidden => {}
                        true if entry.path().canonicalize().is_ok_and(|path| path == *except) => {}
                        true => folders.push((entry.path(), depth + 1)),
                        false if kind.is_file() && !is_hidden && is_json(&name) => found.push(Self::new(entry.path())),
                        false => others += 1,
                    }
                }
                Ok::<(), io::Error>(())
            };
            if let Err(error) = list() {
                found.push(Self::closed(folder, &error));
            }
        }
        (found, others)
    }
}

impl Source for FileSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        match &self.closed {
            Some(why) => Err(io::Error::other(why.clone())),
            None => Ok(Box::new(File::open(&self.path)?)),
        }
    }

    fn length(&self) -> u64 {
        self.length
    }
}

/// What could be read only once, and is on the disk of the audit folder meanwhile.
pub struct Spooled {
    name: String,
    file: Arc<dyn ReadAt>,
    /// Why it could not be read to its end.
    failed: Option<String>,
}

impl Spooled {
    /// Copies everything that a reader gives into the file of that number.
    pub(super) fn copy(
        disk: &Arc<dyn Disk>,
        number: u32,
        name: &str,
        reader: &mut dyn Read,
    ) -> Result<Self, ImportError> {
        let path = scratch().join(format!("spooled.{number}"));
        match disk.remove(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(ImportError::disk(path)(error)),
            _ => {}
        }
        let mut sink = Sink::new(disk.clone(), &path);
        let (mut buffer, mut failed) = (vec![0; 256 << 10], None);
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => {
                    let bytes = buffer.get(..read).unwrap_or_default();
                    sink.write_all(bytes).map_err(ImportError::disk(&path))?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // It is rejected like a file that cannot be read, and stops nothing else.
                Err(error) => {
                    failed = Some(error.to_string());
                    break;
                }
            }
        }
        sink.finish().map_err(ImportError::disk(&path))?;
        let file = disk.open(&path).map_err(ImportError::disk(&path))?;
        Ok(Self { name: name.to_owned(), file, failed })
    }
}

impl Source for Spooled {
    fn name(&self) -> &str {
        &self.name
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(SpooledReader { file: self.file.clone(), at: 0, failed: self.failed.clone() }))
    }

    fn length(&self) -> u64 {
        self.file.length()
    }

    fn has_lines(&self) -> bool {
        true
    }
}

struct SpooledReader {
    file: Arc<dyn ReadAt>,
    at: u64,
    failed: Option<String>,
}

impl Read for SpooledReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = (self.file.length() - self.at).min(buffer.len() as u64);
        if let (0, Some(failed)) = (length, &self.failed) {
            return Err(io::Error::other(failed.clone()));
        }
        let bytes = self.file.read_at(self.at, length)?;
        buffer.iter_mut().zip(bytes.iter()).for_each(|(to, from)| *to = *from);
        self.at += length;
        Ok(length as usize)
    }
}

/// The name of a path. Bytes that are no UTF-8, and the letter that stands for them, are told in hex, so that no two
/// paths have one name: sources of one name would be imported once.
fn name_of(path: &Path) -> String {
    const UNKNOWN: char = char::REPLACEMENT_CHARACTER;
    let mut name = String::new();
    let add = |name: &mut String, bytes: &[u8]| {
        bytes.iter().for_each(|byte| name.push_str(&format!("{UNKNOWN}{byte:02X}")));
    };
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                UNKNOWN => add(&mut name, UNKNOWN.encode_utf8(&mut [0; 4]).as_bytes()),
                known => name.push(known),
            }
        }
        add(&mut name, chunk.invalid());
    }
    name
}

/// Whether a name says JSON.
pub(super) fn is_json(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [".json", ".jsonl", ".ndjson"].iter().any(|end| name.strip_suffix(".gz").unwrap_or(&name).ends_with(end))
}

fn too_deep() -> io::Error {
    io::Error::other(format!("folders stand more than {FOLDER_DEPTH_MAX} deep inside each other"))
}

#[cfg(all(test, unix))]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn a_folder_that_cannot_be_listed_does_not_stop_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let deep = (0..FOLDER_DEPTH_MAX).fold(root.join("deep"), |path, _| path.join("d"));
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(deep.join("lost.json"), "{}").unwrap();
        std::fs::write(deep.parent().unwrap().join("kept.json"), "{}").unwrap();
        std::fs::write(root.join("a.json"), "{}").unwrap();
        let (sources, others) = FileSource::below(root, Path::new("/nowhere"));
        let mut told: Vec<_> = sources.iter().map(|source| (source.open().is_ok(), source.path.clone())).collect();
        told.sort();
        let kept = deep.parent().unwrap().join("kept.json");
        assert_eq!((told, others), (vec![(false, deep), (true, root.join("a.json")), (true, kept)], 0));
        let (sources, _) = FileSource::below(&root.join("none"), Path::new("/nowhere"));
        assert!(sources.len() == 1 && sources[0].open().is_err());
    }

    #[test]
    fn paths_that_differ_have_names_that_do() {
        let name = |bytes: &[u8]| name_of(Path::new(OsStr::from_bytes(bytes)));
        assert_eq!(name("a/é\\xFF.json".as_bytes()), "a/é\\xFF.json");
        assert_eq!(name(b"a\xff\xfe.json"), "a\u{fffd}FF\u{fffd}FE.json");
        let alike = [&b"\xff"[..], b"\xfe", "\u{fffd}".as_bytes(), "\u{fffd}FF".as_bytes(), b"\xef\xbf\xff"];
        let names: std::collections::BTreeSet<_> = alike.iter().map(|bytes| name(bytes)).collect();
        assert_eq!(names.len(), alike.len(), "{names:?}");
    }
}
