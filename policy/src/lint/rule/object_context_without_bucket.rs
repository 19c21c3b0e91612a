//! A bound on `aws:s3:arn` that takes the objects of a bucket and not the bucket.
//!
//! S3 puts the ARN of the object into the encryption context, but where the bucket has an S3 Bucket Key, that of the bucket. A statement that takes `arn:aws:s3:::orders/*` alone stops to allow anything on the day somebody switches Bucket Keys on.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html>
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
//!   "Resource": "*",
//!   "Condition": {"StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::orders/*"}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
//!   "Resource": "*",
//!   "Condition": {"StringLike": {"kms:EncryptionContext:aws:s3:arn": ["arn:aws:s3:::orders", "arn:aws:s3:::orders/*"]}}}
//! ```

use crate::condition::Scope;
use crate::lint::finding::Findings;
use crate::lint::view::{View, is_negated, operator};
use crate::pattern::{Pattern, Use};

const CONTEXT: &str = "kms:EncryptionContext:aws:s3:arn";

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for row in view.allows().flat_map(|statement| &statement.conditions) {
        let (_, name, _) = operator(&row.operator.text);
        if !row.key.text.eq_ignore_ascii_case(CONTEXT) || is_negated(name) || !name.ends_with("Like") {
            continue;
        }
        for word in &row.values {
            let bucket =
                word.text.split_once(":::").and_then(|(_, rest)| rest.split_once('/')).map(|(bucket, _)| bucket);
            let Some(bucket) = bucket.filter(|bucket| !bucket.is_empty() && !view.is_open(&word.text)) else {
                continue;
            };
            let arn = format!("arn:aws:s3:::{bucket}");
            // A wildcard in another value may take the bucket as well.
            if !row.values.iter().any(|other| takes(&other.text, &arn) || takes(&arn, &other.text)) {
                found
                    .info(
                        word.span,
                        format!("with an S3 Bucket Key the encryption context is `{arn}`, which is not allowed here"),
                    )
                    .help(format!("add `{arn}`"));
            }
        }
    }
}

fn takes(pattern: &str, text: &str) -> bool {
    let scope = Scope { variables: false, symbols: false };
    Pattern::new(pattern, Use::Glob, scope).is_ok_and(|pattern| pattern.matches_plainly(text))
}
