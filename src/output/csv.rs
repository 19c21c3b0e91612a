//! Comma-separated values as RFC 4180 says, and such that no program for tables takes a text for a formula.

/// A line for each row. A missing cell has nothing between its commas; an empty text has quotes there.
pub(crate) fn lines(rows: impl IntoIterator<Item = Vec<Option<String>>>) -> String {
    let mut text = String::new();
    for row in rows {
        text.push_str(&line(row));
    }
    text
}

/// One row, with the end of its line.
pub(crate) fn line(row: impl IntoIterator<Item = Option<String>>) -> String {
    let cells: Vec<String> = row.into_iter().map(|cell| cell.map_or(String::new(), quoted)).collect();
    let mut text = cells.join(",");
    text.push_str("\r\n");
    text
}

/// What begins like a formula, and is no number, has an apostrophe before it, which such programs do not show.
/// <https://owasp.org/www-community/attacks/CSV_Injection>
fn quoted(cell: String) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err();
    let cell = if formula { format!("'{cell}") } else { cell };
    match cell.is_empty() || cell.contains(['"', ',', '\r', '\n']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let row = ["a", "b,c", "say \"x\"", "two\nlines", ""].map(|cell| Some(cell.to_owned()));
        let rows = [row.to_vec(), vec![None, Some("z".into())]];
        assert_eq!(lines(rows), "a,\"b,c\",\"say \"\"x\"\"\",\"two\nlines\",\"\"\r\n,z\r\n");
    }

    #[test]
    fn no_text_is_a_formula() {
        let row = ["=1+1", "@x", "-2+3", "-2.5", "+7", "\tx", "a=b"].map(|cell| Some(cell.to_owned()));
        assert_eq!(line(row), "'=1+1,'@x,'-2+3,-2.5,+7,'\tx,a=b\r\n");
    }
}
