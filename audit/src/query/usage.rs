//! Questions that count: who, for what, how often, since when.

use std::fmt::Write as _;

use super::answer::Cell;
use super::group::Groups;
use super::row::{Column, Row, Word};
use super::{Fold, KEYS, Query};
use crate::json::Tree;
use crate::parquet::FileError;
use crate::time::Timestamp;

/// How often, when first and last.
struct Tally {
    count: u64,
    first: Timestamp,
    last: Timestamp,
}

impl Tally {
    fn none(time: Timestamp) -> impl FnOnce() -> Self {
        move || Self { count: 0, first: time, last: time }
    }

    fn add(&mut self, time: Timestamp) {
        self.count += 1;
        self.first = self.first.min(time);
        self.last = self.last.max(time);
    }
}

/// Whether the row is a successful call on a key. Its operation was asked for by the filter.
fn is_use(row: Row<'_>) -> bool {
    row.succeeded() && KEYS.iter().any(|column| row.has(*column))
}

/// By principal and operation.
pub(super) struct UsedBy {
    all_events: bool,
    groups: Groups<2, Tally>,
}

impl UsedBy {
    pub(super) fn new(query: &Query) -> Self {
        Self { all_events: query.all_events, groups: Groups::default() }
    }
}

impl Fold for UsedBy {
    fn take(&mut self, row: Row<'_>) -> Result<(), FileError> {
        if self.all_events || is_use(row) {
            let time = row.time()?;
            let words = [row.word(Column::PrincipalArn), row.word(Column::EventName)];
            self.groups.with(words, Tally::none(time), |tally| tally.add(time));
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Vec<Vec<Cell>> {
        let row = |([principal, name], tally): ([Cell; 2], Tally)| {
            vec![principal, name, Cell::Count(tally.count), Cell::Time(tally.first), Cell::Time(tally.last)]
        };
        self.groups.finish().map(row).collect()
    }
}

/// By key and principal; a use of two keys counts for each.
pub(super) struct Seen {
    query: Query,
    row: fn([Cell; 2], Tally) -> Vec<Cell>,
    groups: Groups<2, Tally>,
}

impl Seen {
    pub(super) fn last(query: &Query) -> Self {
        let row = |[key, principal]: [Cell; 2], tally: Tally| {
            vec![key, principal, Cell::Time(tally.last), Cell::Count(tally.count)]
        };
        Self { query: query.clone(), row, groups: Groups::default() }
    }

    pub(super) fn first(query: &Query) -> Self {
        let row = |[key, principal]: [Cell; 2], tally: Tally| vec![key, principal, Cell::Time(tally.first)];
        Self { query: query.clone(), row, groups: Groups::default() }
    }
}

impl Fold for Seen {
    fn take(&mut self, row: Row<'_>) -> Result<(), FileError> {
        if !row.succeeded() {
            return Ok(());
        }
        let time = row.time()?;
        let [first, second] = KEYS.map(|column| row.word(column));
        let is_second = second.text().is_some_and(|second| first.text() != Some(second));
        for key in [Some(first), is_second.then_some(second)].into_iter().flatten() {
            if key.text().is_some_and(|key| self.query.wants_key(key)) {
                let words = [key, row.word(Column::PrincipalArn)];
                self.groups.with(words, Tally::none(time), |tally| tally.add(time));
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Vec<Vec<Cell>> {
        self.groups.finish().map(|(texts, tally)| (self.row)(texts, tally)).collect()
    }
}

/// By principal and error.
#[derive(Default)]
pub(super) struct Failures {
    groups: Groups<2, u64>,
}

impl Fold for Failures {
    fn take(&mut self, row: Row<'_>) -> Result<(), FileError> {
        let words = [row.word(Column::PrincipalArn), row.word(Column::ErrorCode)];
        self.groups.with(words, || 0, |count| *count += 1);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Vec<Vec<Cell>> {
        self.groups.finish().map(|([principal, error], count)| vec![principal, error, Cell::Count(count)]).collect()
    }
}

/// By operation and context: of ReEncrypt, the one of each key that is asked about.
pub(super) struct Contexts {
    query: Query,
    groups: Groups<2, Context>,
    text: String,
}

struct Context {
    pairs: Vec<(String, Option<String>)>,
    count: u64,
}

impl Contexts {
    pub(super) fn new(query: &Query) -> Self {
        Self { query: query.clone(), groups: Groups::default(), text: String::new() }
    }

    fn add(&mut self, name: Word<'_>, pairs: &[(&str, Option<&str>)]) {
        // Lengths before texts: however they are composed, two contexts have one text only if they are the same.
        self.text.clear();
        let mut add = |text: Option<&str>| match text {
            Some(text) => write!(self.text, "{}:{text}", text.len()),
            None => write!(self.text, "-"),
        };
        for (key, value) in pairs {
            // Writing to a text does not fail.
            let _ = add(Some(key)).and_then(|()| add(*value));
        }
        let text = self.text.as_str();
        let owned = |pair: &(&str, Option<&str>)| (pair.0.to_owned(), pair.1.map(str::to_owned));
        let none = || Context { pairs: pairs.iter().map(owned).collect(), count: 0 };
        self.groups.with([name, Word::Text(text)], none, |context| context.count += 1);
    }
}

impl Fold for Contexts {
    fn take(&mut self, row: Row<'_>) -> Result<(), FileError> {
        if !row.succeeded() {
            return Ok(());
        }
        let context = |key: Column, column: Column| {
            let wanted = row.text(key).is_some_and(|key| self.query.wants_key(key));
            if wanted { row.map(column) } else { None }
        };
        let first = context(Column::KmsKeyArn, Column::EncryptionContext);
        let second = context(Column::DestKmsKeyArn, Column::DestEncryptionContext);
        let second = second.filter(|pairs| Some(pairs) != first.as_ref());
        for pairs in first.iter().chain(&second) {
            self.add(row.word(Column::EventName), pairs);
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Vec<Vec<Cell>> {
        let row = |([name, _], context): ([Cell; 2], Context)| {
            vec![name, Cell::Map(context.pairs), Cell::Count(context.count)]
        };
        self.groups.finish().map(row).collect()
    }
}

/// By key and kind of rotation.
#[derive(Default)]
pub(super) struct Rotation {
    groups: Groups<2, Tally>,
    tree: Tree,
}

impl Fold for Rotation {
    fn take(&mut self, row: Row<'_>) -> Result<(), FileError> {
        if !row.succeeded() {
            return Ok(());
        }
        let time = row.time()?;
        let details = row.text(Column::ServiceEventDetails).and_then(|details| self.tree.read(details).ok());
        let kind = details.and_then(|details| details.text_member("rotationType"));
        let words = [row.word(Column::KmsKeyArn), kind.as_deref().map_or(Word::Null, Word::Text)];
        self.groups.with(words, Tally::none(time), |tally| tally.add(time));
        Ok(())
    }

    fn finish(self: Box<Self>) -> Vec<Vec<Cell>> {
        let row = |([key, kind], tally): ([Cell; 2], Tally)| {
            vec![key, Cell::Time(tally.last), kind, Cell::Count(tally.count)]
        };
        self.groups.finish().map(row).collect()
    }
}
