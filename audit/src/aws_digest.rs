//! Whether the log files of a CloudTrail bucket are those that AWS delivered, decided without a network.
//!
//! Each hour and region AWS writes a digest file: the hashes of the log files, and hash and signature of the digest
//! before. [Validating by hand](https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html)
//! is what this does. A copy of a bucket has no object metadata, where the signature of a digest stands; the digest
//! after it repeats it, and for the newest a file `<digest>.head.json` (what `aws s3api head-object` prints) has it.

mod bucket;
mod check;
mod digest;
mod key;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use check::verify;
pub use key::{KeysError, PublicKeys};

use crate::log::Verdict;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The chains of digests, by name.
    pub chains: Vec<Chain>,
    /// What is wrong, by path.
    pub findings: Vec<Finding>,
    /// How many more findings there are than are listed.
    pub more: u64,
    worst: Option<Verdict>,
}

/// The digests of one trail and region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Where they are and how their names begin.
    pub name: String,
    /// How many there are.
    pub digests: u64,
    /// How many log files they list.
    pub logs: u64,
    /// When the oldest begins, as it says.
    pub start: String,
    /// When the newest ends, as it says.
    pub end: String,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file, as its key in the bucket.
    pub path: PathBuf,
    /// What.
    pub problem: Problem,
}

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Not a digest file.
    #[error("not a readable digest file: {0}")]
    Digest(String),
    /// A digest at another place than AWS put it.
    #[error("the digest was moved here from `{0}`")]
    Moved(String),
    /// The signature of a digest does not hold.
    #[error("the signature of the digest does not hold")]
    Signature,
    /// A digest with another hash than the next one says.
    #[error("not the digest that the next one follows: its hash is another")]
    Changed,
    /// A digest that a later one follows.
    #[error("the digest `{next}` follows this one, and it is missing, perhaps with others before it")]
    Missing {
        /// The later one.
        next: String,
    },
    /// A log file that a digest lists.
    #[error("a digest lists this log file, and it is missing")]
    LogMissing,
    /// A log file with another hash than its digest says.
    #[error("the hash of the log file is not the one in its digest")]
    LogChanged,
    /// A log file that cannot be inflated.
    #[error("the log file cannot be read: {0}")]
    LogUnreadable(String),
    /// The key that signed a digest.
    #[error("no public key with the fingerprint `{0}` was given")]
    NoKey(String),
    /// By the time of the digest its key had ceased to sign.
    #[error("the public key with the fingerprint `{0}` had ceased to be valid before the digest's hour ended")]
    KeyExpired(String),
    /// The signature of a digest that no other follows.
    #[error("no later digest and no `.head.json` file has the signature of this digest; a newer digest may be missing")]
    NoSignature,
    /// A digest of which only the metadata is there.
    #[error("the metadata of this digest is there, the digest is not; it may be the newest")]
    OnlyHead,
    /// A chain that ends before another of its trail.
    #[error("the digests of this region end at {end}, those of others go on to {other}; newer ones may be missing")]
    EndsEarly {
        /// Its end.
        end: String,
        /// The latest end.
        other: String,
    },
    /// A log file that no digest lists.
    #[error("no digest lists this log file")]
    Unlisted,
    /// Something that lies in another bucket.
    #[error("it lies in the bucket `{0}`, which is not here")]
    OtherBucket(String),
    /// An algorithm that this program does not know.
    #[error("an unknown algorithm: `{0}`")]
    Algorithm(String),
    /// There is nothing to verify.
    #[error("no digest files; is this the folder that the bucket was synced to?")]
    NoDigests,
}

/// Why no answer could be given.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", path.display())]
pub struct VerifyError {
    /// What could not be read.
    pub path: PathBuf,
    /// Why.
    pub error: std::io::Error,
}

impl Report {
    /// The answer: the worst of what was found.
    pub fn verdict(&self) -> Verdict {
        self.worst.unwrap_or(Verdict::Verified)
    }

    fn find(&mut self, path: impl Into<PathBuf>, problem: Problem) {
        self.worst = self.worst.max(Some(problem.verdict()));
        match self.findings.len() < crate::limits::FINDINGS_MAX {
            true => self.findings.push(Finding { path: path.into(), problem }),
            false => self.more += 1,
        }
    }
}

impl Problem {
    /// Whether something was changed, or only something needed is not known.
    pub fn verdict(&self) -> Verdict {
        match self {
            Problem::Digest(_)
            | Problem::Moved(_)
            | Problem::Signature
            | Problem::Changed
            | Problem::Missing { .. }
            | Problem::LogMissing
            | Problem::LogChanged
            | Problem::LogUnreadable(_) => Verdict::Tampered,
            Problem::NoKey(_)
            | Problem::KeyExpired(_)
            | Problem::NoSignature
            | Problem::OnlyHead
            | Problem::EndsEarly { .. }
            | Problem::Unlisted
            | Problem::OtherBucket(_)
            | Problem::Algorithm(_)
            | Problem::NoDigests => Verdict::Undetermined,
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

    fn row(&self) -> (&'static str, &'static str) {
        const AGAIN: &str = "copy it from the bucket again; if it is the same there, somebody changed it";
        match self {
            Problem::Digest(_) => ("digest", AGAIN),
            Problem::Moved(_) => ("moved", "copy the whole bucket, with its folders as they are"),
            Problem::Signature => ("signature", AGAIN),
            Problem::Changed => ("changed", AGAIN),
            Problem::Missing { .. } => ("missing", "copy it from the bucket; if it is not there, somebody removed it"),
            Problem::LogMissing => ("log-missing", "copy it from the bucket; if it is not there, somebody removed it"),
            Problem::LogChanged => ("log-changed", AGAIN),
            Problem::LogUnreadable(_) => ("log-unreadable", AGAIN),
            Problem::NoKey(_) => {
                ("no-key", "add `aws cloudtrail list-public-keys` of this region and time to the file of public keys")
            }
            Problem::KeyExpired(_) => (
                "key-expired",
                "list the public keys of this region and time again; if there is no other, somebody else signed it",
            ),
            Problem::NoSignature => {
                ("no-signature", "save `aws s3api head-object` of this digest beside it as <digest>.head.json")
            }
            Problem::OnlyHead => ("only-head", "copy the digest from the bucket"),
            Problem::EndsEarly { .. } => ("ends-early", "copy this region again; if it ends there too, ask why"),
            Problem::Unlisted => {
                ("unlisted", "the digest that lists it may come within the hour; copy it and verify again")
            }
            Problem::OtherBucket(_) => ("other-bucket", "copy that bucket and verify it too"),
            Problem::Algorithm(_) => ("algorithm", "look for a newer version of this program"),
            Problem::NoDigests => ("no-digests", "turn log file validation on for the trail, or name another folder"),
        }
    }
}
