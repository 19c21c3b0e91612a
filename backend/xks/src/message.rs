//! The bodies of the four calls, and what an answer must look like to be believed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use wardbook_backend::backend::Condition;
use wardbook_backend::call::Call;
use wardbook_backend::error::{BackendError, InputError};

use crate::limits::{
    KEY_USAGES_MAX, LABEL_BYTES_MAX, LABELS_MAX, MANAGERS_MAX, METADATA_BYTES_MAX, PLAINTEXT_BYTES_MAX,
};
use crate::reply::Malformed;

/// What a proxy gives back for a plaintext, and wants for giving the plaintext back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The proxy's own housekeeping; may be empty.
    pub metadata: Vec<u8>,
    /// 12 or 16 bytes.
    pub iv: Vec<u8>,
    /// The authentication tag.
    pub tag: [u8; 16],
    /// As long as the plaintext.
    pub ciphertext: Vec<u8>,
}

/// What a proxy says about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// `AES_256`, or something that cannot be used here.
    pub spec: String,
    /// `ENCRYPT`, `DECRYPT` and whatever else the key is for.
    pub usage: Vec<String>,
    /// Whether it may be used now.
    pub status: KeyStatus,
}

/// Whether an external key may be used now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStatus {
    /// It may.
    Enabled,
    /// It may not, until its owner says so.
    Disabled,
}

/// What a proxy says about itself and what is behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// How many proxies share the work.
    pub fleet_size: u64,
    /// Who made the proxy.
    pub vendor: String,
    /// Which one it is.
    pub model: String,
    /// Who made the key managers.
    pub manager_vendor: String,
    /// The key managers.
    pub managers: Vec<Manager>,
}

/// One key manager behind a proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manager {
    /// Its name.
    pub id: String,
    /// What it is.
    pub model: String,
    /// How it is.
    pub condition: Condition,
}

/// Labels of a call that travel with it, and what stands in for those that the protocol requires.
pub(crate) struct Standing<'a> {
    pub(crate) operation: &'a str,
    pub(crate) key: Option<&'a str>,
    pub(crate) request_id: &'a str,
}

/// The protocol's word for calls that no customer made.
const NOBODY: &str = "AWS Internal";

/// `requestMetadata`: the labels as they were given. `narrow` leaves those of a health check.
pub(crate) fn request_metadata(
    call: &Call<'_>,
    standing: &Standing<'_>,
    narrow: bool,
) -> Result<Map<String, Value>, BackendError> {
    let mut metadata = Map::new();
    if call.labels().len() > LABELS_MAX {
        return Err(InputError::TooLong { bytes_max: LABEL_BYTES_MAX }.into());
    }
    for (name, value) in call.labels() {
        if name.len().max(value.len()) > LABEL_BYTES_MAX {
            return Err(InputError::TooLong { bytes_max: LABEL_BYTES_MAX }.into());
        }
        let wanted = !narrow || matches!(*name, "kmsRequestId" | "kmsOperation");
        if wanted && metadata.insert((*name).to_owned(), (*value).into()).is_some() {
            // Two values under one name would let two readers see two requests.
            return Err(BackendError::Internal);
        }
    }
    let mut stand_in = |name: &str, value: &str| {
        metadata.entry(name).or_insert_with(|| value.into());
    };
    stand_in("kmsRequestId", standing.request_id);
    stand_in("kmsOperation", standing.operation);
    if !narrow {
        stand_in("awsPrincipalArn", NOBODY);
        if let Some(key) = standing.key {
            stand_in("kmsKeyArn", key);
        }
    }
    Ok(metadata)
}

/// The body of an encryption.
pub(crate) fn encrypt(body: &mut Map<String, Value>, plaintext: &[u8], associated: &[u8]) {
    associate(body, associated);
    body.insert("plaintext".into(), STANDARD.encode(plaintext).into());
    body.insert("encryptionAlgorithm".into(), "AES_GCM".into());
    body.insert("ciphertextDataIntegrityValueAlgorithm".into(), "SHA_256".into());
}

/// The body of a decryption.
pub(crate) fn decrypt(body: &mut Map<String, Value>, sealed: &Sealed, associated: &[u8]) {
    associate(body, associated);
    body.insert("encryptionAlgorithm".into(), "AES_GCM".into());
    body.insert("ciphertext".into(), STANDARD.encode(&sealed.ciphertext).into());
    if !sealed.metadata.is_empty() {
        body.insert("ciphertextMetadata".into(), STANDARD.encode(&sealed.metadata).into());
    }
    body.insert("initializationVector".into(), STANDARD.encode(&sealed.iv).into());
    body.insert("authenticationTag".into(), STANDARD.encode(sealed.tag).into());
}

fn associate(body: &mut Map<String, Value>, associated: &[u8]) {
    if !associated.is_empty() {
        body.insert("additionalAuthenticatedData".into(), STANDARD.encode(associated).into());
    }
}

/// Reads the answer to an encryption: the parts, and the integrity value that the proxy computed over them.
pub(crate) fn sealed(body: &[u8]) -> Result<(Sealed, [u8; 32]), Malformed> {
    let body = object(body)?;
    let metadata = match body.get("ciphertextMetadata") {
        None | Some(Value::Null) => Vec::new(),
        Some(_) => bytes(&body, "ciphertextMetadata", METADATA_BYTES_MAX)?,
    };
    let iv = bytes(&body, "initializationVector", 16)?;
    let tag = bytes(&body, "authenticationTag", 16)?.try_into().map_err(|_| Malformed)?;
    let ciphertext = bytes(&body, "ciphertext", PLAINTEXT_BYTES_MAX)?;
    let integrity = bytes(&body, "ciphertextDataIntegrityValue", 32)?.try_into().map_err(|_| Malformed)?;
    match iv.len() {
        12 | 16 => Ok((Sealed { metadata, iv, tag, ciphertext }, integrity)),
        _ => Err(Malformed),
    }
}

/// Reads the answer to a decryption.
pub(crate) fn plaintext(body: &[u8]) -> Result<Vec<u8>, Malformed> {
    bytes(&object(body)?, "plaintext", PLAINTEXT_BYTES_MAX)
}

/// Reads the answer about a key.
pub(crate) fn metadata(body: &[u8]) -> Result<Metadata, Malformed> {
    let body = object(body)?;
    let usage = body.get("keyUsage").and_then(Value::as_array).ok_or(Malformed)?;
    if usage.len() > KEY_USAGES_MAX {
        return Err(Malformed);
    }
    let usage: Option<Vec<String>> = usage.iter().map(|usage| usage.as_str().map(str::to_owned)).collect();
    let status = match text(&body, "keyStatus")? {
        "ENABLED" => KeyStatus::Enabled,
        "DISABLED" => KeyStatus::Disabled,
        _ => return Err(Malformed),
    };
    Ok(Metadata { spec: text(&body, "keySpec")?.to_owned(), usage: usage.ok_or(Malformed)?, status })
}

/// Reads the answer about health.
pub(crate) fn status(body: &[u8]) -> Result<Status, Malformed> {
    let body = object(body)?;
    let details = body.get("ekmFleetDetails").and_then(Value::as_array).ok_or(Malformed)?;
    if !(1..=MANAGERS_MAX).contains(&details.len()) {
        return Err(Malformed);
    }
    let manager = |entry: &Value| {
        let entry = entry.as_object().ok_or(Malformed)?;
        let condition = match text(entry, "healthStatus")? {
            "ACTIVE" => Condition::Active,
            "DEGRADED" => Condition::Degraded,
            "UNAVAILABLE" => Condition::Unavailable,
            _ => return Err(Malformed),
        };
        Ok(Manager { id: text(entry, "id")?.to_owned(), model: text(entry, "model")?.to_owned(), condition })
    };
    Ok(Status {
        fleet_size: body.get("xksProxyFleetSize").and_then(Value::as_u64).filter(|size| *size > 0).ok_or(Malformed)?,
        vendor: text(&body, "xksProxyVendor")?.to_owned(),
        model: text(&body, "xksProxyModel")?.to_owned(),
        manager_vendor: text(&body, "ekmVendor")?.to_owned(),
        managers: details.iter().map(manager).collect::<Result<_, Malformed>>()?,
    })
}

/// The ciphertext data integrity value: SHA-256 over everything a decryption will need.
pub(crate) fn integrity_value(sealed: &Sealed, associated: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(associated)
        .chain_update(&sealed.metadata)
        .chain_update(&sealed.iv)
        .chain_update(&sealed.ciphertext)
        .chain_update(sealed.tag)
        .finalize()
        .into()
}

fn object(body: &[u8]) -> Result<Map<String, Value>, Malformed> {
    serde_json::from_slice(body).map_err(|_| Malformed)
}

fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Result<&'a str, Malformed> {
    object.get(name).and_then(Value::as_str).ok_or(Malformed)
}

fn bytes(object: &Map<String, Value>, name: &str, bytes_max: usize) -> Result<Vec<u8>, Malformed> {
    let decoded = STANDARD.decode(text(object, name)?).map_err(|_| Malformed)?;
    match decoded.len() <= bytes_max {
        true => Ok(decoded),
        false => Err(Malformed),
    }
}

#[cfg(test)]
mod tests;
