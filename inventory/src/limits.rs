//! Every bound of this crate, named once.

/// A file longer than this is refused; spans count bytes in 32 bits.
pub const FILE_BYTES_MAX: usize = 256 << 20;

/// A YAML text longer than this is refused.
pub const YAML_BYTES_MAX: usize = 16 << 20;

/// A YAML document of more nodes than this, every alias counted as what it stands for, is refused.
pub const YAML_NODES_MAX: usize = 1_000_000;

/// The texts that aliases repeat may add up to this many bytes.
pub const YAML_ALIAS_BYTES_MAX: usize = 16 << 20;

/// A case file with more cases than this is refused.
pub const CASES_MAX: usize = 100_000;
