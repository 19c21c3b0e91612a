//! What each layer says about one request, and the formula that joins them.

use crate::caller::CallerKind;
use crate::decide::{Cited, Reason, Silence};
use crate::grant::{Grant, GrantOutcome};
use crate::key::Key;
use crate::layers::{Layer, Layers, Told};
use crate::policy::Policy;
use crate::principal::Relation;
use crate::quirk::Quirk;
use crate::request::{Request, ResourceRule};
use crate::scene::Scene;
use crate::statement::{Effect, Outcome, Statement};
use crate::term::{Leaf, Leaves, Term};
use crate::tri::Tri;

/// Hears about every statement and grant that is considered.
pub(crate) trait Listener<'a> {
    /// Whether statements that cannot matter are walked too.
    const EXHAUSTIVE: bool;

    fn statement(&mut self, place: Place, policy: &'a Policy, statement: &'a Statement, outcome: Outcome);

    fn grant(&mut self, grant: &'a Grant, outcome: GrantOutcome);
}

/// The listener that does not listen.
impl<'a> Listener<'a> for () {
    const EXHAUSTIVE: bool = false;

    fn statement(&mut self, _: Place, _: &'a Policy, _: &'a Statement, _: Outcome) {}

    fn grant(&mut self, _: &'a Grant, _: GrantOutcome) {}
}

/// A layer, and the level inside it (root is 1; 0 where a layer has no levels).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) layer: Layer,
    pub(crate) level: usize,
}

const RELATIONS: [Relation; 4] = [Relation::Account, Relation::Behind, Relation::LimitedSession, Relation::Caller];

/// What the policies of one layer (or level) say.
#[derive(Clone, Copy)]
struct Found<'a> {
    deny: Tri,
    denied_by: Option<Cited<'a>>,
    allow: [Tri; 4],
    allowed_by: [Option<Cited<'a>>; 4],
}

impl<'a> Found<'a> {
    const NOTHING: Found<'static> =
        Found { deny: Tri::False, denied_by: None, allow: [Tri::False; 4], allowed_by: [None; 4] };

    fn take<L: Listener<'a>>(place: Place, policies: &'a [Policy], scene: &Scene<'a>, listener: &mut L) -> Found<'a> {
        let mut found = Found::NOTHING;
        for policy in policies {
            if L::EXHAUSTIVE {
                for statement in policy.statements() {
                    found.consider(place, policy, statement, scene, listener);
                }
            } else {
                let candidates = policy.index().candidates(scene.request);
                for statement in candidates.filter_map(|index| policy.statements().get(index as usize)) {
                    found.consider(place, policy, statement, scene, listener);
                }
            }
        }
        found
    }

    fn consider<L: Listener<'a>>(
        &mut self,
        place: Place,
        policy: &'a Policy,
        statement: &'a Statement,
        scene: &Scene<'a>,
        listener: &mut L,
    ) {
        if !L::EXHAUSTIVE && statement.effect() == Effect::Allow && self.allows(Relation::Caller) == Tri::True {
            return;
        }
        let outcome = statement.outcome(scene);
        listener.statement(place, policy, statement, outcome);
        let (holds, directness) = match outcome {
            Outcome::DoesNot(_) => return,
            Outcome::Applies(directness) => (Tri::True, directness),
            Outcome::TurnsOnUnknown(directness) => (Tri::Unknown, directness),
        };
        let cited = Cited { layer: place.layer, policy, statement };
        if statement.effect() == Effect::Deny {
            self.deny = self.deny.or(holds);
            if holds == Tri::True {
                first(&mut self.denied_by, cited);
            }
            return;
        }
        for (relation, (slot, by)) in RELATIONS.iter().zip(self.allow.iter_mut().zip(self.allowed_by.iter_mut())) {
            let holds = holds.and(directness.is(*relation));
            *slot = slot.or(holds);
            if holds == Tri::True {
                first(by, cited);
            }
        }
    }

    fn allows(&self, relation: Relation) -> Tri {
        self.allow.get(relation as usize).copied().unwrap_or(Tri::False)
    }

    fn allows_somehow(&self) -> Tri {
        Tri::any(self.allow)
    }

    fn allowed_by(&self, relation: Relation) -> Option<Cited<'a>> {
        self.allowed_by.get(relation as usize).copied().flatten()
    }

    /// The most direct statement that allows.
    fn allowed_somehow_by(&self) -> Option<Cited<'a>> {
        self.allowed_by.iter().rev().find_map(|cited| *cited)
    }
}

/// Keeps the statement that comes first, so that the index never decides which one is named.
fn first<'a>(slot: &mut Option<Cited<'a>>, cited: Cited<'a>) {
    let earlier = |old: &Cited<'a>| {
        !core::ptr::eq(old.policy, cited.policy) || old.statement.span().start <= cited.statement.span().start
    };
    if !slot.as_ref().is_some_and(earlier) {
        *slot = Some(cited);
    }
}

/// What one layer says, as terms of the formula.
#[derive(Clone, Copy)]
struct Said<'a> {
    found: Found<'a>,
    /// Whether the layer exists; a layer that does not, limits nothing.
    state: State,
    layer: Layer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Known,
    Uncollected,
}

impl<'a> Said<'a> {
    fn nothing(layer: Layer) -> Said<'a> {
        Said { found: Found::NOTHING, state: State::Absent, layer }
    }

    fn take<L: Listener<'a>>(
        layer: Layer,
        policies: Told<'a, Policy>,
        scene: &Scene<'a>,
        listener: &mut L,
    ) -> Said<'a> {
        let place = Place { layer, level: 0 };
        match policies {
            Told::Absent => Said::nothing(layer),
            Told::Unknown => Said { found: Found::NOTHING, state: State::Uncollected, layer },
            Told::Known(policies) => {
                Said { found: Found::take(place, policies, scene, listener), state: State::Known, layer }
            }
        }
    }

    fn documents(&self) -> Term {
        Term::Unknown(Leaves::one(self.layer, Leaf::Documents))
    }

    fn denies(&self) -> Term {
        match self.state {
            State::Uncollected => self.documents(),
            State::Absent | State::Known => Term::of(self.found.deny, self.layer, Leaf::Deny),
        }
    }

    /// Whether the layer allows, where it must; one that does not exist does not stand in the way.
    fn lets_through(&self) -> Term {
        match self.state {
            State::Absent => Term::True,
            State::Known => Term::of(self.found.allows_somehow(), self.layer, Leaf::Allow),
            State::Uncollected => self.documents(),
        }
    }

    /// Whether the layer gives anything by itself; one that does not exist gives nothing.
    fn gives(&self, relations: &[Relation]) -> Term {
        match self.state {
            State::Absent => Term::False,
            State::Known => {
                let holds = Tri::any(relations.iter().map(|relation| self.found.allows(*relation)));
                Term::of(holds, self.layer, Leaf::Allow)
            }
            State::Uncollected => self.documents(),
        }
    }
}

/// What the levels of an organisation say: any policy within a level, all levels together.
#[derive(Clone, Copy)]
struct Levels<'a> {
    denies: Term,
    denied_by: Option<Cited<'a>>,
    lets_through: Term,
    /// The first level (root is 1) that does not allow.
    silent: usize,
}

impl<'a> Levels<'a> {
    const NONE: Levels<'static> = Levels { denies: Term::False, denied_by: None, lets_through: Term::True, silent: 0 };

    /// `always_allowed`: an Allow of everything is attached to each level and cannot be removed.
    fn take<L: Listener<'a>>(
        layer: Layer,
        levels: Told<'a, Vec<Policy>>,
        always_allowed: bool,
        scene: &Scene<'a>,
        listener: &mut L,
    ) -> Levels<'a> {
        let levels = match levels {
            Told::Absent => return Levels::NONE,
            Told::Unknown => {
                let documents = Term::Unknown(Leaves::one(layer, Leaf::Documents));
                let lets_through = if always_allowed { Term::True } else { documents };
                return Levels { denies: documents, lets_through, ..Levels::NONE };
            }
            Told::Known(levels) => levels,
        };
        let mut sum = Levels::NONE;
        if levels.is_empty() && !always_allowed {
            sum.lets_through = Term::False;
            sum.silent = 1;
        }
        for (index, policies) in levels.iter().enumerate() {
            let found = Found::take(Place { layer, level: index + 1 }, policies, scene, listener);
            sum.denies = sum.denies.or(Term::of(found.deny, layer, Leaf::Deny));
            sum.denied_by = sum.denied_by.or(found.denied_by);
            let allows = if always_allowed { Tri::True } else { found.allows_somehow() };
            if allows == Tri::False && sum.silent == 0 {
                sum.silent = index + 1;
            }
            sum.lets_through = sum.lets_through.and(Term::of(allows, layer, Leaf::Allow));
        }
        sum
    }
}

/// What the grants say, by how directly they name the caller and by who issued them.
#[derive(Clone, Copy)]
struct Grants<'a> {
    /// Limited by nothing on the caller's side.
    freely: Term,
    /// Limited by boundary and session policy.
    limited: Term,
    /// Limited by the session policy alone.
    limited_session: Term,
    /// Delegated to the caller's account.
    delegated: Term,
    permitted_by: Option<&'a Grant>,
}

/// What every layer says about one request.
#[derive(Clone, Copy)]
pub(crate) struct Survey<'a> {
    request: &'a Request,
    resource: Said<'a>,
    identity: Said<'a>,
    boundary: Said<'a>,
    session: Said<'a>,
    endpoint: Said<'a>,
    scps: Levels<'a>,
    rcps: Levels<'a>,
    grants: Grants<'a>,
}

impl<'a> Survey<'a> {
    /// Asks every layer that applies to this kind of caller and resource.
    pub(crate) fn take<L: Listener<'a>>(scene: &Scene<'a>, layers: &Layers<'a>, listener: &mut L) -> Survey<'a> {
        let request = scene.request;
        let kind = request.caller.kind();
        let service_linked = request.caller.is_service_linked();
        let has_iam =
            matches!(kind, CallerKind::User | CallerKind::Role | CallerKind::Session | CallerKind::FederatedUser);
        let under_scps = (has_iam || kind == CallerKind::Root) && !service_linked;
        let under_rcps = !service_linked && !request.aws_managed_key && !is_retire(request);
        let on_resource = request.rule != ResourceRule::KmsIdentityOnly && !is_retire(request);
        let only = |applies: bool, told: Told<'a, Policy>| if applies { told } else { Told::Absent };
        let only_levels = |applies: bool, told: Told<'a, Vec<Policy>>| if applies { told } else { Told::Absent };
        let resource = match layers.resource {
            Told::Known(policies)
                if request.rule == ResourceRule::KmsKey && scene.quirks.is_other(Quirk::RamPolicy) =>
            {
                Told::Known(policies.get(..1).unwrap_or(policies))
            }
            told => told,
        };
        Survey {
            request,
            scps: Levels::take(Layer::Scp, only_levels(under_scps, layers.scps), false, scene, listener),
            rcps: Levels::take(Layer::Rcp, only_levels(under_rcps, layers.rcps), true, scene, listener),
            endpoint: Said::take(Layer::Endpoint, layers.endpoint, scene, listener),
            resource: Said::take(Layer::Resource, only(on_resource, resource), scene, listener),
            identity: Said::take(Layer::Identity, only(has_iam, layers.identity), scene, listener),
            boundary: Said::take(Layer::Boundary, only(has_iam, layers.boundary), scene, listener),
            session: Said::take(Layer::Session, only(has_iam, layers.session), scene, listener),
            grants: Grants::take(scene, layers.grants, listener),
        }
    }

    pub(crate) fn denied(&self) -> Term {
        let layers = [&self.endpoint, &self.resource, &self.identity, &self.boundary, &self.session];
        let denied = layers.iter().fold(Term::False, |sum, layer| sum.or(layer.denies()));
        self.scps.denies.or(self.rcps.denies).or(denied)
    }

    /// The Deny that is named first: organisation, endpoint, resource, then the caller's own side.
    pub(crate) fn denied_by(&self) -> Option<Reason<'a>> {
        let layers = [&self.endpoint, &self.resource, &self.identity, &self.boundary, &self.session];
        let levels = self.scps.denied_by.or(self.rcps.denied_by);
        levels.or_else(|| layers.iter().find_map(|layer| layer.found.denied_by)).map(Reason::DeniedBy)
    }

    /// The formula: some way in, and every ceiling lets it through.
    pub(crate) fn allowed(&self) -> Term {
        if self.rule_says_no().is_some() {
            return Term::False;
        }
        let ceilings = self.scps.lets_through.and(self.rcps.lets_through).and(self.endpoint.lets_through());
        ceilings.and(self.way_in())
    }

    fn way_in(&self) -> Term {
        let by_policy = match self.request.rule {
            _ if is_retire(self.request) => Term::False,
            ResourceRule::KmsIdentityOnly => self.by_identity(),
            _ if self.request.is_cross_account() => self.resource.gives(&RELATIONS).and(self.by_identity()),
            ResourceRule::KmsKey | ResourceRule::RoleTrust => {
                self.by_resource().or(self.resource.gives(&[Relation::Account]).and(self.by_identity()))
            }
            ResourceRule::Ordinary => self.by_resource().or(self.by_identity()),
        };
        by_policy.or(self.by_grant())
    }

    /// What the resource's policy gives by itself, in the caller's own account.
    fn by_resource(&self) -> Term {
        let freely = self.resource.gives(&[Relation::Caller]);
        let behind =
            self.resource.gives(&[Relation::Behind]).and(self.boundary.lets_through()).and(self.session_allows());
        let session = self.resource.gives(&[Relation::LimitedSession]).and(self.session_allows());
        freely.or(behind).or(session)
    }

    /// What the caller's own side gives, boundary and session policy included.
    fn by_identity(&self) -> Term {
        let identity = match self.request.caller.kind() {
            CallerKind::Root => Term::True,
            _ => self.identity.gives(&RELATIONS),
        };
        identity.and(self.boundary.lets_through()).and(self.session_allows())
    }

    /// A federated user without a session policy has no permissions of its own.
    fn session_allows(&self) -> Term {
        match (self.request.caller.kind(), self.session.state) {
            (CallerKind::FederatedUser, State::Absent) => Term::False,
            _ => self.session.lets_through(),
        }
    }

    fn by_grant(&self) -> Term {
        let grants = &self.grants;
        let limited = grants.limited.and(self.boundary.lets_through()).and(self.session_allows());
        let limited_session = grants.limited_session.and(self.session_allows());
        grants.freely.or(limited).or(limited_session).or(grants.delegated.and(self.by_identity()))
    }

    /// Rules that no policy can overcome.
    fn rule_says_no(&self) -> Option<Silence> {
        let kms = self.request.action_lower.starts_with("kms:");
        if kms && self.request.caller.kind() == CallerKind::Anonymous {
            Some(Silence::Anonymous)
        } else if self.request.is_cross_account() && !self.request.works_across_accounts {
            Some(Silence::OtherAccount)
        } else {
            None
        }
    }

    /// What allowed, given that something did: the policies, else the grant.
    pub(crate) fn allowed_by(&self) -> Reason<'a> {
        let found = &self.resource.found;
        let identity = self.identity.found.allowed_somehow_by();
        let across = self.request.is_cross_account();
        if !is_retire(self.request) && !across && self.by_resource() == Term::True {
            let behind =
                self.resource.gives(&[Relation::Behind]).and(self.boundary.lets_through()).and(self.session_allows());
            let resource = found
                .allowed_by(Relation::Caller)
                .or_else(|| found.allowed_by(Relation::Behind).filter(|_| behind == Term::True))
                .or_else(|| found.allowed_by(Relation::LimitedSession));
            return Reason::AllowedBy { resource, identity: None, grant: None };
        }
        if self.by_grant() == Term::True && !self.by_policies() {
            let identity = identity.filter(|_| self.grants.freely != Term::True && self.grants.limited != Term::True);
            return Reason::AllowedBy { resource: None, identity, grant: self.grants.permitted_by };
        }
        let resource = match across {
            true => found.allowed_somehow_by(),
            false => found.allowed_by(Relation::Account).filter(|_| self.request.rule != ResourceRule::Ordinary),
        };
        Reason::AllowedBy { resource, identity, grant: None }
    }

    fn by_policies(&self) -> bool {
        let resource = match self.request.rule {
            ResourceRule::KmsIdentityOnly => Term::True,
            ResourceRule::Ordinary if !self.request.is_cross_account() => Term::True,
            _ if self.request.is_cross_account() => self.resource.gives(&RELATIONS),
            _ => self.resource.gives(&[Relation::Account]),
        };
        !is_retire(self.request) && resource.and(self.by_identity()) == Term::True
    }

    /// Whether a grant is among the ways in and only counts together with the caller's own IAM.
    pub(crate) fn grant_needs_identity(&self) -> bool {
        self.by_grant() == Term::True && self.grants.delegated == Term::True
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
    pub(crate) fn silences(&self) -> Silences {
        let mut silences = Silences::default();
        if let Some(rule) = self.rule_says_no() {
            silences.add(rule);
            return silences;
        }
        silences.add_if(self.rcps.lets_through, Silence::Rcp(self.rcps.silent));
        silences.add_if(self.scps.lets_through, Silence::Scp(self.scps.silent));
        silences.add_if(self.endpoint.lets_through(), Silence::Endpoint);
        if self.way_in() == Term::False {
            self.closed_ways(&mut silences);
        }
        silences
    }

    fn closed_ways(&self, silences: &mut Silences) {
        let rule = self.request.rule;
        let resource = match (rule, self.resource.state) {
            (ResourceRule::KmsKey, State::Absent) => Silence::NoKeyPolicy,
            _ => Silence::Resource,
        };
        let identity = match self.request.caller.kind() {
            CallerKind::Root => Term::True,
            _ => self.identity.gives(&RELATIONS),
        };
        let delegated = self.resource.gives(&[Relation::Account]) != Term::False;
        let named = self.resource.gives(&[Relation::Behind, Relation::LimitedSession]) != Term::False;
        if is_retire(self.request) {
            silences.add(Silence::Retire);
            return;
        } else if self.request.is_cross_account() && rule != ResourceRule::KmsIdentityOnly {
            silences.add_if(self.resource.gives(&RELATIONS), resource);
            silences.add_if(identity, Silence::Identity);
        } else if matches!(rule, ResourceRule::KmsKey | ResourceRule::RoleTrust) {
            if delegated {
                silences.add_if(identity, Silence::Identity);
            } else if !named {
                silences.add(resource);
            }
        } else if !named && self.has_iam() {
            silences.add_if(identity, Silence::Identity);
        }
        silences.add_if(self.boundary.lets_through(), Silence::Boundary);
        silences.add_if(self.session_allows(), Silence::Session);
        if silences.first().is_none() {
            silences.add(resource);
        }
    }

    fn has_iam(&self) -> bool {
        has_iam(self.request.caller.kind())
    }

    /// Which ways in are open, given that the request is allowed.
    pub(crate) fn open_ways(&self) -> Ways {
        let retire = is_retire(self.request);
        Ways {
            resource: !retire && !self.request.is_cross_account() && self.by_resource() == Term::True,
            policies: self.by_policies(),
            grant: self.by_grant() == Term::True,
        }
    }
}

/// The ways in that are open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ways {
    /// The resource's policy by itself.
    pub(crate) resource: bool,
    /// Identity policies, with the resource's policy where that is needed.
    pub(crate) policies: bool,
    /// A grant.
    pub(crate) grant: bool,
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
        if lets_through == Term::False {
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

/// Whether identity policies, boundaries and session policies exist for this kind of caller.
fn has_iam(kind: CallerKind) -> bool {
    matches!(kind, CallerKind::User | CallerKind::Role | CallerKind::Session | CallerKind::FederatedUser)
}

/// RetireGrant has rules of its own: only grants decide who may, and only the caller's side can deny.
pub(crate) fn is_retire(request: &Request) -> bool {
    &*request.action_lower == "kms:retiregrant"
}

impl<'a> Grants<'a> {
    const NONE: Grants<'static> = Grants {
        freely: Term::False,
        limited: Term::False,
        limited_session: Term::False,
        delegated: Term::False,
        permitted_by: None,
    };

    fn take<L: Listener<'a>>(scene: &Scene<'a>, grants: Told<'a, Grant>, listener: &mut L) -> Grants<'a> {
        if scene.request.rule != ResourceRule::KmsKey {
            return Grants::NONE;
        }
        let grants = match grants {
            Told::Absent => return Grants::NONE,
            Told::Unknown => {
                return Grants { freely: Term::Unknown(Leaves::one(Layer::Grant, Leaf::Documents)), ..Grants::NONE };
            }
            Told::Known(grants) => grants,
        };
        let mut sum = Grants::NONE;
        for grant in grants {
            let outcome = outcome_of(grant, scene);
            listener.grant(grant, outcome);
            let (holds, relation) = match outcome {
                GrantOutcome::DoesNot(_) => continue,
                GrantOutcome::Permits(relation) => (Tri::True, relation),
                GrantOutcome::TurnsOnUnknown(relation) => (Tri::Unknown, relation),
            };
            let term = Term::of(holds, Layer::Grant, Leaf::Allow);
            let Some(slot) = sum.slot(grant, relation, scene) else { continue };
            *slot = slot.or(term);
            if holds == Tri::True {
                sum.permitted_by = sum.permitted_by.or(Some(grant));
            }
        }
        sum
    }

    /// Where a grant counts: how far it reaches by itself.
    fn slot(&mut self, grant: &Grant, relation: Relation, scene: &Scene<'_>) -> Option<&mut Term> {
        let owner_issued =
            scene.request.is_cross_account() && grant.issuing_account() != scene.request.caller.account();
        if owner_issued && scene.quirks.is_other(Quirk::OwnerIssuedGrant) {
            return Some(&mut self.delegated);
        }
        match relation {
            Relation::Account if scene.quirks.is_other(Quirk::AccountGrantee) && !is_retire(scene.request) => None,
            Relation::Account => Some(&mut self.delegated),
            Relation::Behind if scene.quirks.is_other(Quirk::GrantAndBoundary) => Some(&mut self.freely),
            Relation::Behind => Some(&mut self.limited),
            Relation::LimitedSession => Some(&mut self.limited_session),
            Relation::Caller => Some(&mut self.freely),
        }
    }
}

fn outcome_of(grant: &Grant, scene: &Scene<'_>) -> GrantOutcome {
    if is_retire(scene.request) { grant.retire_outcome(scene) } else { grant.outcome(scene) }
}

/// The unknown keys on which a grant turns, if it turns on any.
pub(crate) fn unknown_keys_of<'a>(grant: &'a Grant, scene: &Scene<'a>, keys: &mut Vec<&'a Key>) {
    if matches!(outcome_of(grant, scene), GrantOutcome::TurnsOnUnknown(_)) {
        grant.unknown_keys(scene, keys);
    }
}
