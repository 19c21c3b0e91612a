//! What every layer says about one request, and the formula that joins them.

use crate::caller::CallerKind;
use crate::decide::{Reason, Silence};
use crate::layers::{Layer, Layers, Told};
use crate::principal::Relation;
use crate::quirk::Quirk;
use crate::request::{Request, ResourceRule};
use crate::scene::Scene;
use crate::term::Term;

use super::granted::Grants;
use super::said::{Denial, Levels, Listener, Relations, Said};

/// What every layer says about one request.
#[derive(Clone, Copy)]
pub(crate) struct Survey<'a> {
    request: &'a Request,
    denial: Denial<'a>,
    /// `None` where there are none.
    ceilings: Option<Ceilings<'a>>,
    resource: Said<'a>,
    identity: Said<'a>,
    boundary: Said<'a>,
    session: Said<'a>,
    grants: Grants<'a>,
}

/// What organisation and VPC endpoint say, which limit every way in.
#[derive(Clone, Copy)]
struct Ceilings<'a> {
    scps: Levels,
    rcps: Levels,
    endpoint: Said<'a>,
}

/// How far each way in is open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ways {
    /// The resource's policy by itself, in the caller's own account.
    resource: Term,
    /// What the caller's own side gives, boundary and session policy included.
    identity: Term,
    /// Identity policies, with the resource's policy where that is needed.
    policies: Term,
    /// A grant.
    grant: Term,
}

impl Ways {
    fn any(&self) -> Term {
        self.resource.or(self.policies).or(self.grant)
    }

    /// Whether the resource's policy lets the request in by itself.
    pub(crate) fn by_resource(&self) -> bool {
        self.resource == Term::TRUE
    }

    /// Whether identity policies let it in.
    pub(crate) fn by_policies(&self) -> bool {
        self.policies == Term::TRUE
    }

    /// Whether a grant lets it in.
    pub(crate) fn by_grant(&self) -> bool {
        self.grant == Term::TRUE
    }
}

impl<'a> Survey<'a> {
    /// A survey in which no layer was asked.
    #[inline]
    pub(crate) fn new(request: &'a Request) -> Survey<'a> {
        Survey {
            request,
            denial: Denial::NONE,
            ceilings: None,
            resource: Said::nothing(Layer::Resource),
            identity: Said::nothing(Layer::Identity),
            boundary: Said::nothing(Layer::Boundary),
            session: Said::nothing(Layer::Session),
            grants: Grants::NONE,
        }
    }

    /// Asks every layer that applies to this kind of caller and resource, in the order in which a
    /// Deny would be named. Unless somebody listens, the first Deny that applies ends it.
    #[inline(always)]
    pub(crate) fn take<L: Listener<'a>>(&mut self, scene: &Scene<'a>, layers: &Layers<'a>, listener: &mut L) {
        let request = self.request;
        if layers.scps.is_there() || layers.rcps.is_there() || layers.endpoint.is_there() {
            self.ask_ceilings(scene, layers, listener);
            if self.ends::<L>() {
                return;
            }
        }
        if request.rule != ResourceRule::KmsIdentityOnly && !request.retires {
            let first_only = scene.quirks.is_other(Quirk::RamPolicy) && request.rule == ResourceRule::KmsKey;
            let policies = if first_only { first(layers.resource) } else { layers.resource };
            self.resource.ask(policies, &scene.on(Layer::Resource), &mut self.denial, listener);
            if self.ends::<L>() {
                return;
            }
        }
        if request.caller.has_iam() {
            self.identity.ask(layers.identity, scene, &mut self.denial, listener);
            if self.ends::<L>() {
                return;
            }
            if layers.boundary.is_there() || layers.session.is_there() {
                self.ask_limits(scene, layers, listener);
                if self.ends::<L>() {
                    return;
                }
            }
        }
        if layers.grants.is_there() && request.rule == ResourceRule::KmsKey {
            self.grants = Grants::take(scene, layers.grants, listener);
        }
    }

    fn ends<L: Listener<'a>>(&self) -> bool {
        !L::LISTENS && self.denial.is_certain()
    }

    #[inline(never)]
    fn ask_ceilings<L: Listener<'a>>(&mut self, scene: &Scene<'a>, layers: &Layers<'a>, listener: &mut L) {
        let request = self.request;
        let caller = &request.caller;
        let mut ceilings =
            Ceilings { scps: Levels::NONE, rcps: Levels::NONE, endpoint: Said::nothing(Layer::Endpoint) };
        let denial = &mut self.denial;
        if (caller.has_iam() || caller.kind() == CallerKind::Root) && !caller.is_service_linked() {
            ceilings.scps = Levels::take(Layer::Scp, layers.scps, false, scene, denial, listener);
        }
        let goes_on = |denial: &Denial<'_>| L::LISTENS || !denial.is_certain();
        if goes_on(denial) && !caller.is_service_linked() && !request.aws_managed_key && !request.retires {
            ceilings.rcps = Levels::take(Layer::Rcp, layers.rcps, true, scene, denial, listener);
        }
        if goes_on(denial) {
            ceilings.endpoint.ask(layers.endpoint, scene, denial, listener);
        }
        self.ceilings = Some(ceilings);
    }

    /// Asks what limits the caller's own side.
    #[inline(never)]
    fn ask_limits<L: Listener<'a>>(&mut self, scene: &Scene<'a>, layers: &Layers<'a>, listener: &mut L) {
        self.boundary.ask(layers.boundary, scene, &mut self.denial, listener);
        if !self.ends::<L>() {
            self.session.ask(layers.session, scene, &mut self.denial, listener);
        }
    }

    /// Whether a Deny applies.
    pub(crate) fn denied(&self) -> Term {
        self.denial.applies
    }

    /// The Deny that is named first: organisation, endpoint, resource, then the caller's own side.
    pub(crate) fn denied_by(&self) -> Option<Reason<'a>> {
        self.denial.by.map(Reason::DeniedBy)
    }

    /// The formula: some way in, and every ceiling lets it through.
    pub(crate) fn allowed(&self, ways: &Ways) -> Term {
        match self.rule_says_no() {
            Some(_) => Term::FALSE,
            None => self.ceilings_let_through().and(ways.any()),
        }
    }

    fn ceilings_let_through(&self) -> Term {
        let all = |ceilings: &Ceilings<'_>| {
            ceilings.scps.lets_through.and(ceilings.rcps.lets_through).and(ceilings.endpoint.lets_through())
        };
        self.ceilings.as_ref().map_or(Term::TRUE, all)
    }

    /// The three ways in.
    pub(crate) fn ways(&self) -> Ways {
        let identity = self.by_identity();
        let across = self.request.is_cross_account();
        let policies = match self.request.rule {
            _ if self.request.retires => Term::FALSE,
            ResourceRule::KmsIdentityOnly => identity,
            _ if across => self.resource.gives(Relations::ANY).and(identity),
            ResourceRule::KmsKey | ResourceRule::RoleTrust => self.resource.gives(Relations::ACCOUNT).and(identity),
            ResourceRule::Ordinary => identity,
        };
        let resource = if across || self.request.retires { Term::FALSE } else { self.by_resource() };
        Ways { resource, identity, policies, grant: self.by_grant(identity) }
    }

    /// What the resource's policy gives by itself, in the caller's own account.
    fn by_resource(&self) -> Term {
        let freely = self.resource.gives(Relations::CALLER);
        if freely == Term::TRUE || self.resource.gives(Relations::LIMITED) == Term::FALSE {
            return freely;
        }
        let session = self.session_allows();
        let behind = self.resource.gives(Relations::BEHIND).and(self.boundary.lets_through()).and(session);
        freely.or(behind).or(self.resource.gives(Relations::LIMITED_SESSION).and(session))
    }

    /// What the caller's own side gives, boundary and session policy included.
    fn by_identity(&self) -> Term {
        self.identity_gives().and(self.boundary.lets_through()).and(self.session_allows())
    }

    /// The root user needs no identity policy.
    fn identity_gives(&self) -> Term {
        match self.request.caller.kind() {
            CallerKind::Root => Term::TRUE,
            _ => self.identity.gives(Relations::ANY),
        }
    }

    /// A federated user without a session policy has no permissions of its own.
    fn session_allows(&self) -> Term {
        match self.request.caller.kind() {
            CallerKind::FederatedUser if self.session.is_absent() => Term::FALSE,
            _ => self.session.lets_through(),
        }
    }

    fn by_grant(&self, identity: Term) -> Term {
        if self.grants.any() { self.by_some_grant(identity) } else { Term::FALSE }
    }

    #[inline(never)]
    fn by_some_grant(&self, identity: Term) -> Term {
        let grants = &self.grants;
        let limited = grants.limited.and(self.boundary.lets_through()).and(self.session_allows());
        let limited_session = grants.limited_session.and(self.session_allows());
        grants.freely.or(limited).or(limited_session).or(grants.delegated.and(identity))
    }

    /// Rules that no policy can overcome.
    fn rule_says_no(&self) -> Option<Silence> {
        let request = self.request;
        let kms = matches!(request.rule, ResourceRule::KmsKey | ResourceRule::KmsIdentityOnly);
        if kms && request.caller.kind() == CallerKind::Anonymous {
            Some(Silence::Anonymous)
        } else if !request.works_across_accounts && request.is_cross_account() {
            Some(Silence::OtherAccount)
        } else {
            None
        }
    }

    /// What allowed, given that something did: the policies, else the grant.
    pub(crate) fn allowed_by(&self, ways: &Ways) -> Reason<'a> {
        if ways.by_resource() {
            let direct = [Relation::Caller, Relation::Behind, Relation::LimitedSession];
            let open =
                |relation: &Relation| *relation != Relation::Behind || self.boundary.lets_through() == Term::TRUE;
            let resource = direct.into_iter().filter(open).find_map(|relation| self.resource.allowed_by(relation));
            return Reason::AllowedBy { resource, identity: None, grant: None };
        }
        let identity = self.identity.allowed_somehow_by();
        if ways.by_grant() && !ways.by_policies() {
            let alone = self.grants.freely == Term::TRUE || self.grants.limited == Term::TRUE;
            let identity = identity.filter(|_| !alone);
            return Reason::AllowedBy { resource: None, identity, grant: self.grants.permitted_by };
        }
        let resource = match self.request.rule {
            _ if self.request.is_cross_account() => self.resource.allowed_somehow_by(),
            ResourceRule::Ordinary => None,
            _ => self.resource.allowed_by(Relation::Account),
        };
        Reason::AllowedBy { resource, identity, grant: None }
    }

    /// Whether a grant is among the ways in and only counts together with the caller's own IAM.
    pub(crate) fn grant_needs_identity(&self, ways: &Ways) -> bool {
        self.grants.delegated.and(ways.identity) == Term::TRUE
    }

    /// Whether a resource statement counts beside the identity policies: across accounts any does,
    /// in one account the delegation does, where one is needed.
    pub(crate) fn resource_counts(&self, names_account: bool, names_caller: bool) -> bool {
        match self.request.rule {
            _ if self.request.is_cross_account() => names_account || names_caller,
            ResourceRule::KmsKey | ResourceRule::RoleTrust => names_account,
            ResourceRule::KmsIdentityOnly | ResourceRule::Ordinary => false,
        }
    }

    /// What stands in the way, given that nothing allowed: ceilings first, then the nearest way in.
    /// Where either the resource's policy or the caller's own could give way, the nearer is named.
    pub(crate) fn silences(&self, ways: &Ways) -> Silences {
        let mut silences = Silences::default();
        if let Some(rule) = self.rule_says_no() {
            silences.add(rule);
            return silences;
        }
        if let Some(Ceilings { scps, rcps, endpoint }) = &self.ceilings {
            silences.add_if(rcps.lets_through, Silence::Rcp(rcps.silent));
            silences.add_if(scps.lets_through, Silence::Scp(scps.silent));
            silences.add_if(endpoint.lets_through(), Silence::Endpoint);
        }
        if ways.any() == Term::FALSE {
            self.closed_ways(&mut silences);
        }
        silences
    }

    fn closed_ways(&self, silences: &mut Silences) {
        let rule = self.request.rule;
        let resource = match rule {
            ResourceRule::KmsKey if self.resource.is_absent() => Silence::NoKeyPolicy,
            _ => Silence::Resource,
        };
        let identity = self.identity_gives();
        let delegated = self.resource.gives(Relations::ACCOUNT) != Term::FALSE;
        let named = self.resource.gives(Relations::LIMITED) != Term::FALSE;
        let granted = self.grants.permitted_by.is_some();
        let to_account = self.grants.delegated != Term::FALSE;
        if self.request.retires && !granted {
            silences.add(Silence::Retire);
            return;
        } else if granted && self.grants.freely == Term::FALSE && (self.request.retires || !delegated) {
            if to_account && self.grants.limited == Term::FALSE {
                silences.add_if(identity, Silence::Identity);
            }
        } else if self.request.is_cross_account() && rule != ResourceRule::KmsIdentityOnly {
            silences.add_if(self.resource.gives(Relations::ANY), resource);
            silences.add_if(identity, Silence::Identity);
        } else if matches!(rule, ResourceRule::KmsKey | ResourceRule::RoleTrust) {
            if delegated {
                silences.add_if(identity, Silence::Identity);
            } else if !named {
                silences.add(resource);
            }
        } else if !named && self.request.caller.has_iam() {
            silences.add_if(identity, Silence::Identity);
        }
        silences.add_if(self.boundary.lets_through(), Silence::Boundary);
        silences.add_if(self.session_allows(), Silence::Session);
        if silences.first().is_none() {
            silences.add(resource);
        }
    }
}

/// The first policy of a layer alone.
fn first<T>(told: Told<'_, T>) -> Told<'_, T> {
    match told {
        Told::Known(items) => Told::Known(items.get(..1).unwrap_or(items)),
        other => other,
    }
}

/// What stands in the way, in the order in which AWS would name it; nothing is allocated.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Silences {
    found: [Option<Silence>; 8],
}

impl Silences {
    fn add(&mut self, silence: Silence) {
        if let Some(slot) = self.found.iter_mut().find(|slot| slot.is_none()) {
            *slot = Some(silence);
        }
    }

    fn add_if(&mut self, lets_through: Term, silence: Silence) {
        if lets_through == Term::FALSE {
            self.add(silence);
        }
    }

    pub(crate) fn first(&self) -> Option<Silence> {
        self.found.first().copied().flatten()
    }

    pub(crate) fn all(self) -> impl Iterator<Item = Silence> {
        self.found.into_iter().flatten()
    }
}
