//! A service that needs a key for a resource declared here, and that the key's policy does not let in.
//!
//! Nothing fails when it is deployed: messages are lost later, with an AccessDenied that only CloudTrail sees. CloudWatch Logs and CloudTrail use the key of a log group or trail as themselves; S3, SNS, EventBridge and CloudWatch alarms need the key of an encrypted topic or queue that they write into. The policy of an AWS managed key (`alias/aws/sns`, `alias/aws/sqs`) cannot be changed, so they never can use that one.
//! Found by evaluation of the key policy for the service, with the encryption context that it sends where the template tells it.
//!
//! # Bad
//!
//! ```json
//! {"Resources": {
//!   "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": [
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}]}}},
//!   "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"KmsMasterKeyId": {"Fn::GetAtt": ["Key", "Arn"]}}},
//!   "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"NotificationConfiguration": {"TopicConfigurations": [
//!     {"Event": "s3:ObjectCreated:*", "Topic": {"Ref": "Topic"}}]}}}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Resources": {
//!   "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": [
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
//!     {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": ["kms:GenerateDataKey*", "kms:Decrypt"], "Resource": "*",
//!       "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}]}}},
//!   "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"KmsMasterKeyId": {"Fn::GetAtt": ["Key", "Arn"]}}},
//!   "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"NotificationConfiguration": {"TopicConfigurations": [
//!     {"Event": "s3:ObjectCreated:*", "Topic": {"Ref": "Topic"}}]}}}}}
//! ```

use crate::arn::Arn;
use crate::boxes::Answer;
use crate::json::{Kind, Value};
use crate::layers::Told;
use crate::lint::finding::{About, Findings};
use crate::lint::rule::key_without_policy::has_default_policy;
use crate::lint::view::{handle, listed};
use crate::lint::whole::{Question, Whole};
use crate::subject::{Declaration, UseSubject};
use crate::symbol;

/// Resources whose service uses their key as itself.
struct Owner {
    kinds: &'static [&'static str],
    service: &'static str,
    /// Whether the principal has the Region in it.
    regional: bool,
    actions: &'static [&'static str],
    /// The key of the encryption context, and what stands before the name in its value.
    context: Option<(&'static str, &'static str, &'static [&'static str])>,
}

const OWNERS: &[Owner] = &[
    Owner {
        kinds: &["AWS::Logs::LogGroup", "aws_cloudwatch_log_group"],
        service: "logs",
        regional: true,
        actions: &["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey"],
        context: Some(("kms:EncryptionContext:aws:logs:arn", "logs:log-group:", &["LogGroupName", "name"])),
    },
    Owner {
        kinds: &["AWS::CloudTrail::Trail", "aws_cloudtrail"],
        service: "cloudtrail",
        regional: false,
        actions: &["kms:GenerateDataKey"],
        context: Some(("kms:EncryptionContext:aws:cloudtrail:arn", "cloudtrail:trail/", &["TrailName", "name"])),
    },
];

/// Resources whose service writes into topics and queues: its name, and the paths at which they name them.
const WRITERS: &[(&str, &str, &[&str])] = &[
    (
        "AWS::S3::Bucket",
        "s3",
        &["NotificationConfiguration.TopicConfigurations.Topic", "NotificationConfiguration.QueueConfigurations.Queue"],
    ),
    ("aws_s3_bucket_notification", "s3", &["topic.topic_arn", "queue.queue_arn"]),
    ("AWS::SNS::Subscription", "sns", &["Endpoint"]),
    ("AWS::SNS::Topic", "sns", &["Subscription.Endpoint"]),
    ("aws_sns_topic_subscription", "sns", &["endpoint"]),
    ("AWS::Events::Rule", "events", &["Targets.Arn"]),
    ("aws_cloudwatch_event_target", "events", &["arn"]),
    ("AWS::CloudWatch::Alarm", "cloudwatch", &["AlarmActions", "OKActions", "InsufficientDataActions"]),
    ("aws_cloudwatch_metric_alarm", "cloudwatch", &["alarm_actions", "ok_actions", "insufficient_data_actions"]),
];

/// What a writer calls.
const WRITING: &[&str] = &["kms:GenerateDataKey", "kms:Decrypt"];

/// Topics and queues, and the properties that name them.
const TARGETS: &[(&str, &str)] = &[
    ("AWS::SNS::Topic", "TopicName"),
    ("AWS::SQS::Queue", "QueueName"),
    ("aws_sns_topic", "name"),
    ("aws_sqs_queue", "name"),
];

pub(in crate::lint) fn check(whole: &Whole<'_>, found: &mut Findings<'_>) {
    for (index, using) in whole.subjects.uses.iter().enumerate() {
        let declared = &using.declaration;
        let mut found = found.at(About::Use(index));
        for owner in OWNERS.iter().filter(|owner| owner.kinds.contains(&&*declared.kind)) {
            let arn = |key: &str| named(owner, declared, key);
            let need =
                Need { service: owner.service, regional: owner.regional, actions: owner.actions, why: "to encrypt it" };
            need.check(whole, using, &arn, &mut found);
        }
        let Some((_, name)) = TARGETS.iter().find(|(kind, _)| *kind == &*declared.kind) else { continue };
        let name = declared.properties.member(name).and_then(Value::as_text);
        let mut said: Vec<&str> = Vec::new();
        for writer in &whole.subjects.resources {
            let rows = WRITERS.iter().filter(|(kind, ..)| *kind == &*writer.kind);
            for (_, service, paths) in rows {
                let writes = paths.iter().any(|path| {
                    let mut texts = Vec::new();
                    at_path(&writer.properties, path, &mut texts);
                    texts.into_iter().any(|text| refers(text, declared, name))
                });
                if writes && !said.contains(service) {
                    said.push(service);
                    let why = format!("to deliver what `{}` sends there", writer.address);
                    let need = Need { service, regional: false, actions: WRITING, why: &why };
                    need.check(whole, using, &|_| None, &mut found);
                }
            }
        }
    }
}

/// What a service has to be allowed.
struct Need<'n> {
    service: &'n str,
    regional: bool,
    actions: &'n [&'n str],
    why: &'n str,
}

impl Need<'_> {
    fn check(
        &self,
        whole: &Whole<'_>,
        using: &UseSubject,
        context: &dyn Fn(&str) -> Option<(&'static str, String)>,
        found: &mut Findings<'_>,
    ) {
        let text = &*using.key.text;
        let address = &using.declaration.address;
        let service = format!("{}.amazonaws.com", self.service);
        let managed = text.rsplit_once(":alias/").map_or(text.strip_prefix("alias/"), |(_, name)| Some(name));
        if managed.is_some_and(|name| name.starts_with("aws/")) {
            found
                .warning(
                    using.key.span,
                    format!(
                        "`{service}` cannot use this AWS managed key {}, and its policy cannot be changed",
                        self.why
                    ),
                )
                .help("use a key of your own, and let the service in by its policy");
            return;
        }
        let Some((_, key)) = whole.key_named(text) else { return };
        let policy = whole.policy_of(key).map(|(_, view)| view);
        let policies = match policy {
            Some(view) if view.policies.is_empty() => return,
            Some(view) => view.policies,
            None if has_default_policy(whole, key) => &[],
            None => return,
        };
        let arn = whole.stand_ins.settle(&key.arn);
        let Some(region) = Arn::parse(&arn).map(|arn| arn.region.to_owned()) else { return };
        let mut principals = vec![service.clone()];
        if self.regional {
            principals.insert(0, format!("{}.{region}.amazonaws.com", self.service));
        }
        let told = context(&arn);
        let pairs: Vec<(&str, &str)> = told.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let never = |action: &str, context: &[(&str, &str)]| {
            principals.iter().all(|principal| {
                let answer = Question { principal, action, key: &arn, context }.ask(policies, Told::Absent);
                matches!(answer, Some((Answer::Never, _)))
            })
        };
        let missing: Vec<&str> = self.actions.iter().copied().filter(|action| never(action, &pairs)).collect();
        let Some(first) = missing.first() else { return };
        let of_others = !pairs.is_empty() && !never(first, &[]);
        let more =
            if of_others { ", since its encryption context is not the one that the policy asks for" } else { "" };
        let finding = found
            .warning(
                using.key.span,
                format!(
                    "`{service}` may not call {} with the key of `{address}` {}{more}",
                    listed(missing.iter().copied(), 3),
                    self.why
                ),
            )
            .help(format!(
                "allow `{service}` {} in the policy of `{}`",
                listed(self.actions.iter().copied(), 3),
                key.declaration.address
            ))
            .proof("of all requests of that service that the key policy can tell apart, it allows none");
        let Some(view) = policy.filter(|_| key.declaration.path == using.declaration.path) else { return };
        let named = view.allows().filter(|statement| {
            let mut names = statement.principal.iter().flat_map(|principal| &principal.names);
            names.any(|name| principals.iter().any(|own| **own == *whole.stand_ins.settle(&name.name.text)))
        });
        for statement in named {
            finding.label(handle(statement), "the service is named here");
        }
    }
}

/// The pair of the encryption context that a service sends for a resource, where its name is told.
fn named(owner: &Owner, declared: &Declaration, key: &str) -> Option<(&'static str, String)> {
    let (context, begin, properties) = owner.context?;
    let name = properties.iter().find_map(|name| declared.properties.member(name).and_then(Value::as_text))?;
    let arn = Arn::parse(key).filter(|_| !symbol::holds(name) && !name.is_empty())?;
    let (service, kind) = begin.split_once(':')?;
    Some((context, format!("arn:{}:{service}:{}:{}:{kind}{name}", arn.partition, arn.region, arn.account)))
}

/// Every text at a path, lists taken apart.
///
/// INVARIANT: no deeper than the path is long and the readers let values be.
fn at_path<'v>(value: &'v Value, path: &str, found: &mut Vec<&'v str>) {
    match &value.kind {
        Kind::List(values) => values.iter().for_each(|value| at_path(value, path, found)),
        Kind::Text(text) if path.is_empty() => found.push(text),
        Kind::Object(_) => {
            let (first, rest) = path.split_once('.').unwrap_or((path, ""));
            if let Some(member) = value.member(first) {
                at_path(member, rest, found);
            }
        }
        _ => {}
    }
}

/// Whether a text refers to a resource: by a symbol that has its address, or by an ARN that ends in its name.
fn refers(text: &str, declared: &Declaration, name: Option<&str>) -> bool {
    if symbol::is_lone(text) {
        let own = symbol::unknown(&declared.address);
        let (own, short) = (own.trim_start_matches('⟦').trim_end_matches('⟧'), symbol::short(text));
        return short.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    }
    name.is_some_and(|name| !symbol::holds(name) && text.starts_with("arn:") && text.rsplit(':').next() == Some(name))
}
