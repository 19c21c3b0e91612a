//! What every layer says about one request as far as it is known, and what each statement still asks.
//!
//! This is the survey of [`decide`](crate::decide::decide) with the unknown left open: a statement that
//! does not apply is dropped, one that applies stands as it is, and one that turns on unknown keys becomes
//! a clause of demands on them.

use std::borrow::Cow;

use crate::caller::CallerKind;
use crate::condition::Atom;
use crate::context::Lookup;
use crate::grant::{Grant, GrantDemand, GrantOutcome};
use crate::key::Key;
use crate::layers::{Layer, Layers, Told};
use crate::pattern::Pattern;
use crate::policy::Policy;
use crate::principal::{PrincipalPattern, Relation};
use crate::quirk::Quirk;
use crate::request::{Request, ResourceRule};
use crate::scene::{Resolved, Scene};
use crate::statement::{Effect, Outcome, Principals, Statement, Texts};
use crate::tri::Tri;

use super::Doubt;
use super::demand::{Ask, Demand, Variable, VariablePart};

/// The demands of one statement or grant, all of which have to hold.
#[derive(Debug, Clone, Default)]
pub(super) struct Clause {
    pub(super) demands: Vec<usize>,
    /// Whether something else is asked too that cannot be put as a demand.
    pub(super) doubtful: bool,
}

/// Whether a layer is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum State {
    #[default]
    Absent,
    Known,
    Uncollected,
}

/// What one layer, or one level of it, says.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    pub(super) state: State,
    pub(super) deny: Vec<Clause>,
    /// By relation, in the order of [`Relation`].
    pub(super) allow: [Vec<Clause>; 4],
}

/// What the grants say, by how far they reach.
#[derive(Debug, Clone, Default)]
pub(super) struct Granted {
    pub(super) uncollected: bool,
    pub(super) freely: Vec<Clause>,
    pub(super) limited: Vec<Clause>,
    pub(super) limited_session: Vec<Clause>,
    pub(super) delegated: Vec<Clause>,
}

/// What all layers say.
#[derive(Debug, Clone, Default)]
pub(super) struct Sayings {
    pub(super) resource: Said,
    pub(super) identity: Said,
    pub(super) boundary: Said,
    pub(super) session: Said,
    pub(super) endpoint: Said,
    pub(super) scps: Vec<Said>,
    pub(super) rcps: Vec<Said>,
    pub(super) granted: Granted,
}

/// Gathers the demands of everything that bears on a request.
pub(super) struct Collector<'a> {
    scene: Scene<'a>,
    pub(super) demands: Vec<Demand<'a>>,
    pub(super) doubts: Vec<Doubt>,
}

impl<'a> Collector<'a> {
    pub(super) fn new(scene: Scene<'a>) -> Collector<'a> {
        Collector { scene, demands: Vec::new(), doubts: Vec::new() }
    }

    /// Asks the layers that apply to this kind of caller and resource, as `decide` does.
    pub(super) fn take(&mut self, layers: &Layers<'a>) -> Sayings {
        let request = self.scene.request;
        let caller = &request.caller;
        let has_iam = caller.has_iam();
        let mut sayings = Sayings::default();
        if (has_iam || caller.kind() == CallerKind::Root) && !caller.is_service_linked() {
            sayings.scps = self.levels(Layer::Scp, layers.scps, false);
        }
        if !caller.is_service_linked() && !request.aws_managed_key && !request.retires {
            sayings.rcps = self.levels(Layer::Rcp, layers.rcps, true);
        }
        sayings.endpoint = self.layer(Layer::Endpoint, layers.endpoint);
        if request.rule != ResourceRule::KmsIdentityOnly && !request.retires {
            let first_only = request.rule == ResourceRule::KmsKey && self.scene.quirks.is_other(Quirk::RamPolicy);
            let policies = match layers.resource {
                Told::Known(policies) if first_only => Told::Known(policies.get(..1).unwrap_or(policies)),
                told => told,
            };
            sayings.resource = self.layer(Layer::Resource, policies);
        }
        if has_iam {
            sayings.identity = self.layer(Layer::Identity, layers.identity);
            sayings.boundary = self.layer(Layer::Boundary, layers.boundary);
            sayings.session = self.layer(Layer::Session, layers.session);
        }
        if request.rule == ResourceRule::KmsKey {
            sayings.granted = self.grants(layers.grants);
        }
        sayings
    }

    fn levels(&mut self, layer: Layer, told: Told<'a, Vec<Policy>>, always_allowed: bool) -> Vec<Said> {
        let mut everything = Said { state: State::Known, ..Said::default() };
        everything.allow = [Vec::new(), Vec::new(), Vec::new(), vec![Clause::default()]];
        match told {
            Told::Absent => Vec::new(),
            Told::Unknown => {
                self.doubts.push(Doubt::Documents(layer));
                let mut said = Said { state: State::Uncollected, ..Said::default() };
                if always_allowed {
                    said.allow = everything.allow;
                }
                vec![said]
            }
            Told::Known([]) if !always_allowed => vec![Said { state: State::Known, ..Said::default() }],
            Told::Known(levels) => levels
                .iter()
                .map(|policies| {
                    let mut said = self.policies(layer, policies);
                    if always_allowed {
                        said.allow = everything.allow.clone();
                    }
                    said
                })
                .collect(),
        }
    }

    fn layer(&mut self, layer: Layer, told: Told<'a, Policy>) -> Said {
        match told {
            Told::Absent => Said::default(),
            Told::Unknown => {
                self.doubts.push(Doubt::Documents(layer));
                Said { state: State::Uncollected, ..Said::default() }
            }
            Told::Known(policies) => self.policies(layer, policies),
        }
    }

    fn policies(&mut self, layer: Layer, policies: &'a [Policy]) -> Said {
        let mut said = Said { state: State::Known, ..Said::default() };
        for policy in policies {
            let mut candidates: Vec<u32> = Vec::new();
            // As in `decide`: the index does not know what symbols stand for.
            if self.scene.request.open {
                candidates.extend((0_u32..).zip(policy.statements()).map(|(index, _)| index));
            } else {
                policy.index().visit(self.scene.request, |index| candidates.push(index));
            }
            candidates.sort_unstable();
            candidates.dedup();
            for statement in candidates.into_iter().filter_map(|index| policy.statements().get(index as usize)) {
                self.statement(layer, statement, &mut said);
            }
        }
        said
    }

    fn statement(&mut self, layer: Layer, statement: &'a Statement, said: &mut Said) {
        let scene = self.scene.on(layer);
        let (directness, settled) = match statement.outcome(&scene) {
            Outcome::DoesNot(_) => return,
            Outcome::Applies(directness) => (directness, true),
            Outcome::TurnsOnUnknown(directness) => (directness, false),
        };
        let mut clause = if settled { Clause::default() } else { self.clause(statement, &scene) };
        if !settled && statement.turns_on_symbols(&scene) {
            clause.doubtful = true;
            self.doubts.push(Doubt::Symbols(symbols(statement.symbols(), scene.request)));
        }
        if statement.effect() == Effect::Deny {
            let certain = directness.certain() != 0;
            if certain {
                said.deny.push(clause);
            } else {
                let clauses = self.named(&statement.principals, &clause, &scene);
                said.deny.extend(clauses.into_iter().map(|(_, clause)| clause));
            }
            return;
        }
        for (relation, slot) in said.allow.iter_mut().enumerate() {
            if directness.certain() & (1 << relation) != 0 {
                slot.push(clause.clone());
            }
        }
        if directness.possible() != 0 {
            for (relation, clause) in self.named(&statement.principals, &clause, &scene) {
                if let Some(slot) = said.allow.get_mut(relation as usize) {
                    slot.push(clause);
                }
            }
        }
    }

    /// The clause for each unique id that may name the caller.
    fn named(&mut self, principals: &'a Principals, clause: &Clause, scene: &Scene<'a>) -> Vec<(Relation, Clause)> {
        match principals {
            Principals::Named(names) => {
                let unsettled: Vec<_> = names.iter().filter(|name| name.relation(scene).0 == Tri::Unknown).collect();
                self.grantees(&unsettled, clause, scene)
            }
            // Whether a caller escapes NotPrincipal is not a demand on one key.
            Principals::Except(_) | Principals::Any => {
                self.doubts.push(Doubt::NotPrincipal);
                vec![(Relation::Caller, Clause { doubtful: true, ..clause.clone() })]
            }
        }
    }

    fn clause(&mut self, statement: &'a Statement, scene: &Scene<'a>) -> Clause {
        let mut clause = Clause::default();
        if statement.resources.hold(&scene.request.resource, scene) == Tri::Unknown {
            self.unknown_resource(&statement.resources, scene, &mut clause);
        }
        for atom in statement.conditions.iter().filter(|atom| atom.holds(scene) == Tri::Unknown) {
            self.row(atom, scene, &mut clause);
        }
        clause
    }

    fn row(&mut self, atom: &'a Atom, scene: &Scene<'a>, clause: &mut Clause) {
        let own = scene.lookup(atom.key());
        let unknown = unknown_variables(atom.patterns().into_iter(), scene);
        match (own, &*unknown) {
            (Lookup::Unknown, []) => {
                let ask = Ask::Row { atom, in_key_policy: scene.in_key_policy };
                clause.demands.push(self.demand(atom.key(), ask));
            }
            (Lookup::One(text), [variable]) => self.variable(variable, VariablePart::Row(atom), &[text], scene, clause),
            (Lookup::Many(texts), [variable]) => {
                let texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
                self.variable(variable, VariablePart::Row(atom), &texts, scene, clause);
            }
            _ => {
                clause.demands.push(self.demands.len());
                self.demands.push(Demand::opaque(atom, scene.in_key_policy));
            }
        }
    }

    fn unknown_resource(&mut self, texts: &'a Texts, scene: &Scene<'a>, clause: &mut Clause) {
        let (Texts::Named(patterns) | Texts::Except(patterns)) = texts else { return };
        let unknown = unknown_variables(patterns.iter(), scene);
        match &*unknown {
            [variable] => {
                let resource: &str = &scene.request.resource;
                self.variable(variable, VariablePart::Resource(texts), &[resource], scene, clause);
            }
            _ => self.doubt("Resource", &unknown, clause),
        }
    }

    /// A part that holds or not by what one unknown variable in it stands for.
    fn variable(
        &mut self,
        key: &'a Key,
        part: VariablePart<'a>,
        texts: &[&str],
        scene: &Scene<'a>,
        clause: &mut Clause,
    ) {
        let patterns: Vec<&Pattern> = match part {
            VariablePart::Row(atom) => atom.patterns(),
            VariablePart::Resource(Texts::Named(patterns) | Texts::Except(patterns)) => patterns.iter().collect(),
            VariablePart::Resource(Texts::Any) => Vec::new(),
        };
        let pairs = patterns.iter().flat_map(|pattern| texts.iter().map(move |text| (pattern, text)));
        let solutions = pairs.flat_map(|(pattern, text)| pattern.solutions(text, scene)).map(Into::into).collect();
        let ask = Ask::Variable(Variable { part, in_key_policy: scene.in_key_policy, solutions });
        clause.demands.push(self.demand(key, ask));
    }

    fn doubt(&mut self, name: &str, keys: &[&'a Key], clause: &mut Clause) {
        clause.doubtful = true;
        let keys = keys.iter().map(|key| key.name().into()).collect();
        self.doubts.push(Doubt::Variables { of: name.into(), keys });
    }

    fn demand(&mut self, key: &'a Key, ask: Ask<'a>) -> usize {
        self.demands.push(Demand { key: Cow::Borrowed(key), ask, of: None });
        self.demands.len() - 1
    }

    fn grants(&mut self, told: Told<'a, Grant>) -> Granted {
        let mut granted = Granted::default();
        let grants = match told {
            Told::Absent => return granted,
            Told::Unknown => {
                self.doubts.push(Doubt::Documents(Layer::Grant));
                granted.uncollected = true;
                return granted;
            }
            Told::Known(grants) => grants,
        };
        for grant in grants {
            self.grant(grant, &mut granted);
        }
        granted
    }

    fn grant(&mut self, grant: &'a Grant, granted: &mut Granted) {
        let scene = self.scene;
        let request: &'a Request = scene.request;
        let outcome = if request.retires { grant.retire_outcome(&scene) } else { grant.outcome(&scene) };
        let (relation, settled) = match outcome {
            GrantOutcome::DoesNot(_) => return,
            GrantOutcome::Permits(relation) => (relation, true),
            GrantOutcome::TurnsOnUnknown(relation) => (relation, false),
        };
        let mut clauses = vec![(relation, Clause::default())];
        if !settled {
            let open = grant.symbols().next().is_some() || request.open;
            let mut clause = Clause { doubtful: open, ..Clause::default() };
            if open {
                self.doubts.push(Doubt::Symbols(symbols(grant.symbols(), request)));
            }
            if !request.retires {
                for demand in grant.demands(&request.action_lower) {
                    self.grant_demand(demand, &scene, &mut clause);
                }
            }
            let names = if request.retires { grant.retirers().collect() } else { vec![grant.grantee()] };
            clauses = self.grantees(&names, &clause, &scene);
        }
        for (relation, clause) in clauses {
            if let Some(slot) = granted.slot(grant, relation, &scene) {
                slot.push(clause);
            }
        }
    }

    /// A clause for each name that fits or may fit, with the relation in which it stands then.
    fn grantees(
        &mut self,
        names: &[&'a PrincipalPattern],
        clause: &Clause,
        scene: &Scene<'a>,
    ) -> Vec<(Relation, Clause)> {
        let mut clauses = Vec::new();
        for name in names {
            match (name.relation(scene), name.key()) {
                ((Tri::True, relation), _) => clauses.push((relation, clause.clone())),
                ((Tri::Unknown, behind), Some(key)) => {
                    let relation = match name.source().contains(':') {
                        true if scene.quirks.is_other(Quirk::SessionArnAndSessionPolicy) => Relation::LimitedSession,
                        true => Relation::Caller,
                        false => behind,
                    };
                    let mut clause = clause.clone();
                    clause.demands.push(self.demand(key, Ask::UniqueId(name.source())));
                    clauses.push((relation, clause));
                }
                // Only symbols leave it open without a key that would settle it.
                ((Tri::Unknown, relation), None) => {
                    let texts = crate::symbol::names(name.source());
                    self.doubts.push(Doubt::Symbols(symbols(texts, scene.request)));
                    let clause = Clause { doubtful: true, ..clause.clone() };
                    let reaches = if name.may_be_anyone() { &Relation::ALL[..] } else { &[relation] };
                    clauses.extend(reaches.iter().map(|relation| (*relation, clause.clone())));
                }
                ((Tri::False, _), _) => {}
            }
        }
        clauses
    }

    fn grant_demand(&mut self, demand: GrantDemand<'a>, scene: &Scene<'a>, clause: &mut Clause) {
        let (key, ask) = match demand {
            GrantDemand::Row(atom) => {
                if atom.holds(scene) == Tri::Unknown {
                    self.row(atom, scene, clause);
                }
                return;
            }
            GrantDemand::Text(key, texts) => (key, Ask::Text(texts)),
            GrantDemand::Pair { key, name, value, names } => {
                if scene.quirks.is_other(Quirk::GrantContextKeyCase) && scene.lookup(names) == Lookup::Unknown {
                    clause.demands.push(self.demand(names, Ask::Text(vec![name])));
                }
                (key, Ask::Text(vec![value]))
            }
            GrantDemand::OnlyPairs(key, names) => (key, Ask::AllAmong(names.into_iter().map(Into::into).collect())),
            GrantDemand::AllAmong(key, operations) => {
                let names = operations.iter().filter_map(|operation| operation.strip_prefix("kms:")).map(Into::into);
                (key, Ask::AllAmong(names.collect()))
            }
        };
        if scene.lookup(key) == Lookup::Unknown {
            clause.demands.push(self.demand(key, ask));
        }
    }
}

impl Granted {
    /// Where a grant counts: how far it reaches by itself, as in `decide`.
    fn slot(&mut self, grant: &Grant, relation: Relation, scene: &Scene<'_>) -> Option<&mut Vec<Clause>> {
        let owner_issued =
            scene.request.is_cross_account() && grant.issuing_account() != scene.request.caller.account();
        if owner_issued && scene.quirks.is_other(Quirk::OwnerIssuedGrant) {
            return Some(&mut self.delegated);
        }
        match relation {
            Relation::Account if scene.quirks.is_other(Quirk::AccountGrantee) && !scene.request.retires => None,
            Relation::Account => Some(&mut self.delegated),
            Relation::Behind if scene.quirks.is_other(Quirk::GrantAndBoundary) => Some(&mut self.freely),
            Relation::Behind => Some(&mut self.limited),
            Relation::LimitedSession => Some(&mut self.limited_session),
            Relation::Caller if scene.request.is_cross_account() => Some(&mut self.limited),
            Relation::Caller => Some(&mut self.freely),
        }
    }
}

/// The symbols of a text; those of the request where it has none of its own.
fn symbols<'t>(own: impl Iterator<Item = &'t str>, request: &'t Request) -> Vec<Box<str>> {
    let mut names: Vec<Box<str>> = own.map(Into::into).collect();
    if names.is_empty() {
        let texts = [request.caller.text(), request.resource()];
        names.extend(texts.into_iter().flat_map(crate::symbol::names).map(Box::from));
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// The unknown keys that are variables of these patterns, each once.
fn unknown_variables<'a>(patterns: impl Iterator<Item = &'a Pattern>, scene: &Scene<'a>) -> Vec<&'a Key> {
    let mut keys: Vec<&'a Key> = Vec::new();
    for variable in patterns.flat_map(Pattern::variables) {
        if scene.resolve(variable) == Resolved::Unknown && !keys.contains(&&variable.key) {
            keys.push(&variable.key);
        }
    }
    keys
}
