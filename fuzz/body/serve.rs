//! Any bytes as the input of every operation, against a service in memory: each has an answer that the model knows, and
//! none is a failure of the service.
//!
//! The first byte chooses the operation and the second how to go on: with the rest as the body, or as choices from
//! which a body is made that the shape of the operation may permit.

use std::sync::{LazyLock, Mutex, PoisonError};

use serde_json::{Map, Value, json};
use wardbook_service::api::{Kind, Operation, Shape};
use wardbook_service::kms::Kms;
use wardbook_service::store::SqliteStore;

use crate::kit;

/// How many requests one service answers, so that what they leave behind does not fill the memory.
const REQUESTS_MAX: usize = 2_000;
/// How deep a body that is made may nest.
const DEPTH_MAX: usize = 6;

struct Served {
    world: kit::World,
    kms: Kms,
    keys: Vec<String>,
    answered: usize,
}

static SERVED: LazyLock<Mutex<Served>> = LazyLock::new(|| Mutex::new(start()));

fn start() -> Served {
    let world = kit::World::new(std::path::Path::new(""));
    let kms = world.start_with(Box::new(SqliteStore::in_memory().expect("a store")));
    let clock = &*world.clock;
    let mut keys = vec![kit::key(&kms, clock)];
    for body in [
        json!({"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}),
        json!({"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}),
        json!({"Origin": "EXTERNAL", "MultiRegion": true}),
    ] {
        let made = kit::get(&kms, clock, "CreateKey", &body);
        keys.extend(made["KeyMetadata"]["KeyId"].as_str().map(str::to_owned));
    }
    Served { world, kms, keys, answered: 0 }
}

/// What is left of the input, byte by byte; nothing left reads as zero.
struct Choices<'a>(std::slice::Iter<'a, u8>);

impl Choices<'_> {
    fn next(&mut self) -> usize {
        self.0.next().copied().map_or(0, usize::from)
    }

    fn of<'b, T>(&mut self, items: &'b [T]) -> Option<&'b T> {
        items.get(self.next() % items.len().max(1))
    }

    fn value(&mut self, shape: &Shape, keys: &[String], depth: usize) -> Value {
        const TEXTS: &[&str] = &[
            "alias/a",
            "alias/aws/rds",
            "default",
            "eu-west-1",
            "arn:aws:iam::123456789012:user/x",
            "arn:aws:iam::123456789012:root",
            "",
            "\u{0}",
            "ß",
            "{}",
        ];
        let bounded = |low: i64| shape.min.unwrap_or(low);
        match &shape.kind {
            _ if depth == 0 => Value::Null,
            Kind::Text | Kind::SecretText => match self.next() % 3 {
                0 => json!(self.of(TEXTS)),
                1 => {
                    let length = usize::try_from(bounded(0)).unwrap_or_default() + self.next() % 3;
                    json!("a".repeat(length))
                }
                _ => json!(self.of(keys)),
            },
            // Large RSA keys take seconds to make and have no code of their own.
            Kind::Enum(values) => match self.of(values) {
                Some(&("RSA_3072" | "RSA_4096")) => json!("RSA_2048"),
                value => json!(value),
            },
            Kind::Blob | Kind::SecretBlob => match self.next() % 3 {
                0 => json!("aGVsbG8gaGVsbG8gaGVsbG8="),
                1 => json!("d2JrAQE=".repeat(self.next() % 40)),
                _ => json!("A".repeat(4 * self.next())),
            },
            Kind::Integer => {
                let byte = i64::try_from(self.next()).unwrap_or_default();
                json!(bounded(0) + byte - 1)
            }
            Kind::Boolean => json!(!self.next().is_multiple_of(2)),
            Kind::Time => json!(1_700_000_000 + 10_000_000 * self.next()),
            Kind::List(member) => {
                let length = self.next() % 4;
                Value::Array((0..length).map(|_| self.value(member, keys, depth - 1)).collect())
            }
            Kind::Map(key, value) => {
                let length = self.next() % 4;
                let pair = |choices: &mut Self| {
                    let name = choices.value(key, keys, depth - 1).as_str().unwrap_or_default().to_owned();
                    (name, choices.value(value, keys, depth - 1))
                };
                Value::Object((0..length).map(|_| pair(self)).collect())
            }
            Kind::Structure(members) => {
                let mut object = Map::new();
                for member in *members {
                    if member.required || self.next().is_multiple_of(3) {
                        let value = match member.name {
                            "KeyId" | "SourceKeyId" | "DestinationKeyId" | "TargetKeyId" => json!(self.of(keys)),
                            _ => self.value(member.shape, keys, depth - 1),
                        };
                        object.insert(member.name.to_owned(), value);
                    }
                }
                Value::Object(object)
            }
        }
    }
}

pub(crate) fn run(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let operation = Operation::ALL[usize::from(*first) % Operation::ALL.len()];
    let mut served = SERVED.lock().unwrap_or_else(PoisonError::into_inner);
    if served.answered >= REQUESTS_MAX {
        *served = start();
    }
    served.answered += 1;
    let body = match rest.split_first() {
        Some((second, choices)) if !second.is_multiple_of(2) => {
            Choices(choices.iter()).value(operation.shape(), &served.keys, DEPTH_MAX).to_string()
        }
        _ => String::from_utf8_lossy(rest.get(1..).unwrap_or_default()).into_owned(),
    };
    let reply = served.kms.answer(&kit::request(&*served.world.clock, operation.name(), &body));
    // 500 and 503 are for what is broken or away, and here nothing is but material that was never imported.
    assert!(matches!(reply.status, 200 | 400), "{} {body}: {}", operation.name(), reply.body);
    let told: Value = serde_json::from_str(&reply.body).unwrap_or(Value::Null);
    assert!(reply.body.is_empty() || told.is_object(), "{} {body}: {}", operation.name(), reply.body);
    assert_eq!(told.get("__type").is_some(), reply.status != 200, "{} {body}: {}", operation.name(), reply.body);
    assert!(!reply.request_id.is_empty());
}
