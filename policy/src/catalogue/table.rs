//! Binary search straight on the text of a table.
//!
//! A table is ASCII text, one line per row, fields split by a tab, lines sorted by their first field in
//! lower case and ended by a line feed.

use std::cmp::Ordering;

/// A table of `policy/data`.
#[derive(Clone, Copy)]
pub(super) struct Table {
    // INVARIANT: sorted, unique and ASCII; `tests.rs` reads every line of every table.
    text: &'static str,
}

/// One line of a table, without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Row(&'static str);

/// Lists that rows of other tables mention as `@name`.
pub(super) const LISTS: Table = Table::new(include_str!("../../data/list.tsv"));

impl Table {
    pub(super) const fn new(text: &'static str) -> Self {
        Self { text }
    }

    #[cfg(test)]
    pub(super) fn text(self) -> &'static str {
        self.text
    }

    pub(super) fn rows(self) -> impl Iterator<Item = Row> {
        self.text.lines().map(Row)
    }

    /// The row whose first field is `key`, given in pieces so that nobody has to join them.
    pub(super) fn find(self, key: &[&str]) -> Option<Row> {
        let row = self.rows_from(self.lower_bound(key)).next()?;
        (compare(field(row.0.as_bytes()), key) == Ordering::Equal).then_some(row)
    }

    /// The rows whose first field begins with `prefix`.
    pub(super) fn starting_with(self, prefix: String) -> impl Iterator<Item = Row> {
        self.rows_from(self.lower_bound(&[&prefix])).take_while(move |row| starts_with(row.field(0), &prefix))
    }

    fn rows_from(self, offset: usize) -> impl Iterator<Item = Row> {
        self.text.get(offset..).unwrap_or("").lines().map(Row)
    }

    /// Where the first line begins that does not sort before `key`.
    fn lower_bound(self, key: &[&str]) -> usize {
        // Both are always the beginning of a line, or the end of the text.
        let (mut low, mut high) = (0, self.text.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let bytes = self.text.as_bytes();
            let before = bytes.get(low..middle).unwrap_or(&[]);
            let start = before.iter().rposition(|&byte| byte == b'\n').map_or(low, |newline| low + newline + 1);
            let line = bytes.get(start..).unwrap_or(&[]);
            if compare(field(line), key) == Ordering::Less {
                low = line.iter().position(|&byte| byte == b'\n').map_or(self.text.len(), |end| start + end + 1);
            } else {
                high = start;
            }
        }
        low
    }
}

impl Row {
    /// The field at `index`; empty if the row has fewer.
    pub(super) fn field(self, index: usize) -> &'static str {
        self.0.split('\t').nth(index).unwrap_or("")
    }

    /// The list in the field at `index`, whether it stands there or is only mentioned.
    pub(super) fn list(self, index: usize) -> impl Iterator<Item = &'static str> {
        let field = self.field(index);
        let text = match field.strip_prefix('@') {
            Some(name) => LISTS.find(&[name]).map_or("", |row| row.field(1)),
            None => field,
        };
        text.split(',').filter(|item| !item.is_empty())
    }
}

/// Whether `text` begins with `prefix`, ASCII case aside.
pub(super) fn starts_with(text: &str, prefix: &str) -> bool {
    text.as_bytes().get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// Whether `text` ends with `suffix`, ASCII case aside.
pub(super) fn ends_with(text: &str, suffix: &str) -> bool {
    text.len()
        .checked_sub(suffix.len())
        .and_then(|start| text.as_bytes().get(start..))
        .is_some_and(|tail| tail.eq_ignore_ascii_case(suffix.as_bytes()))
}

/// The first field of a line.
fn field(line: &[u8]) -> impl Iterator<Item = u8> {
    line.iter().copied().take_while(|byte| !matches!(byte, b'\t' | b'\n'))
}

fn compare(text: impl Iterator<Item = u8>, key: &[&str]) -> Ordering {
    let folded = |byte: u8| byte.to_ascii_lowercase();
    text.map(folded).cmp(key.iter().flat_map(|piece| piece.bytes()).map(folded))
}
