//! Where an expression stands: its file, its module, and the names that only hold there.

use wardbook_policy::span::Span;

use super::value::Val;
use super::written::Base;

/// The surroundings of an expression.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At<'s> {
    /// Where the text of the expression's file stands in the joined text.
    pub(crate) base: Base<'s>,
    /// The module, by its number in the tree.
    pub(crate) module: usize,
    /// `each`, `count` and the names of `for`.
    pub(crate) frame: Option<&'s Frame<'s>>,
}

/// A name that holds in part of an expression only.
#[derive(Debug)]
pub(crate) struct Frame<'s> {
    pub(crate) name: &'s str,
    pub(crate) value: &'s Val,
    pub(crate) outer: Option<&'s Frame<'s>>,
}

impl<'s> At<'s> {
    /// The same place with one more name.
    pub(crate) fn with(self, frame: &'s Frame<'s>) -> At<'s> {
        At { frame: Some(frame), ..self }
    }

    pub(crate) fn find(&self, name: &str) -> Option<&'s Val> {
        let mut frame = self.frame;
        while let Some(current) = frame {
            if current.name == name {
                return Some(current.value);
            }
            frame = current.outer;
        }
        None
    }

    /// A span of the file as one of the joined text.
    pub(crate) fn span(&self, span: Option<std::ops::Range<usize>>) -> Span {
        self.base.span(span)
    }
}
