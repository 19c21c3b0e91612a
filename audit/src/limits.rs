//! Every size, count and wait of this room that has an end, with its name.

/// The longest text of one event. CloudTrail itself stays under 1 MiB.
pub const EVENT_BYTES_MAX: usize = 16 << 20;

/// How deep lists and objects may stand inside each other.
pub const JSON_DEPTH_MAX: usize = 128;

/// The largest exponent of a number, with either sign; beyond it nothing was measured, only mistyped.
pub const NUMBER_EXPONENT_MAX: i64 = 999_999_999;

/// How many rows of a Parquet file are written as one group.
pub const ROW_GROUP_ROWS_MAX: usize = 131_072;

/// How many bytes of event text are collected before a row group is written, however few its rows.
pub const ROW_GROUP_BYTES_MAX: usize = 96 << 20;

/// How many bytes of event text make a small file, which is compressed harder.
pub const SMALL_FILE_BYTES_MAX: usize = 8 << 20;

/// How many rows of one column stand in one page at most, so that page pruning stays fine.
pub const PAGE_ROWS_MAX: usize = 8_192;

/// How many bytes of one column stand in one page at most.
pub const PAGE_BYTES_MAX: usize = 1 << 20;

/// How much of a text the statistics keep: whole key ARNs and long role session ARNs.
pub const STATISTICS_BYTES_MAX: usize = 256;

/// How long the name of a log may be.
pub const ORIGIN_BYTES_MAX: usize = 32;

/// How many bytes wait in memory for one write to the journal; more callers wait their turn.
pub const JOURNAL_GROUP_BYTES_MAX: usize = 32 << 20;

/// How large a journal segment grows before the next one is begun.
pub const JOURNAL_SEGMENT_BYTES_MAX: u64 = 64 << 20;

/// The longest prose (a description, an error message, a user agent) in an event that we make.
pub const PROSE_BYTES_MAX: usize = 8 << 10;

/// The longest policy text in an event that we make.
pub const POLICY_BYTES_MAX: usize = 64 << 10;

/// How much memory sorting, joining and grouping of one SQL query may take; beyond it the query fails or spills.
#[cfg(feature = "sql")]
pub const SQL_MEMORY_BYTES_MAX: usize = 1 << 30;
