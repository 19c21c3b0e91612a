//! What a query found: columns and, in pieces, rows, as JSON or Parquet.

use std::io::{self, Write};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use datafusion::arrow::json::WriterBuilder;
use datafusion::arrow::json::writer::JsonArray;

use super::SqlError;
use crate::parquet::{BatchWriter, FileError};

/// The columns of an answer. INVARIANT: no two have the same name.
#[derive(Debug, Clone)]
pub struct Columns(SchemaRef);

impl Columns {
    pub(super) fn new(schema: SchemaRef) -> Result<Self, SqlError> {
        let mut names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        names.sort_unstable();
        let twice = names.array_windows().find(|[one, other]| one == other).map(|[name, _]| (*name).to_owned());
        match twice {
            Some(name) => Err(SqlError::SameName(name)),
            None => Ok(Self(schema)),
        }
    }

    /// Their names.
    pub fn names(&self) -> Vec<&str> {
        self.0.fields().iter().map(|field| field.name().as_str()).collect()
    }
}

/// Some rows of an answer.
#[derive(Debug, Clone)]
pub struct Rows(RecordBatch);

impl Rows {
    pub(super) fn new(batch: RecordBatch) -> Self {
        Self(batch)
    }

    /// How many they are.
    pub fn count(&self) -> usize {
        self.0.num_rows()
    }

    /// A JSON list of objects, NULL as null.
    pub fn json(&self) -> io::Result<Vec<u8>> {
        if self.count() == 0 {
            return Ok(b"[]".to_vec());
        }
        let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, JsonArray>(Vec::new());
        writer.write(&self.0).and_then(|()| writer.finish()).map_err(io::Error::other)?;
        Ok(writer.into_inner())
    }
}

/// An answer that becomes a Parquet file.
pub struct ParquetFile<W: Write + Send>(BatchWriter<W>);

impl<W: Write + Send> ParquetFile<W> {
    /// Begins the file.
    pub fn new(columns: &Columns, sink: W) -> io::Result<Self> {
        BatchWriter::new(columns.0.clone(), sink).map(Self).map_err(disk)
    }

    /// Adds rows of the answer with these columns.
    pub fn append(&mut self, rows: &Rows) -> io::Result<()> {
        self.0.append(&rows.0).map_err(disk)
    }

    /// Ends the file and gives back where it was written to.
    pub fn finish(self) -> io::Result<W> {
        self.0.finish().map_err(disk)
    }
}

fn disk(error: FileError) -> io::Error {
    match error {
        FileError::Disk(error) => error,
        other => io::Error::other(other),
    }
}
