//! A key for which no policy is declared.
//!
//! It gets the default policy, which leaves everything to the account's IAM: whoever may do `kms:*` there may use and delete the key. That may be meant; written down, it can be reviewed.
//! A policy that a resource of its own sets (`aws_kms_key_policy`) counts.
//!
//! # Bad
//!
//! ```json
//! {"Type": "aws_kms_key",
//!   "Properties": {"description": "orders"}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Type": "AWS::KMS::Key",
//!   "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": [
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}]}}}
//! ```

use crate::lint::finding::{About, Findings};
use crate::lint::view::head;
use crate::lint::whole::Whole;
use crate::subject::KeySubject;

/// Resources that set the policy of a key.
const SETS: &str = "aws_kms_key_policy";

pub(in crate::lint) fn check(whole: &Whole<'_>, found: &mut Findings<'_>) {
    let loose = has_loose_policy(whole);
    for (index, key) in whole.subjects.keys.iter().enumerate().filter(|(_, key)| !loose && has_none(key)) {
        let declared = &key.declaration;
        found
            .at(About::Key(index))
            .warning(
                head(declared.name_span),
                format!("`{}` has no policy of its own, so the account's IAM decides everything", declared.address),
            )
            .help("declare the key policy, even if it is the default one");
    }
}

/// Whether nothing that is declared sets the policy of a key.
pub(in crate::lint) fn has_default_policy(whole: &Whole<'_>, key: &KeySubject) -> bool {
    has_none(key) && !has_loose_policy(whole)
}

fn has_none(key: &KeySubject) -> bool {
    let properties = &key.declaration.properties;
    key.policy.is_none() && ["KeyPolicy", "policy"].iter().all(|name| properties.member(name).is_none())
}

/// Whether there is a policy whose key is not known, so that it may be that of any key.
fn has_loose_policy(whole: &Whole<'_>) -> bool {
    let documents = whole.subjects.documents.iter().enumerate();
    documents.filter(|(_, own)| &*own.owner.kind == SETS).any(|(index, _)| whole.index.key_of_policy(index).is_none())
}
