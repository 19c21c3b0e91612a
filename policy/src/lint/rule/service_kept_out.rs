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

use std::collections::HashMap;

use crate::arn::Arn;
use crate::boxes::Answer;
use crate::json::{Kind, Value};
use crate::layers::Told;
use crate::lint::finding::{About, Findings};
use crate::lint::rule::key_without_policy::has_default_policy;
use crate::lint::view::{handle, listed};
use crate::lint::whole::{Named, Question, Whole};
use crate::subject::{Declaration, KeySubject, UseSubject};
use crate::symbol;

/// Resources whose service uses their key as itself.
struct Owner {
    kinds: &'static [&'static str],
    service: &'static str,
    /// Whether the principal has the Region in it.
    regional: bool,
    actions: &'static [&'static str],
    why: &'static str,
    /// The key of the encryption context, and what stands before the name in its value.
    context: Option<(&'static str, &'static str, &'static [&'static str])>,
}

const ENCRYPTS: &str = "to encrypt it";
const SIGNS: &str = "to sign with it";

const OWNERS: &[Owner] = &[
    Owner {
        kinds: &["AWS::Logs::LogGroup", "aws_cloudwatch_log_group"],
        service: "logs",
        regional: true,
        actions: &["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey"],
        why: ENCRYPTS,
        context: Some(("kms:EncryptionContext:aws:logs:arn", "logs:log-group:", &["LogGroupName", "name"])),
    },
    Owner {
        kinds: &["AWS::CloudTrail::Trail", "aws_cloudtrail"],
        service: "cloudtrail",
        regional: false,
        actions: &["kms:GenerateDataKey"],
        why: ENCRYPTS,
        context: Some(("kms:EncryptionContext:aws:cloudtrail:arn", "cloudtrail:trail/", &["TrailName", "name"])),
    },
    Owner {
        kinds: &["AWS::CloudTrail::EventDataStore", "aws_cloudtrail_event_data_store"],
        service: "cloudtrail",
        regional: false,
        actions: &["kms:GenerateDataKey", "kms:Decrypt"],
        why: ENCRYPTS,
        context: None,
    },
    Owner {
        kinds: &["AWS::Route53::KeySigningKey", "aws_route53_key_signing_key"],
        service: "dnssec-route53",
        regional: false,
        actions: &["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign"],
        why: SIGNS,
        context: None,
    },
    Owner {
        kinds: &["AWS::Events::EventBus", "aws_cloudwatch_event_bus"],
        service: "events",
        regional: false,
        actions: &["kms:DescribeKey", "kms:GenerateDataKey", "kms:Decrypt"],
        why: ENCRYPTS,
        context: None,
    },
    Owner {
        kinds: &["AWS::Config::DeliveryChannel", "aws_config_delivery_channel"],
        service: "config",
        regional: false,
        actions: &["kms:GenerateDataKey", "kms:Decrypt"],
        why: "to deliver under it",
        context: None,
    },
    Owner {
        kinds: &["aws_guardduty_publishing_destination"],
        service: "guardduty",
        regional: false,
        actions: &["kms:GenerateDataKey"],
        why: "to export findings under it",
        context: None,
    },
];

/// Resources whose service calls KMS for what other resources keep under a key.
struct Caller {
    kind: &'static str,
    service: &'static str,
    /// Where the caller names the others.
    paths: &'static [&'static str],
    /// Where something has to stand, or the service does not call.
    only_with: Option<&'static str>,
    does: Does,
}

/// What a service does with the resource that a caller names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    /// Sends to a topic or a queue.
    Send,
    /// Reads from a bucket.
    Read,
}

impl Does {
    fn actions(self) -> &'static [&'static str] {
        match self {
            Does::Send => &["kms:GenerateDataKey", "kms:Decrypt"],
            Does::Read => &["kms:Decrypt"],
        }
    }
}

const fn sender(kind: &'static str, service: &'static str, paths: &'static [&'static str]) -> Caller {
    Caller { kind, service, paths, only_with: None, does: Does::Send }
}

const CALLERS: &[Caller] = &[
    sender(
        "AWS::S3::Bucket",
        "s3",
        &["NotificationConfiguration.TopicConfigurations.Topic", "NotificationConfiguration.QueueConfigurations.Queue"],
    ),
    sender("aws_s3_bucket_notification", "s3", &["topic.topic_arn", "queue.queue_arn"]),
    sender("AWS::SNS::Subscription", "sns", &["Endpoint"]),
    sender("AWS::SNS::Topic", "sns", &["Subscription.Endpoint"]),
    sender("aws_sns_topic_subscription", "sns", &["endpoint"]),
    sender("AWS::Events::Rule", "events", &["Targets.Arn"]),
    sender("aws_cloudwatch_event_target", "events", &["arn"]),
    sender("AWS::CloudWatch::Alarm", "cloudwatch", &["AlarmActions", "OKActions", "InsufficientDataActions"]),
    sender("aws_cloudwatch_metric_alarm", "cloudwatch", &["alarm_actions", "ok_actions", "insufficient_data_actions"]),
    sender("AWS::Budgets::Budget", "budgets", &["NotificationsWithSubscribers.Subscribers.Address"]),
    sender("aws_budgets_budget", "budgets", &["notification.subscriber_sns_topic_arns"]),
    sender("AWS::CodeStarNotifications::NotificationRule", "codestar-notifications", &["Targets.TargetAddress"]),
    sender("aws_codestarnotifications_notification_rule", "codestar-notifications", &["target.address"]),
    Caller {
        kind: "AWS::CloudFront::Distribution",
        service: "cloudfront",
        paths: &["DistributionConfig.Origins.DomainName"],
        only_with: Some("DistributionConfig.Origins.OriginAccessControlId"),
        does: Does::Read,
    },
    Caller {
        kind: "aws_cloudfront_distribution",
        service: "cloudfront",
        paths: &["origin.domain_name"],
        only_with: Some("origin.origin_access_control_id"),
        does: Does::Read,
    },
];

/// Resources that callers name, the properties that tell their names, and what is done to them.
const TARGETS: &[(&str, &str, Does)] = &[
    ("AWS::SNS::Topic", "TopicName", Does::Send),
    ("AWS::SQS::Queue", "QueueName", Does::Send),
    ("aws_sns_topic", "name", Does::Send),
    ("aws_sqs_queue", "name", Does::Send),
    ("AWS::S3::Bucket", "BucketName", Does::Read),
    ("aws_s3_bucket", "bucket", Does::Read),
];

/// The resource that says under which key another is kept.
const ENCRYPTION_OF: (&str, &str) = ("aws_s3_bucket_server_side_encryption_configuration", "bucket");

pub(in crate::lint) fn check(whole: &Whole<'_>, found: &mut Findings<'_>) {
    let calls = Calls::of(whole);
    for (index, using) in whole.subjects.uses.iter().enumerate() {
        let declared = &*using.declaration;
        let mut found = found.at(About::Use(index));
        for owner in OWNERS.iter().filter(|owner| owner.kinds.contains(&&*declared.kind)) {
            let arn = |key: &str| named(owner, declared, key);
            let Owner { service, regional, actions, why, .. } = *owner;
            Need { service, regional, actions, why }.check(whole, using, &arn, &mut found);
        }
        let kept = kept_in(declared, whole);
        let Some((_, name, does)) = TARGETS.iter().find(|(kind, ..)| *kind == &*kept.kind) else { continue };
        let name = kept.properties.member(name).and_then(Value::as_text);
        let mut said: Vec<&str> = Vec::new();
        for (caller, resource) in calls.to(kept, name) {
            if caller.does != *does || said.contains(&caller.service) {
                continue;
            }
            said.push(caller.service);
            let why = match does {
                Does::Send => format!("to deliver what `{}` sends there", resource.address),
                Does::Read => format!("to read for `{}` what is kept there", resource.address),
            };
            let need = Need { service: caller.service, regional: false, actions: does.actions(), why: &why };
            need.check(whole, using, &|_| None, &mut found);
        }
    }
}

/// The resource of which a use says under which key it is kept.
fn kept_in<'a>(declared: &'a Declaration, whole: &Whole<'a>) -> &'a Declaration {
    let (kind, property) = ENCRYPTION_OF;
    let bucket = declared.properties.member(property).and_then(Value::as_text).filter(|_| *declared.kind == *kind);
    bucket.and_then(|text| whole.index.resource(text)).unwrap_or(declared)
}

/// Who calls KMS because of which resource.
#[derive(Default)]
struct Calls<'a> {
    by_address: HashMap<&'a str, Vec<(&'static Caller, &'a Declaration)>>,
    by_name: HashMap<&'a str, Vec<(&'static Caller, &'a Declaration)>>,
}

impl<'a> Calls<'a> {
    fn of(whole: &Whole<'a>) -> Calls<'a> {
        let mut calls = Calls::default();
        for resource in &whole.subjects.resources {
            for caller in CALLERS.iter().filter(|caller| *caller.kind == *resource.kind) {
                let mut texts = Vec::new();
                if let Some(path) = caller.only_with {
                    at_path(&resource.properties, path, &mut texts);
                    if texts.is_empty() {
                        continue;
                    }
                    texts.clear();
                }
                caller.paths.iter().for_each(|path| at_path(&resource.properties, path, &mut texts));
                for text in texts {
                    if let Some(target) = whole.index.resource(text) {
                        calls.by_address.entry(&target.address).or_default().push((caller, resource));
                    } else if text.starts_with("arn:")
                        && let Some(name) = text.rsplit(':').next()
                    {
                        calls.by_name.entry(name).or_default().push((caller, resource));
                    }
                }
            }
        }
        calls
    }

    /// The calls because of this resource, which has that name if it is told.
    fn to(&self, target: &Declaration, name: Option<&str>) -> impl Iterator<Item = (&'static Caller, &'a Declaration)> {
        let name = name.filter(|name| !symbol::holds(name));
        let named = name.and_then(|name| self.by_name.get(name));
        self.by_address.get(&*target.address).into_iter().chain(named).flatten().copied()
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
        let (policies, arn, view, key) = match whole.key_named(text) {
            Some(Named::Declared(key)) => {
                let view = whole.policy_of(key).map(|(_, view)| view);
                let policies = match view {
                    Some(view) if view.policies.is_empty() => return,
                    Some(view) => view.policies,
                    None if has_default_policy(whole, key) => &[],
                    None => return,
                };
                // In a template the policy may say in which account the key will be.
                let own = view.and_then(|view| view.prepared.resource.as_deref()).map(str::to_owned);
                (policies, own.unwrap_or_else(|| whole.stand_ins.settle(&key.arn)), view, Some(key))
            }
            Some(Named::Around(known)) => {
                let Some(policies) = &known.policies else { return };
                (&**policies, known.arn.to_string(), None, None)
            }
            None => return,
        };
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
                key.map_or(&*arn, |key| &key.declaration.address)
            ))
            .proof("of all requests of that service that the key policy can tell apart, it allows none");
        let beside = |key: &KeySubject| key.declaration.path == using.declaration.path;
        let Some(view) = view.filter(|_| key.is_some_and(beside)) else { return };
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
