//! What lies below an audit folder, and which file stands for which events.
//!
//! ```text
//! dt=2026-04-01/<origin>-<first>-<last>.parquet   events of that day whose leaf index is in that range
//! journal/<origin>/<first>.journal                 events that are durable and not yet in a Parquet file
//! log/<origin>/                                    the Merkle log
//! rejected/                                        what could not be read, verbatim
//! lock/<origin>   tmp/                             the only places that no checkpoint covers
//! ```
//!
//! INVARIANT: of one origin and day, an event is in at most one file that [`Folder::day_files`] lists: a file whose
//! range lies inside that of another was compacted into it, and is not listed.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::disk::Disk;
use crate::limits::ORIGIN_BYTES_MAX;
use crate::time::Timestamp;

/// An audit folder on a disk.
#[derive(Debug, Clone)]
pub struct Folder {
    disk: Arc<dyn Disk>,
}

/// The name of a log: lower case letters, digits and inner underscores.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(String);

/// Leaf indexes from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeafRange {
    /// The lowest index.
    pub first: u64,
    /// The highest index.
    pub last: u64,
}

/// A Parquet file of one day and origin.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DayFile {
    /// The day in UTC, `YYYY-MM-DD`.
    pub date: String,
    /// The log that its events are in.
    pub origin: Origin,
    /// The events of this day with these indexes are in it; events of other days may have indexes between.
    pub range: LeafRange,
    /// How long it is.
    pub length: u64,
}

/// Files that were compacted, each after the one that holds it.
type Covered = Vec<(DayFile, DayFile)>;

/// Why a text is not the name of a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no name for a log: 1 to {ORIGIN_BYTES_MAX} lower case letters, digits and underscores, a letter first"
)]
pub struct OriginError(String);

impl Folder {
    /// The folder that is the root of a disk.
    pub fn new(disk: Arc<dyn Disk>) -> Self {
        Self { disk }
    }

    /// The disk; paths on it are relative to the folder.
    pub fn disk(&self) -> &Arc<dyn Disk> {
        &self.disk
    }

    /// Where the journal of a log is.
    pub fn journal(origin: &Origin) -> PathBuf {
        Path::new("journal").join(&origin.0)
    }

    /// Where the Merkle log of an origin is.
    pub fn log(origin: &Origin) -> PathBuf {
        Path::new("log").join(&origin.0)
    }

    /// Where what could not be read is kept.
    pub fn rejected() -> &'static Path {
        Path::new("rejected")
    }

    /// Where files are written before they get their name.
    pub fn temporary() -> &'static Path {
        Path::new("tmp")
    }

    /// The file whose lock makes its holder the only writer of a log.
    pub fn lock(origin: &Origin) -> PathBuf {
        Path::new("lock").join(&origin.0)
    }

    /// The folder of a day.
    pub fn day(date: &str) -> PathBuf {
        PathBuf::from(format!("dt={date}"))
    }

    /// All origins that have Parquet files or a journal.
    pub fn origins(&self) -> io::Result<Vec<Origin>> {
        let journals = self.disk.list(Path::new("journal"))?;
        let journals =
            journals.into_iter().filter(|entry| entry.is_folder).filter_map(|entry| Origin::new(entry.name).ok());
        let mut origins: Vec<_> = self.day_files()?.into_iter().map(|file| file.origin).chain(journals).collect();
        origins.sort();
        origins.dedup();
        Ok(origins)
    }

    /// The Parquet files that together hold each sealed event once, sorted by day, origin and range.
    pub fn day_files(&self) -> io::Result<Vec<DayFile>> {
        let mut files = Vec::new();
        for date in self.days()? {
            files.extend(self.files_of_day(&date)?);
        }
        Ok(files)
    }

    /// Those of one day.
    pub fn files_of_day(&self, date: &str) -> io::Result<Vec<DayFile>> {
        Ok(self.kept_and_covered(date)?.0)
    }

    /// The files of a day that were compacted into another one and are still there, each after the one that holds it.
    pub fn covered_of_day(&self, date: &str) -> io::Result<Vec<(DayFile, DayFile)>> {
        Ok(self.kept_and_covered(date)?.1)
    }

    /// The days that have a folder. What only looks like one is somebody else's.
    pub fn days(&self) -> io::Result<Vec<String>> {
        let folders = self.disk.list(Path::new(""))?.into_iter().filter(|entry| entry.is_folder);
        let days = folders.filter_map(|folder| folder.name.strip_prefix("dt=").map(str::to_owned));
        Ok(days.filter(|date| is_date(date)).collect())
    }

    fn kept_and_covered(&self, date: &str) -> io::Result<(Vec<DayFile>, Covered)> {
        let entries = self.disk.list(&Self::day(date))?;
        let files = entries.iter().filter_map(|entry| DayFile::parse(date, &entry.name, entry.length));
        let mut files: Vec<DayFile> = files.collect();
        // Wider ranges first, so that a file meets the one it was compacted into before itself.
        files.sort_by(|a, b| {
            let key = |file: &DayFile| (file.origin.clone(), file.range.first, std::cmp::Reverse(file.range.last));
            key(a).cmp(&key(b))
        });
        let (mut kept, mut covered): (Vec<DayFile>, Vec<_>) = (Vec::with_capacity(files.len()), Vec::new());
        for file in files {
            match kept.last().filter(|last| last.origin == file.origin && last.range.covers(file.range)) {
                Some(last) => covered.push((last.clone(), file)),
                None => kept.push(file),
            }
        }
        Ok((kept, covered))
    }
}

impl Origin {
    /// Checks a name.
    pub fn new(name: impl Into<String>) -> Result<Self, OriginError> {
        let name = name.into();
        let letters = name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        let valid =
            letters && name.len() <= ORIGIN_BYTES_MAX && name.starts_with(|first: char| first.is_ascii_lowercase());
        if valid { Ok(Self(name)) } else { Err(OriginError(name)) }
    }

    /// The log that imported events are in.
    pub fn import() -> Self {
        Self("import".to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl LeafRange {
    /// Whether every index of the other is one of these.
    pub fn covers(self, other: LeafRange) -> bool {
        self.first <= other.first && other.last <= self.last
    }
}

impl DayFile {
    /// Its path in the audit folder.
    pub fn path(&self) -> PathBuf {
        let LeafRange { first, last } = self.range;
        Folder::day(&self.date).join(format!("{}-{first:012}-{last:012}.parquet", self.origin))
    }

    /// Whether every event of the other file is in this one too.
    pub fn holds(&self, other: &DayFile) -> bool {
        self.date == other.date && self.origin == other.origin && self.range.covers(other.range)
    }

    /// The file that a path in the audit folder stands for, of unknown length.
    pub fn at(path: &Path) -> Option<Self> {
        let (day, name) = path.to_str()?.split_once('/')?;
        Self::parse(day.strip_prefix("dt=")?, name, 0)
    }

    fn parse(date: &str, name: &str, length: u64) -> Option<Self> {
        let mut parts = name.strip_suffix(".parquet")?.split('-');
        let (origin, first, last) = (parts.next()?, parts.next()?, parts.next()?);
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok())?;
        let range = LeafRange { first: number(first)?, last: number(last)? };
        let file = Self { date: date.to_owned(), origin: Origin::new(origin).ok()?, range, length };
        (is_date(date) && parts.next().is_none() && range.first <= range.last && file.path().ends_with(name))
            .then_some(file)
    }
}

/// Whether a text is a day as folders are named: `YYYY-MM-DD`.
fn is_date(text: &str) -> bool {
    text.len() == "2026-04-01".len() && Timestamp::read(&format!("{text}T00:00:00Z")).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::MemoryDisk;

    #[test]
    fn compacted_files_are_listed_once() {
        let disk = MemoryDisk::default();
        for name in [
            "dt=2026-04-01/server-000000000000-000000000009.parquet",
            "dt=2026-04-01/server-000000000010-000000000019.parquet",
            "dt=2026-04-01/server-000000000000-000000000019.parquet",
            "dt=2026-04-01/server-000000000020-000000000029.parquet",
            "dt=2026-04-01/import-000000000000-000000000005.parquet",
            "dt=2026-04-02/server-000000000000-000000000009.parquet",
            "dt=2026-04-02/server-0-9.parquet",
            "dt=2026-04-02/notes.txt",
            "dt=2026-13-01/server-000000000000-000000000009.parquet",
            "dt=__HIVE_DEFAULT_PARTITION__/server-000000000000-000000000009.parquet",
            "dt=2026-04-02 (copy)/server-000000000000-000000000009.parquet",
            "other/server-000000000000-000000000009.parquet",
        ] {
            disk.put(name, vec![1]);
        }
        let files = Folder::new(Arc::new(disk)).day_files().unwrap();
        let names: Vec<_> = files.iter().map(|file| file.path().display().to_string()).collect();
        assert_eq!(
            names,
            [
                "dt=2026-04-01/import-000000000000-000000000005.parquet",
                "dt=2026-04-01/server-000000000000-000000000019.parquet",
                "dt=2026-04-01/server-000000000020-000000000029.parquet",
                "dt=2026-04-02/server-000000000000-000000000009.parquet",
            ]
        );
    }

    #[test]
    fn origins_are_words() {
        assert!(Origin::new("node_1").is_ok());
        for name in ["", "Node", "a-b", "../x", "1a", "_a", &"a".repeat(ORIGIN_BYTES_MAX + 1)] {
            assert!(Origin::new(name).is_err(), "{name}");
        }
    }
}
