//! A user or role that may both change the key's policy or end the key, and use it.
//!
//! Whoever looks after a key should not be able to read what it protects. The account's root is excepted, since it stands for IAM; so are grants for AWS services.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": ["kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:Decrypt"],
//!   "Resource": "*"}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": ["kms:Encrypt", "kms:Decrypt"],
//!   "Resource": "*"}
//! ```

use std::collections::HashMap;

use crate::catalogue::kms_operation;
use crate::document::{PrincipalName, StatementText};
use crate::lint::finding::Findings;
use crate::lint::kind::account_of_root;
use crate::lint::rule::unrestricted_create_grant::is_bound;
use crate::lint::view::{View, actions_of, handle};

/// What only administrators need.
const ADMINISTRATION: &[&str] = &[
    "kms:PutKeyPolicy",
    "kms:ScheduleKeyDeletion",
    "kms:DisableKey",
    "kms:DeleteImportedKeyMaterial",
    "kms:CreateGrant",
];

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    if !view.is_key_policy() {
        return;
    }
    let statements: Vec<&StatementText> = view.allows().filter(|statement| !delegates(statement)).collect();
    // By name, the first statement that makes it an administrator.
    let mut administrators: HashMap<&str, (&StatementText, &str)> = HashMap::new();
    for statement in &statements {
        let Some(administered) = administers(statement) else { continue };
        for name in people(statement) {
            administrators.entry(&name.name.text).or_insert((statement, administered));
        }
    }
    for using in &statements {
        let Some(used) = uses(using).filter(|_| !administrators.is_empty()) else { continue };
        for name in people(using) {
            let text = &*name.name.text;
            // Each is told of once.
            let Some((other, administered)) = administrators.remove(text) else { continue };
            found
                .security(
                    name.name.span,
                    format!("`{text}` may both administer the key (`{administered}`) and use it (`{used}`)"),
                )
                .label(handle(other), "administers here")
                .label(handle(using), "uses here")
                .help("leave administration and use to different roles");
        }
    }
}

/// Whether the account's root is named beside, so that IAM decides anyway.
fn delegates(statement: &StatementText) -> bool {
    let mut names = statement.principal.iter().flat_map(|principal| &principal.names);
    names.any(|name| account_of_root(&name.name.text).is_some())
}

/// Users, roles and sessions that a statement names.
fn people(statement: &StatementText) -> impl Iterator<Item = &PrincipalName> {
    let principal = statement.principal.iter().filter(|principal| !principal.negated);
    principal
        .flat_map(|principal| &principal.names)
        .filter(|name| name.family.as_ref().is_some_and(|family| &*family.text == "AWS") && &*name.name.text != "*")
}

fn administers(statement: &StatementText) -> Option<&'static str> {
    let mut actions = actions_of(statement).into_iter().filter(|action| ADMINISTRATION.contains(action));
    actions.find(|action| *action != "kms:CreateGrant" || !is_bound(statement))
}

fn uses(statement: &StatementText) -> Option<&'static str> {
    // Public keys and the like give nothing away.
    let secret = |action: &&str| kms_operation(action).is_some_and(|line| line.is_cryptographic());
    let actions: Vec<&'static str> = actions_of(statement).into_iter().filter(secret).collect();
    let telling = ["kms:Decrypt", "kms:Sign", "kms:GenerateDataKey", "kms:GenerateMac"];
    telling.into_iter().find(|name| actions.contains(name)).or(actions.first().copied())
}
