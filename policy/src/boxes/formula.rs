//! The formula of [`decide`](crate::decide::decide), over sets of contexts instead of truth values.
//!
//! INVARIANT: it mirrors `decide/survey.rs` line by line; `tests/boxes.rs` holds one against the other on every
//! combination of classes.

use crate::caller::CallerKind;
use crate::principal::Relation;
use crate::request::{Request, ResourceRule};

use super::Excess;
use super::collect::{Clause, Said, Sayings, State};
use super::product::{Union, Work};
use super::space::Space;

/// How what is not known counts: against the request, or for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Only what is allowed whatever the unknown turns out to be.
    Certain,
    /// Whatever is not ruled out.
    Possible,
}

/// The set of contexts in which something allows, and the one in which something denies.
pub(super) struct Outcome {
    pub(super) allowed: Union,
    pub(super) denied: Union,
}

pub(super) struct Formula<'a, 'w> {
    pub(super) request: &'a Request,
    pub(super) sayings: &'a Sayings,
    pub(super) space: &'a Space<'a>,
    pub(super) side: Side,
    pub(super) work: Work<'w>,
}

const ACCOUNT: &[Relation] = &[Relation::Account];
const BEHIND: &[Relation] = &[Relation::Behind];
const LIMITED_SESSION: &[Relation] = &[Relation::LimitedSession];
const CALLER: &[Relation] = &[Relation::Caller];
const ANY: &[Relation] = &[Relation::Caller, Relation::LimitedSession, Relation::Behind, Relation::Account];

impl Formula<'_, '_> {
    pub(super) fn outcome(&mut self) -> Result<Outcome, Excess> {
        Ok(Outcome { denied: self.denied()?, allowed: self.allowed()? })
    }

    fn denied(&mut self) -> Result<Union, Excess> {
        let sayings = self.sayings;
        let layers = [&sayings.endpoint, &sayings.resource, &sayings.identity, &sayings.boundary, &sayings.session];
        let mut sum = Union::new();
        for said in sayings.scps.iter().chain(&sayings.rcps).chain(layers) {
            let denies = match said.state {
                State::Uncollected => self.doubtful(false),
                State::Absent | State::Known => self.clauses(&said.deny, false)?,
            };
            sum = self.work.or(sum, denies)?;
        }
        Ok(sum)
    }

    fn allowed(&mut self) -> Result<Union, Excess> {
        if self.rule_says_no() {
            return Ok(Union::new());
        }
        let sayings = self.sayings;
        let mut sum = self.ways()?;
        for said in sayings.scps.iter().chain(&sayings.rcps).chain([&sayings.endpoint]) {
            if sum.is_empty() {
                break;
            }
            let through = self.lets_through(said)?;
            sum = self.work.and(&sum, &through)?;
        }
        Ok(sum)
    }

    /// Rules that no policy can overcome.
    fn rule_says_no(&self) -> bool {
        let request = self.request;
        let kms = matches!(request.rule, ResourceRule::KmsKey | ResourceRule::KmsIdentityOnly);
        (kms && request.caller.kind() == CallerKind::Anonymous)
            || (!request.works_across_accounts && request.is_cross_account())
    }

    /// The three ways in, together.
    fn ways(&mut self) -> Result<Union, Excess> {
        let identity = self.by_identity()?;
        let request = self.request;
        let across = request.is_cross_account();
        let sayings = self.sayings;
        let policies = match request.rule {
            _ if request.retires => Union::new(),
            ResourceRule::KmsIdentityOnly => identity.clone(),
            _ if across => {
                let named = self.gives(&sayings.resource, ANY)?;
                self.work.and(&named, &identity)?
            }
            ResourceRule::KmsKey | ResourceRule::RoleTrust => {
                let delegated = self.gives(&sayings.resource, ACCOUNT)?;
                self.work.and(&delegated, &identity)?
            }
            ResourceRule::Ordinary => identity.clone(),
        };
        let resource = if across || request.retires { Union::new() } else { self.by_resource()? };
        let grant = self.by_grant(&identity)?;
        let sum = self.work.or(resource, policies)?;
        self.work.or(sum, grant)
    }

    /// What the resource's policy gives by itself, in the caller's own account.
    fn by_resource(&mut self) -> Result<Union, Excess> {
        let resource = &self.sayings.resource;
        let freely = self.gives(resource, CALLER)?;
        let behind = self.gives(resource, BEHIND)?;
        let session = self.gives(resource, LIMITED_SESSION)?;
        self.with_limits(freely, &behind, &session)
    }

    fn by_identity(&mut self) -> Result<Union, Excess> {
        let gives = match self.request.caller.kind() {
            CallerKind::Root => self.work.everything(),
            _ => self.gives(&self.sayings.identity, ANY)?,
        };
        let none = Union::new();
        self.with_limits(none, &gives, &[])
    }

    fn by_grant(&mut self, identity: &Union) -> Result<Union, Excess> {
        let granted = &self.sayings.granted;
        if granted.uncollected {
            return Ok(self.doubtful(true));
        }
        let freely = self.clauses(&granted.freely, true)?;
        let limited = self.clauses(&granted.limited, true)?;
        let session = self.clauses(&granted.limited_session, true)?;
        let delegated = self.clauses(&granted.delegated, true)?;
        let sum = self.with_limits(freely, &limited, &session)?;
        let delegated = self.work.and(&delegated, identity)?;
        self.work.or(sum, delegated)
    }

    /// What is given freely, what boundary and session policy limit, and what the session policy alone does.
    fn with_limits(
        &mut self,
        freely: Union,
        limited: &[super::product::Product],
        session_only: &[super::product::Product],
    ) -> Result<Union, Excess> {
        let mut sum = freely;
        if limited.is_empty() && session_only.is_empty() {
            return Ok(sum);
        }
        let session = match (self.request.caller.kind(), self.sayings.session.state) {
            (CallerKind::FederatedUser, State::Absent) => Union::new(),
            _ => self.lets_through(&self.sayings.session)?,
        };
        if !limited.is_empty() {
            let boundary = self.lets_through(&self.sayings.boundary)?;
            let within = self.work.and(limited, &boundary)?;
            let within = self.work.and(&within, &session)?;
            sum = self.work.or(sum, within)?;
        }
        let within = self.work.and(session_only, &session)?;
        self.work.or(sum, within)
    }

    /// Where a layer allows, where it must; one that does not exist does not stand in the way.
    fn lets_through(&mut self, said: &Said) -> Result<Union, Excess> {
        match said.state {
            State::Absent => Ok(self.work.everything()),
            State::Known | State::Uncollected => self.gives(said, ANY),
        }
    }

    /// Where a layer gives something to a caller named in one of these relations.
    fn gives(&mut self, said: &Said, relations: &[Relation]) -> Result<Union, Excess> {
        let mut sum = match said.state {
            State::Uncollected => self.doubtful(true),
            State::Absent | State::Known => Union::new(),
        };
        for clauses in relations.iter().filter_map(|relation| said.allow.get(*relation as usize)) {
            let more = self.clauses(clauses, true)?;
            sum = self.work.or(sum, more)?;
        }
        Ok(sum)
    }

    /// What nobody knows of an Allow (or of a Deny): everything or nothing, by the side.
    fn doubtful(&self, allows: bool) -> Union {
        if allows == (self.side == Side::Possible) { self.work.everything() } else { Union::new() }
    }

    fn clauses(&mut self, clauses: &[Clause], allows: bool) -> Result<Union, Excess> {
        let mut sum = Union::new();
        for clause in clauses {
            if clause.doubtful && allows != (self.side == Side::Possible) {
                continue;
            }
            let more = self.space.all_of(&clause.demands)?;
            self.work.count(more.len())?;
            sum = self.work.or(sum, more)?;
        }
        Ok(sum)
    }
}
