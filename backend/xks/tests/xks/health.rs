//! What operators see and set.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use wardbook_backend::backend::{Backend, Condition, Depth};
use wardbook_backend::call::Call;
use wardbook_backend::error::BackendError;
use wardbook_backend::random::System;
use wardbook_backend_xks::client::{Api, Client, Exchange, Observer, Settings, SettingsError};
use wardbook_backend_xks::endpoint::Endpoint;
use wardbook_backend_xks::refusal::Refusal;
use wardbook_backend_xks::xks::Xks;

use crate::proxy;
use crate::proxy::{Fault, Proxy};
use crate::scene::{EASY, SHORT, Still, client, credential, id, local, probe, settings};

#[test]
fn health_is_that_of_the_proxy_its_managers_and_the_local_half() {
    let proxy = Proxy::start();
    proxy.add_key("test");
    let call = Call::unhurried();
    let xks =
        Xks::connect(client(&proxy, SHORT * 20), local(), Arc::new(System), Some(id("test")), &call).expect("connects");
    let health = xks.health(Depth::Deep, &call).expect("told");
    assert!(health.is_active(), "{health:?}");
    assert_eq!(health.members.len(), 3);
    assert!(health.members[0].latency.is_some());
    proxy.with(|state| state.health = "DEGRADED");
    assert_eq!(xks.health(Depth::Shallow, &call).expect("told").members[1].condition, Condition::Degraded);
    proxy.with(|state| state.keys.clear());
    assert_eq!(xks.health(Depth::Shallow, &call).expect("told").members[0].condition, Condition::Active);
    assert_eq!(xks.health(Depth::Deep, &call).expect("told").members[0].condition, Condition::Unavailable);
    proxy.with(|state| state.health = "UNAVAILABLE");
    let refused = Xks::connect(client(&proxy, EASY), local(), Arc::new(System), None, &call);
    assert_eq!(refused.err(), Some(BackendError::Unavailable));
    let address = proxy.address;
    drop(proxy);
    assert_eq!(xks.health(Depth::Deep, &call).expect("told").members[0].condition, Condition::Unavailable, "{address}");
}

#[test]
fn a_log_learns_what_happened_and_no_secret() {
    #[derive(Default)]
    struct Log(Mutex<Vec<String>>);
    impl Observer for Log {
        fn exchange(&self, exchange: &Exchange<'_>) {
            assert!(!exchange.request_id.is_empty());
            let api = exchange.api;
            let refusal = exchange.refusal.map(Refusal::as_str);
            self.0
                .lock()
                .expect("log")
                .push(format!("{api:?} {refusal:?} {:?} {:?}", exchange.message, exchange.error));
        }
    }
    let proxy = Proxy::start();
    proxy.add_key("one");
    let log = Arc::new(Log::default());
    let observer = Arc::clone(&log) as Arc<dyn Observer>;
    let client = Client::new(settings(&proxy, EASY), Arc::new(System), Arc::new(Still(proxy::NOW)), Some(observer));
    let client = client.expect("valid");
    probe(&client).expect("encrypts");
    proxy.fail([Fault::Refuse(403, "AccessDeniedException")]);
    assert_eq!(probe(&client), Err(BackendError::AccessDenied));
    let log = log.0.lock().expect("log");
    assert_eq!(
        *log,
        [
            format!("{:?} None None None", Api::Encrypt),
            "Encrypt Some(\"AccessDeniedException\") Some(\"on purpose\") Some(AccessDenied)".to_owned(),
        ]
    );
    assert!(!format!("{client:?}").contains(proxy::SECRET));
}

#[test]
fn settings_that_cannot_work_are_refused_at_once() {
    let make = |uri: &str, region: &str, patience: Duration| {
        let endpoint = Endpoint::parse(uri).expect("valid");
        let settings = Settings { patience, ..Settings::new(endpoint, region, credential(proxy::SECRET), None) };
        Client::new(settings, Arc::new(System), Arc::new(Still(0)), None).err()
    };
    let loopback = "http://127.0.0.1:1/kms/xks/v1";
    assert_eq!(make(loopback, "eu-west-1", SHORT), None);
    assert_eq!(make("https://xks.example.com/kms/xks/v1", "eu-west-1", SHORT), Some(SettingsError::NoTrust));
    assert_eq!(make(loopback, "eu west", SHORT), Some(SettingsError::Region));
    assert_eq!(make(loopback, "", SHORT), Some(SettingsError::Region));
    assert_eq!(make(loopback, "r", Duration::ZERO), Some(SettingsError::Patience));
    assert_eq!(make(loopback, "r", Duration::from_secs(61)), Some(SettingsError::Patience));
}
