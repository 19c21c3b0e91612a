//! An action that does not get far without another one.
//!
//! Services and libraries call more than one operation for what looks like one thing: a multipart upload to S3 decrypts its own data key, a service that writes into an encrypted topic or queue decrypts too, an encrypted volume is attached by a grant, and to encrypt anew takes `kms:ReEncryptFrom` on the old key and `kms:ReEncryptTo` on the new one.
//! A companion that the account's IAM policies may allow, since the key policy leaves it to them, is not missed.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"Service": "sns.amazonaws.com"},
//!   "Action": "kms:GenerateDataKey*",
//!   "Resource": "*",
//!   "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"Service": "sns.amazonaws.com"},
//!   "Action": ["kms:GenerateDataKey*", "kms:Decrypt"],
//!   "Resource": "*",
//!   "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}
//! ```

use std::collections::{HashMap, HashSet};

use crate::document::{PrincipalName, StatementText, Word};
use crate::lint::finding::{Findings, Severity};
use crate::lint::kind::{Kind, account_of_root};
use crate::lint::view::{View, actions_of, is_about, is_negated, kms_actions, operator, plain};

/// Who calls, what it has, what it needs besides, and for what.
struct Companion {
    callers: &'static [&'static str],
    has: &'static str,
    needs: &'static str,
    why: &'static str,
}

/// For requests of the service itself.
const OF_SERVICES: &[Companion] = &[Companion {
    callers: &[
        "budgets.amazonaws.com",
        "cloudwatch.amazonaws.com",
        "codestar-notifications.amazonaws.com",
        "costalerts.amazonaws.com",
        "events.amazonaws.com",
        "sns.amazonaws.com",
    ],
    has: "kms:GenerateDataKey",
    needs: "kms:Decrypt",
    why: "to write into an encrypted topic or queue",
}];

/// For requests that the service makes for somebody, by what stands first in kms:ViaService.
const THROUGH: &[Companion] = &[
    Companion { callers: &["s3"], has: "kms:GenerateDataKey", needs: "kms:Decrypt", why: "for multipart uploads" },
    Companion {
        callers: &["ec2"],
        has: "kms:GenerateDataKeyWithoutPlaintext",
        needs: "kms:CreateGrant",
        why: "to attach an encrypted volume",
    },
];

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    match view.kind {
        Kind::KeyPolicy => of_key_policy(view, found),
        Kind::Identity => of_identity_policy(view, found),
        _ => {}
    }
}

fn of_key_policy(view: &View<'_>, found: &mut Findings<'_>) {
    // Who may call an action is gathered once, so that long policies cost no more than their length.
    let mut callers: HashMap<&str, Callers<'_>> = HashMap::new();
    for statement in view.allows() {
        for name in names(statement) {
            let text = &*name.name.text;
            if view.is_open(text) {
                continue;
            }
            let service = OF_SERVICES.iter().filter(|row| row.callers.contains(&text)).map(|row| (row, false));
            let through = THROUGH.iter().filter(|row| goes_through(statement, row.callers)).map(|row| (row, true));
            for (row, has_iam) in service.chain(through) {
                let callers = callers.entry(row.needs).or_insert_with(|| Callers::of(view, row.needs));
                let elsewhere = callers.anybody || callers.names.contains(text) || (has_iam && callers.a_root);
                if !elsewhere {
                    say(statement, row, Severity::Warning, found);
                }
            }
        }
    }
}

/// Whom a policy names where it allows an action.
struct Callers<'a> {
    names: HashSet<&'a str>,
    anybody: bool,
    /// Whether the root of an account is among them, which stands for its IAM policies.
    a_root: bool,
}

impl<'a> Callers<'a> {
    fn of(view: &View<'a>, action: &str) -> Callers<'a> {
        let statements = view.allows().filter(|statement| is_about(statement, action));
        let names: HashSet<&str> = statements.flat_map(names).map(|name| &*name.name.text).collect();
        let anybody = names.contains("*");
        let a_root = names.iter().any(|name| account_of_root(name).is_some());
        Callers { names, anybody, a_root }
    }
}

fn of_identity_policy(view: &View<'_>, found: &mut Findings<'_>) {
    let allowed = |action: &str| view.allows().any(|statement| is_about(statement, action));
    for statement in view.allows() {
        for row in THROUGH.iter().filter(|row| goes_through(statement, row.callers) && !allowed(row.needs)) {
            say(statement, row, Severity::Info, found);
        }
    }
    for (has, needs, key) in
        [("kms:ReEncryptFrom", "kms:ReEncryptTo", "new"), ("kms:ReEncryptTo", "kms:ReEncryptFrom", "old")]
    {
        let mut having = view.allows().filter(|statement| is_about(statement, has));
        let Some(statement) = having.next().filter(|_| !allowed(needs)) else { continue };
        if let Some(word) = word_of(statement, has) {
            found.warning(
                word.span,
                format!(
                    "`{has}` encrypts nothing anew without `{needs}` on the {key} key, which is allowed nowhere here"
                ),
            );
        }
    }
}

fn say(statement: &StatementText, row: &Companion, severity: Severity, found: &mut Findings<'_>) {
    let actions = actions_of(statement);
    let Some(word) = word_of(statement, row.has).filter(|_| !actions.contains(&row.needs)) else { return };
    found
        .add(severity, word.span, format!("`{}` without `{}` is not enough {}", row.has, row.needs, row.why))
        .help(format!("allow `{}` as well", row.needs));
}

/// The word of Action that takes an action.
fn word_of<'s>(statement: &'s StatementText, action: &str) -> Option<&'s Word> {
    plain(&statement.action).iter().find(|word| kms_actions(&word.text).any(|known| known.name() == action))
}

/// Whether a statement is about requests that one of these services alone makes.
fn goes_through(statement: &StatementText, services: &[&str]) -> bool {
    statement.conditions.iter().any(|row| {
        let (_, name, _) = operator(&row.operator.text);
        let of_service = |value: &Word| value.text.split('.').next().is_some_and(|first| services.contains(&first));
        row.key.text.eq_ignore_ascii_case("kms:ViaService")
            && name.starts_with("String")
            && !is_negated(name)
            && row.values.iter().all(of_service)
    })
}

fn names(statement: &StatementText) -> impl Iterator<Item = &PrincipalName> {
    statement.principal.iter().filter(|principal| !principal.negated).flat_map(|principal| &principal.names)
}
