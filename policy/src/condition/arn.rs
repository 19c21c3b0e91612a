//! Arn operators: six parts, each compared on its own, wildcards welcome in all four of them.
//!
//! `ArnEquals` and `ArnLike` are one comparison, and so are their negations.

use super::{Operator, Scope, ValueError, each};
use crate::pattern::{Pattern, Use};
use crate::quirk::Quirk;
use crate::scene::Scene;
use crate::symbol;
use crate::tri::Tri;

pub(super) const OPERATORS: &[Operator] = &[
    Operator { name: "ArnEquals", negated: false, compile },
    Operator { name: "ArnLike", negated: false, compile },
    Operator { name: "ArnNotEquals", negated: true, compile },
    Operator { name: "ArnNotLike", negated: true, compile },
];

/// The values of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    values: Box<[Value]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Whole(Pattern),
    /// Fewer than six parts; the quirk `short-arn` decides.
    Short(Pattern),
}

impl Test {
    /// The values, compiled.
    pub fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.values.iter().map(|value| match value {
            Value::Whole(pattern) | Value::Short(pattern) => pattern,
        })
    }

    pub(super) fn matches(&self, value: &str, scene: &Scene<'_>) -> Tri {
        let open = scene.request.open && symbol::holds_unknown(value);
        if parts(value) < 6 && !open {
            return Tri::False;
        }
        Tri::any(self.values.iter().map(|pattern| match pattern {
            Value::Whole(pattern) => pattern.matches(value, scene),
            Value::Short(pattern) if scene.quirks.is_other(Quirk::ShortArn) => pattern.matches(value, scene),
            Value::Short(_) => Tri::False,
        }))
    }
}

fn compile(values: &[&str], scope: Scope) -> Result<super::Test, ValueError> {
    let values = each(values, |value| {
        let with_variable = scope.variables && value.contains("${");
        let open = scope.symbols && symbol::holds(value);
        if with_variable || open || parts(value) >= 6 {
            Pattern::new(value, Use::Arn, scope).map(Value::Whole)
        } else {
            Pattern::new(value, Use::Glob, scope).map(Value::Short)
        }
    })?;
    Ok(super::Test::Arn(Test { values }))
}

fn parts(text: &str) -> usize {
    text.splitn(6, ':').count()
}
