//! A condition key: `aws:SourceIp`, `kms:EncryptionContext:aws:s3:arn`.
//!
//! Names compare without regard to case, tag and context parts included.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::num::NonZeroU8;
use std::sync::{Arc, LazyLock, OnceLock};

use crate::catalogue::{self, ConditionKey, ValueType};
use crate::digest::{Domain, Quick, digest};

/// The name of a condition key, as it was written and as it is compared.
#[derive(Debug, Clone)]
pub struct Key {
    of: Of,
    hash: u64,
    number: Option<NonZeroU8>,
    iam_only: bool,
}

/// Requests are made of the catalogue's own keys mostly, which are there for good.
#[derive(Debug, Clone)]
enum Of {
    Catalogue(&'static Named),
    Document(Arc<Named>),
}

#[derive(Debug)]
struct Named {
    name: Box<str>,
    lower: Box<str>,
    hash: u64,
    number: Option<NonZeroU8>,
    iam_only: bool,
    listed: OnceLock<Option<Listed>>,
}

/// What the catalogue says of a key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listed {
    pub(crate) key: ConditionKey,
    pub(crate) value_type: ValueType,
    /// Whether requests carry a list under it.
    pub(crate) many: bool,
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

/// How many numbers there are, 0 included, which no key has.
pub(crate) fn numbers() -> usize {
    NUMBERED.len() + 1
}

/// The same keys by the name as AWS spells it, ready to be handed out: requests are made of little else.
static SPELLED: LazyLock<HashMap<&'static str, Named, BuildHasherDefault<Quick>>> = LazyLock::new(|| {
    let known = catalogue::condition_keys().filter(|key| !key.has_parameter()).map(|key| key.name());
    let ours = known.filter(|name| name.starts_with("aws:") || name.starts_with("kms:"));
    ours.map(|name| (name, Named::of(name))).collect()
});

impl Named {
    fn of(name: &str) -> Named {
        let lower: Box<str> = name.to_lowercase().into();
        let iam_only = lower.starts_with("aws:resourcetag/") || &*lower == "kms:resourcealiases";
        let hash = digest(Domain::Key, &lower);
        Named { name: name.into(), number: number(hash, &lower), hash, lower, iam_only, listed: OnceLock::new() }
    }
}

impl Key {
    /// The key of that name.
    pub fn new(name: &str) -> Key {
        match SPELLED.get(name) {
            Some(named) => Key::of(Of::Catalogue(named), named),
            None => Key::made(Named::of(name)),
        }
    }

    fn made(named: Named) -> Key {
        let named = Arc::new(named);
        Key::of(Of::Document(Arc::clone(&named)), &named)
    }

    fn of(of: Of, named: &Named) -> Key {
        Key { of, hash: named.hash, number: named.number, iam_only: named.iam_only }
    }

    #[inline]
    fn named(&self) -> &Named {
        match &self.of {
            Of::Catalogue(named) => named,
            Of::Document(named) => named,
        }
    }

    /// The name as it was written.
    #[inline]
    pub fn name(&self) -> &str {
        &self.named().name
    }

    /// The name in lower case, which is how names are compared.
    #[inline]
    pub fn lower(&self) -> &str {
        &self.named().lower
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

    /// What the catalogue says of the key, looked up once.
    pub(crate) fn listed(&self) -> Option<Listed> {
        let named = self.named();
        *named.listed.get_or_init(|| {
            let key = catalogue::condition_key(&named.lower)?;
            Some(Listed { key, value_type: key.value_type(), many: key.is_multi_valued() })
        })
    }

    /// The same key as AWS spells it, its parameter as it is written here.
    pub(crate) fn spelled(&self) -> Key {
        if let Of::Catalogue(_) = self.of {
            return self.clone();
        }
        // Letters outside of ASCII compare otherwise in the catalogue.
        let known = match self.name().is_ascii() {
            true => self.listed().map(|listed| listed.key),
            false => catalogue::condition_key(self.name()),
        };
        match known.and_then(|known| Some((known, self.name().get(known.stem().len()..)?))) {
            Some((known, parameter)) if known.has_parameter() => {
                let stem = known.stem();
                match self.name().starts_with(stem) {
                    true => self.clone(),
                    false => Key::new(&format!("{stem}{parameter}")),
                }
            }
            Some((known, _)) => Key::new(known.name()),
            None => self.clone(),
        }
    }
}

impl PartialEq for Key {
    #[inline]
    fn eq(&self, other: &Key) -> bool {
        // Equal numbers are equal names, and whoever has a number is equal to nobody without one.
        self.number == other.number
            && self.hash == other.hash
            && (self.number.is_some() || self.lower() == other.lower())
    }
}

impl Eq for Key {}

impl core::fmt::Display for Key {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
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
