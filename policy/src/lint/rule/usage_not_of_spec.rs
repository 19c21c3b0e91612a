//! A key usage that keys of this spec do not have.
//!
//! The deployment fails.
//!
//! # Bad
//!
//! ```json
//! {"Type": "AWS::KMS::Key",
//!   "Properties": {"KeySpec": "ECC_NIST_P256", "KeyUsage": "ENCRYPT_DECRYPT"}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Type": "AWS::KMS::Key",
//!   "Properties": {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}}
//! ```

use crate::lint::finding::Findings;
use crate::lint::view::listed;
use crate::lint::vocabulary::{List, usages_of};
use crate::subject::KeySubject;
use crate::symbol;

pub(in crate::lint) fn check(key: &KeySubject, found: &mut Findings<'_>) {
    let Some(spec) = key.spec.as_ref().filter(|spec| !symbol::holds(&spec.text)) else { return };
    let Some(usages) = usages_of(&spec.text) else {
        if let Some(near) = List::KeySpec.nearest(&spec.text) {
            found.error(spec.span, format!("`{}` is not a key spec; did you mean `{near}`?", spec.text));
        }
        return;
    };
    let usages: Vec<&str> = usages.collect();
    let usage = key.usage.as_ref().map_or("ENCRYPT_DECRYPT", |usage| &usage.text);
    if symbol::holds(usage) || usages.contains(&usage) || key.primary.is_some() {
        return;
    }
    let place = key.usage.as_ref().map_or(spec.span, |usage| usage.span);
    found
        .error(
            place,
            format!("a key of spec `{}` is for {}, not `{usage}`", spec.text, listed(usages.iter().copied(), 4)),
        )
        .label(spec.span, "of this spec");
}
