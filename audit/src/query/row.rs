//! One row that a question looks at, of a file or of a journal.

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, MapArray, RecordBatch, StringArray};

use crate::parquet::FileError;
use crate::time::Timestamp;

/// The columns of a batch, by name. Those that a file does not have count as NULL.
pub(super) struct Batch<'a> {
    texts: Vec<(&'a str, &'a StringArray)>,
    maps: Vec<(&'a str, &'a MapArray)>,
    times: Option<&'a [i64]>,
    rows: usize,
}

/// A row of it.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    batch: &'a Batch<'a>,
    row: usize,
}

impl<'a> Batch<'a> {
    pub(super) fn new(batch: &'a RecordBatch) -> Self {
        let (mut texts, mut maps, mut times) = (Vec::new(), Vec::new(), None);
        for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            if let Some(column) = column.as_string_opt::<i32>() {
                texts.push((field.name().as_str(), column));
            } else if let Some(column) = column.as_map_opt() {
                maps.push((field.name().as_str(), column));
            } else if let Some(column) = column.as_primitive_opt::<TimestampMicrosecondType>() {
                times = Some(column.values().as_ref());
            }
        }
        Self { texts, maps, times, rows: batch.num_rows() }
    }

    pub(super) fn rows(&'a self) -> impl Iterator<Item = Row<'a>> {
        (0..self.rows).map(|row| Row { batch: self, row })
    }
}

impl<'a> Row<'a> {
    /// The text in a column.
    pub(super) fn text(self, column: &str) -> Option<&'a str> {
        let (_, array) = self.batch.texts.iter().find(|(name, _)| *name == column)?;
        array.is_valid(self.row).then(|| array.value(self.row))
    }

    /// When it happened.
    pub(super) fn time(self) -> Result<Timestamp, FileError> {
        let time = self.batch.times.and_then(|times| times.get(self.row));
        let missing = || FileError::Damaged("a row has no `event_time`".to_owned());
        time.map(|time| Timestamp::from_micros(*time)).ok_or_else(missing)
    }

    /// The pairs in a column, sorted.
    pub(super) fn map(self, column: &str) -> Option<Vec<(&'a str, Option<&'a str>)>> {
        let (_, array) = self.batch.maps.iter().find(|(name, _)| *name == column)?;
        if !array.is_valid(self.row) {
            return None;
        }
        let (keys, values) = (array.keys().as_string_opt::<i32>()?, array.values().as_string_opt::<i32>()?);
        let offset = |at: usize| array.value_offsets().get(at).map_or(0, |offset| *offset as usize);
        let pairs = offset(self.row)..offset(self.row + 1);
        let pair = |at: usize| (keys.value(at), values.is_valid(at).then(|| values.value(at)));
        let mut pairs: Vec<_> = pairs.map(pair).collect();
        pairs.sort_unstable();
        Some(pairs)
    }

    /// Whether the call did what it was to do.
    pub(super) fn succeeded(self) -> bool {
        self.text("error_code").is_none()
    }
}
