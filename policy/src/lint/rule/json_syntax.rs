//! A policy that is not JSON.
//!
//! AWS refuses it as a whole. Common reasons are a comma after the last member, a missing quote, and quotes that a word processor has bent.
//! In Terraform an expression that has no value, such as a reference to nothing, is told here too, as a warning: what depends on it is taken as not known.
//!
//! # Bad
//!
//! ```json
//! {"Version": "2012-10-17",
//!   "Statement": [],}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Version": "2012-10-17",
//!   "Statement": {"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}}
//! ```
