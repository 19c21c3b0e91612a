//! The pages of one column in one row group.

use std::io::Write;

use anyhow::Context;
use bytes::Bytes;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;
use zstd::bulk::Compressor;

const ZSTD_LEVEL: i32 = 1;

/// How pages are compressed.
pub(super) fn compression() -> anyhow::Result<Compression> {
    Ok(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
}

/// Compresses one page after the other.
pub(super) struct Press {
    compressor: Compressor<'static>,
    room: Vec<u8>,
}

impl Press {
    pub(super) fn new() -> anyhow::Result<Press> {
        let compressor = Compressor::new(ZSTD_LEVEL).context("zstd cannot be set up")?;
        Ok(Press { compressor, room: Vec::new() })
    }

    fn compressed(&mut self, page: &[u8]) -> anyhow::Result<Bytes> {
        self.room.clear();
        self.room.reserve(zstd::zstd_safe::compress_bound(page.len()));
        self.compressor.compress_to_buffer(page, &mut self.room).context("zstd cannot compress a page")?;
        Ok(Bytes::copy_from_slice(&self.room))
    }
}

/// The distinct values that places in the data pages are about.
pub(super) struct Distinct<'d> {
    pub(super) values: &'d [u8],
    pub(super) count: usize,
}

/// The data pages of a column, compressed one by one.
pub(super) struct Chunk {
    pages: TrackedWrite<Vec<u8>>,
    values: u64,
    uncompressed: usize,
}

impl Chunk {
    pub(super) fn new() -> Chunk {
        Chunk { pages: TrackedWrite::new(Vec::new()), values: 0, uncompressed: 0 }
    }

    /// Adds a page of so many values, null ones included.
    pub(super) fn add(
        &mut self,
        page: &[u8],
        values: usize,
        encoding: Encoding,
        press: &mut Press,
    ) -> anyhow::Result<()> {
        let data = Page::DataPage {
            buf: press.compressed(page)?,
            num_values: u32::try_from(values)?,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        self.values += values as u64;
        self.uncompressed += written(&mut self.pages, data, page.len())?;
        Ok(())
    }

    /// The bytes of the column in the file, and what is to be said of them.
    pub(super) fn close(
        self,
        column: &ColumnDescPtr,
        rows: u64,
        distinct: Option<Distinct<'_>>,
        statistics: Option<Statistics>,
        press: &mut Press,
    ) -> anyhow::Result<(Bytes, ColumnCloseResult)> {
        let mut chunk = TrackedWrite::new(Vec::new());
        let mut uncompressed = self.uncompressed;
        let mut encodings = vec![Encoding::PLAIN, Encoding::RLE];
        let dictionary_at = distinct.as_ref().map(|_| 0);
        if let Some(distinct) = distinct {
            let dictionary = Page::DictionaryPage {
                buf: press.compressed(distinct.values)?,
                num_values: u32::try_from(distinct.count)?,
                encoding: Encoding::PLAIN,
                is_sorted: false,
            };
            uncompressed += written(&mut chunk, dictionary, distinct.values.len())?;
            encodings.push(Encoding::RLE_DICTIONARY);
        }
        let data_at = chunk.bytes_written();
        chunk.write_all(&self.pages.into_inner()?)?;
        let bytes = Bytes::from(chunk.into_inner()?);
        let mut metadata = ColumnChunkMetaData::builder(column.clone())
            .set_compression(compression()?)
            .set_encodings(encodings)
            .set_num_values(i64::try_from(self.values)?)
            .set_total_uncompressed_size(i64::try_from(uncompressed)?)
            .set_total_compressed_size(i64::try_from(bytes.len())?)
            .set_dictionary_page_offset(dictionary_at)
            .set_data_page_offset(i64::try_from(data_at)?);
        if let Some(statistics) = statistics {
            metadata = metadata.set_statistics(statistics);
        }
        let closed = ColumnCloseResult {
            bytes_written: bytes.len() as u64,
            rows_written: rows,
            metadata: metadata.build()?,
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        Ok((bytes, closed))
    }
}

/// Writes a compressed page; tells how long it would be without compression, its head included.
fn written(sink: &mut TrackedWrite<Vec<u8>>, page: Page, uncompressed: usize) -> anyhow::Result<usize> {
    let page = CompressedPage::new(page, uncompressed);
    Ok(SerializedPageWriter::new(sink).write_page(page)?.uncompressed_size)
}
