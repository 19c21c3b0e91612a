//! A key that is a list, compared without ForAllValues or ForAnyValue.
//!
//! AWS does not say what comes of it. Say whether one of the values has to match, or all of them.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!  "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!  "Action": "kms:GenerateDataKey",
//!  "Resource": "*",
//!  "Condition": {"StringEquals": {"kms:EncryptionContextKeys": "app"}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!  "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!  "Action": "kms:GenerateDataKey",
//!  "Resource": "*",
//!  "Condition": {"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": "app"}}}
//! ```

use crate::catalogue::condition_key;
use crate::lint::finding::{Findings, Severity};
use crate::lint::view::{View, operator};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for row in view.document.statements.iter().flat_map(|statement| &statement.conditions) {
        let (quantifier, name, _) = operator(&row.operator.text);
        let list = condition_key(&row.key.text).is_some_and(|key| key.is_multi_valued());
        if quantifier.is_some() || name == "Null" || !list {
            continue;
        }
        let context = row.key.text.eq_ignore_ascii_case("kms:EncryptionContextKeys");
        let severity = if context { Severity::Security } else { Severity::Warning };
        found
            .add(severity, row.operator.span, format!("`{}` is a list, and `{name}` compares one value", row.key.text))
            .label(row.key.span, "a list")
            .help(format!("write `ForAnyValue:{name}`, or `ForAllValues:{name}` with a check that it is there"));
    }
}
