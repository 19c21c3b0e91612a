//! A key policy that stands in its template as a text.
//!
//! Nobody checks its commas before it is deployed, tools cannot see into it, and in Terraform a plan shows a difference for every blank. `jsonencode` or `aws_iam_policy_document`, and in CloudFormation an object, say the same.
//! A policy that is read from a file of its own is not meant.
//!
//! # Bad
//!
//! ```json
//! {"Type": "AWS::KMS::Key",
//!   "Properties": {"KeyPolicy": "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"arn:aws:iam::111122223333:root\"}, \"Action\": \"kms:*\", \"Resource\": \"*\"}]}"}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Type": "AWS::KMS::Key",
//!   "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": [
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}]}}}
//! ```

use crate::lint::finding::{About, Findings};
use crate::lint::view::head;
use crate::lint::whole::Whole;
use crate::policy::PolicyKind;

pub(in crate::lint) fn check(whole: &Whole<'_>, found: &mut Findings<'_>) {
    for (index, subject) in whole.subjects.documents.iter().enumerate() {
        let (owner, span) = (&subject.owner, subject.value.span);
        // Plans hold every policy as a text; what stands elsewhere was read from there.
        let written = owner.kind.starts_with("AWS::KMS::") || owner.path.ends_with(".tf");
        let within = owner.span.start <= span.start && span.end <= owner.span.end;
        if subject.kind != PolicyKind::Key || !subject.in_text || !written || !within {
            continue;
        }
        let help = match owner.path.ends_with(".tf") {
            true => "write it with `jsonencode({...})` or `aws_iam_policy_document`",
            false => "write it as an object",
        };
        found
            .at(About::Document(index))
            .warning(head(span), format!("the key policy of `{}` is a text with JSON in it", owner.address))
            .help(help);
    }
}
