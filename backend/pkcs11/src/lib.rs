//! Keys that are made in a PKCS#11 token and never leave it.
//!
//! What is stored for a key is the place of an object and nothing else. The place is derived from what the key
//! belongs to, so a stored row that is moved to another key leads nowhere. What a token can do is found out by
//! known-answer runs when the backend starts, with throw-away objects of known material.
//!
//! Symmetric keys work in the first of three ways that the token proves:
//!
//! 1. the token derives the key of each message (SP 800-108 counter mode) and encrypts under it, and not even that
//!    key comes out;
//! 2. or two HMACs in the token, which are the same derivation, give it, and AES-GCM is computed here: blobs are
//!    the same;
//! 3. or the token runs AES-GCM under the stored key. Then random initialisation vectors bound how often
//!    a key may encrypt, and a durable budget holds it to that.

mod backend;
mod blob;
mod budget;
mod claims;
mod der;
mod failure;
pub mod fuzz;
mod key;
mod locator;
mod object;
mod pin;
mod root;
mod settings;
mod symmetric;
mod token;
mod trial;

pub use backend::{NAME, Pkcs11, StartError};
pub use pin::{Consent, Pin, PinError};
pub use root::TokenRoot;
pub use settings::{Derivation, Settings, SettingsError, Which};
pub use trial::Trial;
