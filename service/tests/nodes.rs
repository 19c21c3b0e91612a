//! Two nodes on one state, in one process: what one changes the other knows before it answers.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

mod kit;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kit::{World, ask, get, key};
use serde_json::{Value, json};
use wardbook_audit::disk::MemoryDisk;
use wardbook_audit::event::EventText;
use wardbook_service::clock::SystemClock;
use wardbook_service::kms::Kms;
use wardbook_service::quota::{Quotas, Resources};
use wardbook_service::store::{Change, Committed, LastUse, News, Row, RowId, Seen, SqliteStore, Store, StoreError};

/// What happens when a node asks for the version, if anything.
type Interruption = Box<dyn FnMut() + Send>;

/// A store that tells of what changed since a version, as one that several processes use.
#[derive(Clone)]
struct Shared {
    store: Arc<SqliteStore>,
    changed: Arc<Mutex<BTreeMap<RowId, u64>>>,
    interruptions: Arc<Mutex<Vec<Interruption>>>,
    uses: Arc<Mutex<Vec<LastUse>>>,
}

impl Shared {
    fn new() -> Shared {
        let store = Arc::new(SqliteStore::in_memory().unwrap());
        Shared { store, changed: Arc::default(), interruptions: Arc::default(), uses: Arc::default() }
    }

    /// For another node, which is not interrupted.
    fn beside(&self) -> Shared {
        Shared { interruptions: Arc::default(), ..self.clone() }
    }

    /// What happens at the next questions, the first one first.
    fn interrupt(&self, mut happens: Vec<Interruption>) {
        happens.reverse();
        *self.interruptions.lock().unwrap() = happens;
    }
}

impl Store for Shared {
    fn load(&self) -> Result<Vec<Row>, StoreError> {
        self.store.load()
    }

    fn commit(&self, seen: &[Seen], changes: &[Change], event: &EventText) -> Result<Committed, StoreError> {
        let mut changed = self.changed.lock().unwrap();
        let committed = self.store.commit(seen, changes, event)?;
        changed.extend(changes.iter().map(|change| (change.id().clone(), committed.revision)));
        Ok(committed)
    }

    fn commit_at(
        &self,
        version: u64,
        seen: &[Seen],
        changes: &[Change],
        event: &EventText,
    ) -> Result<Committed, StoreError> {
        let mut changed = self.changed.lock().unwrap();
        if self.store.since(0)?.version != version {
            return Err(StoreError::Conflict);
        }
        let committed = self.store.commit(seen, changes, event)?;
        changed.extend(changes.iter().map(|change| (change.id().clone(), committed.revision)));
        Ok(committed)
    }

    fn tell_uses(&self, uses: &[LastUse]) -> Result<(), StoreError> {
        self.uses.lock().unwrap().extend_from_slice(uses);
        Ok(())
    }

    fn uses_of(&self, key: &str) -> Result<Vec<Vec<u8>>, StoreError> {
        let uses = self.uses.lock().unwrap();
        Ok(uses.iter().filter(|told| told.key == key).map(|told| told.body.clone()).collect())
    }

    fn confirm(&self, seen: &[Seen]) -> Result<bool, StoreError> {
        self.store.confirm(seen)
    }

    fn waiting(&self) -> Result<Vec<(i64, String)>, StoreError> {
        self.store.waiting()
    }

    fn settle(&self, events: &[i64]) -> Result<(), StoreError> {
        self.store.settle(events)
    }

    fn once(&self, name: &str, make: &mut dyn FnMut() -> Option<Vec<u8>>) -> Result<Vec<u8>, StoreError> {
        self.store.once(name, make)
    }

    fn kept(&self) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        self.store.kept()
    }

    fn forget(&self, name: &str) -> Result<(), StoreError> {
        self.store.forget(name)
    }

    fn version(&self) -> Result<Option<u64>, StoreError> {
        let happens = self.interruptions.lock().unwrap().pop();
        if let Some(mut happens) = happens {
            happens();
        }
        Ok(Some(self.store.since(0)?.version))
    }

    fn since(&self, version: u64) -> Result<News, StoreError> {
        let changed = self.changed.lock().unwrap();
        let all = self.store.since(0)?;
        if version == 0 || version > all.version {
            return Ok(all);
        }
        let there: BTreeSet<RowId> = all.changed.iter().map(|row| row.id.clone()).collect();
        let gone = changed.iter().filter(|(id, revision)| **revision > version && !there.contains(*id));
        let gone = gone.map(|(id, _)| id.clone()).collect();
        let changed = all.changed.into_iter().filter(|row| row.revision > version).collect();
        Ok(News { version: all.version, whole: false, changed, gone })
    }

    fn back_up(&self, to: &Path) -> Result<(), StoreError> {
        self.store.back_up(to)
    }

    fn clear(&self) -> Result<(), StoreError> {
        self.store.clear()
    }

    fn check(&self) -> Result<(), StoreError> {
        self.store.check()
    }
}

/// Two nodes with a log each, and the store of the second.
fn nodes() -> (World, [Kms; 2], Shared) {
    // The state is in memory, so the folder is not used.
    let world = World::new(Path::new("unused"));
    let other = World { disk: Arc::new(MemoryDisk::default()), ..world.clone() };
    let first = Shared::new();
    let second = first.beside();
    let nodes = [world.start_with(Box::new(first)), other.start_with(Box::new(second.clone()))];
    (other, nodes, second)
}

/// Everything that a node tells of the state.
fn told(kms: &Kms, world: &World) -> Vec<Value> {
    let clock = &*world.clock;
    let keys = get(kms, clock, "ListKeys", &json!({"Limit": 1000}));
    let mut all = vec![keys.clone(), get(kms, clock, "ListAliases", &json!({"Limit": 100}))];
    for entry in keys["Keys"].as_array().unwrap() {
        for operation in ["DescribeKey", "ListGrants", "GetKeyPolicy", "ListResourceTags", "ListAliases"] {
            all.push(ask(kms, clock, operation, &json!({"KeyId": entry["KeyArn"]})).1);
        }
    }
    all
}

#[test]
fn both_tell_the_same_whatever_either_changes() {
    let (world, nodes, _) = nodes();
    let clock = &*world.clock;
    let mut seed = 7_u64;
    let mut random = |bound: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % bound
    };
    let mut keys: Vec<String> = (0..3).map(|_| key(&nodes[0], clock)).collect();
    let mut grants: Vec<(String, String)> = Vec::new();
    for step in 0..150 {
        let node = &nodes[random(2)];
        let arn = keys[random(keys.len())].clone();
        let alias = format!("alias/a{}", random(6));
        match random(11) {
            0 => keys.push(key(node, clock)),
            1 => drop(ask(node, clock, "CreateAlias", &json!({"AliasName": alias, "TargetKeyId": arn}))),
            2 => drop(ask(node, clock, "UpdateAlias", &json!({"AliasName": alias, "TargetKeyId": arn}))),
            3 => drop(ask(node, clock, "DeleteAlias", &json!({"AliasName": alias}))),
            4 | 5 => {
                let principal = format!("arn:aws:iam::123456789012:user/u{step}");
                let body = json!({"KeyId": arn, "GranteePrincipal": principal, "Operations": ["Decrypt"]});
                let (reply, body) = ask(node, clock, "CreateGrant", &body);
                if reply.status == 200 {
                    grants.push((arn, body["GrantId"].as_str().unwrap().to_owned()));
                }
            }
            6 if !grants.is_empty() => {
                let (arn, grant) = grants.swap_remove(random(grants.len()));
                drop(ask(node, clock, "RevokeGrant", &json!({"KeyId": arn, "GrantId": grant})));
            }
            7 => drop(ask(node, clock, "DisableKey", &json!({"KeyId": arn}))),
            8 => drop(ask(node, clock, "EnableKey", &json!({"KeyId": arn}))),
            9 => {
                let body = json!({"KeyId": arn, "Tags": [{"TagKey": "step", "TagValue": step.to_string()}]});
                drop(ask(node, clock, "TagResource", &body));
            }
            _ => drop(ask(node, clock, "Encrypt", &json!({"KeyId": arn, "Plaintext": "aGk="}))),
        }
        if random(4) == 0 {
            assert_eq!(told(&nodes[0], &world), told(&nodes[1], &world), "step {step}");
        }
    }
    assert_eq!(told(&nodes[0], &world), told(&nodes[1], &world));
    assert!(keys.len() > 5 && !grants.is_empty());
}

#[test]
fn a_change_between_decision_and_reply_is_noticed() {
    let (world, [first, second], shared) = nodes();
    let (first, clock) = (Arc::new(first), world.clock.clone());
    let arn = key(&first, &*clock);
    let body = json!({"KeyId": arn, "Plaintext": "aGk="});
    assert_eq!(ask(&second, &*clock, "Encrypt", &body).0.status, 200);
    let change = |operation: &'static str| -> Interruption {
        let (first, clock, arn) = (Arc::clone(&first), clock.clone(), arn.clone());
        Box::new(move || drop(get(&first, &*clock, operation, &json!({"KeyId": arn}))))
    };
    let pause = |millis: u64| -> Interruption { Box::new(move || std::thread::sleep(Duration::from_millis(millis))) };
    // The second node learns of it before it is interrupted.
    let enable = || {
        get(&first, &*clock, "EnableKey", &json!({"KeyId": arn}));
        get(&second, &*clock, "DescribeKey", &json!({"KeyId": arn}));
    };
    let count = |id: &str| world.events().iter().filter(|event| event["requestID"] == id).count();

    // Before the last look: decided again, and refused.
    shared.interrupt(vec![change("DisableKey")]);
    let (reply, told) = ask(&second, &*clock, "Encrypt", &body);
    assert_eq!((reply.status, told["__type"].as_str()), (400, Some("DisabledException")));
    assert_eq!(count(&reply.request_id), 1);

    // After it, while the process was stopped for long: not told, and in the log once.
    enable();
    shared.interrupt(vec![pause(300), change("DisableKey")]);
    let (reply, told) = ask(&second, &*clock, "Encrypt", &body);
    assert_eq!((reply.status, told["__type"].as_str()), (500, Some("KMSInternalException")), "{told}");
    assert!(told.get("CiphertextBlob").is_none());
    assert_eq!(count(&reply.request_id), 1);

    // A long pause in which nothing changed costs nothing, and after a short one nobody asks again.
    enable();
    shared.interrupt(vec![pause(300)]);
    assert_eq!(ask(&second, &*clock, "Encrypt", &body).0.status, 200);
    shared.interrupt(vec![pause(1), change("DisableKey")]);
    assert_eq!(ask(&second, &*clock, "Encrypt", &body).0.status, 200);
    assert_eq!(shared.interruptions.lock().unwrap().len(), 1, "the second question was not asked");
}

#[test]
fn all_nodes_together_make_no_more_keys_than_an_account_may_have() {
    let world = World::new(Path::new("unused"));
    let other = World { disk: Arc::new(MemoryDisk::default()), ..world.clone() };
    let quotas = || {
        let mut quotas = Quotas::default();
        quotas.resources = Resources { keys: 3, ..quotas.resources };
        quotas
    };
    let shared = Shared::new();
    let first = world.start_bounded(Box::new(shared.beside()), quotas());
    let second = other.start_bounded(Box::new(shared), quotas());
    let clock = &*world.clock;
    // Neither has learned of what the other made when it counts.
    key(&first, clock);
    key(&first, clock);
    key(&second, clock);
    for node in [&first, &second] {
        let (_, told) = ask(node, clock, "CreateKey", &json!({}));
        assert_eq!(told["__type"], "LimitExceededException", "{told}");
    }
    assert_eq!(get(&first, clock, "ListKeys", &json!({}))["Keys"].as_array().unwrap().len(), 3);
    // Replicas are keys of their region.
    let world = World::new(Path::new("unused"));
    let (node, clock) = (world.start_bounded(Box::new(Shared::new()), quotas()), &*world.clock);
    let made = || get(&node, clock, "CreateKey", &json!({"MultiRegion": true}))["KeyMetadata"]["Arn"].clone();
    let [one, two, three] = [made(), made(), made()];
    let replicate =
        |key: &Value| ask(&node, clock, "ReplicateKey", &json!({"KeyId": key, "ReplicaRegion": "eu-west-1"}));
    for key in [&one, &two, &three] {
        assert_eq!(replicate(key).0.status, 200);
    }
    get(&node, clock, "UpdatePrimaryRegion", &json!({"KeyId": one, "PrimaryRegion": "eu-west-1"}));
    get(&node, clock, "ScheduleKeyDeletion", &json!({"KeyId": one, "PendingWindowInDays": 7}));
    world.clock.advance(8 * 86_400);
    assert!(node.tick().is_empty());
    let (_, told) = replicate(&made());
    assert_eq!(told["__type"], "LimitExceededException", "{told}");
}

#[test]
fn each_node_knows_when_a_key_last_did_its_work_on_another() {
    let (_, [first, second], shared) = nodes();
    let clock = SystemClock::default();
    let arn = key(&first, &clock);
    let last = |node: &Kms| get(node, &clock, "GetKeyLastUsage", &json!({"KeyId": arn}))["KeyLastUsage"].clone();
    assert_eq!(last(&second), Value::Null);
    let body = json!({"KeyId": arn, "Plaintext": "aGk="});
    let (reply, _) = ask(&first, &clock, "Encrypt", &body);
    // A look at the key is no use of it, and neither is what was refused.
    get(&first, &clock, "DescribeKey", &json!({"KeyId": arn}));
    ask(&first, &clock, "Encrypt", &json!({"KeyId": arn, "Plaintext": "aGk=", "DryRun": true}));
    assert!(first.tick().is_empty());
    for node in [&first, &second] {
        let told = last(node);
        assert_eq!([&told["Operation"], &told["KmsRequestId"]], [&json!("Encrypt"), &json!(reply.request_id)]);
    }
    // The later one counts, wherever it was.
    let (reply, _) = ask(&second, &clock, "GenerateDataKey", &json!({"KeyId": arn, "KeySpec": "AES_256"}));
    assert_eq!(last(&second)["KmsRequestId"], json!(reply.request_id));
    assert!(second.tick().is_empty());
    assert_eq!(last(&first)["Operation"], "GenerateDataKey");
    // What is kept is sealed to its key: what does not open counts for nothing.
    for told in &mut *shared.uses.lock().unwrap() {
        told.body[40] ^= 1;
    }
    assert_eq!(last(&first)["Operation"], "Encrypt", "its own log is left");
}
