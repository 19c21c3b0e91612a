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

use std::collections::HashMap;

use crate::document::Word;
use crate::lint::finding::{About, Findings};
use crate::lint::whole::Whole;
use crate::subject::{ChangeSubject, KeySubject};
use crate::symbol;

const KINDS: &[&str] = &[
    "AWS::KMS::Key",
    "AWS::KMS::ReplicaKey",
    "aws_kms_key",
    "aws_kms_external_key",
    "aws_kms_replica_key",
    "aws_kms_replica_external_key",
];

pub(in crate::lint) fn check(whole: &Whole<'_>, found: &mut Findings<'_>) {
    for (index, change) in whole.subjects.changes.iter().enumerate() {
        check_change(change, &mut found.at(About::Change(index)));
    }
    // A plan tells by itself what is replaced.
    let Some(before) = whole.before.as_ref().filter(|_| whole.subjects.changes.is_empty()) else { return };
    let mut earlier: HashMap<&str, &KeySubject> = HashMap::new();
    before.subjects.keys.iter().for_each(|key| {
        earlier.entry(&key.declaration.address).or_insert(key);
    });
    for (index, key) in whole.subjects.keys.iter().enumerate() {
        if let Some(old) = earlier.get(&*key.declaration.address) {
            compare(old, key, &mut found.at(About::Key(index)));
        }
    }
}

fn check_change(change: &ChangeSubject, found: &mut Findings<'_>) {
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
            .help(HELP);
    } else if change.after.is_none() {
        found.warning(change.declaration.name_span, format!("`{address}` is deleted, and what is under it is lost"));
    }
}

const HELP: &str = "make a second key, move the data, and let the old one go last";

/// What of a key cannot change: a property, how to read it, and what it is if nothing is said.
type Fixed = (&'static str, fn(&KeySubject) -> Option<&Word>, &'static str);

const FIXED: &[Fixed] = &[
    ("spec", |key| key.spec.as_ref(), "SYMMETRIC_DEFAULT"),
    ("usage", |key| key.usage.as_ref(), "ENCRYPT_DECRYPT"),
    ("origin", |key| key.origin.as_ref(), "AWS_KMS"),
    ("multi-Region property", |key| key.multi_region.as_ref(), "false"),
];

fn compare(old: &KeySubject, new: &KeySubject, found: &mut Findings<'_>) {
    for (what, read, default) in FIXED {
        let text = |key: &KeySubject| read(key).map_or(*default, |word| &word.text).to_owned();
        let (was, is) = (text(old), text(new));
        if was.eq_ignore_ascii_case(&is) || symbol::holds(&was) || symbol::holds(&is) {
            continue;
        }
        let span = read(new).map_or(new.declaration.name_span, |word| word.span);
        let address = &new.declaration.address;
        found
            .warning(
                span,
                format!(
                    "`{address}` becomes another key, and what is under the old one is lost: its {what} was `{was}` and cannot change"
                ),
            )
            .help(HELP);
        return;
    }
}
