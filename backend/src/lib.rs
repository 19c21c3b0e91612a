//! Bytes in, bytes out, under a key you cannot see.
//!
//! A [`Backend`](backend::Backend) makes keys and opens them from the opaque tokens its caller stores; a
//! [`KeyHandle`](key::KeyHandle) runs the closed set of [`Operation`](operation::Operation)s. Nothing here
//! returns key material, and nothing here knows who asks or why: names, principals and permissions belong
//! to other rooms, and `labels` are carried along unread.

pub mod algorithm;
pub mod backend;
pub mod blob;
pub mod call;
pub mod capability;
pub mod composite;
pub mod conformance;
pub mod context;
pub mod envelope;
pub mod error;
pub mod import;
pub mod kdf;
pub mod key;
pub mod known_answer;
pub mod limits;
pub mod memory;
pub mod operation;
pub mod provider;
pub mod random;
pub mod root;
pub mod rustcrypto;
pub mod secret;
pub mod software;
pub mod spec;
pub mod token;
