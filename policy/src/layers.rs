//! Everything that has a say in a request, layer by layer.

use crate::caller::Caller;
use crate::grant::Grant;
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
    pub(crate) fn has_boundary(&self, caller: &Caller) -> Tri {
        match self.boundary {
            _ if !caller.has_iam() => Tri::False,
            Told::Absent => Tri::False,
            Told::Known(_) => Tri::True,
            Told::Unknown => Tri::Unknown,
        }
    }
}

/// The name of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Key policy or other resource-based policy.
    Resource,
    /// Identity policies.
    Identity,
    /// Permissions boundary.
    Boundary,
    /// Session policies.
    Session,
    /// Service control policies.
    Scp,
    /// Resource control policies.
    Rcp,
    /// VPC endpoint policy.
    Endpoint,
    /// Grants.
    Grant,
}

impl Layer {
    /// All layers, in the order of reports.
    pub const ALL: [Layer; 8] = [
        Layer::Scp,
        Layer::Rcp,
        Layer::Endpoint,
        Layer::Resource,
        Layer::Identity,
        Layer::Boundary,
        Layer::Session,
        Layer::Grant,
    ];

    /// The name used in JSON: `resource`, `scp`.
    pub fn name(self) -> &'static str {
        match self {
            Layer::Resource => "resource",
            Layer::Identity => "identity",
            Layer::Boundary => "boundary",
            Layer::Session => "session",
            Layer::Scp => "scp",
            Layer::Rcp => "rcp",
            Layer::Endpoint => "endpoint",
            Layer::Grant => "grant",
        }
    }

    /// What AWS calls a policy of this layer in an AccessDenied text.
    pub fn noun(self) -> &'static str {
        match self {
            Layer::Resource => "resource-based policy",
            Layer::Identity => "identity-based policy",
            Layer::Boundary => "permissions boundary",
            Layer::Session => "session policy",
            Layer::Scp => "service control policy",
            Layer::Rcp => "resource control policy",
            Layer::Endpoint => "VPC endpoint policy",
            Layer::Grant => "grant",
        }
    }
}
