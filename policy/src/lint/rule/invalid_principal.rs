//! A principal that cannot be one.
//!
//! Groups are no principals; a session is named with its role and session; an account has twelve digits. The policy is refused.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:group/readers"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*"}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/readers"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*"}
//! ```

use crate::arn::Arn;
use crate::catalogue::slip;
use crate::lint::finding::{Edit, Findings};
use crate::lint::kind::account_of_root;
use crate::lint::view::View;
use crate::principal::{Family, PrincipalPattern};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    let principals = view.document.statements.iter().filter_map(|statement| statement.principal.as_ref());
    let mut families = Vec::new();
    let own = partition(view);
    for name in principals.flat_map(|principal| &principal.names) {
        let Some(family) = name.family.as_ref().filter(|family| !view.is_open(&family.text)) else { continue };
        let text = &*name.name.text;
        let Some((_, known)) = Family::NAMES.iter().find(|(known, _)| *known == &*family.text) else {
            if !families.contains(&family.span) {
                families.push(family.span);
                unknown_family(&family.text, family.span, found);
            }
            continue;
        };
        // Another rule says more of wildcards.
        let wild = text != "*" && text.contains(['*', '?']);
        if let Err(message) = PrincipalPattern::new(*known, text, view.document.open)
            && !wild
        {
            found.error(name.name.span, message);
        } else if let (Some(own), Some(arn)) = (own, Arn::parse(text))
            && arn.partition != own
            && !view.is_open(arn.partition)
            && !wild
        {
            found.error(
                name.name.span,
                format!(
                    "`{text}` is of the partition `{}`, and the key of `{own}`: nobody of another one can use it",
                    arn.partition
                ),
            );
        }
    }
}

/// The partition of the key, as the root user tells it that a key policy lets in.
fn partition<'a>(view: &View<'a>) -> Option<&'a str> {
    let account = view.account.filter(|_| view.is_key_policy())?;
    let names = view.allows().flat_map(|statement| &statement.principal).flat_map(|principal| &principal.names);
    let roots = names.filter(|name| account_of_root(&name.name.text) == Some(account));
    let mut partitions = roots.filter_map(|name| Some(Arn::parse(&name.name.text)?.partition));
    let first = partitions.next()?;
    partitions.all(|other| other == first).then_some(first)
}

fn unknown_family(text: &str, span: crate::span::Span, found: &mut Findings<'_>) {
    let near = Family::NAMES.iter().filter_map(|(known, _)| Some((slip(text, known)?, *known))).min();
    match near {
        Some((_, near)) => {
            let edit = Edit::Text { span, text: near.into() };
            let message = format!("`{text}` is not a kind of principal; did you mean `{near}`?");
            found.error(span, message).fix(false, format!("write `{near}`"), edit);
        }
        None => {
            let known = "`AWS`, `Service`, `Federated` and `CanonicalUser`";
            found.error(span, format!("`{text}` is not a kind of principal; there are {known}"));
        }
    }
}
