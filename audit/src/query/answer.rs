//! An answer: named columns and sorted rows of few kinds of values, the same for every question.

use std::io::Write;
use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder, Decimal128Builder, Int64Builder, ListBuilder, MapBuilder, MapFieldNames, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, TimeUnit};

use super::Effort;
use crate::parquet::{BatchWriter, FileError};
use crate::time::Timestamp;

/// What a question found.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The name of the question.
    pub query: &'static str,
    /// The columns of each row.
    pub columns: &'static [AnswerColumn],
    /// The rows, sorted.
    pub rows: Vec<Vec<Cell>>,
    /// What had to be read for it.
    pub effort: Effort,
}

/// A column of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerColumn {
    /// Its name.
    pub name: &'static str,
    /// What its cells are, if they are not NULL.
    pub kind: CellKind,
}

/// The kinds of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellKind {
    /// Text.
    Text,
    /// How many.
    Count,
    /// When.
    Time,
    /// Pairs of texts.
    Map,
    /// Texts.
    Texts,
    /// Dollars.
    Dollars,
}

/// A value in a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// Nothing.
    Null,
    /// Text.
    Text(String),
    /// How many.
    Count(u64),
    /// When.
    Time(Timestamp),
    /// Pairs of texts, sorted by the first; the second may be missing.
    Map(Vec<(String, Option<String>)>),
    /// Texts.
    Texts(Vec<String>),
    /// Millionths of a dollar.
    Dollars(u64),
}

impl Cell {
    pub(super) fn text(text: Option<&str>) -> Self {
        text.map_or(Cell::Null, |text| Cell::Text(text.to_owned()))
    }

    /// Dollars as an exact decimal, such as `0.000003`.
    pub fn dollars(millionths: u64) -> String {
        let (whole, fraction) = (millionths / 1_000_000, millionths % 1_000_000);
        let text = format!("{whole}.{fraction:06}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

impl Answer {
    /// Writes the answer as a Parquet file.
    pub fn write_parquet<W: Write + Send>(&self, sink: W) -> Result<W, FileError> {
        let fields: Vec<_> =
            self.columns.iter().map(|column| Field::new(column.name, data_type(column.kind), true)).collect();
        let cells = |at: usize| self.rows.iter().map(move |row| row.get(at).unwrap_or(&Cell::Null));
        let columns = self.columns.iter().enumerate().map(|(at, column)| array(column.kind, cells(at)));
        let schema = Arc::new(Schema::new(fields));
        let batch = RecordBatch::try_new(schema.clone(), columns.collect())?;
        let mut writer = BatchWriter::new(schema, sink)?;
        writer.append(&batch)?;
        writer.finish()
    }
}

/// Dollars as a decimal: digits, and those after the point.
const DOLLARS: (u8, i8) = (18, 6);

fn data_type(kind: CellKind) -> DataType {
    match kind {
        CellKind::Text => DataType::Utf8,
        CellKind::Count => DataType::Int64,
        CellKind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        CellKind::Map => crate::column::data_type(crate::column::Kind::Map),
        CellKind::Texts => DataType::List(Arc::new(element())),
        CellKind::Dollars => DataType::Decimal128(DOLLARS.0, DOLLARS.1),
    }
}

fn element() -> Field {
    Field::new("element", DataType::Utf8, true)
}

/// The cells of a column; one of another kind counts as NULL.
fn array<'a>(kind: CellKind, cells: impl Iterator<Item = &'a Cell>) -> ArrayRef {
    match kind {
        CellKind::Text => {
            let mut builder = StringBuilder::new();
            for cell in cells {
                builder.append_option(if let Cell::Text(text) = cell { Some(text) } else { None });
            }
            Arc::new(builder.finish())
        }
        CellKind::Count => {
            let mut builder = Int64Builder::new();
            for cell in cells {
                builder.append_option(if let Cell::Count(count) = cell { i64::try_from(*count).ok() } else { None });
            }
            Arc::new(builder.finish())
        }
        CellKind::Time => {
            let mut builder = TimestampMicrosecondBuilder::new().with_timezone("UTC");
            for cell in cells {
                builder.append_option(if let Cell::Time(time) = cell { Some(time.micros()) } else { None });
            }
            Arc::new(builder.finish())
        }
        CellKind::Dollars => {
            let mut builder = Decimal128Builder::new().with_data_type(data_type(kind));
            for cell in cells {
                builder.append_option(if let Cell::Dollars(millionths) = cell {
                    Some(i128::from(*millionths))
                } else {
                    None
                });
            }
            Arc::new(builder.finish())
        }
        CellKind::Texts => {
            let mut builder = ListBuilder::new(StringBuilder::new()).with_field(element());
            for cell in cells {
                if let Cell::Texts(texts) = cell {
                    texts.iter().for_each(|text| builder.values().append_value(text));
                }
                builder.append(matches!(cell, Cell::Texts(_)));
            }
            Arc::new(builder.finish())
        }
        CellKind::Map => maps(cells),
    }
}

fn maps<'a>(cells: impl Iterator<Item = &'a Cell>) -> ArrayRef {
    let names = MapFieldNames { entry: "key_value".into(), key: "key".into(), value: "value".into() };
    let mut builder = MapBuilder::new(Some(names), StringBuilder::new(), StringBuilder::new());
    for cell in cells {
        if let Cell::Map(pairs) = cell {
            for (key, value) in pairs {
                builder.keys().append_value(key);
                builder.values().append_option(value.as_deref());
            }
        }
        // Keys and values are appended together, so their numbers agree.
        if builder.append(matches!(cell, Cell::Map(_))).is_err() {
            return Arc::new(arrow_array::NullArray::new(builder.len()));
        }
    }
    Arc::new(builder.finish())
}
