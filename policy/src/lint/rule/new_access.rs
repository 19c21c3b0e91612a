//! Something that a document allows and its earlier state did not.
//!
//! Found by comparing both over every principal, action and context; each finding shows one request that is allowed only now. What is allowed no longer is not reported here: `diff` shows both directions.
//! Of IAM policies, what concerns KMS is compared, for the resources that they name. Speaks where there is something to compare with: `lint --against OLD`.
//!
//! # Bad
//!
//! ```json
//! {"Old": {"Version": "2012-10-17", "Statement": [
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*",
//!       "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}}]},
//!  "New": {"Version": "2012-10-17", "Statement": [
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*",
//!       "Condition": {"StringLike": {"kms:ViaService": "*.eu-west-1.amazonaws.com"}}}]}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Old": {"Version": "2012-10-17", "Statement": [
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:*Encrypt*", "Resource": "*"}]},
//!  "New": {"Version": "2012-10-17", "Statement": [
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Encrypt", "Resource": "*"}]}}
//! ```

use crate::boxes::{Cause, Change, Difference, Standing, compare};
use crate::document::Document;
use crate::json::{Kind as Json, Member, Value};
use crate::limits::COMPARED_RESOURCES_MAX;
use crate::lint::finding::{About, Findings};
use crate::lint::kind::Kind;
use crate::lint::view::{Prepared, View, handle, head, listed};
use crate::lint::whole::{Whole, pairs};
use crate::lint::witness::{allowing, resources, settings};
use crate::policy::{Origin, Policy};
use crate::span::Span;

pub(in crate::lint) fn check(whole: &Whole<'_>, found: &mut Findings<'_>) {
    let Some(before) = &whole.before else { return };
    for (index, old) in pairs(whole.subjects, before, whole.views) {
        if let Some(view) = whole.views.get(index) {
            compared(old, view, &mut found.at(About::Document(index)));
        }
    }
}

/// What a document allows in addition to an earlier state of it.
pub(in crate::lint) fn compared(old: &Prepared<'_>, view: &View<'_>, found: &mut Findings<'_>) {
    if view.prepared.idle || says_the_same(old.value, view.value) {
        return;
    }
    let nothing = Document { statements: Vec::new(), problems: Vec::new(), ..old.document.clone() };
    let nothing = || Policy::new(&nothing, view.kind.policy_kind(), Origin::default()).ok();
    let before = old.policy.clone().or_else(|| nothing().filter(|_| old.idle));
    let (Some(before), false) = (&before, view.policies.is_empty()) else {
        // Why a document cannot be evaluated is told by other rules; that nothing was compared is told here.
        if old.document != view.document {
            found.info(
                head(view.document.span),
                "whether this allows more than before is not decided: one of both cannot be evaluated",
            );
        }
        return;
    };
    let (names, complete) = resources(&[old.document, view.document], view.prepared.stand_ins);
    let mut gained = Vec::new();
    let mut reasons: Vec<String> = Vec::new();
    for setting in settings(view, &names) {
        let comparison = compare(core::slice::from_ref(before), view.policies, &setting);
        if !matches!(comparison.change, Some(Change::Equal | Change::Narrower)) {
            reasons.extend(comparison.doubts.iter().map(|doubt| doubt.sentence()));
            gained.extend(comparison.gained);
        }
    }
    if !complete && view.kind == Kind::Identity {
        reasons.push(format!("{COMPARED_RESOURCES_MAX} resources are the most that are looked at"));
    }
    reasons.sort_unstable();
    reasons.dedup();
    report(&gained, &reasons, view, found);
}

fn report(gained: &[Difference<'_>], reasons: &[String], view: &View<'_>, found: &mut Findings<'_>) {
    // One finding for each statement that made a difference.
    let mut causes: Vec<(Span, Option<String>, Vec<&Difference<'_>>)> = Vec::new();
    for difference in gained {
        let (span, gone) = match difference.cause {
            Some(Cause::Denied(_, statement)) => {
                let name = statement.sid().map_or("a Deny".to_owned(), |sid| format!("the Deny `{sid}`"));
                (head(view.document.span), Some(name))
            }
            _ => (allowing(view, difference).map_or(head(view.document.span), handle), None),
        };
        match causes.iter_mut().find(|(known, before, _)| *known == span && *before == gone) {
            Some((_, _, differences)) => differences.push(difference),
            None => causes.push((span, gone, vec![difference])),
        }
    }
    for (span, gone, differences) in causes {
        let Some(first) = differences.first() else { continue };
        let more = match differences.len() - 1 {
            0 => String::new(),
            more => format!(", and {more} more ways in"),
        };
        let cause = gone.map(|name| format!(": {name} keeps nobody out any more")).unwrap_or_default();
        found
            .security(span, format!("{}{cause}{more}", sentence(first, view)))
            .help("if that is meant, nothing is wrong; the request shown was not allowed before")
            .witness(&first.witness);
    }
    if !reasons.is_empty() {
        let known = if gained.is_empty() { "" } else { " still" };
        found.info(
            head(view.document.span),
            format!("whether this allows{known} more than before is not decided: {}", reasons.join("; ")),
        );
    }
}

/// Whether two values are the same but for where they stand.
///
/// INVARIANT: no deeper than the readers let values be.
fn says_the_same(old: &Value, new: &Value) -> bool {
    match (&old.kind, &new.kind) {
        (Json::List(old), Json::List(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| says_the_same(old, new))
        }
        (Json::Object(old), Json::Object(new)) => {
            let same = |(old, new): (&Member, &Member)| old.name == new.name && says_the_same(&old.value, &new.value);
            old.len() == new.len() && old.iter().zip(new).all(same)
        }
        (old, new) => old == new,
    }
}

/// Who may newly do what, and when.
fn sentence(difference: &Difference<'_>, view: &View<'_>) -> String {
    let mut who: Vec<String> = Vec::new();
    for one in &difference.who {
        let name = match one.standing {
            Standing::Named => view.told(&one.principal),
            Standing::OtherOfAccount => {
                format!("others of account {}", view.told(one.account.as_deref().unwrap_or_default()))
            }
            Standing::AnyAccount => "anybody of any account".into(),
            Standing::AnyService => "any service".into(),
            Standing::AnyProvider => "anybody of any identity provider".into(),
            Standing::Anonymous => "anybody who does not sign".into(),
        };
        if !who.contains(&name) {
            who.push(name);
        }
    }
    let who = match &*who {
        [] => "whoever has this policy".into(),
        [one] => one.clone(),
        [one, rest @ ..] => format!("{one} and {} more", rest.len()),
    };
    let actions = listed(difference.actions.iter().map(|action| &**action), 3);
    let conditions: Vec<String> = difference.conditions.iter().map(ToString::to_string).collect();
    let only = if conditions.is_empty() { String::new() } else { format!(" if {}", conditions.join(" and ")) };
    format!("{who} may newly call {actions}{only}")
}
