//! `Null`: whether the request has the key at all.

use super::{Operator, Scope, ValueError, each};
use crate::tri::Tri;

pub(super) const OPERATORS: &[Operator] = &[Operator { name: "Null", negated: false, compile }];

/// Which of the two states the row accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Test {
    when_absent: bool,
    when_present: bool,
}

impl Test {
    /// Whether the row holds for a key that is absent or present.
    pub fn holds(self, absent: bool) -> bool {
        if absent { self.when_absent } else { self.when_present }
    }

    pub(super) fn unknown(self) -> Tri {
        if self.when_absent == self.when_present { Tri::from(self.when_absent) } else { Tri::Unknown }
    }
}

fn compile(values: &[&str], _: Scope) -> Result<super::Test, ValueError> {
    let values = each(values, |value| match value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("`{value}` is neither `true` nor `false`")),
    })?;
    Ok(super::Test::Null(Test { when_absent: values.contains(&true), when_present: values.contains(&false) }))
}
