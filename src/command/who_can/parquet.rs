//! The answer as Parquet: a row per key and principal, with the names of the JSON.
//!
//! An organization has millions of rows that say the same in all but a few words. Every text is looked up
//! once for all rows that share it, and a row is a list of places.

mod chunk;
mod column;
mod hybrid;
mod layout;
mod witness;

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

use anyhow::Context;
use parquet::arrow::{ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::SchemaDescriptor;
use wardbook_inventory::access::{Answer, Entry, KeyAccess, OnlyIf, Step, Who};

use super::{WhoCan, row};
use chunk::Press;
use column::{Column, Levels};
use witness::Witness;

/// So many rows share their dictionaries.
const GROUP_ROWS: usize = 1 << 20;

/// The names of the principals of a large organization and of their policies fit in one dictionary.
const DICTIONARY_BYTES_MAX: usize = 16 << 20;

/// So many rows become pages at a time,
const PAGE_ROWS: usize = 16 << 10;

/// or fewer, if a list of theirs has more than so many places.
const PAGE_PLACES_MAX: usize = 256 << 10;

pub(super) fn write(report: &WhoCan<'_>, sink: &mut (dyn Write + Send)) -> anyhow::Result<()> {
    let schema = layout::schema();
    let descriptor = ArrowSchemaConverter::new().convert(&schema)?;
    let mut properties = WriterProperties::builder().build();
    add_encoded_arrow_schema_to_metadata(&schema, &mut properties);
    let mut file = SerializedFileWriter::new(sink, descriptor.root_schema_ptr(), Arc::new(properties))?;
    let mut press = Press::new()?;
    let mut group = Group::new(&descriptor)?;
    for access in &report.found {
        let mut key = group.key(report, access);
        for entry in &access.entries {
            group.add(report, access, entry, key, &mut press)?;
            if group.is_full() {
                let full = std::mem::replace(&mut group, Group::new(&descriptor)?);
                full.close(file.next_row_group()?, &mut press)?;
                key = group.key(report, access);
            }
        }
    }
    if group.rows > 0 {
        group.close(file.next_row_group()?, &mut press)?;
    }
    file.close()?;
    Ok(())
}

/// The rows of one row group.
struct Group {
    rows: usize,
    flat: Levels,
    action: Column,
    key: Column,
    state: Column,
    principal: Column,
    account: Column,
    kind: Column,
    tier: Column,
    in_by: Levels,
    by: [Column; 4],
    only_if: Column,
    in_conditions: Levels,
    /// alternative, key, operator
    conditions: [Column; 3],
    in_values: Levels,
    values: Column,
    witness: Witness,
    in_path: Levels,
    path: [Column; 5],
    known: Known,
}

/// The places of what rows share.
#[derive(Default)]
struct Known {
    /// Principal, account and kind of those collected.
    principals: Vec<Option<[u32; 3]>>,
    /// By the number of what is cited.
    by: Vec<Option<[u32; 4]>>,
    /// By where the answer is in memory, which lives as long as the report.
    answers: HashMap<*const Answer, usize>,
    restrictions: Vec<Restricted>,
}

/// The places of an answer's restrictions.
struct Restricted {
    only_if: u32,
    conditions: Vec<([u32; 3], Vec<u32>)>,
}

/// The places of action, key and state.
type OfKey = [u32; 3];

impl Group {
    fn new(descriptor: &SchemaDescriptor) -> anyhow::Result<Group> {
        let mut columns = descriptor.columns().iter().map(|column| Column::new(Arc::clone(column)));
        let mut next = || columns.next().context("the schema lacks a column");
        let [action, key, state, principal, account, kind, tier] =
            [next()?, next()?, next()?, next()?, next()?, next()?, next()?];
        let by = [next()?, next()?, next()?, next()?];
        let only_if = next()?;
        let conditions = [next()?, next()?, next()?];
        let values = next()?;
        let witness = Witness::new(Arc::clone(next()?.descriptor()));
        let path = [next()?, next()?, next()?, next()?, next()?];
        Ok(Group {
            rows: 0,
            flat: Levels::new(0),
            action,
            key,
            state,
            principal,
            account,
            kind,
            tier,
            in_by: Levels::new(layout::ELEMENT),
            by,
            only_if,
            in_conditions: Levels::new(layout::ELEMENT),
            conditions,
            in_values: Levels::new(layout::VALUE),
            values,
            witness,
            in_path: Levels::new(layout::ELEMENT),
            path,
            known: Known::default(),
        })
    }

    fn key(&mut self, report: &WhoCan<'_>, access: &KeyAccess<'_>) -> OfKey {
        let action = self.action.text(Some(report.search.action()));
        [action, self.key.text(Some(&access.key.arn)), self.state.text(access.key.state.as_deref())]
    }

    fn add<'w>(
        &mut self,
        report: &WhoCan<'w>,
        access: &KeyAccess<'w>,
        entry: &Entry,
        [action, key, state]: OfKey,
        press: &mut Press,
    ) -> anyhow::Result<()> {
        self.rows += 1;
        self.flat.add(0, 0);
        let [principal, account, kind] = self.who(report, &entry.who);
        let tier = self.tier.text(Some(entry.answer.tier.name()));
        let columns = [
            (&mut self.action, action),
            (&mut self.key, key),
            (&mut self.state, state),
            (&mut self.principal, principal),
            (&mut self.account, account),
            (&mut self.kind, kind),
            (&mut self.tier, tier),
        ];
        columns.into_iter().for_each(|(column, place)| column.push(place));
        self.add_by(report, access, entry);
        self.add_restrictions(&entry.answer);
        self.add_path(report, &entry.answer.path);
        let witnesses = &report.witnesses;
        self.witness.add(|put| witnesses.parts(&report.search, access, entry, report.world, put), press)?;
        let places = [&self.flat, &self.in_by, &self.in_conditions, &self.in_values, &self.in_path];
        let full = self.flat.len() >= PAGE_ROWS || places.iter().any(|levels| levels.len() >= PAGE_PLACES_MAX);
        if full { self.flush(press) } else { Ok(()) }
    }

    fn who(&mut self, report: &WhoCan<'_>, who: &Who) -> [u32; 3] {
        let index = match who {
            Who::Collected(index) => Some(*index),
            Who::Other(_) => None,
        };
        if let Some(Some(known)) = index.and_then(|index| self.known.principals.get(index)) {
            return *known;
        }
        let places = [
            self.principal.text(Some(who.text(report.world))),
            self.account.text(row::account(report.world, who)),
            self.kind.text(Some(row::kind(report.world, who).name())),
        ];
        if let Some(index) = index {
            remember(&mut self.known.principals, index, places);
        }
        places
    }

    fn add_by<'w>(&mut self, report: &WhoCan<'w>, access: &KeyAccess<'w>, entry: &Entry) {
        let Group { by: columns, in_by, known, .. } = self;
        let mut repetition = 0;
        report.cited.each(&report.search, access, entry, |by| {
            let places = match by.number.and_then(|number| known.by.get(number)) {
                Some(Some(known)) => *known,
                _ => {
                    let cells = [Some(by.via), Some(&*by.policy), by.sid.as_deref(), by.source.as_deref()];
                    let mut places = [0; 4];
                    for ((place, column), cell) in places.iter_mut().zip(columns.iter_mut()).zip(cells) {
                        *place = column.text(cell);
                    }
                    if let Some(number) = by.number {
                        remember(&mut known.by, number, places);
                    }
                    places
                }
            };
            columns.iter_mut().zip(places).for_each(|(column, place)| column.push(place));
            in_by.add(repetition, layout::ELEMENT);
            repetition = 1;
        });
        if repetition == 0 {
            in_by.add(0, layout::EMPTY);
        }
    }

    fn add_restrictions(&mut self, answer: &Arc<Answer>) {
        let address = Arc::as_ptr(answer);
        let number = match self.known.answers.get(&address) {
            Some(number) => *number,
            None => {
                let restricted = self.restricted(answer.only_if.as_ref());
                self.known.restrictions.push(restricted);
                let number = self.known.restrictions.len() - 1;
                self.known.answers.insert(address, number);
                number
            }
        };
        let Some(restricted) = self.known.restrictions.get(number) else { return };
        self.only_if.push(restricted.only_if);
        if restricted.conditions.is_empty() {
            self.in_conditions.add(0, layout::EMPTY);
            self.in_values.add(0, layout::EMPTY);
        }
        let mut repetition = 0;
        for (cells, values) in &restricted.conditions {
            self.in_conditions.add(repetition, layout::ELEMENT);
            self.conditions.iter_mut().zip(cells).for_each(|(column, place)| column.push(*place));
            if values.is_empty() {
                self.in_values.add(repetition, layout::NO_VALUES);
            }
            for value in values {
                self.in_values.add(repetition, layout::VALUE);
                self.values.push(*value);
                repetition = 2;
            }
            repetition = 1;
        }
    }

    fn restricted(&mut self, only_if: Option<&OnlyIf>) -> Restricted {
        let alternatives = only_if.map(|only_if| only_if.alternatives.as_slice()).unwrap_or_default();
        let [alternative, key, operator] = &mut self.conditions;
        let mut conditions = Vec::new();
        for (number, all) in (1_i32..).zip(alternatives) {
            for only in all {
                let cells =
                    [alternative.number(number), key.text(Some(&only.key)), operator.text(Some(&only.operator))];
                conditions.push((cells, only.values.iter().map(|value| self.values.text(Some(value))).collect()));
            }
        }
        Restricted { only_if: self.only_if.text(only_if.map(|only_if| only_if.text.as_str())), conditions }
    }

    fn add_path(&mut self, report: &WhoCan<'_>, path: &[Step]) {
        for (number, step) in path.iter().enumerate() {
            let who = step.who.text(report.world);
            let cells =
                [Some(who), Some(&*step.action), Some(&*step.resource), step.only_if.as_deref(), Some(&*step.why)];
            for (column, cell) in self.path.iter_mut().zip(cells) {
                let place = column.text(cell);
                column.push(place);
            }
            self.in_path.add(u8::from(number > 0), layout::ELEMENT);
        }
        if path.is_empty() {
            self.in_path.add(0, layout::EMPTY);
        }
    }

    fn flush(&mut self, press: &mut Press) -> anyhow::Result<()> {
        let flat = [
            &mut self.action,
            &mut self.key,
            &mut self.state,
            &mut self.principal,
            &mut self.account,
            &mut self.kind,
            &mut self.tier,
            &mut self.only_if,
        ];
        flat.into_iter().try_for_each(|column| column.flush(&self.flat, press))?;
        self.by.iter_mut().try_for_each(|column| column.flush(&self.in_by, press))?;
        self.conditions.iter_mut().try_for_each(|column| column.flush(&self.in_conditions, press))?;
        self.values.flush(&self.in_values, press)?;
        self.path.iter_mut().try_for_each(|column| column.flush(&self.in_path, press))?;
        let levels = [&mut self.flat, &mut self.in_by, &mut self.in_conditions, &mut self.in_values, &mut self.in_path];
        levels.into_iter().for_each(Levels::clear);
        Ok(())
    }

    fn is_full(&self) -> bool {
        let large = |column: &Column| column.dictionary_bytes() >= DICTIONARY_BYTES_MAX;
        self.rows >= GROUP_ROWS
            || [&self.key, &self.principal, &self.only_if, &self.values].into_iter().any(large)
            || self.by.iter().chain(&self.path).any(large)
    }

    fn close<W: Write + Send>(
        mut self,
        mut group: SerializedRowGroupWriter<'_, W>,
        press: &mut Press,
    ) -> anyhow::Result<()> {
        self.flush(press)?;
        let rows = self.rows as u64;
        let first = [self.action, self.key, self.state, self.principal, self.account, self.kind, self.tier];
        let before = first.into_iter().chain(self.by).chain([self.only_if]).chain(self.conditions).chain([self.values]);
        for column in before {
            let (bytes, closed) = column.close(rows, press)?;
            group.append_column(&bytes, closed)?;
        }
        let (bytes, closed) = self.witness.close(rows, press)?;
        group.append_column(&bytes, closed)?;
        for column in self.path {
            let (bytes, closed) = column.close(rows, press)?;
            group.append_column(&bytes, closed)?;
        }
        group.close()?;
        Ok(())
    }
}

fn remember<T: Clone>(known: &mut Vec<Option<T>>, at: usize, value: T) {
    if known.len() <= at {
        known.resize(at + 1, None);
    }
    if let Some(place) = known.get_mut(at) {
        *place = Some(value);
    }
}
