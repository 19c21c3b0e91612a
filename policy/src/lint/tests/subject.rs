//! Small templates as the readers of templates would give them.

use std::sync::Arc;

use crate::document::{Document, Word, scalar};
use crate::json::{self, Kind as Json, Value};
use crate::policy::PolicyKind;
use crate::span::Span;
use crate::subject::{
    AliasSubject, ChangeSubject, Declaration, DocumentSubject, GrantSubject, HolderSubject, KeySubject, Subjects,
    UseSubject,
};

/// A resource of CloudFormation or Terraform, or a grant as list-grants prints it, as subjects.
pub(super) fn subjects(value: &Value) -> Subjects {
    let mut subjects = Subjects::default();
    declare("Example", value, &mut subjects);
    subjects
}

/// The resources of a template, with what they refer to.
pub(super) fn template(value: &Value) -> Subjects {
    let resources = value.member("Resources").unwrap();
    let mut subjects = Subjects::default();
    for member in resources.as_object().unwrap() {
        declare(&member.name, &referred(&member.value, resources), &mut subjects);
    }
    subjects
}

const ACCOUNT: &str = "111122223333";

/// The name that a resource gets, as its ARN says it.
fn made_arn(address: &str, kind: &str) -> Option<String> {
    let name = crate::symbol::made(&format!("t#{address}"));
    match kind {
        "AWS::KMS::Key" | "AWS::KMS::ReplicaKey" | "aws_kms_key" => {
            Some(format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/{name}"))
        }
        "AWS::IAM::Role" => Some(format!("arn:aws:iam::{ACCOUNT}:role/{name}")),
        _ => None,
    }
}

/// A value with its references resolved as a reader of templates does.
fn referred(value: &Value, resources: &Value) -> Value {
    let kind_of = |address: &str| resources.member(address)?.member("Type")?.as_text();
    let lone = value.as_object().filter(|members| members.len() == 1).and_then(|members| members.first());
    let reference = lone.and_then(|member| {
        let address = match &*member.name {
            "Ref" => member.value.as_text()?,
            "Fn::GetAtt" => member.value.as_list()?.first()?.as_text()?,
            _ => return None,
        };
        let arn = made_arn(address, kind_of(address)?);
        Some(arn.unwrap_or_else(|| crate::symbol::unknown(&format!("t#{address}"))))
    });
    if let Some(text) = reference {
        return Value { span: value.span, kind: Json::Text(text.into()) };
    }
    let kind = match &value.kind {
        Json::List(values) => Json::List(values.iter().map(|value| referred(value, resources)).collect()),
        Json::Object(members) => {
            let member =
                |member: &json::Member| json::Member { value: referred(&member.value, resources), ..member.clone() };
            Json::Object(members.iter().map(member).collect())
        }
        kind => kind.clone(),
    };
    Value { span: value.span, kind }
}

fn declare(address: &str, value: &Value, subjects: &mut Subjects) {
    let none = Value { span: Span::default(), kind: Json::Object(Vec::new()) };
    let properties = value.member("Properties").unwrap_or(&none);
    let kind = value.member("Type").and_then(Value::as_text).unwrap_or("grant");
    let members = value.as_object().unwrap_or_default();
    let declaration = Arc::new(Declaration {
        address: address.into(),
        construct: None,
        kind: kind.into(),
        path: "example.json".into(),
        name_span: value.span,
        span: value.span,
        properties: properties.clone(),
        settings: members.iter().filter(|member| !["Type", "Properties"].contains(&&*member.name)).cloned().collect(),
        doubts: Vec::new(),
    });
    subjects.resources.push(declaration.clone());
    let word = |holder: &Value, name: &str| {
        holder.member(name).and_then(|value| Some(Word { text: scalar(value)?, span: value.span }))
    };
    let mut document = |name: String, kind: PolicyKind, policy: &Value| {
        let inner = policy.as_text().filter(|text| text.starts_with('{')).map(|text| json::parse(text).unwrap());
        let value = match inner {
            Some(inner) => Value { span: policy.span, ..inner },
            None => policy.clone(),
        };
        subjects.documents.push(DocumentSubject {
            owner: declaration.clone(),
            name: name.into(),
            kind,
            document: Document::read_open(&value),
            value,
            in_text: policy.as_text().is_some(),
        });
        subjects.documents.len() - 1
    };
    match kind {
        "AWS::KMS::Key" | "AWS::KMS::ReplicaKey" | "aws_kms_key" => {
            let arn = match address {
                "Example" => format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
                _ => made_arn(address, kind).unwrap(),
            };
            let policy = properties.member("KeyPolicy");
            let policy = policy.map(|policy| document(format!("{arn} key policy default"), PolicyKind::Key, policy));
            subjects.keys.push(KeySubject {
                declaration: declaration.clone(),
                arn: arn.into(),
                spec: word(properties, "KeySpec"),
                usage: word(properties, "KeyUsage"),
                origin: word(properties, "Origin"),
                enabled: word(properties, "Enabled"),
                multi_region: word(properties, "MultiRegion"),
                primary: word(properties, "PrimaryKeyArn"),
                rotation: word(properties, "EnableKeyRotation"),
                rotation_period: word(properties, "RotationPeriodInDays"),
                deletion_window: word(properties, "PendingWindowInDays"),
                bypasses_lockout_check: word(properties, "BypassPolicyLockoutSafetyCheck"),
                tags: None,
                policy,
            });
            if value.member("Replaces").is_some() {
                let (before, after) = (Some(properties.clone()), Some(properties.clone()));
                subjects.changes.push(ChangeSubject { declaration, before, after, replaces: true });
            }
        }
        "AWS::IAM::Role" => {
            let arn = made_arn(address, kind).unwrap();
            let policies = properties.member("Policies").and_then(Value::as_list).unwrap_or_default();
            let documents = policies.iter().map(|policy| {
                let name = policy.member("PolicyName").and_then(Value::as_text).unwrap();
                let inner = policy.member("PolicyDocument").unwrap();
                document(format!("{arn} inline {name}"), PolicyKind::Identity, inner)
            });
            let documents = documents.collect();
            subjects.holders.push(HolderSubject { arn: arn.into(), documents, is_whole: true });
        }
        "AWS::IAM::ManagedPolicy" => {
            document(address.into(), PolicyKind::Identity, properties.member("PolicyDocument").unwrap());
        }
        "AWS::KMS::Alias" => subjects.aliases.push(AliasSubject {
            declaration,
            arn: "arn:aws:kms:eu-west-1:111122223333:alias/example".into(),
            name: word(properties, "AliasName"),
            target: word(properties, "TargetKeyId"),
        }),
        "grant" => {
            subjects.grants.push(GrantSubject { declaration, key: word(value, "KeyId"), value: value.clone() });
        }
        _ => {
            for name in ["KmsKeyId", "KmsMasterKeyId", "KeyManagementServiceArn"] {
                let Some(key) = word(properties, name) else { continue };
                subjects.uses.push(UseSubject { declaration: declaration.clone(), property: name.into(), key });
            }
        }
    }
}
