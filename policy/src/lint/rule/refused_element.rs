//! Something else that AWS refuses, or that cannot be evaluated.
//!
//! A document with such a part is not put, and is not evaluated here either.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "allow",
//!   "Action": "kms:Decrypt",
//!   "Resource": "*"}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Deny",
//!   "Action": "kms:Decrypt",
//!   "Resource": "*"}
//! ```

use crate::lint::finding::{Findings, Severity};
use crate::lint::view::View;
use crate::policy::{Origin, Policy};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    if !view.policies.is_empty() {
        return;
    }
    let (_, problems) = Policy::forced(view.document, view.kind.policy_kind(), Origin::default());
    for problem in problems {
        let span = problem.span;
        let meets = |other: crate::span::Span| other.start < span.end && span.start < other.end;
        let said = found.earlier().iter().any(|finding| meets(finding.span) && is_about_form(finding.rule.code));
        if !said {
            found.add(Severity::Error, span, problem.message);
        }
    }
}

/// Whether a rule is about what AWS refuses, so that nothing is left to say of the place.
fn is_about_form(code: &str) -> bool {
    code.starts_with("SY") || ["KP01", "KP16", "KP18", "KP19", "CO03", "CO18"].contains(&code)
}
