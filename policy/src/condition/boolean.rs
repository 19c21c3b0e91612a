//! `Bool`: true or false, in letters of either case.

use super::{Operator, Scope, ValueError, each};
use crate::pattern::{Pattern, Use};
use crate::quirk::Quirk;
use crate::scene::Scene;
use crate::tri::Tri;

pub(super) const OPERATORS: &[Operator] = &[Operator { name: "Bool", negated: false, compile }];

/// The values of a row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Test {
    /// Whether `true` is among them.
    holds_true: bool,
    /// Whether `false` is.
    holds_false: bool,
    /// Those with policy variables; the quirk `variable-in-bool` decides what they mean.
    variables: Vec<Pattern>,
}

impl Test {
    #[inline]
    pub(super) fn matches(&self, value: &str, scene: &Scene<'_>) -> Tri {
        match truth(value) {
            Some(true) if self.holds_true => Tri::True,
            Some(false) if self.holds_false => Tri::True,
            Some(told) if !self.variables.is_empty() => self.matches_variables(told, scene),
            _ => Tri::False,
        }
    }

    #[inline(never)]
    fn matches_variables(&self, told: bool, scene: &Scene<'_>) -> Tri {
        if scene.quirks.is_other(Quirk::VariableInBool) {
            return Tri::False;
        }
        let told = if told { "true" } else { "false" };
        Tri::any(self.variables.iter().map(|pattern| pattern.equals_ignoring_case(told, scene)))
    }

    /// The values with policy variables.
    pub fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.variables.iter()
    }
}

fn compile(values: &[&str], scope: Scope) -> Result<super::Test, ValueError> {
    let mut test = Test::default();
    each(values, |value| {
        match truth(value) {
            Some(true) => test.holds_true = true,
            Some(false) => test.holds_false = true,
            None if scope.variables && value.contains("${") => {
                test.variables.push(Pattern::new(value, Use::Template, scope)?);
            }
            None => return Err(format!("`{value}` is neither `true` nor `false`")),
        }
        Ok(())
    })?;
    Ok(super::Test::Boolean(test))
}

#[inline]
fn truth(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}
