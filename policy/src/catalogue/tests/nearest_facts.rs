//! Did you mean.

use super::super::*;

#[test]
fn slips_lead_to_the_name_that_was_meant() {
    for (slip, meant) in [
        ("kms:Decyrpt", Some("kms:Decrypt")),
        ("KMS:DECRYPT", Some("kms:Decrypt")),
        ("kms:Sgin", Some("kms:Sign")),
        ("km:Decrypt", Some("kms:Decrypt")),
        ("Decrypt", Some("kms:Decrypt")),
        ("kms:GenerateDatakeyWithoutPlainText", Some("kms:GenerateDataKeyWithoutPlaintext")),
        ("s3:GetObjects", Some("s3:GetObject")),
        ("kms:Bake", None),
        ("nothing:LikeThis", None),
        ("", None),
    ] {
        assert_eq!(nearest_action(slip), meant, "{slip}");
    }
    for (slip, meant) in [
        ("kms:ViaServices", Some("kms:ViaService")),
        ("aws:PrincipleArn", Some("aws:PrincipalArn")),
        ("aws:PrincipalTags/team", Some("aws:PrincipalTag/${TagKey}")),
        ("kms:EncryptionContxt:stage", Some("kms:EncryptionContext:${EncryptionContextKey}")),
        ("ViaService", Some("kms:ViaService")),
        ("SourceIp", Some("aws:SourceIp")),
        ("kms:callerAcount", Some("kms:CallerAccount")),
        ("kms:SourceAccount", Some("aws:SourceAccount")),
        ("aws:Nonsense", None),
    ] {
        assert_eq!(nearest_condition_key(slip), meant, "{slip}");
    }
}
