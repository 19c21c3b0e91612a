//! A service that may use the key on whosoever's behalf.
//!
//! Anybody can ask the service to use this key for a resource of theirs. aws:SourceArn, aws:SourceAccount or a value in the encryption context say for whom it may.
//! Services whose own guides leave the condition out, since they do not send it, are excepted.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"Service": "sqs.amazonaws.com"},
//!   "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
//!   "Resource": "*"}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"Service": "sqs.amazonaws.com"},
//!   "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
//!   "Resource": "*",
//!   "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}
//! ```

use crate::catalogue::kms_operation;
use crate::lint::finding::{Findings, Severity};
use crate::lint::view::{View, actions_of};

/// Keys that say on whose behalf, in lower case.
const SOURCES: &[&str] = &[
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourceowner",
    "kms:calleraccount",
];

/// Services whose guides have no such condition.
const SILENT: &[&str] = &[
    "cloudwatch.amazonaws.com",
    "codestar-notifications.amazonaws.com",
    "delivery.logs.amazonaws.com",
    "dnssec-route53.amazonaws.com",
    "events.amazonaws.com",
];

/// Services whose guides leave the condition out at least in one place, though they send what it asks for elsewhere:
/// CloudTrail for its event data stores, S3 for server access logs, SES for topics, Cost Anomaly Detection.
const OPTIONAL: &[&str] =
    &["cloudtrail.amazonaws.com", "costalerts.amazonaws.com", "logging.s3.amazonaws.com", "ses.amazonaws.com"];

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    if !view.is_key_policy() {
        return;
    }
    for statement in view.allows() {
        let told = statement.conditions.iter().any(|row| {
            let key = row.key.text.to_ascii_lowercase();
            SOURCES.contains(&&*key) || key.starts_with("kms:encryptioncontext:") || key == "kms:grantisforawsresource"
        });
        let actions = actions_of(statement);
        let uses = actions.iter().any(|action| {
            kms_operation(action).is_some_and(|line| line.is_cryptographic()) || *action == "kms:CreateGrant"
        });
        if told || !uses {
            continue;
        }
        for name in statement.principal.iter().filter(|own| !own.negated).flat_map(|principal| &principal.names) {
            let service = name.family.as_ref().is_some_and(|family| &*family.text == "Service");
            if !service || SILENT.contains(&&*name.name.text) || view.is_open(&name.name.text) {
                continue;
            }
            let reads = actions.contains(&"kms:Decrypt");
            let optional = OPTIONAL.contains(&&*name.name.text);
            let severity = if reads && !optional { Severity::Security } else { Severity::Warning };
            found
                .add(severity, name.name.span, format!("`{}` may use the key on anybody's behalf", name.name.text))
                .help("add a condition on aws:SourceAccount or aws:SourceArn");
        }
    }
}
