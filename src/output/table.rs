//! Text for people: words in columns, a little color.

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
