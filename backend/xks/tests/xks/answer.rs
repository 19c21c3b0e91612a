//! Answers that are refusals, lies, repetitions or nothing at all.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use wardbook_backend::backend::{Backend, Condition, Depth};
use wardbook_backend::call::Call;
use wardbook_backend::error::{BackendError, InputError};
use wardbook_backend::operation::OperationKind;
use wardbook_backend::random::System;
use wardbook_backend_xks::limits;
use wardbook_backend_xks::refusal::Refusal;
use wardbook_backend_xks::xks::Xks;

use crate::proxy::{Fault, Proxy};
use crate::scene::{BEHALF, EASY, binding, client, context, decrypt, encrypt, id, local, scene};

#[test]
fn every_name_of_the_protocol_has_its_meaning_for_every_call() {
    let (proxy, xks, key) = scene();
    let blob = encrypt(&key, b"x", "a").expect("encrypts");
    proxy.seen();
    let mut calls = 0;
    for refusal in Refusal::all() {
        let fail = || proxy.fail([Fault::Refuse(400, refusal.as_str())]);
        fail();
        assert_eq!(encrypt(&key, b"x", "a"), Err(refusal.error(OperationKind::Encrypt)), "{refusal:?}");
        fail();
        assert_eq!(decrypt(&key, &blob, "a"), Err(refusal.error(OperationKind::Decrypt)), "{refusal:?}");
        fail();
        let adopted = xks.adopt(&binding(1), "one", &Call::unhurried());
        assert_eq!(adopted, Err(refusal.error(OperationKind::Adopt)), "{refusal:?}");
        fail();
        let health = xks.health(Depth::Shallow, &Call::unhurried()).expect("an answer");
        assert_eq!(health.members[0].condition, Condition::Unavailable, "{refusal:?}");
        calls += 4;
        assert_eq!(proxy.with(|state| state.seen.len()), calls, "no refusal makes the client ask again");
    }
}

#[test]
fn what_is_no_answer_is_not_taken_for_one() {
    let (proxy, _xks, key) = scene();
    let blob = encrypt(&key, b"x", "a").expect("encrypts");
    let head = |rest: &str| Fault::Raw(format!("HTTP/1.1 200 OK\r\n{rest}").into_bytes());
    let endless = [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nX: ".to_vec(), vec![b'x'; 100_000]].concat();
    let many = format!("{}Content-Length: 0\r\n\r\n", "X: y\r\n".repeat(1_000));
    for (fault, error) in [
        (Fault::Raw(b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec()), BackendError::Internal),
        (Fault::Raw(vec![0xff; 2_000]), BackendError::Internal),
        (Fault::Raw(endless), BackendError::Internal),
        (head(&many), BackendError::Internal),
        (head("Content-Length: 99999999999999999999\r\n\r\n"), BackendError::Internal),
        (head("Content-Length: 1000000000\r\n\r\n{"), BackendError::Internal),
        (head("Transfer-Encoding: chunked\r\n\r\nfffffff\r\n"), BackendError::Internal),
        (head(&format!("\r\n{}", "x".repeat(100_000))), BackendError::Internal),
        (Fault::LengthOff(-1), BackendError::Internal),
        (Fault::LengthOff(-40), BackendError::Internal),
        (Fault::Body(200, Vec::new()), BackendError::Internal),
        (Fault::Body(200, b"{}".to_vec()), BackendError::Internal),
        (Fault::Body(200, b"null".to_vec()), BackendError::Internal),
        (Fault::Body(200, b"[".repeat(30_000)), BackendError::Internal),
        (Fault::Body(200, vec![b' '; limits::BODY_BYTES_MAX + 1]), BackendError::Internal),
        (Fault::Body(200, br#"{"errorName": "AccessDeniedException"}"#.to_vec()), BackendError::Internal),
        (Fault::Body(204, Vec::new()), BackendError::Internal),
        (Fault::Body(301, Vec::new()), BackendError::Internal),
        (Fault::Body(400, b"<html>".to_vec()), BackendError::Internal),
        (Fault::Body(403, br#"{"errorName": 5}"#.to_vec()), BackendError::Internal),
        (Fault::Body(502, b"<html>".to_vec()), BackendError::Unavailable),
        (Fault::Body(503, Vec::new()), BackendError::Unavailable),
        (Fault::Body(504, Vec::new()), BackendError::Timeout),
        (Fault::Body(429, Vec::new()), BackendError::Throttled),
    ] {
        proxy.fail([fault.clone()]);
        assert_eq!(encrypt(&key, b"x", "a"), Err(error), "{fault:.200?}");
        proxy.fail([fault.clone()]);
        assert_eq!(decrypt(&key, &blob, "a"), Err(error), "{fault:.200?}");
        assert_eq!(decrypt(&key, &blob, "a"), Ok(b"x".to_vec()), "after {fault:.200?}");
    }
}

#[test]
fn an_answer_cut_anywhere_is_none() {
    let (proxy, _xks, key) = scene();
    for bytes in [1, 15, 16, 60, 90, 120, 200] {
        proxy.fail([Fault::CutAfter(bytes)]);
        assert_eq!(encrypt(&key, b"x", "a"), Err(BackendError::Unavailable), "after {bytes}");
    }
}

#[test]
fn what_fails_its_integrity_check_is_withheld() {
    let (proxy, _xks, key) = scene();
    proxy.with(|state| state.ciphertext_metadata = b"v=1".to_vec());
    let other: [fn(&mut serde_json::Value); 5] = [
        |answer| answer["ciphertextDataIntegrityValue"] = STANDARD.encode([0; 32]).into(),
        |answer| answer["authenticationTag"] = STANDARD.encode([0; 16]).into(),
        |answer| answer["initializationVector"] = STANDARD.encode([9; 12]).into(),
        |answer| answer["ciphertextMetadata"] = STANDARD.encode(b"v=2").into(),
        |answer| answer["ciphertext"] = STANDARD.encode([0; 114]).into(),
    ];
    for change in other {
        proxy.fail([Fault::Change(change)]);
        assert_eq!(encrypt(&key, b"x", "a"), Err(BackendError::Integrity));
        proxy.fail([Fault::Change(change)]);
        let made = key.generate_data_key(32, &context("a"), &Call::unhurried());
        assert_eq!(made, Err(BackendError::Integrity));
    }
    proxy.fail([Fault::Change(|answer| {
        answer.as_object_mut().expect("object").remove("ciphertextDataIntegrityValue");
    })]);
    assert_eq!(encrypt(&key, b"x", "a"), Err(BackendError::Internal), "a value that was asked for and did not come");
}

#[test]
fn an_answer_about_another_number_of_bytes_is_withheld_however_consistent() {
    let proxy = Proxy::start();
    proxy.add_key("one");
    let (client, call) = (client(&proxy, EASY), Call::unhurried());
    let shorter: fn(&mut serde_json::Value) = |answer| {
        let part = |name: &str| STANDARD.decode(answer[name].as_str().expect("text")).expect("Base64");
        let (iv, ciphertext, tag) = (part("initializationVector"), part("ciphertext"), part("authenticationTag"));
        let ciphertext = &ciphertext[1..];
        let integrity = Sha256::digest([&iv[..], ciphertext, &tag].concat());
        answer["ciphertext"] = STANDARD.encode(ciphertext).into();
        answer["ciphertextDataIntegrityValue"] = STANDARD.encode(integrity).into();
    };
    proxy.fail([Fault::Change(shorter)]);
    assert_eq!(client.encrypt(&id("one"), b"probe", b"", BEHALF, &call), Err(BackendError::Integrity));
    let sealed = client.encrypt(&id("one"), b"probe", b"", BEHALF, &call).expect("encrypts");
    proxy.fail([Fault::Change(|answer| answer["plaintext"] = STANDARD.encode(b"prob").into())]);
    assert_eq!(client.decrypt(&id("one"), &sealed, b"", BEHALF, &call), Err(BackendError::Integrity));
    assert_eq!(client.decrypt(&id("one"), &sealed, b"", BEHALF, &call), Ok(b"probe".to_vec()));
    // Everything is as it should be, except for the status.
    let metadata = br#"{"keySpec": "AES_256", "keyUsage": ["ENCRYPT", "DECRYPT"], "keyStatus": "ENABLED"}"#;
    proxy.fail([200, 201].map(|status| Fault::Body(status, metadata.to_vec())));
    assert!(client.metadata(&id("one"), BEHALF, &call).is_ok());
    assert_eq!(client.metadata(&id("one"), BEHALF, &call), Err(BackendError::Internal));
}

#[test]
fn what_is_longer_than_a_proxy_must_take_is_not_sent() {
    let proxy = Proxy::start();
    proxy.add_key("one");
    let (client, call) = (client(&proxy, EASY), Call::unhurried());
    let encrypt = |plaintext: usize, associated: usize| {
        let (plaintext, associated) = (vec![0; plaintext], vec![0; associated]);
        client.encrypt(&id("one"), &plaintext, &associated, BEHALF, &call).map(|_| ())
    };
    let too_long = |bytes_max| Err(InputError::TooLong { bytes_max }.into());
    assert_eq!(encrypt(limits::PLAINTEXT_BYTES_MAX, limits::ASSOCIATED_BYTES_MAX), Ok(()));
    assert_eq!(proxy.seen().len(), 1);
    assert_eq!(encrypt(limits::PLAINTEXT_BYTES_MAX + 1, 0), too_long(limits::PLAINTEXT_BYTES_MAX));
    assert_eq!(encrypt(0, limits::ASSOCIATED_BYTES_MAX + 1), too_long(limits::ASSOCIATED_BYTES_MAX));
    assert!(proxy.seen().is_empty());
}

#[test]
fn a_data_key_that_does_not_come_back_is_withheld() {
    let (proxy, _xks, key) = scene();
    let made = |faults: [Fault; 2]| {
        proxy.fail(faults);
        key.generate_data_key(32, &context("a"), &Call::unhurried()).map(|_| ())
    };
    let fine = || Fault::Slow(Duration::ZERO);
    assert_eq!(made([fine(), fine()]), Ok(()));
    assert_eq!(made([fine(), Fault::Refuse(400, "InvalidCiphertextException")]), Err(BackendError::Integrity));
    assert_eq!(made([fine(), Fault::Refuse(400, "InvalidStateException")]), Err(BackendError::InvalidState));
    let lie: fn(&mut serde_json::Value) = |answer| answer["plaintext"] = STANDARD.encode([0; 145]).into();
    assert_eq!(made([fine(), Fault::Change(lie)]), Err(BackendError::Integrity));
}

#[test]
fn an_answer_of_another_time_is_not_taken_for_this_one() {
    let (proxy, _xks, key) = scene();
    let one = encrypt(&key, b"one", "a").expect("encrypts");
    proxy.fail([Fault::Replay]);
    assert_eq!(encrypt(&key, b"two", "a"), Err(BackendError::Integrity), "the same length, the same context");
    proxy.fail([Fault::Replay]);
    assert_eq!(encrypt(&key, b"one", "a"), Err(BackendError::Integrity), "even the same plaintext");
    let two = encrypt(&key, b"two", "a").expect("encrypts");
    assert_eq!(decrypt(&key, &one, "a"), Ok(b"one".to_vec()));
    proxy.fail([Fault::Replay]);
    assert_eq!(decrypt(&key, &two, "a"), Err(BackendError::Integrity));
    let lie: fn(&mut serde_json::Value) = |answer| answer["plaintext"] = "AAAA".into();
    proxy.fail([Fault::Change(lie)]);
    assert_eq!(decrypt(&key, &two, "a"), Err(BackendError::Integrity), "another length");
}

#[test]
fn a_proxy_that_drops_associated_data_is_found_out_and_opens_nothing_by_it() {
    let proxy = Proxy::start();
    ["one", "test"].iter().for_each(|name| proxy.add_key(name));
    let call = Call::unhurried();
    let connect =
        |test_key| Xks::connect(client(&proxy, EASY), local(), Arc::new(System), test_key, &call).expect("connects");
    assert!(connect(Some(id("test"))).capabilities().refuted().is_empty());
    proxy.with(|state| state.ignore_associated = true);
    let refuted = connect(Some(id("test")));
    assert_eq!(refuted.capabilities().refuted().len(), 3);
    assert!(refuted.capabilities().rows().is_empty());
    assert!(matches!(refuted.adopt(&binding(1), "one", &call), Err(BackendError::Unsupported { .. })));
    // Without a key to test with, the local half still holds the context.
    let xks = connect(None);
    let token = xks.adopt(&binding(1), "one", &call).expect("adopted");
    let key = xks.open(&token, &binding(1), &call).expect("opens");
    let blob = encrypt(&key, b"x", "a").expect("encrypts");
    assert_eq!(decrypt(&key, &blob, "a"), Ok(b"x".to_vec()));
    assert_eq!(decrypt(&key, &blob, "b"), Err(BackendError::InvalidCiphertext));
}
