//! A key that is declared as disabled.
//!
//! Every use of it fails.
//!
//! # Bad
//!
//! ```json
//! {"Type": "AWS::KMS::Key",
//!   "Properties": {"EnableKeyRotation": true, "Enabled": false}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Type": "AWS::KMS::Key",
//!   "Properties": {"EnableKeyRotation": true, "Enabled": true}}
//! ```

use crate::lint::finding::Findings;
use crate::subject::KeySubject;

pub(in crate::lint) fn check(key: &KeySubject, found: &mut Findings<'_>) {
    let Some(word) = &key.enabled else { return };
    if word.text.eq_ignore_ascii_case("false") {
        found.warning(word.span, format!("`{}` is disabled, so that every use of it fails", key.declaration.address));
    }
}
