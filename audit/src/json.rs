//! Strict JSON without a copy: a [`Tree`] of places inside a text, and the [`Value`]s that look through it.
//!
//! Stricter than [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259) asks, because an event must mean one thing to
//! every reader: a name that occurs twice in one object and a lone surrogate are errors. Numbers keep their text.
//! While it reads, the tree sorts the names of each object by their UTF-8 bytes; the canonical form and the lookup
//! of columns both walk that order and never sort again.

mod canonical;
mod ends;
mod read;
#[cfg(test)]
mod tests;
mod value;

pub(crate) use canonical::write_string;
pub use value::{Kind, Value};

/// Where the values of one text stand. Reading again into the same tree keeps its memory.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    nodes: Vec<Node>,
    /// For each object: how many members it has, then the nodes of their names, sorted.
    order: Vec<u32>,
    /// Names of the objects that are still open: first eight bytes, node.
    open: Vec<(u64, u32)>,
}

/// One value, or the name of a member (which its value follows).
#[derive(Debug, Clone, Copy)]
struct Node {
    /// First byte; of a text, the first after its quote.
    start: u32,
    /// One past the last byte; of a text, its closing quote.
    end: u32,
    /// The node after this one and everything inside it.
    next: u32,
    /// Of an object: where its entry in `order` begins.
    order: u32,
    kind: Kind,
    /// Of a text: it has no escapes. Of a list or object: there is no whitespace inside.
    plain: bool,
    /// It is written as its canonical form is.
    canonical: bool,
}

/// Why a text is not the JSON that an event may be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at byte {offset}")]
pub struct JsonError {
    /// What is wrong.
    pub problem: Problem,
    /// Where, in bytes from the start of the text.
    pub offset: usize,
}

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It ends too early; with more of it, it may be fine.
    #[error("the text ends inside a value")]
    Incomplete,
    /// It is not JSON.
    #[error("expected {0}")]
    Expected(&'static str),
    /// An object has one name twice.
    #[error("the name `{0}` occurs twice in one object")]
    DuplicateName(String),
    /// Half of a UTF-16 pair.
    #[error("a lone surrogate is no character")]
    LoneSurrogate,
    /// Too many levels.
    #[error("nested deeper than {} levels", crate::limits::JSON_DEPTH_MAX)]
    TooDeep,
    /// Too long.
    #[error("longer than {} bytes", crate::limits::EVENT_BYTES_MAX)]
    TooLong,
    /// A number whose exponent nobody can mean.
    #[error("a number with an exponent beyond {}", crate::limits::NUMBER_EXPONENT_MAX)]
    Exponent,
}

impl Tree {
    /// Reads the one value that `text` holds; anything but whitespace around it is an error.
    pub fn read<'a>(&'a mut self, text: &'a str) -> Result<Value<'a>, JsonError> {
        let end = self.read_prefix(text)?;
        match text.get(end..).is_none_or(str::is_empty) {
            true => Ok(self.value(text)),
            false => Err(JsonError { problem: Problem::Expected("the end of the text"), offset: end }),
        }
    }

    /// Reads the value at the start of `text` and returns where the text goes on after it, whitespace skipped.
    /// [`Tree::value`] with the same text then looks at it.
    pub fn read_prefix(&mut self, text: &str) -> Result<usize, JsonError> {
        read::read(self, text.as_bytes())
    }

    /// The same for bytes that the caller knows to be UTF-8.
    pub(crate) fn read_prefix_bytes(&mut self, utf8: &[u8]) -> Result<usize, JsonError> {
        read::read(self, utf8)
    }

    /// The value that was read last. `text` must be the text that it was read from.
    pub fn value<'a>(&'a self, text: &'a str) -> Value<'a> {
        Value::root(self, text)
    }
}
