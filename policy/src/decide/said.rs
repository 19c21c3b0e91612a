//! What one layer of policies says about one request, and who listens while it is asked.

use crate::decide::Cited;
use crate::grant::{Grant, GrantOutcome};
use crate::layers::{Layer, Told};
use crate::policy::Policy;
use crate::principal::Relation;
use crate::scene::Scene;
use crate::statement::{Directness, Effect, Outcome, Statement};
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

/// What one layer says, as terms of the formula.
#[derive(Clone, Copy)]
pub(super) struct Said<'a> {
    found: Found<'a>,
    /// Whether the layer exists; a layer that does not, limits nothing.
    pub(super) state: State,
    layer: Layer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Absent,
    Known,
    Uncollected,
}

impl<'a> Said<'a> {
    pub(super) fn nothing(layer: Layer) -> Said<'a> {
        Said { found: Found::NOTHING, state: State::Absent, layer }
    }

    /// Asks the layer, if there is one.
    pub(super) fn ask<L: Listener<'a>>(&mut self, policies: Told<'a, Policy>, scene: &Scene<'a>, listener: &mut L) {
        match policies {
            Told::Absent => {}
            Told::Unknown => self.state = State::Uncollected,
            Told::Known(policies) => {
                self.state = State::Known;
                self.found.ask(Place { layer: self.layer, level: 0 }, policies, scene, listener);
            }
        }
    }

    fn documents(&self) -> Term {
        Term::Unknown(Leaves::one(self.layer, Leaf::Documents))
    }

    pub(super) fn denies(&self) -> Term {
        match self.state {
            State::Uncollected => self.documents(),
            State::Absent | State::Known => Term::of(self.found.deny, self.layer, Leaf::Deny),
        }
    }

    /// Whether the layer allows, where it must; one that does not exist does not stand in the way.
    pub(super) fn lets_through(&self) -> Term {
        match self.state {
            State::Absent => Term::True,
            State::Known => Term::of(self.found.allow.is_any(u8::MAX), self.layer, Leaf::Allow),
            State::Uncollected => self.documents(),
        }
    }

    /// Whether the layer gives anything by itself to a caller named in one of these relations; a
    /// layer that does not exist gives nothing.
    pub(super) fn gives(&self, relations: Relations) -> Term {
        match self.state {
            State::Absent => Term::False,
            State::Known => Term::of(self.found.allow.is_any(relations.0), self.layer, Leaf::Allow),
            State::Uncollected => self.documents(),
        }
    }

    pub(super) fn denied_by(&self) -> Option<Cited<'a>> {
        self.found.denied_by.map(|named| self.cited(named))
    }

    pub(super) fn allowed_by(&self, relation: Relation) -> Option<Cited<'a>> {
        self.found.allowed_by.get(relation as usize).copied().flatten().map(|named| self.cited(named))
    }

    /// The most direct statement that allows.
    pub(super) fn allowed_somehow_by(&self) -> Option<Cited<'a>> {
        self.found.allowed_by.iter().rev().find_map(|named| *named).map(|named| self.cited(named))
    }

    fn cited(&self, (policy, statement): Named<'a>) -> Cited<'a> {
        Cited { layer: self.layer, policy, statement }
    }
}

/// A set of relations, a bit each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Relations(u8);

impl Relations {
    pub(super) const ANY: Relations = Relations(u8::MAX);
    pub(super) const ACCOUNT: Relations = Relations(1 << Relation::Account as u8);
    pub(super) const BEHIND: Relations = Relations(1 << Relation::Behind as u8);
    pub(super) const LIMITED_SESSION: Relations = Relations(1 << Relation::LimitedSession as u8);
    pub(super) const CALLER: Relations = Relations(1 << Relation::Caller as u8);
    /// Named, with something on the caller's side still limiting.
    pub(super) const LIMITED: Relations = Relations(Relations::BEHIND.0 | Relations::LIMITED_SESSION.0);
}

/// What the levels of an organisation say: any policy within a level, all levels together.
#[derive(Clone, Copy)]
pub(super) struct Levels<'a> {
    pub(super) denies: Term,
    pub(super) denied_by: Option<Cited<'a>>,
    pub(super) lets_through: Term,
    /// The first level (root is 1) that does not allow.
    pub(super) silent: usize,
}

impl<'a> Levels<'a> {
    pub(super) const NONE: Levels<'static> =
        Levels { denies: Term::False, denied_by: None, lets_through: Term::True, silent: 0 };

    /// `always_allowed`: an Allow of everything is attached to each level and cannot be removed.
    pub(super) fn take<L: Listener<'a>>(
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
            let mut found = Found::NOTHING;
            found.ask(Place { layer, level: index + 1 }, policies, scene, listener);
            sum.denies = sum.denies.or(Term::of(found.deny, layer, Leaf::Deny));
            sum.denied_by =
                sum.denied_by.or(found.denied_by.map(|(policy, statement)| Cited { layer, policy, statement }));
            let allows = if always_allowed { Tri::True } else { found.allow.is_any(u8::MAX) };
            if allows == Tri::False && sum.silent == 0 {
                sum.silent = index + 1;
            }
            sum.lets_through = sum.lets_through.and(Term::of(allows, layer, Leaf::Allow));
        }
        sum
    }
}

/// The statements of one layer (or level) that apply.
#[derive(Clone, Copy)]
struct Found<'a> {
    deny: Tri,
    denied_by: Option<Named<'a>>,
    allow: Directness,
    /// By relation, in the order of [`Relation`].
    allowed_by: [Option<Named<'a>>; 4],
}

/// A statement and its policy.
type Named<'a> = (&'a Policy, &'a Statement);

impl<'a> Found<'a> {
    const NOTHING: Found<'static> =
        Found { deny: Tri::False, denied_by: None, allow: Directness::NONE, allowed_by: [None; 4] };

    fn ask<L: Listener<'a>>(&mut self, place: Place, policies: &'a [Policy], scene: &Scene<'a>, listener: &mut L) {
        for policy in policies {
            // The index files statements under texts, and symbols are not what they are written as.
            if L::EXHAUSTIVE || scene.request.open {
                for statement in policy.statements() {
                    self.consider(place, (policy, statement), scene, listener);
                }
            } else {
                policy.index().visit(scene.request, |index| {
                    if let Some(statement) = policy.statements().get(index as usize) {
                        self.consider(place, (policy, statement), scene, listener);
                    }
                });
            }
        }
    }

    fn consider<L: Listener<'a>>(&mut self, place: Place, named: Named<'a>, scene: &Scene<'a>, listener: &mut L) {
        let (policy, statement) = named;
        let settled = self.allow.is(Relation::Caller) == Tri::True;
        if !L::EXHAUSTIVE && settled && statement.effect() == Effect::Allow {
            return;
        }
        let outcome = statement.outcome(scene);
        listener.statement(place, policy, statement, outcome);
        match (outcome, statement.effect()) {
            (Outcome::DoesNot(_), _) => {}
            (Outcome::Applies(_), Effect::Deny) => {
                self.deny = Tri::True;
                first(&mut self.denied_by, named);
            }
            (Outcome::TurnsOnUnknown(_), Effect::Deny) => self.deny = self.deny.or(Tri::Unknown),
            (Outcome::Applies(directness), Effect::Allow) => {
                self.allow = self.allow.or(directness);
                for (relation, slot) in self.allowed_by.iter_mut().enumerate() {
                    if directness.certain() & (1 << relation) != 0 {
                        first(slot, named);
                    }
                }
            }
            (Outcome::TurnsOnUnknown(directness), Effect::Allow) => self.allow = self.allow.or(directness.doubted()),
        }
    }
}

/// Keeps the statement that comes first, so that the index never decides which one is named.
fn first<'a>(slot: &mut Option<Named<'a>>, named: Named<'a>) {
    let earlier = |old: &Named<'a>| !core::ptr::eq(old.0, named.0) || old.1.span().start <= named.1.span().start;
    if !slot.as_ref().is_some_and(earlier) {
        *slot = Some(named);
    }
}
