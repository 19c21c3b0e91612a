//! An event: a CloudTrail record of any version, unknown fields included, that is known to be one.
//!
//! [Record contents](https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html).
//! Only two things are asked of it: that it is an object of strict JSON, and that it says when it happened. Everything
//! else may be absent, null or of another type than expected, and is kept as it is.

mod leaf;
mod made;
mod parameter;
mod promoted;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub use leaf::{Leaf, LeafHasher};
pub use made::{AccessKeyId, ConditionKey, ContextValue, Decision, EventKind, Identity, NewEvent, Resource, Session};
pub use parameter::{Field, Loggable, Name, Names, Pairs, Parameters, PolicyText, Prose, Several, Tags, Word, Words};
pub use promoted::{Promoted, is_key_arn};

use crate::json::{JsonError, Kind, Tree, Value};
use crate::time::Timestamp;

/// A look at an event inside a text.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    record: Value<'a>,
    time: Timestamp,
}

/// An event that owns its text.
#[derive(Debug, Clone)]
pub struct EventText {
    text: String,
    tree: Tree,
    time: Timestamp,
}

/// Why something is not an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// It is not JSON, or ambiguous JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// It is JSON but no object.
    #[error("an event is a JSON object")]
    NotAnObject,
    /// There is no `eventTime`.
    #[error("the event has no `eventTime`")]
    NoTime,
    /// There is one, but it tells no moment.
    #[error("`eventTime` is no RFC 3339 time: `{0}`")]
    Time(String),
}

impl<'a> Event<'a> {
    /// The one door: a JSON value is an event if it is an object with an `eventTime`.
    pub fn of(record: Value<'a>) -> Result<Self, EventError> {
        if record.kind() != Kind::Object {
            return Err(EventError::NotAnObject);
        }
        let time = record.member("eventTime").filter(|time| !time.is_null()).ok_or(EventError::NoTime)?;
        let text = time.as_text().unwrap_or(Cow::Borrowed(time.written()));
        let time = Timestamp::read(&text).filter(|_| time.kind() == Kind::Text);
        Ok(Self { record, time: time.ok_or_else(|| EventError::Time(text.chars().take(64).collect()))? })
    }

    /// The whole record.
    pub fn record(&self) -> Value<'a> {
        self.record
    }

    /// When it happened.
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// Its `eventID`, which CloudTrail gives to each event and which may come twice.
    pub fn id(&self) -> Option<Cow<'a, str>> {
        self.record.text_member("eventID")
    }

    /// Its `eventName`.
    pub fn name(&self) -> Option<Cow<'a, str>> {
        self.record.text_member("eventName")
    }

    /// What it says about keys, principals and decisions, in one place.
    pub fn promoted(&self) -> Promoted<'a> {
        Promoted::of(self.record)
    }

    /// The hash that stands for it in a log.
    pub fn leaf(&self) -> Leaf {
        LeafHasher::default().leaf(self)
    }

    /// Its text without whitespace.
    pub fn compact(&self) -> Cow<'a, str> {
        self.record.compact()
    }
}

impl EventText {
    /// Reads an event.
    pub fn read(text: String) -> Result<Self, EventError> {
        let mut tree = Tree::default();
        let time = Event::of(tree.read(&text)?)?.time;
        Ok(Self { text, tree, time })
    }

    /// A look at it.
    pub fn view(&self) -> Event<'_> {
        Event { record: self.tree.value(&self.text), time: self.time }
    }

    /// Its text, as it was read.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Equal as JSON values.
impl PartialEq for EventText {
    fn eq(&self, other: &Self) -> bool {
        self.view().record() == other.view().record()
    }
}
