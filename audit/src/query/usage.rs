//! Questions that count: who, for what, how often, since when.

use super::answer::Cell;
use super::group::Groups;
use super::row::Row;
use super::{Fold, KEYS, Query};
use crate::json::{Tree, write_string};
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
    row.succeeded() && KEYS.iter().any(|column| row.text(column).is_some())
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
            let texts = [row.text("principal_arn"), row.text("event_name")];
            self.groups.entry(texts, Tally::none(time)).add(time);
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
        let keys = KEYS.map(|column| row.text(column));
        let twice = keys.first() == keys.last();
        for key in keys.into_iter().take(if twice { 1 } else { 2 }).flatten() {
            if self.query.wants_key(key) {
                self.groups.entry([Some(key), row.text("principal_arn")], Tally::none(time)).add(time);
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
        *self.groups.entry([row.text("principal_arn"), row.text("error_code")], || 0) += 1;
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
    text: Vec<u8>,
}

struct Context {
    pairs: Vec<(String, Option<String>)>,
    count: u64,
}

impl Contexts {
    pub(super) fn new(query: &Query) -> Self {
        Self { query: query.clone(), groups: Groups::default(), text: Vec::new() }
    }

    fn add(&mut self, name: Option<&str>, pairs: &[(&str, Option<&str>)]) {
        self.text.clear();
        for (key, value) in pairs {
            write_string(key, &mut self.text);
            if let Some(value) = value {
                write_string(value, &mut self.text);
            }
            self.text.push(b',');
        }
        let text = std::str::from_utf8(&self.text).unwrap_or_default();
        let owned = |pair: &(&str, Option<&str>)| (pair.0.to_owned(), pair.1.map(str::to_owned));
        let none = || Context { pairs: pairs.iter().map(owned).collect(), count: 0 };
        self.groups.entry([name, Some(text)], none).count += 1;
    }
}

impl Fold for Contexts {
    fn take(&mut self, row: Row<'_>) -> Result<(), FileError> {
        if !row.succeeded() {
            return Ok(());
        }
        let context = |key: &str, column: &str| {
            let wanted = row.text(key).is_some_and(|key| self.query.wants_key(key));
            if wanted { row.map(column) } else { None }
        };
        let first = context("kms_key_arn", "encryption_context");
        let second =
            context("dest_kms_key_arn", "dest_encryption_context").filter(|pairs| Some(pairs) != first.as_ref());
        for pairs in first.iter().chain(&second) {
            self.add(row.text("event_name"), pairs);
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
        let details = row.text("service_event_details").and_then(|details| self.tree.read(details).ok());
        let kind = details.and_then(|details| details.text_member("rotationType"));
        self.groups.entry([row.text("kms_key_arn"), kind.as_deref()], Tally::none(time)).add(time);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Vec<Vec<Cell>> {
        let row = |([key, kind], tally): ([Cell; 2], Tally)| {
            vec![key, Cell::Time(tally.last), kind, Cell::Count(tally.count)]
        };
        self.groups.finish().map(row).collect()
    }
}
