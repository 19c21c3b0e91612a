//! One digest file.

use sha2::{Digest as _, Sha256};

use crate::json::{Kind, Tree, Value};
use crate::log::Hash;

/// What a digest file says.
#[derive(Debug, Clone)]
pub(super) struct Digest {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) start: String,
    pub(super) end: String,
    pub(super) fingerprint: String,
    pub(super) algorithm: String,
    pub(super) previous: Option<Previous>,
    pub(super) logs: Vec<LogFile>,
    /// SHA-256 of its content.
    pub(super) hash: Hash,
    /// As the signed text has it: `null` if there is no digest before.
    previous_signature: String,
}

/// The digest before.
#[derive(Debug, Clone)]
pub(super) struct Previous {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) hash: String,
    pub(super) algorithm: String,
    pub(super) signature: String,
}

/// A log file.
#[derive(Debug, Clone)]
pub(super) struct LogFile {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) hash: String,
    pub(super) algorithm: String,
}

impl Digest {
    /// Reads the content of a digest file.
    pub(super) fn read(content: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(content).map_err(|_| "not UTF-8".to_owned())?;
        let mut tree = Tree::default();
        let digest = tree.read(text).map_err(|error| error.to_string())?;
        let need = |value: Value<'_>, name: &str| {
            let text = value.text_member(name).map(|text| text.into_owned());
            text.ok_or_else(|| format!("no `{name}`"))
        };
        let previous = match digest.text_member("previousDigestS3Object") {
            None => None,
            Some(key) => Some(Previous {
                bucket: need(digest, "previousDigestS3Bucket")?,
                key: key.into_owned(),
                hash: need(digest, "previousDigestHashValue")?,
                algorithm: need(digest, "previousDigestHashAlgorithm")?,
                signature: need(digest, "previousDigestSignature")?,
            }),
        };
        let files = digest.member("logFiles").filter(|files| files.kind() == Kind::List).ok_or("no `logFiles`")?;
        let logs = files.elements().map(|file| {
            Ok(LogFile {
                bucket: need(file, "s3Bucket")?,
                key: need(file, "s3Object")?,
                hash: need(file, "hashValue")?,
                algorithm: need(file, "hashAlgorithm")?,
            })
        });
        Ok(Self {
            bucket: need(digest, "digestS3Bucket")?,
            key: need(digest, "digestS3Object")?,
            start: need(digest, "digestStartTime")?,
            end: need(digest, "digestEndTime")?,
            fingerprint: need(digest, "digestPublicKeyFingerprint")?,
            algorithm: need(digest, "digestSignatureAlgorithm")?,
            previous,
            logs: logs.collect::<Result<_, String>>()?,
            hash: Hash(Sha256::digest(content).into()),
            previous_signature: need(digest, "previousDigestSignature").unwrap_or_else(|_| "null".to_owned()),
        })
    }

    /// The text that AWS signed.
    pub(super) fn signed_text(&self) -> String {
        format!("{}\n{}/{}\n{}\n{}", self.end, self.bucket, self.key, self.hash, self.previous_signature)
    }
}

/// The signature in what `aws s3api head-object` printed.
pub(super) fn head_signature(content: &[u8]) -> Option<String> {
    let mut tree = Tree::default();
    let head = tree.read(std::str::from_utf8(content).ok()?).ok()?;
    let metadata = head.member("Metadata")?;
    let signature = metadata.text_member("signature").or_else(|| metadata.text_member("x-amz-meta-signature"));
    signature.map(|signature| signature.into_owned())
}
