//! Everything that has a say in a request, layer by layer.

use crate::caller::Caller;
use crate::grant::Grant;
pub use crate::layer::Layer;
use crate::policy::Policy;
use crate::tri::Tri;

/// A layer of policies or grants: not there, there, or there but not collected.
#[derive(Debug, Default)]
pub enum Told<'a, T> {
    /// There is no such layer, so it limits nothing and allows nothing.
    #[default]
    Absent,
    /// These, and no others. An empty layer allows nothing.
    Known(&'a [T]),
    /// There may be such a layer, but nobody collected it.
    Unknown,
}

impl<T> Copy for Told<'_, T> {}

impl<T> Clone for Told<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<'a, T> Told<'a, T> {
    /// Whether there is such a layer, or may be.
    #[inline]
    pub(crate) fn is_there(self) -> bool {
        !matches!(self, Told::Absent)
    }

    pub(crate) fn items(self) -> &'a [T] {
        match self {
            Told::Known(items) => items,
            Told::Absent | Told::Unknown => &[],
        }
    }
}

/// The policies and grants that bear on a request.
#[derive(Debug, Clone, Copy, Default)]
pub struct Layers<'a> {
    /// The resource's own policy: a key policy (two where a key is shared by RAM), a bucket policy, a trust policy.
    pub resource: Told<'a, Policy>,
    /// Identity policies of the caller, those of its groups included.
    pub identity: Told<'a, Policy>,
    /// The permissions boundary.
    pub boundary: Told<'a, Policy>,
    /// The session policies.
    pub session: Told<'a, Policy>,
    /// Service control policies of the caller's tree, one list per level, root first.
    pub scps: Told<'a, Vec<Policy>>,
    /// Resource control policies of the resource's tree, one list per level, root first.
    pub rcps: Told<'a, Vec<Policy>>,
    /// The policy of the VPC endpoint through which the request came.
    pub endpoint: Told<'a, Policy>,
    /// The grants of the key.
    pub grants: Told<'a, Grant>,
}

impl Layers<'_> {
    /// Whether the caller has a permissions boundary; unknown where nobody collected it.
    #[inline]
    pub(crate) fn has_boundary(&self, caller: &Caller) -> Tri {
        match self.boundary {
            Told::Absent => Tri::False,
            _ if !caller.has_iam() => Tri::False,
            Told::Known(_) => Tri::True,
            Told::Unknown => Tri::Unknown,
        }
    }
}
