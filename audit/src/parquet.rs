//! Events in Parquet files that every engine reads as they are, and back from there.
//!
//! [`Rows`] turns events into columns, [`EventWriter`] writes them, [`EventFile`] reads them with everything pruned
//! that a [`Filter`] makes impossible, and gives each event back as the JSON value that it was.
//!
//! What is said on purpose: zstd; rows of a group sorted as the table says; bloom filters where the table says;
//! statistics long enough for a key ARN; small pages; list and map names by the standard; no Arrow schema in the footer
//! (it makes readers disagree about types); nothing that depends on when or where the file was written.

mod build;
mod filter;
mod footer;
mod give_back;
mod guard;
mod layout;
mod members;
mod names;
mod order;
mod read;
mod row;
#[cfg(test)]
mod tests;
mod waiting;
mod write;

pub use build::Rows;
pub use filter::{Filter, Test};
pub use footer::{Footer, FooterError};
pub use give_back::EventColumns;
pub use guard::panic_is_caught;
pub(crate) use layout::text_slot;
pub use order::sort;
pub use read::{EventFile, Pruned, Rest};
pub(crate) use row::{Encoder, Row, RowBuffer, RowPlace, RowPool};
pub(crate) use write::BatchWriter;
pub use write::{EventWriter, Settings};

/// Why a file could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The disk said no.
    #[error(transparent)]
    Disk(#[from] std::io::Error),
    /// The file is not what this room writes, or it is damaged.
    #[error("not a readable audit file: {0}")]
    Damaged(String),
    /// Its log says that it was other bytes.
    #[error("not the bytes that the checkpoint of its log binds; `wardbook audit verify` says more")]
    Changed,
    /// Its footer is not one of ours.
    #[error(transparent)]
    Footer(#[from] FooterError),
}

impl From<::parquet::errors::ParquetError> for FileError {
    fn from(error: ::parquet::errors::ParquetError) -> Self {
        match error {
            ::parquet::errors::ParquetError::External(cause) => match cause.downcast::<std::io::Error>() {
                Ok(error) => FileError::Disk(*error),
                Err(cause) => FileError::Damaged(cause.to_string()),
            },
            other => FileError::Damaged(other.to_string()),
        }
    }
}

impl From<arrow_schema::ArrowError> for FileError {
    fn from(error: arrow_schema::ArrowError) -> Self {
        FileError::Damaged(error.to_string())
    }
}
