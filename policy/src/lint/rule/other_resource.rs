//! A Resource in a key policy that is not `*`.
//!
//! A key policy is about its own key. Another ARN matches nothing; the own one works until the policy is copied or the key is replicated. An alias never matches.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "arn:aws:kms:eu-west-1:111122223333:alias/app"}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*"}
//! ```

use crate::arn::Arn;
use crate::lint::finding::{Edit, Findings, Severity};
use crate::lint::view::View;
use crate::symbol;

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    if !view.is_key_policy() {
        return;
    }
    for resource in view.document.statements.iter().filter_map(|statement| statement.resource.as_ref()) {
        if resource.negated {
            found.warning(
                resource.name_span,
                "`NotResource` in a key policy is about every key but some, and there is only this one",
            );
            continue;
        }
        for word in resource.words.iter().filter(|word| !view.is_open(&word.text)) {
            if word.text.chars().all(|c| c == '*') && !word.text.is_empty() {
                continue;
            }
            let edit = Edit::Text { span: word.span, text: "*".into() };
            let (severity, message) = match matches_never(view, &word.text) {
                Some(reason) => (Severity::Error, format!("`{}` {reason}, so this never matches", word.text)),
                None => (
                    Severity::Warning,
                    format!("`{}` is lost when the policy is copied to another key or a replica", word.text),
                ),
            };
            found.add(severity, word.span, message).help("write `*`, which in a key policy means this key").fix(
                false,
                "write `*`",
                edit,
            );
        }
    }
}

/// Why a resource cannot be this key.
fn matches_never(view: &View<'_>, text: &str) -> Option<&'static str> {
    if text.contains("${") {
        return None;
    }
    let Some(arn) = Arn::parse(text) else {
        return (!text.contains(['*', '?'])).then_some("is no ARN");
    };
    let wild = |part: &str| part.contains(['*', '?']);
    if arn.service != "kms" && !wild(arn.service) {
        return Some("is no key");
    }
    if arn.resource.starts_with("alias/") {
        return Some("is an alias, and aliases stand for no key here");
    }
    if !arn.resource.starts_with("key/") && !wild(arn.resource) {
        return Some("is no key");
    }
    if view.account.is_some_and(|account| account != arn.account && !wild(arn.account)) {
        return Some("is a key of another account");
    }
    let own = view.key.map(|key| &*key.arn).filter(|own| !symbol::holds(own))?;
    let id = Arn::parse(own)?.resource;
    (id != arn.resource && !wild(arn.resource)).then_some("is another key")
}
