//! Events that wait, as rows, for their row group, and the order in which they then go into it.

use std::hint::black_box;
use std::sync::Arc;

use super::FileError;
use super::row::{Encoder, Mark, Row, RowBuffer, RowPlace};
use crate::event::Event;

/// Rows that are sorted stand far apart in memory. So many are fetched at once, since waiting for one after the other
/// would take longer than making columns of them.
const ROWS_FETCHED: usize = 16;

/// How many bytes of memory come with one that is read, on most processors.
const LINE_BYTES: usize = 64;

#[derive(Default)]
pub(super) struct Waiting {
    /// Rows that were encoded here, and the services and keys of all rows.
    own: RowBuffer,
    /// Rows that stay where they were encoded, and are kept alive by this.
    others: Vec<Arc<RowBuffer>>,
    /// For each number of a service or key in the last of the others, the number here.
    numbers: Vec<u32>,
    rows: Vec<Placed>,
    bytes: usize,
}

struct Placed {
    leaf_index: u64,
    /// One of the other buffers, if it is in one.
    other: Option<u32>,
    place: RowPlace,
}

impl Waiting {
    /// Adds an event.
    pub(super) fn encode(&mut self, encoder: &mut Encoder, event: &Event<'_>, leaf_index: u64) {
        let place = encoder.encode(event, &mut self.own);
        self.bytes += place.bytes;
        self.rows.push(Placed { leaf_index, other: None, place });
    }

    /// Adds a row that is in a buffer.
    pub(super) fn push(&mut self, buffer: &Arc<RowBuffer>, mut place: RowPlace, leaf_index: u64) {
        if self.others.last().is_none_or(|last| !Arc::ptr_eq(last, buffer)) {
            self.others.push(buffer.clone());
            self.numbers = buffer.names.numbers_in(&mut self.own.names);
        }
        place.names = place.names.map(|number| self.numbers.get(number as usize).copied().unwrap_or_default());
        self.bytes += place.bytes;
        let other = Some(self.others.len() as u32 - 1);
        self.rows.push(Placed { leaf_index, other, place });
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Puts the events in the order that the table says, and then of their places in the log.
    pub(super) fn sort(&mut self) {
        let ranks = self.own.names.ranks();
        let rank = |number: u32| ranks.get(number as usize).copied().unwrap_or_default();
        let order = |row: &Placed| {
            let [source, key] = row.place.names;
            (rank(source), rank(key), row.place.time, row.leaf_index)
        };
        self.rows.sort_by_cached_key(order);
    }

    /// Hands over the rows in their order, each with its place in the log.
    pub(super) fn each(&self, mut take: impl FnMut(Row<'_>, u64) -> Result<(), FileError>) -> Result<(), FileError> {
        for rows in self.rows.chunks(ROWS_FETCHED) {
            rows.iter().for_each(|row| fetch(self.row(row)));
            rows.iter().try_for_each(|row| take(self.row(row), row.leaf_index))?;
        }
        Ok(())
    }

    fn row(&self, row: &Placed) -> Row<'_> {
        let other = row.other.and_then(|other| self.others.get(other as usize));
        other.map_or(&self.own, |buffer| &**buffer).row(&row.place)
    }

    /// Forgets the events and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.own.clear();
        self.others.clear();
        self.rows.clear();
        self.bytes = 0;
    }
}

/// Reads something of each line of memory that a row is in. Nothing has to wait for it, so reading goes on meanwhile.
#[inline]
fn fetch(row: Row<'_>) {
    let marks = row.marks.iter().step_by(LINE_BYTES / size_of::<Mark>()).map(|mark| mark.length);
    let texts = row.text.as_bytes().iter().step_by(LINE_BYTES).map(|byte| u32::from(*byte));
    black_box(marks.chain(texts).fold(0, u32::wrapping_add));
}
