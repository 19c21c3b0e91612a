//! A Deny for everybody outside a network or organization that also hits AWS services.
//!
//! A service that uses the key for a resource comes from no address or endpoint of yours, and belongs to no organization.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Deny",
//!   "Principal": "*",
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Deny",
//!   "Principal": "*",
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}}
//! ```

use crate::lint::finding::Findings;
use crate::lint::view::{View, effect, is_negated, operator};
use crate::statement::Effect;

/// Keys that requests of services lack, or have another value of, in lower case.
const OUTSIDE: &[&str] =
    &["aws:principalorgid", "aws:principalorgpaths", "aws:sourcevpce", "aws:sourcevpc", "aws:sourceip"];
/// Keys by which services are excepted, in lower case.
const EXCEPTIONS: &[&str] = &[
    "aws:principalisawsservice",
    "aws:principalservicename",
    "aws:principalarn",
    "aws:calledvia",
    "aws:viaawsservice",
    "kms:viaservice",
    "aws:sourceorgid",
    "aws:sourceaccount",
];

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    if !view.is_key_policy() {
        return;
    }
    for statement in view.document.statements.iter().filter(|statement| effect(statement) == Some(Effect::Deny)) {
        let everybody = statement
            .principal
            .iter()
            .any(|principal| !principal.negated && principal.names.iter().any(|name| &*name.name.text == "*"));
        let is_one_of = |list: &[&str], key: &str| list.contains(&&*key.to_ascii_lowercase());
        if !everybody || statement.conditions.iter().any(|row| is_one_of(EXCEPTIONS, &row.key.text)) {
            continue;
        }
        for row in &statement.conditions {
            let (_, name, _) = operator(&row.operator.text);
            if is_negated(name) && is_one_of(OUTSIDE, &row.key.text) {
                found
                    .warning(row.key.span, format!("requests of AWS services have no such `{}`, so they are denied too", row.key.text))
                    .help("except them with `\"BoolIfExists\": {\"aws:PrincipalIsAWSService\": \"false\"}` or with kms:ViaService");
            }
        }
    }
}
