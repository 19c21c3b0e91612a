//! The names of the layers that have a say in a request.

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
