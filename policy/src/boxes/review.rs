//! Statements that do nothing: that no request meets, that others cover, or whose conditions always hold.

use crate::policy::Policy;
use crate::statement::Effect;

use super::Excess;
use super::landscape::{Landscape, Setting};
use super::outsider::Cast;
use super::product::{Union, Work};
use super::residual::Doubt;

/// What is to be said of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// No request meets it: its parts contradict each other, or what requests can be.
    Unreachable,
    /// Everything it covers, these statements of the same effect cover: policy and statement, counted from 0.
    Shadowed {
        /// The statements that cover it, as few as were found.
        by: Vec<(usize, usize)>,
    },
    /// It is an Allow, and everything it covers is denied by these.
    Overruled {
        /// The statements that deny.
        by: Vec<(usize, usize)>,
    },
    /// These rows of its Condition block, counted from 0, each change nothing.
    Vacuous {
        /// The rows.
        rows: Vec<usize>,
    },
}

/// A statement, and what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Review {
    /// Which of the policies.
    pub policy: usize,
    /// Which of its statements.
    pub statement: usize,
    /// What is to be said.
    pub verdict: Verdict,
}

/// Reviews every statement; of statements that cover each other the first stays.
///
/// ```
/// use wardbook_policy::{boxes::{Setting, StatementVerdict, review}, document::Document, json, policy::{Origin, Policy, PolicyKind}};
/// let text = r#"{"Version": "2012-10-17", "Statement": [
///     {"Effect": "Allow", "Action": "kms:*", "Resource": "*"},
///     {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}]}"#;
/// let policy = [Policy::new(&Document::read(&json::parse(text).unwrap()), PolicyKind::Identity, Origin::default()).unwrap()];
/// let (reviews, _) = review(&policy, &Setting::of(PolicyKind::Identity));
/// assert_eq!((reviews.len(), reviews[0].statement), (1, 1));
/// assert_eq!(reviews[0].verdict, StatementVerdict::Shadowed { by: vec![(0, 0)] });
/// ```
pub fn review(policies: &[Policy], setting: &Setting<'_>) -> (Vec<Review>, Vec<Doubt>) {
    let found = Cast::new(&[policies], setting).and_then(|cast| {
        let landscape = Landscape::new(&cast, &[policies], setting)?;
        Ok((reviews(&landscape)?, landscape.doubts.clone()))
    });
    found.unwrap_or_else(|excess| (Vec::new(), vec![Doubt::Excess(excess)]))
}

pub(super) fn reviews(landscape: &Landscape<'_>) -> Result<Vec<Review>, Excess> {
    let mut work = Work::new(&landscape.space.layout);
    let Some(side) = landscape.sides.first() else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for (effect, list) in [(Effect::Allow, &side.allow), (Effect::Deny, &side.deny)] {
        let mut standing: Vec<&(usize, usize, Union)> = list.iter().collect();
        for (policy, statement, union) in list.iter().rev() {
            let mut say = |verdict| found.push(Review { policy: *policy, statement: *statement, verdict });
            let own = (*policy, *statement);
            let covered = work.minus(union, &landscape.impossible)?;
            if covered.is_empty() {
                standing.retain(|(policy, statement, _)| (*policy, *statement) != own);
                say(Verdict::Unreachable);
                continue;
            }
            let others: Vec<_> = standing.iter().copied().filter(|(p, s, _)| (*p, *s) != own).collect();
            if let Some(by) = covering(&covered, &others, &mut work)? {
                standing = others;
                say(Verdict::Shadowed { by });
                continue;
            }
            let denies: Vec<_> = side.deny.iter().collect();
            if effect == Effect::Allow
                && let Some(by) = covering(&covered, &denies, &mut work)?
            {
                say(Verdict::Overruled { by });
                continue;
            }
            let mut rows = Vec::new();
            for row in 0..landscape.rows(own) {
                let wider = landscape.union_without(own, row)?;
                let wider = work.minus(&wider, &landscape.impossible)?;
                if work.minus(&wider, union)?.is_empty() {
                    rows.push(row);
                }
            }
            if !rows.is_empty() {
                say(Verdict::Vacuous { rows });
            }
        }
    }
    found.sort_by_key(|review| (review.policy, review.statement));
    Ok(found)
}

/// Few of these statements that together cover everything, if all of them do.
fn covering(
    covered: &Union,
    others: &[&(usize, usize, Union)],
    work: &mut Work<'_>,
) -> Result<Option<Vec<(usize, usize)>>, Excess> {
    let all: Union = others.iter().flat_map(|(_, _, union)| union.iter().cloned()).collect();
    if !work.minus(covered, &all)?.is_empty() {
        return Ok(None);
    }
    let mut needed: Vec<&(usize, usize, Union)> = others.to_vec();
    let mut at = 0;
    while at < needed.len() {
        let mut fewer = needed.clone();
        fewer.remove(at);
        let union: Union = fewer.iter().flat_map(|(_, _, union)| union.iter().cloned()).collect();
        if work.minus(covered, &union)?.is_empty() { needed = fewer } else { at += 1 }
    }
    Ok(Some(needed.into_iter().map(|(policy, statement, _)| (*policy, *statement)).collect()))
}
