//! A truth value that remembers which layers it turns on.

use crate::layers::Layer;
use crate::tri::Tri;

/// True, false, or unknown because of these leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Term {
    False,
    True,
    Unknown(Leaves),
}

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
    pub(crate) fn of(holds: Tri, layer: Layer, leaf: Leaf) -> Term {
        match holds {
            Tri::False => Term::False,
            Tri::True => Term::True,
            Tri::Unknown => Term::Unknown(Leaves::one(layer, leaf)),
        }
    }

    pub(crate) fn and(self, other: Term) -> Term {
        match (self, other) {
            (Term::False, _) | (_, Term::False) => Term::False,
            (Term::True, rest) | (rest, Term::True) => rest,
            (Term::Unknown(a), Term::Unknown(b)) => Term::Unknown(a.and_also(b)),
        }
    }

    pub(crate) fn or(self, other: Term) -> Term {
        match (self, other) {
            (Term::True, _) | (_, Term::True) => Term::True,
            (Term::False, rest) | (rest, Term::False) => rest,
            (Term::Unknown(a), Term::Unknown(b)) => Term::Unknown(a.and_also(b)),
        }
    }

    pub(crate) fn leaves(self) -> Leaves {
        match self {
            Term::Unknown(leaves) => leaves,
            Term::False | Term::True => Leaves::default(),
        }
    }
}

impl From<bool> for Term {
    fn from(holds: bool) -> Term {
        if holds { Term::True } else { Term::False }
    }
}
