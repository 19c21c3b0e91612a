//! Findings that somebody has decided about: in a comment, in the metadata of a template, or in the settings.
//!
//! Each needs a reason. One that suppresses nothing, or has expired, is a finding itself.

mod comment;
mod metadata;

use std::collections::{BTreeSet, HashSet};
use std::rc::Rc;

use wardbook_inventory::carriers::{Form, Found};
use wardbook_policy::lint::Severity;
use wardbook_policy::span::{Lines, Position, Span};

use super::fingerprint::of_texts;
use super::issue::{Excuse, Issue, Place};
use super::own_rule::OWN;
use super::selection::Selection;
use super::settings::{Ignore, Settings};

/// Something that says which findings do not count.
#[derive(Debug)]
struct Suppression {
    codes: Selection,
    reason: String,
    /// Where it is written.
    place: Place,
    scope: Scope,
}

/// Where a suppression holds.
#[derive(Debug)]
enum Scope {
    /// In one line of its file.
    Line(u32),
    /// Of one resource of its file.
    Resource(Box<str>),
    /// In its whole file.
    File,
}

impl Suppression {
    fn covers(&self, issue: &Issue) -> bool {
        let here = self.codes.has(issue.code) && issue.place.path == self.place.path;
        here && match &self.scope {
            Scope::Line(line) => issue.place.start.line == *line,
            Scope::Resource(address) => issue.subject.as_ref() == Some(address),
            Scope::File => true,
        }
    }
}

/// What a run looked at, so that what it did not look at is not called unused.
pub(super) struct Run<'a> {
    pub(super) settings: &'a Settings,
    /// Whether a rule was run.
    pub(super) has_run: &'a dyn Fn(&str) -> bool,
    pub(super) today: &'a str,
    /// The files that are reported on.
    pub(super) reported: &'a BTreeSet<String>,
    /// Whether whole folders were looked at, and not single files only.
    pub(super) is_whole: bool,
}

/// Excuses the findings that are suppressed, and adds findings about suppressions.
pub(super) fn apply(issues: &mut Vec<Issue>, found: &[Found], run: &Run<'_>) {
    let (mut suppressions, mut malformed) = (Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    for found in found {
        if found.form == Form::CloudFormation || found.form == Form::Terraform || found.form == Form::Documents {
            comment::read(found, &mut seen, &mut suppressions, &mut malformed);
        }
        metadata::read(found, &mut suppressions, &mut malformed);
    }
    let mut used: HashSet<(usize, &str)> = HashSet::new();
    for issue in issues.iter_mut() {
        if let Some((index, by)) = suppressions.iter().enumerate().find(|(_, suppression)| suppression.covers(issue)) {
            used.insert((index, issue.code));
            issue.excuse = Some(Excuse::InSource(by.reason.clone()));
        }
    }
    let mut added: Vec<Issue> = malformed.into_iter().map(|(place, message)| own_issue(1, place, message)).collect();
    for (index, suppression) in suppressions.iter().enumerate() {
        let idle = suppression.codes.codes().filter(|code| (run.has_run)(code) && !used.contains(&(index, *code)));
        let idle: Vec<&str> = idle.collect();
        // A family that is suppressed as a whole is used if any of it is.
        if !idle.is_empty() && (idle.len() == suppression.codes.codes().count() || idle.len() <= SHOWN_MAX) {
            let message = format!("nothing is suppressed here: there is no {}", listed(&idle));
            added.push(own_issue(0, suppression.place.clone(), message));
        }
    }
    from_settings(issues, run, &mut added);
    added.retain(|issue| (run.has_run)(issue.code) && is_of_run(issue, run));
    issues.append(&mut added);
    issues.sort_by(|a, b| a.order().cmp(&b.order()));
}

/// So many codes of one suppression are named.
const SHOWN_MAX: usize = 8;

fn listed(codes: &[&str]) -> String {
    match codes.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, first)) if codes.len() <= SHOWN_MAX => format!("{} and no {last}", first.join(", no ")),
        _ => "finding of these rules".to_owned(),
    }
}

fn is_of_run(issue: &Issue, run: &Run<'_>) -> bool {
    *issue.place.path == *run.settings.path || run.reported.contains(&*issue.place.path)
}

fn from_settings(issues: &mut [Issue], run: &Run<'_>, added: &mut Vec<Issue>) {
    let path: Rc<str> = run.settings.path.as_str().into();
    for ignore in &run.settings.ignores {
        let is_over = ignore.expires.as_deref().is_some_and(|date| date < run.today);
        let mut hits = 0;
        let covered = issues.iter_mut().filter(|issue| issue.is_active() && is_covered(ignore, issue, run));
        for issue in covered {
            hits += 1;
            if !is_over {
                issue.excuse = Some(Excuse::Settings(ignore.reason.clone()));
            }
        }
        let place = || {
            let start = Position { line: ignore.line, column: 1 };
            let end = Position { column: 1 + "[[lint.ignore]]".chars().count().try_into().unwrap_or(0), ..start };
            Place { path: path.clone(), span: Span::default(), start, end }
        };
        let codes: Vec<&str> = ignore.codes.codes().collect();
        if is_over {
            let date = ignore.expires.as_deref().unwrap_or_default();
            added.push(own_issue(0, place(), format!("this suppression of {} expired on {date}", listed(&codes))));
        } else if hits == 0 && codes.iter().any(|code| (run.has_run)(code)) && was_looked_at(ignore, run) {
            added.push(own_issue(0, place(), format!("nothing is suppressed here: there is no {}", listed(&codes))));
        }
    }
}

fn is_covered(ignore: &Ignore, issue: &Issue, run: &Run<'_>) -> bool {
    let in_path = |path: &globset::GlobMatcher| path.is_match(run.settings.own_path(&issue.place.path));
    ignore.codes.has(issue.code)
        && ignore.path.as_ref().is_none_or(in_path)
        && ignore.sid.as_ref().is_none_or(|sid| issue.sid.as_deref() == Some(sid))
}

/// Whether this run would have met whatever an entry is about.
fn was_looked_at(ignore: &Ignore, run: &Run<'_>) -> bool {
    match &ignore.path {
        Some(path) => run.reported.iter().any(|name| path.is_match(run.settings.own_path(name))),
        None => run.is_whole,
    }
}

fn own_issue(rule: usize, place: Place, message: String) -> Issue {
    let (code, name) = OWN.get(rule).map_or(("SU01", ""), |rule| (rule.code, rule.name));
    let fingerprint = of_texts(&[code, &message]);
    Issue {
        code,
        name,
        severity: Severity::Warning,
        place,
        message,
        help: None,
        labels: Vec::new(),
        evidence: None,
        repair: None,
        subject: None,
        construct: None,
        kind: None,
        sid: None,
        fingerprint,
        excuse: None,
    }
}

/// A stretch of one file of a carrier.
fn place(found: &Found, lines: &Lines<'_>, span: Span) -> Place {
    let index = found.files.partition_point(|(start, _)| *start <= span.start).saturating_sub(1);
    let (base, path) = found.files.get(index).map_or((0, ""), |(base, path)| (*base, &**path));
    let (start, end) = (lines.position(span), lines.position(Span { start: span.end, end: span.end }));
    let span = Span { start: span.start.saturating_sub(base), end: span.end.saturating_sub(base) };
    Place { path: path.into(), span, start, end }
}
