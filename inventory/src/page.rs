//! One value of one file, and what the names of its folders say about it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use wardbook_policy::arn::is_account_id;
use wardbook_policy::document::Document;
use wardbook_policy::json::Value;
use wardbook_policy::policy::{Origin, Policy, PolicyKind};
use wardbook_policy::span::{Lines, Span};

use crate::coverage::{Gap, GapKind};
use crate::embedded;
use crate::limits::SHARED_TEXT_BYTES_MAX;
use crate::source::{ReadError, Source, begins_like_json};

/// Where a value was found.
pub(crate) struct Page<'a> {
    pub(crate) source: &'a Source,
    pub(crate) lines: &'a Lines<'a>,
    pub(crate) hints: Hints<'a>,
    /// Whether the file is JSON, in which equal texts mean the same.
    is_json: bool,
    compiled: Rc<Compiled>,
}

/// Policies by their kind and text, since many roles and keys, of one file and of many, have the same ones.
#[derive(Default)]
pub(crate) struct Compiled {
    /// Each with the place of its document.
    policies: RefCell<HashMap<PolicyKind, ByText>>,
    /// How many bytes their texts have together.
    bytes: Cell<usize>,
}

type ByText = HashMap<Box<str>, (Policy, Span)>;

impl Compiled {
    /// The policy of that text, if it was compiled before, as it stands here.
    fn again(&self, kind: PolicyKind, text: &str, origin: Origin<'_>, place: Span) -> Option<Policy> {
        let policies = self.policies.borrow();
        let (policy, earlier) = policies.get(&kind)?.get(text)?;
        Some(policy.again(origin, *earlier, place))
    }

    /// Keeps a policy, unless there are too many texts already.
    fn keep(&self, kind: PolicyKind, text: &str, policy: &Policy, place: Span, bytes_max: usize) {
        let bytes = self.bytes.get().saturating_add(text.len());
        if bytes <= bytes_max {
            self.bytes.set(bytes);
            self.policies.borrow_mut().entry(kind).or_default().insert(text.into(), (policy.clone(), place));
        }
    }
}

/// What folder and file names say: the account, region and key id that are nearest to the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Hints<'a> {
    pub(crate) account: Option<&'a str>,
    pub(crate) region: Option<&'a str>,
    pub(crate) key_id: Option<&'a str>,
}

impl<'a> Page<'a> {
    pub(crate) fn new(source: &'a Source, lines: &'a Lines<'a>, compiled: &Rc<Compiled>) -> Page<'a> {
        let yaml = source.path.ends_with(".yaml") || source.path.ends_with(".yml");
        let is_json = begins_like_json(&source.text) && !yaml;
        Page { source, lines, hints: Hints::of(&source.path), is_json, compiled: compiled.clone() }
    }

    /// Compiles a document, or the text of one. What is wrong with it becomes gaps; what cannot be
    /// read at all becomes no policy.
    pub(crate) fn policy(&self, value: &Value, name: &str, kind: PolicyKind, gaps: &mut Vec<Gap>) -> Option<Policy> {
        let origin = Origin { name, path: &self.source.path, lines: Some(self.lines) };
        let place = value.span;
        // The places inside a JSON value, be it a document or a text with one, move with its beginning.
        let text = self.source.text.get(place.start as usize..place.end as usize).filter(|_| self.is_json);
        if let Some(policy) = text.and_then(|text| self.compiled.again(kind, text, origin, place)) {
            return Some(policy);
        }
        let value = match embedded::document(value, &self.source.text) {
            Ok(value) => value,
            Err(error) => {
                let error = ReadError::new(self.source.path.as_str(), self.lines, error.span, error.message);
                // The file around it was read, so that nothing else is missing.
                gaps.push(Gap::new(GapKind::Problem, name, error.to_string()));
                return None;
            }
        };
        let (policy, problems) = Policy::forced(&Document::read(&value), kind, origin);
        if let Some(text) = text.filter(|_| problems.is_empty()) {
            self.compiled.keep(kind, text, &policy, place, SHARED_TEXT_BYTES_MAX);
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
    if text.as_bytes().get(2) != Some(&b'-') {
        return false;
    }
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

/// Both kinds of key ids are as long.
const KEY_ID_BYTES: usize = 36;

/// `1234abcd-12ab-34cd-56ef-1234567890ab`, `mrk-1234abcd12ab34cd56ef1234567890ab`
pub(crate) fn is_key_id(text: &str) -> bool {
    if text.len() != KEY_ID_BYTES {
        return false;
    }
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

    const ROOT: &str = r#"{\"Version\": \"2012-10-17\",\n \"Statement\": [\n {\"Sid\": \"Root\", \"Effect\": \"Allow\",
        \"Principal\": \"*\", \"Action\": \"kms:*\", \"Resource\": \"*\"}]}"#;

    /// The first policy of a file, and its only statement's place.
    fn read(path: &str, before: &str, compiled: &Rc<Compiled>) -> (Policy, String) {
        let text = format!("{before}{{\"Policy\": \"{}\"}}", ROOT.replace('\n', ""));
        let source = Source::new(path, text);
        let lines = Lines::new(&source.text);
        let value = wardbook_policy::json::parse(&source.text).unwrap();
        let page = Page::new(&source, &lines, compiled);
        let policy = page.policy(value.member("Policy").unwrap(), path, PolicyKind::Key, &mut Vec::new()).unwrap();
        let place = policy.place(&policy.statements()[0]);
        (policy, place)
    }

    #[test]
    fn equal_texts_of_several_files_are_compiled_once_and_know_their_own_places() {
        let compiled = Rc::default();
        let (first, place) = read("a.json", "", &compiled);
        let (second, moved) = read("b.json", "\n\n  ", &compiled);
        assert!(core::ptr::eq(first.statements(), second.statements()));
        assert_eq!((first.name(), second.name()), ("a.json", "b.json"));
        // As they stand where each file is read alone.
        assert_eq!((place, moved), (read("a.json", "", &Rc::default()).1, read("b.json", "\n\n  ", &Rc::default()).1));
        assert_eq!(read("b.json", "\n\n  ", &compiled).1, "b.json:3:66");
    }

    #[test]
    fn texts_are_shared_up_to_a_limit() {
        let (policy, _) = read("a.json", "", &Rc::default());
        let compiled = Compiled::default();
        let found = |text: &str| compiled.again(PolicyKind::Key, text, Origin::default(), Span::default()).is_some();
        compiled.keep(PolicyKind::Key, "12345", &policy, Span::default(), 8);
        compiled.keep(PolicyKind::Key, "123", &policy, Span::default(), 8);
        compiled.keep(PolicyKind::Key, "1", &policy, Span::default(), 8);
        assert_eq!((found("12345"), found("123"), found("1")), (true, true, false));
        assert!(compiled.again(PolicyKind::Resource, "123", Origin::default(), Span::default()).is_none());
    }

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
