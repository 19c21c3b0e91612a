//! A value of kms:ViaService that no request carries.
//!
//! It is `service.region.amazonaws.com`, with that ending in every partition.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringEquals": {"kms:ViaService": "s3.amazonaws.com"}}}
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

use crate::lint::finding::{Findings, Severity};
use crate::lint::view::{View, operator};
use crate::lint::vocabulary::List;

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for row in view.document.statements.iter().flat_map(|statement| &statement.conditions) {
        let (_, name, _) = operator(&row.operator.text);
        if !row.key.text.eq_ignore_ascii_case("kms:ViaService") || !name.starts_with("String") {
            continue;
        }
        let like = name.contains("Like");
        for word in &row.values {
            let text = &*word.text;
            let wild = text.contains(['*', '?']);
            if text.contains("${") || view.is_open(text) || (wild && !like) {
                continue;
            }
            if let Some((severity, message)) = wrong(text) {
                found
                    .add(severity, word.span, message)
                    .help("write `service.region.amazonaws.com`, such as `s3.eu-west-1.amazonaws.com`");
            }
        }
    }
}

fn wrong(text: &str) -> Option<(Severity, String)> {
    let wild = |part: &str| part.contains(['*', '?']);
    let Some(stem) = text.strip_suffix(".amazonaws.com") else {
        return (!wild(text)).then(|| (Severity::Error, format!("`{text}` does not end in `.amazonaws.com`")));
    };
    let Some((service, region)) = stem.rsplit_once('.') else {
        return (!wild(stem)).then(|| (Severity::Error, format!("`{text}` names no Region")));
    };
    if !wild(region) && !List::Region.has(region) {
        let near = List::Region.nearest(region);
        let severity = if near.is_some() { Severity::Error } else { Severity::Warning };
        let near = near.map(|near| format!("; did you mean `{near}`?"));
        return Some((severity, format!("`{region}` is not a Region that is known{}", near.unwrap_or_default())));
    }
    if wild(service) || List::ViaService.has(service) {
        return None;
    }
    let near = List::ViaService.nearest(service);
    let severity = if near.is_some() { Severity::Error } else { Severity::Warning };
    let near = near.map(|near| format!("; did you mean `{near}`?"));
    Some((
        severity,
        format!("`{service}` is not a service that is known to use keys for others{}", near.unwrap_or_default()),
    ))
}
