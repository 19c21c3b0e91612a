//! One representative and one key: whether, by what, and only if.

use std::sync::Arc;

use wardbook_policy::context::Values;
use wardbook_policy::decide::{Reason, Verdict};
use wardbook_policy::explain::Cause;
use wardbook_policy::grant::Grant;
use wardbook_policy::layers::Layer;
use wardbook_policy::policy::Policy;
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::{Request, RequestBuilder};

use super::condition::{self, Found};
use super::{Answer, Means, Tier, Undecided};
use crate::circumstances::Circumstances;
use crate::layer::OwnedLayers;

/// Somebody who asks, with everything told that does not depend on the key.
#[derive(Debug, Clone)]
pub(super) struct Asker {
    /// On a plain direct call.
    pub(super) direct: RequestBuilder,
    /// In a context of which nothing else is known.
    pub(super) open: RequestBuilder,
    /// The keys that it determines.
    pub(super) own: Vec<Box<str>>,
}

/// What a key determines.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) arn: Box<str>,
    pub(super) facts: Circumstances,
}

/// What was found.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    /// In no context.
    No,
    /// In some.
    Yes(Arc<Answer>),
    /// Not known.
    Open(Arc<Undecided>),
}

/// Keys that a principal determines, beside its tags.
const OF_PRINCIPALS: &[&str] = &["aws:principalarn", "aws:userid", "aws:username", "aws:principaltype"];

impl Asker {
    pub(super) fn new(text: &str, action: &str, facts: &Circumstances, quirks: Quirks) -> Asker {
        // The resource is told with each key.
        let builder = || Request::builder(text, action, "*").quirks(quirks);
        let told = |told: Circumstances| told.over(facts.clone()).tell(builder());
        let own = facts.given().map(|(name, _)| name.to_lowercase().into());
        Asker {
            direct: told(Circumstances::direct_call()),
            open: told(Circumstances::default()),
            own: own.chain(OF_PRINCIPALS.iter().map(|name| Box::from(*name))).collect(),
        }
    }
}

impl Asker {
    /// The same, with what it determines told in each witness: nobody else can look it up.
    pub(super) fn telling_all(mut self) -> Asker {
        self.own.clear();
        self
    }
}

/// Asks. The layers are those of the asker and the key.
pub(super) fn ask(asker: &Asker, asked: &Asked, layers: &OwnedLayers, quirks: Quirks, locate: &dyn Locate) -> Outcome {
    let build = |builder: &RequestBuilder| asked.facts.add_to(builder.clone().on(&asked.arn)).build().ok();
    let Some(open) = build(&asker.open) else { return Outcome::No };
    let verdict = layers.decide(&open, quirks).verdict();
    if matches!(verdict, Verdict::ImplicitDeny | Verdict::ExplicitDeny) {
        return Outcome::No;
    }
    let Some(direct) = build(&asker.direct) else { return Outcome::No };
    if layers.decide(&direct, quirks).verdict() == Verdict::Allow {
        let answer = answer(Tier::Now, &direct, layers, quirks, locate);
        return Outcome::Yes(Arc::new(Answer { context: context(&direct, asker, asked), ..answer }));
    }
    let bearing = layers.bearing_on(&open, quirks);
    let decision = layers.decide(&open, quirks);
    if let Reason::TurnsOn { documents, .. } = decision.reason()
        && !documents.is_empty()
    {
        let documents = documents.iter().map(|layer| layer.name()).collect();
        return Outcome::Open(Arc::new(Undecided { documents, keys: Vec::new(), over_budget: false }));
    }
    match condition::contexts(&open, &bearing, quirks) {
        Found::Nowhere => Outcome::No,
        Found::OverBudget => {
            Outcome::Open(Arc::new(Undecided { documents: Vec::new(), keys: Vec::new(), over_budget: true }))
        }
        Found::When(only_if, told) => {
            let with = told.iter().fold(asker.direct.clone(), |builder, (key, values)| builder.with(key, values.clone()));
            let Some(witness) = build(&with) else { return Outcome::No };
            // A witness that the evaluator does not confirm is not shown.
            if layers.decide(&witness, quirks).verdict() != Verdict::Allow {
                return Outcome::Open(Arc::new(Undecided { documents: Vec::new(), keys: Vec::new(), over_budget: true }));
            }
            let answer = answer(Tier::Condition, &witness, layers, quirks, locate);
            let context = context(&witness, asker, asked);
            Outcome::Yes(Arc::new(Answer { only_if: Some(only_if), context, ..answer }))
        }
    }
}

/// Finds where a cited statement or grant stands.
pub(super) trait Locate {
    fn key_policy(&self, policy: &Policy, statement: &wardbook_policy::statement::Statement) -> Option<Means>;
    fn identity(&self, policy: &Policy, statement: &wardbook_policy::statement::Statement) -> Option<Means>;
    fn grant(&self, grant: &Grant) -> Option<Means>;
}

fn answer(tier: Tier, request: &Request, layers: &OwnedLayers, quirks: Quirks, locate: &dyn Locate) -> Answer {
    let explanation = layers.explain(request, quirks);
    let found = explanation.causes().iter().filter_map(|cause| match cause {
        Cause::Statement(cited) if cited.layer == Layer::Resource => locate.key_policy(cited.policy, cited.statement),
        Cause::Statement(cited) if cited.layer == Layer::Identity => locate.identity(cited.policy, cited.statement),
        Cause::Grant(grant) => locate.grant(grant),
        Cause::Statement(_) | Cause::Silence(_) => None,
    });
    let mut means: Vec<Means> = found.collect();
    means.sort();
    means.dedup();
    Answer { tier, means, only_if: None, context: Vec::new(), session: None, path: Vec::new() }
}

/// The condition keys of a witness beside those that the principal or the key determines by itself.
fn context(witness: &Request, asker: &Asker, asked: &Asked) -> Vec<(Box<str>, Values)> {
    let of_key = |name: &str| asked.facts.names(name);
    let given = witness.context().given().into_iter();
    given
        .filter(|(key, _)| !asker.own.iter().any(|own| **own == *key.lower()) && !of_key(key.lower()))
        .map(|(key, values)| (key.name().into(), values.clone()))
        .collect()
}
