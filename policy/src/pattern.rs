//! Wildcards, and the one place that knows where a pattern is held at colons.
//!
//! `*` is any run of characters, `?` one character. In a `Resource` a `*` before a colon or at the
//! end takes any text, while one inside a segment, and `?`, stop at colons. In the Arn operators
//! the first five parts are compared one by one. Elsewhere nothing stops a wildcard.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>

use crate::quirk::Quirk;
use crate::scene::{Resolved, Scene};
use crate::tri::Tri;
use crate::variable::{Part, Variable, split};

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    shape: Shape,
    source: Box<str>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Shape {
    /// Any text at all.
    Anything,
    /// Exactly this text.
    Literal(Box<str>),
    /// Whatever begins with this text.
    Prefix(Box<str>),
    /// Everything else without variables.
    Pieces(Box<[Piece]>),
    /// Everything else with variables.
    Template(Box<[Piece]>),
    /// No text: a pattern that can never match, such as an ARN with too few parts.
    Nothing,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(Box<str>),
    /// `?`
    One(Reach),
    /// `*`
    Many(Reach),
    Variable(Variable),
}

/// One step of a pattern whose variables were replaced: what it takes from a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Step {
    /// This character.
    Char(char),
    /// A character whose lower case is this.
    Lower(char),
    /// Any one character.
    One {
        /// A colon too.
        colons: bool,
    },
    /// Any run of characters.
    Many {
        /// Colons too.
        colons: bool,
    },
}

impl Step {
    /// The one character it takes, if it does not take several.
    pub(crate) fn character(self) -> Option<char> {
        match self {
            Step::Char(character) | Step::Lower(character) => Some(character),
            Step::One { .. } | Step::Many { .. } => None,
        }
    }
}

/// Whether a wildcard takes colons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// It does.
    Everything,
    /// It does not: one of the first five parts of an Arn operator's value.
    Part,
    /// Inside a segment of a Resource; the quirk `resource-inner-wildcard` decides.
    Inner,
}

impl Reach {
    fn takes_colons(self, scene: &Scene<'_>) -> bool {
        match self {
            Reach::Everything => true,
            Reach::Part => false,
            Reach::Inner => scene.quirks.is_other(Quirk::ResourceInnerWildcard),
        }
    }
}

/// What a text is compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Wildcards are plain text (StringEquals).
    Template,
    /// Wildcards take anything (StringLike, Action).
    Glob,
    /// The Resource and NotResource elements.
    Resource,
    /// The Arn operators.
    Arn,
}

impl Pattern {
    /// Compiles a text. `variables` tells whether `${...}` has a meaning in this document.
    pub(crate) fn new(text: &str, used: Use, variables: bool) -> Result<Pattern, String> {
        let parts = if variables { split(text)? } else { vec![Part::Text(text)] };
        let shape = match used {
            Use::Resource if early_variable(&parts) => Shape::Nothing,
            _ => compile(&parts, used),
        };
        Ok(Pattern { shape, source: text.into() })
    }

    /// The text it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The one text that matches, if there is just one and it does not depend on the request.
    pub(crate) fn literal(&self) -> Option<&str> {
        match &self.shape {
            Shape::Literal(text) => Some(text),
            _ => None,
        }
    }

    /// The text every match begins with, up to the first wildcard or variable.
    pub(crate) fn prefix(&self) -> &str {
        match &self.shape {
            Shape::Literal(text) | Shape::Prefix(text) => text,
            Shape::Pieces(pieces) | Shape::Template(pieces) => match pieces.first() {
                Some(Piece::Text(text)) => text,
                _ => "",
            },
            Shape::Anything | Shape::Nothing => "",
        }
    }

    pub(crate) fn variables(&self) -> impl Iterator<Item = &Variable> {
        let pieces: &[Piece] = match &self.shape {
            Shape::Template(pieces) => pieces,
            _ => &[],
        };
        pieces.iter().filter_map(|piece| match piece {
            Piece::Variable(variable) => Some(variable),
            _ => None,
        })
    }

    /// What it takes from a text, step by step; `None` if it can match nothing, or turns on an unknown key.
    pub(crate) fn steps(&self, scene: &Scene<'_>) -> Option<Vec<Step>> {
        let characters = |text: &str| text.chars().map(Step::Char).collect::<Vec<_>>();
        match &self.shape {
            Shape::Anything => Some(vec![Step::Many { colons: true }]),
            Shape::Literal(text) => Some(characters(text)),
            Shape::Prefix(text) => {
                let mut steps = characters(text);
                steps.push(Step::Many { colons: true });
                Some(steps)
            }
            Shape::Nothing => None,
            Shape::Pieces(pieces) | Shape::Template(pieces) if resolvable(pieces, scene) == Tri::True => {
                let mut steps = Vec::new();
                for piece in pieces {
                    match piece {
                        Piece::One(reach) => steps.push(Step::One { colons: reach.takes_colons(scene) }),
                        Piece::Many(reach) => steps.push(Step::Many { colons: reach.takes_colons(scene) }),
                        Piece::Text(_) | Piece::Variable(_) => steps.extend(piece.text(scene).chars().map(Step::Char)),
                    }
                }
                Some(steps)
            }
            Shape::Pieces(_) | Shape::Template(_) => None,
        }
    }

    /// The parts of a text that the unknown variable of this pattern could stand for, were the pattern to match:
    /// all of them, and perhaps some that it could not.
    pub(crate) fn solutions<'t>(&self, text: &'t str, scene: &Scene<'_>) -> Vec<&'t str> {
        let Shape::Template(pieces) = &self.shape else { return Vec::new() };
        let fixed = |pieces: &mut dyn Iterator<Item = &Piece>| {
            let mut bytes = 0;
            for piece in pieces {
                match piece {
                    Piece::Text(_) => bytes += piece.text(scene).len(),
                    Piece::Variable(variable) => match scene.resolve(variable) {
                        Resolved::Text(text) => bytes += text.len(),
                        Resolved::Unknown => return (bytes, true),
                        Resolved::Nothing => return (bytes, false),
                    },
                    Piece::One(_) | Piece::Many(_) => return (bytes, false),
                }
            }
            (bytes, false)
        };
        let (before, from_start) = fixed(&mut pieces.iter());
        let (after, from_end) = fixed(&mut pieces.iter().rev());
        let last = text.len().saturating_sub(after);
        let starts = if from_start { before..before + 1 } else { before..last + 1 };
        let mut found = Vec::new();
        for start in starts {
            let ends = if from_end { last..last + 1 } else { start..last + 1 };
            found.extend(ends.filter_map(|end| text.get(start..end)));
        }
        found
    }

    /// Whether the text matches. A variable that does not resolve matches nothing.
    pub(crate) fn matches(&self, text: &str, scene: &Scene<'_>) -> Tri {
        match &self.shape {
            Shape::Anything => Tri::True,
            Shape::Literal(literal) => Tri::from(&**literal == text),
            Shape::Prefix(prefix) => Tri::from(text.starts_with(&**prefix)),
            Shape::Nothing => Tri::False,
            Shape::Pieces(pieces) => Tri::from(glob(pieces, text, scene)),
            Shape::Template(pieces) => match resolvable(pieces, scene) {
                Tri::True => Tri::from(glob(pieces, text, scene)),
                settled => settled,
            },
        }
    }

    /// Whether the text matches, for patterns that know neither variables nor quirks: those of actions.
    pub(crate) fn matches_plainly(&self, text: &str) -> bool {
        match &self.shape {
            Shape::Anything => true,
            Shape::Literal(literal) => &**literal == text,
            Shape::Prefix(prefix) => text.starts_with(&**prefix),
            Shape::Nothing | Shape::Template(_) => false,
            Shape::Pieces(_) => plain_glob(self.source.chars(), text.chars()),
        }
    }

    /// Whether the text matches with letters of either case taken as equal (no wildcards).
    pub(crate) fn equals_ignoring_case(&self, text: &str, scene: &Scene<'_>) -> Tri {
        let lower = text.chars().flat_map(char::to_lowercase);
        match &self.shape {
            Shape::Anything | Shape::Nothing | Shape::Prefix(_) => Tri::False,
            Shape::Literal(literal) => Tri::from(literal.chars().flat_map(char::to_lowercase).eq(lower)),
            Shape::Pieces(pieces) | Shape::Template(pieces) => match resolvable(pieces, scene) {
                Tri::True => {
                    let ours = pieces.iter().flat_map(|piece| piece.text(scene).chars());
                    Tri::from(ours.flat_map(char::to_lowercase).eq(lower))
                }
                settled => settled,
            },
        }
    }
}

impl Piece {
    /// The text a piece stands for; wildcards have none.
    fn text<'a>(&'a self, scene: &Scene<'a>) -> &'a str {
        match self {
            Piece::Text(text) => text,
            Piece::Variable(variable) => match scene.resolve(variable) {
                Resolved::Text(text) => text,
                Resolved::Nothing | Resolved::Unknown => "",
            },
            Piece::One(_) | Piece::Many(_) => "",
        }
    }
}

/// Whether every variable of the pattern has a text.
fn resolvable(pieces: &[Piece], scene: &Scene<'_>) -> Tri {
    Tri::all(pieces.iter().map(|piece| match piece {
        Piece::Variable(variable) => match scene.resolve(variable) {
            Resolved::Text(_) => Tri::True,
            Resolved::Nothing => Tri::False,
            Resolved::Unknown => Tri::Unknown,
        },
        _ => Tri::True,
    }))
}

/// In a Resource, variables may stand after the fifth colon only.
fn early_variable(parts: &[Part<'_>]) -> bool {
    let mut colons = 0;
    for part in parts {
        match part {
            Part::Text(text) => colons += text.bytes().filter(|byte| *byte == b':').count(),
            Part::Literal(_) => {}
            Part::Variable(_) if colons < 5 => return true,
            Part::Variable(_) => {}
        }
    }
    false
}

fn compile(parts: &[Part<'_>], used: Use) -> Shape {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut text = String::new();
    let mut colons = 0;
    for (index, part) in parts.iter().enumerate() {
        match part {
            Part::Literal(character) => text.push(*character),
            Part::Variable(variable) => {
                flush(&mut text, &mut pieces);
                pieces.push(Piece::Variable(variable.clone()));
            }
            Part::Text(source) => {
                let last_part = index + 1 == parts.len();
                let mut characters = source.chars().peekable();
                while let Some(character) = characters.next() {
                    let ends_segment = match characters.peek() {
                        Some(next) => *next == ':',
                        None => last_part,
                    };
                    let reach = match used {
                        Use::Resource if character == '?' || !ends_segment => Reach::Inner,
                        Use::Arn if colons < 5 => Reach::Part,
                        _ => Reach::Everything,
                    };
                    match character {
                        '*' if used != Use::Template => many(&mut text, &mut pieces, reach),
                        '?' if used != Use::Template => {
                            flush(&mut text, &mut pieces);
                            pieces.push(Piece::One(reach));
                        }
                        _ => {
                            colons += usize::from(character == ':');
                            text.push(character);
                        }
                    }
                }
            }
        }
    }
    finish(pieces, text)
}

/// Adds a `*`; runs of them are one, and the run takes colons if any of them does.
fn many(text: &mut String, pieces: &mut Vec<Piece>, reach: Reach) {
    flush(text, pieces);
    match pieces.last_mut() {
        Some(Piece::Many(before)) => {
            if reach == Reach::Everything {
                *before = Reach::Everything;
            }
        }
        _ => pieces.push(Piece::Many(reach)),
    }
}

fn flush(text: &mut String, pieces: &mut Vec<Piece>) {
    if !text.is_empty() {
        pieces.push(Piece::Text(core::mem::take(text).into()));
    }
}

fn finish(mut pieces: Vec<Piece>, mut text: String) -> Shape {
    if pieces.is_empty() {
        return Shape::Literal(text.into());
    }
    flush(&mut text, &mut pieces);
    match pieces.as_slice() {
        [Piece::Many(Reach::Everything)] => Shape::Anything,
        [Piece::Text(prefix), Piece::Many(Reach::Everything)] => Shape::Prefix(prefix.clone()),
        pieces if pieces.iter().any(|piece| matches!(piece, Piece::Variable(_))) => Shape::Template(pieces.into()),
        pieces => Shape::Pieces(pieces.into()),
    }
}

/// The matcher: on a mismatch the last `*` takes one character more; one that may not go on gives
/// way to the last that may take colons. Nothing is allocated.
///
/// INVARIANT: a `*` held at colons never has to be revisited once a later piece has crossed a
/// colon, since it cannot shift that colon; the naive twin in `tests/pattern.rs` keeps this honest.
fn glob(pieces: &[Piece], text: &str, scene: &Scene<'_>) -> bool {
    let mut piece = 0;
    let mut rest = text;
    let mut wide: Option<(usize, &str)> = None;
    let mut held: Option<(usize, &str)> = None;
    loop {
        let next = match pieces.get(piece) {
            None if rest.is_empty() => return true,
            None => None,
            Some(Piece::Many(reach)) => {
                if reach.takes_colons(scene) {
                    if piece + 1 == pieces.len() {
                        return true;
                    }
                    wide = Some((piece + 1, rest));
                    held = None;
                } else {
                    held = Some((piece + 1, rest));
                }
                Some(rest)
            }
            Some(Piece::One(reach)) => advance(rest, !reach.takes_colons(scene)),
            Some(text_piece) => rest.strip_prefix(text_piece.text(scene)),
        };
        if let Some(next) = next {
            piece += 1;
            rest = next;
            continue;
        }
        if let Some((after, from)) = held
            && let Some(longer) = advance(from, true)
        {
            held = Some((after, longer));
            piece = after;
            rest = longer;
        } else if let Some((after, from)) = wide
            && let Some(longer) = advance(from, false)
        {
            held = None;
            wide = Some((after, longer));
            piece = after;
            rest = longer;
        } else {
            return false;
        }
    }
}

/// The text without its first character; `None` at the end, or at a colon that stops the wildcard.
fn advance(text: &str, stops_at_colon: bool) -> Option<&str> {
    let mut characters = text.chars();
    match characters.next() {
        None => None,
        Some(':') if stops_at_colon => None,
        Some(_) => Some(characters.as_str()),
    }
}

/// Whether a text matches a pattern in which `*` is any run of characters, and `?` any one.
fn plain_glob(mut pattern: core::str::Chars<'_>, mut text: core::str::Chars<'_>) -> bool {
    let mut last_star: Option<(core::str::Chars<'_>, core::str::Chars<'_>)> = None;
    loop {
        let mut ahead = text.clone();
        match (pattern.next(), ahead.next()) {
            (Some('*'), _) => {
                last_star = Some((pattern.clone(), text.clone()));
                continue;
            }
            (Some(wanted), Some(found)) if wanted == '?' || wanted == found => {
                text = ahead;
                continue;
            }
            (None, None) => return true,
            _ => {}
        }
        let Some((after, mut from)) = last_star.take() else { return false };
        if from.next().is_none() {
            return false;
        }
        pattern = after.clone();
        text = from.clone();
        last_star = Some((after, from));
    }
}
