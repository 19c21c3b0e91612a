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

/// A folder with more files than this is refused.
pub const FILES_MAX: usize = 250_000;

/// Folders nested deeper than this are refused.
pub const FOLDER_DEPTH_MAX: usize = 32;

/// An account further from its root than this has no place in the organization; AWS allows five levels of units.
pub const ORGANIZATION_LEVELS_MAX: usize = 16;

/// At most this many candidates are listed for a name that several things have.
pub const CANDIDATES_MAX: usize = 10;

/// A file with more CloudTrail events than this is refused.
pub const EVENTS_MAX: usize = 1_000_000;

/// A message that quotes longer text than this is cut.
pub const MESSAGE_CHARACTERS_MAX: usize = 1_000;

/// A way to a key of more steps than this is not followed.
pub const ESCALATION_STEPS_MAX: usize = 12;
