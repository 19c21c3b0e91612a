//! A request of one particular principal that a document allows, and the statement that allows it.

use crate::boxes::{Access, Condition, Who, residual};
use crate::context::Unnamed;
use crate::decide::{Reason, decide};
use crate::document::{Document, StatementText};
use crate::json;
use crate::layers::{Layers, Told};
use crate::policy::{Origin, Policy, PolicyKind};
use crate::quirk::Quirks;
use crate::request::Request;

use super::view::View;

/// A way in: the conditions on it, a request that takes it, and the statement that opens it.
pub(super) struct Way<'a> {
    pub(super) conditions: Vec<Condition>,
    pub(super) request: Request,
    pub(super) statement: &'a StatementText,
}

/// How somebody of a row may call an action. Callers of other accounts are taken to have what they need at home.
pub(super) fn ways<'a>(view: &View<'a>, row: &Access<'_>, who: &Who, action: &str) -> Vec<Way<'a>> {
    let account = row.witness.resource_account().unwrap_or_default();
    let request = Request::builder(&who.principal, action, row.witness.resource())
        .resource_account(account)
        .unnamed(Unnamed::Unknown)
        .build();
    let Ok(request) = request else { return Vec::new() };
    let at_home = everything();
    let identity = if request.is_cross_account() { Told::Known(&at_home) } else { Told::Absent };
    let layers = Layers { resource: Told::Known(view.policies), identity, ..Layers::default() };
    let alternatives = residual(&request, &layers, Quirks::default()).alternatives;
    let ways = alternatives.into_iter().filter_map(|alternative| {
        let decision = decide(&alternative.witness, &layers, Quirks::default());
        let Reason::AllowedBy { resource: Some(cited), .. } = decision.reason() else { return None };
        let span = cited.statement.span();
        let statement = view.document.statements.iter().find(|statement| statement.span == span)?;
        Some((alternative.conditions, alternative.witness.clone(), statement))
    });
    ways.map(|(conditions, request, statement)| Way { conditions, request, statement }).collect()
}

/// An identity policy that allows everything.
pub(super) fn everything() -> Vec<Policy> {
    let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
    let document = json::parse(text).ok().map(|value| Document::read(&value));
    document
        .and_then(|document| Policy::new(&document, PolicyKind::Identity, Origin::default()).ok())
        .into_iter()
        .collect()
}
