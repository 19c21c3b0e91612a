//! What a statement is held against: one request, the sides of the quirks, and whether the caller has a boundary.

use crate::context::{Context, Lookup};
use crate::key::Key;
use crate::layers::{Layers, Told};
use crate::quirk::{Quirk, Quirks};
use crate::request::Request;
use crate::tri::Tri;
use crate::variable::Variable;

#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) request: &'a Request,
    pub(crate) quirks: Quirks,
    /// Whether the caller has a permissions boundary; unknown where nobody collected it.
    pub(crate) has_boundary: Tri,
}

/// What a policy variable stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resolved<'a> {
    Text(&'a str),
    Nothing,
    Unknown,
}

impl<'a> Scene<'a> {
    pub(crate) fn new(request: &'a Request, layers: &Layers<'_>, quirks: Quirks) -> Scene<'a> {
        let has_boundary = match layers.boundary {
            _ if !request.caller.has_iam() => Tri::False,
            Told::Absent => Tri::False,
            Told::Known(_) => Tri::True,
            Told::Unknown => Tri::Unknown,
        };
        Scene { request, quirks, has_boundary }
    }

    pub(crate) fn context(&self) -> &'a Context {
        &self.request.context
    }

    pub(crate) fn lookup(&self, key: &Key) -> Lookup<'a> {
        match self.context().lookup(key) {
            Lookup::One("") if self.quirks.is_other(Quirk::EmptyText) => Lookup::Absent,
            found => found,
        }
    }

    /// Single-valued keys only; a default stands in for a missing one.
    pub(crate) fn resolve(&self, variable: &'a Variable) -> Resolved<'a> {
        match self.lookup(&variable.key) {
            Lookup::One(text) => Resolved::Text(text),
            Lookup::Unknown => Resolved::Unknown,
            Lookup::Absent => match &variable.default {
                Some(default) => Resolved::Text(default),
                None => Resolved::Nothing,
            },
            Lookup::Many(_) => Resolved::Nothing,
        }
    }
}
