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

/// A dimension of a question about many requests is cut into at most this many classes of values.
pub const CLASSES_MAX: usize = 1024;

/// So many joint states of the patterns of one dimension are visited while its classes are sought.
pub const PATTERN_STATES_MAX: usize = 20_000;

/// A union of boxes grows no longer than this.
pub const BOXES_MAX: usize = 4096;

/// Of one statement so many pieces are looked at for differences between policies.
pub const PIECES_MAX: usize = 32;

/// A comparison of policies lists about so many differences on each side.
pub const DIFFERENCES_MAX: usize = 256;

/// So many boxes are made for one question before it is given up as not decided.
pub const BOX_STEPS_MAX: usize = 200_000;

/// Two texts with symbols whose lengths multiply to more than this are not compared: they may be the same.
pub const SYMBOL_STEPS_MAX: usize = 1 << 22;

/// Grant constraints hold at most this many encryption context pairs.
pub const GRANT_CONTEXT_PAIRS_MAX: usize = 64;

/// A document with more statements than this is not linted by evaluation; the rules that look at each statement go on.
pub const EVALUATED_STATEMENTS_MAX: usize = 400;

/// Of the Denies of a document so many are held against the document without them; the linter says where there are more.
pub const COMPARED_DENIES_MAX: usize = 16;

/// A linter asks at most this many questions of a key and somebody's own policies together.
pub const JOINED_QUESTIONS_MAX: usize = 2_000;

/// Two identity policies are compared for at most this many of the resources that they name.
pub const COMPARED_RESOURCES_MAX: usize = 32;
