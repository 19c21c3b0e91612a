//! Encrypt, Decrypt, ReEncrypt. The key behind a ciphertext is found before anything is decided.

use std::sync::Arc;

use wardbook_audit::event::{Field, Name, Pairs as Logged, Parameters, Word};
use wardbook_backend::algorithm::Algorithm;
use wardbook_backend::secret::Secret;

use super::fact::{Pairs, algorithm, context, refuse_recipient, tell_context};
use super::key::note_key;
use super::metadata::{algorithms, current_id};
use crate::api::{
    DECRYPT_REQUEST, DecryptRequest, DecryptResponse, DryRunModifierType, ENCRYPT_REQUEST, EncryptRequest,
    EncryptResponse, EncryptionAlgorithmSpec, RE_ENCRYPT_REQUEST, ReEncryptRequest, ReEncryptResponse, Shape,
};
use crate::caller::Facts;
use crate::desk::{Aliases, Desk, Found, refused};
use crate::kms::Permit;
use crate::refusal::{Refusal, Why};
use crate::serve::{Plan, Serve};
use crate::state::Key;
use crate::wire::decode::Blob;

const SYMMETRIC: EncryptionAlgorithmSpec = EncryptionAlgorithmSpec::SymmetricDefault;

/// Spec, algorithm, the longest plaintext.
const RSA_BYTES_MAX: &[(&str, &str, usize)] = &[
    ("RSA_2048", "RSAES_OAEP_SHA_1", 214),
    ("RSA_2048", "RSAES_OAEP_SHA_256", 190),
    ("RSA_3072", "RSAES_OAEP_SHA_1", 342),
    ("RSA_3072", "RSAES_OAEP_SHA_256", 318),
    ("RSA_4096", "RSAES_OAEP_SHA_1", 470),
    ("RSA_4096", "RSAES_OAEP_SHA_256", 446),
];

/// Pairs as the log has them.
pub(super) fn noted(pairs: Option<&Pairs>) -> Option<Logged> {
    pairs.filter(|pairs| !pairs.is_empty()).map(|pairs| Logged(pairs.clone()))
}

/// The condition keys of a cryptographic operation.
pub(super) fn facts(algorithm: EncryptionAlgorithmSpec, pairs: Option<&Pairs>) -> Result<Facts, Refusal> {
    let mut facts = Facts::default();
    facts.text("kms:EncryptionAlgorithm", algorithm.name());
    tell_context(pairs, &mut facts)?;
    Ok(facts)
}

/// Whether a plaintext goes into one message of an RSA key.
fn check_length(key: &Key, algorithm: EncryptionAlgorithmSpec, bytes: usize) -> Result<(), Refusal> {
    let mut limits = RSA_BYTES_MAX.iter();
    let limit = limits.find(|(spec, name, _)| *spec == key.record.spec && *name == algorithm.name());
    match limit {
        Some((spec, name, bytes_max)) if bytes > *bytes_max => {
            let message =
                format!("Algorithm {name} and key spec {spec} cannot encrypt data larger than {bytes_max} bytes.");
            Err(Refusal::new(Why::Validation, message))
        }
        _ => Ok(()),
    }
}

/// The algorithm, if the key has it.
pub(super) fn suits(key: &Key, name: &'static str) -> Result<Algorithm, Refusal> {
    let record = &key.record;
    match algorithms(&record.spec, &record.usage).contains(&name) {
        true => algorithm(name),
        false => {
            let message = format!("Algorithm {name} is incompatible with key spec {}.", record.spec);
            Err(Refusal::new(Why::InvalidKeyUsage, message))
        }
    }
}

fn encrypt(
    key: &Arc<Key>,
    algorithm: EncryptionAlgorithmSpec,
    plaintext: &Secret,
    pairs: Option<&Pairs>,
    desk: &Desk<'_>,
) -> Result<Vec<u8>, Refusal> {
    let handle = desk.open(key)?;
    let made =
        handle.encrypt(suits(key, algorithm.name())?, plaintext.expose(), &context(pairs)?, &desk.call(&desk.labels()));
    made.map_err(|error| refused(error, &key.name.arn()))
}

fn decrypt(
    key: &Arc<Key>,
    algorithm: EncryptionAlgorithmSpec,
    ciphertext: &[u8],
    pairs: Option<&Pairs>,
    desk: &Desk<'_>,
) -> Result<(Secret, Option<String>), Refusal> {
    let suited = suits(key, algorithm.name())?;
    let (handle, material) = match algorithm == SYMMETRIC {
        true => {
            let material = wardbook_backend::blob::material(ciphertext);
            let material = material.ok_or_else(|| Refusal::new(Why::InvalidCiphertext, ""))?;
            if key.record.material(material).is_none() {
                return Err(incorrect_key());
            }
            (desk.open_material(key, material)?, Some(material.to_string()))
        }
        false => (desk.open(key)?, None),
    };
    let opened = handle.decrypt(suited, ciphertext, &context(pairs)?, &desk.call(&desk.labels()));
    let opened = opened.map_err(|error| match error {
        // Bytes that are no ciphertext at all are no more than one that does not open.
        wardbook_backend::error::BackendError::InvalidInput(_) => Refusal::new(Why::InvalidCiphertext, ""),
        error => refused(error, &key.name.arn()),
    })?;
    Ok((opened, material))
}

fn incorrect_key() -> Refusal {
    let message = "The key ID in the request does not identify a CMK that can perform this operation.";
    Refusal::new(Why::IncorrectKey, message)
}

/// The key of a ciphertext: the one that is named, else the one that the ciphertext names.
fn source(
    named: Option<&String>,
    ciphertext: Option<&Blob>,
    algorithm: EncryptionAlgorithmSpec,
    ignored: bool,
    desk: &mut Desk<'_>,
) -> Result<Found, Refusal> {
    let invalid = |message: &str| Err(Refusal::new(Why::Validation, message));
    match (named, ciphertext) {
        (None, _) if ignored => invalid("KeyId is required when DryRunModifiers contains IGNORE_CIPHERTEXT."),
        (_, None) if !ignored => invalid("CiphertextBlob is required."),
        (Some(named), _) => desk.find(named, Aliases::Accept),
        (None, Some(ciphertext)) if algorithm == SYMMETRIC => desk.find_by_ciphertext(&ciphertext.0),
        (None, _) => invalid("KeyId is required when the ciphertext was encrypted under an asymmetric KMS key."),
    }
}

/// Whether a request only asks about permission, and the ciphertext does not matter.
fn ignores_ciphertext(dry_run: Option<bool>, modifiers: Option<&Vec<DryRunModifierType>>) -> Result<bool, Refusal> {
    match (dry_run, modifiers.is_some_and(|modifiers| !modifiers.is_empty())) {
        (_, false) => Ok(false),
        (Some(true), true) => Ok(true),
        (_, true) => Err(Refusal::new(Why::Validation, "DryRunModifiers requires DryRun.")),
    }
}

/// The ciphertext, unless the request says that it does not matter.
fn heeded<'a>(ciphertext: Option<&'a Blob>, modifiers: Option<&Vec<DryRunModifierType>>) -> Option<&'a Blob> {
    ciphertext.filter(|_| modifiers.is_none_or(Vec::is_empty))
}

impl Serve for EncryptRequest {
    const SHAPE: &'static Shape = &ENCRYPT_REQUEST;
    type Answer = EncryptResponse;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
        parameters.set_some(Field::ENCRYPTION_CONTEXT, noted(self.encryption_context.as_ref()));
        parameters.set_some(Field::ENCRYPTION_ALGORITHM, Word::new(self.algorithm().name()));
        parameters.set_some(Field::DRY_RUN, self.dry_run);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Accept)?;
        let facts = facts(self.algorithm(), self.encryption_context.as_ref())?;
        Ok(Plan::on("kms:Encrypt", &found, facts).with_tokens(self.grant_tokens.as_ref()))
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let (key, algorithm) = (plan.key()?, self.algorithm());
        suits(key, algorithm.name())?;
        check_length(key, algorithm, self.plaintext.len())?;
        desk.stop_if_dry(self.dry_run)?;
        let ciphertext = encrypt(key, algorithm, &self.plaintext, self.encryption_context.as_ref(), desk)?;
        desk.note_material(Field::KEY_MATERIAL_ID, current_id(&key.record));
        Ok(EncryptResponse {
            ciphertext_blob: Some(Blob(ciphertext)),
            key_id: Some(key.name.arn()),
            encryption_algorithm: Some(algorithm),
        })
    }
}

impl EncryptRequest {
    fn algorithm(&self) -> EncryptionAlgorithmSpec {
        self.encryption_algorithm.unwrap_or(SYMMETRIC)
    }
}

impl Serve for DecryptRequest {
    const SHAPE: &'static Shape = &DECRYPT_REQUEST;
    type Answer = DecryptResponse;

    fn note(&self, parameters: &mut Parameters) {
        parameters.set_some(Field::KEY_ID, self.key_id.as_deref().and_then(Name::new));
        parameters.set_some(Field::ENCRYPTION_CONTEXT, noted(self.encryption_context.as_ref()));
        parameters.set_some(Field::ENCRYPTION_ALGORITHM, Word::new(self.algorithm().name()));
        parameters.set_some(Field::DRY_RUN, self.dry_run);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let ignored = ignores_ciphertext(self.dry_run, self.dry_run_modifiers.as_ref())?;
        let found = source(self.key_id.as_ref(), self.ciphertext_blob.as_ref(), self.algorithm(), ignored, desk)?;
        let facts = facts(self.algorithm(), self.encryption_context.as_ref())?;
        Ok(Plan::on("kms:Decrypt", &found, facts).with_tokens(self.grant_tokens.as_ref()))
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let (key, algorithm) = (plan.key()?, self.algorithm());
        suits(key, algorithm.name())?;
        refuse_recipient(self.recipient.as_ref())?;
        let Some(ciphertext) = heeded(self.ciphertext_blob.as_ref(), self.dry_run_modifiers.as_ref()) else {
            desk.stop_if_dry(self.dry_run)?;
            return Err(Refusal::new(Why::Validation, "CiphertextBlob is required."));
        };
        let (plaintext, material) = decrypt(key, algorithm, &ciphertext.0, self.encryption_context.as_ref(), desk)?;
        desk.stop_if_dry(self.dry_run)?;
        desk.note_material(Field::KEY_MATERIAL_ID, material.clone());
        Ok(DecryptResponse {
            key_id: Some(key.name.arn()),
            plaintext: Some(plaintext),
            encryption_algorithm: Some(algorithm),
            key_material_id: material,
            ..DecryptResponse::default()
        })
    }
}

impl DecryptRequest {
    fn algorithm(&self) -> EncryptionAlgorithmSpec {
        self.encryption_algorithm.unwrap_or(SYMMETRIC)
    }
}

impl Serve for ReEncryptRequest {
    const SHAPE: &'static Shape = &RE_ENCRYPT_REQUEST;
    type Answer = ReEncryptResponse;

    fn note(&self, parameters: &mut Parameters) {
        parameters.set_some(Field::SOURCE_KEY_ID, self.source_key_id.as_deref().and_then(Name::new));
        parameters.set_some(Field::DESTINATION_KEY_ID, Name::new(self.destination_key_id.as_str()));
        parameters.set_some(Field::SOURCE_ENCRYPTION_CONTEXT, noted(self.source_encryption_context.as_ref()));
        parameters.set_some(Field::DESTINATION_ENCRYPTION_CONTEXT, noted(self.destination_encryption_context.as_ref()));
        let (from, to) = self.algorithms();
        parameters.set_some(Field::SOURCE_ENCRYPTION_ALGORITHM, Word::new(from.name()));
        parameters.set_some(Field::DESTINATION_ENCRYPTION_ALGORITHM, Word::new(to.name()));
        parameters.set_some(Field::DRY_RUN, self.dry_run);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let ignored = ignores_ciphertext(self.dry_run, self.dry_run_modifiers.as_ref())?;
        let (from, to) = self.algorithms();
        let source = source(self.source_key_id.as_ref(), self.ciphertext_blob.as_ref(), from, ignored, desk)?;
        let target = desk.find(&self.destination_key_id, Aliases::Accept)?;
        let same = source.key().zip(target.key()).is_some_and(|(source, target)| source.name == target.name);
        let tell = |mut facts: Facts| {
            facts.text("kms:ReEncryptOnSameKey", if same { "true" } else { "false" });
            facts
        };
        let from = tell(facts(from, self.source_encryption_context.as_ref())?);
        let to = tell(facts(to, self.destination_encryption_context.as_ref())?);
        let mut plan = Plan::on("kms:ReEncryptFrom", &source, from).with_tokens(self.grant_tokens.as_ref());
        plan.also("kms:ReEncryptTo", &target, to);
        Ok(plan)
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let (source, target) = (plan.key()?, plan.nth_key(1)?);
        let (from, to) = self.algorithms();
        suits(source, from.name())?;
        suits(target, to.name())?;
        let Some(ciphertext) = heeded(self.ciphertext_blob.as_ref(), self.dry_run_modifiers.as_ref()) else {
            desk.stop_if_dry(self.dry_run)?;
            return Err(Refusal::new(Why::Validation, "CiphertextBlob is required."));
        };
        let (plaintext, material) =
            decrypt(source, from, &ciphertext.0, self.source_encryption_context.as_ref(), desk)?;
        check_length(target, to, plaintext.len())?;
        desk.stop_if_dry(self.dry_run)?;
        let ciphertext = encrypt(target, to, &plaintext, self.destination_encryption_context.as_ref(), desk)?;
        desk.note_material(Field::DESTINATION_KEY_MATERIAL_ID, current_id(&target.record));
        desk.note_material(Field::SOURCE_KEY_MATERIAL_ID, material.clone());
        Ok(ReEncryptResponse {
            ciphertext_blob: Some(Blob(ciphertext)),
            source_key_id: Some(source.name.arn()),
            key_id: Some(target.name.arn()),
            source_encryption_algorithm: Some(from),
            destination_encryption_algorithm: Some(to),
            source_key_material_id: material,
            destination_key_material_id: current_id(&target.record),
        })
    }
}

impl ReEncryptRequest {
    fn algorithms(&self) -> (EncryptionAlgorithmSpec, EncryptionAlgorithmSpec) {
        let from = self.source_encryption_algorithm.unwrap_or(SYMMETRIC);
        (from, self.destination_encryption_algorithm.unwrap_or(SYMMETRIC))
    }
}
