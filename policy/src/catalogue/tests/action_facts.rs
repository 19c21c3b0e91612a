//! Actions, their levels and resources, and patterns over them.

use super::super::*;
use super::names;

#[test]
fn actions_are_what_the_service_authorization_reference_says() {
    for (name, level, resources) in [
        ("kms:Decrypt", AccessLevel::Write, &["key"][..]),
        ("kms:PutKeyPolicy", AccessLevel::PermissionsManagement, &["key"]),
        ("kms:TagResource", AccessLevel::Tagging, &["key"]),
        ("kms:DescribeKey", AccessLevel::Read, &["key"]),
        ("kms:ListKeys", AccessLevel::List, &[]),
        ("kms:CreateAlias", AccessLevel::Write, &["alias", "key"]),
        ("s3:GetObject", AccessLevel::Read, &["accesspointobject", "object"]),
        ("sts:AssumeRole", AccessLevel::Write, &["role"]),
    ] {
        for spelling in [name.to_string(), name.to_uppercase(), name.to_lowercase()] {
            let found = action(&spelling).unwrap_or_else(|| panic!("{spelling}"));
            assert_eq!(found.name(), name);
            assert_eq!(found.access_level(), level, "{name}");
            let types: Vec<_> = found.resource_types().map(ResourceType::name).collect();
            assert_eq!(types, resources, "{name}");
        }
    }
    let key = resource_type("KMS", "Key").unwrap();
    assert_eq!(key.arn_shape(), "arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}");
    let kms = service("kms").unwrap();
    assert_eq!(kms.name(), "AWS Key Management Service");
    assert!(kms.supports_resource_control_policies());
    assert!(!service("iam").unwrap().supports_resource_control_policies());
    // evaluation.md §5: 36, 7, 7, 4 and 2, and two more by correction.
    let level = |wanted| kms.actions().filter(|found| found.access_level() == wanted).count();
    assert_eq!(level(AccessLevel::Write), 36 + 2);
    assert_eq!(level(AccessLevel::Read), 7);
    assert_eq!(level(AccessLevel::List), 7);
    assert_eq!(level(AccessLevel::PermissionsManagement), 4);
    assert_eq!(level(AccessLevel::Tagging), 2);
}

#[test]
fn wildcards_expand_over_the_whole_name() {
    let grants = ["kms:CreateGrant", "kms:ListGrants", "kms:ListRetirableGrants", "kms:RetireGrant", "kms:RevokeGrant"];
    assert_eq!(names(actions_matching("kms:*Grant*")), grants);
    assert_eq!(names(actions_matching("KMS:*gRANT*")), grants);
    assert_eq!(names(actions_matching("kms:ReEncrypt*")), ["kms:ReEncryptFrom", "kms:ReEncryptTo"]);
    assert_eq!(names(actions_matching("kms:?ign")), ["kms:Sign"]);
    assert_eq!(names(actions_matching("kms:decrypt")), ["kms:Decrypt"]);
    assert_eq!(names(actions_matching("k?s:Decryp?")), ["kms:Decrypt"]);
    assert_eq!(names(actions_matching("*:Decapsulate")), ["kms:Decapsulate"]);
    assert_eq!(actions_matching("kms:*").count(), service("kms").unwrap().actions().count());
    assert_eq!(actions_matching("*").count(), actions().count());
    assert_eq!(actions_matching("*:*").count(), actions().count());
    for nothing in ["", "kms:", "kms:Decryptt", "kms:?", "kms:{Decrypt}", "kms:[D]ecrypt", "kms:Decrypt ", "km*"] {
        let found = names(actions_matching(nothing));
        let expected = if nothing == "km*" { service("kms").unwrap().actions().count() } else { 0 };
        assert_eq!(found.len(), expected, "{nothing}: {found:?}");
    }
}
