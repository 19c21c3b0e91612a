//! The life of a key: looked at, switched on and off, described, condemned and pardoned.

use wardbook_audit::event::{Field, Name, Parameters, Prose, Word};
use wardbook_audit::time::Timestamp;

use super::fact::named;
use super::last_usage::tell_days_without_use;
use super::metadata::metadata;
use crate::api::{
    CANCEL_KEY_DELETION_REQUEST, CancelKeyDeletionRequest, CancelKeyDeletionResponse, DESCRIBE_KEY_REQUEST,
    DISABLE_KEY_REQUEST, DescribeKeyRequest, DescribeKeyResponse, DisableKeyRequest, ENABLE_KEY_REQUEST,
    EnableKeyRequest, KeyState, SCHEDULE_KEY_DELETION_REQUEST, ScheduleKeyDeletionRequest, ScheduleKeyDeletionResponse,
    Shape, UPDATE_KEY_DESCRIPTION_REQUEST, UpdateKeyDescriptionRequest,
};
use crate::caller::Facts;
use crate::clock::later;
use crate::desk::{Aliases, Desk, Found};
use crate::kms::{KEY_ID, Permit};
use crate::managed;
use crate::refusal::{Refusal, Why};
use crate::serve::{Plan, Serve};
use crate::state::{Key, KeyRecord};
use crate::wire::encode::Empty;

/// Changes what is kept of a key.
pub(super) fn change(key: &Key, desk: &mut Desk<'_>, change: impl FnOnce(&mut KeyRecord)) {
    let mut record = key.record.clone();
    change(&mut record);
    let [policy] = &key.policy;
    desk.writes.key(&key.name, record, policy);
}

/// Notes the key that a request names.
pub(super) fn note_key(key: &str, parameters: &mut Parameters) {
    parameters.set_some(KEY_ID, Name::new(key));
}

impl Serve for DescribeKeyRequest {
    const SHAPE: &'static Shape = &DESCRIBE_KEY_REQUEST;
    type Answer = DescribeKeyResponse;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        managed::make_to_describe(&self.key_id, desk)?;
        let found = desk.find(&self.key_id, Aliases::Accept)?;
        Ok(Plan::on("kms:DescribeKey", &found, Facts::default()).with_tokens(self.grant_tokens.as_ref()))
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let key = plan.key()?;
        let mut told = metadata(&key.name, &key.record);
        if key.record.key_store.is_some() {
            let state = desk.state_of(key);
            told.key_state = named(state.name());
            told.enabled = Some(state.name() == "Enabled");
            told.cloud_hsm_cluster_id = super::key_store::cluster_of(key, desk);
        }
        Ok(DescribeKeyResponse { key_metadata: Some(told) })
    }
}

macro_rules! switch {
    ($request:ident, $shape:ident, $action:literal, $state:literal, $tell:expr) => {
        impl Serve for $request {
            const SHAPE: &'static Shape = &$shape;
            type Answer = Empty;

            fn note(&self, parameters: &mut Parameters) {
                note_key(&self.key_id, parameters);
            }

            fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
                let found = desk.find(&self.key_id, Aliases::Refuse)?;
                let mut facts = Facts::default();
                let tell: fn(&Found, &Desk<'_>, &mut Facts) -> Result<(), Refusal> = $tell;
                tell(&found, desk, &mut facts)?;
                Ok(Plan::on($action, &found, facts))
            }

            fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
                let key = plan.key()?;
                check_manager(key)?;
                change(key, desk, |record| record.state = $state.into());
                desk.note_answer(KEY_ID, Name::new(key.name.arn()));
                Ok(Empty)
            }
        }
    };
}

switch!(EnableKeyRequest, ENABLE_KEY_REQUEST, "kms:EnableKey", "Enabled", |_, _, _| Ok(()));
switch!(DisableKeyRequest, DISABLE_KEY_REQUEST, "kms:DisableKey", "Disabled", tell_days_without_use);

impl Serve for UpdateKeyDescriptionRequest {
    const SHAPE: &'static Shape = &UPDATE_KEY_DESCRIPTION_REQUEST;
    type Answer = Empty;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
        parameters.set(Field::DESCRIPTION, Prose::new(&self.description));
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Refuse)?;
        Ok(Plan::on("kms:UpdateKeyDescription", &found, Facts::default()))
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let key = plan.key()?;
        check_manager(key)?;
        change(key, desk, |record| record.description.clone_from(&self.description));
        Ok(Empty)
    }
}

/// How many days a deletion waits unless told otherwise, at least, and at most.
const WINDOW_DAYS: (i64, std::ops::RangeInclusive<i64>) = (30, 7..=30);

impl Serve for ScheduleKeyDeletionRequest {
    const SHAPE: &'static Shape = &SCHEDULE_KEY_DELETION_REQUEST;
    type Answer = ScheduleKeyDeletionResponse;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
        let days = self.pending_window_in_days.and_then(|days| u64::try_from(days).ok());
        parameters.set_some(Field::PENDING_WINDOW_IN_DAYS, days);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Refuse)?;
        let days = self.pending_window_in_days.unwrap_or(WINDOW_DAYS.0);
        let mut facts = Facts::default();
        facts.text("kms:ScheduleKeyDeletionPendingWindowInDays", days.to_string());
        tell_days_without_use(&found, desk, &mut facts)?;
        Ok(Plan::on("kms:ScheduleKeyDeletion", &found, facts))
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let key = plan.key()?;
        let days = self.pending_window_in_days.unwrap_or(WINDOW_DAYS.0);
        if !WINDOW_DAYS.1.contains(&days) {
            let message = "PendingWindowInDays must be between 7 and 30 days.";
            return Err(Refusal::new(Why::Validation, message));
        }
        check_manager(key)?;
        let deletion = later(desk.now, days * 86_400);
        let primary = |record: &KeyRecord| {
            let multi = record.multi_region.as_ref();
            multi.is_some_and(|multi| multi.primary == key.name.region && !multi.replicas.is_empty())
        };
        let waits = primary(&key.record);
        change(key, desk, |record| {
            record.state = if waits { "PendingReplicaDeletion" } else { "PendingDeletion" }.into();
            record.deletion = (!waits).then(|| deletion.micros());
            record.pending_window = Some(days);
        });
        let state = if waits { KeyState::PendingReplicaDeletion } else { KeyState::PendingDeletion };
        desk.note_answer(KEY_ID, Name::new(key.name.arn()));
        desk.note_answer(Field::KEY_STATE, Word::new(state.name()));
        desk.note_answer(Field::DELETION_DATE, (!waits).then_some(deletion));
        desk.note_answer(Field::PENDING_WINDOW_IN_DAYS, u64::try_from(days).ok());
        Ok(ScheduleKeyDeletionResponse {
            key_id: Some(key.name.arn()),
            deletion_date: (!waits).then(|| Timestamp::from_micros(deletion.micros())),
            key_state: Some(state),
            pending_window_in_days: Some(days),
        })
    }
}

/// Keys that AWS manages are changed by nobody else.
pub(super) fn check_manager(key: &Key) -> Result<(), Refusal> {
    match key.record.manager.as_str() {
        "CUSTOMER" => Ok(()),
        manager => {
            let message = format!("{} is managed by {manager}, and cannot be changed.", key.name.arn());
            Err(Refusal::new(Why::Unsupported, message))
        }
    }
}

impl Serve for CancelKeyDeletionRequest {
    const SHAPE: &'static Shape = &CANCEL_KEY_DELETION_REQUEST;
    type Answer = CancelKeyDeletionResponse;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Refuse)?;
        Ok(Plan::on("kms:CancelKeyDeletion", &found, Facts::default()))
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let key = plan.key()?;
        change(key, desk, |record| {
            let waits = record.origin == "EXTERNAL" && !record.is_whole();
            record.state = if waits { "PendingImport" } else { "Disabled" }.into();
            record.deletion = None;
            record.pending_window = None;
        });
        desk.note_answer(KEY_ID, Name::new(key.name.arn()));
        Ok(CancelKeyDeletionResponse { key_id: Some(key.name.arn()) })
    }
}
