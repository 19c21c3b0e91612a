//! Who gets there after some steps: the shortest way of each principal to somebody who can.
//!
//! The search goes backwards from those who can, one step at a time; whoever was reached before is
//! left alone, so that circles end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wardbook_policy::arn::is_account_id;
use wardbook_policy::boxes::{Answer as Word, Condition, residual};
use wardbook_policy::context::Unnamed;
use wardbook_policy::document::Document;
use wardbook_policy::json;
use wardbook_policy::layers::{Layers, Told};
use wardbook_policy::policy::{Origin, Policy, PolicyKind};
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;
use wardbook_policy::statement::Principals;

use super::power::Searches;
use super::step::{Deed, take};
use super::takeover::Takeovers;
use super::{Answer, Entry, KeyAccess, Other, Search, Step, Tier, Who, WhoKind};
use crate::circumstances::Circumstances;
use crate::layer::{Collected, OwnedLayers};
use crate::limits::ESCALATION_STEPS_MAX;
use crate::world::KmsKey;

/// Condition keys that the caller takes along from one step to the next.
const CARRIED: &[&str] = &[
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:vpcsourceip",
    "aws:currenttime",
    "aws:epochtime",
    "aws:securetransport",
    "aws:useragent",
];

/// How somebody gets there.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) steps: Vec<Step>,
    pub(super) first: Option<Request>,
}

impl<'w> Search<'w> {
    /// Who can, on these keys, also after some steps.
    pub fn with_escalations(&mut self, keys: &[&'w KmsKey]) -> Vec<KeyAccess<'w>> {
        let mut takeovers = Takeovers::new(self.world, self.quirks);
        let mut others = Searches::beside(self);
        keys.iter().map(|key| self.escalate(key, &mut takeovers, &mut others)).collect()
    }

    fn escalate(&mut self, key: &'w KmsKey, takeovers: &mut Takeovers, others: &mut Searches<'w>) -> KeyAccess<'w> {
        let mut access = self.key(key);
        let holders: BTreeSet<usize> = access.entries.iter().filter_map(collected).collect();
        let mut ways: BTreeMap<usize, Way> = BTreeMap::new();
        for holder in &holders {
            ways.insert(*holder, Way { steps: self.last_conditions(&access, *holder), first: None });
        }
        let mut strangers: BTreeMap<Other, Way> = BTreeMap::new();
        for able in self.able(key, access.refused, others) {
            let way = Way { steps: able.steps, first: able.first };
            match able.who {
                Who::Collected(index) => offer(&mut ways, index, way, &holders),
                Who::Other(other) => offer_to(&mut strangers, Arc::unwrap_or_clone(other), way),
            }
        }
        if access.refused.is_none() {
            self.by_changes(key, takeovers, &holders, &mut ways);
        }
        for (other, way) in self.spread(takeovers, &holders, &mut ways) {
            offer_to(&mut strangers, other, way);
        }
        for (who, way) in ways.into_iter().filter(|(who, _)| !holders.contains(who)) {
            access.entries.push(entry(Who::Collected(who), way));
        }
        for (other, way) in strangers {
            let who = Who::Other(Arc::new(other));
            if !access.entries.iter().any(|entry| entry.who.text(self.world) == who.text(self.world)) {
                access.entries.push(entry(who, way));
            }
        }
        access.undecided.retain(|(who, _)| !access.entries.iter().any(|entry| entry.who == *who));
        access.sort(self.world);
        access
    }

    /// The conditions of a holder, as something that a way to it ends with.
    fn last_conditions(&self, access: &KeyAccess<'w>, holder: usize) -> Vec<Step> {
        let who = Who::Collected(holder);
        let found = access.entries.iter().find(|entry| entry.who == who);
        let Some(only_if) = found.and_then(|entry| entry.answer.only_if.as_ref()) else { return Vec::new() };
        vec![Step {
            who,
            action: self.action().into(),
            resource: access.key.arn.clone(),
            only_if: Some(only_if.text.clone()),
            why: "is what was asked about".into(),
            by: Vec::new(),
            alternatives: only_if.alternatives.clone(),
        }]
    }

    /// Goes backwards from those who can to those who can become them.
    fn spread(
        &mut self,
        takeovers: &mut Takeovers,
        holders: &BTreeSet<usize>,
        ways: &mut BTreeMap<usize, Way>,
    ) -> BTreeMap<Other, Way> {
        let mut strangers: BTreeMap<Other, Way> = BTreeMap::new();
        let mut done: BTreeSet<usize> = BTreeSet::new();
        for length in 0..=ESCALATION_STEPS_MAX {
            loop {
                let reached = |(who, way): (&usize, &Way)| {
                    let steps = if holders.contains(who) { 0 } else { way.steps.len() };
                    (steps == length && !done.contains(who)).then_some(*who)
                };
                let now: Vec<usize> = ways.iter().filter_map(reached).collect();
                if now.is_empty() {
                    break;
                }
                for target in now {
                    done.insert(target);
                    let Some(rest) = ways.get(&target).cloned() else { continue };
                    for suitor in self.suitors(target, takeovers) {
                        if holders.contains(&suitor) || done.contains(&suitor) {
                            continue;
                        }
                        let Some((steps, first)) = self.takeover(suitor, target, takeovers) else { continue };
                        let steps: Vec<Step> = steps.into_iter().chain(rest.steps.iter().cloned()).collect();
                        if steps.len() <= ESCALATION_STEPS_MAX && can_all_hold(&steps, self.quirks) {
                            offer(ways, suitor, Way { steps, first: Some(first) }, holders);
                        }
                    }
                    self.strangers_of(target, &rest, &mut strangers);
                }
            }
        }
        strangers
    }

    /// Accounts that were not collected and whom a trust policy lets in.
    fn strangers_of(&mut self, target: usize, rest: &Way, strangers: &mut BTreeMap<Other, Way>) {
        let Some(role) = self.world.principals().get(target) else { return };
        let Some(trust) = &role.trust else { return };
        let mut accounts: BTreeSet<Box<str>> = BTreeSet::new();
        for statement in trust.statements() {
            let Principals::Named(names) = statement.principals() else { continue };
            for name in names {
                let account = name.account().or_else(|| name.source().split(':').nth(4));
                accounts.extend(account.filter(|account| is_account_id(account)).map(Box::from));
            }
        }
        for account in accounts.into_iter().filter(|account| !self.world.has_account(account)) {
            let arn = format!("arn:aws:iam::{account}:root");
            let other = Other {
                kind: WhoKind::Account,
                text: account.clone(),
                account: Some(account),
                stand_in: Some(arn.as_str().into()),
            };
            let layers = OwnedLayers { resource: Collected::known(vec![trust.clone()]), ..OwnedLayers::default() };
            let facts = Circumstances::default();
            let deed = Deed { action: "sts:AssumeRole", resource: &role.arn, facts, why: "becomes the role" };
            let row = (Who::Other(Arc::new(other.clone())), arn.as_str(), None);
            let Some(taken) = take(self.world, row, &deed, &layers, self.quirks) else { continue };
            let steps: Vec<Step> = std::iter::once(taken.step).chain(rest.steps.iter().cloned()).collect();
            if can_all_hold(&steps, self.quirks) {
                offer_to(strangers, other, Way { steps, first: Some(taken.request) });
            }
        }
    }
}

fn collected(entry: &Entry) -> Option<usize> {
    match entry.who {
        Who::Collected(index) => Some(index),
        Who::Other(_) => None,
    }
}

/// Keeps a way if it is the shortest yet; of equal ones the first.
pub(super) fn offer(ways: &mut BTreeMap<usize, Way>, who: usize, way: Way, holders: &BTreeSet<usize>) {
    if holders.contains(&who) {
        return;
    }
    let shorter = ways.get(&who).is_none_or(|known| way.steps.len() < known.steps.len());
    if shorter {
        ways.insert(who, way);
    }
}

fn offer_to(strangers: &mut BTreeMap<Other, Way>, other: Other, way: Way) {
    if strangers.get(&other).is_none_or(|known| way.steps.len() < known.steps.len()) {
        strangers.insert(other, way);
    }
}

fn entry(who: Who, way: Way) -> Entry {
    let answer = Answer {
        tier: Tier::Escalation,
        means: Vec::new(),
        only_if: None,
        context: Vec::new(),
        session: None,
        path: way.steps,
        first: way.first.map(Arc::new),
    };
    Entry { who, answer: Arc::new(answer) }
}

/// Whether the conditions that a caller carries along can hold in all steps at once. Each step is one
/// level of policies that must let a request through, so that the question is one of boxes.
pub(super) fn can_all_hold(steps: &[Step], quirks: Quirks) -> bool {
    let carried = |condition: &&Condition| CARRIED.contains(&&*condition.key.to_lowercase());
    let binding: Vec<Vec<Vec<&Condition>>> = steps
        .iter()
        .map(|step| step.alternatives.iter().map(|all| all.iter().filter(carried).collect()).collect())
        .filter(|alternatives: &Vec<Vec<&Condition>>| {
            !alternatives.is_empty() && alternatives.iter().all(|all| !all.is_empty())
        })
        .collect();
    if binding.len() < 2 {
        return true;
    }
    let levels: Option<Vec<Vec<Policy>>> =
        binding.iter().map(|alternatives| alternatives.iter().map(|all| level(all)).collect()).collect();
    let (Some(levels), Some(everything)) = (levels, level(&[])) else { return true };
    let request = Request::builder("arn:aws:iam::111122223333:user/any", "s3:GetObject", "arn:aws:s3:::any/thing")
        .unnamed(Unnamed::Unknown)
        .build();
    let Ok(request) = request else { return true };
    let identity = [everything];
    let layers = Layers { identity: Told::Known(&identity), scps: Told::Known(&levels), ..Layers::default() };
    residual(&request, &layers, quirks).answer != Word::Never
}

/// A policy that allows everything under these conditions.
fn level(conditions: &[&Condition]) -> Option<Policy> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let mut by_operator: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for condition in conditions {
        let values: Vec<String> = condition.values.iter().map(|value| quoted(value)).collect();
        let row = format!("{}: [{}]", quoted(&condition.key), values.join(", "));
        by_operator.entry(&condition.operator).or_default().push(row);
    }
    let rows: Vec<String> =
        by_operator.iter().map(|(operator, rows)| format!("{}: {{{}}}", quoted(operator), rows.join(", "))).collect();
    let text = format!(
        r#"{{"Version": "2008-10-17", "Statement": [{{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {{{}}}}}]}}"#,
        rows.join(", ")
    );
    let value = json::parse(&text).ok()?;
    Policy::new(&Document::read(&value), PolicyKind::Identity, Origin::default()).ok()
}
