//! A key ARN whose parts do not fit each other or what stands around it.
//!
//! A Region that there is not, or one of another partition, makes an ARN that no key has. A statement about a key of one Region that asks for requests of another never applies. And where a template declares keys in one Region, a key of another is seldom meant; the replicas of a multi-Region key each have an ARN of their own.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Action": "kms:Decrypt",
//!   "Resource": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
//!   "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Action": "kms:Decrypt",
//!   "Resource": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
//!   "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}}
//! ```

use crate::arn::{Arn, is_account_id};
use crate::document::{StatementText, Word};
use crate::lint::finding::Findings;
use crate::lint::kind::Kind;
use crate::lint::view::{View, is_negated, operator, plain};
use crate::lint::vocabulary::{List, partition_of};
use crate::symbol;

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for statement in &view.document.statements {
        for word in plain(&statement.resource) {
            let Some(arn) = Arn::parse(&word.text).filter(|arn| arn.service == "kms") else { continue };
            let plainly = |text: &str| !text.contains(['*', '?', '$']) && !symbol::holds(text);
            // What a key policy names is looked at by a rule of its own.
            if view.kind != Kind::Identity || !plainly(arn.region) {
                continue;
            }
            if plainly(arn.account) && !is_account_id(arn.account) {
                found.warning(word.span, format!("`{}` is not an account: twelve digits", arn.account));
            }
            if !List::Region.has(arn.region) {
                let near = List::Region.nearest(arn.region).map(|near| format!("; did you mean `{near}`?"));
                found.warning(
                    word.span,
                    format!("`{}` is not a Region that is known{}", arn.region, near.unwrap_or_default()),
                );
            } else if plainly(arn.partition) && partition_of(arn.region) != arn.partition {
                found
                    .warning(word.span, format!("`{}` has no Region `{}`", arn.partition, arn.region))
                    .help(format!("its partition is `{}`", partition_of(arn.region)));
            } else if let Some((other, told)) = asked_of(statement).filter(|(_, told)| *told != arn.region) {
                found
                    .warning(
                        word.span,
                        format!("this key is in `{}`, and requests in `{told}` are asked for", arn.region),
                    )
                    .label(other.span, "asked for here");
            } else if let Some(own) = view.region.filter(|own| *own != arn.region) {
                let finding = found.warning(
                    word.span,
                    format!("this key is in `{}`, and the keys declared here are in `{own}`", arn.region),
                );
                if arn.resource.starts_with("key/mrk-") {
                    finding.help("each replica of a multi-Region key has an ARN of its own");
                }
            }
        }
    }
}

/// The one Region that the conditions ask for, and where they do.
fn asked_of(statement: &StatementText) -> Option<(&Word, &str)> {
    statement.conditions.iter().find_map(|row| {
        let (_, name, if_exists) = operator(&row.operator.text);
        let [value] = &*row.values else { return None };
        if !name.starts_with("String") || is_negated(name) || if_exists {
            return None;
        }
        let region = match &*row.key.text.to_ascii_lowercase() {
            "kms:viaservice" => value.text.strip_suffix(".amazonaws.com")?.rsplit_once('.')?.1,
            "aws:requestedregion" => &value.text,
            _ => return None,
        };
        List::Region.has(region).then_some((value, region))
    })
}
