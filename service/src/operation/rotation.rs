//! Rotation: by the calendar, on demand, and what of it can be looked up. The key stays the same key; old ciphertexts
//! name their material and go on opening.

use std::sync::Arc;

use wardbook_audit::event::{Field, Name, Parameters, Word};
use wardbook_audit::time::Timestamp;

use super::create::new_material;
use super::fact::named;
use super::key::{change, check_manager, note_key};
use super::list::{Sizes, page};
use crate::api::{
    DISABLE_KEY_ROTATION_REQUEST, DisableKeyRotationRequest, ENABLE_KEY_ROTATION_REQUEST, EnableKeyRotationRequest,
    ExpirationModelType, GET_KEY_ROTATION_STATUS_REQUEST, GetKeyRotationStatusRequest, GetKeyRotationStatusResponse,
    ImportState, IncludeKeyMaterial, KeyMaterialState, LIST_KEY_ROTATIONS_REQUEST, ListKeyRotationsRequest,
    ListKeyRotationsResponse, ROTATE_KEY_ON_DEMAND_REQUEST, RotateKeyOnDemandRequest, RotateKeyOnDemandResponse,
    RotationsListEntry, Shape,
};
use crate::caller::Facts;
use crate::clock::later;
use crate::desk::{Aliases, Desk};
use crate::kms::{KEY_ID, Permit};
use crate::limits::ROTATIONS_ON_DEMAND_MAX;
use crate::name::KeyName;
use crate::refusal::{Refusal, Why};
use crate::serve::{Plan, Serve};
use crate::state::{Key, KeyRecord, Material, MaterialState, Rotated, Rotation};
use crate::wire::encode::Empty;

/// How often a key rotates by itself unless told otherwise.
const PERIOD_DAYS: i64 = 365;
const DAY_SECONDS: i64 = 86_400;
/// How near the next rotation by the calendar may be for one on demand.
const NEAR_MICROS: i64 = 20 * 60 * 1_000_000;
const ON_DEMAND: &str = "ON_DEMAND";

/// Only symmetric encryption keys rotate.
fn check_spec(key: &Key) -> Result<(), Refusal> {
    match key.record.is_symmetric_encryption() {
        true => Ok(()),
        false => Err(Refusal::new(Why::Unsupported, "")),
    }
}

/// Rotation of a multi-Region key is an affair of its primary.
pub(super) fn check_primary(key: &Key) -> Result<(), Refusal> {
    match &key.record.multi_region {
        Some(multi) if multi.primary != key.name.region => {
            let message = format!("{} is not a multi-region primary key.", key.name.arn());
            Err(Refusal::new(Why::Unsupported, message))
        }
        _ => Ok(()),
    }
}

/// The same change of a key and of all its siblings.
pub(super) fn change_all(key: &Arc<Key>, desk: &mut Desk<'_>, with: impl Fn(&mut KeyRecord)) {
    change_each(key, desk, |_, record| with(record));
}

/// A change of a key and of all its siblings that knows which of them it changes.
pub(super) fn change_each(key: &Arc<Key>, desk: &mut Desk<'_>, with: impl Fn(&KeyName, &mut KeyRecord)) {
    for one in desk.siblings(key).iter().chain([key]) {
        change(one, desk, |record| with(&one.name, record));
    }
}

impl Serve for EnableKeyRotationRequest {
    const SHAPE: &'static Shape = &ENABLE_KEY_ROTATION_REQUEST;
    type Answer = Empty;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
        let days = self.rotation_period_in_days.and_then(|days| u64::try_from(days).ok());
        parameters.set_some(Field::ROTATION_PERIOD_IN_DAYS, days);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Refuse)?;
        let mut facts = Facts::default();
        facts.some("kms:RotationPeriodInDays", self.rotation_period_in_days.map(|days| days.to_string()));
        Ok(Plan::on("kms:EnableKeyRotation", &found, facts))
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let key = plan.key()?;
        check_spec(key)?;
        check_manager(key)?;
        check_primary(key)?;
        let period_days = self.rotation_period_in_days.unwrap_or(PERIOD_DAYS);
        let next = later(desk.now, period_days * DAY_SECONDS).micros();
        change_all(key, desk, |record| record.rotation = Some(Rotation { period_days, next }));
        desk.note_answer(KEY_ID, Name::new(key.name.arn()));
        Ok(Empty)
    }
}

impl Serve for DisableKeyRotationRequest {
    const SHAPE: &'static Shape = &DISABLE_KEY_ROTATION_REQUEST;
    type Answer = Empty;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Refuse)?;
        Ok(Plan::on("kms:DisableKeyRotation", &found, Facts::default()))
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let key = plan.key()?;
        check_spec(key)?;
        check_manager(key)?;
        check_primary(key)?;
        change_all(key, desk, |record| record.rotation = None);
        Ok(Empty)
    }
}

impl Serve for GetKeyRotationStatusRequest {
    const SHAPE: &'static Shape = &GET_KEY_ROTATION_STATUS_REQUEST;
    type Answer = GetKeyRotationStatusResponse;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Refuse)?;
        Ok(Plan::on("kms:GetKeyRotationStatus", &found, Facts::default()))
    }

    fn run(&self, plan: &Plan, _: Permit, _: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let key = plan.key()?;
        check_spec(key)?;
        let condemned = key.record.state.ends_with("Deletion");
        let rotation = key.record.rotation.as_ref().filter(|_| !condemned);
        Ok(GetKeyRotationStatusResponse {
            key_rotation_enabled: Some(rotation.is_some()),
            key_id: Some(key.name.arn()),
            rotation_period_in_days: rotation.map(|rotation| rotation.period_days),
            next_rotation_date: rotation.map(|rotation| Timestamp::from_micros(rotation.next)),
            on_demand_rotation_start_date: None,
        })
    }
}

/// The material that is current from here on, and the one before it set aside.
fn rotate(record: &mut KeyRecord, fresh: Option<&Material>, rotated: &Rotated) {
    for material in &mut record.materials {
        if material.state == MaterialState::Current {
            material.state = MaterialState::NonCurrent;
        } else if material.state == MaterialState::PendingRotation {
            material.state = MaterialState::Current;
            material.rotated = Some(rotated.clone());
        }
    }
    if let Some(fresh) = fresh {
        record.materials.push(Material { rotated: Some(rotated.clone()), ..fresh.clone() });
    }
}

impl Serve for RotateKeyOnDemandRequest {
    const SHAPE: &'static Shape = &ROTATE_KEY_ON_DEMAND_REQUEST;
    type Answer = RotateKeyOnDemandResponse;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Refuse)?;
        Ok(Plan::on("kms:RotateKeyOnDemand", &found, Facts::default()))
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let key = plan.key()?;
        let arn = key.name.arn();
        check_spec(key)?;
        check_manager(key)?;
        check_primary(key)?;
        if key.record.rotations_on_demand >= ROTATIONS_ON_DEMAND_MAX {
            let message = format!(
                "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be \
                 performed for this key: {arn}"
            );
            return Err(Refusal::new(Why::LimitExceeded, message));
        }
        let due = key.record.rotation.as_ref().map(|rotation| rotation.next - desk.now.micros());
        if due.is_some_and(|due| due < NEAR_MICROS) {
            let message = format!("{arn} is about to be rotated automatically.");
            return Err(Refusal::new(Why::Conflict, message));
        }
        let waiting = key.record.materials.iter().any(|material| material.state == MaterialState::PendingRotation);
        let fresh = match (key.record.origin.as_str(), waiting) {
            ("EXTERNAL", true) => None,
            ("EXTERNAL", false) => {
                let message = format!("No available key material pending rotation for the key: {arn}.");
                return Err(Refusal::new(Why::InvalidState, message));
            }
            _ => Some(new_material(&key.name, &key.record, MaterialState::Current, desk)?),
        };
        // The request and the rotation are an event each, as in AWS. The second one is written in the background.
        let rotated = Rotated { at: desk.now.micros(), kind: ON_DEMAND.to_owned(), untold: true };
        change_all(key, desk, |record| {
            rotate(record, fresh.as_ref(), &rotated);
            record.rotations_on_demand += 1;
        });
        desk.note_answer(KEY_ID, Name::new(arn.as_str()));
        Ok(RotateKeyOnDemandResponse { key_id: Some(arn) })
    }
}

impl Serve for ListKeyRotationsRequest {
    const SHAPE: &'static Shape = &LIST_KEY_ROTATIONS_REQUEST;
    type Answer = ListKeyRotationsResponse;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
        let all = self.include_key_material == Some(IncludeKeyMaterial::AllKeyMaterial);
        parameters.set(Field::INCLUDE_KEY_MATERIAL, all);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Refuse)?;
        Ok(Plan::on("kms:ListKeyRotations", &found, Facts::default()))
    }

    fn run(&self, plan: &Plan, _: Permit, _: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let key = plan.key()?;
        check_spec(key)?;
        let all = self.include_key_material == Some(IncludeKeyMaterial::AllKeyMaterial);
        let materials = key.record.materials.iter().enumerate();
        let listed = materials.filter(|(_, material)| all || material.rotated.is_some());
        let entries = listed.map(|(place, material)| (format!("{place:06}"), entry(key, material)));
        let (rotations, next) =
            page(entries, self.limit, self.marker.as_ref(), &Sizes { list: "rotations", usual: 100, max: 1_000 })?;
        Ok(ListKeyRotationsResponse { rotations: Some(rotations), truncated: Some(next.is_some()), next_marker: next })
    }
}

fn entry(key: &Key, material: &Material) -> RotationsListEntry {
    let import = material.import.as_ref();
    let here = import.filter(|_| material.token.is_some());
    let expires = here.and_then(|import| import.valid_to);
    RotationsListEntry {
        key_id: Some(key.name.id.clone()),
        key_material_id: Some(material.id.clone()),
        key_material_description: import.and_then(|import| import.description.clone()),
        import_state: import.map(|_| match material.token {
            Some(_) => ImportState::Imported,
            None => ImportState::PendingImport,
        }),
        key_material_state: Some(match material.state {
            MaterialState::Current => KeyMaterialState::Current,
            MaterialState::NonCurrent => KeyMaterialState::NonCurrent,
            MaterialState::PendingRotation => KeyMaterialState::PendingRotation,
            MaterialState::PendingSiblings => KeyMaterialState::PendingMultiRegionImportAndRotation,
        }),
        expiration_model: here.map(|_| match expires {
            Some(_) => ExpirationModelType::KeyMaterialExpires,
            None => ExpirationModelType::KeyMaterialDoesNotExpire,
        }),
        valid_to: expires.map(Timestamp::from_micros),
        rotation_date: material.rotated.as_ref().map(|rotated| Timestamp::from_micros(rotated.at)),
        rotation_type: material.rotated.as_ref().and_then(|rotated| named(&rotated.kind)),
    }
}

/// Rotates a key whose day has come, with its siblings. What the event of that tells.
pub(crate) fn rotate_automatically(key: &Arc<Key>, desk: &mut Desk<'_>) -> Result<Parameters, Refusal> {
    let fresh = new_material(&key.name, &key.record, MaterialState::Current, desk)?;
    let now = desk.now;
    let rotated = Rotated { at: now.micros(), kind: "AUTOMATIC".to_owned(), untold: false };
    change_all(key, desk, |record| {
        rotate(record, Some(&fresh), &rotated);
        if let Some(rotation) = &mut record.rotation {
            rotation.next = later(now, rotation.period_days * DAY_SECONDS).micros();
        }
    });
    Ok(told(key, key.record.current(), &fresh.id, &rotated))
}

/// Whether a rotation was done whose event is still to be written.
pub(crate) fn has_untold(record: &KeyRecord) -> bool {
    record.materials.iter().any(|material| material.rotated.as_ref().is_some_and(|rotated| rotated.untold))
}

/// What the event of the first such rotation tells, and when it was. From here on it counts as told.
pub(crate) fn tell_rotation(key: &Arc<Key>, desk: &mut Desk<'_>) -> Option<(Parameters, Timestamp)> {
    let untold = |material: &Material| material.rotated.clone().filter(|rotated| rotated.untold);
    let materials = &key.record.materials;
    let (place, rotated) = materials.iter().enumerate().find_map(|(place, one)| Some((place, untold(one)?)))?;
    let (before, current) = (place.checked_sub(1).and_then(|before| materials.get(before)), materials.get(place)?);
    change_all(key, desk, |record| {
        for material in record.materials.iter_mut().filter(|material| material.id == current.id) {
            material.rotated = Some(Rotated { untold: false, ..rotated.clone() });
        }
    });
    Some((told(key, before, &current.id, &rotated), Timestamp::from_micros(rotated.at)))
}

fn told(key: &Key, before: Option<&Material>, current: &str, rotated: &Rotated) -> Parameters {
    let mut details = Parameters::default();
    details.set_some(Field::ROTATION_TYPE, Word::new(rotated.kind.as_str()));
    details.set_some(Field::KEY_ORIGIN, Word::new(key.record.origin.as_str()));
    details.set_some(Field::PREVIOUS_KEY_MATERIAL_ID, before.and_then(|before| Name::new(before.id.as_str())));
    details.set_some(Field::CURRENT_KEY_MATERIAL_ID, Name::new(current));
    details
}
