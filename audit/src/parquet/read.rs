//! The reader: row groups, pages and bloom filters first, rows last.

use std::io::{self, Read};
use std::sync::Arc;

use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::{
    ArrowPredicate, ArrowPredicateFn, ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder, RowFilter, RowSelection,
};
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use ::parquet::file::page_index::column_index::ColumnIndexMetaData;
use ::parquet::file::reader::{ChunkReader, Length};
use arrow_array::{BooleanArray, RecordBatch};
use arrow_schema::{ArrowError, DataType, FieldRef, Schema};
use bytes::Bytes;

use super::guard::{Begins, PageSource, Watched, guarded, is_sound};
use super::{EventColumns, FileError, Filter, Footer, Test};
use crate::column::column;
use crate::disk::ReadAt;

/// How many rows are decoded at a time.
const BATCH_ROWS: usize = 8_192;

/// A file that is open for reading.
#[derive(Clone)]
pub struct EventFile {
    source: Source,
    metadata: ArrowReaderMetadata,
    footer: Footer,
}

/// What becomes of rows that are not wanted, but stand in pages with some that are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// They are read as far as the filter needs it, and not handed out.
    Read,
    /// They are handed out with the others: where many rows are wanted, that is cheaper.
    Left,
}

/// What is left of a file to read, and what was not even looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pruned {
    /// How many row groups the file has.
    pub row_groups: usize,
    /// Those that may have wanted rows.
    pub kept: Vec<usize>,
    /// How many rows the pages that may have wanted rows have.
    pub rows: usize,
}

impl EventFile {
    /// Opens a file and reads its footer and page index.
    pub fn open(source: Arc<dyn ReadAt>) -> Result<Self, FileError> {
        let source = Source(source);
        let metadata = guarded(|| metadata(&source))?;
        let pairs = metadata.metadata().file_metadata().key_value_metadata();
        let footer = Footer::read(pairs.map(Vec::as_slice).unwrap_or_default())?;
        Ok(Self { source, metadata, footer })
    }

    /// What it says about itself.
    pub fn footer(&self) -> &Footer {
        &self.footer
    }

    /// How many events it has.
    pub fn rows(&self) -> usize {
        usize::try_from(self.parquet().file_metadata().num_rows()).unwrap_or_default()
    }

    /// The wanted rows, with these columns only. They are decoded as the iterator goes on.
    pub fn batches<'a, C: IntoIterator<Item = &'a str>>(
        &self,
        columns: C,
        filter: &Filter,
    ) -> Result<impl Iterator<Item = Result<RecordBatch, FileError>> + use<'a, C>, FileError> {
        let (_, reader) = guarded(|| self.reader(columns, filter, Rest::Read, self.metadata.clone()))?;
        Ok(handed_out(reader))
    }

    /// The same with texts by their place in the dictionary wherever the table has one, and what was pruned for it.
    pub fn scan<'a, C: IntoIterator<Item = &'a str>>(
        &self,
        columns: C,
        filter: &Filter,
        rest: Rest,
    ) -> Result<(Pruned, impl Iterator<Item = Result<RecordBatch, FileError>> + use<'a, C>), FileError> {
        let (pruned, reader) = guarded(|| self.reader(columns, filter, rest, self.in_words()?))?;
        Ok((pruned, handed_out(reader)))
    }

    /// The metadata with a schema in which texts are places in a dictionary.
    fn in_words(&self) -> Result<ArrowReaderMetadata, FileError> {
        let words = |field: &FieldRef| {
            let has_words = column(field.name()).is_some_and(|column| column.dictionary);
            match field.data_type() {
                DataType::Utf8 if has_words => {
                    let words = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
                    Arc::new(field.as_ref().clone().with_data_type(words))
                }
                _ => field.clone(),
            }
        };
        let fields: Vec<FieldRef> = self.metadata.schema().fields().iter().map(words).collect();
        let options =
            ArrowReaderOptions::new().with_skip_arrow_metadata(true).with_schema(Arc::new(Schema::new(fields)));
        Ok(ArrowReaderMetadata::try_new(self.metadata.metadata().clone(), options)?)
    }

    fn reader<'a, C: IntoIterator<Item = &'a str>>(
        &self,
        columns: C,
        filter: &Filter,
        rest: Rest,
        metadata: ArrowReaderMetadata,
    ) -> Result<(Pruned, ParquetRecordBatchReader), FileError> {
        let (pruned, selection) = self.prune(filter)?;
        let schema = self.parquet().file_metadata().schema_descr_ptr();
        let passes = filter.clauses.len() + 1;
        let source =
            PageSource::new(self.source.clone(), self.watched(!filter.clauses.is_empty()), self.places(), passes);
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(source, metadata)
            .with_batch_size(BATCH_ROWS)
            .with_row_groups(pruned.kept.clone())
            .with_projection(ProjectionMask::columns(&schema, columns));
        if let Some(selection) = selection {
            builder = builder.with_row_selection(selection);
        }
        if rest == Rest::Left {
            return Ok((pruned, builder.build()?));
        }
        let predicates = filter.clauses.iter().map(|clause| {
            let (mask, clause) = (ProjectionMask::columns(&schema, Filter::columns(clause)), clause.clone());
            let passes = move |batch: RecordBatch| {
                let passes = Test::any_passes(&clause, &batch);
                passes.map(BooleanArray::from).map_err(|error| ArrowError::ExternalError(Box::new(error)))
            };
            Box::new(ArrowPredicateFn::new(mask, passes)) as Box<dyn ArrowPredicate>
        });
        Ok((pruned, builder.with_row_filter(RowFilter::new(predicates.collect())).build()?))
    }

    /// Where the row groups are.
    fn places(&self) -> Vec<std::ops::Range<u64>> {
        let groups = self.parquet().row_groups().iter();
        let places = groups.filter_map(|group| {
            let chunks = group.columns().iter().map(|chunk| chunk.byte_range());
            let chunks = chunks.map(|(start, length)| (start, start.saturating_add(length)));
            chunks.reduce(|all, chunk| (all.0.min(chunk.0), all.1.max(chunk.1)))
        });
        places.map(|(start, end)| start..end).collect()
    }

    /// Where the columns are of whose pages more has to be looked at than their headers. Of lists, that is where rows may
    /// be passed over.
    fn watched(&self, passes_over: bool) -> Vec<Watched> {
        let chunks = self.parquet().row_groups().iter().flat_map(|group| group.columns());
        let watched = chunks.filter_map(|chunk| {
            let described = chunk.column_descr();
            let is_unique = described.path().parts().len() == 1
                && column(described.name()).is_some_and(|column| !column.dictionary)
                && described.max_def_level() <= 1;
            let begins = match described.max_rep_level() {
                0 if is_unique => Begins::Lengths { nullable: described.max_def_level() > 0 },
                1.. if passes_over => {
                    Begins::Levels { bits: u64::from(i16::BITS - described.max_rep_level().leading_zeros()) }
                }
                _ => return None,
            };
            let (start, length) = chunk.byte_range();
            Some(Watched { bytes: start..start.saturating_add(length), begins })
        });
        watched.collect()
    }

    /// Calls `each` with the place in the log and the JSON text of every wanted event.
    pub fn events<E: From<FileError>>(
        &self,
        filter: &Filter,
        mut each: impl FnMut(u64, &str) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut text = Vec::new();
        for batch in self.batches(EventColumns::names(), filter)? {
            let batch = batch?;
            let mut columns = EventColumns::new(&batch)?;
            for row in 0..batch.num_rows() {
                text.clear();
                columns.write(row, &mut text)?;
                let index = columns.leaf_index(row).ok_or_else(|| damaged("a row has no leaf index"))?;
                each(index, std::str::from_utf8(&text).map_err(|_| damaged("a text is not UTF-8"))?)?;
            }
        }
        Ok(())
    }

    /// What must be read for a filter.
    pub fn pruned(&self, filter: &Filter) -> Result<Pruned, FileError> {
        Ok(guarded(|| self.prune(filter))?.0)
    }

    fn parquet(&self) -> &ParquetMetaData {
        self.metadata.metadata()
    }

    fn builder(&self) -> ParquetRecordBatchReaderBuilder<Source> {
        ParquetRecordBatchReaderBuilder::new_with_metadata(self.source.clone(), self.metadata.clone())
    }

    fn prune(&self, filter: &Filter) -> Result<(Pruned, Option<RowSelection>), FileError> {
        let (mut kept, mut ranges, mut start) = (Vec::new(), Vec::new(), 0);
        let groups = self.parquet().row_groups();
        for (group, metadata) in groups.iter().enumerate() {
            let rows = usize::try_from(metadata.num_rows()).unwrap_or_default();
            let mut wanted: Vec<_> = std::iter::once(0..rows).collect();
            for clause in &filter.clauses {
                let mut passing = Vec::new();
                for test in clause {
                    passing.extend(self.passing(group, rows, test)?);
                }
                wanted = intersect(&wanted, &union(passing));
            }
            if !wanted.is_empty() {
                kept.push(group);
                ranges.extend(wanted.iter().map(|range| range.start + start..range.end + start));
                start += rows;
            }
        }
        let rows = ranges.iter().map(ExactSizeIterator::len).sum();
        let selection = (rows < start).then(|| RowSelection::from_consecutive_ranges(ranges.into_iter(), start));
        Ok((Pruned { row_groups: groups.len(), kept, rows }, selection))
    }

    /// The rows of a row group that may pass a test, by statistics, bloom filter and page index in that order.
    fn passing(&self, group: usize, rows: usize, test: &Test) -> Result<Vec<std::ops::Range<usize>>, FileError> {
        let whole = 0..rows;
        let leaves = self.parquet().file_metadata().schema_descr().columns();
        let Some(column) = leaves.iter().position(|leaf| leaf.path().string() == test.column()) else {
            return Ok(Vec::new());
        };
        let Some(chunk) = self.parquet().row_groups().get(group).and_then(|group| group.columns().get(column)) else {
            return Ok(vec![whole]);
        };
        if let Some(statistics) = chunk.statistics() {
            let only_nulls = statistics.null_count_opt().is_some_and(|nulls| nulls as usize >= rows);
            if only_nulls || !test.may_pass(statistics.min_bytes_opt(), statistics.max_bytes_opt()) {
                return Ok(Vec::new());
            }
        }
        if let Test::Text { values, .. } = test
            && let Some(bloom) = self.builder().get_row_group_column_bloom_filter(group, column)?
            && !values.iter().any(|value| bloom.check(&value.as_str()))
        {
            return Ok(Vec::new());
        }
        Ok(self.passing_pages(group, column, rows, test).unwrap_or_else(|| vec![whole]))
    }

    fn passing_pages(
        &self,
        group: usize,
        column: usize,
        rows: usize,
        test: &Test,
    ) -> Option<Vec<std::ops::Range<usize>>> {
        let index = self.parquet().column_index()?.get(group)?.get(column)?;
        let pages = self.parquet().offset_index()?.get(group)?.get(column)?.page_locations();
        // Without an index of this column there is no number of its pages either: asking for it would panic.
        if matches!(index, ColumnIndexMetaData::NONE) || index.num_pages() as usize != pages.len() {
            return None;
        }
        let row = |page: usize| match pages.get(page) {
            Some(location) => usize::try_from(location.first_row_index).unwrap_or_default(),
            None => rows,
        };
        let may_pass = |page: usize| match index {
            ColumnIndexMetaData::BYTE_ARRAY(index) => test.may_pass(index.min_value(page), index.max_value(page)),
            ColumnIndexMetaData::INT64(index) => {
                let bytes = |value: Option<&i64>| value.map(|value| value.to_le_bytes());
                let (low, high) = (bytes(index.min_value(page)), bytes(index.max_value(page)));
                test.may_pass(low.as_ref().map(|low| low.as_slice()), high.as_ref().map(|high| high.as_slice()))
            }
            _ => true,
        };
        let passing = (0..pages.len()).filter(|page| !index.is_null_page(*page) && may_pass(*page));
        Some(passing.map(|page| row(page)..row(page + 1)).collect())
    }
}

/// The batches of a reader; none after a failure.
fn handed_out(reader: ParquetRecordBatchReader) -> impl Iterator<Item = Result<RecordBatch, FileError>> {
    let mut reader = Some(reader);
    std::iter::from_fn(move || {
        let next = guarded(|| Ok(reader.as_mut().and_then(Iterator::next).transpose()?)).transpose();
        if !matches!(next, Some(Ok(_))) {
            reader = None;
        }
        next
    })
}

/// Reads the footer and the page index, after a look at whether they are sound.
fn metadata(source: &Source) -> Result<ArrowReaderMetadata, FileError> {
    let length = source.len();
    let end = length.checked_sub(END_BYTES).ok_or_else(|| damaged("it is too short"))?;
    let tail = source.0.read_at(end, END_BYTES)?;
    let Some((size, b"PAR1")) = tail.split_first_chunk::<4>() else { return Err(damaged("it does not end as one")) };
    let size = u64::from(u32::from_le_bytes(*size));
    let start = end.checked_sub(size).ok_or_else(|| damaged("its footer is longer than the file"))?;
    let footer = source.0.read_at(start, size)?;
    if !is_sound(&footer) {
        return Err(damaged("its footer is not sound"));
    }
    let metadata = ParquetMetaDataReader::decode_metadata(&footer)?;
    let index = index_range(&metadata, start)?;
    let held = Held { start: index.start, bytes: source.0.read_at(index.start, index.end - index.start)?, length };
    for (offset, size) in indexes(&metadata) {
        let sound = held.get(offset, size).is_some_and(|bytes| is_sound(&bytes));
        if !sound {
            return Err(damaged("its page index is not sound"));
        }
    }
    let mut reader =
        ParquetMetaDataReader::new_with_metadata(metadata).with_page_index_policy(PageIndexPolicy::Optional);
    reader.read_page_indexes(&held)?;
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    Ok(ArrowReaderMetadata::try_new(Arc::new(reader.finish()?), options)?)
}

/// The length of the footer and the four letters after it.
const END_BYTES: u64 = 8;

/// Where the page indexes of all column chunks are, and how long.
fn indexes(metadata: &ParquetMetaData) -> impl Iterator<Item = (u64, u64)> {
    let chunks = metadata.row_groups().iter().flat_map(|group| group.columns());
    let places = chunks.flat_map(|chunk| {
        let columns = chunk.column_index_offset().zip(chunk.column_index_length());
        [columns, chunk.offset_index_offset().zip(chunk.offset_index_length())]
    });
    places.flatten().map(|(offset, length)| (offset.cast_unsigned(), u64::from(length.cast_unsigned())))
}

/// The bytes from the first page index to the last, which end before the footer.
fn index_range(metadata: &ParquetMetaData, footer: u64) -> Result<std::ops::Range<u64>, FileError> {
    let mut range: Option<std::ops::Range<u64>> = None;
    for (offset, length) in indexes(metadata) {
        let end = offset.checked_add(length).filter(|end| *end <= footer);
        let end = end.ok_or_else(|| damaged("its page index lies behind its footer"))?;
        let known = range.get_or_insert(offset..end);
        *known = known.start.min(offset)..known.end.max(end);
    }
    Ok(range.unwrap_or(footer..footer))
}

/// Some bytes of a file, for a reader that asks for no others.
struct Held {
    start: u64,
    bytes: Bytes,
    length: u64,
}

impl Held {
    fn get(&self, offset: u64, length: u64) -> Option<Bytes> {
        let start = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        let end = start.checked_add(usize::try_from(length).ok()?)?;
        (end <= self.bytes.len()).then(|| self.bytes.slice(start..end))
    }
}

impl Length for Held {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Held {
    type T = io::Empty;

    fn get_read(&self, start: u64) -> Result<io::Empty, ParquetError> {
        Err(ParquetError::General(format!("no byte from {start} on is at hand")))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let bytes = self.get(start, length as u64);
        bytes.ok_or_else(|| ParquetError::General(format!("no byte from {start} on is at hand")))
    }
}

fn damaged(what: &str) -> FileError {
    FileError::Damaged(what.to_owned())
}

/// Sorted ranges that do not touch.
fn union(mut ranges: Vec<std::ops::Range<usize>>) -> Vec<std::ops::Range<usize>> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut union: Vec<std::ops::Range<usize>> = Vec::new();
    for range in ranges {
        match union.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => union.push(range),
        }
    }
    union
}

fn intersect(a: &[std::ops::Range<usize>], b: &[std::ops::Range<usize>]) -> Vec<std::ops::Range<usize>> {
    let both = a.iter().flat_map(|a| b.iter().map(|b| a.start.max(b.start)..a.end.min(b.end)));
    both.filter(|range| !range.is_empty()).collect()
}

/// A file as the parquet crate wants to read it.
#[derive(Clone)]
struct Source(Arc<dyn ReadAt>);

impl Length for Source {
    fn len(&self) -> u64 {
        self.0.length()
    }
}

impl ChunkReader for Source {
    type T = Cursor;

    fn get_read(&self, start: u64) -> Result<Cursor, ParquetError> {
        Ok(Cursor { source: self.0.clone(), at: start })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        self.0.read_at(start, length as u64).map_err(|error| ParquetError::External(Box::new(error)))
    }
}

struct Cursor {
    source: Arc<dyn ReadAt>,
    at: u64,
}

impl Read for Cursor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.source.length().saturating_sub(self.at).min(buffer.len() as u64);
        let bytes = self.source.read_at(self.at, length)?;
        buffer.iter_mut().zip(bytes.iter()).for_each(|(to, from)| *to = *from);
        self.at += length;
        Ok(length as usize)
    }
}
