//! AWS-LC as a provider of algorithms for the software backend.
//!
//! Serves what AWS-LC has: RSA above all, and with it every way of wrapping imported material under RSA. Alone
//! it is a backend of its own; behind [`RustCrypto`](wardbook_backend::rustcrypto::RustCrypto) it completes the
//! default one to all key specs:
//!
//! ```
//! use std::sync::Arc;
//! use wardbook_backend::random::System;
//! use wardbook_backend::root::{LocalRoot, Roots};
//! use wardbook_backend::rustcrypto::RustCrypto;
//! use wardbook_backend::software::Software;
//! use wardbook_backend_aws_lc::AwsLc;
//!
//! let root = LocalRoot::ephemeral(&System)?;
//! let providers = [Arc::new(RustCrypto) as _, Arc::new(AwsLc::start()?) as _];
//! let backend = Software::start(providers, Roots::new(Arc::new(root)), Arc::new(System));
//! # let _ = backend;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The feature `fips` builds the FIPS 140 module instead and serves what that approves. Keys and data keys then
//! come from the module's own generator.
//!
//! What AWS-LC lacks, or its Rust interface does not give out, is absent from the claims: SM2, SM4, Ed25519ph,
//! ML-DSA with an external mu, and ML-KEM keys that somebody else made or is to have.

mod ecc;
mod ed25519;
mod fips;
mod mac;
mod ml_dsa;
mod ml_kem;
mod provider;
mod random;
mod rsa;
mod symmetric;
mod wrap;
mod wrapping;

pub use fips::ModuleError;
pub use provider::{AwsLc, NAME};
pub use random::AwsLcRandom;
pub use wrap::RsaWrap;
