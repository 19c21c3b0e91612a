//! A key policy that nobody can ever change again.
//!
//! Found by evaluation: no request for PutKeyPolicy is allowed, whoever makes it and in whatever context. Only AWS Support can help then.
//! With a principal told, it must be able to itself.
//!
//! # Bad
//!
//! ```json
//! {"Version": "2012-10-17",
//!   "Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Version": "2012-10-17",
//!   "Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}}
//! ```

use crate::boxes::{Answer, residual};
use crate::caller::Caller;
use crate::context::Unnamed;
use crate::layers::{Layers, Told};
use crate::lint::finding::Findings;
use crate::lint::view::{View, effect, handle, head, is_about};
use crate::quirk::Quirks;
use crate::request::Request;
use crate::statement::Effect;

pub(in crate::lint) const PUT: &str = "kms:PutKeyPolicy";

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    if !view.is_key_policy() || view.is_of_aws_managed_key() {
        return;
    }
    let Some(rows) = view.access() else { return };
    if rows.iter().any(|row| row.actions.iter().any(|action| &**action == PUT)) {
        return check_principal(view, found);
    }
    let denies: Vec<_> = view
        .document
        .statements
        .iter()
        .filter(|statement| effect(statement) == Some(Effect::Deny) && is_about(statement, PUT))
        .collect();
    let allows: Vec<_> = view.allows().filter(|statement| is_about(statement, PUT)).collect();
    let denied = !allows.is_empty() && !denies.is_empty();
    let place = match denies.first().filter(|_| denied) {
        Some(deny) => handle(deny),
        None => head(view.document.span),
    };
    let finding = found.error(place, "nobody can change this key policy again: no request for PutKeyPolicy is allowed");
    if denied {
        allows.iter().for_each(|statement| {
            finding.label(handle(statement), "allowed here");
        });
        denies.iter().for_each(|statement| {
            finding.label(handle(statement), "denied here");
        });
    }
    finding
        .help("let the account decide: allow its root `kms:*`, or except the administrators from the Deny")
        .proof("of all principals and contexts that the policy can tell apart, none is allowed kms:PutKeyPolicy");
}

/// Whether the principal that was told is shut out.
fn check_principal(view: &View<'_>, found: &mut Findings<'_>) {
    let Some(told) = view.settings.principal.as_deref() else { return };
    // Where a template leaves the account open, the principal is of that account.
    let open = view.account.filter(|account| view.told(account) != **account);
    let own = Caller::parse(told).ok().and_then(|caller| caller.account().map(str::to_owned));
    let principal = match (open, own) {
        (Some(open), Some(own)) => &*told.replace(&own, open),
        _ => told,
    };
    let setting = view.setting();
    let Ok(caller) = Caller::parse(principal) else { return };
    let account = view.account.or(caller.account()).unwrap_or_default();
    let made_up = format!("arn:aws:kms:us-east-1:{account}:key/1234abcd-12ab-34cd-56ef-1234567890ab");
    let key = setting.resource.unwrap_or(&made_up);
    let mut builder = Request::builder(principal, PUT, key).resource_account(account).unnamed(Unnamed::Unknown);
    if view.is_in_some_region() {
        builder = builder.unknown("aws:RequestedRegion");
    }
    let Ok(request) = builder.build() else { return };
    let layers = Layers { resource: Told::Known(view.policies), identity: Told::Unknown, ..Layers::default() };
    if residual(&request, &layers, Quirks::default()).answer == Answer::Never {
        found
            .error(head(view.document.span), format!("`{told}` can not change this key policy again"))
            .proof("whatever its identity policies say, and in no context, is it allowed kms:PutKeyPolicy");
    }
}
