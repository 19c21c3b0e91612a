//! Speaks the KMS API: who are you, may you, do it, write it down, answer.

pub mod limits;

pub mod api;
pub mod refusal;
pub mod wire;

pub mod authenticate;
pub mod clock;
pub mod credential;
pub mod document;
pub mod raw;
pub mod seal;

pub mod name;
pub mod state;
pub mod store;

pub mod authorize;
pub mod caller;
pub mod denied;
pub mod directory;

pub mod desk;
pub mod event;
pub mod grant_token;
pub mod key_store;
pub mod kms;
mod last_use;
mod managed;
pub mod opened;
mod operation;
mod outbox;
pub mod quota;
pub mod serve;

pub mod background;
pub mod console;
pub mod rewrap;
mod sts;

pub mod http;
