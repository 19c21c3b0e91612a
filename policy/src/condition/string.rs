//! String operators: whole texts, equal or alike, with or without regard to case.

use super::{Operator, Scope, ValueError, each};
use crate::pattern::{Pattern, Use};
use crate::scene::Scene;
use crate::tri::Tri;

pub(super) const OPERATORS: &[Operator] = &[
    Operator { name: "StringEquals", negated: false, compile: equals },
    Operator { name: "StringNotEquals", negated: true, compile: equals },
    Operator { name: "StringEqualsIgnoreCase", negated: false, compile: equals_ignoring_case },
    Operator { name: "StringNotEqualsIgnoreCase", negated: true, compile: equals_ignoring_case },
    Operator { name: "StringLike", negated: false, compile: like },
    Operator { name: "StringNotLike", negated: true, compile: like },
];

/// The values of a row, and how they are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    ignores_case: bool,
    patterns: Box<[Pattern]>,
}

impl Test {
    /// Whether letters of either case are equal.
    pub fn ignores_case(&self) -> bool {
        self.ignores_case
    }

    /// The values.
    pub fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    #[inline(always)]
    pub(super) fn matches(&self, value: &str, scene: &Scene<'_>) -> Tri {
        match &*self.patterns {
            [only] if !self.ignores_case => only.matches(value, scene),
            _ => self.matches_any(value, scene),
        }
    }

    #[inline(never)]
    fn matches_any(&self, value: &str, scene: &Scene<'_>) -> Tri {
        if self.ignores_case {
            return Tri::any(self.patterns.iter().map(|pattern| pattern.equals_ignoring_case(value, scene)));
        }
        Tri::any(self.patterns.iter().map(|pattern| pattern.matches(value, scene)))
    }
}

fn equals(values: &[&str], scope: Scope) -> Result<super::Test, ValueError> {
    compile(values, scope, Use::Template, false)
}

fn equals_ignoring_case(values: &[&str], scope: Scope) -> Result<super::Test, ValueError> {
    compile(values, scope, Use::Template, true)
}

fn like(values: &[&str], scope: Scope) -> Result<super::Test, ValueError> {
    compile(values, scope, Use::Glob, false)
}

fn compile(values: &[&str], scope: Scope, used: Use, ignores_case: bool) -> Result<super::Test, ValueError> {
    let patterns = each(values, |value| Pattern::new(value, used, scope))?;
    Ok(super::Test::String(Test { ignores_case, patterns }))
}
