//! A key that can be copied into other Regions, or a copy whose policy is another than that of its original.
//!
//! Replicas share their key material, and each has a policy of its own: whoever is kept out in one Region may decrypt in another. That a key is multi-Region is a note; policies that allow different things are a warning, with a request that one of them allows.
//!
//! # Bad
//!
//! ```json
//! {"Resources": {
//!   "Primary": {"Type": "AWS::KMS::Key", "Properties": {"MultiRegion": true, "KeyPolicy": {"Version": "2012-10-17", "Statement": [
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}]}}},
//!   "Replica": {"Type": "AWS::KMS::ReplicaKey", "Properties": {"PrimaryKeyArn": {"Fn::GetAtt": ["Primary", "Arn"]}, "KeyPolicy": {"Version": "2012-10-17", "Statement": [
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}]}}}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Resources": {
//!   "Key": {"Type": "AWS::KMS::Key", "Properties": {"MultiRegion": false, "KeyPolicy": {"Version": "2012-10-17", "Statement": [
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}]}}}}}
//! ```

use crate::boxes::{Change, compare};
use crate::lint::finding::{About, Findings};
use crate::lint::view::{handle, head};
use crate::lint::whole::Whole;
use crate::lint::witness::allowing;
use crate::subject::KeySubject;

pub(in crate::lint) fn check(whole: &Whole<'_>, found: &mut Findings<'_>) {
    for (index, key) in whole.subjects.keys.iter().enumerate() {
        if let Some(word) = key.multi_region.as_ref().filter(|word| word.text.eq_ignore_ascii_case("true")) {
            found.at(About::Key(index)).info(
                word.span,
                format!(
                    "`{}` can be replicated into other Regions, each replica with a policy of its own",
                    key.declaration.address
                ),
            );
        }
        let primary = key.primary.as_ref().filter(|arn| arn.text.starts_with("arn:"));
        let primary = primary.and_then(|arn| whole.index.key(&arn.text)).filter(|place| *place != index);
        let primary = primary.and_then(|place| whole.subjects.keys.get(place));
        if let Some(primary) = primary {
            drift(whole, key, primary, found);
        }
    }
}

/// What a replica's policy allows otherwise than that of its primary key.
fn drift(whole: &Whole<'_>, replica: &KeySubject, primary: &KeySubject, found: &mut Findings<'_>) {
    let (Some((index, copy)), Some((_, original))) = (whole.policy_of(replica), whole.policy_of(primary)) else {
        return;
    };
    if copy.policies.is_empty() || original.policies.is_empty() {
        return;
    }
    let comparison = compare(original.policies, copy.policies, &copy.setting());
    let what = match comparison.change {
        Some(Change::Wider) => "more than",
        Some(Change::Narrower) => "less than",
        Some(Change::Incomparable) => "other things than",
        Some(Change::Equal) | None => return,
    };
    let Some(difference) = comparison.gained.first().or(comparison.lost.first()) else { return };
    let statement = comparison.gained.first().and_then(|gained| allowing(copy, gained));
    let place = statement.map_or(head(copy.document.span), handle);
    found
        .at(About::Document(index))
        .warning(
            place,
            format!(
                "the policy of the replica `{}` allows {what} that of its primary key `{}`",
                replica.declaration.address, primary.declaration.address
            ),
        )
        .help("give both the same policy, or say why not where this is ignored")
        .witness(&difference.witness);
}
