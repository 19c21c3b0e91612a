//! Findings for people: the lines they stand in, with carets and labels, what to do, and the proof.

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};
use wardbook_policy::lint::{Evidence, Severity};
use wardbook_policy::request::Request;
use wardbook_policy::span::Span;

use crate::command::lint::check::readable;
use crate::command::lint::issue::{Issue, Place};
use crate::command::lint::report::Outcome;
use crate::command::trace::request_json;
use crate::output::table::{Tint, tint};

/// So many bytes before and after a place a policy is taken to reach.
const NEAR: usize = 40_000;

/// Lines further from the place than this are not shown, and longer texts are cut.
const LINES_MAX: usize = 60;
const BYTES_MAX: usize = 8 << 10;

/// How many bytes of a long line are shown before and after a place.
const BEFORE: usize = 60;
const AFTER: usize = 100;

/// A line longer than this is cut.
const LINE_BYTES_MAX: usize = 400;

/// Everything that counts, one block each, and what it comes to.
pub(in crate::command::lint) fn render(outcome: &Outcome, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for issue in outcome.active() {
        let source = outcome.workspace.text(&issue.place.path);
        text.push_str(&block(issue, source, &renderer));
        text.push_str("\n\n");
    }
    for taken in outcome.taken() {
        text.push_str(&tint(&taken, Tint::Dim, color));
        text.push('\n');
    }
    let tone = match (outcome.fails(), outcome.active().next()) {
        (true, _) => Tint::Red,
        (false, Some(_)) => Tint::Yellow,
        (false, None) => Tint::Green,
    };
    text.push_str(&tint(&outcome.sentence(), tone, color));
    text.push('\n');
    text
}

/// One finding.
fn block(issue: &Issue, source: Option<&str>, renderer: &Renderer) -> String {
    let title = level(issue.severity).primary_title(&*issue.message).id(issue.code);
    let place = &issue.place;
    let mut group = match source.and_then(|source| Window::around(source, issue)) {
        Some(window) => {
            // What is said of the very place stands behind its carets.
            let own = issue.labels.iter().find(|(label, _)| label.span == place.span && label.path == place.path);
            let primary = AnnotationKind::Primary.span(window.local(place.span)).label(own.map(|(_, text)| &**text));
            let labels =
                issue.labels.iter().filter(|(label, _)| window.holds(label, place) && label.span != place.span);
            let labels =
                labels.map(|(label, text)| AnnotationKind::Context.span(window.local(label.span)).label(&**text));
            let snippet = Snippet::source(window.text).line_start(window.line).fold(true);
            let snippet = snippet.annotation(primary).annotations(labels);
            match window.is_cut {
                false => title.element(snippet.path(&*place.path)),
                true => title.element(origin(place)).element(snippet),
            }
        }
        None => title.element(origin(place)),
    };
    group = group.elements(notes(issue, source).into_iter().map(|(level, text)| level.message(text)));
    renderer.render(&[group])
}

fn origin(place: &Place) -> Origin<'_> {
    Origin::path(&*place.path).line(place.start.line as usize).char_column(place.start.column as usize)
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Security => Level::ERROR.with_name("security"),
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::NOTE.with_name("info"),
    }
}

fn notes(issue: &Issue, source: Option<&str>) -> Vec<(Level<'static>, String)> {
    let mut notes = Vec::new();
    // Places in other files, or too far away to be shown.
    for (label, text) in &issue.labels {
        let shown = source
            .and_then(|source| Window::around(source, issue))
            .is_some_and(|window| window.holds(label, &issue.place));
        if !shown {
            notes.push((Level::NOTE, format!("{}:{}: {text}", label.path, label.start)));
        }
    }
    if let Some(construct) = &issue.construct {
        notes.push((Level::NOTE, format!("made by the construct `{construct}`")));
    }
    match &issue.evidence {
        Some(Evidence::Witness(request)) => {
            notes.push((Level::NOTE, witness(request, near(source.unwrap_or_default(), &issue.place))))
        }
        Some(Evidence::Proof(text)) => notes.push((Level::NOTE, readable(text))),
        None => {}
    }
    match (&issue.help, &issue.repair) {
        (Some(help), None) => notes.push((Level::HELP, help.clone())),
        (help, Some(repair)) => {
            let flag = if repair.is_safe { "--fix" } else { "--unsafe-fixes" };
            notes.push((Level::HELP, format!("{} (`{flag}`)", help.as_ref().unwrap_or(&repair.title))));
        }
        (None, None) => {}
    }
    notes
}

/// A request in a line: who, what, and those of its circumstances that the policy speaks of.
fn witness(request: &Request, source: &str) -> String {
    let whole = request_json(request);
    let lower = source.to_ascii_lowercase();
    let told = whole.get("context").and_then(|context| context.as_object()).into_iter().flatten();
    let spoken_of = told.filter(|(key, _)| lower.contains(&key.to_ascii_lowercase()));
    let context: Vec<String> = spoken_of
        .map(|(key, value)| match value.as_str() {
            Some(text) => format!("{key}={text}"),
            None => format!("{key}={value}"),
        })
        .collect();
    let with = if context.is_empty() { String::new() } else { format!(" with {}", context.join(", ")) };
    readable(&format!("allowed, for example: {} by {}{with}", request.action(), request.caller().text()))
}

/// The lines around a place, cut where they are too many or too long.
struct Window<'a> {
    text: &'a str,
    /// Where it begins in the file.
    start: usize,
    line: usize,
    is_cut: bool,
}

impl<'a> Window<'a> {
    fn around(source: &'a str, issue: &Issue) -> Option<Window<'a>> {
        let own = issue.place.span;
        let mut all: Vec<Span> = vec![own];
        all.extend(
            issue.labels.iter().filter(|(label, _)| label.path == issue.place.path).map(|(label, _)| label.span),
        );
        let window =
            Window::of(source, &all).or_else(|| Window::of(source, &[own])).or_else(|| Window::cut(source, own))?;
        // The line of the place is known; to count from the beginning of a long file each time would take long.
        let between = source.get(window.start..own.start as usize).unwrap_or_default().matches('\n').count();
        Some(Window { line: (issue.place.start.line as usize).saturating_sub(between).max(1), ..window })
    }

    /// Whole lines from the first to the last of some places.
    fn of(source: &'a str, spans: &[Span]) -> Option<Window<'a>> {
        let first = spans.iter().map(|span| span.start as usize).min()?;
        let last = spans.iter().map(|span| span.end as usize).max()?.max(first);
        let before = source.get(..first)?;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = source.get(last..)?;
        let end = rest.find('\n').map_or(source.len(), |at| last + at);
        let text = source.get(start..end)?;
        let fits = text.len() <= BYTES_MAX
            && text.matches('\n').count() <= LINES_MAX
            && text.lines().all(|line| line.len() <= LINE_BYTES_MAX);
        fits.then_some(Window { text, start, line: 1, is_cut: false })
    }

    /// A part of the line in which a place begins.
    fn cut(source: &'a str, span: Span) -> Option<Window<'a>> {
        let floor =
            |offset: usize| (0..=offset.min(source.len())).rev().find(|at| source.is_char_boundary(*at)).unwrap_or(0);
        let begin = floor(span.start as usize);
        let line_start = source.get(..begin)?.rfind('\n').map_or(0, |at| at + 1);
        let line_end = source.get(begin..)?.find('\n').map_or(source.len(), |at| begin + at);
        let start = floor(begin.saturating_sub(BEFORE)).max(line_start);
        let end = floor((begin + AFTER + BEFORE).min(line_end));
        let text = source.get(start..end)?;
        Some(Window { text, start, line: 1, is_cut: true })
    }

    fn holds(&self, label: &Place, primary: &Place) -> bool {
        let (start, end) = (label.span.start as usize, label.span.end as usize);
        label.path == primary.path && start >= self.start && end <= self.start + self.text.len()
    }

    /// A place inside the window.
    fn local(&self, span: Span) -> core::ops::Range<usize> {
        let inside = |offset: u32| (offset as usize).saturating_sub(self.start).min(self.text.len());
        let (start, end) = (inside(span.start), inside(span.end));
        let floor = |at: usize| (0..=at).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        // A place that is a whole statement is shown by its first line.
        let first_line = self.text.get(floor(start)..).and_then(|rest| rest.find('\n')).map_or(end, |at| start + at);
        floor(start)..floor(end.min(first_line).max(start))
    }
}

/// What of a source is looked through for the keys that a policy speaks of: the parts around a place.
fn near<'t>(source: &'t str, place: &Place) -> &'t str {
    let floor = |at: usize| (0..=at.min(source.len())).rev().find(|at| source.is_char_boundary(*at)).unwrap_or(0);
    let (start, end) = (place.span.start as usize, place.span.end as usize);
    source.get(floor(start.saturating_sub(NEAR))..floor(end.saturating_add(NEAR))).unwrap_or_default()
}
