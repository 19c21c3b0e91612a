//! Gives every event back as the JSON value it was, journals included, one at a time.
//!
//! ```
//! use std::sync::Arc;
//! use wardbook_audit::disk::MemoryDisk;
//! use wardbook_audit::export::{ExportError, export};
//! use wardbook_audit::folder::Folder;
//!
//! let folder = Folder::new(Arc::new(MemoryDisk::default()));
//! let count = export(&folder, |event| Ok::<(), ExportError>(println!("{event}"))).unwrap();
//! assert_eq!(count, 0);
//! ```

use std::io;
use std::path::PathBuf;

use crate::folder::{DayFile, Folder};
use crate::journal::{JournalError, moment};
use crate::log::{Reading, Vouched};
use crate::parquet::{EventFile, FileError, Filter};

/// Why not every event came back.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The events of the journals cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The disk failed.
    #[error("{}: {error}", path.display())]
    Disk {
        /// Where.
        path: PathBuf,
        /// How.
        error: io::Error,
    },
    /// A file cannot be read.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: FileError,
    },
}

/// Calls `each` with the text of every event: by day, log and file, then those of the journals. Returns how many.
///
/// The folder may be written to meanwhile. Events that come after the call began may be missing, no other.
pub fn export<E: From<ExportError>>(folder: &Folder, mut each: impl FnMut(&str) -> Result<(), E>) -> Result<u64, E> {
    let moment = moment(folder).map_err(ExportError::from)?;
    let disk = |error| ExportError::Disk { path: "log".into(), error };
    let vouched = Vouched::of(folder).map_err(disk)?;
    let mut count = 0;
    for file in &moment.files {
        events_of(folder, &vouched, file, |_, text| {
            count += 1;
            each(text)
        })?;
    }
    let read = moment.unsealed(|unsealed| {
        count += 1;
        each(&unsealed.event.view().compact()).map_err(Stop::Caller)
    });
    match read {
        Ok(()) => Ok(count),
        Err(Stop::Caller(error)) => Err(error),
        Err(Stop::Journal(error)) => Err(ExportError::from(error).into()),
    }
}

/// Why the journals were not read to their end.
enum Stop<E> {
    Caller(E),
    Journal(JournalError),
}

impl<E> From<JournalError> for Stop<E> {
    fn from(error: JournalError) -> Self {
        Stop::Journal(error)
    }
}

/// Calls `each` with every event of a file, also if it was compacted into another one since it was listed.
pub(crate) fn events_of<E: From<ExportError>>(
    folder: &Folder,
    vouched: &Vouched,
    file: &DayFile,
    mut each: impl FnMut(u64, &str) -> Result<(), E>,
) -> Result<(), E> {
    let (opened, path) = open(folder, vouched, file)?;
    let mut failed = None;
    let done = opened.events(&Filter::default(), |index, text| {
        if index < file.range.first || file.range.last < index {
            return Ok(());
        }
        each(index, text).map_err(|error| {
            failed = Some(error);
            FileError::Damaged(String::new())
        })
    });
    match (failed, done) {
        (Some(error), _) => Err(error),
        (None, Err(error)) => Err(ExportError::File { path, error }.into()),
        (None, Ok(())) => Ok(()),
    }
}

fn open(folder: &Folder, vouched: &Vouched, file: &DayFile) -> Result<(EventFile, PathBuf), ExportError> {
    let mut path = file.path();
    let failed = |path: &PathBuf, error| match error {
        FileError::Disk(error) => ExportError::Disk { path: path.clone(), error },
        error => ExportError::File { path: path.clone(), error },
    };
    let opened = match vouched.open(folder, &path, Reading::Whole) {
        Err(FileError::Disk(error)) if error.kind() == io::ErrorKind::NotFound => {
            let files = folder.files_of_day(&file.date).map_err(|error| failed(&path, error.into()))?;
            let Some(holder) = files.into_iter().find(|other| other.holds(file)) else {
                return Err(failed(&path, error.into()));
            };
            path = holder.path();
            vouched.open(folder, &path, Reading::Whole)
        }
        opened => opened,
    };
    Ok((opened.map_err(|error| failed(&path, error))?, path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::MemoryDisk;
    use crate::event::EventText;
    use crate::folder::Origin;
    use crate::journal::{Journal, Options};
    use std::sync::Arc;

    #[test]
    fn sealed_and_unsealed_events_come_back_once() {
        let folder = Folder::new(Arc::new(MemoryDisk::default()));
        let open = || {
            Journal::open(&folder, &Origin::new("server").unwrap(), Options::default(), Box::new(()), |_| None).unwrap()
        };
        let event = |second: u32| {
            EventText::read(format!(r#"{{"eventTime": "2026-04-01T12:00:{second:02}Z", "x": {{}}}}"#)).unwrap()
        };
        let journal = open();
        journal.append(&event(0)).unwrap();
        journal.close().unwrap();
        let journal = open();
        journal.append(&event(1)).unwrap();
        let mut found = Vec::new();
        let count = export(&folder, |text| {
            found.push(EventText::read(text.to_owned()).unwrap());
            Ok::<(), ExportError>(())
        });
        assert_eq!((count.unwrap(), found), (2, vec![event(0), event(1)]));
        journal.close().unwrap();
    }
}
