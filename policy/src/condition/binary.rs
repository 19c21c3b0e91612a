//! `BinaryEquals`: bytes written in base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Operator, Scope, ValueError, each};

pub(super) const OPERATORS: &[Operator] = &[Operator { name: "BinaryEquals", negated: false, compile }];

/// The values of a row, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    values: Box<[Box<[u8]>]>,
}

impl Test {
    pub(super) fn matches(&self, value: &str) -> bool {
        STANDARD.decode(value).is_ok_and(|bytes| self.values.iter().any(|wanted| **wanted == *bytes))
    }
}

fn compile(values: &[&str], _: Scope) -> Result<super::Test, ValueError> {
    let values = each(values, |value| match STANDARD.decode(value) {
        Ok(bytes) => Ok(bytes.into_boxed_slice()),
        Err(_) => Err(format!("`{value}` is not base64")),
    })?;
    Ok(super::Test::Binary(Test { values }))
}
