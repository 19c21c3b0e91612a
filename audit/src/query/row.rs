//! One row that a question looks at, of a file or of a journal.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, TimestampMicrosecondType};
use arrow_array::{Array, MapArray, RecordBatch, StringArray};
use arrow_buffer::{BooleanBuffer, NullBuffer};

use crate::parquet::FileError;
use crate::time::Timestamp;

/// A column that questions read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    AdditionalEventData,
    DestEncryptionContext,
    DestKmsKeyArn,
    EncryptionContext,
    ErrorCode,
    EventId,
    EventName,
    EventTime,
    EventType,
    KmsKeyArn,
    PolicyDigest,
    PrincipalAccountId,
    PrincipalArn,
    RequestParameters,
    ResponseElements,
    ServiceEventDetails,
    SessionName,
    SharedEventId,
}

/// Names of the columns, in the order of the variants.
const NAMES: [&str; 18] = [
    "additional_event_data",
    "dest_encryption_context",
    "dest_kms_key_arn",
    "encryption_context",
    "error_code",
    "event_id",
    "event_name",
    "event_time",
    "event_type",
    "kms_key_arn",
    "policy_digest",
    "principal_account_id",
    "principal_arn",
    "request_parameters",
    "response_elements",
    "service_event_details",
    "session_name",
    "shared_event_id",
];

impl Column {
    /// Its name in the files.
    pub(super) fn name(self) -> &'static str {
        NAMES.get(self as usize).copied().unwrap_or_default()
    }
}

/// The columns of a batch. Those that a file does not have count as NULL.
pub(super) struct Batch<'a> {
    columns: [Cells<'a>; NAMES.len()],
    rows: usize,
}

/// A column of a batch.
enum Cells<'a> {
    Nothing,
    Texts(&'a StringArray),
    /// Places in a dictionary.
    Words {
        places: &'a [i32],
        nulls: Option<&'a NullBuffer>,
        dictionary: &'a StringArray,
    },
    Map(&'a MapArray),
    Times(&'a [i64]),
}

/// A row of it.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    batch: &'a Batch<'a>,
    row: usize,
}

/// A text that may stand in a dictionary, so that what depends on it need be found out only once.
#[derive(Clone, Copy)]
pub(super) enum Word<'a> {
    Null,
    Text(&'a str),
    Entry(&'a StringArray, usize),
}

impl<'a> Batch<'a> {
    pub(super) fn new(batch: &'a RecordBatch) -> Self {
        let cells = |name: &str| {
            let Some(column) = batch.column_by_name(name) else { return Cells::Nothing };
            if let Some(texts) = column.as_string_opt::<i32>() {
                return Cells::Texts(texts);
            }
            if let Some(words) = column.as_dictionary_opt::<Int32Type>() {
                let Some(dictionary) = words.values().as_string_opt::<i32>() else { return Cells::Nothing };
                return Cells::Words { places: words.keys().values(), nulls: words.keys().nulls(), dictionary };
            }
            let map = column.as_map_opt().map(Cells::Map);
            let times = || Some(Cells::Times(column.as_primitive_opt::<TimestampMicrosecondType>()?.values()));
            map.or_else(times).unwrap_or(Cells::Nothing)
        };
        Self { columns: NAMES.map(cells), rows: batch.num_rows() }
    }

    /// Its rows; only those of the mask, if there is one.
    pub(super) fn each<E>(
        &'a self,
        mask: Option<&BooleanBuffer>,
        mut each: impl FnMut(Row<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut row = |row| each(Row { batch: self, row });
        match mask {
            Some(mask) => mask.set_indices().try_for_each(&mut row),
            None => (0..self.rows).try_for_each(&mut row),
        }
    }
}

impl<'a> Row<'a> {
    fn cells(self, column: Column) -> &'a Cells<'a> {
        self.batch.columns.get(column as usize).unwrap_or(&Cells::Nothing)
    }

    /// The text in a column.
    #[inline]
    pub(super) fn text(self, column: Column) -> Option<&'a str> {
        self.word(column).text()
    }

    /// The text in a column, by its place in the dictionary where it has one.
    #[inline]
    pub(super) fn word(self, column: Column) -> Word<'a> {
        match self.cells(column) {
            Cells::Texts(array) if array.is_valid(self.row) => Word::Text(array.value(self.row)),
            Cells::Words { places, nulls, dictionary } if nulls.is_none_or(|nulls| nulls.is_valid(self.row)) => {
                match places.get(self.row).and_then(|place| usize::try_from(*place).ok()) {
                    Some(place) if place < dictionary.len() => Word::Entry(dictionary, place),
                    _ => Word::Null,
                }
            }
            _ => Word::Null,
        }
    }

    /// Whether a column has a text.
    #[inline]
    pub(super) fn has(self, column: Column) -> bool {
        !matches!(self.word(column), Word::Null)
    }

    /// When it happened.
    pub(super) fn time(self) -> Result<Timestamp, FileError> {
        let time = match self.cells(Column::EventTime) {
            Cells::Times(times) => times.get(self.row),
            _ => None,
        };
        let missing = || FileError::Damaged("a row has no `event_time`".to_owned());
        time.map(|time| Timestamp::from_micros(*time)).ok_or_else(missing)
    }

    /// The pairs in a column, sorted.
    pub(super) fn map(self, column: Column) -> Option<Vec<(&'a str, Option<&'a str>)>> {
        let Cells::Map(array) = self.cells(column) else { return None };
        if !array.is_valid(self.row) {
            return None;
        }
        let (keys, values) = (array.keys().as_string_opt::<i32>()?, array.values().as_string_opt::<i32>()?);
        let offset = |at: usize| array.value_offsets().get(at).map_or(0, |offset| *offset as usize);
        let pairs = offset(self.row)..offset(self.row + 1);
        let pair = |at: usize| (keys.value(at), values.is_valid(at).then(|| values.value(at)));
        let mut pairs: Vec<_> = pairs.map(pair).collect();
        pairs.sort_unstable();
        Some(pairs)
    }

    /// Whether the call did what it was to do.
    pub(super) fn succeeded(self) -> bool {
        !self.has(Column::ErrorCode)
    }
}

impl<'a> Word<'a> {
    /// The text, if there is one.
    #[inline]
    pub(super) fn text(self) -> Option<&'a str> {
        match self {
            Word::Null => None,
            Word::Text(text) => Some(text),
            Word::Entry(dictionary, place) => Some(dictionary.value(place)),
        }
    }
}

/// What was found out about the words of the dictionary at hand, each once.
pub(super) struct Memo<T> {
    /// It is kept, so that no other can take its place in memory and pass for it.
    dictionary: Option<StringArray>,
    found: Vec<Option<T>>,
}

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self { dictionary: None, found: Vec::new() }
    }
}

impl<T: Copy> Memo<T> {
    /// What `find` finds about a word.
    #[inline]
    pub(super) fn of(&mut self, word: Word<'_>, find: impl FnOnce(Option<&str>) -> T) -> T {
        let Word::Entry(dictionary, place) = word else { return find(word.text()) };
        let offsets = dictionary.value_offsets();
        let is_known = |known: &StringArray| std::ptr::eq(known.value_offsets(), offsets);
        if !self.dictionary.as_ref().is_some_and(is_known) {
            self.dictionary = Some(dictionary.clone());
            self.found.clear();
            self.found.resize(dictionary.len(), None);
        }
        match self.found.get_mut(place) {
            Some(Some(found)) => *found,
            Some(unknown) => *unknown.insert(find(word.text())),
            None => find(word.text()),
        }
    }
}
