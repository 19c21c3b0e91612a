//! A text of literals and symbols in which every byte knows where it was written.

use std::rc::Rc;

use wardbook_policy::json::{self, ParseError};
use wardbook_policy::span::Span;

use super::value::{Entry, Kind, Symbol, Val};

/// A text, perhaps with parts that are not known before apply.
#[derive(Debug, Clone, Default)]
pub(crate) struct Text {
    pieces: Vec<Piece>,
    /// The value whose JSON this text is, for `jsonencode` and policy documents, so that positions stay.
    pub(crate) encodes: Option<Val>,
}

#[derive(Debug, Clone)]
pub(crate) enum Piece {
    Literal(Literal),
    Symbol(Rc<str>, Span),
}

/// Known characters.
#[derive(Debug, Clone)]
pub(crate) struct Literal {
    pub(crate) text: Rc<str>,
    pub(crate) marks: Marks,
}

/// Where the bytes of a literal were written.
#[derive(Debug, Clone)]
pub(crate) enum Marks {
    /// All of it has one place.
    Whole(Span),
    /// An offset inside with the offset outside, in order; between two of them both run alike.
    Runs(Rc<[(u32, u32)]>, u32),
}

impl Marks {
    /// Holds what was written against what it means: `written` begins at `start` of the file. With
    /// `escapes` a backslash begins an escape. What was written and means nothing (an indentation
    /// that is taken off, the first `$` of `$${`) is skipped.
    pub(crate) fn align(written: &str, meant: &str, start: usize, escapes: bool) -> Marks {
        let mut runs: Vec<(u32, u32)> = vec![(0, offset(start))];
        let mut outside = written.char_indices().peekable();
        let mut inside = meant.char_indices();
        let mut expected = inside.next();
        while let (Some((out, found)), Some((at, wanted))) = (outside.next(), expected) {
            if escapes && found == '\\' {
                let digits = match outside.next() {
                    // A character beyond the first 65,536 is two escapes in JSON.
                    Some((_, 'u')) if wanted.len_utf8() == 4 => 10,
                    Some((_, 'u')) => 4,
                    Some((_, 'U')) => 8,
                    _ => 0,
                };
                for _ in 0..digits {
                    outside.next();
                }
                let after = outside.peek().map_or(written.len(), |(next, _)| *next);
                runs.push((offset(at), offset(start + out)));
                runs.push((offset(at + wanted.len_utf8()), offset(start + after)));
                expected = inside.next();
            } else if found == wanted {
                let last = runs.last().copied().unwrap_or_default();
                if offset(start + out).wrapping_sub(last.1) != offset(at).wrapping_sub(last.0) {
                    runs.push((offset(at), offset(start + out)));
                }
                expected = inside.next();
            }
        }
        Marks::Runs(runs.into(), offset(start + written.len()))
    }

    fn outer(&self, inside: u32) -> u32 {
        match self {
            Marks::Whole(span) => span.start,
            Marks::Runs(runs, end) => {
                let index = runs.partition_point(|(mark, _)| *mark <= inside);
                match index.checked_sub(1).and_then(|index| runs.get(index)) {
                    Some((mark, outside)) => outside.saturating_add(inside - mark).min(*end),
                    None => *end,
                }
            }
        }
    }

    fn outer_end(&self, inside: u32) -> u32 {
        match self {
            Marks::Whole(span) => span.end,
            Marks::Runs(..) => self.outer(inside),
        }
    }
}

impl Text {
    pub(crate) fn literal(text: impl Into<Rc<str>>, marks: Marks) -> Text {
        Text { pieces: vec![Piece::Literal(Literal { text: text.into(), marks })], encodes: None }
    }

    /// A text all of which has one place.
    pub(crate) fn placed(text: impl Into<Rc<str>>, span: Span) -> Text {
        Text::literal(text, Marks::Whole(span))
    }

    pub(crate) fn symbol(name: impl Into<Rc<str>>, span: Span) -> Text {
        Text { pieces: vec![Piece::Symbol(name.into(), span)], encodes: None }
    }

    /// The text of a value as JSON.
    pub(crate) fn of_json(value: Val) -> Text {
        let mut text = Text::default();
        encode(&value, &mut text);
        text.encodes = Some(value);
        text
    }

    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    pub(crate) fn push(&mut self, other: &Text) {
        self.encodes = match self.pieces.is_empty() {
            true => other.encodes.clone(),
            false => None,
        };
        self.pieces.extend(other.pieces.iter().cloned());
    }

    pub(crate) fn push_piece(&mut self, piece: Piece) {
        self.encodes = None;
        self.pieces.push(piece);
    }

    fn push_str(&mut self, text: &str, span: Span) {
        self.pieces.push(Piece::Literal(Literal { text: text.into(), marks: Marks::Whole(span) }));
    }

    /// Whether all of it is known.
    pub(crate) fn is_whole(&self) -> bool {
        self.pieces.iter().all(|piece| matches!(piece, Piece::Literal(_)))
    }

    /// The text, if all of it is known.
    pub(crate) fn plain(&self) -> Option<Rc<str>> {
        match self.pieces.as_slice() {
            [] => Some("".into()),
            [Piece::Literal(literal)] => Some(literal.text.clone()),
            pieces if self.is_whole() => Some(pieces.iter().map(Piece::shown).collect::<String>().into()),
            _ => None,
        }
    }

    /// The text with `${...}` for what is not known, to be read.
    pub(crate) fn shown(&self) -> String {
        self.around("${", "}")
    }

    /// The text with its symbols between characters that no text holds: texts of equal keys are equal.
    pub(crate) fn key(&self) -> String {
        self.around(OPEN, CLOSE)
    }

    fn around(&self, open: &str, close: &str) -> String {
        let mut key = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(literal) => key.push_str(&literal.text),
                Piece::Symbol(name, _) => {
                    key.push_str(open);
                    key.push_str(name);
                    key.push_str(close);
                }
            }
        }
        key
    }

    pub(crate) fn bytes(&self) -> usize {
        self.pieces.iter().map(|piece| piece.shown().len()).sum()
    }

    /// Changes what is known of the text, piece by piece, places staying as well as they can.
    pub(crate) fn map(&self, change: impl Fn(&str) -> String) -> Text {
        let pieces = self.pieces.iter().map(|piece| match piece {
            Piece::Literal(literal) => {
                let text = change(&literal.text);
                let marks = match text.len() == literal.text.len() {
                    true => literal.marks.clone(),
                    false => Marks::Whole(literal.span()),
                };
                Piece::Literal(Literal { text: text.into(), marks })
            }
            Piece::Symbol(..) => piece.clone(),
        });
        Text { pieces: pieces.collect(), encodes: None }
    }

    /// Reads the text as JSON. What is not known inside a string is a part of that string; what
    /// stands where a value should is a value that is not known. `Ok(None)` if the shape of the
    /// whole turns on what is not known.
    pub(crate) fn parse_json(&self, span: Span) -> Result<Option<Val>, ParseError> {
        if let Some(value) = &self.encodes {
            return Ok(Some(value.clone()));
        }
        let Some(joined) = Joined::of(self, span) else { return Ok(None) };
        match json::parse(&joined.text) {
            Ok(value) => Ok(Some(joined.value(value))),
            Err(_) if !joined.symbols.is_empty() => Ok(None),
            Err(error) => Err(ParseError { span: joined.outer(error.span), ..error }),
        }
    }
}

impl Piece {
    pub(crate) fn shown(&self) -> &str {
        match self {
            Piece::Literal(literal) => &literal.text,
            Piece::Symbol(name, _) => name,
        }
    }
}

impl Literal {
    pub(crate) fn span(&self) -> Span {
        Span { start: self.marks.outer(0), end: self.marks.outer_end(offset(self.text.len())) }
    }
}

/// A text with its symbols as marks that JSON lets through.
struct Joined {
    text: String,
    /// Where each piece begins, and where its bytes were written.
    starts: Vec<(u32, Marks)>,
    symbols: Vec<Rc<str>>,
    whole: Span,
}

/// Characters that no text may hold in interchange; around a symbol.
pub(crate) const OPEN: &str = "\u{FDD0}";
pub(crate) const CLOSE: &str = "\u{FDD1}";

impl Joined {
    fn of(text: &Text, whole: Span) -> Option<Joined> {
        let mut joined = Joined { text: String::new(), starts: Vec::new(), symbols: Vec::new(), whole };
        let mut inside = false;
        for piece in &text.pieces {
            match piece {
                Piece::Literal(literal) => {
                    if literal.text.contains(OPEN) || literal.text.contains(CLOSE) {
                        return None;
                    }
                    joined.starts.push((offset(joined.text.len()), literal.marks.clone()));
                    inside = ends_in_string(&literal.text, inside);
                    joined.text.push_str(&literal.text);
                }
                Piece::Symbol(name, span) => {
                    joined.starts.push((offset(joined.text.len()), Marks::Whole(*span)));
                    let mark = format!("{OPEN}{}{CLOSE}", joined.symbols.len());
                    joined.symbols.push(name.clone());
                    match inside {
                        true => joined.text.push_str(&mark),
                        false => joined.text.push_str(&format!("\"{mark}\"")),
                    }
                }
            }
        }
        Some(joined)
    }

    fn piece(&self, inside: u32) -> Option<&(u32, Marks)> {
        let index = self.starts.partition_point(|(start, _)| *start <= inside);
        index.checked_sub(1).and_then(|index| self.starts.get(index))
    }

    fn outer(&self, span: Span) -> Span {
        let start = self.piece(span.start).map_or(self.whole.start, |(start, marks)| marks.outer(span.start - start));
        // The end belongs to the piece of the last byte.
        let last = span.end.saturating_sub(1).max(span.start);
        let end = self.piece(last).map_or(self.whole.end, |(start, marks)| marks.outer_end(last + 1 - start));
        Span { start, end: end.max(start) }
    }

    /// INVARIANT: the recursion is bounded, since the JSON reader bounds the depth.
    fn value(&self, value: json::Value) -> Val {
        let span = self.outer(value.span);
        match value.kind {
            json::Kind::Null => Val::null(span),
            json::Kind::Bool(told) => Val::bool(span, told),
            json::Kind::Number(digits) => Val::number(span, &*digits),
            json::Kind::Text(text) => self.text(&text, value.span),
            json::Kind::List(values) => Val::list(span, values.into_iter().map(|value| self.value(value)).collect()),
            json::Kind::Object(members) => {
                let entries = members.into_iter().map(|member| Entry {
                    name: self.names(&member.name).into(),
                    name_span: self.outer(member.name_span),
                    value: self.value(member.value),
                });
                Val::object(span, entries.collect())
            }
        }
    }

    fn text(&self, text: &str, inner: Span) -> Val {
        let span = self.outer(inner);
        if !text.contains(OPEN) {
            return Val::text(span, Text::placed(text, span));
        }
        let mut out = Text::default();
        for part in text.split(OPEN) {
            match part.split_once(CLOSE).and_then(|(number, rest)| Some((self.named(number)?, rest))) {
                Some((name, rest)) => {
                    out.pieces.push(Piece::Symbol(name, span));
                    if !rest.is_empty() {
                        out.push_str(rest, span);
                    }
                }
                None if part.is_empty() => {}
                None => out.push_str(part, span),
            }
        }
        match out.pieces.as_slice() {
            [Piece::Symbol(name, _)] => Val::symbol(span, Symbol::new(name.clone())),
            _ => Val::text(span, out),
        }
    }

    fn named(&self, number: &str) -> Option<Rc<str>> {
        self.symbols.get(number.parse::<usize>().ok()?).cloned()
    }

    /// A member name that turns on a symbol is named after it.
    fn names(&self, name: &str) -> String {
        match self.text(name, Span::default()).kind {
            Kind::Text(text) => text.key(),
            Kind::Unknown(symbol) => format!("{OPEN}{}{CLOSE}", symbol.name),
            _ => name.to_owned(),
        }
    }
}

/// Whether the text ends inside a JSON string, if it begins inside one or not.
pub(crate) fn ends_in_string(text: &str, mut inside: bool) -> bool {
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => inside = !inside,
            '\\' if inside => {
                characters.next();
            }
            _ => {}
        }
    }
    inside
}

/// Writes a value as `jsonencode` does: names sorted, `<`, `>` and `&` escaped.
fn encode(value: &Val, out: &mut Text) {
    let span = value.span;
    match &value.kind {
        Kind::Null => out.push_str("null", span),
        Kind::Bool(told) => out.push_str(if *told { "true" } else { "false" }, span),
        Kind::Number(digits) => out.push_str(digits, span),
        Kind::Text(text) => {
            out.push_str("\"", span);
            out.pieces.extend(text.map(escaped).pieces);
            out.push_str("\"", span);
        }
        Kind::List(items) => {
            out.push_str("[", span);
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(",", span);
                }
                encode(item, out);
            }
            out.push_str("]", span);
        }
        Kind::Object(entries) => {
            let mut sorted: Vec<&Entry> = entries.iter().collect();
            sorted.sort_by(|a, b| a.name.cmp(&b.name));
            out.push_str("{", span);
            for (index, entry) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push_str(",", span);
                }
                out.push_str(&format!("\"{}\":", escaped(&entry.name)), entry.name_span);
                encode(&entry.value, out);
            }
            out.push_str("}", span);
        }
        Kind::Handle(_) => {
            let mut name = String::new();
            value.describe(&mut name);
            out.pieces.push(Piece::Symbol(name.into(), span));
        }
        Kind::Unknown(symbol) => out.pieces.push(Piece::Symbol(symbol.name.clone(), span)),
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", u32::from(character))),
            control if u32::from(control) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out
}

fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
