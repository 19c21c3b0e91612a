//! Every size, count and wait of this room that has an end, with its name.

use std::time::Duration;

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

/// How long a page is, inflated, that is read. A written one has the text of a row group at most, one more event, and a
/// length for each of them.
pub const PAGE_BYTES_READ_MAX: i64 = 128 << 20;

/// How many bytes the pages of a row group have, inflated, that is read. Those of a written one have each byte of text
/// three times at most (its own column, a promoted one, the remainder), and the lengths of texts.
pub const ROW_GROUP_BYTES_READ_MAX: i64 = 4 * (ROW_GROUP_BYTES_MAX + EVENT_BYTES_MAX) as i64;

/// How many values a page has that is read: as many as there is room for in a row group, at three bytes of JSON each.
pub const PAGE_VALUES_READ_MAX: i64 = 40 << 20;

/// How much of a text the statistics keep: whole key ARNs and long role session ARNs.
pub const STATISTICS_BYTES_MAX: usize = 256;

/// How long the name of a log may be.
pub const ORIGIN_BYTES_MAX: usize = 32;

/// How many tiles of a log are kept in memory while it is read; 8 KiB each.
pub const TILES_CACHED_MAX: usize = 4_096;

/// How many tiles of a log are written before all of them are synced.
pub const TILES_OPEN_MAX: usize = 128;

/// How many files one log may bind.
pub const BOUND_FILES_MAX: usize = 4_000_000;

/// How long a file of events may be that is held against its digest although only parts of it are read.
pub const CHECKED_PART_BYTES_MAX: u64 = 256 << 10;

/// How deep folders stand inside each other below an audit folder or a bucket.
pub const FOLDER_DEPTH_MAX: usize = 32;

/// How many findings a verification lists; more are counted.
pub const FINDINGS_MAX: usize = 1_000;

/// How often a verification starts again because the log moved on meanwhile.
pub const VERIFY_ATTEMPTS_MAX: usize = 5;

/// The longest digest file of CloudTrail, inflated.
pub const AWS_DIGEST_BYTES_MAX: u64 = 16 << 20;

/// The longest log file of CloudTrail, inflated, that is hashed.
pub const AWS_LOG_BYTES_MAX: u64 = 4 << 30;

/// How many bytes wait in memory for one write to the journal; more callers wait their turn.
pub const JOURNAL_GROUP_BYTES_MAX: usize = 32 << 20;

/// What part of the last sync the journal waits at most for a group to fill as far as the last one.
pub const JOURNAL_PATIENCE_SHARE: u32 = 8;

/// Where the last sync took no longer, the journal waits as long as it took.
pub const JOURNAL_PATIENCE_QUICK: Duration = Duration::from_micros(200);

/// Where that is less, it does not wait.
pub const JOURNAL_PATIENCE_MIN: Duration = Duration::from_micros(20);

/// How many groups it does not wait for after one for which it waited in vain.
pub const JOURNAL_PATIENCE_PAUSE: u32 = 16;

/// How long a write and its sync may take, on the average of late, for a caller to do them himself: waking another thread
/// and being woken by it takes no less.
pub const JOURNAL_OWN_WRITE_MAX: Duration = Duration::from_micros(50);

/// How many syncs of a journal can be under way at the same time.
pub const JOURNAL_LANES: usize = 8;

/// How long after another a sync is begun at least, while that one is under way.
pub const JOURNAL_LANE_PACE_MIN: Duration = Duration::from_micros(250);

/// How long the last write and its sync must have taken for another to be begun beside one that is under way: where they are
/// quicker, those who wait for the next one wait less than a second sync costs.
pub const JOURNAL_BESIDE_MIN: Duration = Duration::from_millis(1);

/// How large a journal segment grows before the next one is begun. Sealing takes a few times as much memory, and a segment
/// should be larger than a small file, which is compressed hard.
pub const JOURNAL_SEGMENT_BYTES_MAX: u64 = 16 << 20;

/// The longest prose (a description, an error message, a user agent) in an event that we make.
pub const PROSE_BYTES_MAX: usize = 8 << 10;

/// The longest policy text in an event that we make.
pub const POLICY_BYTES_MAX: usize = 64 << 10;

/// The longest source, inflated, that an import holds in memory. Longer ones are read twice: checked, then imported.
pub const SOURCE_BYTES_HELD_MAX: usize = 16 << 20;

/// How many records of one source may be no events before nothing of it is imported and all of it is kept as it came:
/// a bomb of tiny records, each with a reason why it is none, would fill memory and disk.
pub const RECORDS_REJECTED_MAX: u64 = 100_000;

/// How many bytes of a source are looked at to find where its records begin.
pub const ENVELOPE_BYTES_MAX: usize = 4 << 10;

/// How many bytes of record text one thread hands over to another at a time.
pub const CHUNK_BYTES_MAX: usize = 1 << 20;

/// How many such handfuls of one source wait.
pub const CHUNKS_WAITING_MAX: usize = 4;

/// How many threads read sources.
pub const IMPORT_THREADS_MAX: usize = 4;

/// How many bytes the rows that an import collects may have before the largest day is written out as a row group. The
/// memory that they are in is twice as much at most.
pub const IMPORT_BYTES_HELD_MAX: usize = 60 << 20;

/// How many events become visible together.
pub const BATCH_EVENTS_MAX: usize = 1_000_000;

/// How many bytes of event text become visible together.
pub const BATCH_BYTES_MAX: usize = 1 << 30;

/// How many days one batch may have.
pub const BATCH_DAYS_MAX: usize = 128;

/// How many entries of an index are in memory; more of them are sorted and kept in a file. 24 bytes each.
pub const INDEX_ENTRIES_HELD_MAX: usize = 900_000;

/// How many such files of one index have a sieve in memory, of 1 MiB each.
pub const INDEX_SIEVES_MAX: usize = 32;

/// How many events of stored files are remembered in memory, because a source has events that may be in them; about 50
/// bytes each. Beyond that they are remembered in files.
pub const INDEXED_EVENTS_HELD_MAX: usize = 2_700_000;

/// How many stored files are remembered in files, which are open as long.
pub const INDEXED_FILES_MAX: usize = 256;

/// How many events of a stored file are looked up one by one before all of it is read.
pub const LOOKUPS_MAX: u32 = 8;

/// How many rejections and conflicts a report lists; more are counted.
pub const REPORTED_MAX: usize = 10_000;

/// How many objects one address may stand for; their names are held in memory, about 200 bytes each.
#[cfg(feature = "object-store")]
pub const OBJECTS_MAX: usize = 500_000;

/// How many pages one listing may have; a page of S3 has up to 1,000 objects.
#[cfg(feature = "object-store")]
pub const OBJECT_PAGES_MAX: usize = 100_000;

/// How many bytes of an object are fetched with one request.
#[cfg(feature = "object-store")]
pub const OBJECT_PART_BYTES_MAX: u64 = 2 << 20;

/// How many objects are fetched before they are read.
#[cfg(feature = "object-store")]
pub const OBJECTS_AHEAD_MAX: usize = 16;

/// How long one page or part is waited for, all attempts together.
#[cfg(feature = "object-store")]
pub const OBJECT_SECONDS_MAX: u64 = 60;

/// How long one attempt may take.
#[cfg(feature = "object-store")]
pub const OBJECT_ATTEMPT_SECONDS_MAX: u64 = 20;

/// How often a request is tried again.
#[cfg(feature = "object-store")]
pub const OBJECT_RETRIES_MAX: usize = 6;

/// How many objects in a row may fail for want of an answer before no more are asked for.
#[cfg(feature = "object-store")]
pub const OBJECT_FAILURES_MAX: u32 = 3;

/// How much of what a store said about a failure is repeated.
#[cfg(feature = "object-store")]
pub const OBJECT_ERROR_CHARS_MAX: usize = 400;

/// How large a compacted file is at least, if its day has so much.
pub const COMPACTED_BYTES_MIN: u64 = 128 << 20;

/// How large a compacted file is at most.
pub const COMPACTED_BYTES_MAX: u64 = 512 << 20;

/// How much memory sorting, joining and grouping of one SQL query may take; beyond it the query fails or spills.
#[cfg(feature = "sql")]
pub const SQL_MEMORY_BYTES_MAX: usize = 1 << 30;

/// How long the text of one SQL query may be.
#[cfg(feature = "sql")]
pub const SQL_BYTES_MAX: usize = 16 << 10;

/// How much stack a query has: parts of it stand inside each other as deep as it has operators.
#[cfg(feature = "sql")]
pub const SQL_STACK_BYTES: usize = 256 << 20;
