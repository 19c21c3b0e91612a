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

use crate::catalogue::{ResourceKind, kms_operation};
use crate::lint::finding::Findings;
use crate::lint::kind::Kind;
use crate::lint::view::{View, plain};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    if view.kind != Kind::Identity {
        return;
    }
    for statement in view.allows() {
        let resources = plain(&statement.resource);
        let Some(first) = resources.first() else { continue };
        let open = resources.iter().any(|word| !word.text.starts_with("arn:") || view.is_open(&word.text));
        if open {
            continue;
        }
        for word in plain(&statement.action) {
            let nothing =
                kms_operation(&word.text).is_some_and(|line| line.resource_kind() == ResourceKind::NoResource);
            if nothing {
                found
                    .error(
                        word.span,
                        format!("`{}` is about no resource, so it is allowed by none of these", word.text),
                    )
                    .label(first.span, "only these resources")
                    .help("give it a statement of its own with `\"Resource\": \"*\"`");
            }
        }
    }
}
