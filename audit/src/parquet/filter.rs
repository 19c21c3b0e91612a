//! Which rows a question wants, in a form that row groups and pages can be held against.

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, BooleanArray, RecordBatch};

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
        let mut batch = batch.clone();
        for clause in &self.clauses {
            batch = arrow_select::filter::filter_record_batch(&batch, &Test::any_passes(clause, &batch)?)?;
        }
        Ok(batch)
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
    fn passes(&self, batch: &RecordBatch) -> Result<BooleanArray, FileError> {
        let column = batch.column_by_name(self.column());
        let unlike = || FileError::Damaged(format!("column `{}` is not as the table says", self.column()));
        match self {
            Test::Text { values, .. } => {
                let texts = column.and_then(|column| column.as_string_opt::<i32>()).ok_or_else(unlike)?;
                let pass = |text: Option<&str>| text.is_some_and(|text| values.iter().any(|value| value == text));
                Ok(texts.iter().map(|text| Some(pass(text))).collect())
            }
            Test::Known { .. } => {
                let column = column.ok_or_else(unlike)?;
                Ok((0..column.len()).map(|row| Some(column.is_valid(row))).collect())
            }
            Test::Time { since, until } => {
                let times = column.and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
                let pass = |time: i64| {
                    since.is_none_or(|since| since.micros() <= time) && until.is_none_or(|until| time < until.micros())
                };
                Ok(times.ok_or_else(unlike)?.iter().map(|time| Some(time.is_some_and(pass))).collect())
            }
        }
    }

    /// Which rows pass one of the tests.
    pub(super) fn any_passes(clause: &[Test], batch: &RecordBatch) -> Result<BooleanArray, FileError> {
        let mut passed = vec![false; batch.num_rows()];
        for test in clause {
            for (passed, passes) in passed.iter_mut().zip(test.passes(batch)?.iter()) {
                *passed |= passes.unwrap_or_default();
            }
        }
        Ok(passed.into())
    }
}
