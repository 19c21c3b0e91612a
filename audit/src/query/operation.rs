//! The operations of KMS that questions tell apart. Whatever stands in none of these lists is none of them.

/// Where KMS events come from.
pub(super) const KMS: &str = "kms.amazonaws.com";

/// Operations that use the key itself: a successful call of one of them is a *use*.
pub(super) const CRYPTOGRAPHIC: &[&str] = &[
    "Decapsulate",
    "Decrypt",
    "DeriveSharedSecret",
    "Encapsulate",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "ReEncrypt",
    "Sign",
    "Verify",
    "VerifyMac",
];

/// What takes a key or its material away, or gives it back at the last moment.
pub(super) const DELETION: &[&str] = &[
    "CancelKeyDeletion",
    "DeleteExpiredKeyMaterial",
    "DeleteImportedKeyMaterial",
    "DeleteKey",
    "DisableKey",
    "ScheduleKeyDeletion",
];

/// What changes a key policy.
pub(super) const POLICY_CHANGE: &[&str] = &["PutKeyPolicy"];

/// What makes or ends a grant.
pub(super) const GRANT: &[&str] = &["CreateGrant", "RetireGrant", "RevokeGrant"];

/// What says that a key has fresh material.
pub(super) const ROTATION: &[&str] = &["RotateKey"];

/// What says of which kind a key is.
pub(super) const CREATION: &[&str] = &["CreateKey", "ReplicateKey"];
