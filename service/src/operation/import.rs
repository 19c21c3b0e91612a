//! Material that somebody else made: parameters to wrap it, taking it over, taking it away.
//!
//! The parameters are made for one material of the key: the first one that is missing, else a new one. So whoever has
//! lost several brings them back in the order in which they were imported.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use wardbook_audit::event::{Field, Name, Parameters, Prose, Word};
use wardbook_audit::time::Timestamp;
use wardbook_backend::error::BackendError;
use wardbook_backend::import::{ImportSession, Wrapping, WrappingAlgorithm, WrappingKeySpec as Wrapper};
use wardbook_backend::secret::Secret;
use wardbook_backend::token::MaterialId;

use super::key::{change, note_key};
use super::metadata::kept;
use super::rotation::change_each;
use crate::api::{
    AlgorithmSpec, DELETE_IMPORTED_KEY_MATERIAL_REQUEST, DeleteImportedKeyMaterialRequest,
    DeleteImportedKeyMaterialResponse, ExpirationModelType, GET_PARAMETERS_FOR_IMPORT_REQUEST,
    GetParametersForImportRequest, GetParametersForImportResponse, IMPORT_KEY_MATERIAL_REQUEST,
    ImportKeyMaterialRequest, ImportKeyMaterialResponse, ImportType, Shape, WrappingKeySpec,
};
use crate::caller::Facts;
use crate::clock::later;
use crate::desk::{Aliases, Desk, binding, refused};
use crate::kms::{KEY_ID, Permit};
use crate::limits::IMPORT_TOKEN_SECONDS;
use crate::name::{KeyName, hex};
use crate::refusal::{Refusal, Why};
use crate::serve::{Plan, Serve};
use crate::state::{Import, Key, KeyRecord, Material, MaterialState};
use crate::wire::decode::Blob;

const PURPOSE: &str = "import token";

fn wrapping(algorithm: AlgorithmSpec, key: WrappingKeySpec) -> Result<Wrapping, Refusal> {
    let unsupported = |what: &str| Err(Refusal::new(Why::Unsupported, what));
    let key = match key {
        WrappingKeySpec::Rsa2048 => Wrapper::Rsa2048,
        WrappingKeySpec::Rsa3072 => Wrapper::Rsa3072,
        WrappingKeySpec::Rsa4096 => Wrapper::Rsa4096,
        WrappingKeySpec::Sm2 => Wrapper::Sm2,
    };
    let algorithm = match algorithm {
        AlgorithmSpec::RsaesOaepSha1 => WrappingAlgorithm::RsaesOaepSha1,
        AlgorithmSpec::RsaesOaepSha256 => WrappingAlgorithm::RsaesOaepSha256,
        AlgorithmSpec::RsaAesKeyWrapSha1 => WrappingAlgorithm::RsaAesKeyWrapSha1,
        AlgorithmSpec::RsaAesKeyWrapSha256 => WrappingAlgorithm::RsaAesKeyWrapSha256,
        AlgorithmSpec::Sm2pke => WrappingAlgorithm::Sm2Pke,
        AlgorithmSpec::RsaesPkcs1V15 => return unsupported("Algorithm RSAES_PKCS1_V1_5 is not supported."),
    };
    match (algorithm, key) {
        (WrappingAlgorithm::Sm2Pke, Wrapper::Sm2) => Ok(Wrapping { algorithm, key }),
        (WrappingAlgorithm::Sm2Pke, _) | (_, Wrapper::Sm2) => {
            let message = "The wrapping algorithm and the wrapping key spec do not go together.";
            Err(Refusal::new(Why::Validation, message))
        }
        _ => Ok(Wrapping { algorithm, key }),
    }
}

impl Serve for GetParametersForImportRequest {
    const SHAPE: &'static Shape = &GET_PARAMETERS_FOR_IMPORT_REQUEST;
    type Answer = GetParametersForImportResponse;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
        parameters.set_some(Field::WRAPPING_ALGORITHM, Word::new(self.wrapping_algorithm.name()));
        parameters.set_some(Field::WRAPPING_KEY_SPEC, Word::new(self.wrapping_key_spec.name()));
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Refuse)?;
        let mut facts = Facts::default();
        facts.text("kms:WrappingAlgorithm", self.wrapping_algorithm.name());
        facts.text("kms:WrappingKeySpec", self.wrapping_key_spec.name());
        Ok(Plan::on("kms:GetParametersForImport", &found, facts))
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let key = plan.key()?;
        let wrapping = wrapping(self.wrapping_algorithm, self.wrapping_key_spec)?;
        let missing = key.record.materials.iter().find(|material| material.token.is_none());
        let material = match missing.and_then(Material::material_id) {
            Some(material) => material,
            None => MaterialId(desk.random()?),
        };
        let offer = desk.kms.parts.backend.begin_import(&binding(key, material)?, wrapping, &desk.call(&desk.labels()));
        let offer = offer.map_err(|error| refused(error, &key.name.arn()))?;
        let expires = later(desk.now, IMPORT_TOKEN_SECONDS);
        let body = json!({
            "material": material.to_string(),
            "session": STANDARD.encode(offer.session.as_bytes()),
            "expires": expires.micros(),
        });
        let arn = key.name.arn();
        let token = desk.kms.parts.sealer.seal(PURPOSE, &[&arn], body.to_string().as_bytes());
        let token = token.map_err(|_| Refusal::new(Why::Internal, ""))?;
        Ok(GetParametersForImportResponse {
            key_id: Some(arn),
            import_token: Some(Blob(token)),
            public_key: Some(Secret::new(offer.public_key)),
            parameters_valid_to: Some(expires),
        })
    }
}

/// What an import token says.
struct Ticket {
    material: MaterialId,
    session: ImportSession,
}

fn ticket(key: &Key, token: &[u8], desk: &Desk<'_>) -> Result<Ticket, Refusal> {
    let invalid = || Refusal::new(Why::InvalidImportToken, "");
    let body = desk.kms.parts.sealer.open(PURPOSE, &[&key.name.arn()], token).map_err(|_| invalid())?;
    let body: Value = serde_json::from_slice(&body).map_err(|_| invalid())?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).ok_or_else(invalid);
    let expires = body.get("expires").and_then(Value::as_i64).ok_or_else(invalid)?;
    if expires <= desk.now.micros() {
        return Err(Refusal::new(Why::ExpiredImportToken, ""));
    }
    let material = Material {
        id: text("material")?.to_owned(),
        token: None,
        state: MaterialState::Current,
        rotated: None,
        import: None,
    };
    let session = STANDARD.decode(text("session")?).map_err(|_| invalid())?;
    Ok(Ticket {
        material: material.material_id().ok_or_else(invalid)?,
        session: ImportSession::from_bytes(&session).map_err(|_| invalid())?,
    })
}

impl ImportKeyMaterialRequest {
    /// When the material expires, if it does.
    fn valid_to(&self, now: Timestamp) -> Result<Option<i64>, Refusal> {
        let invalid = |message: &str| Err(Refusal::new(Why::Validation, message));
        match (self.expiration_model.unwrap_or(ExpirationModelType::KeyMaterialExpires), self.valid_to) {
            (ExpirationModelType::KeyMaterialExpires, None) => {
                invalid("A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES")
            }
            (ExpirationModelType::KeyMaterialDoesNotExpire, Some(_)) => {
                invalid("A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE")
            }
            (ExpirationModelType::KeyMaterialExpires, Some(end)) if end <= now => {
                invalid("The validTo date must be in the future")
            }
            (ExpirationModelType::KeyMaterialExpires, Some(end)) if end > later(now, 365 * 86_400) => {
                invalid("The validTo date must be within 365 days")
            }
            (_, end) => Ok(end.map(Timestamp::micros)),
        }
    }

    /// What belongs to keys that may have several materials, and goes together.
    fn check_type(&self, record: &KeyRecord) -> Result<(), Refusal> {
        let invalid = |message: &str| Err(Refusal::new(Why::Validation, message));
        let told =
            self.import_type.is_some() || self.key_material_id.is_some() || self.key_material_description.is_some();
        if told && !record.is_symmetric_encryption() {
            return invalid(
                "ImportType, KeyMaterialId and KeyMaterialDescription are for symmetric encryption KMS keys alone.",
            );
        }
        if self.import_type == Some(ImportType::NewKeyMaterial) && self.key_material_id.is_some() {
            return invalid("KeyMaterialId cannot be specified when ImportType is NEW_KEY_MATERIAL.");
        }
        Ok(())
    }
}

impl Serve for ImportKeyMaterialRequest {
    const SHAPE: &'static Shape = &IMPORT_KEY_MATERIAL_REQUEST;
    type Answer = ImportKeyMaterialResponse;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
        parameters.set_some(Field::VALID_TO, self.valid_to);
        parameters.set_some(Field::EXPIRATION_MODEL, self.expiration_model.and_then(|model| Word::new(model.name())));
        parameters.set_some(Field::IMPORT_TYPE, self.import_type.and_then(|kind| Word::new(kind.name())));
        parameters.set_some(Field::KEY_MATERIAL_DESCRIPTION, self.key_material_description.as_deref().map(Prose::new));
        parameters.set_some(Field::KEY_MATERIAL_ID, self.key_material_id.as_deref().and_then(Name::new));
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Refuse)?;
        let mut facts = Facts::default();
        facts.some("kms:ExpirationModel", self.expiration_model.map(ExpirationModelType::name));
        facts.some("kms:ValidTo", self.valid_to.map(|time| time.to_string()));
        Ok(Plan::on("kms:ImportKeyMaterial", &found, facts))
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let key = plan.key()?;
        let record = &key.record;
        let valid_to = self.valid_to(desk.now)?;
        self.check_type(record)?;
        let fresh = self.import_type == Some(ImportType::NewKeyMaterial);
        let Ticket { material, session } = ticket(key, &self.import_token.0, desk)?;
        let imported = desk.kms.parts.backend.import(
            &binding(key, material)?,
            &session,
            &self.encrypted_key_material.0,
            &desk.call(&desk.labels()),
        );
        let imported = imported.map_err(|error| match error {
            // The root key was changed since the parameters were given out.
            BackendError::RootMissing => Refusal::new(Why::ExpiredImportToken, ""),
            error => refused(error, &key.name.arn()),
        })?;
        let fingerprint = hex(&imported.fingerprint.0);
        let incorrect = || Refusal::new(Why::IncorrectKeyMaterial, "");
        let is_same = |known: &&Material| known.import.as_ref().is_some_and(|one| one.fingerprint == fingerprint);
        let same = record.materials.iter().find(is_same);
        let wrong_id = |id: &str| self.key_material_id.as_ref().is_some_and(|wanted| wanted != id);
        // The same material keeps what it was called, unless it is called something else.
        let earlier = same.and_then(|same| same.import.as_ref()?.description.clone());
        let description = self.key_material_description.clone().or(earlier);
        let import = Import { fingerprint: fingerprint.clone(), valid_to, description };
        let id = match same {
            Some(same) => {
                if fresh || wrong_id(&same.id) || (same.token.is_none() && same.id != material.to_string()) {
                    return Err(incorrect());
                }
                let token = same.token.clone().unwrap_or_else(|| kept(&imported.token));
                bring_back(key, same, &token, &import, desk);
                same.id.clone()
            }
            None => {
                let id = material.to_string();
                // What no key has had yet begins in the primary; and asymmetric and HMAC keys never change.
                let first = record.materials.is_empty();
                let allowed = match first {
                    true => self.import_type != Some(ImportType::ExistingKeyMaterial),
                    false => fresh && record.is_symmetric_encryption(),
                };
                if !allowed || !is_primary(key) || wrong_id(&id) || record.materials.iter().any(|known| known.id == id)
                {
                    return Err(incorrect());
                }
                if let Some(pending) = record.materials.iter().find(|material| material.state.is_pending()) {
                    let message = format!(
                        "New key material (id: {material}) cannot be imported into KMS key {}, because another key \
                         material (id: {}) is pending rotation.",
                        key.name.id, pending.id
                    );
                    return Err(Refusal::new(Why::InvalidState, message));
                }
                add(key, &id, &kept(&imported.token), &import, desk);
                id
            }
        };
        desk.note_answer(KEY_ID, Name::new(key.name.arn()));
        desk.note_answer(Field::KEY_MATERIAL_ID, Name::new(id.as_str()));
        let shown = record.is_symmetric_encryption().then_some(id);
        Ok(ImportKeyMaterialResponse { key_id: Some(key.name.arn()), key_material_id: shown })
    }
}

fn is_primary(key: &Key) -> bool {
    key.record.multi_region.as_ref().is_none_or(|multi| multi.primary == key.name.region)
}

/// Material that the key has had, here again. One that waits until all siblings have it may have waited for this.
fn bring_back(key: &Arc<Key>, same: &Material, token: &str, import: &Import, desk: &mut Desk<'_>) {
    let waits = same.state == MaterialState::PendingSiblings;
    let all_have = waits && desk.siblings(key).iter().all(|sibling| has(&sibling.record, &same.id));
    let with = |name: &KeyName, record: &mut KeyRecord| {
        for material in record.materials.iter_mut().filter(|material| material.id == same.id) {
            if *name == key.name {
                material.token = Some(token.to_owned());
                material.import = Some(import.clone());
            }
            if all_have {
                material.state = MaterialState::PendingRotation;
            }
        }
        settle(record);
    };
    match all_have {
        true => change_each(key, desk, with),
        false => change(key, desk, |record| with(&key.name, record)),
    }
}

/// Material that no key has had. The siblings of a multi-Region key learn of it, and wait for it.
fn add(key: &Arc<Key>, id: &str, token: &str, import: &Import, desk: &mut Desk<'_>) {
    let state = match (key.record.materials.is_empty(), desk.siblings(key).is_empty()) {
        (true, _) => MaterialState::Current,
        (false, true) => MaterialState::PendingRotation,
        (false, false) => MaterialState::PendingSiblings,
    };
    change_each(key, desk, |name, record| {
        let here = *name == key.name;
        let import = if here { import.clone() } else { absent(import) };
        let token = here.then(|| token.to_owned());
        record.materials.push(Material { id: id.to_owned(), token, state, rotated: None, import: Some(import) });
        settle(record);
    });
}

/// What a key knows of material that was imported into another one of its siblings.
fn absent(import: &Import) -> Import {
    Import { fingerprint: import.fingerprint.clone(), valid_to: None, description: None }
}

/// The materials of a replica that is made: generated ones are shared, imported ones have to be brought.
pub(super) fn of_replica(primary: &KeyRecord) -> Vec<Material> {
    let shared = |material: &Material| match &material.import {
        None => material.clone(),
        Some(import) => Material { token: None, import: Some(absent(import)), ..material.clone() },
    };
    let mut materials: Vec<Material> = primary.materials.iter().map(shared).collect();
    wait_for_siblings(&mut materials);
    materials
}

/// Material that waits for its rotation waits for a sibling that lacks it.
pub(super) fn wait_for_siblings(materials: &mut [Material]) {
    for material in materials.iter_mut().filter(|material| material.state.is_pending()) {
        material.state = MaterialState::PendingSiblings;
    }
}

fn has(record: &KeyRecord, id: &str) -> bool {
    record.materials.iter().any(|material| material.id == id && material.token.is_some())
}

/// What is left of a multi-Region key when one of its siblings goes may have had to wait for that one alone.
pub(super) fn settle_pending(record: &mut KeyRecord, left: &[Arc<Key>]) {
    let waiting = record.materials.iter_mut().filter(|material| material.state == MaterialState::PendingSiblings);
    for material in waiting {
        if left.iter().all(|sibling| has(&sibling.record, &material.id)) {
            material.state = MaterialState::PendingRotation;
        }
    }
}

/// A key that waited for material and has all of it can be used.
fn settle(record: &mut KeyRecord) {
    if record.state == "PendingImport" && record.is_whole() {
        record.state = "Enabled".into();
    }
}

/// Takes imported materials away from a key. One that waits for its rotation is no part of the key yet: without it in
/// the primary it is gone from all siblings, and without it in a replica they all wait for it again.
fn lose(key: &Arc<Key>, lost: &dyn Fn(&Material) -> bool, desk: &mut Desk<'_>) {
    let primary = is_primary(key);
    let with = |name: &KeyName, record: &mut KeyRecord| {
        record.materials.retain(|material| !(primary && material.state.is_pending() && lost(material)));
        let here = *name == key.name;
        let mut lacks = false;
        for material in record.materials.iter_mut().filter(|material| lost(material)) {
            match material.state.is_pending() {
                true => material.state = MaterialState::PendingSiblings,
                false => lacks |= here,
            }
            if here {
                material.token = None;
            }
        }
        if lacks && !record.state.ends_with("Deletion") {
            record.state = "PendingImport".into();
        }
    };
    match key.record.materials.iter().any(|material| material.state.is_pending() && lost(material)) {
        true => change_each(key, desk, with),
        false => change(key, desk, |record| with(&key.name, record)),
    }
}

/// Whether imported material is there whose time is over.
pub(crate) fn is_over(material: &Material, now: i64) -> bool {
    let end = material.import.as_ref().and_then(|import| import.valid_to);
    material.token.is_some() && end.is_some_and(|end| end <= now)
}

/// Takes away the first imported material whose time is over. What the event of that tells.
pub(crate) fn expire(key: &Arc<Key>, desk: &mut Desk<'_>) -> Parameters {
    let (now, mut details) = (desk.now.micros(), Parameters::default());
    if let Some(over) = key.record.materials.iter().find(|material| is_over(material, now)) {
        lose(key, &|material| material.id == over.id, desk);
        details.set_some(Field::KEY_MATERIAL_ID, Name::new(over.id.as_str()));
    }
    details
}

impl Serve for DeleteImportedKeyMaterialRequest {
    const SHAPE: &'static Shape = &DELETE_IMPORTED_KEY_MATERIAL_REQUEST;
    type Answer = DeleteImportedKeyMaterialResponse;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
        parameters.set_some(Field::KEY_MATERIAL_ID, self.key_material_id.as_deref().and_then(Name::new));
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Refuse)?;
        Ok(Plan::on("kms:DeleteImportedKeyMaterial", &found, Facts::default()))
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let key = plan.key()?;
        let current = key.record.current().map(|material| material.id.clone());
        let id = self.key_material_id.clone().or(current);
        let arn = key.name.arn();
        let symmetric = key.record.is_symmetric_encryption();
        if let Some(id) = &id {
            if !key.record.materials.iter().any(|material| material.id == *id) {
                return Err(Refusal::new(Why::NotFound, format!("Key material {id} of {arn} does not exist.")));
            }
            lose(key, &|material| material.id == *id, desk);
        }
        desk.note_answer(KEY_ID, Name::new(arn.as_str()));
        desk.note_answer(Field::KEY_MATERIAL_ID, id.as_deref().and_then(Name::new));
        Ok(DeleteImportedKeyMaterialResponse { key_id: Some(arn), key_material_id: id.filter(|_| symmetric) })
    }
}
