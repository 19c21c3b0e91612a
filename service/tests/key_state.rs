//! Every cell of the key-state table, over HTTP: each operation on a key in each of the eight states.
//!
//! The cells are in `testdata/kms/key_state.tsv`, which was worked out from the documentation. Keys are made over the
//! API and then put into their states in the store, since some states pass before anybody could ask.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod kit;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use kit::{World, get};
use serde_json::{Value, json};
use wardbook_audit::event::EventText;
use wardbook_backend::random::System;
use wardbook_backend::secret::Secret;
use wardbook_policy::catalogue::KeyState;
use wardbook_service::api::Operation;
use wardbook_service::clock::SystemClock;
use wardbook_service::http::{Settings, serve};
use wardbook_service::kms::Kms;
use wardbook_service::seal::Sealer;
use wardbook_service::state::{State, Writes};
use wardbook_service::store::{SqliteStore, Store};

const TABLE: &str = include_str!("../../testdata/kms/key_state.tsv");
const REFUSALS: &str = include_str!("../../testdata/kms/key_state_refusal.tsv");
const REQUESTS: &str = include_str!("../../testdata/kms/key_state_request.json");

/// One cell, with the key that it is about.
struct Cell {
    request: &'static str,
    state: KeyState,
    wanted: &'static str,
    key: String,
    names: BTreeMap<&'static str, String>,
}

impl Cell {
    fn operation(&self) -> &'static str {
        self.request.split(' ').next().unwrap()
    }

    /// The request, with what it names filled in.
    fn body(&self, requests: &Value) -> String {
        let mut text = requests[self.request].to_string();
        for (name, value) in &self.names {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
    }
}

fn lines(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect())
}

/// A key of a kind, with whatever the request needs besides.
fn cell(kms: &Kms, clock: &SystemClock, kind: &str, place: usize, common: &BTreeMap<&'static str, String>) -> Cell {
    let ask = |operation: &str, body: Value| get(kms, clock, operation, &body);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let key = match kind {
        "symmetric" => ask("CreateKey", json!({})),
        "external" => ask("CreateKey", json!({ "Origin": "EXTERNAL" })),
        "signer" => ask("CreateKey", json!({ "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY" })),
        "mac" => ask("CreateKey", json!({ "KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC" })),
        "agreement" => ask("CreateKey", json!({ "KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT" })),
        "encapsulation" => ask("CreateKey", json!({ "KeySpec": "ML_KEM_512", "KeyUsage": "ENCAPSULATE_DECAPSULATE" })),
        "primary" => ask("CreateKey", json!({ "MultiRegion": true })),
        kind => panic!("{kind}"),
    };
    let key = text(&key["KeyMetadata"]["Arn"]);
    let made = match kind {
        "symmetric" => {
            ask("Encrypt", json!({ "KeyId": key, "Plaintext": "aGVsbG8=" }))["CiphertextBlob"].clone()
        }
        "signer" => {
            let body = json!({ "KeyId": key, "Message": "aGVsbG8=", "SigningAlgorithm": "ECDSA_SHA_256" });
            ask("Sign", body)["Signature"].clone()
        }
        "mac" => {
            ask("GenerateMac", json!({ "KeyId": key, "Message": "aGVsbG8=", "MacAlgorithm": "HMAC_SHA_256" }))["Mac"]
                .clone()
        }
        "agreement" => ask("GetPublicKey", json!({ "KeyId": key }))["PublicKey"].clone(),
        "encapsulation" => ask("Encapsulate", json!({ "KeyId": key, "EncapsulationAlgorithm": "ML_KEM" }))
            ["SharedSecretCiphertextBlob"]
            .clone(),
        "primary" => {
            ask("ReplicateKey", json!({ "KeyId": key, "ReplicaRegion": "eu-west-1" }));
            json!("")
        }
        _ => json!(""),
    };
    let alias = format!("alias/key-{place}");
    ask("CreateAlias", json!({ "AliasName": alias, "TargetKeyId": key }));
    let grant = match kind {
        // It has no material yet.
        "external" => String::new(),
        _ => {
            let grant = json!({ "KeyId": key, "GranteePrincipal": kit::PRINCIPAL, "Operations": ["DescribeKey"] });
            text(&ask("CreateGrant", grant)["GrantId"])
        }
    };
    let mut names = common.clone();
    names.extend([("key", key.clone()), ("made", text(&made)), ("alias", alias), ("grant", grant)]);
    Cell { request: "", state: KeyState::Enabled, wanted: "", key, names }
}

/// Puts every key into its state, as a row of the store says it.
fn put(world: &World, cells: &[Cell]) {
    let store = SqliteStore::open(&world.state).unwrap();
    let sealer = Sealer::new(Secret::new(vec![7; 32]), Arc::new(System));
    let state = State::whole(&store.since(0).unwrap(), &sealer).unwrap();
    let mut writes = Writes::default();
    for cell in cells {
        let key = state.keys().find(|key| key.name.arn() == cell.key).unwrap();
        let mut record = key.record.clone();
        record.state = cell.state.name().to_owned();
        match cell.state {
            KeyState::PendingImport => {
                record.origin = "EXTERNAL".to_owned();
                record.materials.iter_mut().for_each(|material| material.token = None);
            }
            KeyState::Unavailable => {
                // Its own state is another one; it is that of the key store which makes it unavailable.
                record.state = "Enabled".to_owned();
                record.origin = "EXTERNAL_KEY_STORE".to_owned();
                record.key_store = Some("cks-1234567890abcdef0".to_owned());
            }
            _ => {}
        }
        writes.key(&key.name, record, &key.policy[0]);
    }
    let event = r#"{"eventTime":"2026-01-01T00:00:00Z","eventName":"Test"}"#.to_owned();
    store.commit(&[], &writes.changes(&sealer).unwrap(), &EventText::read(event).unwrap()).unwrap();
}

/// Status and body of the answer over a connection of its own.
fn ask(address: SocketAddr, clock: &SystemClock, operation: &str, body: &str) -> (u16, Value) {
    let raw = kit::request(clock, operation, body);
    let mut text = String::from("POST / HTTP/1.1\r\n");
    for (name, value) in &raw.headers {
        text += &format!("{name}: {}\r\n", String::from_utf8(value.clone()).unwrap());
    }
    text += &format!("content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    (head.get(9..12).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap_or_default())
}

#[test]
fn every_cell_of_the_key_state_table() {
    let requests: Value = serde_json::from_str(REQUESTS).unwrap();
    let refusals: BTreeMap<&str, (&str, &str)> = lines(REFUSALS).map(|line| (line[0], (line[1], line[2]))).collect();
    let world = World::new(&std::env::temp_dir().join(format!("wardbook-states-{}", std::process::id())));
    std::fs::create_dir_all(world.state.parent().unwrap()).unwrap();
    let kms = world.start();
    let clock = &*world.clock;

    let mut common = BTreeMap::new();
    let other = kit::key(&kms, clock);
    let others = get(&kms, clock, "Encrypt", &json!({ "KeyId": other, "Plaintext": "aGVsbG8=" }));
    common.insert("others", others["CiphertextBlob"].as_str().unwrap().to_owned());
    common.insert("other", other.clone());

    let (mut cells, mut named) = (Vec::new(), BTreeSet::new());
    for line in lines(TABLE) {
        named.insert(line[0].split(' ').next().unwrap());
        if line[1] == "no key" {
            continue;
        }
        assert_eq!(line.len(), 10, "{line:?}");
        for (state, wanted) in KeyState::ALL.into_iter().zip(&line[2..]) {
            let made = cell(&kms, clock, line[1], cells.len(), &common);
            cells.push(Cell { request: line[0], state, wanted, ..made });
        }
    }
    for (place, cell) in cells.iter_mut().enumerate() {
        if cell.request == "UpdateAlias to" {
            let alias = format!("alias/moves-{place}");
            get(&kms, clock, "CreateAlias", &json!({ "AliasName": alias, "TargetKeyId": other }));
            cell.names.insert("others alias", alias);
        }
    }
    let of_the_model: BTreeSet<&str> = Operation::ALL.iter().map(|operation| operation.name()).collect();
    assert_eq!(named, of_the_model, "the table has every operation");
    drop(kms);
    put(&world, &cells);

    let kms = Arc::new(world.start());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || serve(kms, listener, Settings::default(), || ()).unwrap());
    let mut wrong = Vec::new();
    for cell in &cells {
        let (status, answer) = ask(address, clock, cell.operation(), &cell.body(&requests));
        let found = match status {
            200 => "ok".to_owned(),
            _ => format!("{} {}", answer["__type"].as_str().unwrap(), answer["message"].as_str().unwrap_or_default()),
        };
        let wanted = match refusals.get(cell.wanted) {
            None => cell.wanted.to_owned(),
            Some((error, message)) => format!("{error} {}", message.replace("{}", &cell.key)),
        };
        if found != wanted {
            wrong.push(format!("{} in {}:\n  found  {found}\n  wanted {wanted}", cell.request, cell.state.name()));
        }
    }
    std::fs::remove_dir_all(world.state.parent().unwrap()).unwrap();
    assert!(cells.len() >= 8 * 46, "{} cells", cells.len());
    assert!(wrong.is_empty(), "{} of {} cells:\n{}", wrong.len(), cells.len(), wrong.join("\n"));
}
