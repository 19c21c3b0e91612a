//! One row of a Condition block: an operator, a key, and the values it is held against.
//!
//! Rows are joined by AND, the values of a row by OR. How missing and multi-valued keys are read
//! stands here, once for all operators; what a value has to be stands with its family.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>

pub mod arn;
pub mod binary;
pub mod boolean;
pub mod date;
pub mod ip;
pub mod null;
pub mod numeric;
pub mod string;

use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::combinator::{opt, rest, value};
use nom::{IResult, Parser};

use crate::catalogue::slip;
use crate::context::{Lookup, State, Values};
use crate::key::Key;
use crate::pattern::Pattern;
use crate::quirk::Quirk;
use crate::scene::{Resolved, Scene};
use crate::symbol;
use crate::tri::Tri;

/// An operator: its name, and how the values of a row become a test.
#[derive(Debug)]
pub struct Operator {
    /// The name, as policies spell it.
    pub name: &'static str,
    /// Whether it holds when the value matches none of the row's.
    pub negated: bool,
    compile: fn(&[&str], Scope) -> Result<Test, ValueError>,
}

/// What the values of a row are compiled into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// String operators.
    String(string::Test),
    /// Numeric operators.
    Numeric(numeric::Test),
    /// Date operators.
    Date(date::Test),
    /// `Bool`.
    Boolean(boolean::Test),
    /// `BinaryEquals`.
    Binary(binary::Test),
    /// `IpAddress`, `NotIpAddress`.
    Ip(ip::Test),
    /// Arn operators.
    Arn(arn::Test),
    /// `Null`.
    Null(null::Test),
}

/// What the document says about its values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope {
    /// Whether `${...}` is a variable (Version 2012-10-17).
    pub(crate) variables: bool,
    /// Whether `⟦...⟧` and `⟪...⟫` are symbols: the document comes from a template.
    pub(crate) symbols: bool,
}

/// A value that the operator does not take; `index` counts the values of the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ValueError {
    pub(crate) index: usize,
    pub(crate) message: String,
}

/// How many values of a multi-valued key have to satisfy the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// None written: the key is single-valued.
    Single,
    /// `ForAllValues:`
    All,
    /// `ForAnyValue:`
    Any,
}

/// One row of a Condition block, ready to be held against requests.
#[derive(Debug, Clone)]
pub struct Atom {
    spelled: Box<str>,
    operator: &'static Operator,
    quantifier: Quantifier,
    if_exists: bool,
    negated: bool,
    key: Key,
    values: Box<[Box<str>]>,
    test: Test,
    /// Whether the key or a value is not known; patterns know by themselves.
    open: bool,
}

const FAMILIES: &[&[Operator]] = &[
    string::OPERATORS,
    numeric::OPERATORS,
    date::OPERATORS,
    boolean::OPERATORS,
    binary::OPERATORS,
    ip::OPERATORS,
    arn::OPERATORS,
    null::OPERATORS,
];

/// All operators, family by family.
pub fn operators() -> impl Iterator<Item = &'static Operator> {
    FAMILIES.iter().flat_map(|family| family.iter())
}

/// An operator's name taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Spelling<'a> {
    quantifier: Quantifier,
    base: &'a str,
    if_exists: bool,
}

/// `ForAnyValue:StringLikeIfExists` is a quantifier, an operator and a suffix.
fn spelling(name: &str) -> Spelling<'_> {
    let (quantifier, base) = prefixed(name).map_or((None, name), |(_, parts)| parts);
    let (base, if_exists) = match base.strip_suffix("IfExists") {
        Some(base) => (base, true),
        None => (base, false),
    };
    Spelling { quantifier: quantifier.unwrap_or(Quantifier::Single), base, if_exists }
}

fn prefixed(name: &str) -> IResult<&str, (Option<Quantifier>, &str)> {
    let quantifier = alt((value(Quantifier::All, tag("ForAllValues:")), value(Quantifier::Any, tag("ForAnyValue:"))));
    (opt(quantifier), rest).parse(name)
}

/// Why a row is not a condition: of the operator, or of one of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AtomError {
    Operator(String),
    Value(ValueError),
}

impl Atom {
    pub(crate) fn new(name: &str, key: &str, values: &[&str], scope: Scope) -> Result<Atom, AtomError> {
        let spelling = spelling(name);
        let Some(operator) = operators().find(|operator| operator.name == spelling.base) else {
            return Err(AtomError::Operator(unknown_operator(name, spelling.base)));
        };
        if operator.name == "Null" && (spelling.if_exists || spelling.quantifier != Quantifier::Single) {
            return Err(AtomError::Operator(format!("`{name}`: `Null` takes neither `IfExists` nor a set operator")));
        }
        let (test, open) = compile(operator, values, scope).map_err(AtomError::Value)?;
        Ok(Atom {
            spelled: name.into(),
            operator,
            quantifier: spelling.quantifier,
            if_exists: spelling.if_exists,
            negated: operator.negated,
            key: Key::new(key),
            values: values.iter().map(|value| (*value).into()).collect(),
            test,
            open: open || (scope.symbols && symbol::holds(key)),
        })
    }

    /// The operator as it was written, with quantifier and suffix.
    pub fn spelled(&self) -> &str {
        &self.spelled
    }

    /// The operator.
    pub fn operator(&self) -> &'static Operator {
        self.operator
    }

    /// The quantifier.
    pub fn quantifier(&self) -> Quantifier {
        self.quantifier
    }

    /// Whether it ends in `IfExists`.
    pub fn if_exists(&self) -> bool {
        self.if_exists
    }

    /// The condition key.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The values as they were written.
    pub fn values(&self) -> &[Box<str>] {
        &self.values
    }

    /// What the values were compiled into.
    pub fn test(&self) -> &Test {
        &self.test
    }

    /// Whether the row holds symbols.
    pub(crate) fn is_open(&self) -> bool {
        self.open || self.patterns_open()
    }

    fn patterns_open(&self) -> bool {
        match &self.test {
            Test::String(test) => test.patterns().iter().any(Pattern::is_open),
            Test::Arn(test) => test.patterns().any(Pattern::is_open),
            _ => false,
        }
    }

    /// The texts of the row that may hold symbols.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        core::iter::once(self.key.name()).chain(self.values.iter().map(|value| &**value))
    }

    #[inline(always)]
    pub(crate) fn holds(&self, scene: &Scene<'_>) -> Tri {
        let told = scene.told(&self.key);
        // Most rows are this one, so it is worth a way of its own.
        if let Some(State::Given(Values::One(value))) = told
            && self.quantifier == Quantifier::Single
            && !self.open
            && !value.is_empty()
        {
            return self.satisfied_by(value, scene);
        }
        self.holds_told(told, scene)
    }

    #[inline(never)]
    fn holds_told(&self, told: Option<&State>, scene: &Scene<'_>) -> Tri {
        self.holds_for(scene.read(&self.key, told), scene)
    }

    /// Whether the row holds where the request has this under its key.
    pub(crate) fn holds_for(&self, found: Lookup<'_>, scene: &Scene<'_>) -> Tri {
        if self.open && (symbol::holds(self.key.name()) || matches!(self.test, Test::Null(_))) {
            return Tri::Unknown;
        }
        if let Test::Null(test) = &self.test {
            return match found {
                Lookup::Unknown => test.unknown(),
                Lookup::Absent => Tri::from(test.holds(true)),
                Lookup::One(_) | Lookup::Many(_) => Tri::from(test.holds(false)),
            };
        }
        match (found, self.quantifier) {
            (Lookup::Unknown, _) => Tri::Unknown,
            (Lookup::Absent, _) => self.when_absent(scene),
            (Lookup::One(""), Quantifier::All | Quantifier::Any) => self.when_absent(scene),
            (Lookup::One(value), _) => self.satisfied_by(value, scene),
            (Lookup::Many(_), Quantifier::Single) => Tri::False,
            (Lookup::Many(values), Quantifier::All) => Tri::all(values.iter().map(|v| self.satisfied_by(v, scene))),
            (Lookup::Many(values), Quantifier::Any) => Tri::any(values.iter().map(|v| self.satisfied_by(v, scene))),
        }
    }

    fn when_absent(&self, scene: &Scene<'_>) -> Tri {
        Tri::from(match self.quantifier {
            Quantifier::Single => self.if_exists || self.negated,
            Quantifier::All => true,
            Quantifier::Any => self.if_exists && scene.quirks.is_other(Quirk::ForAnyValueIfExists),
        })
    }

    /// The values with variables in them, or that could have some.
    pub(crate) fn patterns(&self) -> Vec<&Pattern> {
        match &self.test {
            Test::String(test) => test.patterns().iter().collect(),
            Test::Arn(test) => test.patterns().collect(),
            Test::Boolean(test) => test.patterns().collect(),
            _ => Vec::new(),
        }
    }

    /// Whether one value of the key satisfies the row.
    #[inline(always)]
    pub(crate) fn satisfied_by(&self, value: &str, scene: &Scene<'_>) -> Tri {
        let matches = match &self.test {
            Test::String(test) => test.matches(value, scene),
            _ => self.satisfied_otherwise(value, scene),
        };
        if self.negated { !matches } else { matches }
    }

    #[inline(never)]
    fn satisfied_otherwise(&self, value: &str, scene: &Scene<'_>) -> Tri {
        let matches = match &self.test {
            Test::String(test) => test.matches(value, scene),
            Test::Arn(test) => test.matches(value, scene),
            _ if scene.request.open && symbol::holds(value) => Tri::Unknown,
            Test::Numeric(test) => Tri::from(test.matches(value)),
            Test::Date(test) => Tri::from(test.matches(value)),
            Test::Boolean(test) => test.matches(value, scene),
            Test::Binary(test) => Tri::from(test.matches(value)),
            Test::Ip(test) => Tri::from(test.matches(value)),
            Test::Null(test) => Tri::from(test.holds(false)),
        };
        // A value that a template leaves open was left out of the test, and may be this one.
        if self.open { matches.or(Tri::Unknown) } else { matches }
    }

    /// The unknown keys on which this row turns.
    pub(crate) fn unknown_keys<'a>(&'a self, scene: &Scene<'a>, keys: &mut Vec<&'a Key>) {
        if scene.lookup(&self.key) == Lookup::Unknown {
            keys.push(&self.key);
            return;
        }
        let unresolved = |pattern: &'a Pattern| {
            pattern.variables().filter(|variable| scene.resolve(variable) == Resolved::Unknown).map(|v| &v.key)
        };
        match &self.test {
            Test::String(test) => keys.extend(test.patterns().iter().flat_map(unresolved)),
            Test::Arn(test) => keys.extend(test.patterns().flat_map(unresolved)),
            Test::Boolean(test) => keys.extend(test.patterns().flat_map(unresolved)),
            _ => {}
        }
    }
}

/// Compiles the values of a row. Where values are no patterns, one that is not known is left out,
/// and the second part of the answer says so.
fn compile(operator: &Operator, values: &[&str], scope: Scope) -> Result<(Test, bool), ValueError> {
    let patterns = operator.name.starts_with("String") || operator.name.starts_with("Arn");
    if !scope.symbols || patterns || !values.iter().any(|value| symbol::holds(value)) {
        return (operator.compile)(values, scope).map(|test| (test, false));
    }
    let known: Vec<(usize, &str)> =
        values.iter().copied().enumerate().filter(|(_, value)| !symbol::holds(value)).collect();
    let texts: Vec<&str> = known.iter().map(|(_, value)| *value).collect();
    match (operator.compile)(&texts, scope) {
        Ok(test) => Ok((test, true)),
        Err(error) => {
            let index = known.get(error.index).map_or(error.index, |(index, _)| *index);
            Err(ValueError { index, ..error })
        }
    }
}

fn unknown_operator(name: &str, base: &str) -> String {
    let near = operators().filter_map(|operator| Some((slip(base, operator.name)?, operator.name)));
    match near.min() {
        Some((_, meant)) => format!("unknown condition operator `{name}`; did you mean `{meant}`?"),
        None => format!("unknown condition operator `{name}`"),
    }
}

/// Compiles each value of a row, naming the one that cannot be.
fn each<T>(values: &[&str], mut compile: impl FnMut(&str) -> Result<T, String>) -> Result<Box<[T]>, ValueError> {
    values
        .iter()
        .enumerate()
        .map(|(index, value)| compile(value).map_err(|message| ValueError { index, message }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_apart() {
        let apart = spelling("ForAnyValue:StringNotLikeIfExists");
        assert_eq!(apart, Spelling { quantifier: Quantifier::Any, base: "StringNotLike", if_exists: true });
        assert_eq!(spelling("IfExists").base, "");
    }

    #[test]
    fn unknown_operators_suggest_the_nearest() {
        let refused = |name: &str| match Atom::new(name, "aws:x", &["1"], Scope { variables: true, symbols: false }) {
            Err(AtomError::Operator(message)) => message,
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(refused("StringLikes"), "unknown condition operator `StringLikes`; did you mean `StringLike`?");
        assert!(refused("stringequals").contains("did you mean `StringEquals`"));
        assert!(refused("ForSomeValue:Bool").starts_with("unknown condition operator"));
        assert!(!refused("Frobnicate").contains("did you mean"));
        assert!(refused("NullIfExists").contains("takes neither"));
        assert!(refused("").starts_with("unknown"));
    }

    #[test]
    fn there_are_as_many_operators_as_documented() {
        assert_eq!(operators().count(), 6 + 6 + 6 + 1 + 1 + 2 + 4 + 1);
    }
}
