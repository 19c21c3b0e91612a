//! Every bound of this crate, named once.

/// JSON nested deeper than this is refused, so that no input can exhaust the stack.
pub const JSON_DEPTH_MAX: usize = 128;

/// A JSON text longer than this is refused; offsets are kept in 32 bits.
pub const JSON_BYTES_MAX: usize = 1 << 30;

/// A JSON value with more values in it than this is refused, so that no input can exhaust the memory: each takes some sixty bytes.
pub const JSON_NODES_MAX: usize = 1 << 24;

/// A policy document with more statements than this is refused.
pub const STATEMENTS_MAX: usize = 100_000;

/// A principal, action or resource name in a request longer than this is refused.
pub const NAME_BYTES_MAX: usize = 8 * 1024;

/// Two texts with symbols whose lengths multiply to more than this are not compared: they may be the same.
pub const SYMBOL_STEPS_MAX: usize = 1 << 22;

/// Grant constraints hold at most this many encryption context pairs.
pub const GRANT_CONTEXT_PAIRS_MAX: usize = 64;
