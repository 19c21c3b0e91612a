//! Deadlines, signatures, and connections that are kept, closed or reset.

use std::sync::Arc;
use std::time::{Duration, Instant};

use wardbook_backend::algorithm::Algorithm::SymmetricDefault;
use wardbook_backend::call::{Call, Monotonic};
use wardbook_backend::context::Context;
use wardbook_backend::error::BackendError;
use wardbook_backend::random::System;
use wardbook_backend_xks::client::{Client, Settings};
use wardbook_backend_xks::endpoint::Endpoint;
use wardbook_backend_xks::limits;

use crate::proxy;
use crate::proxy::{Fault, Proxy};
use crate::scene::{EASY, SHORT, SOON, Still, client, credential, decrypt, encrypt, probe, scene, settings};

#[test]
fn no_answer_is_waited_for_beyond_the_deadline() {
    let proxy = Proxy::start();
    proxy.add_key("one");
    let settings = settings(&proxy, limits::EXCHANGE);
    assert_eq!(settings.patience, Duration::from_millis(250));
    let client = Client::new(settings, Arc::new(System), Arc::new(Still(proxy::NOW)), None).expect("valid");
    let client_short = self::client(&proxy, SHORT);
    for (client, fault, least) in [
        (&client, Fault::Hang, limits::EXCHANGE),
        (&client_short, Fault::Hang, SHORT),
        (&client_short, Fault::Slow(SHORT * 3), SHORT),
        (&client_short, Fault::Trickle(Duration::from_millis(20)), SHORT),
        (&client_short, Fault::LengthOff(5), SHORT),
    ] {
        proxy.fail([fault.clone()]);
        let start = Instant::now();
        assert_eq!(probe(client), Err(BackendError::Timeout), "{fault:?}");
        let took = start.elapsed();
        assert!(took >= least - Duration::from_millis(5) && took < SOON, "{fault:?} took {took:?}");
    }
}

#[test]
fn the_deadline_of_the_call_counts_where_it_is_sooner() {
    let (proxy, _xks, key) = scene();
    let clock = Monotonic::start();
    proxy.fail([Fault::Hang]);
    let start = Instant::now();
    let late = key.encrypt(SymmetricDefault, b"x", &Context::empty(), &Call::within(&clock, SHORT));
    assert_eq!(late, Err(BackendError::Timeout));
    assert!(start.elapsed() < SOON);
    proxy.seen();
    let passed = Call::until(&clock, Duration::ZERO);
    assert_eq!(key.encrypt(SymmetricDefault, b"x", &Context::empty(), &passed), Err(BackendError::Timeout));
    assert!(proxy.seen().is_empty(), "nobody is asked when it is too late");
}

#[test]
fn a_proxy_that_is_slow_within_the_deadline_or_answers_in_chunks_is_heard() {
    let (proxy, _xks, key) = scene();
    proxy.fail([Fault::Slow(Duration::from_millis(30)), Fault::Chunked, Fault::Trickle(Duration::from_micros(100))]);
    for _ in 0..3 {
        encrypt(&key, b"x", "a").expect("encrypts");
    }
}

#[test]
fn a_proxy_that_does_not_know_us_says_so_until_it_does() {
    let (proxy, xks, key) = scene();
    let other = "0123456789012345678901234567890123456789012";
    proxy.with(|state| other.clone_into(&mut state.secret));
    assert_eq!(encrypt(&key, b"x", "a"), Err(BackendError::AccessDenied));
    xks.client().set_credential(credential(other));
    assert!(encrypt(&key, b"x", "a").is_ok());
    let late = Client::new(settings(&proxy, EASY), Arc::new(System), Arc::new(Still(proxy::NOW + 1)), None);
    assert_eq!(probe(&late.expect("valid")), Err(BackendError::AccessDenied), "the time is signed");
    let moved = Settings { region: "eu-west-2".to_owned(), credential: credential(other), ..settings(&proxy, EASY) };
    let moved = Client::new(moved, Arc::new(System), Arc::new(Still(proxy::NOW)), None).expect("valid");
    assert_eq!(probe(&moved), Err(BackendError::AccessDenied), "the region is signed");
}

#[test]
fn connections_are_kept_and_a_request_is_sent_again_only_if_nobody_can_have_answered_it() {
    let (proxy, _xks, key) = scene();
    let connections = |faults: Vec<Fault>, outcome: Result<(), BackendError>| {
        proxy.fail(faults);
        assert_eq!(encrypt(&key, b"x", "a").map(|_| ()), outcome);
        proxy.seen().iter().map(|seen| seen.connection).collect::<Vec<_>>()
    };
    let first = connections(vec![], Ok(()));
    assert_eq!(connections(vec![], Ok(())), first, "kept");
    connections(vec![Fault::ThenClose], Ok(()));
    let second = connections(vec![], Ok(()));
    assert_ne!(second, first, "one that was closed meanwhile is not used");
    let again = connections(vec![Fault::Close], Ok(()));
    assert_eq!(again.len(), 2, "closed under the request: sent once more");
    assert_eq!(again[0], second[0]);
    assert_ne!(again[1], second[0]);
    let reset = connections(vec![Fault::Reset], Ok(()));
    assert_eq!(reset.len(), 1, "reset before it was read: sent once more");
    let twice = connections(vec![Fault::Close, Fault::Close], Err(BackendError::Unavailable));
    assert_eq!(twice.len(), 2, "and not a third time");
    let fresh = connections(vec![Fault::Close], Err(BackendError::Unavailable));
    assert_eq!(fresh.len(), 1, "a connection of its own that breaks is told, not tried again");
    connections(vec![], Ok(()));
    let cut = connections(vec![Fault::CutAfter(20)], Err(BackendError::Unavailable));
    assert_eq!(cut.len(), 1, "an answer had begun");
    let twice = connections(vec![Fault::Twice], Ok(()));
    std::thread::sleep(Duration::from_millis(60));
    assert_ne!(connections(vec![], Ok(())), twice, "a connection that speaks unasked is left alone");
    assert_eq!(connections(vec![Fault::Reset, Fault::Reset], Err(BackendError::Unavailable)).len(), 0);
}

#[test]
fn many_calls_at_once_get_their_own_answers() {
    let (_proxy, _xks, key) = scene();
    std::thread::scope(|scope| {
        for number in 0..8_u8 {
            let key = &key;
            scope.spawn(move || {
                for round in 0..10_u8 {
                    let plaintext = [number, round];
                    let blob = encrypt(key, &plaintext, "a").expect("encrypts");
                    assert_eq!(decrypt(key, &blob, "a"), Ok(plaintext.to_vec()));
                }
            });
        }
    });
}

#[test]
fn nobody_at_the_address_is_unavailable() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback").local_addr().expect("bound");
    let endpoint = Endpoint::parse(&format!("http://{free}/kms/xks/v1")).expect("valid");
    let settings = Settings::new(endpoint, proxy::REGION, credential(proxy::SECRET), None);
    let client = Client::new(settings, Arc::new(System), Arc::new(Still(proxy::NOW)), None).expect("valid");
    assert_eq!(probe(&client), Err(BackendError::Unavailable));
}
