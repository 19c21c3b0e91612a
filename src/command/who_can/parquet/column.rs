//! One column of a row group, its distinct values stored once.

use std::collections::HashMap;

use bytes::Bytes;
use parquet::basic::{Encoding, Type};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::ByteArray;
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnDescPtr;

use super::chunk::{Chunk, Distinct, Press};
use super::hybrid;

/// The place of no value.
const NULL: u32 = u32::MAX;

/// Longer texts are not repeated among the least and greatest.
const STATISTIC_BYTES_MAX: usize = 256;

/// Where the values of some columns stand in their lists, and which lists have none.
pub(super) struct Levels {
    /// The definition level at which each column has a place of its own, of a value or of none.
    present: u8,
    repetition: Vec<u8>,
    definition: Vec<u8>,
}

impl Levels {
    pub(super) fn new(present: u8) -> Levels {
        Levels { present, repetition: Vec::new(), definition: Vec::new() }
    }

    /// One more: at which depth it goes on, and how much of it there is.
    pub(super) fn add(&mut self, repetition: u8, definition: u8) {
        self.repetition.push(repetition);
        self.definition.push(definition);
    }

    pub(super) fn len(&self) -> usize {
        self.definition.len()
    }

    pub(super) fn clear(&mut self) {
        self.repetition.clear();
        self.definition.clear();
    }
}

/// The values that wait for the next page, and the pages.
pub(super) struct Column {
    column: ColumnDescPtr,
    /// Where each distinct value is in the dictionary.
    known: HashMap<Box<[u8]>, u32>,
    dictionary: Vec<u8>,
    places: Vec<u32>,
    nulls: u64,
    definition: Vec<u8>,
    page: Vec<u8>,
    chunk: Chunk,
}

impl Column {
    pub(super) fn new(column: ColumnDescPtr) -> Column {
        Column {
            column,
            known: HashMap::new(),
            dictionary: Vec::new(),
            places: Vec::new(),
            nulls: 0,
            definition: Vec::new(),
            page: Vec::new(),
            chunk: Chunk::new(),
        }
    }

    pub(super) fn descriptor(&self) -> &ColumnDescPtr {
        &self.column
    }

    /// The place of a text, for any number of rows.
    pub(super) fn text(&mut self, text: Option<&str>) -> u32 {
        text.map_or(NULL, |text| self.place(text.as_bytes()))
    }

    /// The place of a number.
    pub(super) fn number(&mut self, number: i32) -> u32 {
        self.place(&number.to_le_bytes())
    }

    fn place(&mut self, value: &[u8]) -> u32 {
        if let Some(place) = self.known.get(value) {
            return *place;
        }
        // INVARIANT: a row group ends long before so many distinct values are reached.
        let place = u32::try_from(self.known.len()).unwrap_or(NULL);
        if self.column.physical_type() == Type::BYTE_ARRAY {
            self.dictionary.extend((value.len() as u32).to_le_bytes());
        }
        self.dictionary.extend_from_slice(value);
        self.known.insert(value.into(), place);
        place
    }

    /// Adds the value at a place.
    pub(super) fn push(&mut self, place: u32) {
        self.places.push(place);
    }

    pub(super) fn dictionary_bytes(&self) -> usize {
        self.dictionary.len()
    }

    /// Makes a page of what waits.
    pub(super) fn flush(&mut self, levels: &Levels, press: &mut Press) -> anyhow::Result<()> {
        let mut places = self.places.iter();
        self.definition.clear();
        self.definition.extend(levels.definition.iter().map(|level| match *level == levels.present {
            true if places.next().is_some_and(|place| *place != NULL) => level + 1,
            _ => *level,
        }));
        self.page.clear();
        let (repetition, definition) = (self.column.max_rep_level(), self.column.max_def_level());
        for (levels, largest) in [(&levels.repetition, repetition), (&self.definition, definition)] {
            if largest > 0 {
                add_levels(levels, largest.unsigned_abs().into(), &mut self.page);
            }
        }
        self.places.retain(|place| *place != NULL);
        self.nulls += (levels.len() - self.places.len()) as u64;
        let encoding = match self.known.len().checked_sub(1) {
            None => Encoding::PLAIN,
            Some(last) => {
                let width = hybrid::width(u32::try_from(last)?);
                self.page.push(width as u8);
                hybrid::encode(&self.places, width, &mut self.page);
                Encoding::RLE_DICTIONARY
            }
        };
        self.places.clear();
        self.chunk.add(&self.page, levels.len(), encoding, press)
    }

    pub(super) fn close(self, rows: u64, press: &mut Press) -> anyhow::Result<(Bytes, ColumnCloseResult)> {
        let statistics = self.statistics();
        let distinct = Distinct { values: &self.dictionary, count: self.known.len() };
        let distinct = (distinct.count > 0).then_some(distinct);
        self.chunk.close(&self.column, rows, distinct, Some(statistics), press)
    }

    fn statistics(&self) -> Statistics {
        let nulls = Some(self.nulls);
        if self.column.physical_type() == Type::INT32 {
            let numbers = || self.known.keys().filter_map(|value| value.first_chunk()).map(|v| i32::from_le_bytes(*v));
            return Statistics::int32(numbers().min(), numbers().max(), None, nulls, false);
        }
        let (least, greatest) = (self.known.keys().min(), self.known.keys().max());
        let short = [least, greatest].into_iter().flatten().all(|value| value.len() <= STATISTIC_BYTES_MAX);
        let told = |value: Option<&Box<[u8]>>| value.filter(|_| short).map(|value| ByteArray::from(value.to_vec()));
        Statistics::byte_array(told(least), told(greatest), None, nulls, false)
    }
}

/// Levels with their length before them.
pub(super) fn add_levels(levels: &[u8], largest: u32, page: &mut Vec<u8>) {
    let start = page.len();
    page.extend([0; 4]);
    hybrid::encode(levels, hybrid::width(largest), page);
    let length = (page.len() - start - 4) as u32;
    if let Some(room) = page.get_mut(start..start + 4) {
        room.copy_from_slice(&length.to_le_bytes());
    }
}

#[cfg(test)]
mod tests;
