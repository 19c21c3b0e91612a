//! What one layer of policies says about one request, and who listens while it is asked.

use std::ops::ControlFlow;

use crate::decide::Cited;
use crate::grant::{Grant, GrantOutcome};
use crate::layers::{Layer, Told};
use crate::policy::Policy;
use crate::principal::Relation;
use crate::scene::Scene;
use crate::statement::{Directness, Effect, Outcome, Statement};
use crate::term::{Leaf, Term};
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
    layer: Layer,
    state: State<'a>,
}

#[derive(Clone, Copy)]
enum State<'a> {
    /// There is no such layer, so it limits nothing.
    Absent,
    /// Nobody collected it.
    Uncollected,
    /// These policies, and what applies of them.
    Known(&'a [Policy], Found),
}

impl<'a> Said<'a> {
    pub(super) fn nothing(layer: Layer) -> Said<'a> {
        Said { layer, state: State::Absent }
    }

    /// Asks the layer, if there is one.
    #[inline]
    pub(super) fn ask<L: Listener<'a>>(&mut self, policies: Told<'a, Policy>, scene: &Scene<'a>, listener: &mut L) {
        match policies {
            Told::Absent => {}
            Told::Unknown => self.state = State::Uncollected,
            Told::Known(policies) => {
                let mut found = Found::NOTHING;
                found.ask(Place { layer: self.layer, level: 0 }, policies, scene, listener);
                self.state = State::Known(policies, found);
            }
        }
    }

    pub(super) fn is_absent(&self) -> bool {
        matches!(self.state, State::Absent)
    }

    fn documents(&self) -> Term {
        Term::unknown(self.layer, Leaf::Documents)
    }

    pub(super) fn denies(&self) -> Term {
        match &self.state {
            State::Absent => Term::FALSE,
            State::Known(_, found) => Term::of(found.deny, self.layer, Leaf::Deny),
            State::Uncollected => self.documents(),
        }
    }

    /// Whether the layer allows, where it must; one that does not exist does not stand in the way.
    pub(super) fn lets_through(&self) -> Term {
        match &self.state {
            State::Absent => Term::TRUE,
            State::Known(_, found) => Term::of(found.allow.is_any(u8::MAX), self.layer, Leaf::Allow),
            State::Uncollected => self.documents(),
        }
    }

    /// Whether the layer gives anything by itself to a caller named in one of these relations; a
    /// layer that does not exist gives nothing.
    pub(super) fn gives(&self, relations: Relations) -> Term {
        match &self.state {
            State::Absent => Term::FALSE,
            State::Known(_, found) => Term::of(found.allow.is_any(relations.0), self.layer, Leaf::Allow),
            State::Uncollected => self.documents(),
        }
    }

    pub(super) fn denied_by(&self) -> Option<Cited<'a>> {
        self.cited(|found| Some(found.denied_by))
    }

    pub(super) fn allowed_by(&self, relation: Relation) -> Option<Cited<'a>> {
        self.cited(|found| found.allowed_by.get(relation as usize).copied())
    }

    /// The most direct statement that allows.
    pub(super) fn allowed_somehow_by(&self) -> Option<Cited<'a>> {
        self.cited(|found| found.allowed_by.iter().rev().copied().find(|spot| *spot != Spot::NOWHERE))
    }

    fn cited(&self, spot: impl Fn(&Found) -> Option<Spot>) -> Option<Cited<'a>> {
        match &self.state {
            State::Known(policies, found) => spot(found)?.cited(self.layer, policies),
            State::Absent | State::Uncollected => None,
        }
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
        Levels { denies: Term::FALSE, denied_by: None, lets_through: Term::TRUE, silent: 0 };

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
                let documents = Term::unknown(layer, Leaf::Documents);
                let lets_through = if always_allowed { Term::TRUE } else { documents };
                return Levels { denies: documents, lets_through, ..Levels::NONE };
            }
            Told::Known(levels) => levels,
        };
        let mut sum = Levels::NONE;
        if levels.is_empty() && !always_allowed {
            sum.lets_through = Term::FALSE;
            sum.silent = 1;
        }
        for (index, policies) in levels.iter().enumerate() {
            let mut found = Found::NOTHING;
            found.ask(Place { layer, level: index + 1 }, policies, scene, listener);
            sum.denies = sum.denies.or(Term::of(found.deny, layer, Leaf::Deny));
            sum.denied_by = sum.denied_by.or_else(|| found.denied_by.cited(layer, policies));
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
struct Found {
    deny: Tri,
    allow: Directness,
    denied_by: Spot,
    /// By relation, in the order of [`Relation`].
    allowed_by: [Spot; 4],
}

/// Where a statement stands among the policies of its layer: the policy's number, then its own. The
/// one that comes first is named, so that the order of asking never decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Spot(u64);

impl Spot {
    const NOWHERE: Spot = Spot(u64::MAX);

    fn new(policy: u32, statement: u32) -> Spot {
        Spot(u64::from(policy) << 32 | u64::from(statement))
    }

    fn keep_first(&mut self, other: Spot) {
        *self = (*self).min(other);
    }

    fn cited<'a>(self, layer: Layer, policies: &'a [Policy]) -> Option<Cited<'a>> {
        let policy = policies.get((self.0 >> 32) as usize)?;
        let statement = policy.statements().get((self.0 & u64::from(u32::MAX)) as usize)?;
        Some(Cited { layer, policy, statement })
    }
}

impl Found {
    const NOTHING: Found =
        Found { deny: Tri::False, allow: Directness::NONE, denied_by: Spot::NOWHERE, allowed_by: [Spot::NOWHERE; 4] };

    fn ask<'a, L: Listener<'a>>(&mut self, place: Place, policies: &'a [Policy], scene: &Scene<'a>, listener: &mut L) {
        for (number, policy) in (0_u32..).zip(policies) {
            let mut consider = |index: u32| {
                if let Some(statement) = policy.statements().get(index as usize)
                    && (L::EXHAUSTIVE || self.could_change_by(statement))
                {
                    let outcome = statement.outcome(scene);
                    listener.statement(place, policy, statement, outcome);
                    self.note(outcome, statement.effect(), Spot::new(number, index));
                }
                if self.deny == Tri::True { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            // The index files statements under texts, and symbols are not what they are written as.
            if L::EXHAUSTIVE || scene.request.open {
                for (index, _) in (0_u32..).zip(policy.statements()) {
                    let _ = consider(index);
                }
            } else {
                policy.index().visit(scene.request, consider);
            }
        }
    }

    /// Once something denies, or the caller itself is allowed, another Allow adds nothing.
    fn could_change_by(&self, statement: &Statement) -> bool {
        statement.effect() == Effect::Deny || (self.deny != Tri::True && self.allow.is(Relation::Caller) != Tri::True)
    }

    fn note(&mut self, outcome: Outcome, effect: Effect, spot: Spot) {
        match (outcome, effect) {
            (Outcome::DoesNot(_), _) => {}
            (Outcome::Applies(_), Effect::Deny) => {
                self.deny = Tri::True;
                self.denied_by.keep_first(spot);
            }
            (Outcome::TurnsOnUnknown(_), Effect::Deny) => self.deny = self.deny.or(Tri::Unknown),
            (Outcome::Applies(directness), Effect::Allow) => {
                self.allow = self.allow.or(directness);
                for (relation, slot) in self.allowed_by.iter_mut().enumerate() {
                    if directness.certain() & (1 << relation) != 0 {
                        slot.keep_first(spot);
                    }
                }
            }
            (Outcome::TurnsOnUnknown(directness), Effect::Allow) => self.allow = self.allow.or(directness.doubted()),
        }
    }
}
