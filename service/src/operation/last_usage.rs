//! GetKeyLastUsage: the last time a key did its work, as the log has it.
//!
//! The journal is looked at first, then the files of one day after the other, newest first; the first that knows the
//! key has the answer, unless another node told the store of a later use.

use std::collections::BTreeSet;

use serde_json::Value;
use wardbook_audit::event::Parameters;
use wardbook_audit::folder::Folder;
use wardbook_audit::journal::moment;
use wardbook_audit::parquet::{EventFile, FileError, Filter, Test};
use wardbook_audit::time::Timestamp;
use wardbook_policy::catalogue::kms_operations_of;

use super::fact::named;
use super::key::note_key;
use crate::api::{
    GET_KEY_LAST_USAGE_REQUEST, GetKeyLastUsageRequest, GetKeyLastUsageResponse, KeyLastUsageData, Shape,
};
use crate::caller::Facts;
use crate::desk::{Aliases, Desk, Found};
use crate::kms::Permit;
use crate::refusal::{Refusal, Why};
use crate::serve::{Plan, Serve};
use crate::state::Key;

impl Serve for GetKeyLastUsageRequest {
    const SHAPE: &'static Shape = &GET_KEY_LAST_USAGE_REQUEST;
    type Answer = GetKeyLastUsageResponse;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Refuse)?;
        Ok(Plan::on("kms:GetKeyLastUsage", &found, Facts::default()))
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let key = plan.key()?;
        let created = Timestamp::from_micros(key.record.created);
        Ok(GetKeyLastUsageResponse {
            key_id: Some(key.name.arn()),
            key_last_usage: of_key(key, desk)?,
            // The log begins with the service, so every use of a key that it made is in it.
            tracking_start_date: Some(created),
            key_creation_date: Some(created),
        })
    }
}

fn of_key(key: &Key, desk: &Desk<'_>) -> Result<Option<KeyLastUsageData>, Refusal> {
    let (arn, born) = (key.name.arn(), Timestamp::from_micros(key.record.created).to_string());
    let told = desk.kms.told_uses(&arn)?;
    let usage = last_usage(&desk.kms.parts.audit, &arn, born.get(..10).unwrap_or_default(), &told);
    usage.map_err(|message| Refusal::new(Why::Internal, message))
}

/// The days since a key last did its work; a key that never did says nothing. The log is asked only where a policy speaks
/// of them: a key has to be disabled at once, however long the log is.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html>
pub(super) fn tell_days_without_use(found: &Found, desk: &Desk<'_>, facts: &mut Facts) -> Result<(), Refusal> {
    // Nobody disables a key of another account, so its log is not looked through for them either.
    let Some(key) = found.key().filter(|key| key.name.account == desk.caller.account) else { return Ok(()) };
    if !desk.court().speaks_of(key, DAYS_WITHOUT_USE) {
        return Ok(());
    }
    let used = of_key(key, desk)?.and_then(|usage| usage.timestamp);
    let days = used.map(|used| (desk.now.micros() - used.micros()).max(0) / DAY_MICROS);
    facts.some(DAYS_WITHOUT_USE, days.map(|days| days.to_string()));
    Ok(())
}

const DAYS_WITHOUT_USE: &str = "kms:TrailingDaysWithoutKeyUsage";
const DAY_MICROS: i64 = 86_400_000_000;

/// The newest use of a key since the day on which it was made: of those that other nodes told, and those in the log of
/// this one.
fn last_usage(folder: &Folder, arn: &str, born: &str, told: &[String]) -> Result<Option<KeyLastUsageData>, String> {
    let moment = moment(folder).map_err(|error| error.to_string())?;
    let mut newest = None;
    moment
        .unsealed(|one| {
            offer(one.event.text(), arn, &mut newest);
            Ok::<(), wardbook_audit::journal::JournalError>(())
        })
        .map_err(|error| error.to_string())?;
    let days = moment.files.iter().map(|file| file.date.as_str()).filter(|day| *day >= born);
    let days: BTreeSet<&str> = days.collect();
    for day in days.into_iter().rev() {
        for file in moment.files.iter().filter(|file| file.date == day) {
            let source = folder.disk().open(&file.path()).map_err(|error| error.to_string())?;
            let file = EventFile::open(source).map_err(|error| error.to_string())?;
            for column in ["kms_key_arn", "dest_kms_key_arn"] {
                let filter = Filter::default().and(Test::Text { column, values: vec![arn.to_owned()] });
                file.events(&filter, |_, text| {
                    offer(text, arn, &mut newest);
                    Ok::<(), FileError>(())
                })
                .map_err(|error| error.to_string())?;
            }
        }
        if newest.is_some() {
            break;
        }
    }
    told.iter().for_each(|text| offer(text, arn, &mut newest));
    Ok(newest.map(|(_, usage)| usage))
}

/// Keeps a use if it is newer than the one that is kept.
fn offer(text: &str, arn: &str, newest: &mut Option<(Timestamp, KeyLastUsageData)>) {
    if let Some((time, usage)) = usage(text, arn)
        && newest.as_ref().is_none_or(|(known, _)| *known < time)
    {
        *newest = Some((time, usage));
    }
}

/// What an event says of a use of the key, if it is a successful one.
fn usage(text: &str, arn: &str) -> Option<(Timestamp, KeyLastUsageData)> {
    if !text.contains(arn) {
        return None;
    }
    let event: Value = serde_json::from_str(text).ok()?;
    let told = |name: &str| event.get(name).and_then(Value::as_str);
    let name = told("eventName")?;
    let touched =
        event.get("resources")?.as_array()?.iter().any(|one| one.get("ARN").and_then(Value::as_str) == Some(arn));
    let works = kms_operations_of(name).any(|line| line.is_cryptographic());
    if !touched || !works || event.get("errorCode").is_some() {
        return None;
    }
    let time = Timestamp::read(told("eventTime")?)?;
    let usage = KeyLastUsageData {
        operation: Some(named(name)?),
        timestamp: Some(time),
        cloud_trail_event_id: told("eventID").map(str::to_owned),
        kms_request_id: told("requestID").map(str::to_owned),
    };
    Some((time, usage))
}
