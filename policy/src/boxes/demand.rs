//! What a statement or a grant still asks of a request once everything that is known was settled.

use std::borrow::Cow;

use crate::condition::{Atom, Quantifier, Test as AtomTest};
use crate::context::Lookup;
use crate::key::Key;
use crate::pattern::{Pattern, Step};
use crate::quirk::Quirk;
use crate::request::Request;
use crate::scene::Scene;
use crate::tri::Tri;

use super::value::Seed;

/// One thing asked of one key that is not known.
#[derive(Debug, Clone)]
pub(super) struct Demand<'a> {
    pub(super) key: Cow<'a, Key>,
    pub(super) ask: Ask<'a>,
    /// The request against which it is read, where that is not the question's own.
    pub(super) of: Option<&'a Request>,
}

/// What is asked.
#[derive(Debug, Clone)]
pub(super) enum Ask<'a> {
    /// That a row holds that compares unknown keys with each other: a question of its own, true or false.
    Opaque {
        /// The row.
        atom: &'a Atom,
        /// Whether it holds where its plain, not negated form does.
        plain: bool,
    },
    /// That a row of a Condition block holds.
    Row { atom: &'a Atom, in_key_policy: bool },
    /// That the unique id is this one, or one of its sessions where it names no session.
    UniqueId(&'a str),
    /// That there is one of these texts.
    Text(Vec<&'a str>),
    /// That the text begins so, or a text of the list does.
    Begins(&'static str),
    /// That the text ends so.
    Ends(&'static str),
    /// That the text is an address.
    Address,
    /// That every value is one of these, in letters of either case.
    AllAmong(Vec<Box<str>>),
    /// That the encryption context has a pair of this name: a value of kms:EncryptionContextKeys.
    Name(Box<str>),
    /// That a part of the statement holds, whose text has this key as its variable.
    Variable(Variable<'a>),
}

/// A part of a statement whose text has an unknown key as its only unknown variable.
#[derive(Debug, Clone)]
pub(super) struct Variable<'a> {
    pub(super) part: VariablePart<'a>,
    pub(super) in_key_policy: bool,
    /// The texts that the variable could stand for, so that the part matches.
    pub(super) solutions: Vec<Box<str>>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum VariablePart<'a> {
    Row(&'a Atom),
    Resource(&'a crate::statement::Texts),
}

/// How the sets of a list-valued key are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Each value satisfies; an empty list does.
    All,
    /// Some value satisfies; the empty list does or does not.
    Any { empty: bool },
    /// Only whether the list is empty matters.
    Presence { empty: bool, filled: bool },
}

/// What a key that stands for a whole row begins with; no condition key does.
pub(super) const OPAQUE: &str = "\0";

impl<'a> Demand<'a> {
    /// A row that compares unknown keys with each other. Rows that say the same, or the opposite, are one.
    pub(super) fn opaque(atom: &'a Atom, in_key_policy: bool) -> Demand<'a> {
        let plain = !(atom.operator().negated && !atom.if_exists() && atom.quantifier() == Quantifier::Single);
        let operator = if plain { atom.spelled().to_owned() } else { atom.spelled().replacen("Not", "", 1) };
        let mut values: Vec<&str> = atom.values().iter().map(|value| &**value).collect();
        values.sort_unstable();
        values.dedup();
        let name = format!("{OPAQUE}{operator}\0{}\0{in_key_policy}\0{}", atom.key().lower(), values.join("\0"));
        // Names of keys compare without case, and values do not.
        let name: String =
            name.chars().flat_map(|c| if c.is_uppercase() { vec!['\u{1}', c] } else { vec![c] }).collect();
        Demand { key: Cow::Owned(Key::new(&name)), ask: Ask::Opaque { atom, plain }, of: None }
    }

    fn scene<'s>(&'s self, scene: &Scene<'s>) -> Scene<'s> {
        Scene { request: self.of.unwrap_or(scene.request), ..*scene }
    }

    /// What tells values of the key apart.
    pub(super) fn seeds(&self, scene: &Scene<'_>) -> Vec<Seed> {
        let scene = &self.scene(scene);
        match &self.ask {
            Ask::Row { atom, in_key_policy } => row_seeds(atom, &Scene { in_key_policy: *in_key_policy, ..*scene }),
            Ask::Opaque { .. } => vec![Seed::Literal("true".into())],
            Ask::UniqueId(id) if id.contains(':') => vec![Seed::Literal((*id).into())],
            Ask::UniqueId(id) => {
                let mut sessions: Vec<Step> = id.chars().map(Step::Char).collect();
                sessions.extend([Step::Char(':'), Step::Many { colons: true }]);
                vec![Seed::Literal((*id).into()), Seed::Glob(sessions)]
            }
            Ask::Text(texts) => texts.iter().map(|text| Seed::Literal((*text).into())).collect(),
            Ask::Begins(prefix) => {
                let mut steps: Vec<Step> = prefix.chars().map(Step::Char).collect();
                steps.push(Step::Many { colons: true });
                vec![Seed::Glob(steps)]
            }
            // One text stands for all: a pattern could not be told apart from addresses.
            Ask::Ends(suffix) => vec![Seed::Literal(format!("ec2{suffix}").into())],
            Ask::Address => vec![Seed::Literal("x".into())],
            Ask::AllAmong(texts) => texts.iter().flat_map(|text| either_case(text)).collect(),
            Ask::Name(name) => either_case(name),
            Ask::Variable(variable) if variable.ignores_case() => {
                variable.solutions.iter().flat_map(|text| either_case(text)).collect()
            }
            Ask::Variable(variable) => variable.solutions.iter().cloned().map(Seed::Literal).collect(),
        }
    }

    /// How a list is read; the values one by one are read by [`Demand::takes`].
    pub(super) fn reading(&self, scene: &Scene<'_>) -> Reading {
        let scene = &self.scene(scene);
        match &self.ask {
            Ask::Row { atom, .. } => {
                let empty = atom.holds_for(Lookup::Absent, scene) == Tri::True;
                match (atom.test(), atom.quantifier()) {
                    (AtomTest::Null(test), _) => Reading::Presence { empty, filled: test.holds(false) },
                    (_, Quantifier::Single) => Reading::Presence { empty, filled: false },
                    (_, Quantifier::All) => Reading::All,
                    (_, Quantifier::Any) => Reading::Any { empty },
                }
            }
            Ask::AllAmong(_) => Reading::All,
            // A variable has no text where its key holds a list, so only its absence is read as such.
            Ask::Variable(_) => {
                let empty = self.takes(None, scene);
                Reading::Presence { empty, filled: self.takes_list(scene) }
            }
            Ask::Opaque { .. }
            | Ask::UniqueId(_)
            | Ask::Text(_)
            | Ask::Begins(_)
            | Ask::Ends(_)
            | Ask::Address
            | Ask::Name(_) => Reading::Any { empty: false },
        }
    }

    /// Whether a list of values under the key satisfies a part that has it as a variable.
    fn takes_list(&self, scene: &Scene<'_>) -> bool {
        let Ask::Variable(variable) = &self.ask else { return false };
        variable.holds(scene, |request| request.context.give(self.key.as_ref().clone(), [" ", "  "].as_slice().into()))
    }

    /// Whether the value, or nothing, satisfies what is asked.
    pub(super) fn takes(&self, value: Option<&str>, scene: &Scene<'_>) -> bool {
        let found = match value {
            Some("") if scene.quirks.is_other(Quirk::EmptyText) => Lookup::Absent,
            Some(value) => Lookup::One(value),
            None => Lookup::Absent,
        };
        let scene = &self.scene(scene);
        match &self.ask {
            Ask::Opaque { plain, .. } => (value == Some("true")) == *plain,
            Ask::Row { atom, in_key_policy } => {
                let scene = &Scene { in_key_policy: *in_key_policy, ..*scene };
                atom.holds_for(found, scene) == Tri::True
            }
            Ask::UniqueId(id) => value
                .is_some_and(|value| value == *id || value.split_once(':').is_some_and(|(before, _)| before == *id)),
            Ask::Text(texts) => value.is_some_and(|value| texts.contains(&value)),
            Ask::Begins(prefix) => value.is_some_and(|value| value.starts_with(prefix)),
            Ask::Ends(suffix) => value.is_some_and(|value| value.ends_with(suffix)),
            Ask::Address => value.is_some_and(|value| value.parse::<core::net::IpAddr>().is_ok()),
            Ask::AllAmong(texts) => value.is_none_or(|value| texts.iter().any(|text| same(text, value))),
            Ask::Name(name) => value.is_some_and(|value| same(name, value)),
            Ask::Variable(variable) => variable.holds(scene, |request| match value {
                Some(value) => request.context.give(self.key.as_ref().clone(), value.into()),
                None => request.context.remove(self.key.as_ref().clone()),
            }),
        }
    }

    /// Whether one value of a list satisfies what is asked of each or some of them.
    pub(super) fn takes_one(&self, value: &str, scene: &Scene<'_>) -> bool {
        let scene = &self.scene(scene);
        match &self.ask {
            Ask::Row { atom, in_key_policy } => {
                let scene = &Scene { in_key_policy: *in_key_policy, ..*scene };
                atom.satisfied_by(value, scene) == Tri::True
            }
            _ => self.takes(Some(value), scene),
        }
    }
}

impl Variable<'_> {
    /// The answer that only finitely many texts give: a match, or its negation.
    pub(super) fn settles(&self) -> bool {
        match self.part {
            VariablePart::Row(atom) => !atom.operator().negated,
            VariablePart::Resource(texts) => matches!(texts, crate::statement::Texts::Named(_)),
        }
    }

    pub(super) fn ignores_case(&self) -> bool {
        match self.part {
            VariablePart::Row(atom) => match atom.test() {
                AtomTest::String(test) => test.ignores_case(),
                AtomTest::Boolean(_) => true,
                _ => false,
            },
            VariablePart::Resource(_) => false,
        }
    }

    fn holds(&self, scene: &Scene<'_>, told: impl FnOnce(&mut Request)) -> bool {
        let mut request = scene.request.clone();
        told(&mut request);
        let scene = &Scene { request: &request, in_key_policy: self.in_key_policy, ..*scene };
        let holds = match self.part {
            VariablePart::Row(atom) => atom.holds(scene),
            VariablePart::Resource(texts) => texts.hold(&request.resource, scene),
        };
        holds == Tri::True
    }
}

fn same(a: &str, b: &str) -> bool {
    a.chars().flat_map(char::to_lowercase).eq(b.chars().flat_map(char::to_lowercase))
}

/// The text itself, and in letters of either case.
fn either_case(text: &str) -> Vec<Seed> {
    vec![Seed::Literal(text.into()), Seed::Glob(folded(text.chars()))]
}

fn folded(text: impl Iterator<Item = char>) -> Vec<Step> {
    text.flat_map(char::to_lowercase).map(Step::Lower).collect()
}

pub(super) fn row_seeds(atom: &Atom, scene: &Scene<'_>) -> Vec<Seed> {
    match atom.test() {
        AtomTest::String(test) if test.ignores_case() => {
            let steps = test.patterns().iter().filter_map(|pattern| pattern.steps(scene));
            steps.map(|steps| Seed::Glob(folded(steps.into_iter().filter_map(Step::character)))).collect()
        }
        AtomTest::String(test) => pattern_seeds(test.patterns().iter(), scene),
        AtomTest::Arn(test) => {
            let mut seeds = pattern_seeds(test.patterns(), scene);
            let any = Step::Many { colons: true };
            if test.patterns().any(|pattern| pattern.source().splitn(6, ':').count() < 6) {
                let colon = Step::Char(':');
                seeds.push(Seed::Glob(vec![any, colon, any, colon, any, colon, any, colon, any, colon, any]));
            }
            seeds
        }
        AtomTest::Boolean(_) => vec![Seed::Truth],
        AtomTest::Binary(_) => atom.values().iter().cloned().map(Seed::Literal).collect(),
        AtomTest::Numeric(test) => test.numbers().iter().cloned().map(Seed::Number).collect(),
        AtomTest::Date(test) => test.moments().iter().copied().map(Seed::Moment).collect(),
        AtomTest::Ip(test) => test.ranges().iter().copied().map(Seed::Range).collect(),
        AtomTest::Null(_) => Vec::new(),
    }
}

pub(super) fn pattern_seeds<'p>(patterns: impl Iterator<Item = &'p Pattern>, scene: &Scene<'_>) -> Vec<Seed> {
    patterns
        .filter_map(|pattern| pattern.steps(scene))
        .map(|steps| match steps.iter().copied().map(Step::character).collect::<Option<String>>() {
            Some(text) => Seed::Literal(text.into()),
            None => Seed::Glob(steps),
        })
        .collect()
}
