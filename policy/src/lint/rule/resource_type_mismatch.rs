//! An action that is about no key, allowed on keys only.
//!
//! CreateKey, ListKeys and GenerateRandom are about no resource and are matched by `*` alone.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Action": "kms:ListKeys",
//!   "Resource": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Action": "kms:ListKeys",
//!   "Resource": "*"}
//! ```

use crate::arn::Arn;
use crate::catalogue::{ResourceKind, kms_operation};
use crate::document::{StatementText, Word};
use crate::lint::finding::Findings;
use crate::lint::kind::Kind;
use crate::lint::view::{View, actions_of, is_about, is_on_keys, kms_actions, plain};

/// Actions that have to be allowed on an alias and on its key.
const ON_BOTH: &[&str] = &["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"];

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    if view.kind != Kind::Identity {
        return;
    }
    for statement in view.allows() {
        let resources = plain(&statement.resource);
        let Some(first) = resources.first() else { continue };
        let mut all_written = true;
        for word in resources.iter().filter(|word| !word.text.starts_with("arn:") && !view.is_open(&word.text)) {
            match word.text.contains(['*', '?', '$']) {
                true => all_written = false,
                false => {
                    found
                        .error(word.span, format!("`{}` is no ARN, and AWS refuses it as a resource", word.text))
                        .help("write the whole ARN, or `*`");
                }
            }
        }
        if !all_written || resources.iter().any(|word| view.is_open(&word.text)) {
            continue;
        }
        without_resource(statement, first, found);
        without_key(statement, resources, first, found);
        without_partner(statement, resources, view, found);
    }
}

/// Actions that are about no resource.
fn without_resource(statement: &StatementText, first: &Word, found: &mut Findings<'_>) {
    for word in plain(&statement.action) {
        let nothing = kms_operation(&word.text).is_some_and(|line| line.resource_kind() == ResourceKind::NoResource);
        if nothing {
            found
                .error(word.span, format!("`{}` is about no resource, so it is allowed by none of these", word.text))
                .label(first.span, "only these resources")
                .help("give it a statement of its own with `\"Resource\": \"*\"`");
        }
    }
}

/// Actions on keys, where none of the resources can be one.
fn without_key(statement: &StatementText, resources: &[Word], first: &Word, found: &mut Findings<'_>) {
    let written = resources.iter().any(|word| word.text.starts_with("arn:"));
    if !written || resources.iter().any(|word| may_be(&word.text, "key/") || may_be(&word.text, "alias/")) {
        return;
    }
    for word in plain(&statement.action) {
        let mut actions = kms_actions(&word.text).peekable();
        let of_kms = word.text.get(..4).is_some_and(|service| service.eq_ignore_ascii_case("kms:"));
        let on_keys = of_kms
            && actions.peek().is_some()
            && actions.all(|action| kms_operation(action.name()).is_some_and(is_on_keys));
        if on_keys {
            found
                .error(word.span, format!("`{}` is decided on keys, and none of these resources is one", word.text))
                .label(first.span, "these resources")
                .help("name the key: `arn:aws:kms:REGION:ACCOUNT:key/ID`");
        }
    }
}

/// Actions that need both an alias and its key, where the policy allows them on one of the two.
fn without_partner(statement: &StatementText, resources: &[Word], view: &View<'_>, found: &mut Findings<'_>) {
    let actions = actions_of(statement);
    for action in ON_BOTH.iter().copied().filter(|action| actions.contains(action)) {
        let missing = match (
            resources.iter().any(|word| may_be(&word.text, "key/")),
            resources.iter().any(|word| may_be(&word.text, "alias/")),
        ) {
            (false, true) => ("key/", "key"),
            (true, false) => ("alias/", "alias"),
            _ => continue,
        };
        let elsewhere = view.allows().filter(|other| is_about(other, action)).any(|other| {
            let words = plain(&other.resource);
            words.is_empty() || words.iter().any(|word| view.is_open(&word.text) || may_be(&word.text, missing.0))
        });
        let Some(word) =
            plain(&statement.action).iter().find(|word| kms_actions(&word.text).any(|own| own.name() == action))
        else {
            continue;
        };
        if !elsewhere {
            found
                .warning(
                    word.span,
                    format!(
                        "`{action}` has to be allowed on the alias and on its key, and here it is on no {}",
                        missing.1
                    ),
                )
                .help("name both, unless another policy of the same principal has the rest");
        }
    }
}

/// Whether a resource with its wildcards may take something of KMS that begins so.
fn may_be(text: &str, kind: &str) -> bool {
    let Some(arn) = Arn::parse(text) else { return text.contains(['*', '?', '$']) };
    let wild = |text: &str| text.contains(['*', '?', '$']);
    let of_kms = arn.service == "kms" || wild(arn.service);
    let begins = arn.resource.split(['*', '?', '$']).next().unwrap_or_default();
    of_kms && (begins.starts_with(kind) || kind.starts_with(begins) && wild(arn.resource))
}
