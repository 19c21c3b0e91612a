//! The Merkle log of an origin: which events there are, in which order, so that no change to the past goes unseen.
//!
//! ```text
//! log/<origin>/checkpoint   size, root and the digest of the list of bound files, signed
//! log/<origin>/key          the public key, for those who have it from nowhere better
//! log/<origin>/tile/        the hashes of the tree
//! log/<origin>/files/       the lists of bound files
//! ```
//!
//! [`LogWriter`] writes it, [`verify`] checks a whole folder against it, [`prove`] makes the proof of one event, which
//! [`tree::includes`] checks without the folder.
//!
//! ```
//! use std::sync::Arc;
//! use wardbook_audit::disk::MemoryDisk;
//! use wardbook_audit::event::EventText;
//! use wardbook_audit::folder::{Folder, Origin};
//! use wardbook_audit::journal::{Journal, Options};
//! use wardbook_audit::log::{LogWriter, Proof, SigningKey, Trust, Verdict, prove, tree, verify};
//!
//! let folder = Folder::new(Arc::new(MemoryDisk::default()));
//! let origin = Origin::new("server").unwrap();
//! let key = SigningKey::from_seed(&[7; 32]);
//! let trust = Trust { keys: vec![key.public()], kept: vec![] };
//!
//! let log = LogWriter::open(&folder, &origin, key).unwrap();
//! let journal = Journal::open(&folder, &origin, Options::default(), Box::new(log), |_| None).unwrap();
//! for id in ["a", "b", "c"] {
//!     let text = format!(r#"{{"eventTime": "2026-04-01T12:00:00Z", "eventID": "{id}"}}"#);
//!     journal.append(&EventText::read(text).unwrap()).unwrap();
//! }
//! journal.close().unwrap();
//!
//! assert_eq!(verify(&folder, &trust).unwrap().verdict(), Verdict::Verified);
//! let Proof::Proved(proofs) = prove(&folder, &trust, "b").unwrap() else { panic!() };
//! let proof = &proofs[0];
//! assert!(tree::includes(proof.leaf_hash, proof.leaf_index, proof.tree_size, &proof.path, proof.root));
//! ```

mod checkpoint;
mod files;
mod key;
mod proof;
mod tile;
pub mod tree;
mod verify;
mod vouched;
mod walk;
mod writer;

use std::io;
use std::path::PathBuf;

pub use checkpoint::{Checkpoint, CheckpointError};
pub(crate) use files::digest_of;
pub use files::{Bound, BoundFiles, ListError};
pub use key::{KeyError, PublicKey, SigningKey};
pub use proof::{EventProof, Proof, ProofError, prove};
pub use tile::{TileError, TileName, Tiles};
pub use tree::Hash;
pub use verify::{Finding, OriginReport, Problem, Report, Trust, Verdict, VerifyError, verify};
pub(crate) use vouched::{Reading, Vouched};
pub(crate) use walk::files_below;
pub use writer::LogWriter;

const CHECKPOINT: &str = "checkpoint";
const KEY: &str = "key";

/// The footer keys under which a file of events names a root of its log.
const FOOTER_SIZE: &str = "wardbook.tree_size";
const FOOTER_ROOT: &str = "wardbook.root";

/// Why a log could not be opened or written.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The disk failed.
    #[error("{}: {error}", path.display())]
    Disk {
        /// Where.
        path: PathBuf,
        /// How.
        error: io::Error,
    },
    /// Bytes were changed that no crash can have changed.
    #[error("{}: {}", .0.display(), .1)]
    Tampered(PathBuf, String),
    /// The checkpoint is not one of this log under this key.
    #[error("{}: {}", .0.display(), .1)]
    Checkpoint(PathBuf, CheckpointError),
    /// A tile is missing or unreadable.
    #[error(transparent)]
    Tile(#[from] TileError),
    /// A list of bound files is missing or unreadable.
    #[error(transparent)]
    List(#[from] ListError),
    /// An earlier write failed; the log must be opened again.
    #[error("the log takes nothing more since a write failed")]
    Failed,
}

/// What goes into the footer of a file of events: a root of its log, by size.
pub fn root_pairs(size: u64, root: Hash) -> Vec<(String, String)> {
    vec![(FOOTER_SIZE.to_owned(), size.to_string()), (FOOTER_ROOT.to_owned(), root.to_string())]
}

impl LogError {
    fn disk(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| LogError::Disk { path, error }
    }

    fn tampered(path: impl Into<PathBuf>, what: &str) -> Self {
        LogError::Tampered(path.into(), what.to_owned())
    }

    fn into_io(self) -> io::Error {
        match self {
            LogError::Disk { path, error } => io::Error::new(error.kind(), LogError::Disk { path, error }),
            other => io::Error::new(io::ErrorKind::InvalidData, other),
        }
    }
}
