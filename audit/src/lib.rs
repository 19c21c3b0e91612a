//! Every call becomes one event; events become files anyone can query.
//!
//! An [`Event`](event::Event) is a CloudTrail record that passed the door: strict JSON with a time. Nothing of it is
//! ever lost; its [`leaf`](event::Event::leaf) is the hash that a log keeps of it. What a Parquet file makes of it is
//! said once, in the table [`COLUMNS`](column::COLUMNS).
//!
//! ```
//! use wardbook_audit::event::EventText;
//!
//! let text = r#"{"eventVersion": "1.11", "eventTime": "2026-04-01T12:00:00Z", "eventSource": "kms.amazonaws.com",
//!     "eventName": "Decrypt", "eventID": "8e2e9b4c-0000-4000-8000-2f3d5e6a7b8c",
//!     "resources": [{"ARN": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}]}"#;
//! let event = EventText::read(text.to_owned()).unwrap();
//! let promoted = event.view().promoted();
//! assert_eq!(event.view().time().date(), "2026-04-01");
//! assert!(promoted.kms_key_arn.unwrap().ends_with(":key/1234abcd-12ab-34cd-56ef-1234567890ab"));
//! ```
//!
//! Clock, ids and disk come in as arguments. Nothing here decides anything: a decision is stored as words.

pub mod limits;
pub mod time;

pub mod json;
mod sha256;

pub mod event;

pub mod column;

pub mod parquet;

pub mod disk;
pub mod folder;
pub mod journal;

pub mod log;

pub mod compact;
pub mod export;
pub mod import;
pub mod tail;

#[cfg(feature = "aws-digest")]
pub mod aws_digest;

pub mod query;
pub mod schema;
#[cfg(feature = "sql")]
pub mod sql;
