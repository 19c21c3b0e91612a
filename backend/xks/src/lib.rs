//! Keys at somebody else's: a client of the AWS
//! [External Key Store Proxy API](https://github.com/aws/aws-kms-xksproxy-api-spec), version 1.
//!
//! [`Xks`](xks::Xks) is a [`Backend`](wardbook_backend::backend::Backend) that adopts keys which a proxy names.
//! What it encrypts is encrypted twice: under a local key first, by the proxy second.
//! [`Client`](client::Client) is the protocol alone.
//!
//! ```no_run
//! # use std::{error::Error, sync::Arc};
//! # use wardbook_backend::{backend::Backend, call::{Call, Monotonic}, random::System, secret::Secret, token::Binding};
//! # use wardbook_backend_xks::{client::*, credential::*, endpoint::*, tls::*, xks::*};
//! # fn open(local: Arc<dyn Backend>, binding: Binding, id: &str, secret: Secret, roots: Vec<u8>) -> Result<(), Box<dyn Error>> {
//! let endpoint = Endpoint::parse("https://xks.example.com/kms/xks/v1")?;
//! let trust = Trust { roots, identity: None };
//! let settings = Settings::new(endpoint, "eu-west-1", Credential::new(id, secret)?, Some(trust));
//! let client = Client::new(settings, Arc::new(System), Arc::new(SystemClock), None)?;
//! let call = Call::unhurried();
//! let xks = Xks::connect(client, local, Arc::new(System), None, &call)?;
//! let token = xks.adopt(&binding, "the-key-of-the-proxy", &call)?;
//! let key = xks.open(&token, &binding, &call)?;
//! # Ok(())
//! # }
//! ```

pub mod client;
pub mod credential;
pub mod endpoint;
pub mod fuzz;
pub mod limits;
pub mod message;
pub mod refusal;
pub mod tls;
pub mod xks;

mod blob;
mod reply;
mod resolve;
mod sigv4;
mod transport;
