//! Yes, no, or "it turns on something that was not told".

/// Kleene's three truth values, in his order: both of two is the lesser, either the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tri {
    /// It does not hold.
    False,
    /// It turns on a key that is not known.
    Unknown,
    /// It holds.
    True,
}

impl Tri {
    /// Both hold.
    pub fn and(self, other: Tri) -> Tri {
        self.min(other)
    }

    /// At least one holds.
    pub fn or(self, other: Tri) -> Tri {
        self.max(other)
    }

    /// Any of the answers holds; stops at the first that does.
    #[inline]
    pub fn any(answers: impl IntoIterator<Item = Tri>) -> Tri {
        let mut sum = Tri::False;
        for answer in answers {
            match answer {
                Tri::True => return Tri::True,
                Tri::Unknown => sum = Tri::Unknown,
                Tri::False => {}
            }
        }
        sum
    }

    /// All of the answers hold; stops at the first that does not.
    #[inline]
    pub fn all(answers: impl IntoIterator<Item = Tri>) -> Tri {
        let mut product = Tri::True;
        for answer in answers {
            match answer {
                Tri::False => return Tri::False,
                Tri::Unknown => product = Tri::Unknown,
                Tri::True => {}
            }
        }
        product
    }
}

impl From<bool> for Tri {
    fn from(holds: bool) -> Tri {
        if holds { Tri::True } else { Tri::False }
    }
}

impl core::ops::Not for Tri {
    type Output = Tri;

    fn not(self) -> Tri {
        match self {
            Tri::False => Tri::True,
            Tri::True => Tri::False,
            Tri::Unknown => Tri::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tri::{False, True, Unknown};
    use super::*;

    #[test]
    fn unknown_yields_only_where_it_matters() {
        assert_eq!([False.and(Unknown), True.and(Unknown), Unknown.and(Unknown)], [False, Unknown, Unknown]);
        assert_eq!([False.or(Unknown), True.or(Unknown), Unknown.or(Unknown)], [Unknown, True, Unknown]);
        assert_eq!([!False, !True, !Unknown], [True, False, Unknown]);
        assert_eq!([Tri::any([]), Tri::all([])], [False, True]);
    }
}
