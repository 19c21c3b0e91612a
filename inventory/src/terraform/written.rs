//! A text that was put together from other ones, every byte of which knows where it was written.

use std::ops::Range;

use wardbook_policy::span::Span;

/// A text in Terraform's language, made of pieces of the joined text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Written {
    pub(crate) text: String,
    runs: Vec<Run>,
}

/// Bytes that were taken over as they stand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    inside: usize,
    outside: usize,
    length: usize,
}

/// Where the spans of a file's syntax lead to in the joined text.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Base<'f> {
    /// The file stands in the joined text, from there on.
    Plain(usize),
    /// It was put together from what stands there.
    Written(&'f [Run]),
}

impl Written {
    /// Adds text that nobody wrote; its place is the end of what came before.
    pub(crate) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Adds text that stands in for `length` bytes at a place.
    pub(crate) fn push_at(&mut self, text: &str, outside: usize, length: usize) {
        let inside = self.text.len();
        // Runs that continue one another are one.
        match self.runs.last_mut() {
            Some(last) if length == text.len() && last.continues(inside, outside) => last.length += length,
            _ => self.runs.push(Run { inside, outside, length }),
        }
        self.text.push_str(text);
    }

    /// Adds a part of a file, places kept.
    pub(crate) fn push_part(&mut self, text: &str, range: Range<usize>, base: Base<'_>) {
        let Some(part) = text.get(range.clone()) else { return };
        match base {
            Base::Plain(start) => self.push_at(part, start + range.start, part.len()),
            Base::Written(runs) => {
                let first = runs.partition_point(|run| run.inside <= range.start).saturating_sub(1);
                let mut at = range.start;
                for (index, run) in runs.iter().enumerate().skip(first) {
                    if run.inside >= range.end {
                        break;
                    }
                    let next = runs.get(index + 1).map_or(range.end, |next| next.inside.min(range.end));
                    let taken = (at - run.inside.min(at)).min(run.length);
                    let piece = text.get(at..next).unwrap_or_default();
                    self.push_at(piece, run.outside + taken, (run.length - taken).min(piece.len()));
                    at = next;
                }
            }
        }
    }

    pub(crate) fn base(&self) -> Base<'_> {
        Base::Written(&self.runs)
    }
}

impl Run {
    fn continues(&self, inside: usize, outside: usize) -> bool {
        self.inside + self.length == inside && self.outside + self.length == outside
    }

    fn outer(&self, inside: usize) -> usize {
        self.outside + (inside - self.inside.min(inside)).min(self.length)
    }
}

impl Base<'_> {
    /// A span of the file as one of the joined text.
    pub(crate) fn span(self, range: Option<Range<usize>>) -> Span {
        let range = range.unwrap_or_default();
        match self {
            Base::Plain(base) => Span::new(base + range.start, base + range.end),
            Base::Written(runs) => {
                let last = |count: usize| count.checked_sub(1).and_then(|index| runs.get(index)).or(runs.first());
                let start = last(runs.partition_point(|run| run.inside <= range.start));
                let end = last(runs.partition_point(|run| run.inside < range.end));
                let start = start.map_or(0, |run| run.outer(range.start));
                // What was put together from several places ends where its first part does.
                let end = end.map_or(start, |run| run.outer(range.end));
                Span::new(start, end.max(start))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_lead_back_to_where_they_were_written() {
        let mut written = Written::default();
        written.push_at("ab", 10, 2);
        written.push_at("cd", 12, 2);
        written.push(" = ");
        written.push_at("\\\"", 40, 1);
        written.push_at("x", 41, 1);
        assert_eq!((written.text.as_str(), written.runs.len()), ("abcd = \\\"x", 3));
        let of = |start, end| {
            let span = written.base().span(Some(start..end));
            (span.start, span.end)
        };
        assert_eq!((of(1, 4), of(5, 6), of(7, 9), of(9, 10)), ((11, 14), (14, 14), (40, 41), (41, 42)));
        // A part of it keeps its places, however often it is taken over.
        let mut again = Written::default();
        again.push("...");
        again.push_part(&written.text, 2..10, written.base());
        assert_eq!(again.text, "...cd = \\\"x");
        let span = again.base().span(Some(3..5));
        assert_eq!((span.start, span.end), (12, 14));
        let span = again.base().span(Some(10..11));
        assert_eq!((span.start, span.end), (41, 42));
        assert_eq!(Written::default().base().span(Some(3..5)), Span::new(0, 0));
    }
}
