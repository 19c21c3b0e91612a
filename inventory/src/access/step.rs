//! One step of an escalation: whether somebody may do one thing to one resource, and by what.

use wardbook_policy::arn::Arn;
use wardbook_policy::caller::Caller;
use wardbook_policy::explain::{Cause, Explanation};
use wardbook_policy::grant::Grant;
use wardbook_policy::layers::Layer;
use wardbook_policy::policy::Policy;
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;
use wardbook_policy::statement::Statement;

use super::condition::OnlyIf;
use super::pair::{self, Allowed, Asked, Asker};
use super::proof::Proof;
use super::{Cite, Step, Who};
use crate::circumstances::Circumstances;
use crate::layer::OwnedLayers;
use crate::world::{NamedAction, NamedPrincipal, Principal, World};

/// A step that is allowed.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub(super) step: Step,
    pub(super) request: Request,
}

/// What is to be done, to what, and what is told beside.
pub(super) struct Deed<'d> {
    pub(super) action: &'d str,
    pub(super) resource: &'d str,
    pub(super) facts: Circumstances,
    pub(super) why: &'d str,
}

/// Whether a principal may do it; the layers hold its own side, and the resource's policy if there is one.
pub(super) fn take(
    world: &World,
    who: (Who, &str, Option<&Principal>),
    deed: &Deed<'_>,
    layers: &OwnedLayers,
    quirks: Quirks,
) -> Option<Taken> {
    let (row, text, principal) = who;
    let caller = Caller::parse(text).ok()?;
    let named = NamedPrincipal { text: text.into(), caller, principal };
    let facts = world.facts_of_principal(&named).0;
    let asker = Asker::new(text, &NamedAction::new(deed.action), &facts, world, quirks);
    let mut told = deed.facts.clone();
    if Arn::parse(deed.resource).is_some_and(|arn| arn.service == "iam") {
        let account = Arn::parse(deed.resource).map(|arn| arn.account).unwrap_or_default();
        told = told.resource_account(account);
    }
    let asked = Asked { arn: deed.resource.into(), facts: told };
    taken(&asker, row, &asked, deed, layers, quirks)
}

/// The same for somebody who is already portrayed; `asked` says what is told of the resource.
pub(super) fn taken(
    asker: &Asker,
    who: Who,
    asked: &Asked,
    deed: &Deed<'_>,
    layers: &OwnedLayers,
    quirks: Quirks,
) -> Option<Taken> {
    let Allowed::Yes(request, only_if) = pair::allowed(asker, asked, layers, quirks) else { return None };
    let by = cites(&layers.explain(&request, quirks));
    Some(Taken { step: step(who, deed, only_if, by), request: *request })
}

fn step(who: Who, deed: &Deed<'_>, only_if: Option<OnlyIf>, by: Vec<Cite>) -> Step {
    let (only_if, alternatives) =
        only_if.map_or((None, Vec::new()), |only_if| (Some(only_if.text), only_if.alternatives));
    Step {
        who,
        action: deed.action.into(),
        resource: deed.resource.into(),
        only_if,
        why: deed.why.into(),
        by,
        alternatives,
    }
}

pub(super) fn cites(explanation: &Explanation<'_>) -> Vec<Cite> {
    let causes = explanation.causes().iter();
    causes
        .filter_map(|cause| match cause {
            Cause::Statement(cited) => {
                let via = match cited.layer {
                    Layer::Resource if cited.policy.name().ends_with(" trust policy") => "trust-policy",
                    Layer::Resource if explanation.request().action().starts_with("organizations:") => {
                        "delegation-policy"
                    }
                    Layer::Resource => "key-policy",
                    _ => "identity",
                };
                Some(statement(via, cited.policy, cited.statement))
            }
            Cause::Grant(grant) => Some(grant_cite(grant)),
            Cause::Silence(_) => None,
        })
        .collect()
}

pub(super) fn cite(proof: &Proof<'_>) -> Cite {
    match proof {
        Proof::KeyPolicy(policy, cited) => statement("key-policy", policy, cited),
        Proof::Identity(policy, cited) => statement("identity", policy, cited),
        Proof::Grant(grant) => grant_cite(grant),
    }
}

fn statement(via: &'static str, policy: &Policy, statement: &Statement) -> Cite {
    let place = policy.place(statement);
    Cite {
        via,
        policy: policy.name().into(),
        sid: statement.sid().map(Into::into),
        source: (!place.is_empty()).then(|| place.into()),
    }
}

fn grant_cite(grant: &Grant) -> Cite {
    let name = Some(grant.name()).filter(|name| !name.is_empty());
    let source = Some(grant.place()).filter(|place| !place.is_empty()).map(Into::into);
    Cite { via: "grant", policy: grant.id().into(), sid: name.map(Into::into), source }
}
