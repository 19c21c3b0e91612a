//! What a statement is held against: one request, the sides of the quirks, and whether the caller has a boundary.

use crate::context::{Context, Lookup, State};
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

    pub(crate) fn lookup(&self, key: &Key) -> Lookup<'a> {
        self.read(key, self.told(key))
    }

    /// What was told under a key, if anything was, as far as the statement at hand may see it.
    #[inline(always)]
    pub(crate) fn told(&self, key: &Key) -> Option<&'a State> {
        if self.in_key_policy && key.is_iam_only() { Some(&State::Absent) } else { self.context().told(key) }
    }

    /// What the request has under a key of which this was told.
    #[inline]
    pub(crate) fn read(&self, key: &Key, told: Option<&'a State>) -> Lookup<'a> {
        match self.context().read(key, told) {
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
