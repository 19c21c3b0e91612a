//! Events that wait, as rows, for their row group, and the order in which they then go into it.

use std::collections::HashMap;

use super::row::{Row, RowBuffer, RowPlace};

#[derive(Default)]
pub(super) struct Waiting {
    buffer: RowBuffer,
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
    place: RowPlace,
}

impl Waiting {
    /// Adds a row of this service and key.
    pub(super) fn push(&mut self, row: Row<'_>, [source, key]: [Option<&str>; 2], leaf_index: u64) {
        let (source, key) = (self.sources.number(source), self.keys.number(key));
        let place = self.buffer.push(row);
        self.bytes += row.bytes;
        self.rows.push(Placed { source, key, time: row.time.micros(), leaf_index, place });
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
        self.rows.iter().map(|row| (self.buffer.row(&row.place), row.leaf_index))
    }

    /// Forgets the events and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.buffer.clear();
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
