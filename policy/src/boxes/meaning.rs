//! The statements of policies by what they mean: Sids, places and repetitions do not count.

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
            statements.filter(|statement| !statement.inert).map(|statement| (statement.meaning(), statement)).collect();
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

pub(super) fn means_the_same(a: &Statement, b: &Statement) -> bool {
    a.says_the_same(b) && a.actions().are_the_same(b.actions())
}

/// Leaves out what both have in another order of its lists. Where a template leaves something open, what is only
/// written in another order could not be decided otherwise.
pub(super) fn without_reordered<'a>(
    one: Vec<&'a Statement>,
    other: Vec<&'a Statement>,
) -> (Vec<&'a Statement>, Vec<&'a Statement>) {
    let texts = |statements: &[&Statement]| statements.iter().map(|statement| sorted(statement)).collect::<Vec<_>>();
    let (ones, others) = (texts(&one), texts(&other));
    let left = |statements: Vec<&'a Statement>, own: &[String], known: &[String]| {
        let fresh = statements.into_iter().zip(own).filter(|(_, text)| !known.contains(text));
        fresh.map(|(statement, _)| statement).collect()
    };
    (left(one, &ones, &others), left(other, &others, &ones))
}

/// A statement as a text in which the order of its lists does not show.
fn sorted(statement: &Statement) -> String {
    let list = |kind: &str, mut texts: Vec<String>| {
        texts.sort();
        texts.dedup();
        format!("{kind}{texts:?}")
    };
    let patterns = |element: &Texts| match element {
        Texts::Any => "any".to_owned(),
        Texts::Named(patterns) => list("named", patterns.iter().map(|pattern| format!("{pattern:?}")).collect()),
        Texts::Except(patterns) => list("except", patterns.iter().map(|pattern| format!("{pattern:?}")).collect()),
    };
    let principals = match &statement.principals {
        Principals::Any => "any".to_owned(),
        Principals::Named(names) => list("named", names.iter().map(|name| format!("{name:?}")).collect()),
        Principals::Except(names) => list("except", names.iter().map(|name| format!("{name:?}")).collect()),
    };
    let rows = statement.conditions.iter().map(|atom| {
        let variables: usize = atom.patterns().iter().map(|pattern| pattern.variables().count()).sum();
        let values = list("", atom.values().iter().map(|value| value.to_string()).collect());
        format!("{} {} {variables} {values}", atom.spelled(), atom.key().lower())
    });
    format!(
        "{:?} {:?} {principals} {} {} {}",
        statement.effect,
        statement.doubts,
        patterns(&statement.actions),
        patterns(&statement.resources),
        list("", rows.collect())
    )
}
