//! The journal: an event is durable before the caller goes on, or the caller is told that it is not.
//!
//! Callers that arrive together share one write and one sync. A failed write, a failed sync or one that takes too long
//! is final: the journal refuses from then on, because nobody knows what reached the disk, until it is opened again.
//! Closed segments are sealed into Parquet files; a Parquet file is never the place where an event is first kept.
//!
//! ```
//! use std::sync::Arc;
//! use wardbook_audit::disk::MemoryDisk;
//! use wardbook_audit::event::EventText;
//! use wardbook_audit::folder::{Folder, Origin};
//! use wardbook_audit::journal::{Journal, Options, snapshot};
//!
//! let folder = Folder::new(Arc::new(MemoryDisk::default()));
//! let opened = Journal::open(&folder, &Origin::new("server").unwrap(), Options::default(), Box::new(()), |_| None);
//! let journal = opened.unwrap();
//! let event = EventText::read(r#"{"eventTime": "2026-04-01T12:00:00Z", "eventName": "Decrypt"}"#.into()).unwrap();
//! assert_eq!(journal.append(&event).unwrap().leaf_index(), 0);
//! assert_eq!(snapshot(&folder).unwrap().unsealed.len(), 1);
//! journal.close().unwrap();
//! assert_eq!(snapshot(&folder).unwrap().files.len(), 1);
//! ```

mod append;
mod frame;
mod open;
mod read;
mod seal;
mod segment;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use append::{Durable, Journal, Ticket};
pub use open::CutTail;
pub use read::{Moment, Snapshot, Unsealed, moment, snapshot};
pub use seal::Log;
pub use segment::Segment;

use crate::limits::JOURNAL_SEGMENT_BYTES_MAX;
use crate::parquet::{FileError, Settings};

/// How a journal behaves.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How long a caller waits for its event to be durable. After that the journal refuses.
    pub time_limit: Duration,
    /// How large a segment grows before the next one is begun.
    pub segment_bytes: u64,
    /// How much of a segment is filled with zeros before it is begun, so that a sync has less to write; 0 for none. The next
    /// one is filled by [`Journal::prepare`].
    pub filled_bytes: u64,
    /// How Parquet files are written.
    pub settings: Settings,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            time_limit: Duration::from_secs(10),
            segment_bytes: JOURNAL_SEGMENT_BYTES_MAX,
            filled_bytes: 0,
            settings: Settings::default(),
        }
    }
}

/// Why the journal takes no events.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refusal {
    /// The disk failed. What was under way may or may not be kept.
    #[error("the journal refuses events since the disk failed: {0}")]
    Disk(Arc<str>),
    /// The disk did not answer in time.
    #[error("the journal refuses events since the disk did not answer within {0:?}")]
    Hung(Duration),
    /// It was closed.
    #[error("the journal is closed")]
    Closed,
}

/// Why the journal could not be opened, sealed, closed or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process writes this log.
    #[error("another process writes the log `{0}`")]
    Locked(String),
    /// The disk failed.
    #[error("{}: {error}", path.display())]
    Disk {
        /// Where.
        path: PathBuf,
        /// How.
        error: std::io::Error,
    },
    /// Bytes were changed that a crash cannot have changed.
    #[error("{}: changed at byte {offset}: {what}", path.display())]
    Tampered {
        /// Which segment.
        path: PathBuf,
        /// Where.
        offset: usize,
        /// What is wrong there.
        what: &'static str,
    },
    /// A Parquet file could not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The journal refuses.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl JournalError {
    fn disk(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |error| JournalError::Disk { path, error }
    }
}
