//! Looking through a tree: what a value is, what it holds, and the same text without whitespace.

use std::borrow::Cow;
use std::ops::Range;

use super::{Node, Tree};

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `false`
    False,
    /// `true`
    True,
    /// A number.
    Number,
    /// A text.
    Text,
    /// A list.
    List,
    /// An object.
    Object,
}

/// A value inside a text: two references and a place, cheap to copy.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    tree: &'a Tree,
    text: &'a str,
    index: u32,
}

impl<'a> Value<'a> {
    pub(super) fn root(tree: &'a Tree, text: &'a str) -> Self {
        Self { tree, text, index: 0 }
    }

    #[inline]
    fn node(&self) -> Option<&'a Node> {
        self.tree.nodes.get(self.index as usize)
    }

    /// What it is.
    #[inline]
    pub fn kind(&self) -> Kind {
        self.node().map_or(Kind::Null, |node| node.kind)
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        self.kind() == Kind::Null
    }

    /// The text, escapes resolved, if it is one.
    pub fn as_text(&self) -> Option<Cow<'a, str>> {
        (self.kind() == Kind::Text).then(|| self.text_value())
    }

    /// The truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.kind() {
            Kind::True => Some(true),
            Kind::False => Some(false),
            _ => None,
        }
    }

    /// The number as it was written, if it is one.
    pub fn as_number(&self) -> Option<&'a str> {
        (self.kind() == Kind::Number).then(|| self.written())
    }

    /// The text as it was written; of a [`Kind::Text`] without its quotes.
    #[inline]
    pub fn written(&self) -> &'a str {
        self.node().and_then(|node| self.text.get(node.start as usize..node.end as usize)).unwrap_or_default()
    }

    /// The text as it was written, with quotes around a [`Kind::Text`].
    fn span(&self) -> &'a str {
        self.place().and_then(|span| self.text.get(span)).unwrap_or_default()
    }

    /// The bytes of that.
    #[inline]
    pub(super) fn span_bytes(&self) -> &'a [u8] {
        self.place().and_then(|span| self.text.as_bytes().get(span)).unwrap_or_default()
    }

    #[inline]
    fn place(&self) -> Option<Range<usize>> {
        self.node().map(|node| match node.kind {
            Kind::Text => (node.start as usize).wrapping_sub(1)..node.end as usize + 1,
            _ => node.start as usize..node.end as usize,
        })
    }

    /// The bytes of a text without escapes, which are those that it means.
    #[inline]
    pub(crate) fn plain_bytes(&self) -> Option<&'a [u8]> {
        let node = self.node().filter(|node| node.kind == Kind::Text && node.plain)?;
        self.text.as_bytes().get(node.start as usize..node.end as usize)
    }

    /// The bytes from the quote of this name to the end of its value, if nothing but a colon is between them.
    #[inline]
    pub(super) fn pair(&self, value: &Value<'a>) -> Option<&'a [u8]> {
        let (name, value) = (self.node()?, value.node()?);
        let is_text = u32::from(value.kind == Kind::Text);
        let whole = (name.start as usize).wrapping_sub(1)..(value.end + is_text) as usize;
        (value.start - is_text == name.end + 2).then(|| self.text.as_bytes().get(whole))?
    }

    #[inline]
    pub(crate) fn text_value(&self) -> Cow<'a, str> {
        text_of(self.node(), self.text)
    }

    /// Whether a text has no escapes, or a list or object no whitespace inside.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        self.node().is_some_and(|node| node.plain)
    }

    /// Whether it is written as its canonical form is.
    #[inline]
    pub(super) fn is_canonical(&self) -> bool {
        self.node().is_some_and(|node| node.canonical)
    }

    /// The elements of a list, else none.
    pub fn elements(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let (tree, text) = (self.tree, self.text);
        let (mut next, end) = self.inside(Kind::List);
        std::iter::from_fn(move || {
            let value = (next < end).then_some(Value { tree, text, index: next })?;
            next = value.node()?.next;
            Some(value)
        })
    }

    /// Names and values of an object in the order of the text, else none.
    pub fn members(&self) -> impl Iterator<Item = (Cow<'a, str>, Value<'a>)> + use<'a> {
        self.names().map(|(name, value)| (name.text_value(), value))
    }

    /// Names as values, so that their spelling can be had, and their values, in the order of the text.
    pub(crate) fn names(&self) -> impl Iterator<Item = (Value<'a>, Value<'a>)> + use<'a> {
        let (tree, text) = (self.tree, self.text);
        let (mut next, end) = self.inside(Kind::Object);
        std::iter::from_fn(move || {
            let name = (next < end).then_some(Value { tree, text, index: next })?;
            let value = Value { tree, text, index: next + 1 };
            next = value.node()?.next;
            Some((name, value))
        })
    }

    /// Names and values of an object, sorted by the bytes of the names, else none.
    pub fn sorted_members(&self) -> impl Iterator<Item = (Cow<'a, str>, Value<'a>)> + use<'a> {
        self.sorted_names().map(|(name, value)| (name.text_value(), value))
    }

    /// Names as values, so that their spelling can be had, and their values, sorted.
    pub(crate) fn sorted_names(&self) -> impl Iterator<Item = (Value<'a>, Value<'a>)> + use<'a> {
        let (tree, text) = (self.tree, self.text);
        let entry = self.node().filter(|node| node.kind == Kind::Object);
        let names = entry.and_then(|node| tree.order.get(node.order as usize..)).and_then(|order| {
            let (count, names) = order.split_first()?;
            names.get(..*count as usize)
        });
        names
            .unwrap_or_default()
            .iter()
            .map(move |index| (Value { tree, text, index: *index }, Value { tree, text, index: *index + 1 }))
    }

    /// The member of that exact name, if it is an object that has it.
    pub fn member(&self, name: &str) -> Option<Value<'a>> {
        self.members().find(|(theirs, _)| theirs == name).map(|(_, value)| value)
    }

    /// The value that the names lead to, one object inside the other.
    pub fn path(&self, names: &[&str]) -> Option<Value<'a>> {
        names.iter().try_fold(*self, |value, name| value.member(name))
    }

    /// The text of a member, if it is one.
    pub fn text_member(&self, name: &str) -> Option<Cow<'a, str>> {
        self.member(name)?.as_text()
    }

    fn inside(&self, kind: Kind) -> (u32, u32) {
        match self.node() {
            Some(node) if node.kind == kind => (self.index + 1, node.next),
            _ => (0, 0),
        }
    }

    /// Writes the value as it was written, without the whitespace between its parts.
    pub fn write_compact(&self, out: &mut String) {
        match self.kind() {
            Kind::List | Kind::Object if self.is_plain() => out.push_str(self.written()),
            Kind::List => {
                let mut separator = '[';
                for element in self.elements() {
                    out.push(std::mem::replace(&mut separator, ','));
                    element.write_compact(out);
                }
                out.push_str(if separator == '[' { "[]" } else { "]" });
            }
            Kind::Object => {
                let (mut next, end) = self.inside(Kind::Object);
                let mut separator = '{';
                while next < end {
                    let (name, value) = (Value { index: next, ..*self }, Value { index: next + 1, ..*self });
                    out.push(std::mem::replace(&mut separator, ','));
                    name.write_compact(out);
                    out.push(':');
                    value.write_compact(out);
                    next = value.node().map_or(end, |node| node.next);
                }
                out.push_str(if separator == '{' { "{}" } else { "}" });
            }
            _ => out.push_str(self.span()),
        }
    }

    /// The value as it was written, without the whitespace between its parts.
    pub fn compact(&self) -> Cow<'a, str> {
        match self.kind() {
            Kind::List | Kind::Object if !self.is_plain() => {
                let mut out = String::with_capacity(self.written().len());
                self.write_compact(&mut out);
                Cow::Owned(out)
            }
            _ => Cow::Borrowed(self.span()),
        }
    }
}

impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.compact())
    }
}

/// Equal as JSON: order of names, spelling of numbers and escapes do not matter.
impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.canonical() == other.canonical()
    }
}

#[inline]
pub(super) fn text_of<'a>(node: Option<&Node>, text: &'a str) -> Cow<'a, str> {
    let Some(node) = node.filter(|node| node.kind == Kind::Text) else { return Cow::Borrowed("") };
    let written = text.get(node.start as usize..node.end as usize).unwrap_or_default();
    match node.plain {
        true => Cow::Borrowed(written),
        false => Cow::Owned(unescape(written)),
    }
}

/// Resolves escapes that the reader has found to be well formed.
pub(super) fn unescape(written: &str) -> String {
    let mut text = String::with_capacity(written.len());
    let mut rest = written;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        let mut letters = after.chars();
        match letters.next() {
            Some('b') => text.push('\u{8}'),
            Some('f') => text.push('\u{c}'),
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some('u') => {
                let unit = |at: usize| after.get(at..at + 4).and_then(|digits| u16::from_str_radix(digits, 16).ok());
                let first = unit(1).unwrap_or_default();
                let units = match (0xD800..0xDC00).contains(&first) {
                    true => vec![first, unit(7).unwrap_or_default()],
                    false => vec![first],
                };
                text.extend(char::decode_utf16(units.iter().copied()).filter_map(Result::ok));
                rest = after.get(units.len() * 6 - 1..).unwrap_or_default();
                continue;
            }
            Some(itself) => text.push(itself),
            None => {}
        }
        rest = letters.as_str();
    }
    text.push_str(rest);
    text
}
