//! The four exit codes, which mean the same in every command.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Allowed, clean, explained, passed.
    Fine = 0,
    /// The answer is no, or there are findings.
    No = 1,
    /// Bad usage or unreadable input: the work could not be done.
    Unreadable = 2,
    /// Something that is needed is not known.
    Undetermined = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}
