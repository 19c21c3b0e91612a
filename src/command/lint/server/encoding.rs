//! Positions as clients count them: lines from zero, and in them bytes, UTF-16 units or characters.

use serde_json::{Value, json};
use wardbook_policy::span::Span;

use crate::command::lint::issue::Place;

/// What a column counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf16,
    Utf32,
}

impl Encoding {
    /// The one that costs least of those that the client knows; UTF-16 if it says nothing.
    pub(super) fn agreed(parameters: &Value) -> Encoding {
        let known = parameters.pointer("/capabilities/general/positionEncodings").and_then(Value::as_array);
        let knows = |name: &str| known.is_some_and(|known| known.iter().any(|known| known.as_str() == Some(name)));
        let wanted = [Encoding::Utf8, Encoding::Utf32];
        wanted.into_iter().find(|encoding| knows(encoding.name())).unwrap_or(Encoding::Utf16)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16 => "utf-16",
            Encoding::Utf32 => "utf-32",
        }
    }

    fn units(self, text: &str) -> usize {
        match self {
            Encoding::Utf8 => text.len(),
            Encoding::Utf16 => text.encode_utf16().count(),
            Encoding::Utf32 => text.chars().count(),
        }
    }

    fn position(self, text: &str, offset: usize) -> Value {
        let offset = (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let before = text.get(..offset).unwrap_or_default();
        let line = before.matches('\n').count();
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        json!({"line": line, "character": self.units(before.get(start..).unwrap_or_default())})
    }

    /// A stretch of a text.
    pub(super) fn range(self, text: &str, span: Span) -> Value {
        json!({"start": self.position(text, span.start as usize), "end": self.position(text, span.end as usize)})
    }

    /// The byte at a position; past the end of a line it is the end of that line.
    pub(super) fn offset(self, text: &str, position: &Value) -> Option<usize> {
        let number = |name: &str| position.get(name)?.as_u64().and_then(|number| usize::try_from(number).ok());
        let (line, wanted) = (number("line")?, number("character")?);
        let start = match line {
            0 => 0,
            line => text.match_indices('\n').nth(line - 1).map_or(text.len(), |(at, _)| at + 1),
        };
        let rest = text.get(start..)?;
        let content = rest.split('\n').next().unwrap_or_default();
        let mut counted = 0;
        for (at, character) in content.char_indices() {
            if counted >= wanted {
                return Some(start + at);
            }
            counted += match self {
                Encoding::Utf8 => character.len_utf8(),
                Encoding::Utf16 => character.len_utf16(),
                Encoding::Utf32 => 1,
            };
        }
        Some(start + content.len())
    }
}

/// The range of a place whose text is not at hand.
pub(super) fn plain(place: &Place) -> Value {
    let position =
        |line: u32, column: u32| json!({"line": line.saturating_sub(1), "character": column.saturating_sub(1)});
    json!({
        "start": position(place.start.line, place.start.column),
        "end": position(place.end.line, place.end.column),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_encoding_counts_its_own_units_there_and_back() {
        let text = "ab\n😀é\"x\n";
        let x = text.find('x').unwrap();
        for (encoding, wanted) in [(Encoding::Utf8, 7), (Encoding::Utf16, 4), (Encoding::Utf32, 3)] {
            let position = encoding.position(text, x);
            assert_eq!(position, json!({"line": 1, "character": wanted}));
            assert_eq!(encoding.offset(text, &position), Some(x));
        }
        assert_eq!(Encoding::Utf16.offset(text, &json!({"line": 0, "character": 99})), Some(2));
        assert_eq!(Encoding::Utf16.offset(text, &json!({"line": 99, "character": 0})), Some(text.len()));
        assert_eq!(Encoding::Utf16.offset(text, &json!({"line": -1, "character": 0})), None);
    }

    #[test]
    fn the_client_chooses() {
        let with = |list: Value| Encoding::agreed(&json!({"capabilities": {"general": {"positionEncodings": list}}}));
        assert_eq!(with(json!(["utf-16", "utf-8"])), Encoding::Utf8);
        assert_eq!(with(json!(["utf-32"])), Encoding::Utf32);
        assert_eq!(Encoding::agreed(&json!({})), Encoding::Utf16);
    }
}
