//! One value of one file, and what the names of its folders say about it.

use std::cell::RefCell;
use std::collections::HashMap;

use wardbook_policy::arn::is_account_id;
use wardbook_policy::document::Document;
use wardbook_policy::json::Value;
use wardbook_policy::policy::{Origin, Policy, PolicyKind};
use wardbook_policy::span::{Lines, Span};

use crate::coverage::Gap;
use crate::embedded;
use crate::source::{ReadError, Source, begins_like_json};

/// Where a value was found.
pub(crate) struct Page<'a> {
    pub(crate) source: &'a Source,
    pub(crate) lines: &'a Lines<'a>,
    pub(crate) hints: Hints<'a>,
    /// Whether the file is JSON, in which equal texts mean the same.
    is_json: bool,
    /// Policies by their kind and text, since many roles have the same ones.
    compiled: RefCell<HashMap<(PolicyKind, &'a str), Compiled>>,
}

/// A policy, and where its document stands.
type Compiled = (Policy, Span);

/// What folder and file names say: the account, region and key id that are nearest to the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Hints<'a> {
    pub(crate) account: Option<&'a str>,
    pub(crate) region: Option<&'a str>,
    pub(crate) key_id: Option<&'a str>,
}

impl<'a> Page<'a> {
    pub(crate) fn new(source: &'a Source, lines: &'a Lines<'a>) -> Page<'a> {
        let yaml = source.path.ends_with(".yaml") || source.path.ends_with(".yml");
        let is_json = begins_like_json(&source.text) && !yaml;
        Page { source, lines, hints: Hints::of(&source.path), is_json, compiled: RefCell::default() }
    }

    /// Compiles a document, or the text of one. What is wrong with it becomes gaps; what cannot be
    /// read at all becomes no policy.
    pub(crate) fn policy(&self, value: &Value, name: &str, kind: PolicyKind, gaps: &mut Vec<Gap>) -> Option<Policy> {
        let origin = Origin { name, path: &self.source.path, lines: Some(self.lines) };
        // A text inside a text has a way back of its own.
        let shared = self.is_json && value.as_object().is_some();
        let text = self.source.text.get(value.span.start as usize..value.span.end as usize).filter(|_| shared);
        if let Some((policy, place)) = text.and_then(|text| self.compiled.borrow().get(&(kind, text)).cloned()) {
            return Some(policy.again(origin, place, value.span));
        }
        let place = value.span;
        let value = match embedded::document(value, &self.source.text) {
            Ok(value) => value,
            Err(error) => {
                let error = ReadError::new(self.source.path.as_str(), self.lines, error.span, error.message);
                gaps.push(Gap::unreadable(&error));
                return None;
            }
        };
        let (policy, problems) = Policy::forced(&Document::read(&value), kind, origin);
        if let Some(text) = text.filter(|_| problems.is_empty()) {
            self.compiled.borrow_mut().insert((kind, text), (policy.clone(), place));
        }
        let problems = problems.into_iter();
        gaps.extend(problems.map(|problem| Gap::problem(name, &self.source.path, self.lines, problem)));
        Some(policy)
    }
}

impl<'a> Hints<'a> {
    pub(crate) fn of(path: &'a str) -> Hints<'a> {
        let mut hints = Hints::default();
        for part in path.split(['/', '\\']) {
            let stem = part.split('.').next().unwrap_or(part);
            if is_account_id(stem) {
                hints.account = Some(stem);
            } else if is_region(stem) {
                hints.region = Some(stem);
            } else if is_key_id(stem) {
                hints.key_id = Some(stem);
            }
        }
        hints
    }
}

/// The ARN of a key; the region tells the partition.
pub(crate) fn key_arn(account: &str, region: &str, id: &str) -> String {
    format!("arn:{}:kms:{region}:{account}:key/{id}", partition(region))
}

/// The partition that a region belongs to.
pub(crate) fn partition(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ if region.starts_with("us-isob-") => "aws-iso-b",
        _ if region.starts_with("us-iso-") => "aws-iso",
        _ => "aws",
    }
}

/// `eu-west-1`, `us-gov-east-1`
pub(crate) fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let letters = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    match parts.as_slice() {
        [first, middle @ .., last] => {
            first.len() == 2
                && letters(first)
                && !middle.is_empty()
                && middle.iter().all(letters)
                && !last.is_empty()
                && last.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    }
}

/// `1234abcd-12ab-34cd-56ef-1234567890ab`, `mrk-1234abcd12ab34cd56ef1234567890ab`
pub(crate) fn is_key_id(text: &str) -> bool {
    let hexadecimal = |part: &str, length: usize| part.len() == length && part.bytes().all(|b| b.is_ascii_hexdigit());
    if let Some(rest) = text.strip_prefix("mrk-") {
        return hexadecimal(rest, 32);
    }
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == 5 && parts.iter().zip([8, 4, 4, 4, 12]).all(|(part, length)| hexadecimal(part, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_say_account_region_and_key() {
        let hints = Hints::of("w/111122223333/kms/us-gov-west-1/1234abcd-12ab-34cd-56ef-1234567890ab/policy.json");
        let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
        let wanted = Hints { account: Some("111122223333"), region: Some("us-gov-west-1"), key_id: Some(id) };
        assert_eq!(hints, wanted);
        assert_eq!(
            key_arn("111122223333", "us-gov-west-1", id),
            "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        );
        let hints = Hints::of("eu-west-1/mrk-1234abcd12ab34cd56ef1234567890ab.json");
        assert_eq!((hints.account, hints.region), (None, Some("eu-west-1")));
        assert_eq!(hints.key_id, Some("mrk-1234abcd12ab34cd56ef1234567890ab"));
        assert_eq!(Hints::of("kms/policy.json"), Hints::default());
    }

    #[test]
    fn regions_and_key_ids_are_told_from_other_names() {
        for text in ["eu-west-1", "us-gov-west-1", "ap-southeast-12"] {
            assert!(is_region(text), "{text}");
        }
        for text in ["", "eu", "eu-1", "eu-west", "eu-west-1a", "team-pay-1x", "EU-west-1", "eu--1"] {
            assert!(!is_region(text), "{text}");
        }
        for text in ["mrk-12", "1234abcd-12ab-34cd-56ef-1234567890a", "1234abcd12ab34cd56ef1234567890ab", ""] {
            assert!(!is_key_id(text), "{text}");
        }
    }
}
