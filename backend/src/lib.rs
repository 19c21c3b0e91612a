//! Bytes in, bytes out, under a key you cannot see.
//!
//! A [`Backend`](backend::Backend) makes keys and opens them from the opaque tokens its caller stores; a
//! [`KeyHandle`](key::KeyHandle) runs the closed set of [`Operation`](operation::Operation)s. Nothing here
//! returns key material, and nothing here knows who asks or why: names, principals and permissions belong
//! to other rooms, and labels are carried along unread.
//!
//! ```
//! use std::sync::Arc;
//! use wardbook_backend::algorithm::Algorithm;
//! use wardbook_backend::backend::Backend;
//! use wardbook_backend::call::Call;
//! use wardbook_backend::context::Context;
//! use wardbook_backend::random::{Seeded, System};
//! use wardbook_backend::root::{LocalRoot, Roots};
//! use wardbook_backend::rustcrypto::RustCrypto;
//! use wardbook_backend::software::Software;
//! use wardbook_backend::spec::{KeySpec, Usage};
//! use wardbook_backend::token::{Binding, MaterialId};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let root = LocalRoot::ephemeral(&System)?;
//! let roots = Roots::new(Arc::new(root));
//! let backend = Software::start([Arc::new(RustCrypto) as _], roots, Arc::new(Seeded::new(System)));
//!
//! // Another backend here, and nothing below changes.
//! let (binding, call) = (
//!     Binding::new("reports", MaterialId([7; 32]), KeySpec::SymmetricDefault, Usage::EncryptDecrypt)?,
//!     Call::unhurried(),
//! );
//! let token = backend.generate(&binding, &call)?;
//! let key = backend.open(&token, &binding, &call)?;
//!
//! let context = Context::new([("department", "finance")])?;
//! let ciphertext = key.encrypt(Algorithm::SymmetricDefault, b"attack at dawn", &context, &call)?;
//! let plaintext = key.decrypt(Algorithm::SymmetricDefault, &ciphertext, &context, &call)?;
//! assert_eq!(plaintext.expose(), b"attack at dawn");
//! assert!(key.decrypt(Algorithm::SymmetricDefault, &ciphertext, &Context::empty(), &call).is_err());
//! # Ok(())
//! # }
//! ```
//!
//! The modules in reading order: what is asked ([`operation`], [`algorithm`], [`spec`], [`context`]), of whom
//! ([`backend`], [`key`], [`capability`], [`error`]), what is stored ([`token`], [`import`], [`blob`]), how it
//! is made ([`envelope`], [`kdf`], [`root`], [`memory`], [`random`]), and by whom ([`software`], [`composite`],
//! [`provider`], [`rustcrypto`]). [`conformance`] holds any of them to all of it.

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
