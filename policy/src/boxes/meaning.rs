//! The statements of policies by what they mean: Sids, places and repetitions do not count.

use crate::condition::Quantifier;
use crate::digest::{Domain, digest};
use crate::policy::Policy;
use crate::statement::{Principals, Statement, Texts};

/// Statements that can matter, sorted by a hash of what they mean; of each meaning there is one.
#[derive(Debug)]
pub(super) struct Meanings<'a> {
    statements: Vec<(u64, &'a Statement)>,
}

impl<'a> Meanings<'a> {
    pub(super) fn of(policies: &'a [Policy]) -> Meanings<'a> {
        let statements = policies.iter().flat_map(|policy| policy.statements());
        let mut kept: Vec<(u64, &'a Statement)> =
            statements.filter(|statement| !statement.inert).map(|statement| (meaning(statement), statement)).collect();
        kept.sort_by_key(|(digest, _)| *digest);
        kept.dedup_by(|a, b| a.0 == b.0 && means_the_same(a.1, b.1));
        Meanings { statements: kept }
    }

    /// The statements of which the others have none that means the same.
    pub(super) fn without<'s>(&'s self, other: &'s Meanings<'a>) -> impl Iterator<Item = &'a Statement> + 's {
        let has = |digest: u64, statement: &Statement| {
            let first = other.statements.partition_point(|(known, _)| *known < digest);
            let rest = other.statements.get(first..).unwrap_or_default();
            rest.iter().take_while(|(known, _)| *known == digest).any(|(_, known)| means_the_same(known, statement))
        };
        self.statements
            .iter()
            .filter(move |(digest, statement)| !has(*digest, statement))
            .map(|(_, statement)| *statement)
    }
}

/// A hash of what a statement means; equal meanings have equal hashes.
fn meaning(statement: &Statement) -> u64 {
    let mut sum = statement.effect() as u64;
    let mut add = |text: &str| sum = sum.rotate_left(5) ^ digest(Domain::Key, text);
    if let Principals::Named(names) | Principals::Except(names) = statement.principals() {
        names.iter().for_each(|name| add(name.source()));
    }
    for texts in [statement.actions(), statement.resources()] {
        if let Texts::Named(patterns) | Texts::Except(patterns) = texts {
            patterns.iter().for_each(|pattern| add(pattern.source()));
        }
    }
    for atom in statement.conditions() {
        add(atom.spelled());
        add(atom.key().lower());
        atom.values().iter().for_each(|value| add(value));
    }
    sum
}

fn means_the_same(a: &Statement, b: &Statement) -> bool {
    let texts = |a: &Texts, b: &Texts| match (a, b) {
        (Texts::Any, Texts::Any) => true,
        (Texts::Named(a), Texts::Named(b)) | (Texts::Except(a), Texts::Except(b)) => a == b,
        _ => false,
    };
    let principals = match (a.principals(), b.principals()) {
        (Principals::Any, Principals::Any) => true,
        (Principals::Named(a), Principals::Named(b)) | (Principals::Except(a), Principals::Except(b)) => a == b,
        _ => false,
    };
    a.effect() == b.effect()
        && a.doubts == b.doubts
        && principals
        && texts(a.actions(), b.actions())
        && texts(a.resources(), b.resources())
        && a.conditions().len() == b.conditions().len()
        && a.conditions().iter().zip(b.conditions()).all(|(a, b)| {
            core::ptr::eq(a.operator(), b.operator())
                && (a.quantifier(), a.if_exists()) == (b.quantifier(), b.if_exists())
                && (a.quantifier() == Quantifier::Single || a.spelled() == b.spelled())
                && a.key() == b.key()
                && a.test() == b.test()
        })
}
