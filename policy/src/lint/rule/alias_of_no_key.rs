//! An alias that points to something that is no key of its Region.
//!
//! An alias stands for a key, not for another alias, and only for one of the same Region.
//!
//! # Bad
//!
//! ```json
//! {"Type": "AWS::KMS::Alias",
//!  "Properties": {"AliasName": "alias/orders", "TargetKeyId": "alias/other"}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Type": "AWS::KMS::Alias",
//!  "Properties": {"AliasName": "alias/orders", "TargetKeyId": "1234abcd-12ab-34cd-56ef-1234567890ab"}}
//! ```

use crate::arn::Arn;
use crate::lint::finding::Findings;
use crate::subject::AliasSubject;
use crate::symbol;

pub(in crate::lint) fn check(alias: &AliasSubject, found: &mut Findings<'_>) {
    let Some(target) = alias.target.as_ref().filter(|target| !symbol::holds(&target.text)) else { return };
    let text = &*target.text;
    let own =
        Arn::parse(&alias.arn).map(|arn| arn.region).filter(|region| !symbol::holds(region) && !region.is_empty());
    let reason = match Arn::parse(text) {
        None if text.starts_with("alias/") => "is an alias itself",
        None => return,
        Some(arn) if arn.service == "kms" && arn.resource.starts_with("alias/") => "is an alias itself",
        Some(arn) if arn.service != "kms" || !arn.resource.starts_with("key/") => "is no key",
        Some(arn) if own.is_some_and(|own| own != arn.region) => "is a key of another Region",
        Some(_) => return,
    };
    found.error(target.span, format!("`{text}` {reason}")).help("name the key by its id or ARN");
}
