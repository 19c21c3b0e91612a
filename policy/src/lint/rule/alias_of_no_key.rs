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
use crate::lint::finding::{About, Findings};
use crate::lint::whole::Whole;
use crate::subject::AliasSubject;
use crate::symbol;

/// What an alias may stand for.
const KEYS: &[&str] = &[
    "AWS::KMS::Key",
    "AWS::KMS::ReplicaKey",
    "aws_kms_external_key",
    "aws_kms_key",
    "aws_kms_replica_external_key",
    "aws_kms_replica_key",
];

/// Types that hand on what others tell.
const FORWARDS: &[&str] = &["AWS::CloudFormation::", "Custom::", "terraform_"];

pub(in crate::lint) fn check(whole: &Whole<'_>, found: &mut Findings<'_>) {
    for (index, alias) in whole.subjects.aliases.iter().enumerate() {
        check_alias(alias, whole, &mut found.at(About::Alias(index)));
    }
}

fn check_alias(alias: &AliasSubject, whole: &Whole<'_>, found: &mut Findings<'_>) {
    let Some(target) = &alias.target else { return };
    let text = &*target.text;
    let of_other = Arn::parse(text)
        .is_some_and(|arn| !arn.service.is_empty() && arn.service != "kms" && !symbol::holds(arn.service));
    if symbol::holds(text) && !of_other {
        let Some(other) = whole.index.resource(text) else { return };
        let kind = &*other.kind;
        // What is read from elsewhere, and attributes of others that name keys: `aws_kms_alias.a.target_key_id`.
        let is_read = other.address.starts_with("data.") || other.address.contains(".data.");
        let of_key = symbol::short(text).strip_prefix(&*other.address).unwrap_or_default().to_ascii_lowercase();
        let forwards = FORWARDS.iter().any(|forward| kind.starts_with(forward));
        if !KEYS.contains(&kind) && !forwards && !is_read && !of_key.contains("key") {
            found
                .error(target.span, format!("`{}` is no key but of type `{kind}`", other.address))
                .help("name the key by its id or ARN");
        }
        return;
    }
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
