//! Who may do something to the keys of a world: one answer per key and principal.
//!
//! [`Search`] asks. Principals that no statement about the action tells apart form a class, and each
//! class is asked once for all keys that it cannot tell apart; only those whom a key policy or a
//! grant names are asked one by one. What is asked is always `decide`, about a representative.

mod change;
mod class;
mod combine;
mod condition;
mod crowd;
mod lift;
mod one;
mod outsider;
mod pair;
mod portrait;
mod power;
mod proof;
mod quick;
mod reach;
mod search;
mod selector;
mod step;
mod takeover;
mod view;

use std::sync::Arc;

use wardbook_policy::catalogue::{KeyState, StateRefusal};
use wardbook_policy::context::Values;
use wardbook_policy::request::Request;

use crate::world::KmsKey;

pub use condition::OnlyIf;
pub use one::One;
pub use proof::Proof;
pub use search::{Search, SearchError};
pub use selector::{SelectError, select};
pub use wardbook_policy::boxes::Condition;

/// How somebody can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// On a plain direct call.
    Now,
    /// In some context.
    Condition,
    /// After some steps.
    Escalation,
}

impl Tier {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Tier::Now => "now",
            Tier::Condition => "condition",
            Tier::Escalation => "escalation",
        }
    }
}

/// What kind of principal a row is about; the most alarming first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WhoKind {
    /// Anyone with an AWS account.
    Anyone,
    /// Anyone in an organization.
    Organization,
    /// An account that was not collected: whomever its administrators permit.
    Account,
    /// A federated user's session.
    FederatedUser,
    /// An AWS service that acts for itself.
    Service,
    /// The root user of an account.
    Root,
    /// An IAM user.
    User,
    /// A role.
    Role,
}

impl WhoKind {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            WhoKind::Anyone => "anyone",
            WhoKind::Organization => "organization",
            WhoKind::Account => "account",
            WhoKind::FederatedUser => "federated-user",
            WhoKind::Service => "service",
            WhoKind::Root => "root",
            WhoKind::User => "user",
            WhoKind::Role => "role",
        }
    }
}

/// Whom a row is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// The user or role of that position in [`World::principals`](crate::world::World::principals).
    Collected(usize),
    /// Somebody else.
    Other(Arc<Other>),
}

/// Somebody who is not among the principals collected.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Other {
    /// What kind.
    pub kind: WhoKind,
    /// `*`, an organization's id, an account id, a service, or an ARN.
    pub text: Box<str>,
    /// The account, where there is one.
    pub account: Option<Box<str>>,
    /// The principal of the witness, where it is not `text`.
    pub stand_in: Option<Box<str>>,
}

/// By what somebody can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Means {
    /// A statement of the key's own policies, by the position of policy and statement.
    KeyPolicy(usize, usize),
    /// A statement of the key's own policies that speaks to others than those it names, by the
    /// number that keys which say the same share.
    Shared(u32),
    /// A statement about the action among the principal's own policies, by its position among these.
    Identity(usize),
    /// A grant of the key, by position.
    Grant(usize),
}

/// What was found for somebody and a key.
#[derive(Debug, Clone)]
pub struct Answer {
    /// How.
    pub tier: Tier,
    /// By what.
    pub means: Vec<Means>,
    /// The restrictions, if it is not on a plain direct call.
    pub only_if: Option<OnlyIf>,
    /// The condition keys of the witness that neither the principal nor the key by itself gives.
    pub context: Vec<(Box<str>, Values)>,
    /// A session that the witness needs, where the role is the row.
    pub session: Option<Box<str>>,
    /// The steps of an escalation, after which it can be done.
    pub path: Vec<Step>,
    /// The request of the first step, which is allowed as things are.
    pub first: Option<Arc<Request>>,
}

/// One step of an escalation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Whoever takes it.
    pub who: Who,
    /// The action it uses.
    pub action: Box<str>,
    /// What it is used on.
    pub resource: Box<str>,
    /// What must hold for it, if it is not on a plain direct call.
    pub only_if: Option<String>,
    /// What it is good for, in words.
    pub why: Box<str>,
    /// By what it is allowed.
    pub by: Vec<Cite>,
    /// The restrictions, as conditions: one of the inner lists must hold whole.
    pub alternatives: Vec<Vec<Condition>>,
}

/// Something that allows, by its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cite {
    /// `key-policy`, `identity`, `grant`, `trust-policy`, or `delegation-policy` for that of an organization.
    pub via: &'static str,
    /// The policy's name or ARN, or the grant's id.
    pub policy: Box<str>,
    /// The Sid, or the grant's name.
    pub sid: Option<Box<str>>,
    /// File, line and column.
    pub source: Option<Box<str>>,
}

/// Why it is not known whether somebody can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// Documents that nobody collected, by the name of their layer.
    pub documents: Vec<&'static str>,
    /// Condition keys that would settle it.
    pub keys: Vec<Box<str>>,
    /// Whether the search was given up because it grew too large.
    pub over_budget: bool,
    /// All of it in sentences.
    pub why: Vec<String>,
}

/// One row of a key.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Whom it is about.
    pub who: Who,
    /// What was found; rows that share it were found together.
    pub answer: Arc<Answer>,
}

/// What was found about one key.
#[derive(Debug, Clone)]
pub struct KeyAccess<'w> {
    /// The key.
    pub key: &'w KmsKey,
    /// Why nobody can, whatever the policies say.
    pub refused: Option<Refusal>,
    /// Who can, by name.
    pub entries: Vec<Entry>,
    /// Of whom it is not known, by name.
    pub undecided: Vec<(Who, Arc<Undecided>)>,
    /// For each statement of [`Means::Shared`]: where it stands in this key's policies.
    pub(crate) places: Vec<(u32, (usize, usize))>,
    /// Unique ids in its policies that are nobody's.
    pub(crate) dangling: Vec<Box<str>>,
}

impl<'w> KeyAccess<'w> {
    fn of(key: &'w KmsKey) -> KeyAccess<'w> {
        KeyAccess {
            key,
            refused: None,
            entries: Vec::new(),
            undecided: Vec::new(),
            places: Vec::new(),
            dangling: Vec::new(),
        }
    }
}

/// Why an operation is refused on a key, whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Because of the state it is in.
    State(KeyState, StateRefusal),
    /// Because it was made for other uses.
    Usage,
}

impl Refusal {
    /// What is said of the key, to be read after its name.
    pub fn reason(self) -> &'static str {
        match self {
            Refusal::State(_, refusal) => refusal.reason(),
            Refusal::Usage => "was made for another usage",
        }
    }
}
