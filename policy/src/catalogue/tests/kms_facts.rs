//! Operations, key states and errors of KMS.

use std::collections::BTreeSet;

use super::super::*;
use super::names;

#[test]
fn kms_actions_and_operations_cover_each_other() {
    let of_actions: Vec<_> = names(service("kms").unwrap().actions());
    let of_operations: Vec<_> = kms_operations().map(|line| line.action()).collect();
    assert_eq!(of_actions, of_operations);

    let operations: BTreeSet<_> = kms_operations().filter_map(|line| line.operation()).collect();
    assert_eq!(operations.len(), 56);
    for name in operations {
        let asked: Vec<_> = kms_operations_of(name).map(|line| line.action()).collect();
        let expected = if name == "ReEncrypt" { 2 } else { 1 };
        assert_eq!(asked.len(), expected, "{name}: {asked:?}");
    }
    for line in kms_operations() {
        let named = action(line.action()).unwrap();
        let on_key = named.resource_types().any(|found| found.name() == "key");
        let kind = line.resource_kind();
        assert_eq!(on_key, matches!(kind, ResourceKind::Key | ResourceKind::AliasAndKey), "{line:?}");
        for (key, value) in line.defaults() {
            assert!(carries(line.action(), key), "{line:?}: {key}");
            assert_eq!(condition_key(key).unwrap().name(), key);
            assert!(!value.is_empty());
        }
    }
}

#[test]
fn the_21_cross_account_operations_are_those_of_the_api_model() {
    let found: BTreeSet<_> =
        kms_operations().filter(|line| line.is_cross_account()).filter_map(|line| line.operation()).collect();
    // botocore, "Cross-account use: Yes"; evaluation.md §2.2 has the same count.
    let expected = [
        "CreateGrant",
        "Decapsulate",
        "Decrypt",
        "DeriveSharedSecret",
        "DescribeKey",
        "Encapsulate",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateMac",
        "GetKeyRotationStatus",
        "GetPublicKey",
        "ListGrants",
        "ReEncrypt",
        "RetireGrant",
        "RevokeGrant",
        "Sign",
        "Verify",
        "VerifyMac",
    ];
    assert_eq!(expected.len(), 21);
    assert_eq!(found, BTreeSet::from(expected));
}

#[test]
fn the_19_grant_operations_are_those_of_the_api_model() {
    let found: BTreeSet<_> = kms_operations().filter_map(|line| line.grant_operation()).collect();
    let expected = [
        "CreateGrant",
        "Decapsulate",
        "Decrypt",
        "DeriveSharedSecret",
        "DescribeKey",
        "Encapsulate",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateMac",
        "GetPublicKey",
        "ReEncryptFrom",
        "ReEncryptTo",
        "RetireGrant",
        "Sign",
        "Verify",
        "VerifyMac",
    ];
    assert_eq!(expected.len(), 19);
    assert_eq!(found, BTreeSet::from(expected));
}

#[test]
fn operations_know_their_kind_usage_and_class() {
    let operation = |name| kms_operation(name).unwrap_or_else(|| panic!("{name}"));
    let decrypt = operation("KMS:decrypt");
    assert_eq!(decrypt.action(), "kms:Decrypt");
    assert_eq!(decrypt.key_usage(), Some(KeyUsage::EncryptDecrypt));
    assert!(decrypt.is_cryptographic() && decrypt.is_read_only() && decrypt.supports_dry_run());
    assert_eq!(operation("kms:Sign").key_usage(), Some(KeyUsage::SignVerify));
    assert_eq!(operation("kms:VerifyMac").key_usage(), Some(KeyUsage::GenerateVerifyMac));
    assert_eq!(operation("kms:DeriveSharedSecret").key_usage(), Some(KeyUsage::KeyAgreement));
    assert_eq!(operation("kms:Encapsulate").key_usage(), Some(KeyUsage::EncapsulateDecapsulate));
    assert_eq!(operation("kms:GetPublicKey").key_usage(), None);
    assert_eq!(operation("kms:ReEncryptTo").operation(), Some("ReEncrypt"));
    assert_eq!(operation("kms:SynchronizeMultiRegionKey").operation(), None);
    assert_eq!(operation("kms:UpdateAlias").resource_kind(), ResourceKind::AliasAndKey);
    assert_eq!(operation("kms:ListRetirableGrants").resource_kind(), ResourceKind::RetiringPrincipal);
    for name in ["kms:ListKeys", "kms:ListAliases", "kms:CreateKey", "kms:GenerateRandom"] {
        assert_eq!(operation(name).resource_kind(), ResourceKind::NoResource, "{name}");
    }
    assert_eq!(operation("kms:RevokeGrant").grant_operation(), None);
    assert!(!operation("kms:DescribeKey").is_cryptographic());
    assert!(!operation("kms:PutKeyPolicy").is_read_only());
    assert!(!operation("kms:CreateGrant").is_read_only());
    assert!(operation("kms:GetParametersForImport").is_read_only());
    // kms-service.md §1.1: 17 operations take DryRun; ReEncrypt is two lines here.
    assert_eq!(kms_operations().filter(|line| line.supports_dry_run()).count(), 17 + 1);
    let defaults: Vec<_> = operation("kms:ScheduleKeyDeletion").defaults().collect();
    assert_eq!(defaults, [("kms:ScheduleKeyDeletionPendingWindowInDays", "30")]);
    assert_eq!(operation("kms:CreateKey").defaults().count(), 4);
    let defaults: Vec<_> = operation("kms:Decrypt").defaults().collect();
    assert_eq!(defaults, [("kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT")]);
    assert_eq!(operation("kms:GenerateMac").defaults().count(), 0);
    assert_eq!(kms_operation("s3:GetObject"), None);
    assert_eq!(kms_operation("Decrypt"), None);
}

#[test]
fn key_states_refuse_what_the_developer_guide_says() {
    use KeyState::*;
    for (action, state, error) in [
        ("kms:Decrypt", Enabled, None),
        ("kms:Decrypt", Updating, None),
        ("kms:Decrypt", Disabled, Some("DisabledException")),
        ("kms:Decrypt", PendingDeletion, Some("KMSInvalidStateException")),
        ("kms:Decrypt", PendingReplicaDeletion, Some("KMSInvalidStateException")),
        ("kms:Decrypt", PendingImport, Some("KMSInvalidStateException")),
        ("kms:Decrypt", Unavailable, Some("KMSInvalidStateException")),
        ("kms:Decrypt", Creating, Some("KMSInvalidStateException")),
        ("kms:CreateGrant", Unavailable, None),
        ("kms:EnableKey", Disabled, None),
        ("kms:EnableKey", PendingDeletion, Some("KMSInvalidStateException")),
        ("kms:CancelKeyDeletion", Enabled, Some("KMSInvalidStateException")),
        ("kms:CancelKeyDeletion", PendingDeletion, None),
        ("kms:ScheduleKeyDeletion", Disabled, None),
        ("kms:ScheduleKeyDeletion", Updating, Some("KMSInvalidStateException")),
        ("kms:EnableKeyRotation", PendingImport, Some("UnsupportedOperationException")),
        ("kms:ImportKeyMaterial", PendingImport, None),
        ("kms:DeleteImportedKeyMaterial", PendingDeletion, None),
        ("kms:DescribeKey", PendingDeletion, None),
        ("kms:PutKeyPolicy", Creating, None),
        ("kms:TagResource", PendingDeletion, Some("KMSInvalidStateException")),
        ("kms:ListKeys", Disabled, None),
        ("s3:GetObject", Disabled, None),
    ] {
        let refused = kms_state(action, state).map(StateRefusal::error);
        assert_eq!(refused, error, "{action} {state:?}");
    }
    assert_eq!(kms_state("kms:Sign", Disabled).map(StateRefusal::reason), Some("is disabled"));
    for state in KeyState::ALL {
        assert_eq!(KeyState::from_name(state.name()), Some(state));
    }
    for usage in KeyUsage::ALL {
        assert_eq!(KeyUsage::from_name(usage.name()), Some(usage));
    }
}

#[test]
fn every_cryptographic_action_on_a_key_needs_it_enabled() {
    for line in kms_operations().filter(|line| line.key_usage().is_some()) {
        let refused: Vec<_> =
            KeyState::ALL.into_iter().filter(|state| kms_state(line.action(), *state).is_some()).collect();
        let kept = [KeyState::Enabled, KeyState::Updating];
        assert!(refused.len() == 6 && kept.iter().all(|state| !refused.contains(state)), "{line:?}");
    }
}

#[test]
fn errors_are_explained_under_both_of_their_names() {
    let denied = kms_error("accessdenied").unwrap();
    assert_eq!(denied.name(), "AccessDeniedException");
    assert_eq!(kms_error("AccessDeniedException"), Some(denied));
    assert_eq!(kms_error("Exception"), None);
    assert!(kms_errors().count() >= 48);
    for error in kms_errors() {
        for sentence in [error.explanation(), error.next_step()] {
            assert!(sentence.ends_with('.') && sentence.len() > 20, "{error:?}");
        }
    }
    for row in kms_state::STATES.rows() {
        for refusal in KeyState::ALL.into_iter().filter_map(|state| kms_state(row.field(0), state)) {
            assert!(kms_error(refusal.error()).is_some(), "{refusal:?}");
        }
    }
}
