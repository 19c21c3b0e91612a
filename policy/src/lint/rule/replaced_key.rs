//! A change that makes another key in place of this one.
//!
//! Spec, usage, origin and whether it is multi-Region are fixed for ever. What was encrypted under the old key is lost with it.
//!
//! # Bad
//!
//! ```json
//! {"Type": "AWS::KMS::Key",
//!   "Replaces": true,
//!   "Properties": {"EnableKeyRotation": true, "KeySpec": "RSA_2048"}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Type": "AWS::KMS::Key",
//!   "Properties": {"EnableKeyRotation": true}}
//! ```

use crate::lint::finding::Findings;
use crate::subject::ChangeSubject;

const KINDS: &[&str] = &[
    "AWS::KMS::Key",
    "AWS::KMS::ReplicaKey",
    "aws_kms_key",
    "aws_kms_external_key",
    "aws_kms_replica_key",
    "aws_kms_replica_external_key",
];

pub(in crate::lint) fn check(change: &ChangeSubject, found: &mut Findings<'_>) {
    if !KINDS.contains(&&*change.declaration.kind) || change.before.is_none() {
        return;
    }
    let address = &change.declaration.address;
    if change.replaces {
        found
            .warning(
                change.declaration.name_span,
                format!("`{address}` becomes another key, and what is under the old one is lost"),
            )
            .help("make a second key, move the data, and let the old one go last");
    } else if change.after.is_none() {
        found.warning(change.declaration.name_span, format!("`{address}` is deleted, and what is under it is lost"));
    }
}
