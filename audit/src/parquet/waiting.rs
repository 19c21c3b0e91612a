//! Events that wait, as text, for their row group, and the order in which they then go into it.

use std::collections::HashMap;

use crate::event::Event;

#[derive(Default)]
pub(super) struct Waiting {
    text: String,
    rows: Vec<Row>,
    sources: Names,
    keys: Names,
}

struct Row {
    source: u32,
    key: u32,
    time: i64,
    leaf_index: u64,
    start: usize,
    end: usize,
}

impl Waiting {
    pub(super) fn push(&mut self, event: &Event<'_>, leaf_index: u64) {
        let start = self.text.len();
        event.record().write_compact(&mut self.text);
        let source = event.record().text_member("eventSource");
        let source = self.sources.number(source.as_deref());
        let key = self.keys.number(event.promoted().kms_key_arn.as_deref());
        self.rows.push(Row { source, key, time: event.time().micros(), leaf_index, start, end: self.text.len() });
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Puts the events in the order that the table says, and then of their places in the log.
    pub(super) fn sort(&mut self) {
        let (sources, keys) = (self.sources.ranks(), self.keys.ranks());
        let rank = |ranks: &[u32], number: u32| ranks.get(number as usize).copied().unwrap_or_default();
        let order = |row: &Row| (rank(&sources, row.source), rank(&keys, row.key), row.time, row.leaf_index);
        self.rows.sort_by_cached_key(order);
    }

    pub(super) fn events(&self) -> impl Iterator<Item = (&str, u64)> {
        self.rows.iter().map(|row| (self.text.get(row.start..row.end).unwrap_or_default(), row.leaf_index))
    }

    /// Forgets the events and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.rows.clear();
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
