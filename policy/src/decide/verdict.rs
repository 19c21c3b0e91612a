//! What a decision says, and what settled it.

use crate::grant::Grant;
use crate::key::Key;
use crate::layers::Layer;
use crate::policy::Policy;
use crate::statement::Statement;

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The request is allowed.
    Allow,
    /// Nothing denies it, and some layer that must allow it stayed silent.
    ImplicitDeny,
    /// A statement denies it.
    ExplicitDeny,
    /// It turns on something that is not known.
    Unknown,
}

impl Verdict {
    /// The word used in case files and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Allow => "allow",
            Verdict::ImplicitDeny => "implicit-deny",
            Verdict::ExplicitDeny => "explicit-deny",
            Verdict::Unknown => "unknown",
        }
    }

    /// The answer to a question that is several requests, all of which must be allowed:
    /// one that is denied denies the whole, explicitly if any is denied explicitly.
    pub fn together(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
        let weight = |verdict: &Verdict| match verdict {
            Verdict::Allow => 0,
            Verdict::Unknown => 1,
            Verdict::ImplicitDeny => 2,
            Verdict::ExplicitDeny => 3,
        };
        verdicts.into_iter().max_by_key(weight).unwrap_or(Verdict::ImplicitDeny)
    }
}

/// An answer and what settled it.
#[derive(Debug, Clone)]
pub struct Decision<'a> {
    verdict: Verdict,
    reason: Reason<'a>,
}

impl<'a> Decision<'a> {
    pub(crate) fn new(verdict: Verdict, reason: Reason<'a>) -> Decision<'a> {
        Decision { verdict, reason }
    }

    /// The answer.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// What settled it.
    pub fn reason(&self) -> &Reason<'a> {
        &self.reason
    }
}

/// A statement, with the layer and policy it belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Cited<'a> {
    /// The layer.
    pub layer: Layer,
    /// The policy.
    pub policy: &'a Policy,
    /// The statement.
    pub statement: &'a Statement,
}

/// What settled a decision.
#[derive(Debug, Clone)]
pub enum Reason<'a> {
    /// Allowed by these.
    AllowedBy {
        /// The statement of the resource's policy that allows, or that delegates to IAM.
        resource: Option<Cited<'a>>,
        /// The identity statement that allows.
        identity: Option<Cited<'a>>,
        /// The grant that permits.
        grant: Option<&'a Grant>,
    },
    /// Denied by this statement.
    DeniedBy(Cited<'a>),
    /// A layer that must allow stayed silent.
    Silent(Silence),
    /// It turns on these.
    TurnsOn {
        /// Condition keys whose values would settle it.
        keys: Vec<&'a Key>,
        /// Layers whose documents nobody collected.
        documents: Vec<Layer>,
        /// Parts that a template leaves open, as [symbols](crate::symbol).
        symbols: Vec<Box<str>>,
    },
}

/// Which layer stayed silent, or which rule says no without any statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Silence {
    /// No service control policy of this level (root is 1) allows.
    Scp(usize),
    /// No resource control policy of this level (root is 1) allows.
    Rcp(usize),
    /// The VPC endpoint's policy does not allow.
    Endpoint,
    /// There is no key policy, and nobody has access to a key without one or a grant.
    NoKeyPolicy,
    /// The resource's policy neither names the caller nor, where that is needed, its account.
    Resource,
    /// No identity policy allows.
    Identity,
    /// The permissions boundary does not allow.
    Boundary,
    /// No session policy allows.
    Session,
    /// The KMS operation does not work across accounts, whatever the policies say.
    OtherAccount,
    /// KMS answers no unsigned requests.
    Anonymous,
    /// The caller is neither the retiring principal, nor a grantee who may retire, nor of the issuing account.
    Retire,
}

impl Silence {
    /// The layer that stayed silent.
    pub fn layer(self) -> Layer {
        match self {
            Silence::Scp(_) => Layer::Scp,
            Silence::Rcp(_) => Layer::Rcp,
            Silence::Endpoint => Layer::Endpoint,
            Silence::NoKeyPolicy | Silence::Resource | Silence::OtherAccount | Silence::Anonymous => Layer::Resource,
            Silence::Identity => Layer::Identity,
            Silence::Boundary => Layer::Boundary,
            Silence::Session => Layer::Session,
            Silence::Retire => Layer::Grant,
        }
    }

    /// The reason in a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Silence::Scp(_) => "no service control policy of one level allows it",
            Silence::Rcp(_) => "no resource control policy of one level allows it",
            Silence::Endpoint => "the VPC endpoint policy does not allow it",
            Silence::NoKeyPolicy => "the key has no key policy, and without one only a grant gives access",
            Silence::Resource => "the resource's policy does not allow it",
            Silence::Identity => "no identity policy allows it",
            Silence::Boundary => "the permissions boundary does not allow it",
            Silence::Session => "no session policy allows it",
            Silence::OtherAccount => "the KMS operation does not work across accounts",
            Silence::Anonymous => "KMS answers no unsigned requests",
            Silence::Retire => {
                "only the retiring principal, a grantee with RetireGrant or the issuing account may retire a grant"
            }
        }
    }
}
