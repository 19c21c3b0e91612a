//! The smallest changes that would let a denied request through, one per obstacle.
//!
//! Where an Allow came so near that one part did not fit, the change is in that part; else it is a
//! statement to add. All changes together allow the request: a test applies them and decides again.

use crate::arn::Arn;
use crate::caller::CallerKind;
use crate::canonical::quoted;
use crate::context::Lookup;
use crate::decide::{Cited, Silence, Verdict, decide};
use crate::document::Document;
use crate::explain::{Explanation, Obstacle};
use crate::json;
use crate::layers::{Layer, Layers, Told};
use crate::policy::{Origin, Policy, PolicyKind};
use crate::quirk::Quirks;
use crate::request::Request;
use crate::statement::Mismatch;

/// One change.
#[derive(Debug, Clone)]
pub enum Remedy<'a> {
    /// Narrow or remove this Deny.
    NarrowDeny(Cited<'a>),
    /// Add a value to this row of the statement's Condition block, or send the request so that it holds.
    FitCondition {
        /// The statement.
        cited: Cited<'a>,
        /// The row.
        row: usize,
        /// What the request has under the key.
        found: Lookup<'a>,
    },
    /// Add the resource to this statement.
    AddResource {
        /// The statement.
        cited: Cited<'a>,
        /// The resource.
        resource: &'a str,
    },
    /// Add the principal to this statement.
    AddPrincipal {
        /// The statement.
        cited: Cited<'a>,
        /// The principal.
        principal: Box<str>,
    },
    /// Add a statement to a policy of this layer.
    AddStatement {
        /// The layer.
        layer: Layer,
        /// The level inside the layer (root is 1), or 0.
        level: usize,
        /// The statement, as JSON.
        statement: String,
    },
    /// No policy can allow it: ask otherwise.
    AskOtherwise(Silence),
}

/// One remedy for each obstacle, in the order of [`Explanation::obstacles`].
pub fn remedies<'a>(explanation: &Explanation<'a>) -> Vec<Remedy<'a>> {
    let request = explanation.request();
    explanation.obstacles().iter().map(|obstacle| remedy(obstacle, request)).collect()
}

fn remedy<'a>(obstacle: &Obstacle<'a>, request: &'a Request) -> Remedy<'a> {
    match obstacle {
        Obstacle::Deny(cited) => Remedy::NarrowDeny(*cited),
        Obstacle::Silent { silence: Silence::OtherAccount, .. } => Remedy::AskOtherwise(Silence::OtherAccount),
        Obstacle::Silent { silence: Silence::Anonymous, .. } => Remedy::AskOtherwise(Silence::Anonymous),
        Obstacle::Silent { silence: Silence::Retire, .. } => Remedy::AskOtherwise(Silence::Retire),
        Obstacle::Silent { silence, nearest } => nearest
            .as_ref()
            .and_then(|(cited, parts)| widen(*cited, parts, request))
            .unwrap_or_else(|| add_statement(*silence, request)),
    }
}

/// The one part of a statement that has to give way, if it is one.
fn widen<'a>(cited: Cited<'a>, parts: &[Mismatch], request: &'a Request) -> Option<Remedy<'a>> {
    match parts {
        [Mismatch::Condition(row)] => {
            let key = cited.statement.conditions().get(*row)?.key();
            Some(Remedy::FitCondition { cited, row: *row, found: request.context().lookup(key) })
        }
        [Mismatch::Resource] => Some(Remedy::AddResource { cited, resource: request.resource() }),
        [Mismatch::Principal] => Some(Remedy::AddPrincipal { cited, principal: principal_to_name(request) }),
        _ => None,
    }
}

fn add_statement<'a>(silence: Silence, request: &Request) -> Remedy<'a> {
    let (layer, level) = match silence {
        Silence::Scp(level) => (Layer::Scp, level),
        Silence::Rcp(level) => (Layer::Rcp, level),
        silence => (silence.layer(), 0),
    };
    let principal = match layer {
        Layer::Resource => format!(r#""Principal": {{{}}}, "#, named(request)),
        Layer::Rcp | Layer::Endpoint => r#""Principal": "*", "#.to_owned(),
        _ => String::new(),
    };
    let resource = match layer {
        Layer::Identity | Layer::Boundary | Layer::Session if request.resource() != "*" => literal(request.resource()),
        _ => "*".to_owned(),
    };
    let (action, resource) = (quoted(request.action()), quoted(&resource));
    let statement = format!(r#"{{"Effect": "Allow", {principal}"Action": {action}, "Resource": {resource}}}"#);
    Remedy::AddStatement { layer, level, statement }
}

/// A name in which nothing is a wildcard or a variable.
fn literal(name: &str) -> String {
    name.chars().fold(String::with_capacity(name.len()), |mut text, character| {
        match character {
            '*' | '?' | '$' => text.extend(['$', '{', character, '}']),
            other => text.push(other),
        }
        text
    })
}

fn named(request: &Request) -> String {
    let family = match request.caller().kind() {
        CallerKind::Service => "Service",
        CallerKind::Federated => "Federated",
        CallerKind::CanonicalUser => "CanonicalUser",
        _ => "AWS",
    };
    format!(r#""{family}": {}"#, quoted(&principal_to_name(request)))
}

/// Policies name roles, not sessions of them.
fn principal_to_name(request: &Request) -> Box<str> {
    let caller = request.caller();
    caller.role_arn().unwrap_or_else(|| match (caller.kind(), Arn::parse(caller.text())) {
        (CallerKind::Anonymous, _) => "*".into(),
        _ => caller.text().into(),
    })
}

/// Whether the request is no longer denied once every obstacle is gone: each Deny left out, each silent layer
/// given the statement that allows just this. It is decided anew, so a forgotten obstacle shows.
pub fn suffices(explanation: &Explanation<'_>, layers: &Layers<'_>, quirks: Quirks) -> bool {
    let request = explanation.request();
    let mended = |layer: Layer, told: Told<'_, Policy>| mend(told.items(), layer, 0, explanation);
    let levels = |layer: Layer, told: Told<'_, Vec<Policy>>| -> Vec<Vec<Policy>> {
        let count = told.items().len().max(1);
        let level = |index: usize| told.items().get(index).map(Vec::as_slice).unwrap_or_default();
        (0..count).map(|index| mend(level(index), layer, index + 1, explanation)).collect()
    };
    let resource = mended(Layer::Resource, layers.resource);
    let identity = mended(Layer::Identity, layers.identity);
    let boundary = mended(Layer::Boundary, layers.boundary);
    let session = mended(Layer::Session, layers.session);
    let endpoint = mended(Layer::Endpoint, layers.endpoint);
    let scps = levels(Layer::Scp, layers.scps);
    let rcps = levels(Layer::Rcp, layers.rcps);
    let patched = Layers {
        resource: over(layers.resource, &resource),
        identity: over(layers.identity, &identity),
        boundary: over(layers.boundary, &boundary),
        session: over(layers.session, &session),
        endpoint: over(layers.endpoint, &endpoint),
        scps: if matches!(layers.scps, Told::Known(_)) { Told::Known(&scps) } else { layers.scps },
        rcps: if matches!(layers.rcps, Told::Known(_)) { Told::Known(&rcps) } else { layers.rcps },
        grants: layers.grants,
    };
    matches!(decide(request, &patched, quirks).verdict(), Verdict::Allow | Verdict::Unknown)
}

/// The mended policies where there is a layer, or where mending made one.
fn over<'a>(told: Told<'a, Policy>, mended: &'a [Policy]) -> Told<'a, Policy> {
    match told {
        Told::Unknown => Told::Unknown,
        Told::Absent if mended.is_empty() => Told::Absent,
        Told::Absent | Told::Known(_) => Told::Known(mended),
    }
}

fn mend(policies: &[Policy], layer: Layer, level: usize, explanation: &Explanation<'_>) -> Vec<Policy> {
    let denies = |statement: &crate::statement::Statement| {
        explanation.obstacles().iter().any(|obstacle| match obstacle {
            Obstacle::Deny(cited) => cited.layer == layer && cited.statement.span() == statement.span(),
            Obstacle::Silent { .. } => false,
        })
    };
    let deny = |statement: &crate::statement::Statement| {
        statement.effect() == crate::statement::Effect::Deny && denies(statement)
    };
    let mut mended: Vec<Policy> = policies.iter().map(|policy| policy.without(deny)).collect();
    for obstacle in explanation.obstacles() {
        let Obstacle::Silent { silence, .. } = obstacle else { continue };
        let Remedy::AddStatement { layer: of, level: at, statement } = add_statement(*silence, explanation.request())
        else {
            continue;
        };
        if of == layer && (at == level || level == 0) {
            mended.extend(policy_of(layer, &statement));
        }
    }
    mended
}

fn policy_of(layer: Layer, statement: &str) -> Option<Policy> {
    let kind = match layer {
        Layer::Resource => PolicyKind::Resource,
        Layer::Endpoint => PolicyKind::Endpoint,
        Layer::Scp => PolicyKind::Scp,
        Layer::Rcp => PolicyKind::Rcp,
        Layer::Identity | Layer::Boundary | Layer::Session | Layer::Grant => PolicyKind::Identity,
    };
    let value = json::parse(&format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#)).ok()?;
    Policy::new(&Document::read(&value), kind, Origin::default()).ok()
}
