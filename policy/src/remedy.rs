//! The smallest changes that would let a denied request through, one per obstacle.
//!
//! Where an Allow came so near that one part did not fit, the change is in that part; else it is a
//! statement to add. All changes together allow the request: a test applies them and decides again.

use crate::arn::Arn;
use crate::caller::CallerKind;
use crate::canonical::quoted;
use crate::context::Lookup;
use crate::decide::{Cited, Silence};
use crate::explain::{Explanation, Obstacle};
use crate::layers::Layer;
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
        Layer::Identity | Layer::Boundary | Layer::Session => request.resource(),
        _ => "*",
    };
    let (action, resource) = (quoted(request.action()), quoted(resource));
    let statement = format!(r#"{{"Effect": "Allow", {principal}"Action": {action}, "Resource": {resource}}}"#);
    Remedy::AddStatement { layer, level, statement }
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
