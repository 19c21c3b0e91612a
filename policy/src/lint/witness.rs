//! A request of one particular principal that a document allows, and the statement that allows it.

use crate::arn::Arn;
use crate::boxes::{Access, Condition, Difference, Setting, Who, residual};
use crate::context::Unnamed;
use crate::decide::{Reason, decide};
use crate::document::{Document, StatementText};
use crate::json;
use crate::layers::{Layers, Told};
use crate::limits::COMPARED_RESOURCES_MAX;
use crate::policy::{Origin, Policy, PolicyKind};
use crate::principal::Relation;
use crate::quirk::Quirks;
use crate::request::Request;
use crate::symbol;

use super::kind::Kind;
use super::stand_in::StandIns;
use super::view::{View, all};

/// A way in: the conditions on it, a request that takes it, and the statement that opens it.
pub(super) struct Way<'a> {
    pub(super) conditions: Vec<Condition>,
    pub(super) request: Request,
    pub(super) statement: &'a StatementText,
}

/// How somebody of a row may call an action. Callers of other accounts are taken to have what they need at home.
pub(super) fn ways<'a>(view: &View<'a>, row: &Access<'_>, who: &Who, action: &str) -> Vec<Way<'a>> {
    let account = row.witness.resource_account().unwrap_or_default();
    let mut builder = Request::builder(&who.principal, action, row.witness.resource())
        .resource_account(account)
        .unnamed(Unnamed::Unknown);
    if view.is_in_some_region() {
        builder = builder.unknown("aws:RequestedRegion");
    }
    let Ok(request) = builder.build() else { return Vec::new() };
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

/// The settings in which two policies are compared: that of the key, or for identity policies one for each resource that
/// they name. In the place of wildcards there is then some text that fits them.
pub(super) fn settings<'n>(view: &'n View<'_>, names: &'n [String]) -> Vec<Setting<'n>> {
    let own = view.setting();
    match view.kind {
        Kind::Identity => {
            let named = names.iter().map(|name| Setting { resource: Some(name), account: None, ..own });
            core::iter::once(own).chain(named).collect()
        }
        _ => vec![own],
    }
}

/// Resources that documents name, wildcards filled in, and whether that is all of them.
pub(super) fn resources(documents: &[&Document], stand_ins: &StandIns) -> (Vec<String>, bool) {
    let mut found: Vec<String> = Vec::new();
    for word in documents.iter().flat_map(|document| &document.statements).flat_map(|own| all(&own.resource)) {
        let settled = stand_ins.settle(&word.text);
        let Some(arn) = Arn::parse(&settled) else { continue };
        let part = |text: &str, sample: &str| match text {
            "" => String::new(),
            _ if text.contains(['*', '?']) => sample.to_owned(),
            _ => text.to_owned(),
        };
        let resource = match arn.resource {
            "*" | "key/*" => "key/1234abcd-12ab-34cd-56ef-1234567890ab".to_owned(),
            resource => resource.replace('*', "some").replace('?', "s"),
        };
        let service = part(arn.service, "kms");
        let (region, account) = (part(arn.region, "us-east-1"), part(arn.account, "111122223333"));
        let name = format!("arn:{}:{service}:{region}:{account}:{resource}", part(arn.partition, "aws"));
        if found.contains(&name) || symbol::holds(&name) {
            continue;
        }
        if found.len() >= COMPARED_RESOURCES_MAX {
            return (found, false);
        }
        found.push(name);
    }
    (found, true)
}

/// The statement that allows what a policy allows in addition to another, as directly as it has to be.
pub(super) fn allowing<'a>(view: &View<'a>, difference: &Difference<'_>) -> Option<&'a StatementText> {
    let request = &difference.witness;
    let (at_home, delegating) = (everything(), delegating(request.resource_account().unwrap_or_default()));
    let policies = Told::Known(view.policies);
    let left_to_iam = request.is_cross_account() || difference.reach == Relation::Account;
    let (resource, identity) = match view.kind {
        Kind::Identity => (Told::Known(&delegating), policies),
        _ if left_to_iam => (policies, Told::Known(&at_home)),
        // Who is named needs nothing else, and what others are left to IAM for does not count.
        _ => (policies, Told::Known(&[][..])),
    };
    let layers = Layers { resource, identity, ..Layers::default() };
    let decision = decide(request, &layers, Quirks::default());
    let Reason::AllowedBy { resource, identity, .. } = decision.reason() else { return None };
    [resource, identity].into_iter().flatten().find_map(|cited| view.text_of(cited.statement))
}

/// An identity policy that allows everything.
pub(super) fn everything() -> Vec<Policy> {
    one(
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#,
        PolicyKind::Identity,
    )
}

/// A key policy that leaves everything to the IAM of an account.
pub(super) fn delegating(account: &str) -> Vec<Policy> {
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Principal": {{"AWS": "{account}"}}, "Action": "kms:*", "Resource": "*"}}}}"#
    );
    one(&text, PolicyKind::Key)
}

fn one(text: &str, kind: PolicyKind) -> Vec<Policy> {
    let document = json::parse(text).ok().map(|value| Document::read(&value));
    document.and_then(|document| Policy::new(&document, kind, Origin::default()).ok()).into_iter().collect()
}
