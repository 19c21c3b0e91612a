//! What may be written about a call: named fields, each with a type, and none for a secret.
//!
//! A [`Parameters`] takes only a [`Field`], and every field there is stands in this file. There is no field for
//! plaintext, ciphertext, messages, signatures, MACs, key material, private keys, tokens or passwords, no value type
//! for bytes, and no way to make a field from a name. So such a thing cannot enter an event by mistake.
//! The fields are those of the AWS KMS examples in the
//! [developer guide](https://docs.aws.amazon.com/kms/latest/developerguide/understanding-kms-entries.html).
//!
//! A field takes its own type only, and bytes are no type of a field:
//!
//! ```
//! use wardbook_audit::event::{Field, Name, Parameters};
//! let mut parameters = Parameters::default();
//! parameters.set(Field::KEY_ID, Name::new("alias/reports").unwrap());
//! parameters.set(Field::NUMBER_OF_BYTES, 32);
//! ```
//! ```compile_fail
//! use wardbook_audit::event::{Field, Parameters};
//! Parameters::default().set(Field::KEY_ID, b"secret".to_vec());
//! ```
//! ```compile_fail
//! use wardbook_audit::event::{Field, Name, Parameters};
//! Parameters::default().set(Field::new("plaintext"), Name::new("secret").unwrap());
//! ```

use std::collections::BTreeMap;
use std::marker::PhantomData;

use crate::json::write_string;
use crate::limits::{POLICY_BYTES_MAX, PROSE_BYTES_MAX};
use crate::time::Timestamp;

/// Fields with their values, in the order in which they were set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters {
    fields: Vec<(&'static str, String)>,
}

/// A field that is logged, and the type that it has.
#[derive(Debug)]
pub struct Field<V> {
    name: &'static str,
    value: PhantomData<fn(V)>,
}

/// A name of a few letters, such as an operation, an algorithm or a region: letters, digits, `_`, `-`, `.`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word(String);

/// An id, an ARN, an alias, a name or an address: no spaces, nothing that needs an escape, up to 2,048 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

/// What people wrote: a description, a message, a user agent. It is cut at 8 KiB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prose(String);

/// The text of a key policy, up to 64 KiB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyText(String);

/// The pairs of an encryption context, which is not secret by definition and logged in clear.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairs(pub BTreeMap<String, String>);

/// Tags by their key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags(pub BTreeMap<String, String>);

/// Several words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words(pub Vec<Word>);

/// Several names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names(pub Vec<Name>);

/// Several things, each with fields of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Several(pub Vec<Parameters>);

/// A type that a field can have. Nobody can add one.
pub trait Loggable: sealed::Written {}

impl<V: sealed::Written> Loggable for V {}

mod sealed {
    pub trait Written {
        fn write(&self, out: &mut Vec<u8>);
    }
}

impl Parameters {
    /// Sets a field.
    pub fn set<V: Loggable>(&mut self, field: Field<V>, value: V) -> &mut Self {
        let mut out = Vec::new();
        value.write(&mut out);
        // What `write` makes is made of texts and ASCII.
        let text =
            String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        match self.fields.iter_mut().find(|(name, _)| *name == field.name) {
            Some((_, value)) => *value = text,
            None => self.fields.push((field.name, text)),
        }
        self
    }

    /// Sets a field if there is a value.
    pub fn set_some<V: Loggable>(&mut self, field: Field<V>, value: Option<V>) -> &mut Self {
        if let Some(value) = value {
            self.set(field, value);
        }
        self
    }

    /// Whether no field is set.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    pub(super) fn write_members(&self, out: &mut Vec<u8>) {
        for (name, value) in &self.fields {
            if !out.ends_with(b"{") {
                out.push(b',');
            }
            write_string(name, out);
            out.push(b':');
            out.extend_from_slice(value.as_bytes());
        }
    }
}

impl<V> Field<V> {
    const fn of(name: &'static str) -> Self {
        Self { name, value: PhantomData }
    }

    /// Its name in the event.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

impl<V> Clone for Field<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Field<V> {}

macro_rules! fields {
    ($kind:ty: $($constant:ident = $name:literal),* $(,)?) => {
        impl Field<$kind> {
            $(#[doc = concat!("`", $name, "`")] pub const $constant: Self = Self::of($name);)*
        }
    };
}

fields! { Word:
    ENCRYPTION_ALGORITHM = "encryptionAlgorithm",
    SOURCE_ENCRYPTION_ALGORITHM = "sourceEncryptionAlgorithm",
    DESTINATION_ENCRYPTION_ALGORITHM = "destinationEncryptionAlgorithm",
    KEY_SPEC = "keySpec",
    KEY_PAIR_SPEC = "keyPairSpec",
    CUSTOMER_MASTER_KEY_SPEC = "customerMasterKeySpec",
    KEY_USAGE = "keyUsage",
    KEY_STATE = "keyState",
    KEY_MANAGER = "keyManager",
    ORIGIN = "origin",
    MAC_ALGORITHM = "macAlgorithm",
    SIGNING_ALGORITHM = "signingAlgorithm",
    MESSAGE_TYPE = "messageType",
    KEY_AGREEMENT_ALGORITHM = "keyAgreementAlgorithm",
    WRAPPING_ALGORITHM = "wrappingAlgorithm",
    WRAPPING_KEY_SPEC = "wrappingKeySpec",
    EXPIRATION_MODEL = "expirationModel",
    IMPORT_TYPE = "importType",
    REPLICA_REGION = "replicaRegion",
    PRIMARY_REGION = "primaryRegion",
    ROTATION_TYPE = "rotationType",
    KEY_ORIGIN = "keyOrigin",
    CUSTOM_KEY_STORE_TYPE = "customKeyStoreType",
    MULTI_REGION_KEY_TYPE = "multiRegionKeyType",
    REGION = "region",
    XKS_PROXY_CONNECTIVITY = "xksProxyConnectivity",
}

fields! { Name:
    KEY_ID = "keyId",
    SOURCE_KEY_ID = "sourceKeyId",
    DESTINATION_KEY_ID = "destinationKeyId",
    TARGET_KEY_ID = "targetKeyId",
    ALIAS_NAME = "aliasName",
    ARN = "arn",
    ACCOUNT_ID = "aWSAccountId",
    GRANT_ID = "grantId",
    GRANTEE_PRINCIPAL = "granteePrincipal",
    RETIRING_PRINCIPAL = "retiringPrincipal",
    POLICY_NAME = "policyName",
    KEY_MATERIAL_ID = "keyMaterialId",
    PREVIOUS_KEY_MATERIAL_ID = "previousKeyMaterialId",
    CURRENT_KEY_MATERIAL_ID = "currentKeyMaterialId",
    SOURCE_KEY_MATERIAL_ID = "sourceKeyMaterialId",
    DESTINATION_KEY_MATERIAL_ID = "destinationKeyMaterialId",
    CUSTOM_KEY_STORE_ID = "customKeyStoreId",
    CLUSTER_ID = "clusterId",
    CLOUD_HSM_CLUSTER_ID = "cloudHsmClusterId",
    XKS_KEY_ID = "xksKeyId",
    XKS_PROXY_URI_ENDPOINT = "xksProxyUriEndpoint",
    XKS_PROXY_URI_PATH = "xksProxyUriPath",
    SOURCE_ARN = "sourceArn",
    ATTESTATION_DOCUMENT_MODULE_ID = "attestationDocumentModuleId",
    ATTESTATION_DOCUMENT_ENCLAVE_IMAGE_DIGEST = "attestationDocumentEnclaveImageDigest",
    ROLE_ARN = "roleArn",
    ROLE_SESSION_NAME = "roleSessionName",
    SOURCE_IDENTITY = "sourceIdentity",
    ASSUMED_ROLE_ID = "assumedRoleId",
    KEPT = "kept",
    SEGMENT = "segment",
}

fields! { Prose:
    DESCRIPTION = "description",
    KEY_MATERIAL_DESCRIPTION = "keyMaterialDescription",
    GRANT_NAME = "name",
    CUSTOM_KEY_STORE_NAME = "customKeyStoreName",
    CONNECTION_ERROR = "connectionError",
}

fields! { u64:
    NUMBER_OF_BYTES = "numberOfBytes",
    PENDING_WINDOW_IN_DAYS = "pendingWindowInDays",
    ROTATION_PERIOD_IN_DAYS = "rotationPeriodInDays",
    LIMIT = "limit",
    DURATION_SECONDS = "durationSeconds",
    OFFSET = "offset",
    LENGTH = "length",
}

fields! { bool:
    BYPASS_POLICY_LOCKOUT_SAFETY_CHECK = "bypassPolicyLockoutSafetyCheck",
    MULTI_REGION = "multiRegion",
    ENABLED = "enabled",
    DRY_RUN = "dryRun",
    INCLUDE_KEY_MATERIAL = "includeKeyMaterial",
}

fields! { Timestamp:
    CREATION_DATE = "creationDate",
    DELETION_DATE = "deletionDate",
    VALID_TO = "validTo",
    EXPIRATION = "expiration",
}

fields! { Pairs:
    ENCRYPTION_CONTEXT = "encryptionContext",
    SOURCE_ENCRYPTION_CONTEXT = "sourceEncryptionContext",
    DESTINATION_ENCRYPTION_CONTEXT = "destinationEncryptionContext",
    ENCRYPTION_CONTEXT_EQUALS = "encryptionContextEquals",
    ENCRYPTION_CONTEXT_SUBSET = "encryptionContextSubset",
}

fields! { Tags: TAGS = "tags", REPLICA_TAGS = "replicaTags" }
fields! { Words:
    OPERATIONS = "operations",
    ENCRYPTION_ALGORITHMS = "encryptionAlgorithms",
    SIGNING_ALGORITHMS = "signingAlgorithms",
    KEY_AGREEMENT_ALGORITHMS = "keyAgreementAlgorithms",
    ENCAPSULATION_ALGORITHMS = "encapsulationAlgorithms",
    MAC_ALGORITHMS = "macAlgorithms",
}
fields! { Names: TAG_KEYS = "tagKeys", POLICY_ARNS = "policyArns" }
fields! { PolicyText: POLICY = "policy", REPLICA_POLICY = "replicaPolicy" }

fields! { Parameters:
    CONSTRAINTS = "constraints",
    KEY_METADATA = "keyMetadata",
    REPLICA_KEY_METADATA = "replicaKeyMetadata",
    MULTI_REGION_CONFIGURATION = "multiRegionConfiguration",
    PRIMARY_KEY = "primaryKey",
    RECIPIENT = "recipient",
    ASSUMED_ROLE_USER = "assumedRoleUser",
    CREDENTIALS = "credentials",
}

fields! { Several: REPLICA_KEYS = "replicaKeys" }

fields! { super::AccessKeyId: ACCESS_KEY_ID = "accessKeyId" }

impl Word {
    /// Checks a word.
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        (!text.is_empty() && text.len() <= 64 && text.bytes().all(valid)).then_some(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Name {
    /// Checks a name.
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        let valid = |letter: char| !letter.is_whitespace() && !letter.is_control() && !matches!(letter, '"' | '\\');
        (!text.is_empty() && text.len() <= 2_048 && text.chars().all(valid)).then_some(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Prose {
    /// Takes a text, and cuts it if it is too long.
    pub fn new(text: &str) -> Self {
        let end = (0..=text.len().min(PROSE_BYTES_MAX)).rev().find(|end| text.is_char_boundary(*end));
        Self(text.get(..end.unwrap_or(0)).unwrap_or_default().to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PolicyText {
    /// Checks its length.
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        (text.len() <= POLICY_BYTES_MAX).then_some(Self(text))
    }
}

macro_rules! written_as_text {
    ($($kind:ty),*) => {
        $(impl sealed::Written for $kind {
            fn write(&self, out: &mut Vec<u8>) {
                write_string(&self.0, out);
            }
        })*
    };
}

written_as_text!(Word, Name, Prose, PolicyText);

impl sealed::Written for u64 {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.to_string().as_bytes());
    }
}

impl sealed::Written for bool {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

impl sealed::Written for Timestamp {
    fn write(&self, out: &mut Vec<u8>) {
        write_string(&self.to_string(), out);
    }
}

impl sealed::Written for super::AccessKeyId {
    fn write(&self, out: &mut Vec<u8>) {
        write_string(self.as_str(), out);
    }
}

impl sealed::Written for Pairs {
    fn write(&self, out: &mut Vec<u8>) {
        let mut separator = b'{';
        for (key, value) in &self.0 {
            out.push(std::mem::replace(&mut separator, b','));
            write_string(key, out);
            out.push(b':');
            write_string(value, out);
        }
        out.extend_from_slice(if separator == b'{' { b"{}" } else { b"}" });
    }
}

impl sealed::Written for Tags {
    fn write(&self, out: &mut Vec<u8>) {
        let pair = |out: &mut Vec<u8>, (key, value): (&String, &String)| {
            out.extend_from_slice(b"{\"tagKey\":");
            write_string(key, out);
            out.extend_from_slice(b",\"tagValue\":");
            write_string(value, out);
            out.push(b'}');
        };
        write_list(out, self.0.iter(), pair);
    }
}

impl sealed::Written for Words {
    fn write(&self, out: &mut Vec<u8>) {
        write_list(out, self.0.iter(), |out, word| word.write(out));
    }
}

impl sealed::Written for Names {
    fn write(&self, out: &mut Vec<u8>) {
        write_list(out, self.0.iter(), |out, name| name.write(out));
    }
}

impl sealed::Written for Several {
    fn write(&self, out: &mut Vec<u8>) {
        write_list(out, self.0.iter(), |out, parameters| parameters.write(out));
    }
}

impl sealed::Written for Parameters {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        self.write_members(out);
        out.push(b'}');
    }
}

pub(super) fn write_list<T>(out: &mut Vec<u8>, items: impl Iterator<Item = T>, write: impl Fn(&mut Vec<u8>, T)) {
    let mut separator = b'[';
    for item in items {
        out.push(std::mem::replace(&mut separator, b','));
        write(out, item);
    }
    out.extend_from_slice(if separator == b'[' { b"[]" } else { b"]" });
}

pub(super) fn write_value(value: &impl Loggable, out: &mut Vec<u8>) {
    value.write(out);
}
