//! A condition key: `aws:SourceIp`, `kms:EncryptionContext:aws:s3:arn`.
//!
//! Names compare without regard to case, tag and context parts included.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use crate::digest::{Domain, digest};

/// The name of a condition key, as it was written and as it is compared.
#[derive(Debug, Clone)]
pub struct Key {
    name: Box<str>,
    lower: Box<str>,
    hash: u64,
    iam_only: bool,
}

impl Key {
    /// The key of that name.
    pub fn new(name: &str) -> Key {
        let lower: Box<str> = name.to_lowercase().into();
        let iam_only = lower.starts_with("aws:resourcetag/") || &*lower == "kms:resourcealiases";
        Key { name: name.into(), hash: digest(Domain::Key, &lower), lower, iam_only }
    }

    /// The name as it was written.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name in lower case, which is how names are compared.
    pub fn lower(&self) -> &str {
        &self.lower
    }

    /// Whether a key policy does not have it: tags and aliases of a key are for IAM policies.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/tag-authorization.html>
    pub fn is_iam_only(&self) -> bool {
        self.iam_only
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        self.hash == other.hash && self.lower == other.lower
    }
}

impl Eq for Key {}

impl core::fmt::Display for Key {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.name)
    }
}

/// The prefix of the keys that hold one pair of an encryption context each, in lower case.
pub const ENCRYPTION_CONTEXT: &str = "kms:encryptioncontext:";
