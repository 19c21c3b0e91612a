//! What could not be imported, kept verbatim under `rejected/` with the reasons beside it.
//!
//! `import-<digest>.kept` has the bytes: those of a whole source, or the records of one source that were rejected, each
//! followed by a newline. `import-<digest>.reasons` has a line of JSON for each. The same bytes have the same name, so
//! importing again adds nothing.

use std::io::{self, Read, Write};
use std::path::PathBuf;

use super::batch::Sink;
use super::{ImportError, Rejection, Source, origin, scratch};
use crate::folder::Folder;
use crate::json::write_string;

/// What is kept of one source.
pub(super) struct Keeper<'a> {
    folder: &'a Folder,
    kept: Option<Sink>,
    length: u64,
    reasons: Option<Sink>,
    has_source: bool,
}

impl<'a> Keeper<'a> {
    pub(super) fn new(folder: &'a Folder) -> Self {
        Self { folder, kept: None, length: 0, reasons: None, has_source: false }
    }

    /// Keeps the bytes of a record. Without them the whole source is kept in the end.
    pub(super) fn record(&mut self, rejection: &Rejection, bytes: Option<&[u8]>) -> Result<(), ImportError> {
        let place = bytes.map(|bytes| (self.length, bytes.len() as u64));
        if let Some(bytes) = bytes {
            let kept = self.kept.get_or_insert_with(|| sink(self.folder, "kept"));
            kept.write_all(bytes).and_then(|()| kept.write_all(b"\n")).map_err(ImportError::disk(kept.path()))?;
            self.length += bytes.len() as u64 + 1;
        }
        self.has_source |= bytes.is_none();
        self.reason(rejection, place)
    }

    /// Keeps a source whole.
    pub(super) fn source(&mut self, rejection: &Rejection) -> Result<(), ImportError> {
        self.has_source = true;
        self.reason(rejection, None)
    }

    fn reason(&mut self, rejection: &Rejection, place: Option<(u64, u64)>) -> Result<(), ImportError> {
        let mut line = b"{\"source\":".to_vec();
        write_string(&rejection.source, &mut line);
        if let Some(record) = rejection.record {
            line.extend_from_slice(format!(",\"record\":{record}").as_bytes());
        }
        if let Some(offset) = rejection.offset {
            line.extend_from_slice(format!(",\"offset\":{offset}").as_bytes());
        }
        if let Some((start, length)) = place {
            line.extend_from_slice(format!(",\"kept_at\":{start},\"kept_bytes\":{length}").as_bytes());
        }
        line.extend_from_slice(b",\"message\":");
        write_string(&rejection.message, &mut line);
        line.extend_from_slice(b"}\n");
        let reasons = self.reasons.get_or_insert_with(|| sink(self.folder, "reasons"));
        reasons.write_all(&line).map_err(ImportError::disk(scratch()))
    }

    /// Gives everything its name.
    pub(super) fn finish(self, source: &dyn Source) -> Result<(), ImportError> {
        let Some(reasons) = self.reasons else { return Ok(()) };
        if let Some(kept) = self.kept {
            name(self.folder, kept, "kept")?;
        }
        if self.has_source
            && let Ok(mut reader) = source.open()
        {
            let mut kept = sink(self.folder, "source");
            // A source that cannot be read to its end is kept as far as it can be.
            let mut buffer = vec![0; 64 << 10];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                let bytes = buffer.get(..read).unwrap_or_default();
                kept.write_all(bytes).map_err(ImportError::disk(kept.path()))?;
            }
            name(self.folder, kept, "kept")?;
        }
        name(self.folder, reasons, "reasons")
    }
}

fn sink(folder: &Folder, name: &str) -> Sink {
    Sink::new(folder.disk().clone(), scratch().join(format!("rejected.{name}")))
}

fn name(folder: &Folder, sink: Sink, extension: &str) -> Result<(), ImportError> {
    let (disk, from) = (folder.disk(), sink.path().to_owned());
    let (digest, _) = sink.finish().map_err(ImportError::disk(&from))?;
    let to: PathBuf = Folder::rejected().join(format!("{}-{digest}.{extension}", origin()));
    match disk.open(&to) {
        Ok(_) => {
            disk.remove(&from).map_err(ImportError::disk(from))?;
            // Whoever gave it its name may have been stopped before that was durable.
            disk.sync_folder(Folder::rejected()).map_err(ImportError::disk(to))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            disk.rename(&from, &to).map_err(ImportError::disk(&to))?;
            disk.sync_folder(Folder::rejected()).map_err(ImportError::disk(to))
        }
        Err(error) => Err(ImportError::disk(to)(error)),
    }
}
