//! What can be wrong with a folder, in words, and whether a crash explains it.

use super::Verdict;
use crate::log::CheckpointError;

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A log without its checkpoint.
    #[error("there are events of this log, but its checkpoint is gone")]
    NoCheckpoint,
    /// A journal whose log was never begun.
    #[error("the journal has events, and nothing of them is under a checkpoint yet")]
    NotBegun,
    /// A checkpoint that does not hold.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The public key beside it.
    #[error("the public key is gone, or is not the one that signed the checkpoint")]
    Key,
    /// A file or tile is gone.
    #[error("the checkpoint needs this file, and it is gone")]
    Missing,
    /// A file has other bytes.
    #[error("not the bytes that the checkpoint binds")]
    Changed,
    /// A tile has other hashes.
    #[error("the hashes of this tile do not lead to the root of the checkpoint")]
    Tile,
    /// A list of bound files.
    #[error("the list of bound files is gone or changed")]
    List,
    /// A file that nobody vouches for.
    #[error("no checkpoint covers this file")]
    Unexpected,
    /// What a crash leaves.
    #[error("a write was cut short; the next start of the log's writer finishes it")]
    Unfinished,
    /// A file of events that cannot be read.
    #[error("not a readable file of events: {0}")]
    File(String),
    /// Its footer.
    #[error("the footer is not true: {0}")]
    Footer(&'static str),
    /// An event that is not the one in the log.
    #[error("event {index}: {what}")]
    Event {
        /// Its place in the log.
        index: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Columns that are not those of the events.
    #[error("the columns are not those that the events give")]
    Columns,
    /// Events that are nowhere.
    #[error("{count} events of the log are in no file, the first is {first}")]
    NoEvents {
        /// The lowest index.
        first: u64,
        /// How many.
        count: u64,
    },
    /// Bytes of a journal that no crash leaves.
    #[error("changed at byte {offset}: {what}")]
    Journal {
        /// Where.
        offset: usize,
        /// What is wrong there.
        what: &'static str,
    },
    /// A log that was begun, and no journal.
    #[error("the log was begun, and its journal is not there")]
    NoJournal,
    /// The end of a journal that a crash cut off.
    #[error("a crash cut the journal off at byte {offset}, and no event names the rest yet")]
    Torn {
        /// Where.
        offset: usize,
    },
    /// A rest of a journal, or a record that could not be read, that nothing names.
    #[error("kept because it could not be read, and neither an event nor a checkpoint names it yet")]
    Unnamed,
    /// The log has fewer events than before.
    #[error("a kept checkpoint has {kept} events, the log only {now}: it was rolled back")]
    RolledBack {
        /// What the kept checkpoint says.
        kept: u64,
        /// What the log says.
        now: u64,
    },
    /// The log has other events than before.
    #[error("the first {kept} events are not those of a kept checkpoint")]
    Forked {
        /// What the kept checkpoint says.
        kept: u64,
    },
    /// A kept checkpoint that does not hold.
    #[error("a kept checkpoint: {0}")]
    Kept(CheckpointError),
    /// A log that is written to all the time.
    #[error("the log moved on during each attempt to verify it")]
    Moving,
    /// A folder without any log.
    #[error("there is no log in this folder, so nothing vouches for anything")]
    NoLog,
}

impl Problem {
    /// Whether a crash explains it, or only a hand does.
    pub fn verdict(&self) -> Verdict {
        match self {
            Problem::NotBegun
            | Problem::NoJournal
            | Problem::Unfinished
            | Problem::Torn { .. }
            | Problem::Unnamed
            | Problem::Moving
            | Problem::NoLog => Verdict::Undetermined,
            _ => Verdict::Tampered,
        }
    }

    /// A word for it that does not change.
    pub fn name(&self) -> &'static str {
        self.row().0
    }

    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        self.row().1
    }

    /// Where in the file it is, if that is known.
    pub fn offset(&self) -> Option<u64> {
        match self {
            Problem::Journal { offset, .. } | Problem::Torn { offset } => Some(*offset as u64),
            _ => None,
        }
    }

    /// Which event of the log it is about, if it is about one.
    pub fn leaf_index(&self) -> Option<u64> {
        match self {
            Problem::Event { index, .. } => Some(*index),
            Problem::NoEvents { first, .. } => Some(*first),
            _ => None,
        }
    }

    fn row(&self) -> (&'static str, &'static str) {
        match self {
            Problem::NoCheckpoint => ("no-checkpoint", "restore the folder of this log from a copy"),
            Problem::NotBegun => ("not-begun", "start the writer of this log again; it seals what is there"),
            Problem::Checkpoint(_) => {
                ("checkpoint", "restore it from a copy; if another key signed this log, name that key")
            }
            Problem::Key => ("key", "put the line of the public key back, as it was when the log was begun"),
            Problem::Missing => ("missing", RESTORE),
            Problem::Changed => ("changed", RESTORE),
            Problem::Tile => ("tile", RESTORE),
            Problem::List => ("list", RESTORE),
            Problem::Unexpected => {
                ("unexpected", "nothing of this program wrote it here; keep it for whoever looks into it")
            }
            Problem::Unfinished => ("unfinished", "run the writer again: the same import, compact, or the server"),
            Problem::File(_) => ("file", RESTORE),
            Problem::Footer(_) => ("footer", SIGNED),
            Problem::Event { .. } => ("event", SIGNED),
            Problem::Columns => ("columns", SIGNED),
            Problem::NoEvents { .. } => ("no-events", RESTORE),
            Problem::Journal { .. } => ("journal", RESTORE),
            Problem::NoJournal => (
                "no-journal",
                "if its first start did not end well, start it again; else put the journal back from a copy",
            ),
            Problem::Torn { .. } => {
                ("torn", "start the writer of this log again; it keeps the rest and names it in an event")
            }
            Problem::Unnamed => ("unnamed", "run the writer again; its next checkpoint or event names this file"),
            Problem::RolledBack { .. } => ("rolled-back", "events were removed from the end; find a newer copy"),
            Problem::Forked { .. } => {
                ("forked", "the past was rewritten; find the copy that the kept checkpoint belongs to")
            }
            Problem::Kept(_) => {
                ("kept", "look whether it is the checkpoint of this log and its signature is of a trusted key")
            }
            Problem::Moving => ("moving", "verify again, or verify a copy"),
            Problem::NoLog => ("no-log", "look whether this is the right folder, and whether `log/` was removed"),
        }
    }
}

const RESTORE: &str = "restore this file from a copy, and find out who can write here";

/// For what has a sound signature and is wrong nevertheless.
const SIGNED: &str = "whoever wrote it can sign: find out who has the key, and look for a copy from before";
