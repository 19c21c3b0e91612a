//! Sources in an object store: what stands below an address such as `s3://bucket/prefix`.
//!
//! Objects are listed page by page, fetched in parts of bounded size, and the next few while one is read. Every
//! request is tried again for a while and then given up. Only reading is done here: an audit folder itself is always
//! one of a disk. Nothing touches the network before [`objects`] is called.

mod bucket;
mod listing;
mod read;
#[cfg(test)]
mod tests;

use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use super::Source;
use super::source::is_json;
use crate::limits::OBJECT_SECONDS_MAX;
use bucket::Bucket;
use listing::Listing;
use read::{ObjectSource, Objects};

/// How stores are reached: the variables that AWS's own tools take from the environment.
#[derive(Clone)]
pub struct Access {
    variables: Vec<(String, String)>,
    patience: Duration,
}

impl Access {
    /// `AWS_ACCESS_KEY_ID`, `AWS_REGION`, `AWS_ENDPOINT_URL` and so on; others and empty ones are ignored.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let ours = |(name, value): &(String, String)| name.starts_with("AWS_") && !value.is_empty();
        let variables = variables.into_iter().filter(ours).collect();
        Self { variables, patience: Duration::from_secs(OBJECT_SECONDS_MAX) }
    }

    /// How long one page of a listing or one part of an object is waited for, all attempts together.
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Why there are no objects to be had.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// The text is no address.
    #[error("`{0}` is no address of objects: {1}")]
    Address(String, &'static str),
    /// The variables make no sense.
    #[error("{0}")]
    Access(String),
    /// The store does not tell what it has.
    #[error("cannot list `{0}`: {1}")]
    List(String, String),
    /// There is too much of it.
    #[error("`{0}` has more than {1}; import a longer prefix at a time")]
    TooMany(String, String),
    /// No thread could be had to wait for the network.
    #[error(transparent)]
    Start(#[from] io::Error),
}

/// What stands below an address.
pub struct Found {
    /// The objects whose names say JSON.
    pub sources: Vec<Box<dyn Source>>,
    /// How many others there are.
    pub others: u64,
}

/// Finds what stands below `s3://bucket/prefix`. A prefix is whole segments of a key, as a folder would be; with a `*`
/// at its end it is any beginning of one. An address may also be that of one object. `listed` hears how many objects
/// were listed so far.
pub fn objects(text: &str, access: &Access, listed: &mut dyn FnMut(u64)) -> Result<Found, ObjectError> {
    let address = Address::parse(text)?;
    let bucket = Arc::new(Bucket::connect(&address.bucket, access)?);
    if address.is_json() {
        let objects = Objects::new(bucket, address.root(), vec![(address.key.clone(), None)]);
        return Ok(Found { sources: sources(objects), others: 0 });
    }
    let mut listing = Listing::new(text, address.prefix());
    let mut token = None;
    loop {
        let page = bucket.page(listing.prefix(), token);
        token = listing.add(page.map_err(|why| ObjectError::List(text.to_owned(), why))?)?;
        listed(listing.count());
        if token.is_none() {
            break;
        }
    }
    let (found, others) = listing.finish();
    let sources = match (found.is_empty() && others == 0, address.may_be_object()) {
        (false, _) => sources(Objects::new(bucket, address.root(), found)),
        (true, true) => sources(Objects::new(bucket, address.root(), vec![(address.key.clone(), None)])),
        (true, false) => vec![Box::new(Nothing { name: text.to_owned() }) as Box<dyn Source>],
    };
    Ok(Found { sources, others })
}

fn sources(objects: Arc<Objects>) -> Vec<Box<dyn Source>> {
    (0..objects.count()).map(|at| Box::new(ObjectSource::new(objects.clone(), at)) as Box<dyn Source>).collect()
}

/// `s3://bucket/key`
#[derive(Debug, Clone, PartialEq, Eq)]
struct Address {
    bucket: String,
    key: String,
}

impl Address {
    fn parse(text: &str) -> Result<Self, ObjectError> {
        let wrong = |why| ObjectError::Address(text.to_owned(), why);
        let (scheme, rest) = text.split_once("://").unwrap_or_default();
        if scheme != "s3" {
            return Err(wrong("write s3://BUCKET/PREFIX; AWS_ENDPOINT_URL names a store that is not AWS's"));
        }
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        if bucket.is_empty() || !bucket.bytes().all(is_name) {
            return Err(wrong("a bucket's name has letters, digits, `-`, `.` and `_`"));
        }
        let mut segments = key.strip_suffix('/').unwrap_or(key).split('/');
        if !key.is_empty() && segments.any(|segment| ["", ".", ".."].contains(&segment)) {
            return Err(wrong("a key with an empty segment, `.` or `..` cannot be read"));
        }
        Ok(Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }

    /// What comes before a key in the name of a source.
    fn root(&self) -> String {
        format!("s3://{}/", self.bucket)
    }

    /// Whether it says itself that it is one object.
    fn is_json(&self) -> bool {
        is_json(&self.key)
    }

    fn may_be_object(&self) -> bool {
        !self.key.is_empty() && !self.key.ends_with(['/', '*'])
    }

    /// What the keys below it begin with.
    fn prefix(&self) -> String {
        match self.key.strip_suffix('*') {
            Some(beginning) => beginning.to_owned(),
            None if self.may_be_object() => format!("{}/", self.key),
            None => self.key.clone(),
        }
    }
}

/// An address below which there is nothing. It is rejected like a file that is not there.
struct Nothing {
    name: String,
}

impl Source for Nothing {
    fn name(&self) -> &str {
        &self.name
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Err(io::Error::new(io::ErrorKind::NotFound, "there is no object below it"))
    }
}
