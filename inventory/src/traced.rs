//! A text that knows where each of its bytes comes from in its file: through JSON escapes, YAML
//! blocks, URL encoding, and pieces put together.

use std::borrow::Cow;

use wardbook_policy::json::{Kind, Member, Value};
use wardbook_policy::span::Span;

/// A text and the way back to its file.
#[derive(Debug, Clone)]
pub(crate) struct Traced<'t> {
    pub(crate) text: Cow<'t, str>,
    /// After each break, the offset inside and the offset outside; in order. Between two of them
    /// both run alike, or the second stays, where a whole stretch comes from one place.
    marks: Vec<Mark>,
    /// Where the whole stands, for when the way back is not known.
    pub(crate) whole: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    inside: u32,
    outside: u32,
    runs: bool,
    /// Where the place ends, of a stretch that does not run.
    end: u32,
}

impl<'t> Traced<'t> {
    /// The text of a value. `file` is the text that the value's span is of.
    pub(crate) fn of(span: Span, text: &'t str, file: &str) -> Traced<'t> {
        let mut traced = Traced { text: Cow::Borrowed(text), marks: Vec::new(), whole: span };
        let raw = file.get(span.start as usize..span.end as usize).unwrap_or_default();
        let found = match raw.chars().next() {
            Some('"') => quoted(raw, text, true),
            Some('\'') => quoted(raw, text, false),
            Some('|' | '>') => block(raw, text).or_else(|| plain(raw, text)),
            // A block whose span leaves out its header begins with a line of its own.
            _ => plain(raw, text).or_else(|| lines(raw, text, 0)),
        };
        match found {
            Some(pairs) => traced.marks.extend(pairs.into_iter().map(|(inside, outside)| Mark {
                inside: narrow(inside),
                outside: narrow(outside).saturating_add(span.start),
                runs: true,
                end: 0,
            })),
            None => traced.marks.push(Mark { inside: 0, outside: span.start, runs: false, end: span.end }),
        }
        traced
    }

    /// A text all of which comes from one place.
    pub(crate) fn at(span: Span, text: impl Into<Cow<'t, str>>) -> Traced<'t> {
        let mark = Mark { inside: 0, outside: span.start, runs: false, end: span.end };
        Traced { text: text.into(), marks: vec![mark], whole: span }
    }

    /// Nothing yet, to which pieces are added.
    pub(crate) fn empty(whole: Span) -> Traced<'static> {
        Traced { text: Cow::Owned(String::new()), marks: Vec::new(), whole }
    }

    /// Adds a text at the end.
    pub(crate) fn push(&mut self, piece: &Traced<'_>) {
        let shift = narrow(self.text.len());
        self.text.to_mut().push_str(&piece.text);
        let marks = piece.marks.iter().map(|mark| Mark { inside: mark.inside.saturating_add(shift), ..*mark });
        self.marks.extend(marks);
    }

    /// A stretch of it.
    pub(crate) fn part(&self, from: usize, to: usize) -> Traced<'static> {
        let text = self.text.get(from..to).unwrap_or_default().to_owned();
        let (from, to) = (narrow(from), narrow(to));
        let first = self.mark(from).map(|mark| match mark.runs {
            true => Mark { inside: 0, outside: mark.outside.saturating_add(from - mark.inside), ..mark },
            false => Mark { inside: 0, ..mark },
        });
        let rest = self.marks.iter().filter(|mark| mark.inside > from && mark.inside < to);
        let rest = rest.map(|mark| Mark { inside: mark.inside - from, ..*mark });
        let marks: Vec<Mark> = first.into_iter().chain(rest).collect();
        let mut part = Traced { text: Cow::Owned(text), marks, whole: self.whole };
        part.whole = part.outer(Span { start: 0, end: to.saturating_sub(from) });
        part
    }

    /// The same text, independent of where it was read from.
    pub(crate) fn into_owned(self) -> Traced<'static> {
        Traced { text: Cow::Owned(self.text.into_owned()), marks: self.marks, whole: self.whole }
    }

    /// The same text with `%7B` and its like replaced.
    pub(crate) fn percent_decoded(self) -> Result<Traced<'static>, String> {
        let bytes = self.text.as_bytes();
        let mut decoded = Vec::with_capacity(bytes.len());
        let mut marks = Vec::with_capacity(bytes.len() / 8);
        let mut mark = |inside: usize, at: usize| {
            let (inside, at) = (narrow(inside), narrow(at));
            let runs = self.mark(at).is_some_and(|mark| mark.runs);
            marks.push(Mark { inside, outside: self.outer_offset(at), runs, end: self.whole.end });
        };
        mark(0, 0);
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if *byte != b'%' {
                decoded.push(*byte);
                at += 1;
                continue;
            }
            let digits = self.text.get(at + 1..at + 3).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
            let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) else {
                return Err("`%` takes two hexadecimal digits in a URL-encoded document".into());
            };
            decoded.push(byte);
            at += 3;
            mark(decoded.len(), at);
        }
        let text = String::from_utf8(decoded).map_err(|_| "the URL-encoded document is not UTF-8".to_owned())?;
        Ok(Traced { text: Cow::Owned(text), marks, whole: self.whole })
    }

    fn mark(&self, inside: u32) -> Option<Mark> {
        let index = self.marks.partition_point(|mark| mark.inside <= inside);
        index.checked_sub(1).and_then(|index| self.marks.get(index)).copied()
    }

    fn outer_offset(&self, inside: u32) -> u32 {
        match self.mark(inside) {
            Some(mark) if mark.runs => mark.outside.saturating_add(inside - mark.inside),
            Some(mark) => mark.outside,
            None => self.whole.start,
        }
    }

    /// Where a stretch of the text stands in the file.
    pub(crate) fn outer(&self, span: Span) -> Span {
        let start = self.outer_offset(span.start);
        // The end is told from the last byte, so that what follows it does not matter.
        let last = span.end.saturating_sub(1).max(span.start);
        let end = match self.mark(last) {
            Some(mark) if mark.runs && span.end > span.start => {
                let (run, at_end) = (self.outer_offset(last).saturating_add(1), self.outer_offset(span.end));
                // An escape takes more bytes outside than inside.
                if self.mark(span.end) == Some(mark) || self.is_escape(span.end, run, at_end) { at_end } else { run }
            }
            Some(mark) if !mark.runs => mark.end,
            _ => start,
        };
        Span { start, end: end.max(start) }
    }

    /// Whether what comes next follows at once: the break is an escape, not another piece.
    fn is_escape(&self, inside: u32, run: u32, at_end: u32) -> bool {
        self.mark(inside).is_some_and(|mark| mark.inside == inside && mark.runs)
            && at_end >= run
            && at_end - run <= ESCAPE_BYTES_MAX
    }

    /// Gives a value that was read from this text its places in the file.
    ///
    /// INVARIANT: the recursion is bounded, since the JSON reader bounds the depth.
    pub(crate) fn lead_back(&self, value: &mut Value) {
        value.span = self.outer(value.span);
        match &mut value.kind {
            Kind::List(values) => values.iter_mut().for_each(|value| self.lead_back(value)),
            Kind::Object(members) => members.iter_mut().for_each(|member: &mut Member| {
                member.name_span = self.outer(member.name_span);
                self.lead_back(&mut member.value);
            }),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => {}
        }
    }
}

/// The longest escape: a surrogate pair, percent-encoded inside.
const ESCAPE_BYTES_MAX: u32 = 36;

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Offsets inside and outside.
type Pairs = Vec<(usize, usize)>;

/// A text in quotes: of JSON and YAML if double, of YAML if single. Lines of YAML are folded.
fn quoted(raw: &str, text: &str, double: bool) -> Option<Pairs> {
    let mut pairs = vec![(0, 1)];
    let (mut inside, mut outside) = (0, 1);
    while inside < text.len() {
        let rest = raw.get(outside..)?;
        // Most of a text is neither escape nor line break.
        let run = rest.find(['\\', '\'', '\n']).unwrap_or(rest.len()).min(text.len() - inside);
        let plain = rest.get(..run)?;
        if run > 0 && text.get(inside..)?.starts_with(plain) && !rest.get(run..)?.starts_with('\n') {
            inside += run;
            outside += run;
            continue;
        }
        if double && rest.starts_with('\\') {
            let (taken, given) = escape(rest);
            outside += taken;
            inside += given;
        } else if !double && rest.starts_with("''") {
            outside += 2;
            inside += 1;
        } else {
            (inside, outside) = folded(raw, text, inside, outside)?;
        }
        pairs.push((inside, outside));
    }
    (inside == text.len()).then_some(pairs)
}

/// A plain scalar of YAML: itself, with its lines folded.
fn plain(raw: &str, text: &str) -> Option<Pairs> {
    let mut pairs = vec![(0, 0)];
    let (mut inside, mut outside) = (0, 0);
    while inside < text.len() {
        let before = outside - inside;
        (inside, outside) = folded(raw, text, inside, outside)?;
        if outside - inside != before {
            pairs.push((inside, outside));
        }
    }
    Some(pairs)
}

/// One character, or one run of white space that holds a line break.
fn folded(raw: &str, text: &str, inside: usize, outside: usize) -> Option<(usize, usize)> {
    let (ours, theirs) = (text.get(inside..)?, raw.get(outside..)?);
    let blank = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r');
    let space = theirs.find(|c| !blank(c)).unwrap_or(theirs.len());
    if theirs.get(..space)?.contains('\n') {
        let given = ours.find(|c| !blank(c)).unwrap_or(ours.len());
        return (given > 0).then_some((inside + given, outside + space));
    }
    let character = ours.chars().next()?;
    theirs.starts_with(character).then(|| (inside + character.len_utf8(), outside + character.len_utf8()))
}

/// A block of YAML: a header, and lines that are indented alike. In folded style a line break may
/// have become a space.
fn block(raw: &str, text: &str) -> Option<Pairs> {
    let header = raw.find('\n')? + 1;
    lines(raw, text, header)
}

fn lines(raw: &str, text: &str, header: usize) -> Option<Pairs> {
    let body = raw.get(header..)?;
    let spaces = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let first = body.lines().find(|line| !line.trim().is_empty())?;
    // Of a block whose span begins in the middle of its first line, the others tell the indentation.
    let written = text.lines().find(|line| !line.trim().is_empty())?;
    let others = body.lines().skip(1).filter(|line| !line.trim().is_empty()).map(spaces);
    let indent = match header {
        0 => others.min().unwrap_or(0),
        _ => spaces(first).saturating_sub(spaces(written)),
    };
    let mut pairs = Vec::new();
    let (mut inside, mut outside) = (0, header);
    for line in body.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        let skipped = if header == 0 && outside == 0 { 0 } else { spaces(content).min(indent) };
        let content = content.get(skipped..)?;
        let rest = text.get(inside..)?;
        if rest.is_empty() {
            break;
        }
        // A break that folding turned into a space, or dropped.
        let rest_start = match content.is_empty() || rest.starts_with(content) {
            true => inside,
            false => return None,
        };
        pairs.push((rest_start, outside + skipped));
        inside = rest_start + content.len();
        if text.get(inside..)?.starts_with(['\n', ' ']) {
            inside += 1;
        }
        outside += line.len();
    }
    (inside == text.len()).then_some(pairs)
}

/// How many bytes an escape takes in the file, and how many it gives inside.
fn escape(text: &str) -> (usize, usize) {
    let code = |from: usize, length: usize| {
        text.get(from..from + length).and_then(|digits| u32::from_str_radix(digits, 16).ok())
    };
    let given = |code: Option<u32>| code.and_then(char::from_u32).map_or(1, char::len_utf8);
    match text.as_bytes().get(1) {
        Some(b'u') => match code(2, 4) {
            Some(0xD800..=0xDBFF) => (12, 4),
            code => (6, given(code)),
        },
        Some(b'x') => (4, given(code(2, 2))),
        Some(b'U') => (10, given(code(2, 8))),
        // The other half of a line that YAML joins.
        Some(b'\n') => {
            let after = text.get(2..).unwrap_or_default();
            (2 + after.len() - after.trim_start_matches([' ', '\t']).len(), 0)
        }
        Some(b'N' | b'_') => (2, 2),
        Some(b'L' | b'P') => (2, 3),
        Some(_) => (2, 1),
        None => (text.len(), 0),
    }
}
