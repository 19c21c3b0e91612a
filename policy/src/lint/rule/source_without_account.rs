//! aws:SourceArn with an ARN that names no account, and no aws:SourceAccount beside it.
//!
//! Names of buckets are free again once a bucket is gone; whoever takes the name is let in.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!  "Principal": {"Service": "s3.amazonaws.com"},
//!  "Action": "kms:GenerateDataKey",
//!  "Resource": "*",
//!  "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::orders"}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!  "Principal": {"Service": "s3.amazonaws.com"},
//!  "Action": "kms:GenerateDataKey",
//!  "Resource": "*",
//!  "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::orders"}, "StringEquals": {"aws:SourceAccount": "111122223333"}}}
//! ```

use crate::arn::Arn;
use crate::lint::finding::Findings;
use crate::lint::view::{View, is_negated, operator};

/// Keys that say the account, in lower case.
const ACCOUNTS: &[&str] = &["aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"];

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for statement in view.allows() {
        let told = statement.conditions.iter().any(|row| ACCOUNTS.contains(&&*row.key.text.to_ascii_lowercase()));
        for row in statement.conditions.iter().filter(|_| !told) {
            let (_, name, _) = operator(&row.operator.text);
            if !row.key.text.eq_ignore_ascii_case("aws:SourceArn") || is_negated(name) || name == "Null" {
                continue;
            }
            for word in row.values.iter().filter(|word| !view.is_open(&word.text)) {
                if Arn::parse(&word.text).is_some_and(|arn| arn.service == "s3" && arn.account.is_empty()) {
                    found
                        .warning(word.span, format!("`{}` does not say whose bucket it is", word.text))
                        .help("add a condition on aws:SourceAccount");
                }
            }
        }
    }
}
