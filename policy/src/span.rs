//! Where something stands in its source text.

/// A half-open range of byte offsets in a source text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset just past the last byte.
    pub end: u32,
}

/// A line and a column, both counted from one; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl Span {
    /// The span from `start` to `end`; offsets past `u32::MAX` saturate.
    pub fn new(start: usize, end: usize) -> Span {
        Span { start: narrow(start), end: narrow(end) }
    }

    /// Line and column of the first byte in `text`. For many spans of one text, see [`Lines`].
    pub fn position(self, text: &str) -> Position {
        Lines::new(text).position(self)
    }
}

/// Where the lines of a text begin, for many positions in one text.
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    /// How many characters begin before each block, so that a long line costs no more than a short one.
    /// Nothing for a text of ASCII alone, in which each byte is a character.
    counts: Option<Vec<usize>>,
    /// Where each file begins, if the text is that of several.
    files: &'a [(u32, Box<str>)],
}

const BLOCK_BYTES: usize = 512;

impl<'a> Lines<'a> {
    /// Finds the lines of a text.
    pub fn new(text: &'a str) -> Lines<'a> {
        let breaks = text.match_indices('\n').map(|(offset, _)| offset + 1);
        let counts = (!text.is_ascii()).then(|| {
            let mut count = 0;
            let blocks = text.as_bytes().chunks(BLOCK_BYTES);
            let counts = blocks.map(|block| {
                let before = count;
                count += beginnings(block);
                before
            });
            counts.collect()
        });
        Lines { text, starts: core::iter::once(0).chain(breaks).collect(), counts, files: &[] }
    }

    /// Finds the lines of files whose texts stand one after another, each beginning on a line of its
    /// own. `files` says where each begins and what it is called, in order.
    ///
    /// ```
    /// use wardbook_policy::span::{Lines, Span};
    /// let files = [(0, "a.tf".into()), (4, "b.tf".into())];
    /// let lines = Lines::joined("a\nb\nc\nd\n", &files);
    /// let at = Span::new(6, 7);
    /// assert_eq!((lines.path(at), lines.position(at).line), (Some("b.tf"), 2));
    /// ```
    pub fn joined(text: &'a str, files: &'a [(u32, Box<str>)]) -> Lines<'a> {
        Lines { files, ..Lines::new(text) }
    }

    /// The file of a span, if the text is that of several.
    pub fn path(&self, span: Span) -> Option<&'a str> {
        self.file(span).map(|(_, path)| &**path)
    }

    fn file(&self, span: Span) -> Option<&'a (u32, Box<str>)> {
        let index = self.files.partition_point(|(start, _)| *start <= span.start);
        index.checked_sub(1).and_then(|index| self.files.get(index))
    }

    /// Line and column of the first byte of a span.
    pub fn position(&self, span: Span) -> Position {
        let mut offset = (span.start as usize).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|index| self.starts.get(index)).copied().unwrap_or_default();
        let column = self.characters_before(offset).saturating_sub(self.characters_before(start)) + 1;
        let before =
            self.file(span).map_or(0, |(start, _)| self.starts.partition_point(|line| *line < *start as usize));
        Position { line: narrow(line.saturating_sub(before)), column: narrow(column) }
    }

    fn characters_before(&self, offset: usize) -> usize {
        let Some(counts) = &self.counts else { return offset };
        // A text whose length is a multiple of the block ends one past the last block.
        let block = (offset / BLOCK_BYTES).min(counts.len().saturating_sub(1));
        let rest = self.text.as_bytes().get(block * BLOCK_BYTES..offset).unwrap_or_default();
        counts.get(block).copied().unwrap_or_default() + beginnings(rest)
    }
}

/// How many characters begin in these bytes of UTF-8.
fn beginnings(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| (**byte & 0xC0) != 0x80).count()
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl core::fmt::Display for Position {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let text = "ab\né∑x";
        let offset = text.find('x').unwrap();
        assert_eq!(Span::new(offset, offset + 1).position(text), Position { line: 2, column: 3 });
        assert_eq!(Span::new(0, 0).position(text), Position { line: 1, column: 1 });
        assert_eq!(Span::new(999, 999).position(text), Position { line: 2, column: 4 });
    }

    #[test]
    fn long_lines_are_counted_as_short_ones() {
        let text = "é∑x😀\n".repeat(300) + &"∑y".repeat(700);
        let lines = Lines::new(&text);
        let (mut line, mut column) = (1, 1);
        for (offset, character) in text.char_indices() {
            assert_eq!(lines.position(Span::new(offset, offset)), Position { line, column }, "{offset}");
            (line, column) = if character == '\n' { (line + 1, 1) } else { (line, column + 1) };
        }
        assert_eq!(lines.position(Span::new(text.len(), text.len())), Position { line, column });
        for exact in ["x".repeat(BLOCK_BYTES * 2), "é".repeat(BLOCK_BYTES)] {
            let column = u32::try_from(exact.chars().count() + 1).unwrap();
            assert_eq!(Span::new(1024, 1024).position(&exact), Position { line: 1, column });
        }
        assert_eq!(Span::new(5, 6).position("ab\ncdef"), Position { line: 2, column: 3 });
    }
}
