//! Every bound in one place. Each has a test just under it and just over it.
//!
//! The first group is the protocol's own; the second is what this client will put up with.

use std::time::Duration;

/// The whole URI of a call.
pub const URI_BYTES_MAX: usize = 256;
/// The path before `/keys/...` or `/health`.
pub const PATH_BYTES_MAX: usize = 128;
/// The name that the proxy has for a key.
pub const KEY_ID_BYTES_MAX: usize = 128;
/// What a proxy is sure to encrypt in one call.
pub const PLAINTEXT_BYTES_MAX: usize = 4_300;
/// What a proxy is sure to take as additional authenticated data.
pub const ASSOCIATED_BYTES_MAX: usize = 8_192;
/// What a proxy may ask to be given back with a ciphertext.
pub const METADATA_BYTES_MAX: usize = 20;
/// The uses that a proxy may name for one key.
pub const KEY_USAGES_MAX: usize = 10;
/// The key managers that a proxy may report on.
pub const MANAGERS_MAX: usize = 10;
/// From the wish to call to the last byte of the answer.
pub const EXCHANGE: Duration = Duration::from_millis(250);

/// Labels forwarded with one call.
pub const LABELS_MAX: usize = 32;
/// Name and value of one label; the longest real ones are ARNs.
pub const LABEL_BYTES_MAX: usize = 2_048;
/// Status line and headers of an answer.
pub const HEAD_BYTES_MAX: usize = 16_384;
/// Headers of an answer.
pub const HEADERS_MAX: usize = 64;
/// The body of an answer; the longest real one, of an encryption, has about 6,000 bytes.
pub const BODY_BYTES_MAX: usize = 32_768;
/// Connections kept for the next call.
pub const IDLE_CONNECTIONS_MAX: usize = 16;
/// How long a connection is kept for the next call.
pub const IDLE: Duration = Duration::from_secs(20);
/// How long the addresses of a host are taken as known.
pub const RESOLVED: Duration = Duration::from_secs(30);
