//! Text for people: words in columns, a little color.

use std::borrow::Cow;

use comfy_table::{Table, presets};

/// Rows without lines around them; the columns align.
pub(crate) fn columns(rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let text = table.to_string();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n")
}

/// A text that others chose, fit to stand in one cell of a terminal: what would move the cursor, change a color, begin a
/// line or turn the direction of writing is shown instead of done.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|letter| shown(letter) != letter) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(shown).collect())
}

/// The symbol of a control character, the sign for an unknown one, or the letter itself.
fn shown(letter: char) -> char {
    match letter {
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(letter)).unwrap_or('\u{fffd}'),
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        _ => letter,
    }
}

/// The few colors that reports use.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Tint {
    Green,
    Red,
    Yellow,
    Bold,
    Dim,
}

/// The text in that tint, if there is color.
pub(crate) fn tint(text: &str, tint: Tint, color: bool) -> String {
    let code = match tint {
        Tint::Green => "32",
        Tint::Red => "31",
        Tint::Yellow => "33",
        Tint::Bold => "1",
        Tint::Dim => "2",
    };
    if color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn what_would_steer_a_terminal_is_shown() {
        for (text, wanted) in [
            ("arn:aws:iam::111122223333:user/Zoë", "arn:aws:iam::111122223333:user/Zoë"),
            ("a\u{1b}[31mb", "a␛[31mb"),
            ("a\r\n\tb\0", "a␍␊␉b␀"),
            ("\u{7f}\u{9b}2J\u{202e}\u{2066}", "␡\u{fffd}2J\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(visible(text), wanted);
        }
    }
}
