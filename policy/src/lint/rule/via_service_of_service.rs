//! kms:ViaService in an Allow for services.
//!
//! The key says through which service a user or role came. A service that calls in its own name does not carry it.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"Service": "s3.amazonaws.com"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com", "aws:SourceAccount": "111122223333"}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"Service": "s3.amazonaws.com"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}
//! ```

use crate::lint::finding::Findings;
use crate::lint::view::{View, is_negated, operator};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for statement in view.allows() {
        let Some(principal) = statement.principal.as_ref().filter(|principal| !principal.negated) else { continue };
        let service = |name: &&crate::document::PrincipalName| {
            name.family.as_ref().is_some_and(|family| &*family.text == "Service")
        };
        let (Some(first), true) = (principal.names.first(), principal.names.iter().all(|name| service(&name))) else {
            continue;
        };
        for row in &statement.conditions {
            let (_, name, if_exists) = operator(&row.operator.text);
            if row.key.text.eq_ignore_ascii_case("kms:ViaService") && !is_negated(name) && !if_exists && name != "Null"
            {
                found
                    .warning(row.key.span, "a service that calls in its own name carries no `kms:ViaService`")
                    .label(first.name.span, "a service")
                    .help("bind it with aws:SourceArn or aws:SourceAccount");
            }
        }
    }
}
