//! What is kept of keys, aliases and grants. Fields are added with a default, and never change their meaning.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wardbook_backend::token::MaterialId;
use wardbook_policy::catalogue::KeyState;

/// What is kept of a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// When it was made, in microseconds since 1970, as all times here.
    pub created: i64,
    /// What its owner says of it.
    pub description: String,
    /// Its spec.
    pub spec: String,
    /// What it is for.
    pub usage: String,
    /// Where its material comes from.
    pub origin: String,
    /// `CUSTOMER` or `AWS`.
    pub manager: String,
    /// Its state.
    pub state: String,
    /// When it will be deleted.
    pub deletion: Option<i64>,
    /// How many days its deletion waits once it can begin.
    pub pending_window: Option<i64>,
    /// The text of its policy.
    pub policy: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Its siblings in other regions.
    pub multi_region: Option<MultiRegion>,
    /// Its materials, oldest first.
    pub materials: Vec<Material>,
    /// When it rotates by itself.
    pub rotation: Option<Rotation>,
    /// How often it was rotated on demand.
    #[serde(default)]
    pub rotations_on_demand: usize,
    /// The id of the custom key store that has its material.
    #[serde(default)]
    pub key_store: Option<String>,
    /// What an external key store calls it.
    #[serde(default)]
    pub external_id: Option<String>,
}

/// What is kept of a custom key store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyStoreRecord {
    /// Its friendly name.
    pub name: String,
    /// What it is.
    pub kind: StoreKind,
    /// When it was made.
    pub created: i64,
    /// Whether it is connected.
    pub connection: Connection,
    /// The cluster of a CloudHSM key store.
    pub cluster: String,
    /// The trust anchor of a CloudHSM key store.
    pub anchor: String,
    /// The endpoint of an external key store's proxy.
    pub endpoint: String,
    /// The path of an external key store's proxy.
    pub path: String,
    /// How the proxy is reached, and through whose service.
    pub connectivity: String,
    /// The endpoint service, where the proxy is reached through one.
    pub endpoint_service: Option<String>,
    /// The access key id that the proxy knows us by.
    pub access_key: String,
    /// The secret access key for the proxy, or the password of the cluster.
    pub secret: Hidden,
}

/// What a custom key store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StoreKind {
    /// `AWS_CLOUDHSM`: a token.
    CloudHsm,
    /// `EXTERNAL_KEY_STORE`: a proxy.
    External,
}

/// Whether a custom key store is connected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Connection {
    /// It is.
    Connected,
    /// It is not.
    Disconnected,
    /// It could not be, for this reason.
    Failed(String),
}

/// A text that is kept, sealed with its row, and never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hidden(pub String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hidden({} bytes)", self.0.len())
    }
}

/// The siblings of a multi-Region key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MultiRegion {
    /// The region of the primary.
    pub primary: String,
    /// The regions of the replicas, sorted.
    pub replicas: Vec<String>,
}

/// How a key rotates by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rotation {
    /// Every so many days.
    pub period_days: i64,
    /// When next.
    pub next: i64,
}

/// One material of a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Material {
    /// Its id in hexadecimal.
    pub id: String,
    /// The backend's token in base64; none while imported material is missing.
    pub token: Option<String>,
    /// What it is used for.
    pub state: MaterialState,
    /// When it became the current one by a rotation, and by which kind.
    pub rotated: Option<Rotated>,
    /// What is known of its import.
    pub import: Option<Import>,
}

/// A rotation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rotated {
    /// When.
    pub at: i64,
    /// `AUTOMATIC` or `ON_DEMAND`.
    pub kind: String,
    /// Whether its own event is still to be written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub untold: bool,
}

/// What a material is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MaterialState {
    /// Encrypts and decrypts.
    Current,
    /// Decrypts.
    NonCurrent,
    /// Waits to become the current one.
    PendingRotation,
    /// Waits for that too, and for every sibling of its multi-Region key to have it first.
    PendingSiblings,
}

impl MaterialState {
    /// Whether the key can do without it, since it never encrypted anything.
    pub fn is_pending(self) -> bool {
        matches!(self, Self::PendingRotation | Self::PendingSiblings)
    }
}

/// What is known of imported material.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Import {
    /// Its fingerprint in hexadecimal: only the same can come back.
    pub fingerprint: String,
    /// When it expires.
    pub valid_to: Option<i64>,
    /// What its owner says of it.
    pub description: Option<String>,
}

/// What is kept of an alias.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AliasRecord {
    /// The id of the key that it points to.
    pub key: String,
    /// When it was made.
    pub created: i64,
    /// When it last changed.
    pub updated: i64,
}

/// What is kept of a grant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GrantRecord {
    /// Its id, 64 hexadecimal digits.
    pub id: String,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// When it was made.
    pub created: i64,
    /// Who may use it.
    pub grantee: String,
    /// Who may retire it.
    pub retiring: Option<String>,
    /// The account that issued it, as the ARN of its root user.
    pub issuing_account: String,
    /// What it permits.
    pub operations: Vec<String>,
    /// The encryption context that a call must have, at least.
    pub subset: Option<BTreeMap<String, String>>,
    /// The encryption context that a call must have, exactly.
    pub equals: Option<BTreeMap<String, String>>,
    /// The resource for which a service must call.
    pub source_arn: Option<String>,
}

impl KeyRecord {
    /// Its state, which the door of the store has checked.
    pub fn key_state(&self) -> KeyState {
        KeyState::from_name(&self.state).unwrap_or(KeyState::Unavailable)
    }

    /// Whether everything that ever encrypted is here, if anything ever did.
    pub fn is_whole(&self) -> bool {
        let mut kept = self.materials.iter().filter(|material| !material.state.is_pending());
        self.current().is_some() && kept.all(|material| material.token.is_some())
    }

    /// The material that encrypts, if there is one.
    pub fn current(&self) -> Option<&Material> {
        self.materials.iter().find(|material| material.state == MaterialState::Current)
    }

    /// The material of an id.
    pub fn material(&self, id: MaterialId) -> Option<&Material> {
        let id = id.to_string();
        self.materials.iter().find(|material| material.id == id)
    }

    /// Whether it is the symmetric key whose materials rotate.
    pub fn is_symmetric_encryption(&self) -> bool {
        self.spec == "SYMMETRIC_DEFAULT"
    }
}

impl Material {
    /// Its id.
    pub fn material_id(&self) -> Option<MaterialId> {
        let pairs = self.id.as_bytes().as_chunks::<2>().0.iter();
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let bytes: Option<Vec<u8>> = pairs.map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
        bytes?.try_into().ok().map(MaterialId)
    }
}

impl GrantRecord {
    /// As `list-grants` prints it, which is what the policy room reads.
    pub fn json(&self, key_arn: &str) -> String {
        let mut constraints = serde_json::Map::new();
        for (name, pairs) in [("EncryptionContextSubset", &self.subset), ("EncryptionContextEquals", &self.equals)] {
            if let Some(pairs) = pairs {
                constraints.insert(name.into(), serde_json::json!(pairs));
            }
        }
        if let Some(arn) = &self.source_arn {
            constraints.insert("SourceArn".into(), arn.as_str().into());
        }
        let mut grant = serde_json::json!({
            "KeyId": key_arn, "GrantId": self.id, "GranteePrincipal": self.grantee,
            "IssuingAccount": self.issuing_account, "Operations": self.operations,
        });
        if let Some(members) = grant.as_object_mut() {
            let name = self.name.as_ref().map(|name| ("Name", name));
            let retiring = self.retiring.as_ref().map(|retiring| ("RetiringPrincipal", retiring));
            for (member, text) in [name, retiring].into_iter().flatten() {
                members.insert(member.into(), text.as_str().into());
            }
            if !constraints.is_empty() {
                members.insert("Constraints".into(), constraints.into());
            }
        }
        grant.to_string()
    }
}
