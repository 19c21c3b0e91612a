//! The statements of policies by what they mean: Sids, places and repetitions do not count.

use crate::policy::Policy;
use crate::statement::Statement;

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
