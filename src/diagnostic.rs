//! What goes to stderr: errors and warnings, with the line they stand in and a caret.

use std::error::Error;

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};
use wardbook_inventory::source::{ReadError, Source};
use wardbook_policy::span::Span;

use crate::input::Located;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    /// The work could not be done.
    Error,
    /// It was done, with something left out.
    Warning,
}

/// Prints what ended a command.
pub(crate) fn print_error(error: &anyhow::Error, color: bool) {
    match error.downcast_ref::<Located>() {
        Some(located) => {
            print_located(Severity::Error, &located.error, std::slice::from_ref(&located.source_text), color)
        }
        None => {
            let causes: Vec<String> = error.chain().map(<dyn Error>::to_string).collect();
            eprintln!("{}", plain(Severity::Error, &causes.join(": "), color));
        }
    }
}

/// Prints what is wrong in one of several files, with its line if the text is among them.
pub(crate) fn print_located(severity: Severity, error: &ReadError, sources: &[Source], color: bool) {
    match sources.iter().find(|source| source.path == error.path) {
        Some(source) => {
            eprintln!("{}", with_caret(severity, &error.path, &source.text, error.span, &error.message, color));
        }
        None => eprintln!("{}", plain(severity, &error.to_string(), color)),
    }
}

/// A message without a place.
pub(crate) fn plain(severity: Severity, message: &str, color: bool) -> String {
    let level = level(severity);
    renderer(color).render(&[annotate_snippets::Group::with_title(level.primary_title(message))])
}

/// A message with the line it is about; long lines and files are cut to a window around the place.
pub(crate) fn with_caret(severity: Severity, path: &str, text: &str, span: Span, message: &str, color: bool) -> String {
    let window = Window::around(text, span);
    let annotation = AnnotationKind::Primary.span(window.start..window.end);
    let snippet = Snippet::source(window.text).line_start(window.line).fold(false).annotation(annotation);
    let title = level(severity).primary_title(message);
    // The renderer counts columns from the start of what it shows; a cut line tells its own.
    let group = if window.is_whole {
        title.element(snippet.path(path))
    } else {
        let position = span.position(text);
        let origin = Origin::path(path).line(position.line as usize).char_column(position.column as usize);
        title.element(origin).element(snippet)
    };
    renderer(color).render(&[group])
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    }
}

fn renderer(color: bool) -> Renderer {
    if color { Renderer::styled() } else { Renderer::plain() }
}

/// How many bytes of a line are shown before and after a place; machine-made files have one long line.
const BEFORE: usize = 60;
const AFTER: usize = 100;

/// The first character boundary at or after an offset.
fn ceiling(text: &str, offset: usize) -> usize {
    (offset..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

/// The line of a span, with the span cut to that line.
struct Window<'a> {
    text: &'a str,
    line: usize,
    start: usize,
    end: usize,
    /// Whether the line is shown from its beginning.
    is_whole: bool,
}

impl<'a> Window<'a> {
    fn around(text: &'a str, span: Span) -> Window<'a> {
        let floor =
            |offset: usize| (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let start = floor(span.start as usize);
        let end = floor(span.end as usize).max(start);
        let before = text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let rest = text.get(start..).unwrap_or_default();
        let line_end = rest.find('\n').map_or(text.len(), |newline| start + newline);
        let line = before.matches('\n').count() + 1;
        let end = end.min(line_end).max(start);
        let first = ceiling(text, line_start.max(start.saturating_sub(BEFORE)));
        let last = floor(line_end.min(end.min(start + AFTER) + AFTER));
        let shown = text.get(first..last).unwrap_or_default();
        Window { text: shown, line, start: start - first, end: end.min(last) - first, is_whole: first == line_start }
    }
}
