//! A Terraform value that knows where it was written, and what of it is not known before apply.

use std::rc::Rc;

use wardbook_policy::span::Span;

use super::text::{CLOSE, OPEN, Text};
use crate::limits::TERRAFORM_VALUE_DEPTH_MAX;

/// A value, cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Val {
    /// Where it was written, in the joined text of its module's files.
    pub(crate) span: Span,
    pub(crate) kind: Kind,
    /// How deeply lists and objects nest inside, so that nobody builds a tree that cannot be walked.
    depth: u16,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Number(Rc<str>),
    Text(Rc<Text>),
    List(Rc<[Val]>),
    Object(Rc<[Entry]>),
    /// A resource, a data source or a module: its attributes are found when they are asked for.
    Handle(Rc<Handle>),
    Unknown(Symbol),
}

/// Something with an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Handle {
    /// Which module of the tree it stands in, or which one it is.
    pub(crate) module: usize,
    /// `aws_kms_key.main`, `data.aws_region.current`; empty for the module itself.
    pub(crate) address: Rc<str>,
    /// `[0]`, `["eu"]`, or nothing.
    pub(crate) instance: Rc<str>,
}

/// A name and its value in an object.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) name: Rc<str>,
    pub(crate) name_span: Span,
    pub(crate) value: Val,
}

/// A value that nobody knows before apply, by the expression that will give it. Two symbols of the
/// same name are the same value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Symbol {
    pub(crate) name: Rc<str>,
    /// In a list: any number of elements, not one.
    pub(crate) many: bool,
}

impl Symbol {
    pub(crate) fn new(name: impl Into<Rc<str>>) -> Symbol {
        Symbol { name: name.into(), many: false }
    }
}

impl Val {
    pub(crate) fn null(span: Span) -> Val {
        Val { span, kind: Kind::Null, depth: 0 }
    }

    pub(crate) fn bool(span: Span, told: bool) -> Val {
        Val { span, kind: Kind::Bool(told), depth: 0 }
    }

    pub(crate) fn number(span: Span, digits: impl Into<Rc<str>>) -> Val {
        Val { span, kind: Kind::Number(digits.into()), depth: 0 }
    }

    pub(crate) fn text(span: Span, text: impl Into<Text>) -> Val {
        Val { span, kind: Kind::Text(Rc::new(text.into())), depth: 0 }
    }

    pub(crate) fn unknown(span: Span, name: impl Into<Rc<str>>) -> Val {
        Val { span, kind: Kind::Unknown(Symbol::new(name)), depth: 0 }
    }

    pub(crate) fn handle(span: Span, handle: Handle) -> Val {
        Val { span, kind: Kind::Handle(Rc::new(handle)), depth: 0 }
    }

    pub(crate) fn symbol(span: Span, symbol: Symbol) -> Val {
        Val { span, kind: Kind::Unknown(symbol), depth: 0 }
    }

    /// A list; one that nests too deeply is not known.
    pub(crate) fn list(span: Span, items: Vec<Val>) -> Val {
        match depth_over(items.iter()) {
            Some(depth) => Val { span, kind: Kind::List(items.into()), depth },
            None => Val::unknown(span, TOO_DEEP),
        }
    }

    /// An object; of two members of one name the later counts, as in Terraform.
    pub(crate) fn object(span: Span, entries: Vec<Entry>) -> Val {
        let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
        let mut places: std::collections::HashMap<Rc<str>, usize> = std::collections::HashMap::new();
        for entry in entries {
            match places.get(&entry.name).and_then(|place| kept.get_mut(*place)) {
                Some(earlier) => *earlier = entry,
                None => {
                    places.insert(entry.name.clone(), kept.len());
                    kept.push(entry);
                }
            }
        }
        match depth_over(kept.iter().map(|entry| &entry.value)) {
            Some(depth) => Val { span, kind: Kind::Object(kept.into()), depth },
            None => Val::unknown(span, TOO_DEEP),
        }
    }

    /// The same value, as if written elsewhere.
    pub(crate) fn at(mut self, span: Span) -> Val {
        self.span = span;
        self
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    /// Whether the value itself is not known; its parts may still not be.
    pub(crate) fn as_symbol(&self) -> Option<&Symbol> {
        match &self.kind {
            Kind::Unknown(symbol) => Some(symbol),
            _ => None,
        }
    }

    pub(crate) fn as_text(&self) -> Option<&Text> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text, if all of it is known; numbers and booleans are their text, as Terraform converts them.
    pub(crate) fn plain(&self) -> Option<Rc<str>> {
        match &self.kind {
            Kind::Text(text) => text.plain(),
            Kind::Number(digits) => Some(digits.clone()),
            Kind::Bool(told) => Some(if *told { "true" } else { "false" }.into()),
            _ => None,
        }
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        match &self.kind {
            Kind::Bool(told) => Some(*told),
            Kind::Text(text) => match text.plain().as_deref() {
                Some("true") => Some(true),
                Some("false") => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    pub(crate) fn as_whole_number(&self) -> Option<i64> {
        self.plain()?.parse().ok()
    }

    pub(crate) fn as_list(&self) -> Option<&[Val]> {
        match &self.kind {
            Kind::List(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn as_object(&self) -> Option<&[Entry]> {
        match &self.kind {
            Kind::Object(entries) => Some(entries),
            _ => None,
        }
    }

    /// The member of that name, null or not.
    pub(crate) fn member(&self, name: &str) -> Option<&Val> {
        self.as_object()?.iter().find(|entry| &*entry.name == name).map(|entry| &entry.value)
    }

    /// The member of that name, unless it is null, which in Terraform means not given.
    pub(crate) fn given(&self, name: &str) -> Option<&Val> {
        self.member(name).filter(|value| !value.is_null())
    }

    /// Whether every part of the value is known.
    pub(crate) fn is_whole(&self) -> bool {
        match &self.kind {
            Kind::Null | Kind::Bool(_) | Kind::Number(_) => true,
            Kind::Text(text) => text.is_whole(),
            Kind::List(items) => items.iter().all(Val::is_whole),
            Kind::Object(entries) => entries.iter().all(|entry| entry.value.is_whole()),
            Kind::Handle(_) | Kind::Unknown(_) => false,
        }
    }

    /// Whether a list may have more elements than it shows.
    pub(crate) fn is_open(&self) -> bool {
        self.as_list().is_some_and(|items| items.iter().any(|item| item.as_symbol().is_some_and(|symbol| symbol.many)))
    }

    /// A value that stands for any number of elements of an unknown list.
    pub(crate) fn many(&self) -> Option<Val> {
        let symbol = self.as_symbol()?;
        Some(Val::symbol(self.span, Symbol { many: true, ..symbol.clone() }))
    }

    /// Whether two values are equal: `None` if that is not known.
    pub(crate) fn equals(&self, other: &Val) -> Option<bool> {
        match (&self.kind, &other.kind) {
            (Kind::Unknown(a), Kind::Unknown(b)) if a == b && !a.many => Some(true),
            (Kind::Handle(a), Kind::Handle(b)) if a == b => Some(true),
            (Kind::Handle(_), _) | (_, Kind::Handle(_)) => None,
            (Kind::Unknown(_), _) | (_, Kind::Unknown(_)) => None,
            (Kind::Null, Kind::Null) => Some(true),
            (Kind::Bool(a), Kind::Bool(b)) => Some(a == b),
            (Kind::Number(a), Kind::Number(b)) => Some(a == b || a.parse::<f64>().ok()? == b.parse::<f64>().ok()?),
            (Kind::Text(a), Kind::Text(b)) => match (a.plain(), b.plain()) {
                (Some(a), Some(b)) => Some(a == b),
                _ => (a.key() == b.key()).then_some(true),
            },
            (Kind::List(_), Kind::List(_)) if self.is_open() || other.is_open() => None,
            (Kind::List(a), Kind::List(b)) => {
                if a.len() != b.len() {
                    return Some(false);
                }
                all(a.iter().zip(b.iter()).map(|(a, b)| a.equals(b)))
            }
            (Kind::Object(a), Kind::Object(b)) => {
                if a.len() != b.len() {
                    return Some(false);
                }
                all(a.iter().map(|entry| match other.member(&entry.name) {
                    Some(found) => entry.value.equals(found),
                    None => Some(false),
                }))
            }
            _ => Some(false),
        }
    }

    /// The value as the name of a member, symbols marked as in [`Text::key`].
    pub(crate) fn name(&self) -> Rc<str> {
        match (self.plain(), &self.kind) {
            (Some(name), _) => name,
            (None, Kind::Text(text)) => text.key().into(),
            (None, _) => {
                let mut name = String::from(OPEN);
                self.describe(&mut name);
                name.push_str(CLOSE);
                name.into()
            }
        }
    }

    /// The value in a few words, for the names of symbols and for messages.
    pub(crate) fn describe(&self, out: &mut String) {
        if out.len() > DESCRIPTION_BYTES_MAX {
            return;
        }
        match &self.kind {
            Kind::Null => out.push_str("null"),
            Kind::Bool(told) => out.push_str(if *told { "true" } else { "false" }),
            Kind::Number(digits) => out.push_str(digits),
            Kind::Text(text) => {
                out.push('"');
                out.push_str(&text.shown());
                out.push('"');
            }
            Kind::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push_str(", ");
                    }
                    item.describe(out);
                }
                out.push(']');
            }
            Kind::Object(entries) => {
                out.push('{');
                for (index, entry) in entries.iter().enumerate() {
                    if index > 0 {
                        out.push_str(", ");
                    }
                    out.push_str(&entry.name);
                    out.push_str(" = ");
                    entry.value.describe(out);
                }
                out.push('}');
            }
            Kind::Handle(handle) => {
                out.push_str(&handle.address);
                out.push_str(&handle.instance);
            }
            Kind::Unknown(symbol) => out.push_str(&symbol.name),
        }
    }
}

/// What a symbol that would nest too deeply is called.
pub(crate) const TOO_DEEP: &str = "a value that nests too deeply";

/// Descriptions longer than this are not continued.
const DESCRIPTION_BYTES_MAX: usize = 400;

fn depth_over<'v>(inside: impl Iterator<Item = &'v Val>) -> Option<u16> {
    let depth = inside.map(|value| value.depth).max().unwrap_or_default() + 1;
    (depth <= TERRAFORM_VALUE_DEPTH_MAX).then_some(depth)
}

/// Whether all hold: `None` if that turns on one that is not known.
fn all(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut sum = Some(true);
    for answer in answers {
        match answer {
            Some(true) => {}
            Some(false) => return Some(false),
            None => sum = None,
        }
    }
    sum
}
