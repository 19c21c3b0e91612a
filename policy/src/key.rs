//! A condition key: `aws:SourceIp`, `kms:EncryptionContext:aws:s3:arn`.
//!
//! Names compare without regard to case, tag and context parts included.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use std::collections::HashMap;
use std::num::NonZeroU8;
use std::sync::{Arc, LazyLock};

use crate::catalogue;
use crate::digest::{Domain, digest};

/// The name of a condition key, as it was written and as it is compared.
#[derive(Debug, Clone)]
pub struct Key {
    name: Arc<str>,
    lower: Arc<str>,
    hash: u64,
    number: Option<NonZeroU8>,
    iam_only: bool,
}

/// The `aws:` and `kms:` keys whose whole name the catalogue knows, by the hash of the name in lower
/// case. A key's place here, from 1, is its number; one past 255 has none and is found by its name.
static NUMBERED: LazyLock<Vec<Numbered>> = LazyLock::new(|| {
    let known = catalogue::condition_keys().filter(|key| !key.has_parameter());
    let names = known.map(|key| key.name().to_lowercase());
    let ours = names.filter(|name| name.starts_with("aws:") || name.starts_with("kms:"));
    let mut numbered: Vec<_> = ours.map(|name| (digest(Domain::Key, &name), name.into())).collect();
    numbered.sort_unstable();
    numbered
});

/// The hash of a name, and the name in lower case.
type Numbered = (u64, Box<str>);

fn number(hash: u64, lower: &str) -> Option<NonZeroU8> {
    let place = NUMBERED.binary_search_by(|(other, name)| (*other, &**name).cmp(&(hash, lower))).ok()?;
    NonZeroU8::new(u8::try_from(place + 1).ok()?)
}

/// The same keys by the name as AWS spells it, ready to be handed out: requests are made of little else.
static SPELLED: LazyLock<HashMap<&'static str, Key>> = LazyLock::new(|| {
    let known = catalogue::condition_keys().filter(|key| !key.has_parameter()).map(|key| key.name());
    let ours = known.filter(|name| name.starts_with("aws:") || name.starts_with("kms:"));
    ours.map(|name| (name, Key::made(name))).collect()
});

impl Key {
    /// The key of that name.
    pub fn new(name: &str) -> Key {
        SPELLED.get(name).cloned().unwrap_or_else(|| Key::made(name))
    }

    fn made(name: &str) -> Key {
        let lower: Arc<str> = name.to_lowercase().into();
        let iam_only = lower.starts_with("aws:resourcetag/") || &*lower == "kms:resourcealiases";
        let hash = digest(Domain::Key, &lower);
        Key { name: name.into(), number: number(hash, &lower), hash, lower, iam_only }
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

    /// The number of a key that the catalogue knows by its whole name: equal names, equal numbers.
    #[inline]
    pub(crate) fn number(&self) -> Option<usize> {
        self.number.map(|number| usize::from(number.get()))
    }

    #[inline]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_keys_have_numbers_of_their_own_and_others_none() {
        assert!(NUMBERED.len() > 100 && NUMBERED.len() < 256, "{} keys", NUMBERED.len());
        let mut numbers: Vec<_> = NUMBERED.iter().map(|(_, name)| Key::new(name).number()).collect();
        assert!(numbers.iter().all(Option::is_some));
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), NUMBERED.len());
        assert_eq!(Key::new("KMS:viaSERVICE").number(), Key::new("kms:ViaService").number());
        for name in ["kms:EncryptionContext:a", "aws:PrincipalTag/Team", "aws:Nothing", "s3:prefix", ""] {
            assert_eq!(Key::new(name).number(), None, "{name}");
        }
    }
}
