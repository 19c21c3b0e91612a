//! Whatever a signed request says, it gets an answer that the model knows: no input is an internal failure, and none a
//! panic.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod kit;

use kit::{World, ask, key};
use serde_json::{Map, Value, json};
use wardbook_service::api::{Kind, Operation, Shape, matches};

/// A small generator with a fixed beginning, so that a failure comes again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let place = self.roll(of.len());
        &of[place]
    }

    fn value(&mut self, keys: &[String], depth: usize) -> Value {
        match self.roll(if depth == 0 { 9 } else { 11 }) {
            0 => Value::Null,
            1 => json!(self.roll(2) == 0),
            2 => json!(*self.pick(&[0_i64, 1, -1, 7, 32, 365, 1024, 1 << 40, i64::MAX])),
            3 => json!(self.pick(keys)),
            4 => json!(*self.pick(&[
                "",
                "alias/a",
                "alias/aws/rds",
                "default",
                "AES_256",
                "RSA_2048",
                "SYMMETRIC_DEFAULT",
                "ECDSA_SHA_256",
                "HMAC_SHA_256",
                "RAW",
                "EXTERNAL",
                "eu-west-1",
                "ENCRYPT_DECRYPT",
                "SIGN_VERIFY",
                "ECDH",
                "arn:aws:iam::123456789012:user/x",
                "arn:aws:kms:us-east-1:999999999999:key/x",
                "\u{0}",
                "ß",
                "{}"
            ])),
            5 => json!("aGVsbG8="),
            6 => json!("d2JrAQE=".repeat(self.roll(30))),
            7 => json!("A".repeat(4 * self.roll(2_000))),
            8 => json!(1.5e300),
            9 => Value::Array((0..self.roll(4)).map(|_| self.value(keys, depth - 1)).collect()),
            _ => Value::Object(self.members(keys, depth - 1)),
        }
    }

    fn members(&mut self, keys: &[String], depth: usize) -> Map<String, Value> {
        const NAMES: &[&str] = &[
            "KeyId",
            "Plaintext",
            "CiphertextBlob",
            "EncryptionContext",
            "GrantTokens",
            "Policy",
            "Operations",
            "GranteePrincipal",
            "Constraints",
            "EncryptionContextSubset",
            "Tags",
            "TagKey",
            "TagValue",
            "NumberOfBytes",
            "KeySpec",
            "KeyUsage",
            "Message",
            "Signature",
            "SigningAlgorithm",
            "MacAlgorithm",
            "Mac",
            "AliasName",
            "TargetKeyId",
            "Limit",
            "Marker",
            "GrantId",
            "GrantToken",
            "DryRun",
            "PublicKey",
            "Origin",
            "KeyAgreementAlgorithm",
            "DestinationKeyId",
            "SourceKeyId",
            "ReplicaRegion",
            "PrimaryRegion",
            "MultiRegion",
            "ImportToken",
            "EncryptedKeyMaterial",
            "WrappingAlgorithm",
            "WrappingKeySpec",
            "ValidTo",
            "Description",
            "RotationPeriodInDays",
            "PendingWindowInDays",
            "KeyPairSpec",
            "TagKeys",
            "BypassPolicyLockoutSafetyCheck",
        ];
        let mut members = Map::new();
        for _ in 0..=self.roll(6) {
            let (name, value) = (*self.pick(NAMES), self.value(keys, depth));
            members.insert(name.to_owned(), value);
        }
        members
    }
}

#[test]
fn every_input_of_every_operation_has_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let kms = world.start();
    let keys: Vec<String> = (0..3).map(|_| key(&kms, &*world.clock)).collect();
    let mut dice = Dice(20_261_127);
    let mut answered = 0;
    for operation in Operation::ALL {
        for round in 0..120 {
            let mut body = dice.members(&keys, 2);
            if round % 2 == 0 {
                body.insert("KeyId".into(), json!(dice.pick(&keys)));
            }
            let body = Value::Object(body);
            let (reply, said) = ask(&kms, &*world.clock, operation.name(), &body);
            assert!(matches!(reply.status, 200 | 400), "{}: {body} gave {said}", operation.name());
            answered += usize::from(reply.status == 200);
        }
    }
    assert!(answered > 300, "{answered} requests succeeded, so the rest was not all nonsense");
    assert_eq!(world.events().len(), 3 + 120 * Operation::ALL.len(), "one event for each");
}

/// Texts that satisfy the patterns of the model.
const TEXTS: &[&str] = &[
    "1234abcd-12ab-34cd-56ef-1234567890ab",
    "alias/a",
    "123456789012",
    "cluster-abcdefghijk",
    "eu-west-1",
    "default",
    "arn:aws:iam::123456789012:user/x",
    "AAAAAAAAAAAAAAAAAAAAAAAA",
    "ssssssssssssssssssssssssssssssssssssssssssssssss",
    "https://xks.example.com",
    "/kms/xks/v1",
    "rds.us-east-1.amazonaws.com",
    "com.amazonaws.vpce.eu-west-1.vpce-svc-0a",
    "abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789",
    "secret-word",
];

/// A value that a shape permits, with every member.
fn sample(shape: &Shape) -> Value {
    let length = |text: &str| {
        let length = i64::try_from(text.len()).unwrap();
        shape.min.is_none_or(|min| min <= length) && shape.max.is_none_or(|max| length <= max)
    };
    match &shape.kind {
        Kind::Text | Kind::SecretText => {
            let fits = |text: &&&str| length(text) && shape.pattern.is_none_or(|pattern| matches(pattern, text));
            json!(TEXTS.iter().find(fits).unwrap_or_else(|| panic!("no text for {shape:?}")))
        }
        Kind::Enum(values) => json!(values[0]),
        Kind::Blob | Kind::SecretBlob => json!("aGVsbG8gaGVsbG8gaGVsbG8="),
        Kind::Integer => json!(shape.min.unwrap_or(1).max(7)),
        Kind::Boolean => json!(true),
        Kind::Time => json!(1_900_000_000.5),
        Kind::List(member) => json!([sample(member)]),
        Kind::Map(key, value) => {
            Value::Object(Map::from_iter([(sample(key).as_str().unwrap().to_owned(), sample(value))]))
        }
        Kind::Structure(members) => {
            Value::Object(members.iter().map(|member| (member.name.to_owned(), sample(member.shape))).collect())
        }
    }
}

/// What passed the constraints can be read, whatever members it has: nothing is between the two.
#[test]
fn every_request_that_the_model_permits_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let kms = world.start();
    for operation in Operation::ALL {
        let Kind::Structure(members) = &operation.shape().kind else { panic!("{}", operation.name()) };
        let whole = sample(operation.shape());
        let needed = |member: &&wardbook_service::api::Member| member.required;
        let least: Map<String, Value> =
            members.iter().filter(needed).map(|member| (member.name.to_owned(), whole[member.name].clone())).collect();
        for body in [whole, Value::Object(least)] {
            let (reply, said) = ask(&kms, &*world.clock, operation.name(), &body);
            let why = said["__type"].as_str().unwrap_or_default();
            assert!(matches!(reply.status, 200 | 400), "{}: {body} gave {said}", operation.name());
            assert!(why != "SerializationException", "{}: {body} gave {said}", operation.name());
            let message = said["message"].as_str().unwrap_or_default();
            assert!(!message.contains("validation error"), "{}: {body} gave {said}", operation.name());
        }
    }
}
