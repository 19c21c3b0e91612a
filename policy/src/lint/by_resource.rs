//! Reviews of a policy that names many resources: one for each, and what holds for all of them together.
//!
//! Exact where resources are written out or are `*`: then whatever is named nowhere is like any other such resource.

use std::collections::BTreeMap;

use crate::boxes::{Doubt, Review, Setting, StatementVerdict as Verdict, review};
use crate::limits::COMPARED_RESOURCES_MAX;
use crate::policy::Policy;
use crate::statement::{Statement, Texts};

/// What is to be said of the statements of an identity policy.
pub(super) fn reviews(policies: &[Policy], setting: &Setting<'_>) -> (Vec<Review>, Vec<Doubt>) {
    let anywhere = review(policies, setting);
    let statements: Vec<&Statement> = policies.iter().flat_map(Policy::statements).collect();
    let Some(named) = named(&statements).filter(|named| !named.is_empty()) else { return anywhere };
    let (reviews, mut doubts) = anywhere;
    let mut found: Vec<(Option<&str>, Vec<Review>)> = vec![(None, reviews)];
    for resource in named {
        let (reviews, more) = review(policies, &Setting { resource: Some(resource), account: None, ..*setting });
        doubts.extend(more);
        found.push((Some(resource), reviews));
    }
    let mut together = Vec::new();
    for (index, statement) in statements.iter().enumerate() {
        let own = found
            .iter()
            .filter(|(resource, _)| takes(statement, *resource))
            .map(|(_, reviews)| reviews.iter().find(|review| review.statement == index).map(|review| &review.verdict));
        let verdict = joined(own);
        together.extend(verdict.map(|verdict| Review { policy: 0, statement: index, verdict }));
    }
    (together, doubts)
}

/// The resources that statements name, if each is written out and there are not too many.
fn named<'s>(statements: &[&'s Statement]) -> Option<Vec<&'s str>> {
    let mut found: Vec<&str> = Vec::new();
    for statement in statements {
        let Texts::Named(patterns) = statement.resources() else {
            if matches!(statement.resources(), Texts::Any) {
                continue;
            }
            return None;
        };
        for text in patterns.iter().map(|pattern| pattern.source()).filter(|text| *text != "*") {
            if text.contains(['*', '?', '$']) || found.len() >= COMPARED_RESOURCES_MAX {
                return None;
            }
            if !found.contains(&text) {
                found.push(text);
            }
        }
    }
    Some(found)
}

/// Whether a statement is about a resource; `None` is any that no statement names.
fn takes(statement: &Statement, resource: Option<&str>) -> bool {
    match statement.resources() {
        Texts::Named(patterns) => {
            patterns.iter().any(|pattern| pattern.source() == "*" || Some(pattern.source()) == resource)
        }
        _ => true,
    }
}

/// What holds for every resource of a statement.
fn joined<'v>(verdicts: impl Iterator<Item = Option<&'v Verdict>>) -> Option<Verdict> {
    let mut all: Option<Verdict> = None;
    for verdict in verdicts {
        let verdict = verdict?;
        all = Some(match (all, verdict) {
            (None | Some(Verdict::Unreachable), verdict) => verdict.clone(),
            (Some(all), Verdict::Unreachable) => all,
            (Some(Verdict::Shadowed { by }), Verdict::Shadowed { by: more }) => {
                Verdict::Shadowed { by: both(by, more) }
            }
            (Some(Verdict::Overruled { by }), Verdict::Overruled { by: more }) => {
                Verdict::Overruled { by: both(by, more) }
            }
            (Some(Verdict::Vacuous { rows }), Verdict::Vacuous { rows: more }) => {
                Verdict::Vacuous { rows: rows.into_iter().filter(|row| more.contains(row)).collect() }
            }
            _ => return None,
        });
    }
    all.filter(|verdict| !matches!(verdict, Verdict::Vacuous { rows } if rows.is_empty()))
}

fn both(some: Vec<(usize, usize)>, more: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let all: BTreeMap<(usize, usize), ()> = some.into_iter().chain(more.iter().copied()).map(|at| (at, ())).collect();
    all.into_keys().collect()
}
