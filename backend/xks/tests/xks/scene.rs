//! What every test begins with.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use wardbook_backend::algorithm::Algorithm::SymmetricDefault;
use wardbook_backend::backend::Backend;
use wardbook_backend::call::Call;
use wardbook_backend::context::Context;
use wardbook_backend::error::BackendError;
use wardbook_backend::key::KeyHandle;
use wardbook_backend::random::System;
use wardbook_backend::root::{LocalRoot, Roots};
use wardbook_backend::rustcrypto::RustCrypto;
use wardbook_backend::secret::Secret;
use wardbook_backend::software::Software;
use wardbook_backend::spec::{KeySpec, Usage};
use wardbook_backend::token::{Binding, MaterialId};
use wardbook_backend_xks::client::{Behalf, Client, Settings, WallClock};
use wardbook_backend_xks::credential::Credential;
use wardbook_backend_xks::endpoint::{Endpoint, ExternalKeyId};
use wardbook_backend_xks::xks::Xks;

use crate::proxy::{self, Proxy};

/// Where a test is not about time, a busy machine must not decide it.
pub(crate) const EASY: Duration = Duration::from_secs(30);
pub(crate) const SHORT: Duration = Duration::from_millis(150);
/// Later than any deadline of these tests, and sooner than `EASY`.
pub(crate) const SOON: Duration = Duration::from_secs(10);

pub(crate) struct Still(pub(crate) u64);

impl WallClock for Still {
    fn now(&self) -> Duration {
        Duration::from_secs(self.0)
    }
}

pub(crate) fn credential(secret: &str) -> Credential {
    Credential::new(proxy::ACCESS_KEY_ID, Secret::copy(secret.as_bytes())).expect("valid")
}

pub(crate) fn settings(proxy: &Proxy, patience: Duration) -> Settings {
    let endpoint = Endpoint::parse(&proxy.uri()).expect("valid");
    Settings { patience, ..Settings::new(endpoint, proxy::REGION, credential(proxy::SECRET), None) }
}

pub(crate) fn client(proxy: &Proxy, patience: Duration) -> Client {
    Client::new(settings(proxy, patience), Arc::new(System), Arc::new(Still(proxy::NOW)), None).expect("valid")
}

/// One for all tests, because it proves itself when it starts.
pub(crate) fn local() -> Arc<Software> {
    static LOCAL: OnceLock<Arc<Software>> = OnceLock::new();
    Arc::clone(LOCAL.get_or_init(|| Arc::new(software(LocalRoot::ephemeral(&System).expect("made")))))
}

pub(crate) fn software(root: impl Into<Arc<LocalRoot>>) -> Software {
    Software::start([Arc::new(RustCrypto) as _], Roots::new(root.into()), Arc::new(System))
}

pub(crate) fn xks(proxy: &Proxy) -> Xks {
    Xks::connect(client(proxy, EASY), local(), Arc::new(System), None, &Call::unhurried()).expect("connects")
}

pub(crate) fn binding(number: u8) -> Binding {
    let id = format!("arn:aws:kms:eu-west-1:111122223333:key/{number}");
    Binding::new(&id, MaterialId([number; 32]), KeySpec::SymmetricDefault, Usage::EncryptDecrypt).expect("valid")
}

pub(crate) fn context(value: &str) -> Context {
    Context::new([("purpose", value)]).expect("valid")
}

/// A proxy with one key, and that key open.
pub(crate) fn scene() -> (Proxy, Xks, KeyHandle) {
    let proxy = Proxy::start();
    proxy.add_key("one");
    let xks = xks(&proxy);
    let token = xks.adopt(&binding(1), "one", &Call::unhurried()).expect("adopted");
    let key = xks.open(&token, &binding(1), &Call::unhurried()).expect("opens");
    proxy.seen();
    (proxy, xks, key)
}

pub(crate) fn encrypt(key: &KeyHandle, plaintext: &[u8], value: &str) -> Result<Vec<u8>, BackendError> {
    key.encrypt(SymmetricDefault, plaintext, &context(value), &Call::unhurried())
}

pub(crate) fn decrypt(key: &KeyHandle, blob: &[u8], value: &str) -> Result<Vec<u8>, BackendError> {
    let opened = key.decrypt(SymmetricDefault, blob, &context(value), &Call::unhurried());
    opened.map(|secret| secret.expose().to_vec())
}

pub(crate) const BEHALF: Behalf<'_> = Behalf { operation: "Encrypt", key: None };

pub(crate) fn id(name: &str) -> ExternalKeyId {
    ExternalKeyId::new(name).expect("valid")
}

pub(crate) fn probe(client: &Client) -> Result<(), BackendError> {
    client.encrypt(&id("one"), b"probe", b"", BEHALF, &Call::unhurried()).map(|_| ())
}
