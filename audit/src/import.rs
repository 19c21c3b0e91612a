//! From CloudTrail files to the audit folder: every event once, however often and in whatever order files come.
//!
//! Memory stays under 512 MB for any input: long sources are streamed, events are written out in row groups, and what
//! must be remembered of millions of events is kept in sorted files. Sources are read by several threads and taken in
//! the order of their names, so one import into an empty folder always gives the same bytes.
//!
//! ```
//! use std::io::Read;
//! use std::sync::Arc;
//! use wardbook_audit::disk::MemoryDisk;
//! use wardbook_audit::folder::Folder;
//! use wardbook_audit::import::{Importer, Options, Source};
//!
//! struct Text(&'static str);
//! impl Source for Text {
//!     fn name(&self) -> &str { "events.json" }
//!     fn open(&self) -> std::io::Result<Box<dyn Read + Send>> { Ok(Box::new(self.0.as_bytes())) }
//! }
//!
//! let folder = Folder::new(Arc::new(MemoryDisk::default()));
//! let text = r#"{"Records": [{"eventTime": "2026-04-01T12:00:00Z"}, {"eventTime": "yesterday"}]}"#;
//! for (written, duplicate) in [(1, 0), (0, 1)] {
//!     let importer = Importer::begin(&folder).unwrap();
//!     let books = importer.run(vec![Box::new(Text(text))], &mut (), Options::default(), &mut ()).unwrap();
//!     assert_eq!((books.read, books.written, books.duplicate, books.rejected), (2, written, duplicate, 1));
//! }
//! ```

mod batch;
mod index;
mod known;
#[cfg(feature = "object-store")]
pub mod object;
mod read;
mod records;
mod rejected;
mod source;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use crate::disk::Lock;
use crate::folder::{DayFile, Folder, Origin};
use crate::journal::{JournalError, Log};
use crate::limits::{CHUNKS_WAITING_MAX, IMPORT_THREADS_MAX, REPORTED_MAX};
use crate::log::Hash;
use crate::parquet::{FileError, RowPool, Settings};

pub(crate) use batch::Sink;
pub use source::{FileSource, Source, Spooled};

use batch::Batch;
use known::{Known, Standing};
use read::{Chunk, Item, Message, What};
use rejected::Keeper;

/// How an import is done.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How many threads read sources.
    pub threads: usize,
    /// How Parquet files are written.
    pub settings: Settings,
}

impl Default for Options {
    fn default() -> Self {
        Self { threads: 2, settings: Settings::default() }
    }
}

/// The books of an import. INVARIANT: `read` is `written + duplicate + rejected`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Books {
    /// Records, and sources of which nothing could be read.
    pub read: u64,
    /// Records that are in the folder now and were not before.
    pub written: u64,
    /// Records that were there.
    pub duplicate: u64,
    /// Records that are no events, and sources of which nothing could be read.
    pub rejected: u64,
    /// Digest and head files of CloudTrail, which hold no events.
    pub skipped: u64,
    /// Records that were written although another value has their `eventID`.
    pub conflict: u64,
    /// The first of the rejections.
    pub rejections: Vec<Rejection>,
    /// The first of the conflicts.
    pub conflicts: Vec<Conflict>,
}

/// A record or source that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The source.
    pub source: String,
    /// Which record of it, from 1; none if it is the whole source.
    pub record: Option<u64>,
    /// Where in the source, in bytes after decompression.
    pub offset: Option<u64>,
    /// Why.
    pub message: String,
}

/// A record that was taken although another value was known under its `eventID`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The source.
    pub source: String,
    /// Which record of it, from 1.
    pub record: u64,
    /// The `eventID`.
    pub event_id: String,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of sources that were read.
    pub bytes: u64,
    /// Bytes that the sources have, as far as that is known.
    pub bytes_all: u64,
    /// Records that were read.
    pub records: u64,
}

/// Who wants to see an import while it goes on. `()` does not.
pub trait Watch {
    /// Something was rejected.
    fn rejected(&mut self, _rejection: &Rejection) {}

    /// Something was taken although it looks forged.
    fn conflict(&mut self, _conflict: &Conflict) {}

    /// It goes on.
    fn progress(&mut self, _progress: Progress) {}
}

impl Watch for () {}

/// Why an import ended before its time. Everything that was visible before stays visible.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Another import into the same folder goes on.
    #[error("another import into this folder is running")]
    Locked,
    /// A disk failed.
    #[error("{}: {error}", path.display())]
    Disk {
        /// Where.
        path: PathBuf,
        /// How.
        error: io::Error,
    },
    /// A Parquet file of the folder cannot be read.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: FileError,
    },
    /// A Parquet file cannot be written.
    #[error(transparent)]
    Write(#[from] FileError),
    /// The events of the journals cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// What an earlier run left is damaged.
    #[error("{}: {}", .0.display(), .1)]
    Damaged(PathBuf, String),
    /// A source changed while it was read.
    #[error("`{0}` changed while it was read; import again")]
    Changed(String),
}

impl ImportError {
    pub(crate) fn disk(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| ImportError::Disk { path, error }
    }

    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(FileError) -> Self {
        let path = path.into();
        move |error| ImportError::File { path, error }
    }
}

/// The name of the log that imported events are in.
pub fn origin() -> Origin {
    Origin::import()
}

/// Where an import keeps what is only of use until it ends.
fn scratch() -> PathBuf {
    Folder::temporary().join("import")
}

/// Whether a name is that of a digest or head file, which CloudTrail puts beside its logs.
pub fn is_digest(name: &str) -> bool {
    name.contains("CloudTrail-Digest") || name.ends_with(".head.json") || name.ends_with(".head.json.gz")
}

/// Finishes what a killed import had decided, if there is such. The caller holds the lock of the log `import`.
pub fn recover(folder: &Folder, log: &mut dyn Log) -> Result<(), ImportError> {
    batch::recover(folder, &origin(), log)
}

/// The files of an import that was killed after it decided and before all of them had their names: what they will be
/// called, and where they are.
pub(crate) fn undone(folder: &Folder) -> io::Result<Vec<(DayFile, PathBuf)>> {
    batch::undone(folder, &origin())
}

/// The only import into a folder, until it is dropped.
pub struct Importer {
    folder: Folder,
    spooled: AtomicU32,
    _lock: Box<dyn Lock>,
}

impl Importer {
    /// Takes the lock.
    pub fn begin(folder: &Folder) -> Result<Self, ImportError> {
        let (disk, lock) = (folder.disk(), Folder::lock(&origin()));
        for needed in [&*scratch(), Folder::rejected(), lock.parent().unwrap_or(&lock)] {
            disk.create_folder(needed).map_err(ImportError::disk(needed))?;
        }
        let held = disk.lock(&lock).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => ImportError::Locked,
            _ => ImportError::Disk { path: lock, error },
        })?;
        Ok(Self { folder: folder.clone(), spooled: AtomicU32::new(0), _lock: held })
    }

    /// Keeps what can be read only once, such as the standard input or a pipe, until the import ends.
    pub fn spool(&self, name: &str, reader: &mut dyn Read) -> Result<Spooled, ImportError> {
        Spooled::copy(self.folder.disk(), self.spooled.fetch_add(1, Ordering::Relaxed), name, reader)
    }

    /// Imports sources. The log must be that of [`origin`], opened after [`Importer::begin`].
    pub fn run(
        self,
        mut sources: Vec<Box<dyn Source>>,
        log: &mut dyn Log,
        options: Options,
        watch: &mut dyn Watch,
    ) -> Result<Books, ImportError> {
        recover(&self.folder, log)?;
        sources.sort_by(|a, b| a.name().cmp(b.name()));
        sources.dedup_by(|a, b| a.name() == b.name());
        let first = next_leaf(&self.folder)?;
        let run = Run {
            folder: &self.folder,
            known: Known::collect(&self.folder, scratch())?,
            batch: Some(Batch::new(&self.folder, &origin(), options.settings, first)),
            options,
            log,
            watch,
            books: Books::default(),
            bytes_read: Arc::new(AtomicU64::new(0)),
            bytes_all: sources.iter().map(|source| source.length()).sum(),
        };
        let books = run.all(&sources)?;
        batch::clean(&**self.folder.disk())?;
        Ok(books)
    }
}

/// The index of the next event.
fn next_leaf(folder: &Folder) -> Result<u64, ImportError> {
    let files = folder.day_files().map_err(ImportError::disk("dt=*"))?;
    Ok(files.iter().filter(|file| file.origin == origin()).map(|file| file.range.last + 1).max().unwrap_or(0))
}

/// How many events are looked up together.
const ITEMS_FETCHED: usize = 16;

struct Run<'a> {
    folder: &'a Folder,
    known: Known,
    batch: Option<Batch>,
    options: Options,
    log: &'a mut dyn Log,
    watch: &'a mut dyn Watch,
    books: Books,
    bytes_read: Arc<AtomicU64>,
    bytes_all: u64,
}

impl Run<'_> {
    fn all(mut self, sources: &[Box<dyn Source>]) -> Result<Books, ImportError> {
        let threads = self.options.threads.clamp(1, IMPORT_THREADS_MAX);
        let (announce, announced) = sync_channel(threads);
        let queue = Mutex::new(Queue { next: 0, announce });
        let (bytes_read, pool) = (self.bytes_read.clone(), Arc::default());
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| work(&queue, sources, &bytes_read, &pool));
            }
            // Dropped when this returns, by which the threads know that nobody listens any more.
            let mut waiting = BTreeMap::new();
            let announced: Receiver<(usize, Receiver<Message>)> = announced;
            for (at, source) in sources.iter().enumerate() {
                while !waiting.contains_key(&at) {
                    let Ok((place, messages)) = announced.recv() else { break };
                    waiting.insert(place, messages);
                }
                if let Some(messages) = waiting.remove(&at) {
                    self.source(&**source, messages)?;
                }
            }
            Ok::<(), ImportError>(())
        })?;
        self.commit()?;
        let next = next_leaf(self.folder)?;
        // What was rejected belongs to the log too, also if there was nothing else.
        self.log.extend(next, &[]).map_err(ImportError::disk("log"))?;
        Ok(self.books)
    }

    fn source(&mut self, source: &dyn Source, messages: Receiver<Message>) -> Result<(), ImportError> {
        let mut keeper = Keeper::new(self.folder);
        let mut digest = Hash([0; 32]);
        for message in messages {
            match message {
                Message::Skipped => self.books.skipped += 1,
                Message::Changed => return Err(ImportError::Changed(source.name().to_owned())),
                Message::Whole(found) => digest = found,
                Message::Refused(refusal) => {
                    let (offset, message) = (refusal.offset, refusal.message);
                    let rejection = Rejection { source: source.name().to_owned(), record: None, offset, message };
                    keeper.source(&rejection)?;
                    self.reject(rejection);
                }
                Message::Chunk(chunk) => {
                    for items in chunk.items.chunks(ITEMS_FETCHED) {
                        self.known.fetch(items.iter().filter_map(Item::key));
                        items.iter().try_for_each(|item| self.item(source, &mut keeper, digest, &chunk, item))?;
                    }
                }
            }
            let bytes = self.bytes_read.load(Ordering::Relaxed).min(self.bytes_all);
            self.watch.progress(Progress { bytes, bytes_all: self.bytes_all, records: self.books.read });
        }
        keeper.finish(source)
    }

    fn reject(&mut self, rejection: Rejection) {
        self.books.read += 1;
        self.books.rejected += 1;
        self.watch.rejected(&rejection);
        if self.books.rejections.len() < REPORTED_MAX {
            self.books.rejections.push(rejection);
        }
    }

    fn item(
        &mut self,
        source: &dyn Source,
        keeper: &mut Keeper<'_>,
        digest: Hash,
        chunk: &Chunk,
        item: &Item,
    ) -> Result<(), ImportError> {
        let rejection = |message: String| Rejection {
            source: source.name().to_owned(),
            record: Some(item.number),
            offset: Some(item.offset),
            message,
        };
        let place = match &item.what {
            What::Event(place) => place,
            What::Rejected { message, bytes } => {
                let rejection = rejection(message.clone());
                keeper.record(&rejection, bytes.as_deref())?;
                self.reject(rejection);
                return Ok(());
            }
        };
        self.books.read += 1;
        match self.known.standing(place.key, || chunk.rows.row(&place.row), place.leaf)? {
            Standing::Duplicate => {
                self.books.duplicate += 1;
                return Ok(());
            }
            Standing::New => {}
            Standing::Conflict => {
                let event_id = self.known.id(&chunk.rows.row(&place.row)).unwrap_or_default().to_owned();
                let conflict = Conflict { source: source.name().to_owned(), record: item.number, event_id };
                self.books.conflict += 1;
                self.watch.conflict(&conflict);
                if self.books.conflicts.len() < REPORTED_MAX {
                    self.books.conflicts.push(conflict);
                }
            }
        }
        self.known.take(place.key, place.leaf)?;
        self.books.written += 1;
        let is_full = match &mut self.batch {
            Some(batch) => batch.append(&chunk.rows, place.row, place.leaf, digest)?,
            None => false,
        };
        if is_full {
            self.commit()?;
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), ImportError> {
        if let Some(batch) = self.batch.take() {
            let next = batch.commit(self.log)?;
            self.batch = Some(Batch::new(self.folder, &origin(), self.options.settings, next));
        }
        Ok(())
    }
}

/// Which source is read next, and where its reader says so.
struct Queue {
    next: usize,
    announce: SyncSender<(usize, Receiver<Message>)>,
}

/// Reads one source after another until there are none, or nobody listens.
fn work(queue: &Mutex<Queue>, sources: &[Box<dyn Source>], bytes_read: &Arc<AtomicU64>, pool: &Arc<RowPool>) {
    let mut tools = read::Tools::new(pool.clone());
    loop {
        let (send, messages) = sync_channel(CHUNKS_WAITING_MAX);
        let source = {
            let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
            let at = queue.next;
            let Some(source) = sources.get(at) else { return };
            queue.next += 1;
            // Under the lock, so that sources are announced in their order.
            if queue.announce.send((at, messages)).is_err() {
                return;
            }
            source
        };
        let mut wanted = true;
        read::read(&**source, bytes_read, &mut tools, &mut |message| {
            wanted = send.send(message).is_ok();
            wanted
        });
        if !wanted {
            return;
        }
    }
}

/// Where a path of this machine is, links followed, or the path itself if it is nowhere.
pub fn whole_path(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
