//! What the grants of a key say about one request.

use crate::grant::{Grant, GrantOutcome};
use crate::key::Key;
use crate::layers::{Layer, Told};
use crate::principal::Relation;
use crate::quirk::Quirk;
use crate::scene::Scene;
use crate::term::{Leaf, Term};
use crate::tri::Tri;

use super::said::Listener;

/// What the grants say, by how directly they name the caller and by who issued them.
#[derive(Clone, Copy)]
pub(super) struct Grants<'a> {
    /// Limited by nothing on the caller's side.
    pub(super) freely: Term,
    /// Limited by boundary and session policy.
    pub(super) limited: Term,
    /// Limited by the session policy alone.
    pub(super) limited_session: Term,
    /// Delegated to the caller's account.
    pub(super) delegated: Term,
    pub(super) permitted_by: Option<&'a Grant>,
}

impl<'a> Grants<'a> {
    pub(super) const NONE: Grants<'static> = Grants {
        freely: Term::FALSE,
        limited: Term::FALSE,
        limited_session: Term::FALSE,
        delegated: Term::FALSE,
        permitted_by: None,
    };

    /// Whether any grant may permit.
    pub(super) fn any(&self) -> bool {
        self.freely.or(self.limited).or(self.limited_session).or(self.delegated) != Term::FALSE
    }

    #[inline(never)]
    pub(super) fn take<L: Listener<'a>>(scene: &Scene<'a>, grants: Told<'a, Grant>, listener: &mut L) -> Grants<'a> {
        let grants = match grants {
            Told::Absent => return Grants::NONE,
            Told::Unknown => {
                return Grants { freely: Term::unknown(Layer::Grant, Leaf::Documents), ..Grants::NONE };
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
            Relation::Account if scene.quirks.is_other(Quirk::AccountGrantee) && !scene.request.retires => None,
            Relation::Account => Some(&mut self.delegated),
            Relation::Behind if scene.quirks.is_other(Quirk::GrantAndBoundary) => Some(&mut self.freely),
            Relation::Behind => Some(&mut self.limited),
            Relation::LimitedSession => Some(&mut self.limited_session),
            // Across accounts every layer of the caller's side counts, as for a key policy.
            Relation::Caller if scene.request.is_cross_account() => Some(&mut self.limited),
            Relation::Caller => Some(&mut self.freely),
        }
    }
}

fn outcome_of(grant: &Grant, scene: &Scene<'_>) -> GrantOutcome {
    if scene.request.retires { grant.retire_outcome(scene) } else { grant.outcome(scene) }
}

/// The unknown keys on which a grant turns, if it turns on any.
pub(crate) fn unknown_keys_of<'a>(grant: &'a Grant, scene: &Scene<'a>, keys: &mut Vec<&'a Key>) {
    if matches!(outcome_of(grant, scene), GrantOutcome::TurnsOnUnknown(_)) {
        grant.unknown_keys(scene, keys);
    }
}
