//! A checkpoint: how large a log is, its root, and the files that hold its events, under a signature.
//!
//! Written as a [tlog-checkpoint](https://c2sp.org/tlog-checkpoint), so that tools and witnesses for such logs can read
//! it; the lines `files` and `journal` are extensions of ours.
//!
//! ```text
//! wardbook/server
//! 600
//! Z6S8l06gWrvJ3fKX3Jd3Z0mXF4XcnLW2dTTuRDWu8nQ=
//! files 3b0c…
//! journal open
//!
//! — wardbook/server q3z…
//! ```

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::key::{PublicKey, SigningKey};
use super::tree::Hash;
use crate::folder::Origin;

/// What a log says about itself at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log.
    pub origin: Origin,
    /// How many leaves it has.
    pub size: u64,
    /// Its root.
    pub root: Hash,
    /// The digest of the list of files that it binds.
    pub files: Hash,
    /// Whether its writer was stopped cleanly: nothing was left in the journal then, and nothing may be there now.
    pub closed: bool,
}

/// Why a text is not the checkpoint that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// It is none at all, or a byte of it was changed.
    #[error("not a checkpoint as it was written")]
    Unreadable,
    /// Nothing that is trusted signed it.
    #[error("the signature of the checkpoint does not hold under the key of the log")]
    Signature,
}

impl Checkpoint {
    /// The text with its signature.
    pub fn sign(&self, key: &SigningKey) -> String {
        sign(&name(&self.origin), &self.to_string(), key)
    }

    /// Reads a signed text, which must be exactly what [`Checkpoint::sign`] wrote.
    pub fn read(text: &str, key: &PublicKey) -> Result<Self, CheckpointError> {
        let (body, signatures) = parts(text).ok_or(CheckpointError::Unreadable)?;
        let checkpoint = Self::parse(body).ok_or(CheckpointError::Unreadable)?;
        let [signature] = signatures.as_slice() else { return Err(CheckpointError::Unreadable) };
        match key.signed(&name(&checkpoint.origin), body, signature) {
            true => Ok(checkpoint),
            false => Err(CheckpointError::Signature),
        }
    }

    /// Reads a signed text that was kept elsewhere, where witnesses may have added signatures of their own.
    pub fn read_kept(text: &str, keys: &[PublicKey]) -> Result<Self, CheckpointError> {
        let (body, signatures) = parts(text).ok_or(CheckpointError::Unreadable)?;
        let checkpoint = Self::parse(body).ok_or(CheckpointError::Unreadable)?;
        let name = name(&checkpoint.origin);
        let signed = signatures.iter().any(|line| keys.iter().any(|key| key.signed(&name, body, line)));
        if signed { Ok(checkpoint) } else { Err(CheckpointError::Signature) }
    }

    /// Whether a text has the form of a signed checkpoint, whoever signed it.
    pub fn is_one(text: &str) -> bool {
        parts(text).is_some_and(|(body, _)| Self::parse(body).is_some())
    }

    /// The origin that a text names, before anything of it is checked.
    pub fn claimed_origin(text: &str) -> Option<Origin> {
        let (name, _) = text.split_once('\n')?;
        Origin::new(name.strip_prefix(NAME)?).ok()
    }

    pub(super) fn parse(body: &str) -> Option<Self> {
        let mut lines = body.lines();
        let origin = Origin::new(lines.next()?.strip_prefix(NAME)?).ok()?;
        let size = lines.next()?.parse().ok()?;
        let root = Hash(STANDARD.decode(lines.next()?).ok()?.try_into().ok()?);
        let files = hash(lines.next()?.strip_prefix("files ")?)?;
        let closed = lines.next()? == CLOSED;
        let checkpoint = Self { origin, size, root, files, closed };
        (checkpoint.to_string() == body).then_some(checkpoint)
    }
}

/// The text that is signed.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", name(&self.origin))?;
        writeln!(f, "{}", self.size)?;
        writeln!(f, "{}", STANDARD.encode(self.root.0))?;
        writeln!(f, "files {}", self.files)?;
        writeln!(f, "{}", if self.closed { CLOSED } else { OPEN })
    }
}

const NAME: &str = "wardbook/";

const CLOSED: &str = "journal closed";
const OPEN: &str = "journal open";

/// What a log is called in signed texts.
pub(super) fn name(origin: &Origin) -> String {
    format!("{NAME}{origin}")
}

/// A text and its signature.
pub(super) fn sign(name: &str, body: &str, key: &SigningKey) -> String {
    format!("{body}\n{}", key.sign(name, body))
}

/// A signed text without its signatures, and those.
pub(super) fn parts(text: &str) -> Option<(&str, Vec<&str>)> {
    let at = text.rfind("\n\n")?;
    let (body, signatures) = (text.get(..=at)?, text.get(at + 2..)?);
    let signatures = signatures.strip_suffix('\n')?;
    Some((body, signatures.split('\n').collect()))
}

/// Reads a hash in lower-case hex.
pub(super) fn hash(hex: &str) -> Option<Hash> {
    let (pairs, []) = hex.as_bytes().as_chunks::<2>() else { return None };
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect::<Option<Vec<u8>>>()?;
    Some(Hash(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed() -> (String, SigningKey) {
        let key = SigningKey::from_seed(&[1; 32]);
        let origin = Origin::new("server").unwrap();
        let checkpoint = Checkpoint { origin, size: 600, root: Hash([2; 32]), files: Hash([0xab; 32]), closed: true };
        (checkpoint.sign(&key), key)
    }

    #[test]
    fn no_bit_of_a_checkpoint_may_change() {
        let (text, key) = signed();
        assert_eq!(Checkpoint::read(&text, &key.public()).unwrap().size, 600);
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let read = String::from_utf8(bytes).ok();
                let read = read.and_then(|text| Checkpoint::read(&text, &key.public()).ok());
                assert_eq!(read, None, "byte {at}, bit {bit}");
            }
        }
        for end in 0..text.len() {
            assert!(text.get(..end).is_none_or(|cut| Checkpoint::read(cut, &key.public()).is_err()), "cut at {end}");
        }
    }

    #[test]
    fn a_kept_checkpoint_may_carry_signatures_of_witnesses() {
        let (text, key) = signed();
        let witnessed = format!("{text}\u{2014} witness.example/w AAAAAAAA\n");
        assert!(Checkpoint::read(&witnessed, &key.public()).is_err());
        assert_eq!(Checkpoint::read_kept(&witnessed, &[key.public()]).unwrap().size, 600);
        let other = SigningKey::from_seed(&[2; 32]).public();
        assert_eq!(Checkpoint::read_kept(&witnessed, &[other]), Err(CheckpointError::Signature));
        assert_eq!(Checkpoint::claimed_origin(&text).unwrap().as_str(), "server");
    }
}
