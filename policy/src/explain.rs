//! The decision with somebody listening: every statement considered, why it did or did not apply,
//! what stands in the way, and what would let the request through.

use crate::condition::Atom;
use crate::context::Lookup;
use crate::decide::{Cited, Decision, Listener, Place, Silence, Survey, Verdict, Ways, walk};
use crate::grant::{Grant, GrantOutcome};
use crate::layers::{Layer, Layers, Told};
use crate::policy::Policy;
use crate::principal::Relation;
use crate::quirk::Quirks;
use crate::request::Request;
use crate::scene::Scene;
use crate::statement::{Effect, Mismatch, Outcome, Statement};

/// A statement that was held against the request.
#[derive(Debug, Clone, Copy)]
pub struct Considered<'a> {
    /// The layer it belongs to.
    pub layer: Layer,
    /// The level inside the layer (root is 1), or 0.
    pub level: usize,
    /// The policy.
    pub policy: &'a Policy,
    /// The statement.
    pub statement: &'a Statement,
    /// Whether it applies, and if not, the first part that does not fit.
    pub outcome: Outcome,
}

/// A grant that was held against the request.
#[derive(Debug, Clone, Copy)]
pub struct ConsideredGrant<'a> {
    /// The grant.
    pub grant: &'a Grant,
    /// Whether it permits, and if not, why.
    pub outcome: GrantOutcome,
}

/// One thing that settled the decision.
#[derive(Debug, Clone, Copy)]
pub enum Cause<'a> {
    /// A statement.
    Statement(Cited<'a>),
    /// A grant.
    Grant(&'a Grant),
    /// A layer that stayed silent, or a rule.
    Silence(Silence),
}

/// What one layer made of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stance {
    /// There is no such layer, or it does not apply to this kind of caller or resource.
    NotThere,
    /// It exists, but nobody collected it.
    NotCollected,
    /// A statement denies.
    Denies,
    /// A statement allows (or a grant permits), and none denies.
    Allows,
    /// Its policy delegates to the caller's IAM without naming the caller.
    Delegates,
    /// Nothing in it applies.
    Silent,
    /// It turns on keys that are not known.
    TurnsOnUnknown,
}

/// An obstacle: the request is not allowed before every one of them is gone.
#[derive(Debug, Clone)]
pub enum Obstacle<'a> {
    /// This Deny applies.
    Deny(Cited<'a>),
    /// This layer must allow and does not.
    Silent {
        /// Which layer, and how.
        silence: Silence,
        /// The Allow of that layer that came nearest, and the parts that did not fit.
        nearest: Option<(Cited<'a>, Vec<Mismatch>)>,
    },
}

/// A decision, and the walk that led to it.
#[derive(Debug, Clone)]
pub struct Explanation<'a> {
    request: &'a Request,
    decision: Decision<'a>,
    statements: Vec<Considered<'a>>,
    grants: Vec<ConsideredGrant<'a>>,
    stances: Vec<(Layer, Stance)>,
    causes: Vec<Cause<'a>>,
    obstacles: Vec<Obstacle<'a>>,
}

/// Decides a request and keeps the walk.
///
/// The decision is that of [`decide`](crate::decide::decide): both are one walk.
pub fn explain<'a>(request: &'a Request, layers: &Layers<'a>, quirks: Quirks) -> Explanation<'a> {
    let mut recorder = Recorder::default();
    let (decision, survey) = walk(request, layers, quirks, &mut recorder);
    let scene = Scene { request, quirks, has_boundary: layers.has_boundary(&request.caller), in_key_policy: false };
    let Recorder { statements, grants } = recorder;
    Explanation {
        stances: Layer::ALL.map(|layer| (layer, stance(layer, layers, &statements, &grants))).to_vec(),
        causes: causes(&decision, &survey, &statements, &grants),
        obstacles: obstacles(&decision, &survey, &statements, &scene),
        request,
        decision,
        statements,
        grants,
    }
}

#[derive(Default)]
struct Recorder<'a> {
    statements: Vec<Considered<'a>>,
    grants: Vec<ConsideredGrant<'a>>,
}

impl<'a> Listener<'a> for Recorder<'a> {
    const LISTENS: bool = true;

    fn statement(&mut self, place: Place, policy: &'a Policy, statement: &'a Statement, outcome: Outcome) {
        self.statements.push(Considered { layer: place.layer, level: place.level, policy, statement, outcome });
    }

    fn grant(&mut self, grant: &'a Grant, outcome: GrantOutcome) {
        self.grants.push(ConsideredGrant { grant, outcome });
    }
}

impl<'a> Explanation<'a> {
    /// The request.
    pub fn request(&self) -> &'a Request {
        self.request
    }

    /// The decision.
    pub fn decision(&self) -> &Decision<'a> {
        &self.decision
    }

    /// Every statement considered, layer by layer, in the order of its policy.
    pub fn statements(&self) -> &[Considered<'a>] {
        &self.statements
    }

    /// Every grant considered.
    pub fn grants(&self) -> &[ConsideredGrant<'a>] {
        &self.grants
    }

    /// What each layer made of the request.
    pub fn stances(&self) -> &[(Layer, Stance)] {
        &self.stances
    }

    /// Everything that settled the decision: all statements and grants that allow, or all that deny,
    /// or what stayed silent.
    pub fn causes(&self) -> &[Cause<'a>] {
        &self.causes
    }

    /// What stands in the way of a request that is denied; empty for other answers.
    pub fn obstacles(&self) -> &[Obstacle<'a>] {
        &self.obstacles
    }

    /// Whether a statement of this Sid, or a grant of this id, is among the causes.
    pub fn is_because_of(&self, name: &str) -> bool {
        self.causes.iter().any(|cause| match cause {
            Cause::Statement(cited) => cited.statement.sid() == Some(name),
            Cause::Grant(grant) => grant.id() == name || (!name.is_empty() && grant.name() == name),
            Cause::Silence(_) => false,
        })
    }
}

impl<'a> Considered<'a> {
    /// Whether it applies.
    pub fn applies(&self) -> bool {
        matches!(self.outcome, Outcome::Applies(_))
    }

    /// The row of the Condition block that did not hold first, and what the request has under its key.
    pub fn failed_condition(&self, request: &'a Request) -> Option<(&'a Atom, Lookup<'a>)> {
        let Outcome::DoesNot(Mismatch::Condition(row)) = self.outcome else { return None };
        let atom = self.statement.conditions().get(row)?;
        Some((atom, request.context().lookup(atom.key())))
    }

    fn cited(&self) -> Cited<'a> {
        Cited { layer: self.layer, policy: self.policy, statement: self.statement }
    }

    fn allows(&self) -> bool {
        self.statement.effect() == Effect::Allow
    }
}

fn stance(layer: Layer, layers: &Layers<'_>, statements: &[Considered<'_>], grants: &[ConsideredGrant<'_>]) -> Stance {
    let told = match layer {
        Layer::Resource => told(layers.resource),
        Layer::Identity => told(layers.identity),
        Layer::Boundary => told(layers.boundary),
        Layer::Session => told(layers.session),
        Layer::Endpoint => told(layers.endpoint),
        Layer::Scp => told(layers.scps),
        Layer::Rcp => told(layers.rcps),
        Layer::Grant => told(layers.grants),
    };
    if let Some(stance) = told {
        return stance;
    }
    if layer == Layer::Grant {
        let permits = |grant: &ConsideredGrant<'_>, to_account: bool| match grant.outcome {
            GrantOutcome::Permits(relation) => (relation == Relation::Account) == to_account,
            _ => false,
        };
        return if grants.iter().any(|grant| permits(grant, false)) {
            Stance::Allows
        } else if grants.iter().any(|grant| permits(grant, true)) {
            Stance::Delegates
        } else if grants.iter().any(|grant| matches!(grant.outcome, GrantOutcome::TurnsOnUnknown(_))) {
            Stance::TurnsOnUnknown
        } else {
            Stance::Silent
        };
    }
    let mine: Vec<&Considered<'_>> = statements.iter().filter(|considered| considered.layer == layer).collect();
    let levels = mine.iter().map(|considered| considered.level).max().unwrap_or(0);
    let silent_level = layer == Layer::Scp
        && (1..=levels).any(|level| {
            !mine.iter().any(|c| c.level == level && c.allows() && !matches!(c.outcome, Outcome::DoesNot(_)))
        });
    if layer == Layer::Rcp
        && mine.iter().all(|considered| considered.allows() || matches!(considered.outcome, Outcome::DoesNot(_)))
    {
        return Stance::Allows;
    }
    let unknown = mine.iter().any(|considered| matches!(considered.outcome, Outcome::TurnsOnUnknown(_)));
    let directly = |considered: &&Considered<'_>| match considered.outcome {
        Outcome::Applies(directness) => [Relation::Behind, Relation::LimitedSession, Relation::Caller]
            .iter()
            .any(|relation| directness.is(*relation) == crate::tri::Tri::True),
        _ => false,
    };
    if mine.iter().any(|considered| considered.applies() && !considered.allows()) {
        Stance::Denies
    } else if silent_level {
        Stance::Silent
    } else if mine.iter().filter(|considered| considered.allows()).any(directly) {
        if unknown && mine.iter().any(|c| !c.allows() && matches!(c.outcome, Outcome::TurnsOnUnknown(_))) {
            Stance::TurnsOnUnknown
        } else {
            Stance::Allows
        }
    } else if unknown {
        Stance::TurnsOnUnknown
    } else if mine.iter().any(|considered| considered.applies()) {
        Stance::Delegates
    } else if mine.is_empty() && layer != Layer::Identity {
        Stance::NotThere
    } else {
        Stance::Silent
    }
}

fn told<T>(layer: Told<'_, T>) -> Option<Stance> {
    match layer {
        Told::Absent => Some(Stance::NotThere),
        Told::Unknown => Some(Stance::NotCollected),
        Told::Known(_) => None,
    }
}

fn causes<'a>(
    decision: &Decision<'a>,
    survey: &Survey<'a>,
    statements: &[Considered<'a>],
    grants: &[ConsideredGrant<'a>],
) -> Vec<Cause<'a>> {
    match decision.verdict() {
        Verdict::ExplicitDeny => {
            let denies = statements.iter().filter(|considered| considered.applies() && !considered.allows());
            denies.map(|considered| Cause::Statement(considered.cited())).collect()
        }
        Verdict::ImplicitDeny => survey.silences(&survey.ways()).all().map(Cause::Silence).collect(),
        Verdict::Allow => {
            let ways = survey.ways();
            let policies = statements.iter().filter(|considered| gives(considered, ways, survey));
            let permits =
                |grant: &&ConsideredGrant<'a>| ways.by_grant() && matches!(grant.outcome, GrantOutcome::Permits(_));
            let grants = grants.iter().filter(permits).map(|considered| Cause::Grant(considered.grant));
            policies.map(|considered| Cause::Statement(considered.cited())).chain(grants).collect()
        }
        Verdict::Unknown => {
            let turning = statements.iter().filter(|c| matches!(c.outcome, Outcome::TurnsOnUnknown(_)));
            turning.map(|considered| Cause::Statement(considered.cited())).collect()
        }
    }
}

/// Whether a statement is one of those through which an allowed request came in.
fn gives(considered: &Considered<'_>, ways: Ways, survey: &Survey<'_>) -> bool {
    let Outcome::Applies(directness) = considered.outcome else { return false };
    let is = |relation| directness.is(relation) == crate::tri::Tri::True;
    considered.allows()
        && match considered.layer {
            Layer::Identity => ways.by_policies() || survey.grant_needs_identity(&ways),
            Layer::Resource => {
                let directly = is(Relation::Caller) || is(Relation::Behind) || is(Relation::LimitedSession);
                (ways.by_resource() && directly)
                    || (ways.by_policies() && survey.resource_counts(is(Relation::Account), directly))
            }
            _ => false,
        }
}

fn obstacles<'a>(
    decision: &Decision<'a>,
    survey: &Survey<'a>,
    statements: &[Considered<'a>],
    scene: &Scene<'a>,
) -> Vec<Obstacle<'a>> {
    if !matches!(decision.verdict(), Verdict::ExplicitDeny | Verdict::ImplicitDeny) {
        return Vec::new();
    }
    let denies = statements.iter().filter(|considered| considered.applies() && !considered.allows());
    let silences = survey
        .silences(&survey.ways())
        .all()
        .map(|silence| Obstacle::Silent { silence, nearest: nearest(silence, statements, scene) });
    denies.map(|considered| Obstacle::Deny(considered.cited())).chain(silences).collect()
}

/// The Allow of a silent layer that fits in most parts. One that is about other actions is not near.
///
/// Where an identity policy is missing, a resource statement that names the caller itself would do as
/// well, in one account; so those are candidates too.
fn nearest<'a>(
    silence: Silence,
    statements: &[Considered<'a>],
    scene: &Scene<'a>,
) -> Option<(Cited<'a>, Vec<Mismatch>)> {
    let level = match silence {
        Silence::Scp(level) | Silence::Rcp(level) => level,
        _ => 0,
    };
    let beside = silence == Silence::Identity && !scene.request.is_cross_account();
    let names_caller =
        |considered: &Considered<'_>| considered.layer == Layer::Resource && considered.statement.names_directly(scene);
    let of_layer = statements.iter().filter(|considered| {
        let own = considered.layer == silence.layer() && considered.level == level;
        considered.allows() && (own || (beside && names_caller(considered)))
    });
    let held =
        of_layer.map(|considered| (considered.cited(), considered.statement.mismatches(&scene.on(considered.layer))));
    held.filter(|(_, parts)| {
        !parts.is_empty() && !parts.contains(&Mismatch::Action) && !parts.contains(&Mismatch::Broken)
    })
    .min_by_key(|(_, parts)| parts.len())
}
