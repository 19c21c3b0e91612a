//! An action in a key policy that this key was not made for.
//!
//! Every such request fails, whatever the policy says.
//!
//! # Bad
//!
//! ```json
//! {"Type": "AWS::KMS::Key",
//!   "Properties": {"EnableKeyRotation": true,
//!     "KeyPolicy": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}, {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Sign", "Resource": "*"}]}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Type": "AWS::KMS::Key",
//!   "Properties": {"KeySpec": "RSA_3072",
//!     "KeyUsage": "SIGN_VERIFY",
//!     "KeyPolicy": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}, {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Sign", "Resource": "*"}]}}}
//! ```

use crate::catalogue::kms_operation;
use crate::lint::finding::Findings;
use crate::lint::view::{View, plain};
use crate::subject::KeySubject;
use crate::symbol;

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    let Some((key, usage)) = view.key.and_then(|key| Some((key, usage_of(key)?))) else { return };
    for word in view.allows().flat_map(|statement| plain(&statement.action)) {
        let wanted = kms_operation(&word.text).and_then(|line| line.key_usage()).map(|usage| usage.name());
        if let Some(wanted) = wanted.filter(|wanted| *wanted != usage) {
            let finding = found
                .error(word.span, format!("`{}` needs a key for `{wanted}`, and this one is for `{usage}`", word.text));
            if let Some(told) = &key.usage {
                finding.label(told.span, "made for this");
            }
        }
    }
}

/// What a key is made for, if that is told or follows.
pub(in crate::lint) fn usage_of(key: &KeySubject) -> Option<&str> {
    let symmetric = key.spec.as_ref().is_none_or(|spec| &*spec.text == "SYMMETRIC_DEFAULT");
    let usage = match &key.usage {
        Some(usage) => &*usage.text,
        None if symmetric && key.primary.is_none() => "ENCRYPT_DECRYPT",
        None => return None,
    };
    (!symbol::holds(usage)).then_some(usage)
}
