//! Texts that somebody else wrote, made harmless for where they are shown.

/// For a terminal: one line, and nothing that moves the cursor, changes colors or turns the direction of writing.
pub(crate) fn line(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(hidden) {
        return text.to_owned();
    }
    let shown = |c: char| if hidden(c) { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(shown).collect()
}

/// For Markdown: text that is nothing but text, in a cell of a table too. What stands in backticks is code, if they
/// come in pairs.
pub(crate) fn markdown(text: &str) -> String {
    let text = line(text);
    let parts: Vec<&str> = text.split('`').collect();
    // Two in a row would be a longer fence.
    let spans = parts.len() % 2 == 1 && !text.contains("``");
    let parts = parts.iter().enumerate();
    match spans {
        true => parts.map(|(at, part)| if at % 2 == 1 { markdown_code(part) } else { outside_code(part) }).collect(),
        false => outside_code(&text),
    }
}

fn outside_code(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\\' | '|' | '`' | '*' | '[' | ']' | '~' | '!' => escaped.extend(['\\', c]),
            other => escaped.push(other),
        }
    }
    escaped
}

/// For Markdown: code, in a cell of a table, which neither bars nor backticks end.
pub(crate) fn markdown_code(text: &str) -> String {
    format!("`{}`", line(text).replace('`', "'").replace('|', "\\|"))
}

/// For Mermaid: what stands between the quotes of a label.
pub(crate) fn mermaid(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in line(text).chars() {
        match c {
            '"' | '#' | '<' | '>' | '&' | '`' | '\\' | ';' | '%' => escaped.push_str(&format!("#{};", u32::from(c))),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out() {
        let text = "a|b`<i>[x](y)*#\"\u{1b}[2J\n\u{202e}";
        assert_eq!(line(text), "a|b`<i>[x](y)*#\"\\u{1b}[2J\\n\\u{202e}");
        assert_eq!(markdown(text), "a\\|b\\`&lt;i&gt;\\[x\\](y)\\*#\"\\\\u{1b}\\[2J\\\\n\\\\u{202e}");
        assert_eq!(markdown_code(text), "`a\\|b'<i>[x](y)*#\"\\u{1b}[2J\\n\\u{202e}`");
        assert_eq!(markdown("of `a|*<b>` & *"), "of `a\\|*<b>` &amp; \\*");
        assert_eq!(markdown("``*`` <b>"), "\\`\\`\\*\\`\\` &lt;b&gt;");
        assert_eq!(mermaid("a\"<#;`"), "a#34;#60;#35;#59;#96;");
        assert_eq!(line("plain é 日本"), "plain é 日本");
    }
}
