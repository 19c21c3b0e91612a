//! `Bool`: true or false, in letters of either case.

use super::{Operator, Scope, ValueError, each};
use crate::pattern::{Pattern, Use};
use crate::quirk::Quirk;
use crate::scene::Scene;
use crate::tri::Tri;

pub(super) const OPERATORS: &[Operator] = &[Operator { name: "Bool", negated: false, compile }];

/// The values of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    values: Box<[Value]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Fixed(bool),
    /// A value with policy variables; the quirk `variable-in-bool` decides what it means.
    Variable(Pattern),
}

impl Test {
    pub(super) fn matches(&self, value: &str, scene: &Scene<'_>) -> Tri {
        let Some(told) = truth(value) else { return Tri::False };
        Tri::any(self.values.iter().map(|value| match value {
            Value::Fixed(wanted) => Tri::from(*wanted == told),
            Value::Variable(_) if scene.quirks.is_other(Quirk::VariableInBool) => Tri::False,
            Value::Variable(pattern) => pattern.equals_ignoring_case(if told { "true" } else { "false" }, scene),
        }))
    }

    /// The fixed values.
    pub fn fixed(&self) -> impl Iterator<Item = bool> {
        self.values.iter().filter_map(|value| match value {
            Value::Fixed(value) => Some(*value),
            Value::Variable(_) => None,
        })
    }

    /// The values with policy variables.
    pub fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.values.iter().filter_map(|value| match value {
            Value::Fixed(_) => None,
            Value::Variable(pattern) => Some(pattern),
        })
    }
}

fn compile(values: &[&str], scope: Scope) -> Result<super::Test, ValueError> {
    let values = each(values, |value| match truth(value) {
        Some(fixed) => Ok(Value::Fixed(fixed)),
        None if scope.variables && value.contains("${") => {
            Pattern::new(value, Use::Template, scope).map(Value::Variable)
        }
        None => Err(format!("`{value}` is neither `true` nor `false`")),
    })?;
    Ok(super::Test::Boolean(Test { values }))
}

fn truth(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}
