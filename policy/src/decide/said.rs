//! What one layer of policies says about one request, and who listens while it is asked.

use crate::decide::Cited;
use crate::grant::{Grant, GrantOutcome};
use crate::index::{Candidates, Few};
use crate::layers::{Layer, Told};
use crate::policy::Policy;
use crate::principal::Relation;
use crate::scene::Scene;
use crate::statement::{Directness, Effect, Outcome, Statement};
use crate::term::{Leaf, Term};
use crate::tri::Tri;

/// Hears about every statement and grant.
pub(crate) trait Listener<'a> {
    /// Whether it listens at all; for one that does not, what cannot matter is left out.
    const LISTENS: bool;

    fn statement(&mut self, place: Place, policy: &'a Policy, statement: &'a Statement, outcome: Outcome);

    fn grant(&mut self, grant: &'a Grant, outcome: GrantOutcome);
}

/// The listener that does not listen.
impl<'a> Listener<'a> for () {
    const LISTENS: bool = false;

    fn statement(&mut self, _: Place, _: &'a Policy, _: &'a Statement, _: Outcome) {}

    fn grant(&mut self, _: &'a Grant, _: GrantOutcome) {}
}

/// A layer, and the level inside it (root is 1; 0 where a layer has no levels).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) layer: Layer,
    pub(crate) level: usize,
}

/// Whether a Deny applies, of all layers asked so far, and the first that does for certain.
#[derive(Clone, Copy)]
pub(super) struct Denial<'a> {
    pub(super) applies: Term,
    pub(super) by: Option<Cited<'a>>,
}

impl<'a> Denial<'a> {
    pub(super) const NONE: Denial<'static> = Denial { applies: Term::FALSE, by: None };

    /// Whether nothing that is still to be said can change that the request is denied.
    pub(super) fn is_certain(&self) -> bool {
        self.applies == Term::TRUE
    }

    fn add(&mut self, found: &Found, layer: Layer, policies: &'a [Policy]) {
        self.applies = self.applies.or(Term::of(found.denies, layer, Leaf::Deny));
        if found.denies == Tri::True && self.by.is_none() {
            self.by = found.denied_by.cited(layer, policies);
        }
    }

    fn add_uncollected(&mut self, layer: Layer) {
        self.applies = self.applies.or(Term::unknown(layer, Leaf::Documents));
    }
}

/// What one layer says beside its Denies, as terms of the formula.
#[derive(Clone, Copy)]
pub(super) struct Said<'a> {
    layer: Layer,
    /// The policies, and what applies of them; `None` where there is no such layer, or nobody collected it.
    known: Option<(&'a [Policy], Found)>,
    uncollected: bool,
}

impl<'a> Said<'a> {
    pub(super) const fn nothing(layer: Layer) -> Said<'a> {
        Said { layer, known: None, uncollected: false }
    }

    /// Asks the layer, if there is one.
    #[inline]
    pub(super) fn ask<L: Listener<'a>>(
        &mut self,
        policies: Told<'a, Policy>,
        scene: &Scene<'a>,
        denial: &mut Denial<'a>,
        listener: &mut L,
    ) {
        match policies {
            Told::Absent => {}
            Told::Unknown => {
                self.uncollected = true;
                denial.add_uncollected(self.layer);
            }
            Told::Known(policies) => {
                let (_, found) = self.known.insert((policies, Found::NOTHING));
                found.ask(Place { layer: self.layer, level: 0 }, policies, scene, listener);
                denial.add(found, self.layer, policies);
            }
        }
    }

    pub(super) fn is_absent(&self) -> bool {
        self.known.is_none() && !self.uncollected
    }

    /// Whether the layer allows, where it must; one that does not exist does not stand in the way.
    pub(super) fn lets_through(&self) -> Term {
        self.gives_or(Term::TRUE, Relations::ANY)
    }

    /// Whether the layer gives anything by itself to a caller named in one of these relations; a
    /// layer that does not exist gives nothing.
    pub(super) fn gives(&self, relations: Relations) -> Term {
        self.gives_or(Term::FALSE, relations)
    }

    fn gives_or(&self, absent: Term, relations: Relations) -> Term {
        match &self.known {
            Some((_, found)) => Term::of(found.named.is_any(relations.0), self.layer, Leaf::Allow),
            None if self.uncollected => Term::unknown(self.layer, Leaf::Documents),
            None => absent,
        }
    }

    pub(super) fn allowed_by(&self, relation: Relation) -> Option<Cited<'a>> {
        let (policies, found) = self.known.as_ref()?;
        found.allowed_by.get(relation as usize)?.cited(self.layer, policies)
    }

    /// The most direct statement that allows.
    pub(super) fn allowed_somehow_by(&self) -> Option<Cited<'a>> {
        let (policies, found) = self.known.as_ref()?;
        found.allowed_by.iter().rev().find(|spot| **spot != Spot::NOWHERE)?.cited(self.layer, policies)
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

/// What the levels of an organisation say beside their Denies: any policy within a level, all levels together.
#[derive(Clone, Copy)]
pub(super) struct Levels {
    pub(super) lets_through: Term,
    /// The first level (root is 1) that does not allow.
    pub(super) silent: usize,
}

impl Levels {
    pub(super) const NONE: Levels = Levels { lets_through: Term::TRUE, silent: 0 };

    /// `always_allowed`: an Allow of everything is attached to each level and cannot be removed.
    pub(super) fn take<'a, L: Listener<'a>>(
        layer: Layer,
        levels: Told<'a, Vec<Policy>>,
        always_allowed: bool,
        scene: &Scene<'a>,
        denial: &mut Denial<'a>,
        listener: &mut L,
    ) -> Levels {
        let mut sum = Levels::NONE;
        let levels = match levels {
            Told::Absent => return sum,
            Told::Unknown => {
                denial.add_uncollected(layer);
                if !always_allowed {
                    sum.lets_through = Term::unknown(layer, Leaf::Documents);
                }
                return sum;
            }
            Told::Known(levels) => levels,
        };
        if levels.is_empty() && !always_allowed {
            sum.lets_through = Term::FALSE;
            sum.silent = 1;
        }
        for (index, policies) in levels.iter().enumerate() {
            let mut found = Found::NOTHING;
            found.ask(Place { layer, level: index + 1 }, policies, scene, listener);
            denial.add(&found, layer, policies);
            let allows = if always_allowed { Tri::True } else { found.named.is_any(Relations::ANY.0) };
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
    denies: Tri,
    /// How those that allow name the caller.
    named: Directness,
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

    fn statement(self, policy: &Policy) -> Option<&Statement> {
        policy.statements().get((self.0 & u64::from(u32::MAX)) as usize)
    }

    fn cited<'a>(self, layer: Layer, policies: &'a [Policy]) -> Option<Cited<'a>> {
        let policy = policies.get((self.0 >> 32) as usize)?;
        Some(Cited { layer, policy, statement: self.statement(policy)? })
    }
}

impl Found {
    const NOTHING: Found =
        Found { denies: Tri::False, named: Directness::NONE, denied_by: Spot::NOWHERE, allowed_by: [Spot::NOWHERE; 4] };

    /// Holds the statements of a layer against the request. Once something denies for certain, the rest
    /// is asked only if somebody listens.
    fn ask<'a, L: Listener<'a>>(&mut self, place: Place, policies: &'a [Policy], scene: &Scene<'a>, listener: &mut L) {
        for (number, policy) in (0_u32..).zip(policies) {
            // The index files statements under texts, and symbols are not what they are written as.
            if L::LISTENS || scene.request.open {
                for (index, statement) in (0_u32..).zip(policy.statements()) {
                    let outcome = statement.outcome(scene);
                    listener.statement(place, policy, statement, outcome);
                    self.note(outcome, statement.effect(), Spot::new(number, index));
                }
            } else {
                match policy.index().candidates(scene.request) {
                    Candidates::Few(few) => self.ask_few(few, number, policy.statements(), scene),
                    Candidates::Filed(index) => index.look_up(scene.request, |index| {
                        self.consider(policy, scene, Spot::new(number, index));
                    }),
                }
            }
            if !L::LISTENS && self.denies == Tri::True {
                return;
            }
        }
    }

    /// The way of nearly every decision, so it is kept short: those that deny come first, and what
    /// settles the layer ends it.
    #[inline(always)]
    fn ask_few(&mut self, few: Few, policy: u32, statements: &[Statement], scene: &Scene<'_>) {
        let few = if self.allows_caller() { few.denying() } else { few };
        for index in few {
            let Some(statement) = statements.get(index as usize) else { continue };
            match statement.outcome_for_action(scene) {
                Outcome::DoesNot(_) => {}
                outcome => {
                    self.note(outcome, statement.effect(), Spot::new(policy, index));
                    let settles = match statement.effect() {
                        Effect::Deny => self.denies == Tri::True,
                        // Those that deny were asked before.
                        Effect::Allow => self.allows_caller(),
                    };
                    if settles {
                        return;
                    }
                }
            }
        }
    }

    /// Whether the caller itself is allowed: another Allow adds nothing.
    fn allows_caller(&self) -> bool {
        self.named.is(Relation::Caller) == Tri::True
    }

    /// The same for one of the statements that a request looked up, in no order.
    #[inline(never)]
    fn consider(&mut self, policy: &Policy, scene: &Scene<'_>, spot: Spot) {
        let Some(statement) = spot.statement(policy) else { return };
        if statement.effect() == Effect::Deny || (self.denies != Tri::True && !self.allows_caller()) {
            self.note(statement.outcome(scene), statement.effect(), spot);
        }
    }

    fn note(&mut self, outcome: Outcome, effect: Effect, spot: Spot) {
        match (outcome, effect) {
            (Outcome::DoesNot(_), _) => {}
            (Outcome::Applies(_), Effect::Deny) => {
                self.denies = Tri::True;
                self.denied_by.keep_first(spot);
            }
            (Outcome::TurnsOnUnknown(_), Effect::Deny) => self.denies = self.denies.or(Tri::Unknown),
            (Outcome::Applies(directness), Effect::Allow) => {
                self.named = self.named.or(directness);
                let mut relations = directness.certain();
                while let Some(slot) = self.allowed_by.get_mut(relations.trailing_zeros() as usize) {
                    slot.keep_first(spot);
                    relations &= relations - 1;
                }
            }
            (Outcome::TurnsOnUnknown(directness), Effect::Allow) => {
                self.named = self.named.or(directness.doubted());
            }
        }
    }
}
