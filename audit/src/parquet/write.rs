//! The writer: row groups of sorted events, and nothing in the file that the events do not determine.

use std::io::Write;
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::arrow::arrow_writer::ArrowWriterOptions;
use ::parquet::basic::{Compression, Encoding, ZstdLevel};
use ::parquet::file::metadata::SortingColumn;
use ::parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use ::parquet::schema::types::{ColumnPath, SchemaDescriptor};
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use super::row::{Encoder, RowBuffer, RowPlace};
use super::waiting::Waiting;
use super::{FileError, Footer, Rows};
use crate::column::{COLUMNS, Column, Kind, schema};
use crate::event::Event;
use crate::limits::{
    PAGE_BYTES_MAX, PAGE_ROWS_MAX, ROW_GROUP_BYTES_MAX, ROW_GROUP_ROWS_MAX, SMALL_FILE_BYTES_MAX, STATISTICS_BYTES_MAX,
};

/// How many rows become columns at a time: few enough to stay in the processor's cache.
const BATCH_ROWS: usize = 2_048;

/// How a file is written: levels of zstd, 1 to 22.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// For files of more than one row group, or more than 8 MiB of events. High levels take ten times as long.
    pub zstd_level: i32,
    /// For smaller files, where it takes no time anyway.
    pub small_zstd_level: i32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { zstd_level: 1, small_zstd_level: 15 }
    }
}

/// Writes one file. Until its row group is full, an event waits as a row of text; then the rows are sorted and become
/// columns a few thousand at a time, so that what is in memory is little more than the text of one row group.
pub struct EventWriter<W: Write + Send> {
    state: State<W>,
    settings: Settings,
    waiting: Waiting,
    rows: Rows,
    encoder: Encoder,
}

/// The file begins with its first row group, because bloom filters are as large as that needs.
enum State<W: Write + Send> {
    Waiting(W),
    Writing(Box<ArrowWriter<W>>),
    Failed,
}

impl<W: Write + Send> EventWriter<W> {
    /// Begins a file.
    pub fn new(sink: W, settings: Settings) -> Self {
        let (waiting, rows) = (Waiting::default(), Rows::default());
        Self { state: State::Waiting(sink), settings, waiting, rows, encoder: Encoder::default() }
    }

    /// Adds an event that has this place in its log.
    pub fn append(&mut self, event: &Event<'_>, leaf_index: u64) -> Result<(), FileError> {
        self.waiting.encode(&mut self.encoder, event, leaf_index);
        self.end_full_group()
    }

    /// Adds an event that is a row already.
    pub(crate) fn append_row(
        &mut self,
        buffer: &Arc<RowBuffer>,
        place: RowPlace,
        leaf_index: u64,
    ) -> Result<(), FileError> {
        self.waiting.push(buffer, place, leaf_index);
        self.end_full_group()
    }

    fn end_full_group(&mut self) -> Result<(), FileError> {
        if self.waiting.len() >= ROW_GROUP_ROWS_MAX || self.waiting.bytes() >= ROW_GROUP_BYTES_MAX {
            self.end_group(ROW_GROUP_ROWS_MAX)?;
        }
        Ok(())
    }

    /// How many bytes of event text wait for their row group.
    pub fn waiting_bytes(&self) -> usize {
        self.waiting.bytes()
    }

    /// Writes what waits as a row group.
    pub fn flush(&mut self) -> Result<(), FileError> {
        self.end_group(ROW_GROUP_ROWS_MAX)
    }

    /// Compresses with these settings. Has no effect on a file whose first row group is written.
    pub fn compress(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// Adds the rows of a batch, which has the columns of the table and is sorted, as a row group of its own.
    pub fn append_group(&mut self, batch: &RecordBatch) -> Result<(), FileError> {
        self.end_group(ROW_GROUP_ROWS_MAX)?;
        let writer = self.writer(ROW_GROUP_ROWS_MAX)?;
        writer.write(batch)?;
        Ok(writer.flush()?)
    }

    fn end_group(&mut self, distinct: usize) -> Result<(), FileError> {
        let mut waiting = std::mem::take(&mut self.waiting);
        if waiting.len() == 0 {
            return Ok(());
        }
        waiting.sort();
        waiting.each(|row, leaf_index| {
            self.rows.append_row(row, leaf_index);
            if self.rows.len() >= BATCH_ROWS {
                let batch = self.rows.finish()?;
                self.writer(distinct)?.write(&batch)?;
            }
            Ok(())
        })?;
        let batch = self.rows.finish()?;
        let writer = self.writer(distinct)?;
        writer.write(&batch)?;
        writer.flush()?;
        waiting.clear();
        self.waiting = waiting;
        Ok(())
    }

    /// The writer; if there is none yet, it is begun for row groups of at most so many distinct values.
    fn writer(&mut self, distinct: usize) -> Result<&mut ArrowWriter<W>, FileError> {
        if let State::Waiting(_) = self.state
            && let State::Waiting(sink) = std::mem::replace(&mut self.state, State::Failed)
        {
            let options = ArrowWriterOptions::new()
                .with_properties(properties(self.settings, distinct)?)
                .with_skip_arrow_metadata(true);
            let writer = ArrowWriter::try_new_with_options(sink, schema(), options)?;
            self.state = State::Writing(Box::new(writer));
        }
        match &mut self.state {
            State::Writing(writer) => Ok(writer),
            _ => Err(FileError::Damaged("the file could not be begun".to_owned())),
        }
    }

    /// Ends the file and gives back where it went. Syncing that is the caller's.
    pub fn finish(mut self, footer: &Footer) -> Result<W, FileError> {
        if self.waiting.bytes() <= SMALL_FILE_BYTES_MAX {
            self.settings.zstd_level = self.settings.small_zstd_level;
        }
        self.end_group(self.waiting.len())?;
        let writer = self.writer(1)?;
        footer.write().into_iter().for_each(|pair| writer.append_key_value_metadata(pair));
        match self.state {
            State::Writing(writer) => Ok(writer.into_inner()?),
            _ => Err(FileError::Damaged("the file could not be begun".to_owned())),
        }
    }
}

/// Writes batches of any columns, as an answer is: no sorting, no bloom filters, and no Arrow schema in the footer.
pub(crate) struct BatchWriter<W: Write + Send>(ArrowWriter<W>);

impl<W: Write + Send> BatchWriter<W> {
    pub(crate) fn new(schema: SchemaRef, sink: W) -> Result<Self, FileError> {
        let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
        let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        Ok(Self(ArrowWriter::try_new_with_options(sink, schema, options)?))
    }

    pub(crate) fn append(&mut self, batch: &RecordBatch) -> Result<(), FileError> {
        self.0.write(batch)?;
        // A row group is written as it grows, or a long answer would be held until its end.
        if self.0.in_progress_size() >= ROW_GROUP_BYTES_MAX {
            self.0.flush()?;
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<W, FileError> {
        Ok(self.0.into_inner()?)
    }
}

/// How often a bloom filter says "perhaps" where it is "no".
const BLOOM_FALSE_POSITIVES: f64 = 0.01;

fn properties(settings: Settings, distinct: usize) -> Result<WriterProperties, FileError> {
    let mut properties = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(settings.zstd_level)?))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS_MAX))
        .set_data_page_row_count_limit(PAGE_ROWS_MAX)
        .set_data_page_size_limit(PAGE_BYTES_MAX)
        .set_statistics_truncate_length(Some(STATISTICS_BYTES_MAX))
        .set_column_index_truncate_length(Some(STATISTICS_BYTES_MAX))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_sorting_columns(Some(sorting_columns()?));
    for column in COLUMNS {
        let path = ColumnPath::from(column.field.name);
        if !column.dictionary {
            let encoding = match column.field.kind {
                Kind::Integer | Kind::Timestamp => Encoding::DELTA_BINARY_PACKED,
                // Without lengths between them, texts of random letters lose two bytes more each.
                _ => Encoding::DELTA_LENGTH_BYTE_ARRAY,
            };
            properties = properties.set_column_dictionary_enabled(path.clone(), false);
            properties = properties.set_column_encoding(path.clone(), encoding);
        }
        if column.bloom {
            properties = properties
                .set_column_bloom_filter_fpp(path.clone(), BLOOM_FALSE_POSITIVES)
                .set_column_bloom_filter_max_ndv(path.clone(), distinct.max(1) as u64);
        }
        properties = properties.set_column_statistics_enabled(path, statistics(column));
    }
    Ok(properties.build())
}

/// Bounds of each page where rows that belong together stand together, of each row group where a question may ask for
/// the value, and none elsewhere: nobody asks for the least JSON text, and random ids have bounds that tell nothing.
fn statistics(column: &Column) -> EnabledStatistics {
    match column.field.kind {
        Kind::Json | Kind::Map | Kind::List(_) | Kind::Struct(_) => EnabledStatistics::None,
        Kind::Text if !column.dictionary => EnabledStatistics::None,
        _ if column.sorted.is_some() || (column.bloom && column.dictionary) => EnabledStatistics::Page,
        _ => EnabledStatistics::Chunk,
    }
}

/// The sorted columns by their place among the leaves of the schema.
fn sorting_columns() -> Result<Vec<SortingColumn>, FileError> {
    let schema: SchemaDescriptor = ::parquet::arrow::ArrowSchemaConverter::new().convert(&schema())?;
    let mut sorted: Vec<_> = COLUMNS.iter().filter_map(|column| Some((column.sorted?, column.field.name))).collect();
    sorted.sort_unstable();
    let place = |name: &str| schema.columns().iter().position(|leaf| leaf.path().string() == name);
    let places = sorted.into_iter().filter_map(|(_, name)| place(name));
    Ok(places.map(|place| SortingColumn { column_idx: place as i32, descending: false, nulls_first: false }).collect())
}
