//! What a file says about itself beside its columns: keys and values in the Parquet footer.

use ::parquet::file::metadata::KeyValue;

use crate::column::SCHEMA_VERSION;
use crate::folder::{LeafRange, Origin};

/// What a file says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footer {
    /// The log that its events are in.
    pub origin: Origin,
    /// The indexes that its events may have there.
    pub range: LeafRange,
    /// What the events were made of: SHA-256 in hex of each source, sorted. Empty for events of this engine.
    pub sources: Vec<String>,
    /// Further keys, such as the root of the log; each begins with `wardbook.`.
    pub more: Vec<(String, String)>,
}

/// Why a footer is not one of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FooterError {
    /// A key is missing or unreadable.
    #[error("the footer has no readable `{0}`")]
    Key(&'static str),
    /// It was written by something newer.
    #[error("the file has schema version `{0}`; this program reads up to {SCHEMA_VERSION}")]
    Version(String),
}

const SCHEMA: &str = "wardbook.schema_version";
const ORIGIN: &str = "wardbook.origin";
const FIRST: &str = "wardbook.first_leaf";
const LAST: &str = "wardbook.last_leaf";
const SOURCES: &str = "wardbook.sources";

impl Footer {
    /// The keys and values.
    pub(super) fn write(&self) -> Vec<KeyValue> {
        let pair = |key: &str, value: String| KeyValue::new(key.to_owned(), value);
        let mut pairs = vec![
            pair(SCHEMA, SCHEMA_VERSION.to_owned()),
            pair(ORIGIN, self.origin.to_string()),
            pair(FIRST, self.range.first.to_string()),
            pair(LAST, self.range.last.to_string()),
        ];
        if !self.sources.is_empty() {
            pairs.push(pair(SOURCES, self.sources.join(" ")));
        }
        pairs.extend(self.more.iter().map(|(key, value)| pair(key, value.clone())));
        pairs
    }

    pub(super) fn read(pairs: &[KeyValue]) -> Result<Self, FooterError> {
        let find = |key: &'static str| {
            let pair = pairs.iter().find(|pair| pair.key == key);
            pair.and_then(|pair| pair.value.as_deref()).ok_or(FooterError::Key(key))
        };
        let number = |key| find(key)?.parse().map_err(|_| FooterError::Key(key));
        let version = find(SCHEMA)?;
        let known = SCHEMA_VERSION.parse::<u32>().unwrap_or_default();
        if !version.parse::<u32>().is_ok_and(|version| version <= known) {
            return Err(FooterError::Version(version.to_owned()));
        }
        let own = [SCHEMA, ORIGIN, FIRST, LAST, SOURCES];
        let more = pairs.iter().filter(|pair| pair.key.starts_with("wardbook.") && !own.contains(&pair.key.as_str()));
        Ok(Self {
            origin: Origin::new(find(ORIGIN)?).map_err(|_| FooterError::Key(ORIGIN))?,
            range: LeafRange { first: number(FIRST)?, last: number(LAST)? },
            sources: find(SOURCES).unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
            more: more.map(|pair| (pair.key.clone(), pair.value.clone().unwrap_or_default())).collect(),
        })
    }
}
