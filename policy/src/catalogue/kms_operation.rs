//! What KMS makes of each of its actions.

use super::table::{Row, Table};

pub(super) const OPERATIONS: Table = Table::new(include_str!("../../data/kms_operation.tsv"));

/// What KMS makes of an action, such as `kms:Decrypt`. A short walk over a small table.
pub fn kms_operation(action: &str) -> Option<KmsOperation> {
    OPERATIONS.find(&[action]).map(KmsOperation)
}

/// A line for each KMS action, sorted by name.
pub fn kms_operations() -> impl Iterator<Item = KmsOperation> {
    OPERATIONS.rows().map(KmsOperation)
}

/// The actions that an operation of the API asks for: one, but two for `ReEncrypt`, and none for a name
/// that is no operation.
pub fn kms_operations_of(operation: &str) -> impl Iterator<Item = KmsOperation> {
    kms_operations().filter(move |line| line.operation().is_some_and(|name| name.eq_ignore_ascii_case(operation)))
}

/// A KMS action, and what the service makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KmsOperation(Row);

impl KmsOperation {
    /// The action that is authorized, such as `kms:ReEncryptFrom`.
    pub fn action(self) -> &'static str {
        self.0.field(0)
    }

    /// The operation of the API that asks for it, such as `ReEncrypt`. None: only the service itself does.
    pub fn operation(self) -> Option<&'static str> {
        Some(self.0.field(1)).filter(|name| *name != "-")
    }

    /// What the action is authorized on.
    pub fn resource_kind(self) -> ResourceKind {
        match self.0.field(2) {
            "key" => ResourceKind::Key,
            "alias+key" => ResourceKind::AliasAndKey,
            "retiring-principal" => ResourceKind::RetiringPrincipal,
            _ => ResourceKind::NoResource,
        }
    }

    /// Whether a caller from another account can ever be allowed.
    pub fn is_cross_account(self) -> bool {
        self.flag(3)
    }

    /// Its name among the operations of a grant, if a grant can permit it.
    pub fn grant_operation(self) -> Option<&'static str> {
        let (_, name) = self.action().split_once(':')?;
        self.flag(4).then_some(name)
    }

    /// The usage that a key must have been made for, where it matters.
    pub fn key_usage(self) -> Option<KeyUsage> {
        KeyUsage::from_name(self.0.field(5))
    }

    /// Whether it is a cryptographic operation: a use of the key, not the care of it.
    pub fn is_cryptographic(self) -> bool {
        self.flag(6)
    }

    /// What CloudTrail writes as `readOnly`: cryptographic use counts as reading.
    pub fn is_read_only(self) -> bool {
        self.flag(7)
    }

    /// Whether the operation can be asked for with DryRun.
    pub fn supports_dry_run(self) -> bool {
        self.flag(8)
    }

    /// Condition keys that carry a value although the caller sent none, with that value.
    pub fn defaults(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.0.list(9).filter_map(|item| item.split_once('='))
    }

    fn flag(self, index: usize) -> bool {
        self.0.field(index) == "yes"
    }
}

/// What a KMS action is authorized on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResourceKind {
    /// A key: its key policy has a say.
    Key,
    /// An alias, by IAM alone, and the key behind it: two decisions.
    AliasAndKey,
    /// The ARN of the principal that may retire grants, by IAM alone.
    RetiringPrincipal,
    /// Nothing in particular: by IAM alone, on `"*"`.
    NoResource,
}

/// What a key was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyUsage {
    /// `ENCRYPT_DECRYPT`
    EncryptDecrypt,
    /// `SIGN_VERIFY`
    SignVerify,
    /// `GENERATE_VERIFY_MAC`
    GenerateVerifyMac,
    /// `KEY_AGREEMENT`
    KeyAgreement,
    /// `ENCAPSULATE_DECAPSULATE`
    EncapsulateDecapsulate,
}

impl KeyUsage {
    /// All usages.
    pub const ALL: [Self; 5] = [
        Self::EncryptDecrypt,
        Self::SignVerify,
        Self::GenerateVerifyMac,
        Self::KeyAgreement,
        Self::EncapsulateDecapsulate,
    ];

    /// The usage that the API calls `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|usage| usage.name() == name)
    }

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::EncryptDecrypt => "ENCRYPT_DECRYPT",
            Self::SignVerify => "SIGN_VERIFY",
            Self::GenerateVerifyMac => "GENERATE_VERIFY_MAC",
            Self::KeyAgreement => "KEY_AGREEMENT",
            Self::EncapsulateDecapsulate => "ENCAPSULATE_DECAPSULATE",
        }
    }
}
