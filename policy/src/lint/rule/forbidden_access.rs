//! Access that somebody declared must not be.
//!
//! Assertions say what no policy may allow, and under which conditions it may after all: `deny principal=* action=kms:Decrypt unless aws:PrincipalOrgID=o-a1b2c3d4e5`. Parts are `principal=` (an ARN, `*` inside it, or `*` alone), `action=` and `key=`; keys after `unless` all have to hold, values between commas are alternatives.
//! Found by evaluation: the document is compared with itself and the prohibition together, and each finding shows a request that is allowed.
//! Without `principal=` identity policies are looked at as well. What a key policy leaves to the account's IAM is counted where the principal is `*` or the account's root.
//!
//! # Bad
//!
//! ```json
//! {"Assert": ["deny principal=* action=kms:Decrypt unless kms:CallerAccount=111122223333"],
//!  "New": {"Version": "2012-10-17", "Statement": [
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}]}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Assert": ["deny principal=* action=kms:Decrypt unless kms:CallerAccount=111122223333"],
//!  "New": {"Version": "2012-10-17", "Statement": [
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}]}}
//! ```

use crate::boxes::{Difference, compare};
use crate::condition::Scope;
use crate::document::{ConditionText, Document, PrincipalName, PrincipalText, StatementText, Word, Words};
use crate::limits::COMPARED_RESOURCES_MAX;
use crate::lint::assertion::Assertion;
use crate::lint::finding::Findings;
use crate::lint::kind::{Kind, account_of_root};
use crate::lint::view::{View, handle, head, listed};
use crate::lint::witness::{allowing, resources, settings};
use crate::pattern::{Pattern, Use};
use crate::policy::{Origin, Policy};
use crate::principal::Relation;
use crate::span::Span;

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    let named = matches!(view.kind, Kind::KeyPolicy | Kind::Resource);
    for assertion in &view.settings.assertions {
        if view.policies.is_empty() || !concerns(assertion, view) {
            continue;
        }
        match (view.kind, &assertion.principal) {
            (Kind::KeyPolicy | Kind::Resource, _) | (Kind::Identity, None) => {}
            _ => continue,
        }
        let Some(stricter) = forbidding(assertion, view, named) else { continue };
        let (names, complete) = resources(&[view.document], view.prepared.stand_ins);
        let mut said: Vec<Span> = Vec::new();
        let mut doubts: Vec<String> = Vec::new();
        for setting in settings(view, &names) {
            let comparison = compare(core::slice::from_ref(&stricter), view.policies, &setting);
            doubts.extend(comparison.doubts.iter().map(|doubt| doubt.sentence()));
            for difference in comparison.gained.iter().filter(|difference| counts(assertion, difference)) {
                let span = allowing(view, difference).map_or(head(view.document.span), handle);
                if said.contains(&span) {
                    continue;
                }
                said.push(span);
                let who = match difference.who.first() {
                    Some(who) => format!("`{}`", view.told(&who.principal)),
                    None => "whoever has this policy".into(),
                };
                let actions = listed(difference.actions.iter().map(|action| &**action), 3);
                found
                    .security(span, format!("{who} may call {actions}, against `{assertion}`"))
                    .witness(&difference.witness);
            }
        }
        if !complete && view.kind == Kind::Identity {
            doubts.push(format!("{COMPARED_RESOURCES_MAX} resources are the most that are looked at"));
        }
        doubts.sort_unstable();
        doubts.dedup();
        if said.is_empty() && !doubts.is_empty() {
            found.info(head(view.document.span), format!("`{assertion}` is not decided: {}", doubts.join("; ")));
        }
    }
}

/// Whether the assertion is about the key of this document, or about any.
fn concerns(assertion: &Assertion, view: &View<'_>) -> bool {
    match (&assertion.key, view.kind) {
        (None, _) => true,
        (Some(key), Kind::KeyPolicy) => {
            let arn = view.key.map(|key| &*key.arn).or(view.prepared.resource.as_deref());
            &**key == "*" || arn.is_some_and(|arn| takes(key, arn) || arn.ends_with(&format!("/{key}")))
        }
        (Some(key), _) => &**key == "*",
    }
}

fn takes(pattern: &str, text: &str) -> bool {
    let scope = Scope { variables: false, symbols: false };
    Pattern::new(pattern, Use::Glob, scope).is_ok_and(|pattern| pattern.matches_plainly(text))
}

/// Whether a way in is one that the assertion speaks of.
fn counts(assertion: &Assertion, difference: &Difference<'_>) -> bool {
    match assertion.principal.as_deref() {
        None | Some("*") => true,
        Some(principal) if account_of_root(principal).is_some() => true,
        // What is left to IAM is not yet allowed to anybody in particular.
        Some(_) => difference.reach != Relation::Account || difference.witness.is_cross_account(),
    }
}

/// The document with the prohibition in front.
fn forbidding(assertion: &Assertion, view: &View<'_>, named: bool) -> Option<Policy> {
    let word = |text: &str| Word { text: text.into(), span: Span::default() };
    let words = |texts: Vec<Word>| Words { negated: false, name_span: Span::default(), words: texts };
    let principal = assertion.principal.as_deref().unwrap_or("*");
    let wild = principal.contains(['*', '?']);
    let deny = |unless: Option<ConditionText>| {
        let mut conditions: Vec<ConditionText> = unless.into_iter().collect();
        let family = (principal != "*" && !wild)
            .then(|| word(if principal.ends_with(".amazonaws.com") { "Service" } else { "AWS" }));
        if principal != "*" && wild {
            let (operator, key) = (word("StringLike"), word("aws:PrincipalArn"));
            conditions.push(ConditionText { operator, key, values: vec![word(principal)] });
        }
        let name = PrincipalName { family, name: word(if wild { "*" } else { principal }) };
        StatementText {
            span: Span::default(),
            sid: None,
            effect: Some(word("Deny")),
            principal: named.then(|| PrincipalText { negated: false, name_span: Span::default(), names: vec![name] }),
            action: Some(words(assertion.actions.iter().map(|action| word(action)).collect())),
            resource: Some(words(vec![word("*")])),
            conditions,
            doubts: Vec::new(),
            unknown: false,
            problems: Vec::new(),
        }
    };
    let missing = |(key, values): &(Box<str>, Vec<Box<str>>)| ConditionText {
        operator: word("StringNotLike"),
        key: word(key),
        values: values.iter().map(|value| word(value)).collect(),
    };
    let mut stricter: Document = view.prepared.stand_ins.settle_document(view.document).into_owned();
    match &*assertion.unless {
        [] => stricter.statements.push(deny(None)),
        unless => stricter.statements.extend(unless.iter().map(|pair| deny(Some(missing(pair))))),
    }
    Policy::new(&stricter, view.kind.policy_kind(), Origin::default()).ok()
}
