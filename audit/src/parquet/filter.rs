//! Which rows a question wants, in a form that row groups and pages can be held against.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow_buffer::BooleanBuffer;

use super::FileError;
use crate::time::Timestamp;

/// Clauses that must all hold; each is a list of tests of which one must hold. Without clauses every row is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub(super) clauses: Vec<Vec<Test>>,
}

/// A question to one column of a row. NULL never passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// The text is one of these.
    Text {
        /// The column.
        column: &'static str,
        /// What it may be.
        values: Vec<String>,
    },
    /// There is a value.
    Known {
        /// The column.
        column: &'static str,
    },
    /// `event_time` lies between.
    Time {
        /// Not before this.
        since: Option<Timestamp>,
        /// Before this.
        until: Option<Timestamp>,
    },
}

impl Filter {
    /// Wants the rows that also pass this test.
    pub fn and(self, test: Test) -> Self {
        self.and_any(vec![test])
    }

    /// Wants the rows that also pass one of these tests.
    pub fn and_any(mut self, tests: Vec<Test>) -> Self {
        self.clauses.push(tests);
        self
    }

    /// The wanted rows of a batch that has the columns it asks, such as one of events that no file has.
    pub fn of_batch(&self, batch: &RecordBatch) -> Result<RecordBatch, FileError> {
        match self.mask(batch)? {
            Some(mask) => Ok(arrow_select::filter::filter_record_batch(batch, &BooleanArray::new(mask, None))?),
            None => Ok(batch.clone()),
        }
    }

    /// Which rows of a batch are wanted; none if all are.
    pub(crate) fn mask(&self, batch: &RecordBatch) -> Result<Option<BooleanBuffer>, FileError> {
        let mut mask: Option<BooleanBuffer> = None;
        for clause in &self.clauses {
            let passes = Test::any_passes(clause, batch)?;
            mask = Some(mask.map_or_else(|| passes.clone(), |mask| &mask & &passes));
        }
        Ok(mask)
    }

    /// All columns that it asks.
    pub(crate) fn all_columns(&self) -> impl Iterator<Item = &'static str> {
        self.clauses.iter().flatten().map(Test::column)
    }

    /// The columns that it asks.
    pub(super) fn columns(clause: &[Test]) -> Vec<&'static str> {
        let mut columns: Vec<_> = clause.iter().map(Test::column).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }
}

impl Test {
    /// The text in `column` is `value`.
    pub fn equals(column: &'static str, value: impl Into<String>) -> Self {
        Test::Text { column, values: vec![value.into()] }
    }

    /// The column that it asks.
    pub fn column(&self) -> &'static str {
        match self {
            Test::Text { column, .. } | Test::Known { column } => column,
            Test::Time { .. } => "event_time",
        }
    }

    /// Whether a value between these bounds may pass. Bounds are as Parquet keeps them, perhaps shortened outwards.
    pub(super) fn may_pass(&self, low: Option<&[u8]>, high: Option<&[u8]>) -> bool {
        match self {
            Test::Text { values, .. } => values.iter().any(|value| {
                low.is_none_or(|low| low <= value.as_bytes()) && high.is_none_or(|high| value.as_bytes() <= high)
            }),
            Test::Known { .. } => true,
            Test::Time { since, until } => {
                let micros = |bytes: &[u8]| bytes.try_into().ok().map(i64::from_le_bytes);
                let (low, high) = (low.and_then(micros), high.and_then(micros));
                let before_end = until.is_none_or(|until| low.is_none_or(|low| low < until.micros()));
                before_end && since.is_none_or(|since| high.is_none_or(|high| since.micros() <= high))
            }
        }
    }

    /// Which rows pass.
    fn passes(&self, batch: &RecordBatch) -> Result<BooleanBuffer, FileError> {
        let unlike = || FileError::Damaged(format!("column `{}` is not as the table says", self.column()));
        let column = batch.column_by_name(self.column()).ok_or_else(unlike)?;
        let known =
            || column.nulls().map_or_else(|| BooleanBuffer::new_set(column.len()), |nulls| nulls.inner().clone());
        match self {
            Test::Known { .. } => Ok(known()),
            Test::Text { values, .. } => Ok(&known() & &equal(column, values).ok_or_else(unlike)?),
            Test::Time { since, until } => {
                let times = column.as_primitive_opt::<TimestampMicrosecondType>().ok_or_else(unlike)?.values();
                let since = since.map_or(i64::MIN, |since| since.micros());
                let until = until.map(|until| until.micros());
                let pass = |time: &i64| since <= *time && until.is_none_or(|until| *time < until);
                Ok(&known() & &times.iter().map(pass).collect())
            }
        }
    }

    /// Which rows pass one of the tests.
    pub(super) fn any_passes(clause: &[Test], batch: &RecordBatch) -> Result<BooleanBuffer, FileError> {
        let mut passed = BooleanBuffer::new_unset(batch.num_rows());
        for test in clause {
            passed = &passed | &test.passes(batch)?;
        }
        Ok(passed)
    }
}

/// Which texts of a column are one of these; of NULLs it tells nothing. None if it is no column of texts.
fn equal(column: &ArrayRef, values: &[String]) -> Option<BooleanBuffer> {
    let is_one = |text: &str| values.iter().any(|value| value == text);
    if let Some(texts) = column.as_string_opt::<i32>() {
        return Some(BooleanBuffer::collect_bool(texts.len(), |row| is_one(texts.value(row))));
    }
    let words = column.as_dictionary_opt::<Int32Type>()?;
    let dictionary = words.values().as_string_opt::<i32>()?;
    let passing: Vec<bool> = (0..dictionary.len()).map(|place| is_one(dictionary.value(place))).collect();
    let passes =
        |place: &i32| usize::try_from(*place).ok().and_then(|place| passing.get(place)).is_some_and(|pass| *pass);
    Some(words.keys().values().iter().map(passes).collect())
}
