//! Parts of a text that a template leaves open, and what can be said about texts that hold them.
//!
//! Two kinds of symbol stand where a real text would. An *unknown* one, `⟦Environment⟧`, may be any
//! text at all, wildcards and colons included. A *made* one, `⟪template.yaml#Key⟫`, is the name that
//! something gets when it is created: equal to itself, to nothing that anybody wrote, and
//! to no other made name. Symbols have a meaning only in documents, grants and requests that were
//! declared to hold them; elsewhere the brackets are plain characters.

use crate::limits::SYMBOL_STEPS_MAX;
use crate::tri::Tri;

const UNKNOWN: (char, char) = ('⟦', '⟧');
const MADE: (char, char) = ('⟪', '⟫');

/// What a symbol begins with.
pub(crate) const OPENING: [char; 2] = [UNKNOWN.0, MADE.0];

/// A symbol that may stand for any text.
///
/// ```
/// use wardbook_policy::symbol;
/// assert_eq!(format!("arn:aws:iam::{}:root", symbol::unknown("AWS::AccountId")), "arn:aws:iam::⟦AWS.AccountId⟧:root");
/// assert_eq!(symbol::made("stack.yaml#Key"), "⟪stack.yaml#Key⟫");
/// ```
pub fn unknown(name: &str) -> String {
    bracketed(UNKNOWN, name)
}

/// A symbol for the name that something gets when it is created.
pub fn made(name: &str) -> String {
    bracketed(MADE, name)
}

/// What would be taken for a separator, a wildcard, a variable or a bracket becomes a point; runs of them one.
fn bracketed(brackets: (char, char), name: &str) -> String {
    let mut text = String::from(brackets.0);
    for character in name.chars() {
        let plain = character.is_alphanumeric() || matches!(character, '-' | '_' | '#' | '@' | '+' | '=');
        if plain {
            text.push(character);
        } else if !text.ends_with(['.', brackets.0]) {
            text.push('.');
        }
    }
    text.push(brackets.1);
    text
}

/// Whether a text holds a symbol.
pub fn holds(text: &str) -> bool {
    text.contains(OPENING) && names(text).next().is_some()
}

/// Whether a text holds a symbol that may be anything.
pub fn holds_unknown(text: &str) -> bool {
    names(text).any(|name| name.starts_with(UNKNOWN.0))
}

/// Whether a text is one symbol and nothing else.
pub fn is_lone(text: &str) -> bool {
    names(text).next().is_some_and(|name| name.len() == text.len())
}

/// The symbols of a text, brackets included.
pub fn names(text: &str) -> impl Iterator<Item = &str> {
    Pieces { rest: text }.filter_map(|piece| match piece {
        Piece::Unknown(name) | Piece::Made(name) => Some(name),
        Piece::Text(_) => None,
    })
}

/// What a reader calls the thing behind a made symbol: of `⟪template.yaml#Key⟫` it is `Key`. A text
/// that is no lone symbol is its own name.
pub fn short(text: &str) -> &str {
    if !is_lone(text) {
        return text;
    }
    let inside = text.trim_start_matches([UNKNOWN.0, MADE.0]).trim_end_matches([UNKNOWN.1, MADE.1]);
    inside.rsplit('#').next().unwrap_or(inside)
}

enum Piece<'t> {
    Text(&'t str),
    Unknown(&'t str),
    Made(&'t str),
}

struct Pieces<'t> {
    rest: &'t str,
}

impl<'t> Iterator for Pieces<'t> {
    type Item = Piece<'t>;

    fn next(&mut self) -> Option<Piece<'t>> {
        let text = self.rest;
        let first = text.chars().next()?;
        let closing = [UNKNOWN, MADE].into_iter().find(|(open, _)| *open == first).map(|(_, close)| close);
        let end = closing.and_then(|close| text.find(close).map(|at| at + close.len_utf8()));
        if let Some((symbol, rest)) = end.and_then(|end| text.split_at_checked(end)) {
            self.rest = rest;
            return Some(if first == UNKNOWN.0 { Piece::Unknown(symbol) } else { Piece::Made(symbol) });
        }
        // A bracket that nothing closes is plain text.
        let from = first.len_utf8();
        let next = text.get(from..).and_then(|rest| rest.find(OPENING));
        let (plain, rest) = text.split_at_checked(next.map_or(text.len(), |at| at + from)).unwrap_or((text, ""));
        self.rest = rest;
        Some(Piece::Text(plain))
    }
}

/// One step of a text or a pattern whose symbols count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit<'t> {
    Character(char),
    /// `?`
    One,
    /// `*`, or an unknown symbol.
    Any,
    /// An unknown symbol between two colons, which is one part of an ARN.
    Part,
    Made(&'t str),
}

/// A text as units: nothing in it is a wildcard.
pub(crate) fn units<'t>(text: &'t str, units: &mut Vec<Unit<'t>>) {
    let mut pieces = Pieces { rest: text };
    while let Some(piece) = pieces.next() {
        match piece {
            Piece::Text(text) => units.extend(text.chars().map(Unit::Character)),
            Piece::Unknown(_) => {
                let part = units.last() == Some(&Unit::Character(':')) && pieces.rest.starts_with(':');
                units.push(if part { Unit::Part } else { Unit::Any });
            }
            Piece::Made(name) => units.push(Unit::Made(name)),
        }
    }
}

/// Whether two texts are the same, whatever their unknown parts turn out to be.
pub fn same(left: &str, right: &str) -> Tri {
    if left == right {
        return Tri::True;
    }
    if !holds(left) && !holds(right) {
        return Tri::False;
    }
    let (mut pattern, mut text) = (Vec::new(), Vec::new());
    units(left, &mut pattern);
    units(right, &mut text);
    if may_meet(&pattern, &text) { Tri::Unknown } else { Tri::False }
}

/// Whether some way to fill in the symbols makes the text match the pattern. It may say yes where
/// there is none, and never no where there is one.
pub(crate) fn may_meet(pattern: &[Unit<'_>], text: &[Unit<'_>]) -> bool {
    if pattern.len().saturating_mul(text.len()) > SYMBOL_STEPS_MAX {
        return true;
    }
    // A made name may happen to fit a pattern with wildcards, but is nothing that somebody spelled out.
    let wild = pattern.iter().any(|unit| matches!(unit, Unit::One | Unit::Any | Unit::Part));
    let mut reached = vec![false; pattern.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    skip_stars(pattern, &mut reached);
    for unit in text {
        reached = step(pattern, &reached, *unit, wild);
        skip_stars(pattern, &mut reached);
    }
    reached.last().copied().unwrap_or(false)
}

/// A `*` may take nothing.
fn skip_stars(pattern: &[Unit<'_>], reached: &mut [bool]) {
    let mut carried = false;
    for (index, slot) in reached.iter_mut().enumerate() {
        *slot |= carried;
        carried = *slot && matches!(pattern.get(index), Some(Unit::Any | Unit::Part));
    }
}

/// The places in the pattern that can be reached by taking one unit of the text.
fn step(pattern: &[Unit<'_>], reached: &[bool], taken: Unit<'_>, wild: bool) -> Vec<bool> {
    let mut next = vec![false; reached.len()];
    let mut spanning = false;
    for (index, from) in reached.iter().enumerate() {
        let unit = pattern.get(index).copied();
        spanning |= *from;
        let (stays, advances) = match (taken, unit) {
            // A gap takes any stretch of the pattern, the empty one included.
            (Unit::Any, _) => (spanning, false),
            (Unit::Part, unit) => {
                let stays = spanning;
                spanning &= unit != Some(Unit::Character(':'));
                (stays, false)
            }
            (Unit::Made(name), unit) => {
                let taken_whole = matches!(unit, Some(Unit::Any | Unit::Part));
                let stays = (*from && taken_whole) || (wild && spanning);
                let same = *from && unit == Some(Unit::Made(name));
                // It does not span the name of something else.
                spanning &= !matches!(unit, Some(Unit::Made(_)));
                (stays, same)
            }
            (_, None) => (false, false),
            (Unit::Character(c), Some(Unit::Character(wanted))) => (false, *from && c == wanted),
            (_, Some(Unit::One)) => (false, *from),
            (Unit::Character(':'), Some(Unit::Part)) => (false, false),
            (_, Some(Unit::Any | Unit::Part)) => (*from, false),
            (_, Some(_)) => (false, false),
        };
        if let Some(slot) = next.get_mut(index) {
            *slot |= stays;
        }
        if let Some(slot) = next.get_mut(index + 1) {
            *slot |= advances;
        }
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_found_and_nothing_else_is() {
        assert_eq!(names("a⟦x⟧b⟪y#Z⟫").collect::<Vec<_>>(), ["⟦x⟧", "⟪y#Z⟫"]);
        for text in ["", "a", "⟦", "⟦x", "x⟧", "⟪x⟧"] {
            assert!(!holds(text), "{text}");
        }
        assert!(is_lone("⟦x⟧") && !is_lone("⟦x⟧⟦y⟧") && !is_lone(""));
        assert_eq!(short("⟪dir.template.yaml#Key⟫"), "Key");
        assert_eq!(short("plain#text"), "plain#text");
        assert_eq!(unknown("a:*?${b}⟧/c"), "⟦a.b.c⟧");
    }

    #[test]
    fn texts_are_the_same_only_where_nothing_can_tell_them_apart() {
        let cases = [
            ("a", "a", Tri::True),
            ("a", "b", Tri::False),
            ("⟦x⟧", "⟦x⟧", Tri::True),
            ("⟦x⟧", "⟦y⟧", Tri::Unknown),
            ("⟦x⟧", "111122223333", Tri::Unknown),
            ("⟦x⟧", "", Tri::Unknown),
            ("role/⟦x⟧", "user/ana", Tri::False),
            ("⟦x⟧-app", "eu-app", Tri::Unknown),
            ("⟦x⟧-app", "eu-web", Tri::False),
            ("⟪A⟫", "⟪A⟫", Tri::True),
            ("⟪A⟫", "⟪B⟫", Tri::False),
            ("⟪A⟫", "real", Tri::False),
            ("⟪A⟫", "⟦x⟧", Tri::Unknown),
            ("⟦x⟧:key/⟪A⟫", "eu:key/⟪A⟫", Tri::Unknown),
            ("⟦x⟧:key/⟪A⟫", "eu:key/⟪B⟫", Tri::False),
            (":⟦x⟧:user/⟦y⟧", ":⟦x⟧:role/⟪A⟫", Tri::False),
            (":⟦x⟧:user/⟦y⟧", ":⟦z⟧:user/⟪A⟫", Tri::Unknown),
            (":⟦x⟧:root", ":1:2:root", Tri::False),
        ];
        for (left, right, wanted) in cases {
            assert_eq!(same(left, right), wanted, "{left} {right}");
            assert_eq!(same(right, left), wanted, "{right} {left}");
        }
    }

    #[test]
    fn beyond_the_limit_nothing_is_ruled_out() {
        let side = 1 << 11;
        assert_eq!(SYMBOL_STEPS_MAX, side * side);
        let long = |length: usize| format!("⟦x⟧{}", "a".repeat(length - 1));
        assert_eq!(same(&long(side), &format!("{}b", "a".repeat(side - 1))), Tri::False);
        assert_eq!(same(&long(side), &format!("{}b", "a".repeat(side))), Tri::Unknown);
    }
}
