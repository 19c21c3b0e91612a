//! A key policy that lets in people whom nobody named.
//!
//! Found by evaluation: somebody of an account that the policy does not name, or somebody who does not even sign, is allowed, and no condition says whose request it has to be.
//! kms:CallerAccount, aws:PrincipalArn, aws:PrincipalOrgID and aws:SourceArn bound the caller; kms:ViaService, aws:SecureTransport and the encryption context do not.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": "*",
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": "*",
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com", "kms:CallerAccount": "111122223333"}}}
//! ```

use crate::boxes::{Condition, Standing};
use crate::document::StatementText;
use crate::lint::finding::Findings;
use crate::lint::view::{View, handle, is_about, is_negated, listed, operator};
use crate::lint::witness::ways;

/// Keys that say whose request it is, in lower case.
const BOUNDS: &[&str] = &[
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalservicename",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "aws:username",
    "kms:calleraccount",
    "kms:recipientattestation:imagesha384",
];

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    if !view.is_key_policy() {
        return;
    }
    let mut said: Vec<&StatementText> = Vec::new();
    for row in view.known_access() {
        let stranger = row
            .who
            .iter()
            .find(|who| matches!(who.standing, Standing::AnyAccount | Standing::AnyProvider | Standing::Anonymous));
        let Some(stranger) = stranger.filter(|_| !bounded(&row.conditions)) else { continue };
        for action in &row.actions {
            if said.iter().any(|said| is_about(said, action)) {
                continue;
            }
            let mut open = ways(view, row, stranger, action).into_iter().filter(|way| !bounded(&way.conditions));
            let Some(way) = open.next() else { continue };
            said.push(way.statement);
            let actions =
                listed(row.actions.iter().map(|action| &**action).filter(|action| is_about(way.statement, action)), 3);
            let conditions: Vec<String> = way.conditions.iter().map(ToString::to_string).collect();
            let only = if conditions.is_empty() { String::new() } else { format!(" if {}", conditions.join(" and ")) };
            let place = way.statement.principal.as_ref().and_then(|principal| principal.names.first());
            let place = place.map_or(handle(way.statement), |name| name.name.span);
            found
                .security(place, format!("anybody in any account may call {actions}{only}"))
                .help("name the principals, or add a condition on kms:CallerAccount, aws:PrincipalOrgID or aws:PrincipalArn")
                .witness(&way.request);
        }
    }
}

/// Whether conditions say whose request it has to be.
fn bounded(conditions: &[Condition]) -> bool {
    conditions.iter().any(|condition| {
        // All values of a list that may be missing are whatever one likes.
        let of_all = operator(&condition.operator).0 == Some("ForAllValues");
        let present = |other: &Condition| {
            let absent = operator(&other.operator).1 == "Null" && other.values.iter().any(|value| &**value != "false");
            other.key.eq_ignore_ascii_case(&condition.key) && other != condition && !absent
        };
        bounds(condition) && (!of_all || conditions.iter().any(present))
    })
}

/// Whether a condition says whose request it has to be, if the request has the key.
fn bounds(condition: &Condition) -> bool {
    let (_, name, if_exists) = operator(&condition.operator);
    let lower = condition.key.to_ascii_lowercase();
    let open = condition.values.iter().any(|value| matches!(&**value, "*" | "0.0.0.0/0" | "::/0"));
    BOUNDS.contains(&&*lower) && !is_negated(name) && name != "Null" && !if_exists && !open
}
