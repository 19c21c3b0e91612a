//! The reader: one pass, one level of recursion per level of nesting, and a limit on those.

use std::borrow::Cow;

use super::ends::Ends;
use super::{JsonError, Kind, Node, Problem, Tree};
use crate::limits::{EVENT_BYTES_MAX, JSON_DEPTH_MAX, NUMBER_EXPONENT_MAX};

/// A whole number of so many letters has fewer zeros at its end than a canonical form writes out.
const CANONICAL_LETTERS_MAX: usize = 20;

pub(super) fn read(tree: &mut Tree, bytes: &[u8]) -> Result<usize, JsonError> {
    tree.nodes.clear();
    tree.order.clear();
    tree.open.clear();
    let mut reader = Reader { bytes, at: 0, spaces: 0, tree, ends: Ends::default() };
    reader.skip_whitespace();
    reader.value(0)?;
    reader.skip_whitespace();
    Ok(reader.at)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// How many bytes of whitespace were skipped.
    spaces: usize,
    tree: &'a mut Tree,
    ends: Ends,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn skip_whitespace(&mut self) {
        // Mostly there is none.
        if self.peek().is_some_and(|byte| byte <= b' ') {
            self.skip_spaces();
        }
    }

    fn skip_spaces(&mut self) {
        let start = self.at;
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
        self.spaces += self.at - start;
    }

    fn error(&self, problem: Problem) -> JsonError {
        let problem = match problem {
            Problem::Expected(_) if self.at >= self.bytes.len() => Problem::Incomplete,
            other => other,
        };
        JsonError { problem, offset: self.at }
    }

    fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), JsonError> {
        match self.peek() == Some(byte) {
            true => self.at += 1,
            false => return Err(self.error(Problem::Expected(what))),
        }
        Ok(())
    }

    /// A place in the tree for a value that begins here. Places are below 2^32, as the text is.
    fn push(&mut self, kind: Kind, start: usize, end: usize, plain: bool) -> Result<usize, JsonError> {
        if end > EVENT_BYTES_MAX {
            return Err(self.error(Problem::TooLong));
        }
        let index = self.tree.nodes.len();
        self.tree.nodes.push(Node {
            start: start as u32,
            end: end as u32,
            next: index as u32 + 1,
            order: 0,
            kind,
            plain,
            canonical: plain,
        });
        Ok(index)
    }

    /// Reads a value, and tells whether it is written as its canonical form is.
    #[inline]
    fn value(&mut self, depth: usize) -> Result<bool, JsonError> {
        match self.peek() {
            Some(b'"') => self.string().map(|(_, plain)| plain),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Kind::True),
            Some(b'f') => self.word("false", Kind::False),
            Some(b'n') => self.word("null", Kind::Null),
            _ => Err(self.error(Problem::Expected("a value"))),
        }
    }

    fn word(&mut self, word: &'static str, kind: Kind) -> Result<bool, JsonError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes()) {
            let partial = word.as_bytes().starts_with(rest);
            return Err(self.error(if partial { Problem::Incomplete } else { Problem::Expected("a value") }));
        }
        let start = self.at;
        self.at += word.len();
        self.push(kind, start, self.at, true).map(|_| true)
    }

    fn number(&mut self) -> Result<bool, JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return Err(self.error(Problem::Expected("a digit"))),
        }
        let whole = self.bytes.get(start..self.at).unwrap_or_default();
        let mut canonical = whole != b"-0" && whole.len() <= CANONICAL_LETTERS_MAX;
        if self.peek() == Some(b'.') {
            canonical = false;
            self.at += 1;
            self.some_digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            canonical = false;
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            let exponent = self.at;
            self.some_digits()?;
            let digits = self.bytes.get(exponent..self.at).unwrap_or_default();
            let mut digits = digits.iter().skip_while(|digit| **digit == b'0');
            let within = digits.try_fold(0, |exponent: i64, digit| {
                let exponent = exponent * 10 + i64::from(digit - b'0');
                (exponent <= NUMBER_EXPONENT_MAX).then_some(exponent)
            });
            if within.is_none() {
                return Err(self.error(Problem::Exponent));
            }
        }
        let node = self.push(Kind::Number, start, self.at, true)?;
        if let Some(node) = self.tree.nodes.get_mut(node) {
            node.canonical = canonical;
        }
        Ok(canonical)
    }

    fn digits(&mut self) {
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
    }

    fn some_digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        self.digits();
        match self.at > start {
            true => Ok(()),
            false => Err(self.error(Problem::Expected("a digit"))),
        }
    }

    /// Reads a text: where it is, and whether it has no escapes.
    #[inline]
    fn string(&mut self) -> Result<(usize, bool), JsonError> {
        self.expect(b'"', "a text")?;
        let start = self.at;
        let mut plain = true;
        loop {
            self.at = self.ends.next(self.bytes, self.at);
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    plain = false;
                    self.escape()?;
                }
                _ => return Err(self.error(Problem::Expected("an escape instead of a control character"))),
            }
        }
        let index = self.push(Kind::Text, start, self.at, plain)?;
        self.at += 1;
        Ok((index, plain))
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                let first = self.unit()?;
                if (0xDC00..0xE000).contains(&first) {
                    return Err(self.error(Problem::LoneSurrogate));
                }
                if (0xD800..0xDC00).contains(&first) {
                    let pair = self.bytes.get(self.at..).unwrap_or_default();
                    if !pair.starts_with(b"\\u") {
                        let ends = b"\\u".starts_with(pair);
                        return Err(self.error(if ends { Problem::Incomplete } else { Problem::LoneSurrogate }));
                    }
                    self.at += 1;
                    let second = self.unit()?;
                    if !(0xDC00..0xE000).contains(&second) {
                        return Err(self.error(Problem::LoneSurrogate));
                    }
                }
            }
            _ => return Err(self.error(Problem::Expected("an escape"))),
        }
        Ok(())
    }

    /// The four hexadecimal digits after the `u` that stands here.
    fn unit(&mut self) -> Result<u32, JsonError> {
        self.at += 1;
        let mut unit = 0;
        for _ in 0..4 {
            match self.peek().and_then(|byte| char::from(byte).to_digit(16)) {
                Some(digit) => unit = unit * 16 + digit,
                None => return Err(self.error(Problem::Expected("four hexadecimal digits"))),
            }
            self.at += 1;
        }
        Ok(unit)
    }

    fn list(&mut self, depth: usize) -> Result<bool, JsonError> {
        let (node, spaces) = self.enter(Kind::List, depth)?;
        let mut canonical = true;
        if self.peek() != Some(b']') {
            loop {
                canonical &= self.value(depth + 1)?;
                self.skip_whitespace();
                if self.peek() != Some(b',') {
                    break;
                }
                self.at += 1;
                self.skip_whitespace();
            }
        }
        self.expect(b']', "`,` or `]`")?;
        self.leave(node, spaces, canonical)
    }

    fn object(&mut self, depth: usize) -> Result<bool, JsonError> {
        let (node, spaces) = self.enter(Kind::Object, depth)?;
        let mine = self.tree.open.len();
        let mut canonical = true;
        if self.peek() != Some(b'}') {
            loop {
                let start = self.at + 1;
                let (name, plain) = self.string()?;
                let first = match plain {
                    true => first_bytes(self.bytes.get(start..self.at - 1).unwrap_or_default()),
                    false => first_bytes(&name_of(self.tree.nodes.get(name), self.bytes)),
                };
                canonical &= plain;
                self.tree.open.push((first, name as u32));
                self.skip_whitespace();
                self.expect(b':', "`:`")?;
                self.skip_whitespace();
                canonical &= self.value(depth + 1)?;
                self.skip_whitespace();
                if self.peek() != Some(b',') {
                    break;
                }
                self.at += 1;
                self.skip_whitespace();
            }
        }
        self.expect(b'}', "`,` or `}`")?;
        canonical &= self.sort(node, mine)?;
        self.leave(node, spaces, canonical)
    }

    fn enter(&mut self, kind: Kind, depth: usize) -> Result<(usize, usize), JsonError> {
        if depth >= JSON_DEPTH_MAX {
            return Err(self.error(Problem::TooDeep));
        }
        let node = self.push(kind, self.at, self.at, true)?;
        self.at += 1;
        let spaces = self.spaces;
        self.skip_whitespace();
        Ok((node, spaces))
    }

    fn leave(&mut self, node: usize, spaces: usize, canonical: bool) -> Result<bool, JsonError> {
        if self.at > EVENT_BYTES_MAX {
            return Err(self.error(Problem::TooLong));
        }
        let next = self.tree.nodes.len() as u32;
        if let Some(node) = self.tree.nodes.get_mut(node) {
            node.end = self.at as u32;
            node.next = next;
            node.plain = self.spaces == spaces;
            node.canonical = canonical && node.plain;
            return Ok(node.canonical);
        }
        Ok(false)
    }

    /// Puts the names of an object in order, refuses those that occur twice, and tells whether they were in order.
    fn sort(&mut self, node: usize, mine: usize) -> Result<bool, JsonError> {
        let (bytes, Tree { nodes, order, open }) = (self.bytes, &mut *self.tree);
        let names = open.get_mut(mine..).unwrap_or_default();
        let entry = order.len() as u32;
        let in_order = names.is_sorted_by(|a, b| a.0 < b.0);
        if !in_order {
            sort_names(names, nodes, bytes)?;
        }
        order.push(names.len() as u32);
        order.extend(names.iter().map(|(_, index)| *index));
        open.truncate(mine);
        if let Some(node) = nodes.get_mut(node) {
            node.order = entry;
        }
        Ok(in_order)
    }
}

/// Sorts names and refuses those that occur twice. Few begin alike: the others need not be looked at.
fn sort_names(names: &mut [(u64, u32)], nodes: &[Node], bytes: &[u8]) -> Result<(), JsonError> {
    names.sort_unstable_by_key(|(first, _)| *first);
    let name = |index: u32| name_of(nodes.get(index as usize), bytes);
    for alike in names.chunk_by_mut(|a, b| a.0 == b.0).filter(|alike| alike.len() > 1) {
        alike.sort_unstable_by(|a, b| name(a.1).cmp(&name(b.1)));
        for pair in alike.windows(2) {
            if let [(_, before), (_, after)] = pair
                && name(*before) == name(*after)
            {
                let problem = Problem::DuplicateName(String::from_utf8_lossy(&name(*after)).into_owned());
                let later = *before.max(after) as usize;
                let offset = nodes.get(later).map_or(0, |node| node.start as usize);
                return Err(JsonError { problem, offset });
            }
        }
    }
    Ok(())
}

/// The first eight bytes of a name, so that most comparisons are one of numbers.
#[inline]
fn first_bytes(name: &[u8]) -> u64 {
    match name.first_chunk::<8>() {
        Some(first) => u64::from_be_bytes(*first),
        None => name.iter().fold(0, |first, byte| first << 8 | u64::from(*byte)) << (64 - 8 * name.len().clamp(1, 8)),
    }
}

/// What a name means: names with escapes sort by that.
fn name_of<'a>(node: Option<&Node>, bytes: &'a [u8]) -> Cow<'a, [u8]> {
    let written = node.and_then(|node| bytes.get(node.start as usize..node.end as usize)).unwrap_or_default();
    match node.is_none_or(|node| node.plain) {
        true => Cow::Borrowed(written),
        false => Cow::Owned(super::value::unescape(&String::from_utf8_lossy(written)).into_bytes()),
    }
}
