//! Numeric operators: integers and decimals of any length, compared exactly.

use core::cmp::Ordering;

use super::{Operator, Scope, ValueError, each};

pub(super) const OPERATORS: &[Operator] = &[
    Operator { name: "NumericEquals", negated: false, compile: |v, s| compile(v, s, Comparison::Equal) },
    Operator { name: "NumericNotEquals", negated: true, compile: |v, s| compile(v, s, Comparison::Equal) },
    Operator { name: "NumericLessThan", negated: false, compile: |v, s| compile(v, s, Comparison::Less) },
    Operator { name: "NumericLessThanEquals", negated: false, compile: |v, s| compile(v, s, Comparison::LessOrEqual) },
    Operator { name: "NumericGreaterThan", negated: false, compile: |v, s| compile(v, s, Comparison::Greater) },
    Operator {
        name: "NumericGreaterThanEquals",
        negated: false,
        compile: |v, s| compile(v, s, Comparison::GreaterOrEqual),
    },
];

/// How a request's value stands to a policy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    pub(super) fn accepts(self, ordering: Ordering) -> bool {
        match self {
            Comparison::Equal => ordering.is_eq(),
            Comparison::Less => ordering.is_lt(),
            Comparison::LessOrEqual => ordering.is_le(),
            Comparison::Greater => ordering.is_gt(),
            Comparison::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// The numbers of a row, and the comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    comparison: Comparison,
    numbers: Box<[Box<str>]>,
}

impl Test {
    /// The comparison.
    pub fn comparison(&self) -> Comparison {
        self.comparison
    }

    /// The numbers, as they were written.
    pub fn numbers(&self) -> &[Box<str>] {
        &self.numbers
    }

    pub(super) fn matches(&self, value: &str) -> bool {
        let Some(value) = Decimal::parse(value) else { return false };
        self.numbers.iter().filter_map(|text| Decimal::parse(text)).any(|n| self.comparison.accepts(value.cmp(&n)))
    }
}

fn compile(values: &[&str], _: Scope, comparison: Comparison) -> Result<super::Test, ValueError> {
    let numbers = each(values, |value| match Decimal::parse(value) {
        Some(_) => Ok(value.into()),
        None => Err(format!("`{value}` is not a number: write an integer or a decimal")),
    })?;
    Ok(super::Test::Numeric(Test { comparison, numbers }))
}

/// A number as its digits, so that nothing is rounded: no leading zeros before the point, no trailing ones after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
}

impl<'a> Decimal<'a> {
    pub(crate) fn parse(text: &'a str) -> Option<Decimal<'a>> {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (unsigned, ""),
        };
        if whole.is_empty() || !digits(whole) || !digits(fraction) {
            return None;
        }
        let whole = whole.trim_start_matches('0');
        let fraction = fraction.trim_end_matches('0');
        let zero = whole.is_empty() && fraction.is_empty();
        Some(Decimal { negative: negative && !zero, whole, fraction })
    }

    pub(crate) fn cmp(&self, other: &Decimal<'_>) -> Ordering {
        let size = |a: &Decimal<'_>, b: &Decimal<'_>| {
            a.whole.len().cmp(&b.whole.len()).then(a.whole.cmp(b.whole)).then(a.fraction.cmp(b.fraction))
        };
        match (self.negative, other.negative) {
            (false, false) => size(self, other),
            (true, true) => size(other, self),
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(a: &str, b: &str) -> Ordering {
        Decimal::parse(a).unwrap().cmp(&Decimal::parse(b).unwrap())
    }

    #[test]
    fn numbers_compare_by_value_and_never_through_doubles() {
        assert_eq!(order("10", "9"), Ordering::Greater);
        assert_eq!(order("-10", "-9"), Ordering::Less);
        assert_eq!(order("-0", "0.00"), Ordering::Equal);
        assert_eq!(order("007.50", "7.5"), Ordering::Equal);
        assert_eq!(order("9007199254740993", "9007199254740992"), Ordering::Greater);
        assert_eq!(order("0.1", "0.09"), Ordering::Greater);
        for text in ["", "-", "1.", ".5", "+1", "1e3", "10abc", "0x10", " 1", "1,000", "--1", "NaN", "١"] {
            assert_eq!(Decimal::parse(text), None, "{text:?}");
        }
    }
}
