//! An operator that does not suit the key, or a value that does not suit the operator.
//!
//! Numbers are compared with numbers and dates with dates; any other value never matches, or is refused.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"NumericEquals": {"kms:ViaService": "5"}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}}
//! ```

use crate::catalogue::{ConditionKey, ValueType, condition_key};
use crate::condition::{Atom, AtomError, Scope};
use crate::lint::finding::{Findings, Severity};
use crate::lint::view::{View, operator};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    let scope = Scope { variables: view.document.has_variables(), symbols: view.document.open };
    for row in view.document.statements.iter().flat_map(|statement| &statement.conditions) {
        let values: Vec<&str> = row.values.iter().map(|word| &*word.text).collect();
        if let Err(AtomError::Value(error)) = Atom::new(&row.operator.text, &row.key.text, &values, scope) {
            let span = row.values.get(error.index).map_or(row.key.span, |word| word.span);
            // Variables have a rule of their own.
            if row.values.get(error.index).is_none_or(|word| !word.text.contains("${")) {
                found.error(span, error.message);
            }
            continue;
        }
        let (_, name, _) = operator(&row.operator.text);
        // An operator that is none has a rule of its own.
        if matches!(Atom::new(&row.operator.text, &row.key.text, &values, scope), Err(AtomError::Operator(_))) {
            continue;
        }
        let Some(key) = condition_key(&row.key.text) else { continue };
        let Some(severity) = mismatch(name, key) else { continue };
        let wanted = match key.value_type() {
            ValueType::Arn => "an ARN",
            ValueType::Binary => "bytes",
            ValueType::Bool => "`true` or `false`",
            ValueType::Date => "a date",
            ValueType::IpAddress => "an address",
            ValueType::Numeric => "a number",
            ValueType::String => "a text",
        };
        found
            .add(
                severity,
                row.operator.span,
                format!("`{}` does not suit `{}`, which is {wanted}", row.operator.text, key.name()),
            )
            .label(row.key.span, "compared here");
    }
}

/// How bad it is to compare this key by that operator.
fn mismatch(name: &str, key: ConditionKey) -> Option<Severity> {
    let is = |family: &str| name.starts_with(family) || name.starts_with(&format!("Not{family}"));
    let fits = match key.value_type() {
        _ if name == "Null" => true,
        ValueType::Arn => is("Arn") || is("String"),
        ValueType::Bool => name == "Bool" || is("String"),
        ValueType::Date => is("Date") || is("Numeric"),
        ValueType::IpAddress => is("Ip"),
        ValueType::Numeric => is("Numeric"),
        ValueType::Binary => name == "BinaryEquals" || is("String"),
        // Texts of one's own choice may be ARNs, numbers or addresses.
        ValueType::String => is("String") || key.has_parameter() || (is("Arn") && key.name().starts_with("aws:")),
    };
    let text = is("String") && !fits;
    (!fits).then_some(if text { Severity::Warning } else { Severity::Error })
}
