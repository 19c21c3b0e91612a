//! No reply before its event is durable, no change without its event, no answer from a state that is over.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod kit;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use kit::{World, ask, get, key};
use serde_json::json;
use wardbook_audit::disk::Failure;

/// A file layer that forgets what was not synced: an event that was only written would be gone.
#[test]
fn every_reply_is_in_the_log_after_a_power_cut() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let kms = world.start();
    let mut replies = Vec::new();
    let arn = key(&kms, &*world.clock);
    for number in 0..20 {
        let (reply, _) = ask(&kms, &*world.clock, "Encrypt", &json!({"KeyId": arn, "Plaintext": "aGk="}));
        replies.push(reply.request_id);
        let body = json!({"KeyId": if number % 2 == 0 { "nothing" } else { &arn }});
        replies.push(ask(&kms, &*world.clock, "DescribeKey", &body).0.request_id);
        let after = World { disk: Arc::new(world.disk.after_power_cut(0)), ..world.clone() };
        let events = after.events();
        for id in &replies {
            let found = events.iter().filter(|event| event["requestID"] == id.as_str()).count();
            assert_eq!(found, 1, "{id}");
        }
    }
}

#[test]
fn when_the_journal_cannot_write_nothing_is_served_and_replies_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let kms = world.start();
    let arn = key(&kms, &*world.clock);
    world.disk.fail_at(1, Failure::Always);
    for operation in ["Encrypt", "Encrypt", "DescribeKey"] {
        let (reply, body) = ask(&kms, &*world.clock, operation, &json!({"KeyId": arn, "Plaintext": "aGk="}));
        assert_eq!((reply.status, body["__type"].as_str()), (500, Some("KMSInternalException")));
        assert_eq!(body["message"], "The audit log cannot be written, so no request is served.");
        assert!(body.get("CiphertextBlob").is_none());
    }
    assert!(!kms.is_ready());
}

/// The change is made, the journal fails, the process dies: the event waits in the store, and comes exactly once.
#[test]
fn the_event_of_a_change_is_never_lost_and_never_twice() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let kms = world.start();
    let arn = key(&kms, &*world.clock);
    let (reply, _) = {
        world.disk.fail_at(1, Failure::Always);
        ask(&kms, &*world.clock, "DisableKey", &json!({"KeyId": arn}))
    };
    assert_eq!(reply.status, 500);
    drop(kms);
    let world = World { disk: Arc::new(world.disk.after_power_cut(0)), ..world };
    for _ in 0..3 {
        let kms = world.start();
        let state = get(&kms, &*world.clock, "DescribeKey", &json!({"KeyId": arn}));
        assert_eq!(state["KeyMetadata"]["KeyState"], "Disabled");
        drop(kms);
        let events = world.events();
        let named = |name: &str| events.iter().filter(|event| event["eventName"] == name).count();
        assert_eq!((named("CreateKey"), named("DisableKey")), (1, 1));
    }
}

#[test]
fn nothing_is_answered_from_a_state_that_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let kms = world.start();
    let arn = key(&kms, &*world.clock);
    // Odd while the key is certainly disabled. Counted, so that a request that began in one such time and ended in the next,
    // and was rightly answered between them, is told from one that was under way in a single one.
    let (times, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(Ordering::SeqCst) {
                    let before = times.load(Ordering::SeqCst);
                    let (reply, body) =
                        ask(&kms, &*world.clock, "Encrypt", &json!({"KeyId": arn, "Plaintext": "aGk="}));
                    let disabled = before % 2 == 1 && times.load(Ordering::SeqCst) == before;
                    assert!(!(disabled && reply.status == 200), "an answer from a state that is over: {body}");
                }
            });
        }
        for _ in 0..30 {
            get(&kms, &*world.clock, "DisableKey", &json!({"KeyId": arn}));
            times.fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(std::time::Duration::from_millis(3));
            times.fetch_add(1, Ordering::SeqCst);
            get(&kms, &*world.clock, "EnableKey", &json!({"KeyId": arn}));
        }
        stop.store(true, Ordering::SeqCst);
    });
}

/// A row that somebody moved to another name, or changed, is found out at the start, and nothing is served.
#[test]
fn rows_are_bound_to_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let kms = world.start();
    let (one, two) = (key(&kms, &*world.clock), key(&kms, &*world.clock));
    drop(kms);
    let id = |arn: &str| format!("123456789012/us-east-1/{}", arn.rsplit('/').next().unwrap());
    let connection = rusqlite::Connection::open(&world.state).unwrap();
    let swap = "UPDATE row SET body = (SELECT body FROM row WHERE name = ?2) WHERE name = ?1";
    assert_eq!(connection.execute(swap, [id(&one), id(&two)]).unwrap(), 1);
    drop(connection);
    let store = wardbook_service::store::SqliteStore::open(&world.state).unwrap();
    let rows = wardbook_service::store::Store::load(&store).unwrap();
    let sealer = wardbook_service::seal::Sealer::new(
        wardbook_backend::secret::Secret::new(vec![7; 32]),
        Arc::new(wardbook_backend::random::System),
    );
    let error = wardbook_service::state::State::load(&rows, &sealer).unwrap_err();
    assert!(error.row.contains(&id(&one)), "{error}");
}
