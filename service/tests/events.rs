//! What the log has of each operation, held against the examples of the AWS KMS developer guide ("Log entries").

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod kit;

use kit::{World, ask, get};
use serde_json::{Value, json};
use wardbook_service::kms::Kms;
use wardbook_service::store::SqliteStore;

const DAY: u32 = 86_400;

struct Log {
    world: World,
    kms: Kms,
    read: usize,
}

impl Log {
    fn start() -> Log {
        let world = World::new(std::path::Path::new(""));
        let kms = world.start_with(Box::new(SqliteStore::in_memory().unwrap()));
        Log { world, kms, read: 0 }
    }

    /// The events since the last look.
    fn fresh(&mut self) -> Vec<Value> {
        let events = self.world.events().split_off(self.read);
        self.read += events.len();
        events
    }

    /// The answer, and the only event.
    fn call(&mut self, operation: &str, body: &Value) -> (Value, Value) {
        self.fresh();
        let answer = get(&self.kms, &*self.world.clock, operation, body);
        let mut events = self.fresh();
        assert_eq!(events.len(), 1, "{operation}: {events:?}");
        (answer, events.remove(0))
    }

    fn event(&mut self, operation: &str, body: &Value) -> Value {
        self.call(operation, body).1
    }

    /// Some time later, the events of what had become due.
    fn later(&mut self, seconds: u32) -> Vec<Value> {
        self.fresh();
        self.world.clock.advance(seconds);
        assert_eq!(self.kms.tick(), []);
        self.fresh()
    }

    fn key(&mut self, body: &Value) -> (String, String) {
        let (answer, _) = self.call("CreateKey", body);
        let text = |name: &str| answer["KeyMetadata"][name].as_str().unwrap().to_owned();
        (text("KeyId"), text("Arn"))
    }
}

fn resources(event: &Value) -> Vec<&str> {
    event["resources"].as_array().into_iter().flatten().map(|resource| resource["ARN"].as_str().unwrap()).collect()
}

/// What it tells besides the decision.
fn additional(event: &Value) -> Value {
    let mut additional = event["additionalEventData"].clone();
    additional.as_object_mut().unwrap().remove("wardbook");
    additional
}

#[test]
fn an_alias_is_told_with_the_key_behind_it() {
    let mut log = Log::start();
    let ((one, one_arn), (two, two_arn)) = (log.key(&json!({})), log.key(&json!({})));
    let alias = "arn:aws:kms:us-east-1:123456789012:alias/a";
    let event = log.event("CreateAlias", &json!({"AliasName": "alias/a", "TargetKeyId": one}));
    assert_eq!(event["requestParameters"], json!({"aliasName": "alias/a", "targetKeyId": one}));
    assert_eq!(event["responseElements"], json!({"keyId": one_arn}));
    assert_eq!(resources(&event), [&*one_arn, alias]);
    let event = log.event("UpdateAlias", &json!({"AliasName": "alias/a", "TargetKeyId": two}));
    assert_eq!(event["responseElements"], json!({"keyId": two_arn}));
    assert_eq!(resources(&event), [alias, &*two_arn, &*one_arn], "the key that it named before is told as well");
    let event = log.event("DeleteAlias", &json!({"AliasName": "alias/a"}));
    assert_eq!(event["responseElements"], json!({"keyId": two_arn}));
    assert_eq!(resources(&event), [alias, &*two_arn]);
    let event = log.event("ListAliases", &json!({"KeyId": one}));
    assert_eq!(resources(&event), [&*one_arn], "once");
}

#[test]
fn a_change_that_answers_nothing_has_the_key_in_the_log() {
    let mut log = Log::start();
    let (id, arn) = log.key(&json!({}));
    let (primary, primary_arn) = log.key(&json!({"MultiRegion": true}));
    log.call("ReplicateKey", &json!({"KeyId": primary, "ReplicaRegion": "eu-west-1"}));
    let tag = json!({"KeyId": id, "Tags": [{"TagKey": "a", "TagValue": "b"}]});
    for (operation, body, of) in [
        ("EnableKeyRotation", json!({"KeyId": id, "RotationPeriodInDays": 180}), Some(&arn)),
        ("DisableKeyRotation", json!({"KeyId": id}), None),
        ("TagResource", tag, None),
        ("UntagResource", json!({"KeyId": id, "TagKeys": ["a"]}), Some(&arn)),
        ("UpdateKeyDescription", json!({"KeyId": id, "Description": "x"}), None),
        ("DisableKey", json!({"KeyId": id}), Some(&arn)),
        ("EnableKey", json!({"KeyId": id}), Some(&arn)),
        ("UpdatePrimaryRegion", json!({"KeyId": primary, "PrimaryRegion": "eu-west-1"}), Some(&primary_arn)),
    ] {
        let event = log.event(operation, &body);
        assert_eq!(event["responseElements"], of.map_or(Value::Null, |arn| json!({"keyId": arn})), "{operation}");
    }
    let event = log.event("GenerateRandom", &json!({"NumberOfBytes": 8}));
    assert_eq!((&event["requestParameters"], resources(&event)), (&Value::Null, vec![]));
}

#[test]
fn the_log_tells_which_material_was_used() {
    let mut log = Log::start();
    let (one, _) = log.key(&json!({}));
    let (two, _) = log.key(&json!({}));
    let material = |log: &mut Log, id: &str| {
        log.call("DescribeKey", &json!({"KeyId": id})).0["KeyMetadata"]["CurrentKeyMaterialId"].clone()
    };
    let (first, other) = (material(&mut log, &one), material(&mut log, &two));
    assert!(first.is_string() && first != other);
    let (answer, event) = log.call("Encrypt", &json!({"KeyId": one, "Plaintext": "aGk="}));
    assert_eq!(additional(&event), json!({"keyMaterialId": first}));
    log.call("RotateKeyOnDemand", &json!({"KeyId": one}));
    let second = material(&mut log, &one);
    assert_ne!(first, second);
    let blob = &answer["CiphertextBlob"];
    assert_eq!(additional(&log.event("Decrypt", &json!({"CiphertextBlob": blob}))), json!({"keyMaterialId": first}));
    let event = log.event("ReEncrypt", &json!({"CiphertextBlob": blob, "DestinationKeyId": two}));
    assert_eq!(additional(&event), json!({"sourceKeyMaterialId": first, "destinationKeyMaterialId": other}));
    for (operation, body) in [
        ("GenerateDataKey", json!({"KeyId": one, "KeySpec": "AES_256"})),
        ("GenerateDataKeyWithoutPlaintext", json!({"KeyId": one, "KeySpec": "AES_256"})),
        ("GenerateDataKeyPair", json!({"KeyId": one, "KeyPairSpec": "ECC_NIST_P256"})),
        ("GenerateDataKeyPairWithoutPlaintext", json!({"KeyId": one, "KeyPairSpec": "ECC_NIST_P256"})),
    ] {
        assert_eq!(additional(&log.event(operation, &body)), json!({"keyMaterialId": second}), "{operation}");
    }
    let (sign, _) = log.key(&json!({"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}));
    let message = json!({"KeyId": sign, "Message": "aGk=", "SigningAlgorithm": "ECDSA_SHA_256"});
    assert_eq!(additional(&log.event("Sign", &message)), json!({}), "an asymmetric key has no id of its material");
    log.fresh();
    let (reply, _) =
        ask(&log.kms, &*log.world.clock, "Encrypt", &json!({"KeyId": one, "Plaintext": "aGk=", "DryRun": true}));
    assert_eq!((reply.status == 200, additional(&log.fresh()[0])), (false, json!({})), "nothing was used");
}

#[test]
fn a_rotation_is_an_event_of_its_own() {
    let mut log = Log::start();
    let (id, arn) = log.key(&json!({"MultiRegion": true}));
    log.call("ReplicateKey", &json!({"KeyId": id, "ReplicaRegion": "eu-west-1"}));
    log.call("EnableKeyRotation", &json!({"KeyId": id, "RotationPeriodInDays": 90}));
    let materials = |log: &mut Log| -> Vec<Value> {
        let body = json!({"KeyId": id, "IncludeKeyMaterial": "ALL_KEY_MATERIAL"});
        let listed = log.call("ListKeyRotations", &body).0;
        listed["Rotations"].as_array().unwrap().iter().map(|one| one["KeyMaterialId"].clone()).collect()
    };
    log.call("RotateKeyOnDemand", &json!({"KeyId": id}));
    log.call("RotateKeyOnDemand", &json!({"KeyId": id}));
    let rotated = materials(&mut log);
    let details = |kind: &str, place: usize| {
        json!({"rotationType": kind, "keyOrigin": "AWS_KMS", "previousKeyMaterialId": rotated[place],
            "currentKeyMaterialId": rotated[place + 1], "keyId": id})
    };
    let events = log.later(1);
    let told: Vec<_> = events.iter().map(|event| event["serviceEventDetails"].clone()).collect();
    assert_eq!(told, [details("ON_DEMAND", 0), details("ON_DEMAND", 1)], "each once, of the primary");
    for (name, wanted) in [
        ("eventName", json!("RotateKey")),
        ("eventType", json!("AwsServiceEvent")),
        ("userIdentity", json!({"accountId": "123456789012", "invokedBy": "AWS Internal"})),
        ("sourceIPAddress", json!("AWS Internal")),
        ("userAgent", json!("AWS Internal")),
        ("requestParameters", Value::Null),
        ("responseElements", Value::Null),
        ("readOnly", json!(false)),
        ("recipientAccountId", json!("123456789012")),
    ] {
        assert_eq!(events[0][name], wanted, "{name}");
    }
    assert_eq!((resources(&events[0]), events[0].get("requestID")), (vec![&*arn], None));
    assert_eq!(log.later(1), Vec::<Value>::new(), "told once");
    let events = log.later(91 * DAY);
    let rotated = materials(&mut log);
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["serviceEventDetails"]["rotationType"], "AUTOMATIC");
    assert_eq!(events[0]["serviceEventDetails"]["previousKeyMaterialId"], rotated[2]);
    assert_eq!(events[0]["serviceEventDetails"]["currentKeyMaterialId"], rotated[3]);
}

#[test]
fn a_key_is_told_with_all_that_describes_it() {
    let mut log = Log::start();
    let body = json!({"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY", "Description": "d", "MultiRegion": true});
    let event = log.event("CreateKey", &body);
    let wanted = json!({"description": "d", "keyUsage": "SIGN_VERIFY", "keySpec": "ECC_NIST_P256",
        "customerMasterKeySpec": "ECC_NIST_P256", "origin": "AWS_KMS", "multiRegion": true});
    assert_eq!(event["requestParameters"], wanted);
    let arn = resources(&event)[0].to_owned();
    let mut metadata = event["responseElements"]["keyMetadata"].clone();
    let id = metadata["keyId"].clone();
    assert!(metadata.as_object_mut().unwrap().remove("creationDate").is_some());
    let primary = json!({"arn": arn, "region": "us-east-1"});
    let wanted = json!({"aWSAccountId": "123456789012", "keyId": id, "arn": arn, "enabled": true, "description": "d",
        "keyUsage": "SIGN_VERIFY", "keyState": "Enabled", "origin": "AWS_KMS", "keyManager": "CUSTOMER",
        "keySpec": "ECC_NIST_P256", "customerMasterKeySpec": "ECC_NIST_P256", "signingAlgorithms": ["ECDSA_SHA_256"],
        "multiRegion": true, "multiRegionConfiguration":
            {"multiRegionKeyType": "PRIMARY", "primaryKey": primary, "replicaKeys": []}});
    assert_eq!(metadata, wanted);
    let tags = json!([{"TagKey": "a", "TagValue": "b"}]);
    let body = json!({"KeyId": id, "ReplicaRegion": "eu-west-1", "Tags": tags});
    let (answer, event) = log.call("ReplicateKey", &body);
    let response = &event["responseElements"];
    assert_eq!(response["replicaPolicy"], answer["ReplicaPolicy"], "policies can be rebuilt from the log");
    assert_eq!(response["replicaTags"], json!([{"tagKey": "a", "tagValue": "b"}]));
    let replica = arn.replace("us-east-1", "eu-west-1");
    let wanted = json!({"multiRegionKeyType": "REPLICA", "primaryKey": primary,
        "replicaKeys": [{"arn": replica, "region": "eu-west-1"}]});
    assert_eq!(response["replicaKeyMetadata"]["multiRegionConfiguration"], wanted);
}

#[test]
fn no_token_gets_into_the_log_by_way_of_an_error() {
    let mut log = Log::start();
    let (id, _) = log.key(&json!({}));
    let secret = "AQpAMFFhOTg3secret";
    let long = secret.repeat(600);
    let encrypt = |tokens: Value| json!({"KeyId": id, "Plaintext": "aGk=", "GrantTokens": tokens});
    for (operation, body, wanted) in [
        (
            "Encrypt",
            encrypt(json!(vec![secret; 20])),
            "Value at 'grantTokens' failed to satisfy constraint: Member must have",
        ),
        ("Encrypt", encrypt(json!([long])), "Value at 'grantTokens' failed to satisfy constraint: Member must satisfy"),
        (
            "Encrypt",
            encrypt(json!([secret, ""])),
            "Value at 'grantTokens' failed to satisfy constraint: Member must satisfy",
        ),
        ("Encrypt", encrypt(json!([secret])), ""),
        (
            "RetireGrant",
            json!({"GrantToken": long}),
            "Value at 'grantToken' failed to satisfy constraint: Member must have",
        ),
        ("RetireGrant", json!({"GrantToken": secret}), ""),
    ] {
        log.fresh();
        let (reply, _) = ask(&log.kms, &*log.world.clock, operation, &body);
        let events = log.fresh();
        assert!(reply.status == 400 && events.len() == 1, "{operation}");
        let text = events[0].to_string();
        assert!(text.contains(wanted) && !text.contains(secret), "{operation}: {text}");
    }
}
