//! The decision: every layer has its say, and one formula joins them.
//!
//! [`decide`] and [`explain`](crate::explain::explain) are the same walk; they differ only in who
//! listens. The walk is total, and allocates nothing unless the answer is unknown.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
//! <https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html>

mod granted;
mod said;
mod survey;
mod verdict;

use std::collections::BTreeSet;

pub use verdict::{Cited, Decision, Reason, Silence, Verdict};

pub(crate) use said::{Listener, Place};
pub(crate) use survey::{Survey, Ways};

use crate::key::Key;
use crate::layers::{Layer, Layers};
use crate::quirk::Quirks;
use crate::request::Request;
use crate::scene::Scene;
use crate::statement::{Effect, Outcome, Statement};
use crate::symbol;
use crate::term::{Leaf, Leaves, Term};

/// Decides a request. Always answers; see [`Decision`] for what the answer carries.
///
/// ```
/// use wardbook_policy::{decide::{decide, Verdict}, document::Document, json, layers::{Layers, Told}};
/// use wardbook_policy::{policy::{Origin, Policy, PolicyKind}, quirk::Quirks, request::Request};
/// let text = r#"{"Version": "2012-10-17", "Statement": {"Sid": "Reports", "Effect": "Allow", "Action": "kms:Decrypt",
///     "Principal": {"AWS": "arn:aws:iam::111122223333:role/report"}, "Resource": "*"}}"#;
/// let key_policy = [Policy::new(&Document::read(&json::parse(text).unwrap()), PolicyKind::Key, Origin::default()).unwrap()];
/// let request = Request::builder("arn:aws:sts::111122223333:assumed-role/report/s1", "kms:Decrypt",
///     "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab").build().unwrap();
/// let layers = Layers { resource: Told::Known(&key_policy), ..Layers::default() };
/// assert_eq!(decide(&request, &layers, Quirks::default()).verdict(), Verdict::Allow);
/// ```
pub fn decide<'a>(request: &'a Request, layers: &Layers<'a>, quirks: Quirks) -> Decision<'a> {
    // `across` concerns templates only, and keeping the survey for it costs the others time.
    if request.open {
        return walk(request, layers, quirks, &mut ()).0;
    }
    let scene = scene(request, layers, quirks);
    let mut survey = Survey::new(request);
    survey.take(&scene, layers, &mut ());
    settle(&survey, &scene, layers)
}

/// The one walk: survey every layer, join what they say, name what settled it.
#[inline(never)]
pub(crate) fn walk<'a, L: Listener<'a>>(
    request: &'a Request,
    layers: &Layers<'a>,
    quirks: Quirks,
    listener: &mut L,
) -> (Decision<'a>, Survey<'a>) {
    let scene = scene(request, layers, quirks);
    let mut survey = Survey::new(request);
    survey.take(&scene, layers, listener);
    let decision = across(settle(&survey, &scene, layers), request, layers, quirks);
    (decision, survey)
}

fn scene<'a>(request: &'a Request, layers: &Layers<'a>, quirks: Quirks) -> Scene<'a> {
    Scene { request, quirks, has_boundary: layers.has_boundary(&request.caller), in_key_policy: false }
}

#[inline(always)]
fn settle<'a>(survey: &Survey<'a>, scene: &Scene<'a>, layers: &Layers<'a>) -> Decision<'a> {
    let denied = survey.denied();
    if denied == Term::TRUE
        && let Some(reason) = survey.denied_by()
    {
        return Decision::new(Verdict::ExplicitDeny, reason);
    }
    let ways = survey.ways();
    match (survey.allowed(&ways), denied) {
        (Term::FALSE, _) => {
            let silence = survey.silences(&ways).first().unwrap_or(Silence::Resource);
            Decision::new(Verdict::ImplicitDeny, Reason::Silent(silence))
        }
        (Term::TRUE, Term::FALSE) => Decision::new(Verdict::Allow, survey.allowed_by(&ways)),
        (allowed, denied) => {
            let leaves = allowed.leaves().and_also(denied.leaves());
            Decision::new(Verdict::Unknown, turns_on(leaves, scene, layers))
        }
    }
}

/// Where a template leaves open whether caller and resource share an account, an answer holds only
/// if it is the same either way.
fn across<'a>(decision: Decision<'a>, request: &'a Request, layers: &Layers<'a>, quirks: Quirks) -> Decision<'a> {
    let Some(within) = request.within_one_account() else { return decision };
    if decide(&within, layers, quirks).verdict() == decision.verdict() {
        return decision;
    }
    let accounts = [request.caller.account(), request.resource_account()].into_iter().flatten();
    let symbols = accounts.flat_map(symbol::names).map(Into::into).collect();
    Decision::new(Verdict::Unknown, Reason::TurnsOn { keys: Vec::new(), documents: Vec::new(), symbols })
}

/// Names the keys, and the documents nobody collected, that would settle an unknown answer.
#[inline(never)]
fn turns_on<'a>(leaves: Leaves, scene: &Scene<'a>, layers: &Layers<'a>) -> Reason<'a> {
    let mut keys: Vec<&'a Key> = Vec::new();
    let mut documents = Vec::new();
    let mut symbols: BTreeSet<&str> = BTreeSet::new();
    for layer in Layer::ALL {
        if leaves.has(layer, Leaf::Documents) && !documents.contains(&layer) {
            documents.push(layer);
        }
        let scene = &scene.on(layer);
        for statement in statements_of(layer, layers) {
            let leaf = if statement.effect() == Effect::Deny { Leaf::Deny } else { Leaf::Allow };
            if leaves.has(layer, leaf) && matches!(statement.outcome(scene), Outcome::TurnsOnUnknown(_)) {
                statement.unknown_keys(scene, &mut keys);
                symbols.extend(statement.symbols());
                if statement.turns_on_boundary(scene) && !documents.contains(&Layer::Boundary) {
                    documents.push(Layer::Boundary);
                }
            }
        }
    }
    if leaves.has(Layer::Grant, Leaf::Allow) {
        for grant in layers.grants.items() {
            granted::unknown_keys_of(grant, scene, &mut keys);
            symbols.extend(grant.symbols());
        }
    }
    keys.sort_by(|a, b| a.lower().cmp(b.lower()));
    keys.dedup();
    // A statement without symbols may turn on those of the request.
    if scene.request.open && keys.is_empty() && documents.is_empty() && symbols.is_empty() {
        let request = scene.request;
        symbols.extend([request.caller.text(), request.resource()].into_iter().flat_map(symbol::names));
    }
    Reason::TurnsOn { keys, documents, symbols: symbols.into_iter().map(Into::into).collect() }
}

fn statements_of<'a>(layer: Layer, layers: &Layers<'a>) -> impl Iterator<Item = &'a Statement> {
    let levels = match layer {
        Layer::Scp => layers.scps.items(),
        Layer::Rcp => layers.rcps.items(),
        _ => &[],
    };
    let flat = match layer {
        Layer::Resource => layers.resource.items(),
        Layer::Identity => layers.identity.items(),
        Layer::Boundary => layers.boundary.items(),
        Layer::Session => layers.session.items(),
        Layer::Endpoint => layers.endpoint.items(),
        Layer::Scp | Layer::Rcp | Layer::Grant => &[],
    };
    levels.iter().flatten().chain(flat).flat_map(|policy| policy.statements())
}
