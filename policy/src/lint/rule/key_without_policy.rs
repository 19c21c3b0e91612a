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
    for (index, key) in whole.subjects.keys.iter().enumerate().filter(|(_, key)| has_default_policy(whole, key)) {
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
    // A policy whose key is not known may be that of any key.
    let keys = &whole.subjects.keys;
    let set = |index: usize| keys.iter().any(|key| key.policy == Some(index));
    let documents = whole.subjects.documents.iter().enumerate();
    let loose = documents.filter(|(_, own)| &*own.owner.kind == SETS).any(|(index, _)| !set(index));
    let properties = &key.declaration.properties;
    let given = ["KeyPolicy", "policy"].iter().any(|name| properties.member(name).is_some());
    key.policy.is_none() && !loose && !given
}
