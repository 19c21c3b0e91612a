//! A waiting period before deletion that is refused, or as short as can be.
//!
//! It is 7 to 30 days. Within it a deletion can be taken back, and after it everything under the key is lost.
//!
//! # Bad
//!
//! ```json
//! {"Type": "AWS::KMS::Key",
//!   "Properties": {"EnableKeyRotation": true, "PendingWindowInDays": 5}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Type": "AWS::KMS::Key",
//!   "Properties": {"EnableKeyRotation": true, "PendingWindowInDays": 30}}
//! ```

use crate::lint::finding::Findings;
use crate::subject::KeySubject;

pub(in crate::lint) fn check(key: &KeySubject, found: &mut Findings<'_>) {
    let Some(window) = &key.deletion_window else { return };
    match window.text.parse::<u64>() {
        Ok(days) if !(7..=30).contains(&days) => {
            found.error(window.span, format!("keys wait 7 to 30 days before they are deleted, not {days}"));
        }
        Ok(7) => {
            found
                .warning(window.span, "7 days are the shortest wait before a key is deleted")
                .help("leave it out for 30 days");
        }
        _ => {}
    }
}
