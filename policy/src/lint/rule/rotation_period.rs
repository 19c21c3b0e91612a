//! A rotation period outside 90 to 2560 days.
//!
//! The deployment fails.
//!
//! # Bad
//!
//! ```json
//! {"Type": "AWS::KMS::Key",
//!   "Properties": {"EnableKeyRotation": true, "RotationPeriodInDays": 30}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Type": "AWS::KMS::Key",
//!   "Properties": {"EnableKeyRotation": true, "RotationPeriodInDays": 180}}
//! ```

use crate::lint::finding::Findings;
use crate::subject::KeySubject;

pub(in crate::lint) fn check(key: &KeySubject, found: &mut Findings<'_>) {
    let Some(period) = &key.rotation_period else { return };
    if period.text.parse::<u64>().is_ok_and(|days| !(90..=2560).contains(&days)) {
        found.error(period.span, format!("a key rotates every 90 to 2560 days, not every {}", period.text));
    }
}
