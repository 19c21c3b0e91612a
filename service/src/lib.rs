//! Speaks the KMS API: who are you, may you, do it, write it down, answer.

pub mod api;
pub mod limits;
pub mod refusal;
pub mod wire;
