//! An alias as the resource of an action on keys, in an identity policy.
//!
//! Requests are decided on the key's ARN, so it never matches. Only the operations on aliases themselves are decided on aliases.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Action": "kms:Decrypt",
//!   "Resource": "arn:aws:kms:eu-west-1:111122223333:alias/app"}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Action": "kms:Decrypt",
//!   "Resource": "arn:aws:kms:eu-west-1:111122223333:key/*",
//!   "Condition": {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/app"}}}
//! ```

use crate::arn::Arn;
use crate::catalogue::{ResourceKind, kms_operation};
use crate::lint::finding::Findings;
use crate::lint::kind::Kind;
use crate::lint::view::{View, actions_of, all};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    if !matches!(view.kind, Kind::Identity | Kind::Scp) {
        return;
    }
    for statement in &view.document.statements {
        let actions = actions_of(statement);
        let on_alias = actions
            .iter()
            .any(|action| kms_operation(action).is_none_or(|line| line.resource_kind() == ResourceKind::AliasAndKey));
        if actions.is_empty() || on_alias {
            continue;
        }
        for word in all(&statement.resource) {
            if Arn::parse(&word.text).is_some_and(|arn| arn.service == "kms" && arn.resource.starts_with("alias/")) {
                found
                    .error(
                        word.span,
                        format!("`{}` never matches: a request is decided on the key behind an alias", word.text),
                    )
                    .help("name the key, or add a condition on kms:ResourceAliases or kms:RequestAlias");
            }
        }
    }
}
