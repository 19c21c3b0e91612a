//! An element that policies of this kind do not have.
//!
//! AWS refuses the document, or the part that was meant is missing.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principals": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*"}
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

use std::collections::HashMap;

use crate::catalogue::slip;
use crate::json::Member;
use crate::lint::finding::{Edit, Findings};
use crate::lint::kind::Kind;
use crate::lint::view::View;

const OF_DOCUMENT: &[&str] = &["Version", "Id", "Statement"];
const OF_STATEMENT: &[&str] =
    &["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    unknown(view, view.value.as_object().unwrap_or_default(), OF_DOCUMENT, "a policy document", found);
    for (_, members) in view.raw_statements() {
        unknown(view, members, OF_STATEMENT, "a statement", found);
    }
    if !matches!(view.kind, Kind::Identity | Kind::Scp) {
        return;
    }
    for principal in view.document.statements.iter().filter_map(|statement| statement.principal.as_ref()) {
        let name = if principal.negated { "NotPrincipal" } else { "Principal" };
        found
            .error(principal.name_span, format!("{} has no `{name}`", view.kind.noun()))
            .help("it applies to whom it is attached to; remove the element");
    }
}

fn unknown(view: &View<'_>, members: &[Member], known: &[&str], holder: &str, found: &mut Findings<'_>) {
    let mut spelled: HashMap<String, usize> = HashMap::new();
    for member in members {
        *spelled.entry(member.name.to_ascii_lowercase()).or_default() += 1;
    }
    for member in members {
        let name = &*member.name;
        // A second spelling of an element that is there is another rule's.
        let again = spelled.get(&name.to_ascii_lowercase()).is_some_and(|count| *count > 1);
        if known.contains(&name) || again || view.is_open(name) {
            continue;
        }
        let meant = known.iter().filter_map(|known| Some((slip(name, known)?, *known))).min().map(|(_, known)| known);
        let message = format!("`{name}` is not an element of {holder}");
        match meant {
            Some(meant) => {
                let edit = Edit::Text { span: member.name_span, text: meant.into() };
                let message = format!("{message}; did you mean `{meant}`?");
                let finding = found.error(member.name_span, message);
                if !spelled.contains_key(&meant.to_ascii_lowercase()) {
                    finding.fix(false, format!("write `{meant}`"), edit);
                }
            }
            None => {
                found.error(member.name_span, message);
            }
        }
    }
}
