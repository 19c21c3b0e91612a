//! The copy of a bucket: which objects there are, and what they hash to when inflated.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::VerifyError;
use crate::disk::{Disk, ReadAt};
use crate::limits::{AWS_DIGEST_BYTES_MAX, AWS_LOG_BYTES_MAX};
use crate::log::{Hash, files_below};

/// A copy of a bucket. Keys are paths with `/`.
pub(super) struct Bucket<'a> {
    disk: &'a dyn Disk,
    keys: BTreeMap<String, u64>,
}

/// Why an object could not be inflated.
pub(super) enum Inflate {
    Disk(io::Error),
    Content(String),
}

impl<'a> Bucket<'a> {
    pub(super) fn new(disk: &'a dyn Disk) -> Result<Self, VerifyError> {
        let files = files_below(disk, Path::new("")).map_err(|error| VerifyError { path: "".into(), error })?;
        let key = |path: &Path| path.to_str().map(|path| path.replace(std::path::MAIN_SEPARATOR, "/"));
        Ok(Self { disk, keys: files.into_iter().filter_map(|(path, length)| Some((key(&path)?, length))).collect() })
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    /// A small object, inflated if it is gzip, whole gzip members and nothing after them.
    pub(super) fn read(&self, key: &str) -> Result<Vec<u8>, Inflate> {
        let mut bytes = Vec::new();
        let read = self.inflate(key)?.take(AWS_DIGEST_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(Inflate::from)?;
        match read as u64 > AWS_DIGEST_BYTES_MAX {
            true => Err(Inflate::Content(format!("longer than {AWS_DIGEST_BYTES_MAX} bytes"))),
            false => Ok(bytes),
        }
    }

    /// SHA-256 of the content of an object.
    pub(super) fn hash(&self, key: &str) -> Result<Hash, Inflate> {
        let mut content = self.inflate(key)?.take(AWS_LOG_BYTES_MAX + 1);
        let (mut hasher, mut part) = (Sha256::new(), vec![0; 64 << 10]);
        loop {
            let length = content.read(&mut part).map_err(Inflate::from)?;
            if length == 0 {
                break;
            }
            hasher.update(part.get(..length).unwrap_or_default());
        }
        match content.limit() {
            0 => Err(Inflate::Content(format!("longer than {AWS_LOG_BYTES_MAX} bytes"))),
            _ => Ok(Hash(hasher.finalize().into())),
        }
    }

    fn inflate(&self, key: &str) -> Result<Box<dyn Read>, Inflate> {
        let file = self.disk.open(Path::new(key)).map_err(Inflate::Disk)?;
        let magic = file.read_at(0, file.length().min(2)).map_err(Inflate::Disk)?;
        let reader = BufReader::with_capacity(64 << 10, Cursor { file, at: 0 });
        Ok(match magic.as_ref() == [0x1f, 0x8b] {
            true => Box::new(MultiGzDecoder::new(reader)),
            false => Box::new(reader),
        })
    }
}

impl From<io::Error> for Inflate {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                Inflate::Content(error.to_string())
            }
            _ => Inflate::Disk(error),
        }
    }
}

struct Cursor {
    file: Arc<dyn ReadAt>,
    at: u64,
}

impl Read for Cursor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.file.length().saturating_sub(self.at).min(buffer.len() as u64);
        let bytes = self.file.read_at(self.at, length)?;
        buffer.iter_mut().zip(bytes.iter()).for_each(|(to, from)| *to = *from);
        self.at += length;
        Ok(length as usize)
    }
}
