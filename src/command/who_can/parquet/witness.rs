//! The column of witnesses: long texts of which no two are equal, written where they will be compressed.

use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::column::writer::ColumnCloseResult;
use parquet::schema::types::ColumnDescPtr;

use super::chunk::{Chunk, Press};
use super::column::add_levels;

/// A page stays in a processor's cache while it is compressed.
const PAGE_BYTES: usize = 128 << 10;

/// The levels before the texts of a page, which all are there, take no more.
const LEVEL_BYTES: usize = 16;

/// The texts that wait for the next page, and the pages.
pub(super) struct Witness {
    column: ColumnDescPtr,
    /// Room for the levels, then the texts.
    page: Vec<u8>,
    texts: usize,
    chunk: Chunk,
}

impl Witness {
    pub(super) fn new(column: ColumnDescPtr) -> Witness {
        Witness { column, page: vec![0; LEVEL_BYTES], texts: 0, chunk: Chunk::new() }
    }

    /// Adds the text that is made of some parts.
    pub(super) fn add(&mut self, make: impl FnOnce(&mut dyn FnMut(&str)), press: &mut Press) -> anyhow::Result<()> {
        let start = self.page.len();
        self.page.extend([0; 4]);
        make(&mut |part| self.page.extend_from_slice(part.as_bytes()));
        let length = u32::try_from(self.page.len() - start - 4)?;
        if let Some(room) = self.page.get_mut(start..start + 4) {
            room.copy_from_slice(&length.to_le_bytes());
        }
        self.texts += 1;
        if self.page.len() >= PAGE_BYTES { self.flush(press) } else { Ok(()) }
    }

    fn flush(&mut self, press: &mut Press) -> anyhow::Result<()> {
        if self.texts > 0 {
            let mut levels = Vec::with_capacity(LEVEL_BYTES);
            add_levels(&vec![1; self.texts], 1, &mut levels);
            let start = LEVEL_BYTES.saturating_sub(levels.len());
            if let Some(room) = self.page.get_mut(start..LEVEL_BYTES) {
                room.copy_from_slice(&levels);
            }
            self.chunk.add(self.page.get(start..).unwrap_or_default(), self.texts, Encoding::PLAIN, press)?;
        }
        self.page.truncate(LEVEL_BYTES);
        self.texts = 0;
        Ok(())
    }

    pub(super) fn close(mut self, rows: u64, press: &mut Press) -> anyhow::Result<(Bytes, ColumnCloseResult)> {
        self.flush(press)?;
        self.chunk.close(&self.column, rows, None, None, press)
    }
}
