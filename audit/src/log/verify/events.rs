//! The events of one file against the tree, and its columns against the events.

use std::sync::Arc;

use super::{Problem, Report, VerifyError, unreadable};
use crate::column::COLUMNS;
use crate::disk::ReadAt;
use crate::event::EventText;
use crate::folder::{DayFile, Origin};
use crate::log::checkpoint::hash;
use crate::log::tile::{TileError, Tiles};
use crate::log::tree::{self, Hash};
use crate::log::{FOOTER_ROOT, FOOTER_SIZE};
use crate::parquet::{EventColumns, EventFile, FileError, Filter, Footer, Rows};

/// Which leaves of a log are in a file.
pub(super) struct Seen {
    words: Vec<u64>,
    size: u64,
}

/// A file that is to be checked.
pub(super) struct Events<'a> {
    pub(super) file: &'a DayFile,
    pub(super) origin: &'a Origin,
    pub(super) tiles: &'a Tiles,
}

/// Why a check stopped.
enum Stop {
    Problem(Problem),
    Disk(std::io::Error),
}

impl Seen {
    pub(super) fn new(size: u64) -> Self {
        Self { words: vec![0; usize::try_from(size.div_ceil(64)).unwrap_or(usize::MAX)], size }
    }

    fn has(&self, index: u64) -> bool {
        self.words.get((index / 64) as usize).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    pub(super) fn mark(&mut self, index: u64) {
        if let Some(word) = self.words.get_mut((index / 64) as usize) {
            *word |= 1 << (index % 64);
        }
    }

    pub(super) fn join(&mut self, other: &Seen) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    /// The first that is in no file, and how many are not.
    pub(super) fn missing(&self) -> Option<(u64, u64)> {
        let first = (0..self.size).find(|index| !self.has(*index))?;
        let count: u64 = self.words.iter().map(|word| u64::from(word.count_ones())).sum();
        Some((first, self.size - count))
    }
}

impl Events<'_> {
    /// Checks every event of a file. `elsewhere` gives the hashes of leaves that the tree does not have yet.
    pub(super) fn check(
        &self,
        file: Arc<dyn ReadAt>,
        seen: &mut Seen,
        report: &mut Report,
        elsewhere: impl Fn(u64) -> Option<Hash>,
    ) -> Result<(), VerifyError> {
        match self.walk(file, seen, elsewhere) {
            Ok(()) => Ok(()),
            Err(Stop::Disk(error)) => Err(unreadable(self.file.path())(error)),
            Err(Stop::Problem(problem)) => {
                report.find(&self.file.path(), problem);
                Ok(())
            }
        }
    }

    fn walk(
        &self,
        file: Arc<dyn ReadAt>,
        seen: &mut Seen,
        elsewhere: impl Fn(u64) -> Option<Hash>,
    ) -> Result<(), Stop> {
        let opened = EventFile::open(file)?;
        self.footer(opened.footer())?;
        let names = COLUMNS.iter().map(|column| column.field.name);
        let mut text = Vec::new();
        for batch in opened.batches(names, &Filter::default())? {
            let batch = batch?;
            let mut columns = EventColumns::new(&batch)?;
            let mut again = Rows::default();
            for row in 0..batch.num_rows() {
                text.clear();
                columns.write(row, &mut text)?;
                let index = columns.leaf_index(row).unwrap_or(u64::MAX);
                let event = String::from_utf8(text.clone()).ok().and_then(|text| EventText::read(text).ok());
                let event = event.ok_or(Problem::Event { index, what: "not an event" })?;
                let wanted = match self.tiles.leaf(index)? {
                    Some(leaf) => Some(leaf),
                    None => elsewhere(index),
                };
                self.place(&event, index, wanted, seen).map_err(|what| Problem::Event { index, what })?;
                again.append(&event.view(), index);
            }
            if again.finish()?.columns() != batch.columns() {
                return Err(Problem::Columns.into());
            }
        }
        Ok(())
    }

    fn place(&self, event: &EventText, index: u64, leaf: Option<Hash>, seen: &mut Seen) -> Result<(), &'static str> {
        if leaf != Some(Hash::from(event.view().leaf())) {
            return Err("not the one in the log");
        }
        if index < self.file.range.first || index > self.file.range.last {
            return Err("not in the range that the name of the file says");
        }
        if event.view().time().date() != self.file.date {
            return Err("of another day");
        }
        if seen.has(index) {
            return Err("in two files");
        }
        seen.mark(index);
        Ok(())
    }

    fn footer(&self, footer: &Footer) -> Result<(), Stop> {
        if footer.origin != *self.origin || footer.range != self.file.range {
            return Err(Problem::Footer("origin or range are not those of the name").into());
        }
        let find = |name: &str| footer.more.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let size = find(FOOTER_SIZE).and_then(|size| size.parse().ok()).filter(|size| *size > footer.range.last);
        let root = find(FOOTER_ROOT).and_then(hash);
        let (Some(size), Some(root)) = (size, root) else {
            return Err(Problem::Footer("it names no root of its log").into());
        };
        // A root beyond the checkpoint is that of events which are still in the journal.
        match size <= self.tiles.size() && tree::root(self.tiles, size)? != root {
            true => Err(Problem::Footer("the root is not that of its log").into()),
            false => Ok(()),
        }
    }
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Stop::Problem(problem)
    }
}

impl From<FileError> for Stop {
    fn from(error: FileError) -> Self {
        match error {
            // A file that ends too early says so in the words of the disk.
            FileError::Disk(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => Stop::Disk(error),
            error => Problem::File(error.to_string()).into(),
        }
    }
}

impl From<TileError> for Stop {
    fn from(error: TileError) -> Self {
        match error {
            TileError::Disk { error, .. } => Stop::Disk(error),
            TileError::Missing(_) | TileError::Length(_) => Problem::Tile.into(),
        }
    }
}
