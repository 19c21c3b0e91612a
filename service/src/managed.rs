//! Keys that AWS manages: `alias/aws/<service>`, made when that service first asks for it on somebody's behalf, or when
//! somebody who may look at it does. Nobody edits their policy, and they rotate every year.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-key>

use std::collections::BTreeMap;

use serde_json::json;
use wardbook_audit::event::Parameters;
use wardbook_policy::policy::{Policy, PolicyKind};

use crate::authorize::{Named, On, Question};
use crate::caller::Facts;
use crate::clock::later;
use crate::desk::Desk;
use crate::document::compile;
use crate::event::service_event;
use crate::kms::Pool;
use crate::name::{AliasName, KeyName, Written, partition};
use crate::operation::new_material;
use crate::refusal::{Refusal, Why};
use crate::state::{AliasRecord, Key, KeyRecord, MaterialState, Rotation};

/// How often such a key rotates.
const PERIOD_DAYS: i64 = 365;

/// Services with such a key, as their aliases name them.
const SERVICES: &[&str] = &[
    "acm",
    "backup",
    "codeartifact",
    "codecommit",
    "dms",
    "dynamodb",
    "ebs",
    "elasticfilesystem",
    "es",
    "fsx",
    "glue",
    "kafka",
    "kinesis",
    "lambda",
    "lightsail",
    "rds",
    "redshift",
    "s3",
    "secretsmanager",
    "ses",
    "sns",
    "sqs",
    "ssm",
    "workspaces",
    "xray",
];
/// Aliases that name something else than the service that calls.
const CALLERS: &[(&str, &str)] = &[("ebs", "ec2")];

/// What an alias of AWS is called after.
fn stem(name: &AliasName) -> Option<&str> {
    name.name.strip_prefix("alias/aws/")
}

/// Which service calls KMS for what an alias is called after.
fn caller_of(stem: &str) -> &str {
    CALLERS.iter().find(|(alias, _)| *alias == stem).map_or(stem, |(_, service)| service)
}

/// Makes the key behind an alias of AWS, if the caller is the relay of that very service and it is not there yet.
/// Whether it came to that.
pub(crate) fn make(name: &AliasName, desk: &Desk<'_>) -> Result<bool, Refusal> {
    let (Some(stem), Some(via)) = (stem(name), &desk.caller.authentic.credential.via) else { return Ok(false) };
    if desk.caller.via_stem() != Some(caller_of(stem)) || name.account != desk.caller.account {
        return Ok(false);
    }
    if desk.moves_to(Pool::Store) {
        return Ok(false);
    }
    let mut desk = Desk::new(desk.kms, desk.caller);
    if desk.alias(name).is_some() {
        return Ok(true);
    }
    let fresh = fresh(name, stem, via, &desk)?;
    keep(name, fresh, desk).map(|()| true)
}

/// Makes the key behind an alias of AWS that somebody wants to look at, if it is not there yet and they may.
pub(crate) fn make_to_describe(text: &str, desk: &mut Desk<'_>) -> Result<(), Refusal> {
    let Written::Alias(name) = Written::read(text, &desk.caller.account, desk.caller.region()) else { return Ok(()) };
    let Some(stem) = stem(&name).filter(|stem| SERVICES.contains(stem)) else { return Ok(()) };
    let mut beside = Desk::new(desk.kms, desk.caller);
    if name.account != desk.caller.account || beside.alias(&name).is_some() || desk.moves_to(Pool::Store) {
        return Ok(());
    }
    let via = format!("{}.{}.amazonaws.com", caller_of(stem), name.region);
    let fresh = fresh(&name, stem, &via, &beside)?;
    let (action, facts) = ("kms:DescribeKey", Facts::default());
    let key = Key::fresh(fresh.0.clone(), fresh.1.clone(), fresh.2.clone());
    let question = Question { action, on: On::Key(key, Named::Alias(name.name.clone())), facts };
    let judgement = beside.court().judge(&question);
    match judgement.refusal {
        None => keep(&name, fresh, beside),
        Some(refusal) => {
            desk.notes.decision = Some(judgement.logged);
            desk.notes.told = judgement.told;
            // The key has not been made, so its alias is what there is to name.
            let message = refusal.message.replace(&fresh.0.arn(), &name.arn());
            Err(Refusal { message, ..refusal })
        }
    }
}

type Fresh = (KeyName, KeyRecord, Policy);

/// A key that is not kept yet.
fn fresh(name: &AliasName, stem: &str, via: &str, desk: &Desk<'_>) -> Result<Fresh, Refusal> {
    let key = KeyName { account: name.account.clone(), region: name.region.clone(), id: desk.key_id(false)? };
    let text = policy(stem, via, &key);
    let policy = compile(&text, PolicyKind::Key).map_err(|message| Refusal::new(Why::Internal, message))?;
    let now = desk.now;
    let record = KeyRecord {
        created: now.micros(),
        description: format!("Default key that protects my {stem} data when no other key is defined"),
        spec: "SYMMETRIC_DEFAULT".into(),
        usage: "ENCRYPT_DECRYPT".into(),
        origin: "AWS_KMS".into(),
        manager: "AWS".into(),
        state: "Enabled".into(),
        deletion: None,
        pending_window: None,
        policy: text,
        tags: BTreeMap::new(),
        multi_region: None,
        materials: Vec::new(),
        rotation: Some(Rotation { period_days: PERIOD_DAYS, next: later(now, PERIOD_DAYS * 86_400).micros() }),
        rotations_on_demand: 0,
        key_store: None,
        external_id: None,
    };
    Ok((key, record, policy))
}

/// Makes its material, and keeps it under its alias.
fn keep(name: &AliasName, (key, mut record, policy): Fresh, mut desk: Desk<'_>) -> Result<(), Refusal> {
    let now = desk.now;
    record.materials.push(new_material(&key, &record, MaterialState::Current, &desk)?);
    desk.seen.push((key.row(), 0));
    desk.writes.key(&key, record, &policy);
    let alias = AliasRecord { key: key.id.clone(), created: now.micros(), updated: now.micros() };
    desk.writes.alias(name, alias, &[&key]);
    let event = service_event("CreateKey", &key, now, Parameters::default(), &*desk.kms.parts.random)?;
    let Desk { kms, seen, writes, .. } = desk;
    // Somebody else may have made it meanwhile: then it is there as well.
    if !kms.conclude(&seen, &writes, event)? {
        kms.catch_up()?;
    }
    Ok(())
}

/// Everybody of the account, through the service alone; and a look at it for whom IAM lets look.
fn policy(stem: &str, via: &str, key: &KeyName) -> String {
    let account = &key.account;
    let root = format!("arn:{}:iam::{account}:root", partition(&key.region));
    json!({
        "Version": "2012-10-17",
        "Id": format!("auto-{stem}-1"),
        "Statement": [
            {
                "Sid": format!("Allow access through {stem} for all principals in the account that are authorized to use it"),
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant",
                    "kms:ListGrants", "kms:DescribeKey"],
                "Resource": "*",
                "Condition": {"StringEquals": {"kms:CallerAccount": account, "kms:ViaService": via}},
            },
            {
                "Sid": "Allow direct access to key metadata to the account",
                "Effect": "Allow",
                "Principal": {"AWS": root},
                "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
                "Resource": "*",
            },
        ],
    })
    .to_string()
}
