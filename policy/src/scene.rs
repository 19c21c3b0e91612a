//! What a statement is held against: one request, the sides of the quirks, and whether the caller has a boundary.

use crate::context::{Context, Lookup};
use crate::key::Key;
use crate::layer::Layer;
use crate::quirk::{Quirk, Quirks};
use crate::request::{Request, ResourceRule};
use crate::tri::Tri;
use crate::variable::Variable;

#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) request: &'a Request,
    pub(crate) quirks: Quirks,
    /// Whether the caller has a permissions boundary; unknown where nobody collected it.
    pub(crate) has_boundary: Tri,
    /// Whether the statement at hand is of a key policy, which does not have every key.
    pub(crate) in_key_policy: bool,
}

/// What a policy variable stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resolved<'a> {
    Text(&'a str),
    Nothing,
    Unknown,
}

impl<'a> Scene<'a> {
    /// The same scene for the statements of one layer.
    pub(crate) fn on(&self, layer: Layer) -> Scene<'a> {
        let in_key_policy = layer == Layer::Resource && self.request.rule == ResourceRule::KmsKey;
        Scene { in_key_policy, ..*self }
    }

    pub(crate) fn context(&self) -> &'a Context {
        &self.request.context
    }

    #[inline]
    pub(crate) fn lookup(&self, key: &Key) -> Lookup<'a> {
        if self.in_key_policy && key.is_iam_only() {
            return Lookup::Absent;
        }
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
