//! Condition keys, and the actions that carry them.

use std::collections::BTreeSet;

use super::super::*;

fn key_names(found: impl Iterator<Item = ConditionKey>) -> BTreeSet<&'static str> {
    found.map(ConditionKey::name).collect()
}

#[test]
fn condition_keys_have_the_documented_types() {
    for (name, canonical, value_type, multi_valued) in [
        ("aws:principalarn", "aws:PrincipalArn", ValueType::Arn, false),
        ("AWS:SourceIP", "aws:SourceIp", ValueType::IpAddress, false),
        ("aws:CalledVia", "aws:CalledVia", ValueType::String, true),
        ("aws:TagKeys", "aws:TagKeys", ValueType::String, true),
        ("aws:CurrentTime", "aws:CurrentTime", ValueType::Date, false),
        ("aws:MultiFactorAuthAge", "aws:MultiFactorAuthAge", ValueType::Numeric, false),
        ("aws:SecureTransport", "aws:SecureTransport", ValueType::Bool, false),
        ("aws:PrincipalOrgPaths", "aws:PrincipalOrgPaths", ValueType::String, true),
        ("aws:PrincipalTag/a:b/c", "aws:PrincipalTag/${TagKey}", ValueType::String, false),
        ("aws:RESOURCETAG/team", "aws:ResourceTag/${TagKey}", ValueType::String, false),
        ("aws:PrincipalTag/${TagKey}", "aws:PrincipalTag/${TagKey}", ValueType::String, false),
        ("kms:callerAccount", "kms:CallerAccount", ValueType::String, false),
        ("kms:GrantOperations", "kms:GrantOperations", ValueType::String, true),
        ("kms:ResourceAliases", "kms:ResourceAliases", ValueType::String, true),
        ("kms:EncryptionContextKeys", "kms:EncryptionContextKeys", ValueType::String, true),
        ("kms:GrantIsForAWSResource", "kms:GrantIsForAWSResource", ValueType::Bool, false),
        ("kms:MultiRegion", "kms:MultiRegion", ValueType::Bool, false),
        ("kms:ValidTo", "kms:ValidTo", ValueType::Date, false),
        ("kms:GrantConstraintSourceArn", "kms:GrantConstraintSourceArn", ValueType::Arn, false),
        ("kms:RotationPeriodInDays", "kms:RotationPeriodInDays", ValueType::Numeric, false),
        ("kms:PolicyName", "kms:PolicyName", ValueType::String, false),
        ("kms:RecipientAttestation:pcr0", "kms:RecipientAttestation:PCR0", ValueType::String, false),
        ("identitystore:UserId", "identitystore:UserId", ValueType::String, false),
    ] {
        let found = condition_key(name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(found.name(), canonical);
        assert_eq!(found.value_type(), value_type, "{name}");
        assert_eq!(found.is_multi_valued(), multi_valued, "{name}");
    }
    for unknown in ["kms:SourceAccount", "kms:EncryptionContext:", "aws:PrincipalTag", "aws:PrincipalTag/", "kms", ""] {
        assert_eq!(condition_key(unknown), None, "{unknown}");
    }
}

#[test]
fn parameters_may_stand_in_the_middle_of_a_name() {
    let name = |text| condition_key(text).map(ConditionKey::name);
    let variable = "codebuild:environment.environmentVariables/${name}.value";
    assert_eq!(name("codebuild:environment.environmentVariables/MODE.value"), Some(variable));
    assert_eq!(name("codebuild:environment.environmentVariables/.value"), None);
    assert_eq!(name("codebuild:environment.environmentVariables/MODE"), None);
    let matcher = "events:Metadata/${MetadataKey}/Matcher";
    assert_eq!(name("events:metadata/a/matcher"), Some(matcher));
}

#[test]
fn every_parametrized_key_is_found_under_a_made_up_parameter() {
    for key in condition_keys().filter(|key| key.has_parameter()) {
        let (stem, rest) = key.name().split_once("${").unwrap();
        let (_, tail) = rest.split_once('}').unwrap();
        let made_up = format!("{stem}made up{tail}");
        assert_eq!(condition_key(&made_up), Some(key), "{made_up}");
    }
}

#[test]
fn kms_actions_carry_what_the_developer_guide_says() {
    // evaluation.md §2.6 and §5.
    let carrying = |key: &str| {
        kms_operations().filter(|line| carries(line.action(), key)).map(|line| line.action()).collect::<BTreeSet<_>>()
    };
    assert_eq!(carrying("kms:CallerAccount").len(), 51 + 2);
    assert_eq!(carrying("kms:ViaService").len(), 45 + 2);
    let context = [
        "kms:CreateGrant",
        "kms:Decrypt",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyPair",
        "kms:GenerateDataKeyPairWithoutPlaintext",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
        "kms:RetireGrant",
    ];
    assert_eq!(carrying("kms:EncryptionContext:aws:s3:arn"), BTreeSet::from(context));
    assert_eq!(carrying("kms:encryptioncontextkeys"), BTreeSet::from(context));
    assert_eq!(
        carrying("kms:GrantIsForAWSResource"),
        BTreeSet::from(["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"])
    );
    assert_eq!(carrying("kms:PolicyName"), BTreeSet::from(["kms:GetKeyPolicy", "kms:PutKeyPolicy"]));
    assert_eq!(
        carrying("kms:RecipientAttestation:PCR0"),
        BTreeSet::from([
            "kms:Decrypt",
            "kms:DeriveSharedSecret",
            "kms:GenerateDataKey",
            "kms:GenerateDataKeyPair",
            "kms:GenerateRandom",
        ])
    );
    assert_eq!(carrying("kms:KeySpec"), carrying("kms:CustomerMasterKeySpec"));
    assert_eq!(carrying("kms:KeyUsage"), carrying("kms:CustomerMasterKeyUsage"));
    assert!(carries("kms:Decrypt", "kms:ResourceAliases"));
    assert!(carries("kms:Decrypt", "aws:ResourceTag/team"));
    assert!(!carries("kms:ListKeys", "aws:ResourceTag/team"));
    assert!(!carries("kms:GenerateRandom", "kms:CallerAccount"));
    assert!(!carries("kms:Decrypt", "s3:prefix"));
}

#[test]
fn what_is_unknown_or_global_is_never_called_absent() {
    for (action, key) in [
        ("kms:Decrypt", "kms:NotYetInvented"),
        ("kms:NotYetInvented", "kms:ViaService"),
        ("kms:Decrypt", "aws:NotYetInvented"),
        ("kms:Decrypt", "aws:PrincipalTag/team"),
        ("kms:Decrypt", "ec2:SourceInstanceArn"),
        ("kms:Decrypt", "saml:sub"),
        ("", ""),
    ] {
        assert!(carries(action, key), "{action} {key}");
    }
}

#[test]
fn keys_of_an_action_and_of_its_resource_are_told_apart() {
    let sign = action("kms:Sign").unwrap();
    let own = ["kms:CallerAccount", "kms:MessageType", "kms:RequestAlias", "kms:SigningAlgorithm", "kms:ViaService"];
    assert_eq!(key_names(sign.condition_keys()), BTreeSet::from(own));
    let key = resource_type("kms", "key").unwrap();
    assert!(key_names(key.condition_keys()).contains("kms:MultiRegionKeyType"));
    let required: Vec<_> = sign.required_resource_types().collect();
    assert_eq!(required, [key]);
}
