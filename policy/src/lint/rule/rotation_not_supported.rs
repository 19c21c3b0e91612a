//! Rotation of a key that cannot rotate by itself.
//!
//! The deployment fails: only symmetric encryption keys with material made by KMS rotate.
//!
//! # Bad
//!
//! ```json
//! {"Type": "AWS::KMS::Key",
//!   "Properties": {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY", "EnableKeyRotation": true}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Type": "AWS::KMS::Key",
//!   "Properties": {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}}
//! ```

use crate::lint::finding::Findings;
use crate::lint::rule::rotation_off::{can_rotate, is_open};
use crate::subject::KeySubject;

pub(in crate::lint) fn check(key: &KeySubject, found: &mut Findings<'_>) {
    let Some(rotation) = key.rotation.as_ref().filter(|word| word.text.eq_ignore_ascii_case("true")) else { return };
    if can_rotate(key) || is_open(key) || key.primary.is_some() {
        return;
    }
    let finding = found.error(rotation.span, "a key of this sort cannot rotate by itself");
    for word in [&key.spec, &key.origin].into_iter().flatten() {
        finding.label(word.span, format!("it is `{}`", word.text));
    }
}
