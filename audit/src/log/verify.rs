//! Whether a folder is what its logs say: every byte of it, except locks and `tmp/`.
//!
//! Nothing is taken from one place alone. Files have the digests that a signed checkpoint binds; their events have the
//! leaves of the tree, each once; the tree has the root of the checkpoint; the columns are those that the events give.
//! What a crash explains is told apart from what only a hand explains.

mod events;
mod origin;
mod problem;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

pub use problem::Problem;

use super::checkpoint::{Checkpoint, CheckpointError};
use super::key::PublicKey;
use super::{CHECKPOINT, files_below};
use crate::folder::{DayFile, Folder, Origin};
use crate::limits::{FINDINGS_MAX, VERIFY_ATTEMPTS_MAX};

/// What is known from elsewhere than the folder.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// The keys that may have signed its checkpoints. Without any, the key in the folder is believed, and the report
    /// says so: the folder then agrees with itself, and no more is known.
    pub keys: Vec<PublicKey>,
    /// Checkpoints that were kept elsewhere, as texts. The logs must be continuations of them.
    pub kept: Vec<String>,
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Everything is as it was signed.
    Verified,
    /// A crash left something unfinished; until that is finished, nobody can tell.
    Undetermined,
    /// Something was changed, removed or put in its place.
    Tampered,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The logs, by name.
    pub origins: Vec<OriginReport>,
    /// What is wrong, by path.
    pub findings: Vec<Finding>,
    /// How many more findings there are than are listed.
    pub more: u64,
    worst: Option<Verdict>,
}

/// What one log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginReport {
    /// The log.
    pub origin: Origin,
    /// The checkpoint that was checked.
    pub checkpoint: Checkpoint,
    /// The key that signed it.
    pub key: PublicKey,
    /// Whether that key is known from elsewhere than the folder.
    pub trusted: bool,
    /// How many files the checkpoint binds.
    pub files: u64,
    /// How many events are only in the journal, and in no checkpoint yet.
    pub unsealed: u64,
}

impl OriginReport {
    /// The key that signed it, as a line that `--public-key` takes, without its end.
    pub fn public_key(&self) -> String {
        self.key.text(&super::checkpoint::name(&self.origin)).trim_end().to_owned()
    }
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub path: PathBuf,
    /// What.
    pub problem: Problem,
}

/// Why no answer could be given.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", path.display())]
pub struct VerifyError {
    /// What could not be read.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

/// Checks everything below an audit folder. Reads only.
pub fn verify(folder: &Folder, trust: &Trust) -> Result<Report, VerifyError> {
    for _ in 0..VERIFY_ATTEMPTS_MAX {
        let before = checkpoints(folder)?;
        let report = attempt(folder, trust)?;
        if before == checkpoints(folder)? {
            return Ok(report);
        }
    }
    let mut report = Report::default();
    report.find(Path::new("log"), Problem::Moving);
    Ok(report)
}

fn attempt(folder: &Folder, trust: &Trust) -> Result<Report, VerifyError> {
    let disk = folder.disk();
    let mut report = Report::default();
    let mut left: BTreeMap<PathBuf, u64> = BTreeMap::new();
    for entry in disk.list(Path::new("")).map_err(unreadable(""))? {
        let path = PathBuf::from(&entry.name);
        match entry.is_folder {
            true if entry.name == "lock" || path == Folder::temporary() => {}
            true => left.extend(files_below(&**disk, &path).map_err(unreadable(&path))?),
            false => {
                left.insert(path, entry.length);
            }
        }
    }
    let origins = origins(&left);
    if origins.is_empty() && trust.kept.is_empty() {
        report.find(Path::new("log"), Problem::NoLog);
    }
    for origin in origins {
        origin::check(folder, &origin, trust, &mut left, &mut report)?;
    }
    for text in &trust.kept {
        kept(folder, text, trust, &mut report)?;
    }
    for path in left.into_keys() {
        let problem = if path.starts_with(Folder::rejected()) { Problem::Unnamed } else { Problem::Unexpected };
        report.find(&path, problem);
    }
    report.findings.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(report)
}

/// Every origin that a path names.
fn origins(paths: &BTreeMap<PathBuf, u64>) -> BTreeSet<Origin> {
    let name = |path: &Path| {
        let mut parts = path.to_str()?.split('/');
        let (first, second) = (parts.next()?, parts.next()?);
        let inside = ["log", "journal"].contains(&first) && parts.next().is_some();
        let named = if inside { Origin::new(second).ok() } else { None };
        named.or_else(|| DayFile::at(path).map(|file| file.origin))
    };
    paths.keys().filter_map(|path| name(path)).collect()
}

/// Holds a log against a checkpoint that was kept elsewhere.
fn kept(folder: &Folder, text: &str, trust: &Trust, report: &mut Report) -> Result<(), VerifyError> {
    let origin = Checkpoint::claimed_origin(text);
    let known = origin.as_ref().and_then(|origin| report.origins.iter().find(|report| report.origin == *origin));
    let path = origin.as_ref().map(Folder::log).unwrap_or_else(|| PathBuf::from("log")).join(CHECKPOINT);
    let keys = match known {
        Some(known) if trust.keys.is_empty() => std::slice::from_ref(&known.key),
        _ => &trust.keys,
    };
    let problem = match (Checkpoint::read_kept(text, keys), known) {
        // The log of the checkpoint is not there, or has another key; either way it is not the one that was.
        (Err(CheckpointError::Signature), None) | (Ok(_), None) => Some(Problem::NoCheckpoint),
        (Err(error), _) => Some(Problem::Kept(error)),
        (Ok(kept), Some(known)) => origin::continues(folder, &kept, &known.checkpoint)?,
    };
    if let Some(problem) = problem {
        report.find(&path, problem);
    }
    Ok(())
}

/// The checkpoints of all logs, as they are.
fn checkpoints(folder: &Folder) -> Result<Vec<(String, Option<bytes::Bytes>)>, VerifyError> {
    let logs = Path::new("log");
    let entries = folder.disk().list(logs).map_err(unreadable(logs))?;
    let read = |name: String| {
        let path = logs.join(&name).join(CHECKPOINT);
        Ok((name, read_or_none(folder, &path)?))
    };
    entries.into_iter().filter(|entry| entry.is_folder).map(|entry| read(entry.name)).collect()
}

fn read_or_none(folder: &Folder, path: &Path) -> Result<Option<bytes::Bytes>, VerifyError> {
    match folder.disk().read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(path)(error)),
    }
}

fn unreadable(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> VerifyError {
    let path = path.into();
    move |error| VerifyError { path, error }
}

impl Report {
    /// The answer: the worst of what was found.
    pub fn verdict(&self) -> Verdict {
        self.worst.unwrap_or(Verdict::Verified)
    }

    fn find(&mut self, path: &Path, problem: Problem) {
        self.worst = self.worst.max(Some(problem.verdict()));
        match self.findings.len() < FINDINGS_MAX {
            true => self.findings.push(Finding { path: path.to_owned(), problem }),
            false => self.more += 1,
        }
    }
}

impl From<PublicKey> for Trust {
    fn from(key: PublicKey) -> Self {
        Trust { keys: vec![key], kept: Vec::new() }
    }
}
