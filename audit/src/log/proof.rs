//! The proof that one event is in a log, which can be checked by anyone who has the root.

use std::io;
use std::path::PathBuf;

use super::checkpoint::{self, Checkpoint, CheckpointError};
use super::key::PublicKey;
use super::tile::{TileError, Tiles};
use super::tree::{self, Hash};
use super::verify::Trust;
use super::vouched::{Reading, Vouched};
use super::{CHECKPOINT, KEY};
use crate::event::EventText;
use crate::folder::{DayFile, Folder, Origin};
use crate::journal::{JournalError, moment};
use crate::json::write_string;
use crate::parquet::{FileError, Filter, Test};

/// What is known of an event id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The events that have it: one, unless others came under the same id.
    Proved(Vec<EventProof>),
    /// An event that has it is in a journal, and under no checkpoint yet.
    Unsealed,
    /// No event has it.
    Unknown,
}

/// The proof of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventProof {
    /// Its id.
    pub event_id: String,
    /// Its log.
    pub origin: Origin,
    /// SHA-256 of a zero byte and the canonical form of the event.
    pub leaf_hash: Hash,
    /// Its place in the log.
    pub leaf_index: u64,
    /// How many leaves the log had.
    pub tree_size: u64,
    /// The root that they have.
    pub root: Hash,
    /// The hashes beside the way from the leaf to the root, lowest first.
    pub path: Vec<Hash>,
    /// The signed checkpoint that the root stands in.
    pub checkpoint: String,
}

/// Why no proof could be made.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// Something could not be read.
    #[error("{}: {error}", path.display())]
    Disk {
        /// What.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The folder is not what its log says.
    #[error("{}: {}", .0.display(), .1)]
    Tampered(PathBuf, String),
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Proves the events that have an id, against the checkpoint of their log. It says nothing about other events.
pub fn prove(folder: &Folder, trust: &Trust, event_id: &str) -> Result<Proof, ProofError> {
    let moment = moment(folder)?;
    let filter = Filter::default().and(Test::equals("event_id", event_id));
    let vouched = Vouched::of(folder).map_err(|error| ProofError::Disk { path: "log".into(), error })?;
    let mut proofs = Vec::new();
    for file in &moment.files {
        let path = file.path();
        let failed = |error: FileError| match error {
            FileError::Disk(error) => ProofError::Disk { path: path.clone(), error },
            error => ProofError::Tampered(path.clone(), error.to_string()),
        };
        let mut found = Vec::new();
        let opened = vouched.open(folder, &path, Reading::Parts).map_err(failed)?;
        opened
            .events(&filter, |index, text| {
                let event = EventText::read(text.to_owned()).map_err(|error| FileError::Damaged(error.to_string()))?;
                found.push((index, Hash::from(event.view().leaf())));
                Ok(())
            })
            .map_err(failed)?;
        for (index, leaf) in found {
            proofs.extend(of_leaf(folder, trust, file, event_id, index, leaf)?);
        }
    }
    proofs.sort_by(|a, b| (&a.origin, a.leaf_index).cmp(&(&b.origin, b.leaf_index)));
    let mut unsealed = false;
    moment.unsealed(|event| {
        unsealed |= event.event.view().id().as_deref() == Some(event_id);
        Ok::<(), ProofError>(())
    })?;
    Ok(match (proofs.is_empty(), unsealed) {
        (false, _) => Proof::Proved(proofs),
        (true, true) => Proof::Unsealed,
        (true, false) => Proof::Unknown,
    })
}

/// None if the leaf is not under a checkpoint yet.
fn of_leaf(
    folder: &Folder,
    trust: &Trust,
    file: &DayFile,
    event_id: &str,
    leaf_index: u64,
    leaf_hash: Hash,
) -> Result<Option<EventProof>, ProofError> {
    let log = Folder::log(&file.origin);
    let (at, text) = (log.join(CHECKPOINT), read(folder, log.join(CHECKPOINT))?);
    let tampered = |what: &str| ProofError::Tampered(at.clone(), what.to_owned());
    let keys = match trust.keys.is_empty() {
        true => {
            let line = read(folder, log.join(KEY))?;
            let key = PublicKey::read(&line).filter(|(name, _)| *name == checkpoint::name(&file.origin));
            vec![key.ok_or_else(|| tampered("the public key of the log is unreadable"))?.1]
        }
        false => trust.keys.clone(),
    };
    let checkpoint = keys.iter().find_map(|key| Checkpoint::read(&text, key).ok());
    let checkpoint = checkpoint.filter(|checkpoint| checkpoint.origin == file.origin);
    let checkpoint = checkpoint.ok_or_else(|| tampered(&CheckpointError::Signature.to_string()))?;
    let tiles = Tiles::new(folder.disk().clone(), log.clone(), checkpoint.size);
    let path = match tree::inclusion(&tiles, leaf_index, checkpoint.size) {
        Ok(Some(path)) => path,
        Ok(None) => return Ok(None),
        Err(TileError::Disk { path, error }) => return Err(ProofError::Disk { path, error }),
        Err(error) => return Err(ProofError::Tampered(log, error.to_string())),
    };
    if !tree::includes(leaf_hash, leaf_index, checkpoint.size, &path, checkpoint.root) {
        let what = format!("event {leaf_index} is not the one in the log");
        return Err(ProofError::Tampered(file.path(), what));
    }
    Ok(Some(EventProof {
        event_id: event_id.to_owned(),
        origin: file.origin.clone(),
        leaf_hash,
        leaf_index,
        tree_size: checkpoint.size,
        root: checkpoint.root,
        path,
        checkpoint: text,
    }))
}

fn read(folder: &Folder, path: PathBuf) -> Result<String, ProofError> {
    match folder.disk().read(&path) {
        Ok(bytes) => String::from_utf8(bytes.into()).map_err(|_| ProofError::Tampered(path, "not a text".to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(ProofError::Tampered(path, "it is gone".to_owned()))
        }
        Err(error) => Err(ProofError::Disk { path, error }),
    }
}

impl EventProof {
    /// The proof as JSON.
    pub fn json(&self) -> String {
        let path: Vec<String> = self.path.iter().map(|hash| format!("\"{hash}\"")).collect();
        let text = |text: &str| {
            let mut out = Vec::new();
            write_string(text, &mut out);
            String::from_utf8(out).unwrap_or_default()
        };
        format!(
            r#"{{"schema_version":1,"event_id":{},"origin":"{}","leaf_hash":"{}","leaf_index":{},"tree_size":{},"root":"{}","proof":[{}],"checkpoint":{}}}"#,
            text(&self.event_id),
            self.origin,
            self.leaf_hash,
            self.leaf_index,
            self.tree_size,
            self.root,
            path.join(","),
            text(&self.checkpoint),
        )
    }
}
