//! The condition keys that requests of several operations tell, and how their parts are read.

use std::collections::BTreeMap;

use serde_json::Value;
use wardbook_backend::algorithm::Algorithm;
use wardbook_backend::context::Context;

use crate::api::{RecipientInfo, Tag};
use crate::caller::Facts;
use crate::limits::{CONTEXT_BYTES_MAX, TAGS_MAX};
use crate::refusal::{Refusal, Why};
use crate::wire::decode::Decode;

pub(super) type Pairs = BTreeMap<String, String>;

/// A value of an enumeration of the model.
pub(super) fn named<T: Decode>(name: &str) -> Option<T> {
    T::decode(&Value::from(name))
}

/// An algorithm of the model as the backend has it. Every name is one that the backend knows; a test says so.
pub(super) fn algorithm(name: &str) -> Result<Algorithm, Refusal> {
    name.parse().map_err(|_| Refusal::new(Why::Unsupported, format!("Algorithm {name} is not supported.")))
}

/// The encryption context as the backend binds it.
pub(super) fn context(pairs: Option<&Pairs>) -> Result<Context, Refusal> {
    let pairs = pairs.into_iter().flatten().map(|(name, value)| (name.as_str(), value.as_str()));
    Context::new(pairs).map_err(|error| Refusal::new(Why::Validation, error.to_string()))
}

/// The condition keys of an encryption context. Names that differ in case alone are one name to a policy, so a
/// context that has both is refused: either value would hide the other.
pub(super) fn tell_context(pairs: Option<&Pairs>, facts: &mut Facts) -> Result<(), Refusal> {
    let pairs = pairs.map(Pairs::iter).into_iter().flatten();
    let (mut bytes, mut lower) = (0, std::collections::HashSet::new());
    for (name, value) in pairs {
        bytes += name.len() + value.len();
        if !lower.insert(name.to_lowercase()) {
            let message = "Names in the EncryptionContext must differ in more than letter case.";
            return Err(Refusal::new(Why::Validation, message));
        }
        facts.text(&format!("kms:EncryptionContext:{name}"), value);
    }
    match bytes <= CONTEXT_BYTES_MAX {
        true => Ok(()),
        false => {
            Err(Refusal::new(Why::Validation, format!("EncryptionContext is longer than {CONTEXT_BYTES_MAX} bytes.")))
        }
    }
}

/// Checks tags, and tells what of them a request carries.
pub(super) fn tell_tags(tags: &[Tag], facts: &mut Facts) -> Result<(), Refusal> {
    let refuse = |message: &str| Err(Refusal::new(Why::Tag, message));
    let mut lower = std::collections::HashSet::new();
    for tag in tags {
        if tag.tag_key.to_ascii_lowercase().starts_with("aws:") {
            return refuse("Tags beginning with aws: are reserved");
        }
        if !lower.insert(tag.tag_key.to_lowercase()) {
            return refuse("Duplicate tag keys");
        }
        facts.text(&format!("aws:RequestTag/{}", tag.tag_key), &tag.tag_value);
    }
    if tags.len() > TAGS_MAX {
        return refuse("Too many tags");
    }
    if !tags.is_empty() {
        facts.many("aws:TagKeys", tags.iter().map(|tag| tag.tag_key.as_str()));
    }
    Ok(())
}

/// Nobody can attest anything here, so an answer for an enclave cannot be made.
pub(super) fn refuse_recipient(recipient: Option<&RecipientInfo>) -> Result<(), Refusal> {
    match recipient {
        None => Ok(()),
        Some(_) => Err(Refusal::new(
            Why::Unsupported,
            "Recipient is not supported: attestation documents cannot be verified here.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{EncryptionAlgorithmSpec, MacAlgorithmSpec, SigningAlgorithmSpec};

    #[test]
    fn the_backend_knows_every_algorithm_of_the_model() {
        let encryption = EncryptionAlgorithmSpec::ALL.iter().map(|(_, name)| *name);
        let signing = SigningAlgorithmSpec::ALL.iter().map(|(_, name)| *name);
        let mac = MacAlgorithmSpec::ALL.iter().map(|(_, name)| *name);
        for name in encryption.chain(signing).chain(mac) {
            assert!(algorithm(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn tags_and_contexts_that_would_hide_something_are_refused() {
        let tag = |key: &str| Tag { tag_key: key.into(), tag_value: "v".into() };
        let told = |tags: &[Tag]| tell_tags(tags, &mut Facts::default()).map_err(|refusal| refusal.message);
        assert_eq!(told(&[tag("a"), tag("A")]), Err("Duplicate tag keys".into()));
        assert_eq!(told(&[tag("AWS:x")]), Err("Tags beginning with aws: are reserved".into()));
        let many: Vec<Tag> = (0..=TAGS_MAX).map(|number| tag(&number.to_string())).collect();
        assert_eq!(told(&many), Err("Too many tags".into()));
        assert!(told(&many[1..]).is_ok());
        let pairs: Pairs = [("a".to_owned(), "1".to_owned()), ("A".to_owned(), "2".to_owned())].into();
        assert!(tell_context(Some(&pairs), &mut Facts::default()).is_err());
        let long = |bytes: usize| Pairs::from([("k".to_owned(), "v".repeat(bytes - 1))]);
        assert!(tell_context(Some(&long(CONTEXT_BYTES_MAX)), &mut Facts::default()).is_ok());
        assert!(tell_context(Some(&long(CONTEXT_BYTES_MAX + 1)), &mut Facts::default()).is_err());
    }
}
