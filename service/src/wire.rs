//! What stands on the wire: JSON in and out, constraint messages, error names and statuses.

pub mod constraint;
pub mod decode;
pub mod encode;
pub mod error;
