//! Events with what is odd about real ones: keys named in every way, calls of two accounts, members of other types.

#![allow(unreachable_pub, reason = "a module of a test")]

use serde_json::{Value, json};

/// What uses a key.
pub const USES: &str = "Decapsulate Decrypt DeriveSharedSecret Encapsulate Encrypt GenerateDataKey GenerateDataKeyPair \
     GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext GenerateMac ReEncrypt Sign Verify VerifyMac";
/// What takes a key away, or tries to, or gives it back.
pub const DELETIONS: &str = "DisableKey ScheduleKeyDeletion CancelKeyDeletion DeleteKey DeleteImportedKeyMaterial \
     DeleteExpiredKeyMaterial";

/// Numbers that are the same each time.
pub struct Dice(pub u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
        (self.0 >> 33) as usize % sides
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }
}

const ACCOUNTS: [&str; 3] = ["000000000012", "111122223333", "444455556666"];
const IDS: [&str; 4] =
    ["1234abcd-12ab-34cd-56ef-000000000001", "1234abcd-12ab-34cd-56ef-000000000002", "mrk-01", "mrk-02"];
const OTHERS: &str = "DescribeKey GetPublicKey CreateKey CreateGrant RetireGrant RevokeGrant PutKeyPolicy RotateKey \
     RotateKeyOnDemand ListKeys GenerateRandom decrypt";

fn key_arn(dice: &mut Dice) -> String {
    let (region, account) = (dice.pick(&["eu-west-1", "us-east-1"]), dice.pick(&ACCOUNTS));
    format!("arn:aws:kms:{region}:{account}:key/{}", dice.pick(&IDS))
}

fn identity(dice: &mut Dice) -> Value {
    let account = dice.pick(&ACCOUNTS);
    let (role, session) = (dice.pick(&["app", "path/app", "admin"]), dice.pick(&["s1", "s2"]));
    let name = role.rsplit('/').next().unwrap();
    let session = format!("arn:aws:sts::{account}:assumed-role/{name}/{session}");
    let issuer = json!({"arn": format!("arn:aws:iam::{account}:role/{role}")});
    match dice.below(10) {
        0..4 => json!({"type": "IAMUser", "arn": format!("arn:aws:iam::{account}:user/{name}"), "accountId": account}),
        4 | 5 => json!({"type": "AssumedRole", "arn": session, "accountId": account,
            "sessionContext": {"sessionIssuer": issuer}}),
        6 => json!({"type": "AssumedRole", "arn": session, "sessionContext": {"sessionIssuer": {}}}),
        7 => json!({"type": "AWSAccount", "accountId": account}),
        8 => json!({"type": 5, "arn": ["odd"], "accountId": 12}),
        _ => Value::Null,
    }
}

fn context(dice: &mut Dice) -> Value {
    dice.pick(&[
        json!({}),
        json!({"p": "1", "q": "2"}),
        json!({"q": "2", "p": "1"}),
        json!({"a": null}),
        json!("odd"),
        json!({"a\"b": "c,\n", "": ""}),
        json!({"a": "1", "A": "2"}),
    ])
}

/// An event, and the one that the other account has of it.
pub fn event(dice: &mut Dice, number: usize) -> Vec<Value> {
    let all: Vec<&str> = [USES, USES, DELETIONS, OTHERS].iter().flat_map(|names| names.split(' ')).collect();
    let (name, key, second) = (dice.pick(&all), key_arn(dice), key_arn(dice));
    let second = dice.pick(&[second, key.clone()]);
    let spelled = |arn: &str, dice: &mut Dice| {
        dice.pick(&[json!(arn), json!(arn.rsplit('/').next()), json!("alias/a"), Value::Null, json!(5)])
    };
    let mut resources = json!([{"ARN": key, "type": "AWS::KMS::Key"}]);
    let mut parameters = json!({"keyId": spelled(&key, dice), "encryptionContext": context(dice),
        "encryptionAlgorithm": dice.pick(&["SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_1"]),
        "keyPairSpec": dice.pick(&["RSA_3072", "ECC_NIST_P256"])});
    if name == "ReEncrypt" {
        parameters = json!({"destinationKeyId": spelled(&second, dice), "sourceEncryptionContext": context(dice),
            "destinationEncryptionContext": context(dice),
            "sourceEncryptionAlgorithm": dice.pick(&["SYMMETRIC_DEFAULT", "SM2PKE"])});
        resources = json!([{"ARN": key}, {"ARN": "arn:aws:s3:::b"}, {"ARN": second}]);
    }
    let data = json!({"grantId": format!("g{number}"), "wardbook": {"policyDigest": dice.pick(&["d1", "d2"])}});
    if name == "CreateGrant" {
        parameters["granteePrincipal"] = json!("arn:aws:iam::444455556666:role/x");
        parameters["operations"] = json!(["Encrypt", "Decrypt"]);
        parameters["grantId"] = dice.pick(&[json!("asked"), Value::Null]);
    }
    let made =
        json!({"keyMetadata": {"arn": key, "keySpec": if key.ends_with('1') { "RSA_2048" } else { "RSA_4096" }}});
    let (day, hour, second) = (1 + dice.below(3), dice.pick(&[0, 12, 23]), dice.pick(&[0, 59]));
    let mut event = json!({
        "eventTime": format!("2026-04-{day:02}T{hour:02}:30:{second:02}Z"),
        "eventID": format!("e{number}"),
        "eventSource": dice.pick(&["kms.amazonaws.com", "kms.amazonaws.com", "kms.amazonaws.com", "s3.amazonaws.com"]),
        "eventName": if dice.below(20) == 0 { Value::Null } else { json!(name) },
        "eventType": dice.pick(&[json!("AwsApiCall"), json!("AwsApiCall"), json!("AwsServiceEvent"), Value::Null]),
        "userIdentity": identity(dice),
        "requestParameters": if dice.below(8) == 0 { Value::Null } else { parameters },
        "responseElements": if name == "CreateKey" { made } else { Value::Null },
        "additionalEventData": dice.pick(&[data, Value::Null]),
        "serviceEventDetails": dice.pick(&[json!({"rotationType": "AUTOMATIC"}), json!({"rotationType": 5}), Value::Null]),
        "resources": dice.pick(&[resources.clone(), resources, json!([]), Value::Null, json!({"ARN": key}), json!([5, null])]),
        "errorCode": dice.pick(&[Value::Null, Value::Null, Value::Null, json!("AccessDenied"), json!("")]),
    });
    if dice.below(5) > 0 {
        return vec![event];
    }
    event["sharedEventID"] = json!(format!("s{number}"));
    let mut other = event.clone();
    other["eventID"] = json!(format!("o{number}"));
    other["userIdentity"] = json!({"type": "AWSAccount", "accountId": event["userIdentity"]["accountId"]});
    vec![event, other]
}
