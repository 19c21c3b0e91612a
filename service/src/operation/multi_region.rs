//! Multi-Region keys: replicas, and which region is the primary.

use std::sync::Arc;

use wardbook_audit::event::{Field, Name, Parameters, PolicyText, Prose, Word};
use wardbook_policy::catalogue::is_region;

use super::create::{check_tagging, default_policy, noted, noted_tags, tags};
use super::fact::tell_tags;
use super::import::{of_replica, settle_pending, wait_for_siblings};
use super::key::{change, note_key};
use super::metadata::metadata;
use super::policy::{check_lockout, read_policy};
use super::rotation::{change_all, check_primary};
use crate::api::{
    KeyState, REPLICATE_KEY_REQUEST, ReplicateKeyRequest, ReplicateKeyResponse, Shape, Tag,
    UPDATE_PRIMARY_REGION_REQUEST, UpdatePrimaryRegionRequest,
};
use crate::authorize::{On, Question};
use crate::caller::Facts;
use crate::desk::{Aliases, Desk};
use crate::kms::{KEY_ID, Permit};
use crate::name::{KeyName, partition};
use crate::refusal::{Refusal, Why};
use crate::serve::{Plan, Serve};
use crate::state::{Key, KeyRecord, MultiRegion};
use crate::wire::encode::Empty;

/// Where the siblings of a multi-Region key are; any other key has none.
fn multi(key: &Key) -> Result<&MultiRegion, Refusal> {
    let message = || format!("{} is not a multi-region primary key.", key.name.arn());
    key.record.multi_region.as_ref().ok_or_else(|| Refusal::new(Why::Unsupported, message()))
}

impl Serve for ReplicateKeyRequest {
    const SHAPE: &'static Shape = &REPLICATE_KEY_REQUEST;
    type Answer = ReplicateKeyResponse;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
        parameters.set_some(Field::REPLICA_REGION, Word::new(self.replica_region.as_str()));
        parameters.set_some(Field::POLICY, self.policy.as_deref().and_then(PolicyText::new));
        parameters.set_some(Field::DESCRIPTION, self.description.as_deref().map(Prose::new));
        parameters.set_some(Field::BYPASS_POLICY_LOCKOUT_SAFETY_CHECK, self.bypass_policy_lockout_safety_check);
        parameters.set_some(Field::TAGS, self.tags.as_deref().map(noted_tags));
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Refuse)?;
        let mut facts = Facts::default();
        facts.text("kms:ReplicaRegion", &self.replica_region);
        let mut plan = Plan::on("kms:ReplicateKey", &found, facts);
        if let Some(key) = found.key() {
            // The replica is a new key of its region, and asked for as one.
            let mut facts = Facts::default();
            facts.text("aws:RequestedRegion", &self.replica_region);
            facts.flag("kms:BypassPolicyLockoutSafetyCheck", self.bypass_policy_lockout_safety_check);
            facts.text("kms:KeySpec", &key.record.spec).text("kms:KeyUsage", &key.record.usage);
            facts.text("kms:KeyOrigin", &key.record.origin).text("kms:MultiRegion", "true");
            facts.text("kms:MultiRegionKeyType", "REPLICA");
            tell_tags(self.tags.as_deref().unwrap_or_default(), &mut facts)?;
            plan.questions.push(Question { action: "kms:CreateKey", on: On::Anything, facts });
        }
        Ok(plan)
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let key = plan.key()?;
        let before = multi(key)?;
        check_primary(key)?;
        let region = &self.replica_region;
        if before.replicas.contains(region) || before.primary == *region {
            let message = format!("{} already exists in {region}.", key.name.id);
            return Err(Refusal::new(Why::AlreadyExists, message));
        }
        // Which error AWS has here is recorded nowhere; this is the one that it documents for keys that a Region lacks.
        if !is_region(region) || partition(region) != partition(&key.name.region) {
            let message = format!("{} cannot be replicated to {region}.", key.name.arn());
            return Err(Refusal::new(Why::Unsupported, message));
        }
        let name = KeyName { region: region.clone(), ..key.name.clone() };
        if desk.key(&name).is_some() {
            return Err(Refusal::new(Why::AlreadyExists, format!("{} already exists.", name.arn())));
        }
        let most = desk.kms.parts.quotas.resources.keys;
        desk.stay_below(most, "keys", |state| state.keys_of(&name.account, region).count())?;
        let text = self.policy.clone().unwrap_or_else(|| default_policy(&name.account, region));
        let policy = read_policy(&text, desk)?;
        let mut regions = MultiRegion { primary: before.primary.clone(), replicas: before.replicas.clone() };
        regions.replicas.push(region.clone());
        regions.replicas.sort();
        let record = KeyRecord {
            created: desk.now.micros(),
            description: self.description.clone().unwrap_or_default(),
            policy: text.clone(),
            tags: tags(self.tags.as_deref().unwrap_or_default()),
            multi_region: Some(regions.clone()),
            state: if key.record.origin == "EXTERNAL" { "PendingImport" } else { "Enabled" }.into(),
            materials: of_replica(&key.record),
            deletion: None,
            pending_window: None,
            ..key.record.clone()
        };
        let replica = Key::fresh(name.clone(), record.clone(), policy.clone());
        check_tagging(&replica, self.tags.as_deref(), desk)?;
        if self.policy.is_some() && self.bypass_policy_lockout_safety_check != Some(true) {
            check_lockout(&replica, &policy, desk)?;
        }
        let mut shown = metadata(&name, &record);
        shown.key_state = Some(KeyState::Creating);
        shown.enabled = Some(false);
        desk.touch_key(&name);
        desk.note_answer(Field::REPLICA_KEY_METADATA, Some(noted(&name, &record)));
        desk.note_answer(Field::REPLICA_POLICY, PolicyText::new(text.as_str()));
        desk.note_answer(Field::REPLICA_TAGS, self.tags.as_deref().map(noted_tags));
        desk.writes.key(&name, record, &policy);
        change_all(key, desk, |record| {
            record.multi_region = Some(regions.clone());
            wait_for_siblings(&mut record.materials);
        });
        let tags = self.tags.iter().flatten();
        let tags = tags.map(|tag| Tag { tag_key: tag.tag_key.clone(), tag_value: tag.tag_value.clone() }).collect();
        Ok(ReplicateKeyResponse {
            replica_key_metadata: Some(shown),
            replica_policy: Some(text),
            replica_tags: Some(tags),
        })
    }
}

impl Serve for UpdatePrimaryRegionRequest {
    const SHAPE: &'static Shape = &UPDATE_PRIMARY_REGION_REQUEST;
    type Answer = Empty;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
        parameters.set_some(Field::PRIMARY_REGION, Word::new(self.primary_region.as_str()));
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Refuse)?;
        let mut facts = Facts::default();
        facts.text("kms:PrimaryRegion", &self.primary_region);
        let mut plan = Plan::on("kms:UpdatePrimaryRegion", &found, facts.clone());
        // Both the old and the new primary have to permit it.
        if let Some(key) = found.key() {
            let name = KeyName { region: self.primary_region.clone(), ..key.name.clone() };
            if let Some(next) = desk.key(&name) {
                let next = crate::desk::Found::Here(next, crate::authorize::Named::Itself);
                plan.also("kms:UpdatePrimaryRegion", &next, facts);
            }
        }
        Ok(plan)
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let key = plan.key()?;
        let before = multi(key)?;
        check_primary(key)?;
        let next = &self.primary_region;
        desk.note_answer(KEY_ID, Name::new(key.name.arn()));
        if before.primary == *next {
            return Ok(Empty);
        }
        if !before.replicas.contains(next) {
            let message = format!("{} has no replica key in {next}.", key.name.arn());
            return Err(Refusal::new(Why::NotFound, message));
        }
        let mut replicas: Vec<String> = before.replicas.iter().filter(|region| *region != next).cloned().collect();
        replicas.push(before.primary.clone());
        replicas.sort();
        let regions = MultiRegion { primary: next.clone(), replicas };
        change_all(key, desk, |record| record.multi_region = Some(regions.clone()));
        Ok(Empty)
    }
}

/// Takes a replica out of the lists of its siblings; a primary that waited for the last of them begins to wait for its
/// own end.
pub(crate) fn forget_replica(key: &Arc<Key>, desk: &mut Desk<'_>) {
    let now = desk.now;
    let siblings = desk.siblings(key);
    for sibling in &siblings {
        change(sibling, desk, |record| {
            settle_pending(record, &siblings);
            let Some(multi) = &mut record.multi_region else { return };
            multi.replicas.retain(|region| *region != key.name.region);
            if record.state == "PendingReplicaDeletion" && multi.replicas.is_empty() {
                let days = record.pending_window.unwrap_or(30);
                record.state = "PendingDeletion".into();
                record.deletion = Some(crate::clock::later(now, days * 86_400).micros());
            }
        });
    }
}
