//! A key that could rotate by itself and does not.
//!
//! Rotation bounds how much is encrypted under one key material. Keys whose material is imported, asymmetric keys, HMAC keys, keys of custom key stores and replicas do not rotate by themselves and are not meant.
//!
//! # Bad
//!
//! ```json
//! {"Type": "AWS::KMS::Key",
//!   "Properties": {"Description": "orders"}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Type": "AWS::KMS::Key",
//!   "Properties": {"EnableKeyRotation": true}}
//! ```

use crate::lint::finding::Findings;
use crate::lint::view::head;
use crate::subject::KeySubject;
use crate::symbol;

pub(in crate::lint) fn check(key: &KeySubject, found: &mut Findings<'_>) {
    let told = key.rotation.as_ref().map(|word| &*word.text);
    if !can_rotate(key) || told.is_some_and(|told| !told.eq_ignore_ascii_case("false")) {
        return;
    }
    let place = key.rotation.as_ref().map_or(head(key.declaration.name_span), |word| word.span);
    found.warning(place, format!("`{}` does not rotate", key.declaration.address)).help("switch rotation on");
}

/// Whether keys of this sort rotate by themselves; what a template leaves open may be another sort.
pub(in crate::lint) fn can_rotate(key: &KeySubject) -> bool {
    let is =
        |word: &Option<crate::document::Word>, wanted: &str| word.as_ref().is_none_or(|word| &*word.text == wanted);
    is(&key.spec, "SYMMETRIC_DEFAULT") && is(&key.origin, "AWS_KMS") && key.primary.is_none()
}

/// Whether a template leaves open which sort of key it is.
pub(in crate::lint) fn is_open(key: &KeySubject) -> bool {
    [&key.spec, &key.usage, &key.origin].into_iter().flatten().any(|word| symbol::holds(&word.text))
}
