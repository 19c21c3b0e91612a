//! Keys at somebody else's: a client of the AWS
//! [External Key Store Proxy API](https://github.com/aws/aws-kms-xksproxy-api-spec), version 1.
//!
//! [`Client`](client::Client) is the protocol alone.

pub mod client;
pub mod credential;
pub mod endpoint;
pub mod limits;
pub mod message;
pub mod refusal;
pub mod tls;

mod reply;
mod resolve;
mod sigv4;
mod transport;
