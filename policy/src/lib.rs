//! Given a question and the documents, say yes, no or unknown, and why.

pub mod catalogue;
