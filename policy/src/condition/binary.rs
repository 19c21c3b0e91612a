//! `BinaryEquals`: bytes written in base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Operator, Scope, ValueError, each};

pub(super) const OPERATORS: &[Operator] = &[Operator { name: "BinaryEquals", negated: false, compile }];

/// The values of a row.
///
/// INVARIANT: each is base64 as `STANDARD` takes it, which writes given bytes in one way only; so
/// equal bytes are equal texts, and nothing has to be decoded to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    values: Box<[Box<str>]>,
}

impl Test {
    pub(super) fn matches(&self, value: &str) -> bool {
        self.values.iter().any(|wanted| **wanted == *value)
    }
}

fn compile(values: &[&str], _: Scope) -> Result<super::Test, ValueError> {
    let values = each(values, |value| match STANDARD.decode(value) {
        Ok(_) => Ok(value.into()),
        Err(_) => Err(format!("`{value}` is not base64")),
    })?;
    Ok(super::Test::Binary(Test { values }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the comparison of texts rests on: no second spelling of the same bytes is taken.
    #[test]
    fn one_spelling_for_given_bytes() {
        assert!(STANDARD.decode("QQ==").is_ok());
        for other in ["QQ", "QQ=", "QR==", "Q Q==", "QQ==\n", "QQ===="] {
            assert!(STANDARD.decode(other).is_err(), "{other:?}");
        }
    }
}
