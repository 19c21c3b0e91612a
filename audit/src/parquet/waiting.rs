//! Events that wait, as rows, for their row group, and the order in which they then go into it.

use std::collections::HashMap;
use std::sync::Arc;

use super::layout::Slot;
use super::row::{Encoder, Row, RowBuffer, RowPlace};
use crate::event::Event;

#[derive(Default)]
pub(super) struct Waiting {
    /// Rows that were encoded here.
    own: RowBuffer,
    /// Rows that stay where they were encoded, and are kept alive by this.
    others: Vec<Arc<RowBuffer>>,
    rows: Vec<Placed>,
    sources: Names,
    keys: Names,
    bytes: usize,
}

struct Placed {
    source: u32,
    key: u32,
    time: i64,
    leaf_index: u64,
    /// One of the other buffers, if it is in one.
    other: Option<u32>,
    place: RowPlace,
}

impl Waiting {
    /// Adds an event. `sorted` are the slots of its service and its key.
    pub(super) fn encode(&mut self, encoder: &mut Encoder, event: &Event<'_>, sorted: [Slot; 2], leaf_index: u64) {
        let place = encoder.encode(event, &mut self.own);
        let row = self.own.row(&place);
        let (time, bytes, names) = (row.time.micros(), row.bytes, row.texts(sorted));
        let [source, key] = names;
        let (source, key) = (self.sources.number(source), self.keys.number(key));
        self.bytes += bytes;
        self.rows.push(Placed { source, key, time, leaf_index, other: None, place });
    }

    /// Adds a row that is in a buffer.
    pub(super) fn push(&mut self, buffer: &Arc<RowBuffer>, place: RowPlace, sorted: [Slot; 2], leaf_index: u64) {
        if self.others.last().is_none_or(|last| !Arc::ptr_eq(last, buffer)) {
            self.others.push(buffer.clone());
        }
        let row = buffer.row(&place);
        let [source, key] = row.texts(sorted);
        let (source, key) = (self.sources.number(source), self.keys.number(key));
        self.bytes += row.bytes;
        let other = Some(self.others.len() as u32 - 1);
        self.rows.push(Placed { source, key, time: row.time.micros(), leaf_index, other, place });
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Puts the events in the order that the table says, and then of their places in the log.
    pub(super) fn sort(&mut self) {
        let (sources, keys) = (self.sources.ranks(), self.keys.ranks());
        let rank = |ranks: &[u32], number: u32| ranks.get(number as usize).copied().unwrap_or_default();
        let order = |row: &Placed| (rank(&sources, row.source), rank(&keys, row.key), row.time, row.leaf_index);
        self.rows.sort_by_cached_key(order);
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = (Row<'_>, u64)> {
        let buffer = |other: Option<u32>| match other {
            Some(other) => self.others.get(other as usize).map_or(&self.own, |buffer| &**buffer),
            None => &self.own,
        };
        self.rows.iter().map(move |row| (buffer(row.other).row(&row.place), row.leaf_index))
    }

    /// Forgets the events and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.own.clear();
        self.others.clear();
        self.rows.clear();
        self.bytes = 0;
        (self.sources, self.keys) = (Names::default(), Names::default());
    }
}

/// Texts by the number that they got when they first came. NULL is number 0.
#[derive(Default)]
struct Names {
    numbers: HashMap<String, u32>,
}

impl Names {
    fn number(&mut self, name: Option<&str>) -> u32 {
        let Some(name) = name else { return 0 };
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.numbers.len() as u32 + 1;
        self.numbers.insert(name.to_owned(), number);
        number
    }

    /// For each number, the place of its text among all; NULL is last.
    fn ranks(&self) -> Vec<u32> {
        let mut sorted: Vec<_> = self.numbers.iter().collect();
        sorted.sort_unstable();
        let mut ranks = vec![0; sorted.len() + 1];
        let last = sorted.len() as u32;
        for (rank, (_, number)) in (0..).zip(sorted) {
            if let Some(place) = ranks.get_mut(*number as usize) {
                *place = rank;
            }
        }
        if let Some(null) = ranks.first_mut() {
            *null = last;
        }
        ranks
    }
}
