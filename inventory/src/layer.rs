//! The layers of a request, owned, and what becomes of a decision when some of them are incomplete.

use std::sync::Arc;

use wardbook_policy::decide::{Decision, Verdict, decide};
use wardbook_policy::explain::{Explanation, explain};
use wardbook_policy::grant::Grant;
use wardbook_policy::layers::{Layers, Told};
use wardbook_policy::policy::Policy;
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;

/// What was collected of one layer; cheap to clone.
#[derive(Debug, Clone, Default)]
pub enum Collected<T> {
    /// There is no such layer.
    #[default]
    Absent,
    /// All of it.
    Known(Arc<[T]>),
    /// Part of it: there is more, which nobody collected.
    Incomplete(Arc<[T]>),
    /// There may be such a layer, but nobody collected it.
    Unknown,
}

impl<T> Collected<T> {
    /// All of the layer.
    pub fn known(items: Vec<T>) -> Collected<T> {
        Collected::Known(items.into())
    }

    /// The collected part.
    pub fn items(&self) -> &[T] {
        match self {
            Collected::Known(items) | Collected::Incomplete(items) => items,
            Collected::Absent | Collected::Unknown => &[],
        }
    }

    /// The part of the layer of which something holds.
    pub(crate) fn filtered(&self, holds: impl Fn(&T) -> bool) -> Collected<T>
    where
        T: Clone,
    {
        let some = |items: &Arc<[T]>| items.iter().filter(|item| holds(item)).cloned().collect();
        match self {
            Collected::Known(items) => Collected::Known(some(items)),
            Collected::Incomplete(items) => Collected::Incomplete(some(items)),
            Collected::Absent => Collected::Absent,
            Collected::Unknown => Collected::Unknown,
        }
    }

    /// Whether part of the layer was not collected.
    pub fn is_incomplete(&self) -> bool {
        matches!(self, Collected::Incomplete(_))
    }

    /// The layer as `decide` takes it; an incomplete one counts as not collected.
    fn lend(&self) -> Told<'_, T> {
        match self {
            Collected::Absent => Told::Absent,
            Collected::Known(items) => Told::Known(items),
            Collected::Incomplete(_) | Collected::Unknown => Told::Unknown,
        }
    }

    /// The layer as if what was collected were all there is.
    fn lend_collected(&self) -> Told<'_, T> {
        match self {
            Collected::Incomplete(items) => Told::Known(items),
            _ => self.lend(),
        }
    }
}

/// Everything that has a say in a request. The fields are those of [`Layers`].
#[derive(Debug, Clone, Default)]
pub struct OwnedLayers {
    /// The resource's own policy.
    pub resource: Collected<Policy>,
    /// Identity policies of the caller, those of its groups included.
    pub identity: Collected<Policy>,
    /// The permissions boundary.
    pub boundary: Collected<Policy>,
    /// The session policies.
    pub session: Collected<Policy>,
    /// Service control policies, one list per level, root first.
    pub scps: Collected<Vec<Policy>>,
    /// Resource control policies, one list per level, root first.
    pub rcps: Collected<Vec<Policy>>,
    /// The policy of the VPC endpoint.
    pub endpoint: Collected<Policy>,
    /// The grants of the key.
    pub grants: Collected<Grant>,
}

impl OwnedLayers {
    /// The layers as `decide` takes them. A layer of which a part is missing is lent as not
    /// collected, so that nothing is allowed by what may be denied by the missing part; to let the
    /// collected part count where it settles the matter, see [`OwnedLayers::decide`].
    pub fn lend(&self) -> Layers<'_> {
        Layers {
            resource: self.resource.lend(),
            identity: self.identity.lend(),
            boundary: self.boundary.lend(),
            session: self.session.lend(),
            scps: self.scps.lend(),
            rcps: self.rcps.lend(),
            endpoint: self.endpoint.lend(),
            grants: self.grants.lend(),
        }
    }

    /// The layers as if what was collected were all there is, for explanations.
    pub fn lend_collected(&self) -> Layers<'_> {
        Layers {
            resource: self.resource.lend_collected(),
            identity: self.identity.lend_collected(),
            boundary: self.boundary.lend_collected(),
            session: self.session.lend_collected(),
            scps: self.scps.lend_collected(),
            rcps: self.rcps.lend_collected(),
            endpoint: self.endpoint.lend_collected(),
            grants: self.grants.lend_collected(),
        }
    }

    /// Whether part of some layer was not collected.
    pub fn is_incomplete(&self) -> bool {
        self.resource.is_incomplete()
            || self.identity.is_incomplete()
            || self.boundary.is_incomplete()
            || self.session.is_incomplete()
            || self.scps.is_incomplete()
            || self.rcps.is_incomplete()
            || self.endpoint.is_incomplete()
            || self.grants.is_incomplete()
    }

    /// The layers on which the answer to a request rests.
    ///
    /// A Deny that applies stands, since no further document undoes it. Otherwise an incomplete
    /// layer counts as not collected: an Allow stands where the missing part could not deny (a
    /// missing grant cannot), a denial stands where the missing part could not allow, and
    /// everything else is unknown.
    pub fn bearing_on(&self, request: &Request, quirks: Quirks) -> Layers<'_> {
        if self.is_incomplete() {
            let collected = self.lend_collected();
            if decide(request, &collected, quirks).verdict() == Verdict::ExplicitDeny {
                return collected;
            }
            let with_grants = Layers { grants: self.grants.lend_collected(), ..self.lend() };
            if decide(request, &with_grants, quirks).verdict() == Verdict::Allow {
                return with_grants;
            }
        }
        self.lend()
    }

    /// Decides a request on what was collected; see [`OwnedLayers::bearing_on`].
    pub fn decide<'a>(&'a self, request: &'a Request, quirks: Quirks) -> Decision<'a> {
        decide(request, &self.bearing_on(request, quirks), quirks)
    }

    /// Decides a request on what was collected, and keeps the walk.
    pub fn explain<'a>(&'a self, request: &'a Request, quirks: Quirks) -> Explanation<'a> {
        explain(request, &self.bearing_on(request, quirks), quirks)
    }
}
