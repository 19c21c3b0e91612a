//! Keys that AWS manages: `alias/aws/<service>`, made when that service first asks for it on somebody's behalf. Nobody
//! edits their policy, and they rotate every year.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-key>

use std::collections::BTreeMap;

use serde_json::json;
use wardbook_audit::event::Parameters;
use wardbook_policy::policy::PolicyKind;

use crate::clock::later;
use crate::desk::Desk;
use crate::document::compile;
use crate::event::service_event;
use crate::kms::Pool;
use crate::name::{AliasName, KeyName, partition};
use crate::operation::new_material;
use crate::refusal::{Refusal, Why};
use crate::state::{AliasRecord, KeyRecord, MaterialState, Rotation};

/// How often such a key rotates.
const PERIOD_DAYS: i64 = 365;

/// Makes the key behind an alias of AWS, if the caller is the relay of that very service and it is not there yet.
/// Whether it came to that.
pub(crate) fn make(name: &AliasName, desk: &Desk<'_>) -> Result<bool, Refusal> {
    let (Some(stem), Some(via)) = (desk.caller.via_stem(), &desk.caller.authentic.credential.via) else {
        return Ok(false);
    };
    if name.name.strip_prefix("alias/aws/") != Some(stem) || name.account != desk.caller.account {
        return Ok(false);
    }
    if desk.moves_to(Pool::Store) {
        return Ok(false);
    }
    let mut desk = Desk::new(desk.kms, desk.caller);
    if desk.alias(name).is_some() {
        return Ok(true);
    }
    let key = KeyName { account: name.account.clone(), region: name.region.clone(), id: desk.key_id(false)? };
    let text = policy(stem, via, &key);
    let policy = compile(&text, PolicyKind::Key).map_err(|message| Refusal::new(Why::Internal, message))?;
    let now = desk.now;
    let mut record = KeyRecord {
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
    Ok(true)
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
