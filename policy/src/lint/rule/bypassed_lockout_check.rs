//! The check against locking oneself out, switched off.
//!
//! Then nothing keeps a key policy from being the last one.
//!
//! # Bad
//!
//! ```json
//! {"Type": "AWS::KMS::Key",
//!   "Properties": {"EnableKeyRotation": true, "BypassPolicyLockoutSafetyCheck": true}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Type": "AWS::KMS::Key",
//!   "Properties": {"EnableKeyRotation": true}}
//! ```

use crate::lint::finding::Findings;
use crate::subject::KeySubject;

pub(in crate::lint) fn check(key: &KeySubject, found: &mut Findings<'_>) {
    let Some(word) = &key.bypasses_lockout_check else { return };
    if word.text.eq_ignore_ascii_case("true") {
        found.security(word.span, "KMS will not check that this key policy can be changed again").help("remove it");
    }
}
