//! The case file: requests, the policies that bear on them, and the answers that are wanted.
//!
//! A file that is no case file fails as a whole. Inside one, a case that cannot be read says why
//! and leaves the others alone; a policy statement that would not pass the door is reported with
//! its place and evaluated by force, its Allow without effect and its Deny with it.

mod assertion;
mod documents;
mod request;

use wardbook_policy::decide::Verdict;
use wardbook_policy::json::{Member, Value};
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;
use wardbook_policy::span::{Lines, Position, Span};

use crate::layer::OwnedLayers;
use crate::limits::CASES_MAX;
use crate::nearest::{nearest, unknown_member};
use crate::question::Question;
use crate::source::{ReadError, Source, read_value};

pub use assertion::{Assertion, Claim};

use documents::Documents;

/// The cases of one file.
#[derive(Debug)]
pub struct CaseFile {
    /// The cases, in the order of the file.
    pub cases: Vec<Case>,
    /// The assertions about a whole world, in the order of the file.
    pub assertions: Vec<Assertion>,
    /// The case file, then every file it refers to, for those who show the text around a place.
    pub sources: Vec<Source>,
}

/// One case.
#[derive(Debug)]
pub struct Case {
    /// Its name, or its number where it has none.
    pub name: String,
    /// Where the wanted answer comes from.
    pub source: Option<String>,
    /// Where the case stands in the case file.
    pub span: Span,
    /// Line and column of its first character.
    pub position: Position,
    /// The question and the wanted answer, or everything that keeps them from being read.
    pub body: Result<Body, Vec<ReadError>>,
}

/// What a case asks and wants.
#[derive(Debug)]
pub struct Body {
    /// The request.
    pub request: Request,
    /// The policies and grants, compiled by force where they have problems.
    pub layers: OwnedLayers,
    /// What would keep the policies and grants from being accepted. A case that has any cannot pass.
    pub problems: Vec<ReadError>,
    /// The wanted answer.
    pub expect: Expectation,
    /// The Sid, or grant id, of a statement that should settle it.
    pub because: Option<String>,
}

/// The answer that a case wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Expectation {
    /// Allowed.
    Allow,
    /// Denied because nothing allows.
    ImplicitDeny,
    /// Denied by a statement.
    ExplicitDeny,
    /// Denied, either way.
    Deny,
    /// Open, because something is not known.
    Unknown,
}

impl Expectation {
    /// Every answer that can be wanted, under its name in a case file.
    pub const NAMES: [(&'static str, Expectation); 5] = [
        ("allow", Expectation::Allow),
        ("implicit-deny", Expectation::ImplicitDeny),
        ("explicit-deny", Expectation::ExplicitDeny),
        ("deny", Expectation::Deny),
        ("unknown", Expectation::Unknown),
    ];

    /// The answer of that name.
    pub fn from_name(name: &str) -> Option<Expectation> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, expectation)| *expectation)
    }

    /// Its name in a case file.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }

    /// Whether this answer is the wanted one.
    pub fn is_met_by(self, verdict: Verdict) -> bool {
        match self {
            Expectation::Allow => verdict == Verdict::Allow,
            Expectation::ImplicitDeny => verdict == Verdict::ImplicitDeny,
            Expectation::ExplicitDeny => verdict == Verdict::ExplicitDeny,
            Expectation::Deny => matches!(verdict, Verdict::ImplicitDeny | Verdict::ExplicitDeny),
            Expectation::Unknown => verdict == Verdict::Unknown,
        }
    }
}

/// Gives the bytes of a file that a case refers to by `file: PATH`, or a message why not. The path
/// has been joined to the folder of the case file.
pub type Load<'a> = dyn FnMut(&str) -> Result<Vec<u8>, String> + 'a;

const FILE_MEMBERS: &[&str] = &["cases", "assert"];
const CASE_MEMBERS: &[&str] = &["name", "source", "request", "policies", "expect", "because"];

impl CaseFile {
    /// Reads a case file.
    pub fn read(source: Source, quirks: Quirks, load: &mut Load<'_>) -> Result<CaseFile, ReadError> {
        let value = read_value(&source)?;
        let lines = Lines::new(&source.text);
        let fail = |span: Span, message: String| Err(ReadError::new(source.path.as_str(), &lines, span, message));
        let Some(members) = value.as_object() else {
            return fail(value.span, format!("a case file is an object with `cases`, not {}", value.noun()));
        };
        for member in members {
            if !FILE_MEMBERS.contains(&&*member.name) {
                return fail(member.name_span, unknown_member(&member.name, "a case file", FILE_MEMBERS));
            }
        }
        if value.member("cases").is_none() && value.member("assert").is_none() {
            return fail(head(&value), "a case file needs `cases` or `assert`".into());
        }
        let mut lists: [&[Value]; 2] = [&[], &[]];
        for (slot, name) in lists.iter_mut().zip(FILE_MEMBERS) {
            let Some(member) = value.member(name) else { continue };
            let Some(list) = member.as_list() else {
                return fail(member.span, format!("`{name}` is a list, not {}", member.noun()));
            };
            if list.len() > CASES_MAX {
                return fail(member.span, format!("{} cases are more than the {CASES_MAX} that are read", list.len()));
            }
            *slot = list;
        }
        let [list, asserted] = lists;
        let assertions = asserted.iter().enumerate();
        let assertions =
            assertions.map(|(index, value)| assertion::read(value, index, Scribe::new(&source.path, &lines))).collect();
        let mut documents = Documents::new(&source.path, load);
        let cases = list
            .iter()
            .enumerate()
            .map(|(index, value)| {
                let scribe = Scribe::new(&source.path, &lines);
                read_case(value, index, scribe, quirks, &mut documents)
            })
            .collect();
        let loaded = documents.into_sources();
        Ok(CaseFile { cases, assertions, sources: std::iter::once(source).chain(loaded).collect() })
    }
}

/// A request given by itself, with or without the policies that bear on it.
#[derive(Debug)]
pub struct Single {
    /// The request; condition keys that are not named are unknown.
    pub question: Question,
    /// The policies and grants given with it, compiled by force where they have problems.
    pub layers: Option<OwnedLayers>,
    /// What would keep these from being accepted.
    pub problems: Vec<ReadError>,
    /// The source, then every file it refers to.
    pub sources: Vec<Source>,
}

const SINGLE_MEMBERS: &[&str] = &["name", "source", "request", "policies", "expect", "because"];

/// Reads a request as JSON or YAML: its members themselves (`principal`, `action`, `resource`, ...),
/// or a case, whose wanted answer does not matter. `None` if the source is about something else.
pub fn read_single(source: &Source, load: &mut Load<'_>) -> Option<Result<Single, Vec<ReadError>>> {
    let value = read_value(source).ok()?;
    let bare = ["principal", "action", "resource"].iter().any(|name| value.member(name).is_some());
    if !bare && value.member("request").is_none() {
        return None;
    }
    let lines = Lines::new(&source.text);
    let mut scribe = Scribe::new(&source.path, &lines);
    let mut documents = Documents::new(&source.path, load);
    let (facts, policies) = if bare {
        (request::Facts::read(&value, &mut scribe), None)
    } else {
        scribe.members(&value, "a case", SINGLE_MEMBERS);
        let request = value.member("request");
        let is_key = request.is_some_and(request::is_about_a_key);
        let facts = request.and_then(|request| request::Facts::read(request, &mut scribe));
        (facts, value.member("policies").map(|policies| documents.layers(policies, is_key, &mut scribe)))
    };
    let Some(facts) = facts.filter(|_| scribe.errors.is_empty()) else { return Some(Err(scribe.errors)) };
    let (layers, problems) = policies.map_or((None, Vec::new()), |(layers, problems)| (Some(layers), problems));
    let sources = std::iter::once(source.clone()).chain(documents.into_sources()).collect();
    Some(Ok(Single { question: facts.into_question(), layers, problems, sources }))
}

/// Collects what is wrong in one file.
struct Scribe<'a> {
    path: &'a str,
    lines: &'a Lines<'a>,
    errors: Vec<ReadError>,
}

impl<'a> Scribe<'a> {
    fn new(path: &'a str, lines: &'a Lines<'a>) -> Scribe<'a> {
        Scribe { path, lines, errors: Vec::new() }
    }

    fn note(&mut self, span: Span, message: impl Into<String>) {
        self.errors.push(ReadError::new(self.path, self.lines, span, message));
    }

    /// The members of an object, unknown names noted.
    fn members<'v>(&mut self, value: &'v Value, holder: &str, known: &[&str]) -> &'v [Member] {
        let Some(members) = value.as_object() else {
            self.note(value.span, format!("{holder} is an object, not {}", value.noun()));
            return &[];
        };
        for member in members.iter().filter(|member| !known.contains(&&*member.name)) {
            self.note(member.name_span, unknown_member(&member.name, holder, known));
        }
        members
    }

    /// A text; a number counts as the text it was written as.
    fn text<'v>(&mut self, value: &'v Value, name: &str) -> Option<&'v str> {
        use wardbook_policy::json::Kind;
        match &value.kind {
            Kind::Text(text) | Kind::Number(text) => Some(text),
            _ => {
                self.note(value.span, format!("`{name}` is a text, not {}", value.noun()));
                None
            }
        }
    }

    fn member_text<'v>(&mut self, holder: &'v Value, name: &str) -> Option<&'v str> {
        let value = holder.member(name)?;
        self.text(value, name)
    }

    fn required<'v>(&mut self, value: &'v Value, holder: &str, name: &str) -> Option<&'v Value> {
        let found = value.member(name);
        if found.is_none() && value.as_object().is_some() {
            self.note(head(value), format!("{holder} needs `{name}`"));
        }
        found
    }
}

fn read_case(
    value: &Value,
    index: usize,
    mut scribe: Scribe<'_>,
    quirks: Quirks,
    documents: &mut Documents<'_, '_>,
) -> Case {
    scribe.members(value, "a case", CASE_MEMBERS);
    let name = scribe.required(value, "a case", "name").and_then(|name| scribe.text(name, "name")).map(str::to_owned);
    let source = scribe.member_text(value, "source").map(str::to_owned);
    let because = scribe.member_text(value, "because").map(str::to_owned);
    let expect = scribe.required(value, "a case", "expect").and_then(|expect| expectation(expect, &mut scribe));
    let request_value = scribe.required(value, "a case", "request");
    let request = request_value.and_then(|request| request::read(request, quirks, &mut scribe));
    let is_key = request_value.is_some_and(request::is_about_a_key);
    let (layers, problems) = match value.member("policies") {
        Some(policies) => documents.layers(policies, is_key, &mut scribe),
        None => (OwnedLayers::default(), Vec::new()),
    };
    let position = scribe.lines.position(value.span);
    let mut errors = scribe.errors;
    let body = match (request, expect) {
        (Some(request), Some(expect)) if errors.is_empty() => Ok(Body { request, layers, problems, expect, because }),
        _ => {
            errors.extend(problems);
            Err(errors)
        }
    };
    Case { name: name.unwrap_or_else(|| format!("case {}", index + 1)), source, span: value.span, position, body }
}

fn expectation(value: &Value, scribe: &mut Scribe<'_>) -> Option<Expectation> {
    let text = scribe.text(value, "expect")?;
    let found = Expectation::from_name(text);
    if found.is_none() {
        let names = Expectation::NAMES.map(|(name, _)| name);
        let message = match nearest(text, &names) {
            Some(meant) => format!("`{text}` is not an answer; did you mean `{meant}`?"),
            None => {
                let listed = names.map(|name| format!("`{name}`"));
                format!("`{text}` is not an answer; write {}", listed.join(", "))
            }
        };
        scribe.note(value.span, message);
    }
    found
}

/// The first character of a value, for what is missing inside it.
fn head(value: &Value) -> Span {
    Span { start: value.span.start, end: value.span.start.saturating_add(1).min(value.span.end) }
}

#[cfg(test)]
mod tests;
