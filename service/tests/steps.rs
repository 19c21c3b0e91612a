//! What is done where it arrived, and what moves to which pool before anything has happened.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod kit;

use kit::{World, get, key};
use serde_json::{Value, json};
use wardbook_service::kms::{Kms, Pool, Step};
use wardbook_service::limits::BODY_BYTES_HERE_MAX;
use wardbook_service::store::SqliteStore;

fn start() -> (World, Kms) {
    let world = World::new(std::path::Path::new(""));
    let kms = world.start_with(Box::new(SqliteStore::in_memory().unwrap()));
    (world, kms)
}

/// The pool that a request moves to, if it moves; either way it is answered with this status in the end.
fn pool(world: &World, kms: &Kms, operation: &str, body: &str, status: u16) -> Option<Pool> {
    let raw = kit::request(&*world.clock, operation, body);
    let before = world.events().len();
    let (mut step, mut pool) = (kms.begin(&raw), None);
    loop {
        match step {
            Step::Done(reply) => panic!("{operation}: {reply:?}"),
            Step::Logging(logging) => {
                let reply = logging.wait(kms);
                assert_eq!(reply.status, status, "{operation}: {}", reply.body);
                assert_eq!(world.events().len(), before + 1, "{operation}");
                return pool;
            }
            Step::Blocks(blocked) => {
                assert_eq!(world.events().len(), before, "{operation}: nothing has happened yet");
                pool = Some(blocked.pool().clone());
                step = kms.go_on(&raw, *blocked);
            }
        }
    }
}

#[test]
fn an_open_key_is_used_where_the_request_arrived_and_the_rest_moves() {
    let (world, kms) = start();
    let arn = key(&kms, &*world.clock);
    let encrypt = json!({"KeyId": arn, "Plaintext": "aGk="}).to_string();
    assert_eq!(pool(&world, &kms, "Encrypt", &encrypt, 200), Some(Pool::Backend), "the key is not open yet");
    assert_eq!(pool(&world, &kms, "Encrypt", &encrypt, 200), None);
    let named = json!({"KeyId": arn}).to_string();
    for operation in ["DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus"] {
        assert_eq!(pool(&world, &kms, operation, &named, 200), None, "{operation}");
    }
    assert_eq!(pool(&world, &kms, "GenerateRandom", r#"{"NumberOfBytes": 8}"#, 200), None);
    for operation in ["ListAliases", "DisableKey", "EnableKey"] {
        assert_eq!(pool(&world, &kms, operation, &named, 200), Some(Pool::Store), "{operation}");
    }
}

#[test]
fn what_takes_long_is_done_by_the_threads_of_the_backend() {
    let (world, kms) = start();
    let make = |spec: &str| -> Value {
        get(&kms, &*world.clock, "CreateKey", &json!({"KeySpec": spec, "KeyUsage": "SIGN_VERIFY"}))["KeyMetadata"]["Arn"]
            .clone()
    };
    let sign = |arn: &Value, algorithm: &str| {
        json!({"KeyId": arn, "Message": "aGk=", "SigningAlgorithm": algorithm}).to_string()
    };
    let (quick, slow) = (sign(&make("ECC_NIST_P256"), "ECDSA_SHA_256"), sign(&make("ECC_NIST_P384"), "ECDSA_SHA_384"));
    let pools = |body: &str| [(); 2].map(|()| pool(&world, &kms, "Sign", body, 200));
    assert_eq!(pools(&quick), [Some(Pool::Backend), None], "once it is open");
    assert_eq!(pools(&slow), [Some(Pool::Backend), Some(Pool::Backend)], "also when it is open");
}

#[test]
fn a_body_may_be_so_long_where_it_arrived_and_no_longer() {
    let (world, kms) = start();
    let short = r#"{"NumberOfBytes": 8}"#;
    let longest = format!("{short}{}", " ".repeat(BODY_BYTES_HERE_MAX - short.len()));
    assert_eq!(pool(&world, &kms, "GenerateRandom", &longest, 200), None);
    assert_eq!(pool(&world, &kms, "GenerateRandom", &format!("{longest} "), 200), Some(Pool::Backend));
}

#[test]
fn whoever_is_turned_away_is_in_the_log() {
    let (world, kms) = start();
    let raw = kit::request(&*world.clock, "ListKeys", "{}");
    let Step::Blocks(blocked) = kms.begin(&raw) else { panic!("it asks the store") };
    let Step::Logging(logging) = kms.turn_away(&raw, *blocked) else { panic!("it is written down") };
    let reply = logging.wait(&kms);
    assert!(reply.status == 400 && reply.body.contains("ThrottlingException"), "{reply:?}");
    let events = world.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["requestID"], reply.request_id.as_str());
    assert_eq!(events[0]["errorCode"], "ThrottlingException");
}
