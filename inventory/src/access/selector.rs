//! From a selector to keys: a key, an alias, a tag, or all of them; siblings of a multi-Region key come along.

use std::collections::BTreeSet;

use wardbook_policy::arn::Arn;

use crate::world::{AskError, KmsKey, World};

/// Why a selector selects nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// It names no key.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// No key has the tag.
    #[error("no key that was collected has the tag `{0}`")]
    NoTag(String),
    /// There is no key at all.
    #[error("no key was collected")]
    NoKeys,
    /// The key was not collected.
    #[error("nothing was collected of the key `{0}`; name one of the world's keys, or `*` for all of them")]
    NotCollected(String),
}

/// The keys that a selector means: a key ARN, a key id, `alias/NAME`, an alias ARN, `tag:NAME=VALUE`,
/// `tag:NAME`, or `*`. Siblings of a multi-Region key are keys of the answer too.
pub fn select<'w>(world: &'w World, selector: &str) -> Result<Vec<&'w KmsKey>, SelectError> {
    let chosen: Vec<&KmsKey> = match selector.strip_prefix("tag:") {
        Some(tag) => {
            let (name, value) = match tag.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (tag, None),
            };
            let has = |key: &&KmsKey| {
                let mut tags = key.tags.iter().flatten();
                tags.any(|(own, told)| **own == *name && value.is_none_or(|value| **told == *value))
            };
            world.keys().iter().filter(has).collect()
        }
        None if selector == "*" => world.keys().iter().collect(),
        None if selector.starts_with("alias/") => {
            let has = |key: &&KmsKey| key.aliases.iter().flatten().any(|alias| **alias == *selector);
            let of_alias = |arn: &&KmsKey| world.points_to(selector, &arn.arn);
            world.keys().iter().filter(|key| has(key) || of_alias(key)).collect()
        }
        None => one(world, selector)?,
    };
    if chosen.is_empty() {
        return Err(match selector {
            "*" => SelectError::NoKeys,
            tag if tag.starts_with("tag:") => SelectError::NoTag(tag.trim_start_matches("tag:").into()),
            other => AskError::NoKey { text: other.into() }.into(),
        });
    }
    let multi_region: BTreeSet<(&str, &str)> =
        chosen.iter().filter(|key| is_multi_region(key)).map(|key| (&*key.account, &*key.id)).collect();
    let arns: BTreeSet<&str> = chosen.iter().map(|key| &*key.arn).collect();
    let wanted = |key: &&KmsKey| {
        arns.contains(&*key.arn) || (is_multi_region(key) && multi_region.contains(&(&*key.account, &*key.id)))
    };
    Ok(world.keys().iter().filter(wanted).collect())
}

/// Whether keys of other regions may have the same material and id.
pub(super) fn is_multi_region(key: &KmsKey) -> bool {
    key.id.starts_with("mrk-") || key.multi_region == Some(true)
}

fn one<'w>(world: &'w World, text: &str) -> Result<Vec<&'w KmsKey>, SelectError> {
    let of_id: Vec<&KmsKey> = world.keys().iter().filter(|key| &*key.id == text).collect();
    if !of_id.is_empty() {
        return Ok(of_id);
    }
    let named = world.find_key(text, None)?;
    match named.key {
        Some(key) => Ok(vec![key]),
        None if Arn::parse(&named.resource).is_some() => Err(SelectError::NotCollected(named.resource)),
        None => Err(AskError::NotAKey { text: text.into() }.into()),
    }
}
