//! A truth value that remembers which layers it turns on.

use crate::layers::Layer;
use crate::tri::Tri;

/// True, false, or unknown because of these leaves.
///
/// One word, since every decision joins a dozen: no bit is false, all bits are true, and anything
/// between is the leaves themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Term(u32);

/// A set of (layer, what of it).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Leaves(u32);

/// What of a layer an answer turns on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaf {
    /// Its Allow statements, or its grants.
    Allow = 0,
    /// Its Deny statements.
    Deny = 8,
    /// Its documents, which nobody collected.
    Documents = 16,
}

impl Leaves {
    pub(crate) fn one(layer: Layer, leaf: Leaf) -> Leaves {
        Leaves(1 << (layer as u32 + leaf as u32))
    }

    pub(crate) fn has(self, layer: Layer, leaf: Leaf) -> bool {
        self.0 & Leaves::one(layer, leaf).0 != 0
    }

    pub(crate) fn and_also(self, other: Leaves) -> Leaves {
        Leaves(self.0 | other.0)
    }
}

impl Term {
    pub(crate) const FALSE: Term = Term(0);
    pub(crate) const TRUE: Term = Term(u32::MAX);

    /// Unknown because of one leaf.
    pub(crate) fn unknown(layer: Layer, leaf: Leaf) -> Term {
        Term(Leaves::one(layer, leaf).0)
    }

    pub(crate) fn of(holds: Tri, layer: Layer, leaf: Leaf) -> Term {
        match holds {
            Tri::False => Term::FALSE,
            Tri::True => Term::TRUE,
            Tri::Unknown => Term::unknown(layer, leaf),
        }
    }

    fn is_settled(self) -> bool {
        self == Term::FALSE || self == Term::TRUE
    }

    pub(crate) fn and(self, other: Term) -> Term {
        if self.is_settled() || other.is_settled() { Term(self.0 & other.0) } else { Term(self.0 | other.0) }
    }

    pub(crate) fn or(self, other: Term) -> Term {
        Term(self.0 | other.0)
    }

    pub(crate) fn leaves(self) -> Leaves {
        if self.is_settled() { Leaves::default() } else { Leaves(self.0) }
    }
}

impl From<bool> for Term {
    fn from(holds: bool) -> Term {
        if holds { Term::TRUE } else { Term::FALSE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_joined_as_kleene_has_it_and_keep_their_leaves() {
        let (scp, grant) = (Term::unknown(Layer::Scp, Leaf::Deny), Term::unknown(Layer::Grant, Leaf::Documents));
        for term in [Term::FALSE, Term::TRUE, scp, grant] {
            assert!(term.and(Term::TRUE) == term && term.or(Term::FALSE) == term);
            assert!(term.and(Term::FALSE) == Term::FALSE && term.or(Term::TRUE) == Term::TRUE);
            assert!(term.and(term) == term && term.or(term) == term);
        }
        for both in [scp.and(grant), scp.or(grant)] {
            assert!(both.leaves().has(Layer::Scp, Leaf::Deny) && both.leaves().has(Layer::Grant, Leaf::Documents));
            assert!(!both.leaves().has(Layer::Scp, Leaf::Allow));
        }
        assert_eq!([Term::TRUE.leaves(), Term::FALSE.leaves()], [Leaves::default(); 2]);
    }

    #[test]
    fn no_leaves_fill_the_word() {
        let all = Layer::ALL
            .iter()
            .flat_map(|layer| [Leaf::Allow, Leaf::Deny, Leaf::Documents].map(|leaf| Term::unknown(*layer, leaf)));
        assert!(all.fold(Term::FALSE, Term::or) != Term::TRUE);
    }
}
