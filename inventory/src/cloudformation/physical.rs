//! What the resources of a template are called once they exist, as far as that is known before.
//!
//! The name that CloudFormation makes for a key, role, user, group or policy is a made symbol with the logical id in it;
//! a name that the template sets is that name. Of other resources the name is simply not known.

use wardbook_policy::arn::Arn;
use wardbook_policy::json::Value;
use wardbook_policy::symbol;

use super::evaluate::Evaluator;

/// What `Ref` gives for a resource; an unknown symbol for what is none.
pub(super) fn reference(evaluator: &Evaluator<'_>, logical: &str) -> String {
    match kind_of(evaluator, logical) {
        Some("AWS::KMS::Key" | "AWS::KMS::ReplicaKey") => key_id(evaluator, logical),
        Some("AWS::KMS::Alias") => {
            evaluator.property(logical, "AliasName").unwrap_or_else(|| evaluator.symbol(logical))
        }
        Some("AWS::IAM::Role" | "AWS::IAM::User" | "AWS::IAM::Group") => iam_name(evaluator, logical),
        Some("AWS::IAM::ManagedPolicy") => iam_arn(evaluator, logical).unwrap_or_else(|| evaluator.symbol(logical)),
        _ => evaluator.symbol(logical),
    }
}

/// What `Fn::GetAtt` gives.
pub(super) fn attribute(evaluator: &Evaluator<'_>, logical: &str, attribute: &str) -> String {
    let found = match (kind_of(evaluator, logical), attribute) {
        (Some("AWS::KMS::Key" | "AWS::KMS::ReplicaKey"), "Arn") => Some(key_arn(evaluator, logical)),
        (Some("AWS::KMS::Key" | "AWS::KMS::ReplicaKey"), "KeyId") => Some(key_id(evaluator, logical)),
        (Some("AWS::IAM::Role" | "AWS::IAM::User" | "AWS::IAM::Group"), "Arn")
        | (Some("AWS::IAM::ManagedPolicy"), "PolicyArn") => iam_arn(evaluator, logical),
        _ => None,
    };
    found.unwrap_or_else(|| evaluator.symbol(&format!("{logical}.{attribute}")))
}

/// The ARN of a key.
pub(super) fn key_arn(evaluator: &Evaluator<'_>, logical: &str) -> String {
    evaluator.deployment.kms(&format!("key/{}", key_id(evaluator, logical)))
}

/// The id of a key; a replica has that of its primary, where the template tells it.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html>
fn key_id(evaluator: &Evaluator<'_>, logical: &str) -> String {
    let is_replica = kind_of(evaluator, logical) == Some("AWS::KMS::ReplicaKey");
    let primary = evaluator.property(logical, "PrimaryKeyArn").filter(|_| is_replica);
    let id = primary.as_deref().and_then(|arn| {
        let arn = Arn::parse(arn)?;
        // Two keys of one region are two keys, whatever a template says.
        let elsewhere = *arn.region != *evaluator.deployment.region;
        arn.resource_after("key").filter(|id| elsewhere && !symbol::holds_unknown(id)).map(str::to_owned)
    });
    id.unwrap_or_else(|| made(evaluator, logical))
}

/// The name of a user, role, group or managed policy.
pub(super) fn iam_name(evaluator: &Evaluator<'_>, logical: &str) -> String {
    let name = IAM.iter().find(|(kind, _, _)| kind_of(evaluator, logical) == Some(kind)).map(|(_, _, name)| *name);
    name.and_then(|name| evaluator.property(logical, name)).unwrap_or_else(|| made(evaluator, logical))
}

/// The ARN of a user, role, group or managed policy.
pub(super) fn iam_arn(evaluator: &Evaluator<'_>, logical: &str) -> Option<String> {
    let kind = kind_of(evaluator, logical)?;
    let (_, family, _) = IAM.iter().find(|(known, _, _)| *known == kind)?;
    let path = evaluator.property(logical, "Path").unwrap_or_default();
    let path = path.trim_matches('/');
    let slash = if path.is_empty() { "" } else { "/" };
    let name = iam_name(evaluator, logical);
    Some(evaluator.deployment.iam(&format!("{family}/{path}{slash}{name}")))
}

/// Types of IAM, what their ARNs call them, and the property that sets their name.
const IAM: &[(&str, &str, &str)] = &[
    ("AWS::IAM::Role", "role", "RoleName"),
    ("AWS::IAM::User", "user", "UserName"),
    ("AWS::IAM::Group", "group", "GroupName"),
    ("AWS::IAM::ManagedPolicy", "policy", "ManagedPolicyName"),
];

fn made(evaluator: &Evaluator<'_>, logical: &str) -> String {
    symbol::made(&format!("{}#{logical}", evaluator.scope))
}

fn kind_of<'t>(evaluator: &Evaluator<'t>, logical: &str) -> Option<&'t str> {
    evaluator.resource(logical)?.member("Type").and_then(Value::as_text)
}
