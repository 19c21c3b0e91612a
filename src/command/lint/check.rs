//! From carriers to issues: runs the rules, and leads every place back to its file.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use wardbook_inventory::carrier::Carrier;
use wardbook_inventory::carriers::{Form, Found};
use wardbook_inventory::edit::{self, Index};
use wardbook_policy::json::{ParseError, Value};
use wardbook_policy::lint::{self, About, Finding, Kind, Settings};
use wardbook_policy::span::{Lines, Position, Span};
use wardbook_policy::subject::{Declaration, Subjects};
use wardbook_policy::symbol;

use super::against::Old;
use super::fingerprint::{fingerprint, of_statement, statement_at};
use super::issue::{Issue, Place, Repair};

/// A bare document, and what it was taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) path: Rc<str>,
    pub(super) kind: Kind,
    /// Whether that was told rather than inferred.
    pub(super) is_told: bool,
}

/// What the rules say of some carriers.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub(super) issues: Vec<Issue>,
    pub(super) documents: Vec<Taken>,
}

/// Runs the rules over every carrier, holding each against what it was. `kind` tells what the document of a file is,
/// where somebody told it.
pub(super) fn check(
    found: &[Found],
    old: Option<&Old>,
    settings: &Settings,
    kind: &dyn Fn(&str) -> Option<Kind>,
) -> Checked {
    let mut checked = Checked::default();
    for found in found {
        let lines = found.lines();
        let mut reporter = Reporter { found, lines: &lines, paths: Vec::new(), issues: &mut checked.issues };
        for error in &found.broken {
            reporter.syntax(error);
        }
        for error in &found.faults {
            reporter.fault(error);
        }
        let old = old.and_then(|old| old.counterpart(found));
        for (index, bare) in found.documents.iter().enumerate() {
            let path = reporter.place(bare.value.span).path;
            let told = kind(&path);
            let wanted = told.or(bare.is_trust.then_some(Kind::Trust));
            let before = old.filter(|old| old.documents.len() == found.documents.len());
            let (kind, findings) = match before.and_then(|old| old.documents.get(index)) {
                Some(old) => lint::document_against(&bare.value, &old.value, wanted, settings),
                None => lint::document(&bare.value, wanted, settings),
            };
            reporter.documents(findings, &bare.value, kind);
            checked.documents.push(Taken { path, kind, is_told: told.is_some() });
        }
        if let Some(carrier) = &found.carrier {
            let findings = match old.and_then(|old| old.carrier.as_ref()) {
                Some(old) => lint::against(&carrier.subjects, &old.subjects, settings),
                None => lint::lint(&carrier.subjects, settings),
            };
            reporter.carrier(carrier, findings);
        }
    }
    settle(&mut checked);
    checked
}

/// Sorts, and keeps one of what several instances of a module say alike.
fn settle(checked: &mut Checked) {
    let issues = &mut checked.issues;
    issues.sort_by(|a, b| a.order().cmp(&b.order()));
    let mut seen = HashSet::new();
    issues.retain(|issue| {
        let key = (issue.code, issue.place.path.clone(), issue.place.span, issue.message.clone());
        seen.insert(key)
    });
    checked.documents.sort_by(|a, b| a.path.cmp(&b.path));
}

/// The findings of one carrier on their way to becoming issues.
struct Reporter<'a> {
    found: &'a Found,
    lines: &'a Lines<'a>,
    /// The paths that were made, so that issues share them.
    paths: Vec<Rc<str>>,
    issues: &'a mut Vec<Issue>,
}

/// What is looked up in one document again and again.
#[derive(Default)]
struct Tree<'t> {
    index: Index<'t>,
    /// What statements are known by, since many findings may be about one.
    prints: HashMap<Span, String>,
}

impl<'t> Tree<'t> {
    fn new(document: Option<&'t Value>) -> Tree<'t> {
        Tree { index: document.map(Index::new).unwrap_or_default(), prints: HashMap::new() }
    }

    fn print(&mut self, statement: &Value) -> String {
        self.prints.entry(statement.span).or_insert_with(|| of_statement(statement)).clone()
    }
}

/// What an issue is about.
#[derive(Default, Clone, Copy)]
struct Topic<'t> {
    declaration: Option<&'t Declaration>,
    /// What tells it from the other things of the same declaration.
    name: &'t str,
    /// The tree in which places and edits are looked up.
    tree: Option<&'t Value>,
    kind: Option<Kind>,
}

impl Reporter<'_> {
    fn syntax(&mut self, error: &ParseError) {
        if let Some(finding) = lint::syntax(error, About::Document(0)) {
            self.add(finding, Topic::default(), &mut Tree::default());
        }
    }

    fn fault(&mut self, error: &ParseError) {
        if let Some(finding) = lint::fault(error, About::Document(0)) {
            self.add(finding, Topic::default(), &mut Tree::default());
        }
    }

    fn documents(&mut self, findings: Vec<Finding>, document: &Value, kind: Kind) {
        let mut tree = Tree::new(Some(document));
        for finding in findings {
            self.add(finding, Topic { tree: Some(document), kind: Some(kind), ..Topic::default() }, &mut tree);
        }
    }

    fn carrier(&mut self, carrier: &Carrier, findings: Vec<Finding>) {
        // Findings stand together by what they are about.
        let mut last = None;
        for finding in findings {
            let topic = topic(&carrier.subjects, finding.about);
            let mut tree = match last.take() {
                Some((about, tree)) if about == finding.about => tree,
                _ => Tree::new(topic.tree),
            };
            let about = finding.about;
            self.add(finding, topic, &mut tree);
            last = Some((about, tree));
        }
    }

    fn add(&mut self, finding: Finding, topic: Topic<'_>, tree: &mut Tree<'_>) {
        let Finding { rule, severity, span, message, labels, help, evidence, fix, .. } = finding;
        let place = self.place(span);
        let labels = labels.into_iter().map(|label| (self.place(label.span), readable(&label.text))).collect();
        let address = topic.declaration.map(|declaration| &*declaration.address);
        let subject = format!("{}\n{}", address.unwrap_or_default(), topic.name);
        let statement = topic.tree.and_then(|tree| statement_at(tree, span));
        let sid = statement.and_then(|statement| statement.member("Sid")?.as_text()).map(Into::into);
        let print = statement.map(|statement| tree.print(statement)).unwrap_or_default();
        let repair = fix.filter(|_| self.is_written_by_people(topic)).and_then(|fix| {
            let edits = fix.edits.iter().map(|edit| {
                let replacement = edit::render(edit, &tree.index, &self.found.text)?;
                Some((self.place(replacement.span), replacement.text))
            });
            Some(Repair { is_safe: fix.safe, title: readable(&fix.title), edits: edits.collect::<Option<_>>()? })
        });
        self.issues.push(Issue {
            code: rule.code,
            name: rule.name,
            severity,
            place,
            message: readable(&message),
            help: help.map(|help| readable(&help)),
            labels,
            evidence,
            repair,
            subject: address.map(Into::into),
            construct: topic.declaration.and_then(|declaration| declaration.construct.clone()),
            kind: topic.kind.map(Kind::name),
            sid,
            fingerprint: fingerprint(rule.code, &subject, &print, tree.index.word(span).unwrap_or_default()),
            excuse: None,
        });
    }

    /// Whether people write the file: what a tool has made is mended where it was made from.
    fn is_written_by_people(&self, topic: Topic<'_>) -> bool {
        let is_made = topic.declaration.is_some_and(|declaration| declaration.construct.is_some());
        !is_made && self.found.form != Form::Plan
    }

    fn place(&mut self, span: Span) -> Place {
        let files = &self.found.files;
        let index = files.partition_point(|(start, _)| *start <= span.start).saturating_sub(1);
        let (base, path) = files.get(index).map_or((0, ""), |(base, path)| (*base, &**path));
        let shared = self.paths.iter().find(|known| ***known == *path).cloned();
        let path = shared.unwrap_or_else(|| {
            let path: Rc<str> = path.into();
            self.paths.push(path.clone());
            path
        });
        let start = self.lines.position(span);
        // The end of a file is a place of that file, not of the next one.
        let end = self.lines.position(Span { start: span.end, end: span.end });
        let end = if end < start { Position { column: start.column + 1, ..start } } else { end };
        let span = Span { start: span.start.saturating_sub(base), end: span.end.saturating_sub(base) };
        Place { path, span, start, end }
    }
}

/// What a finding is about.
fn topic(subjects: &Subjects, about: About) -> Topic<'_> {
    match about {
        About::Document(index) => subjects.documents.get(index).map_or(Topic::default(), |document| Topic {
            declaration: Some(&document.owner),
            name: &document.name,
            tree: Some(&document.value),
            kind: Some(Kind::of(document.kind, &document.document)),
        }),
        About::Key(index) => subjects.keys.get(index).map_or(Topic::default(), |key| declared(&key.declaration)),
        About::Alias(index) => {
            subjects.aliases.get(index).map_or(Topic::default(), |alias| declared(&alias.declaration))
        }
        About::Grant(index) => subjects
            .grants
            .get(index)
            .map_or(Topic::default(), |grant| Topic { tree: Some(&grant.value), ..declared(&grant.declaration) }),
        About::Change(index) => {
            subjects.changes.get(index).map_or(Topic::default(), |change| declared(&change.declaration))
        }
        About::Use(index) => subjects.uses.get(index).map_or(Topic::default(), |using| declared(&using.declaration)),
    }
}

fn declared(declaration: &Declaration) -> Topic<'_> {
    Topic { declaration: Some(declaration), tree: Some(&declaration.properties), ..Topic::default() }
}

/// A sentence in which what a template leaves open stands as its readers would write it: `${Key}`.
pub(super) fn readable(text: &str) -> String {
    let mut out = text.to_owned();
    if !symbol::holds(text) {
        return out;
    }
    for name in symbol::names(text) {
        out = out.replace(name, &format!("${{{}}}", symbol::short(name)));
    }
    out
}
