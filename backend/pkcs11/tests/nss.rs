//! The backend on the softoken of NSS, which derives keys by SP 800-108 as an HSM does and SoftHSM2 does not.
//!
//! Each test has a process and a token of its own. Without NSS (Debian: `libnss3`) or a C compiler for the module
//! that opens it (`nss/module.c`) the tests say so and pass, unless `WARDBOOK_REQUIRE_NSS` is set.

#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "the helpers of a test are a test")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11 as Module};
use cryptoki::object::{Attribute, AttributeType, ObjectClass};
use cryptoki::session::UserType;
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use wardbook_backend::algorithm::Algorithm;
use wardbook_backend::backend::{Backend, Depth};
use wardbook_backend::call::Call;
use wardbook_backend::capability::Boundary;
use wardbook_backend::conformance::{self, Subject};
use wardbook_backend::context::Context;
use wardbook_backend::error::BackendError;
use wardbook_backend::provider::Provider;
use wardbook_backend::random::{Random, System};
use wardbook_backend::secret::Secret;
use wardbook_backend::spec::{KeySpec, Usage};
use wardbook_backend::token::{Binding, MaterialId};
use wardbook_backend_pkcs11::{Consent, Derivation, Pin, Pkcs11, Settings, Which};

#[path = "inside/vectors.rs"]
mod inside;
#[path = "../../tests/suite/rfc.rs"]
mod rfc;
#[path = "../../tests/suite/rsa.rs"]
mod rsa;
#[path = "inside/shared.rs"]
mod shared;
#[path = "../../tests/suite/wycheproof.rs"]
mod suite;

const FOLDER: &str = "WARDBOOK_NSS_FOLDER";
const PARAMETERS: &str = "WARDBOOK_NSS_PARAMETERS";
const REQUIRE: &str = "WARDBOOK_REQUIRE_NSS";
/// The name that NSS gives to a folder of keys.
const LABEL: &str = "NSS Certificate DB";
const PIN: &str = "1234";

/// Runs `body` in a process of its own, with the module that it is to open.
fn alone(name: &str, body: impl FnOnce(&Path)) {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let module = PathBuf::from(folder).join("module.so");
        initialise(&module);
        return body(&module);
    }
    let folder = tempfile::tempdir().expect("made");
    let module = folder.path().join("module.so");
    if let Err(why) = compile(&module) {
        assert!(std::env::var_os(REQUIRE).is_none(), "NSS is required: {why}");
        eprintln!("SKIPPED {name}: {why}; install `libnss3` and a C compiler, or set {REQUIRE} to fail instead");
        return;
    }
    let status = Command::new(std::env::current_exe().expect("this"))
        .args(["--exact", name, "--nocapture"])
        .env(PARAMETERS, format!("configdir='sql:{}' certPrefix='' keyPrefix='' flags=", folder.path().display()))
        .env(FOLDER, folder.path())
        .status();
    assert!(status.expect("started").success(), "{name} failed in its own process, see above");
}

fn compile(module: &Path) -> Result<(), String> {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/nss/module.c");
    let made = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(module).arg(source).arg("-ldl").output();
    let made = made.map_err(|error| format!("there is no C compiler `cc` ({error})"))?;
    if !made.status.success() {
        return Err(format!("the module does not compile: {}", String::from_utf8_lossy(&made.stderr)));
    }
    Module::new(module).map(|_| ()).map_err(|error| format!("there is no `libsoftokn3.so` here ({error})"))
}

/// A new folder has no PIN; whoever is its security officer sets one.
fn initialise(path: &Path) {
    let module = Module::new(path).expect("loads");
    module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).expect("started");
    let session = module.open_rw_session(slot(&module)).expect("opened");
    session.login(UserType::So, Some(&AuthPin::new("".into()))).expect("logged in");
    session.init_pin(&AuthPin::new(PIN.into())).expect("set");
    session.logout().expect("logged out");
}

/// Of the two slots the one with keys; the other only computes.
fn slot(module: &Module) -> Slot {
    let slots = module.get_slots_with_token().expect("slots");
    slots.into_iter().find(|slot| slot.id() == 2).expect("the slot of private keys")
}

fn settings(module: &Path) -> Settings {
    let pin = Pin::environment("PIN", Some(Secret::copy(PIN.as_bytes())), Consent::EnvironmentIsVisible);
    Settings {
        module: module.to_owned(),
        token: Which::Label(LABEL.to_owned()),
        pin: pin.expect("valid"),
        sessions_max: 4,
        budget: None,
        derivation: None,
    }
}

fn rounds(backend: &Pkcs11, bytes: usize) {
    let (call, context) = (Call::unhurried(), Context::new([("department", "finance")]).expect("valid"));
    let own = Binding::new("a", MaterialId([1; 32]), KeySpec::SymmetricDefault, Usage::EncryptDecrypt);
    let own = own.expect("valid");
    let token = backend.generate(&own, &call).expect("made");
    let key = backend.open(&token, &own, &call).expect("opened");
    for _ in 0..3 {
        let plaintext = vec![0x5a; bytes];
        let sealed = key.encrypt(Algorithm::SymmetricDefault, &plaintext, &context, &call).expect("encrypted");
        let opened = key.decrypt(Algorithm::SymmetricDefault, &sealed, &context, &call).expect("decrypted");
        assert_eq!(opened.expose(), plaintext);
        let refused = key.decrypt(Algorithm::SymmetricDefault, &sealed, &Context::empty(), &call);
        assert_eq!(refused, Err(BackendError::InvalidCiphertext));
    }
}

/// The known answers that are the token's way in are those of every backend, so the blobs are the same.
#[test]
fn a_token_with_sp_800_108_derives_the_key_of_each_message_itself() {
    alone("a_token_with_sp_800_108_derives_the_key_of_each_message_itself", |module| {
        let backend = Pkcs11::start(settings(module)).expect("started");
        assert_eq!(backend.derivation(), Some(Derivation::InToken));
        assert!(backend.capabilities().rows().iter().all(|row| row.boundary == Boundary::Token));
        assert!(backend.health(Depth::Deep, &Call::unhurried()).expect("told").is_active());
        let specs = [KeySpec::SymmetricDefault, KeySpec::Hmac256, KeySpec::EccNistP256];
        let report = conformance::run_on(&Subject { backend: &backend, existing: &[], wraps: &[] }, specs);
        println!("{report}");
        assert!(report.failures().is_empty(), "{:#?}", report.failures());
        assert!(report.passed() > 1_500, "the suite has shrunk to {} checks", report.passed());
    });
}

#[test]
fn the_key_of_a_message_neither_leaves_the_token_nor_stays_in_it() {
    alone("the_key_of_a_message_neither_leaves_the_token_nor_stays_in_it", |path| {
        let backend = Pkcs11::start(settings(path)).expect("started");
        for bytes in [0, 1, 4_096] {
            rounds(&backend, bytes);
        }
        let module = Module::new(path).expect("loads");
        let session = module.open_rw_session(slot(&module)).expect("opened");
        let secrets = session.find_objects(&[Attribute::Class(ObjectClass::SECRET_KEY)]).expect("found");
        assert_eq!(secrets.len(), 3, "the three keys, and none of a message or of a trial");
        for secret in secrets {
            let wanted = [AttributeType::Token, AttributeType::Sensitive, AttributeType::Extractable];
            let told = session.get_attributes(secret, &wanted).expect("told");
            for right in [Attribute::Token(true), Attribute::Sensitive(true), Attribute::Extractable(false)] {
                assert!(told.contains(&right), "{told:?}");
            }
            assert!(session.get_attributes(secret, &[AttributeType::Value]).unwrap_or_default().is_empty());
        }
    });
}

#[test]
fn nss_agrees_with_wycheproof_and_the_rfcs() {
    alone("nss_agrees_with_wycheproof_and_the_rfcs", |module| {
        let trial = Pkcs11::start(settings(module)).expect("started").trial();
        let take = |spec, key: Secret| trial.accept(spec, &key);
        let (counts, rsa, rfcs) = (suite::run(&trial, &take), rsa::run(&trial), rfc::run(&trial, &take));
        println!("{counts}\n{rsa}\n{rfcs}");
        let failures = [counts.failures.as_slice(), &rsa.failures].concat();
        assert!(failures.is_empty(), "{failures:#?}");
        assert!(counts.run() > 6_000 && rsa.run() > 6_000, "only {} and {} cases", counts.run(), rsa.run());
        assert_eq!(rfcs.total(), 24 + 12, "{rfcs}");
    });
}

/// The mechanisms themselves, under keys that this test puts into the token.
#[test]
fn nss_gives_the_published_answers_of_gcm_and_key_derivation() {
    alone("nss_gives_the_published_answers_of_gcm_and_key_derivation", |path| {
        let module = Module::new(path).expect("loads");
        let session = module.open_rw_session(slot(&module)).expect("opened");
        session.login(UserType::User, Some(&AuthPin::new(PIN.into()))).expect("logged in");
        let has = |mechanism| module.get_mechanism_info(slot(&module), mechanism).is_ok();
        let counts = inside::run(&session, has);
        println!("{counts}");
        assert!(counts.failures.is_empty(), "{:#?}", counts.failures);
        assert!(counts.run() > 1_200, "only {} cases were run", counts.run());
    });
}

#[test]
fn nss_and_software_understand_each_other() {
    alone("nss_and_software_understand_each_other", |module| {
        for way in [Derivation::InToken, Derivation::FromHmac] {
            let backend = Pkcs11::start(Settings { derivation: Some(way), ..settings(module) }).expect("started");
            let count = shared::exchange(&backend.trial());
            println!("{way:?}: {count} times, each was understood by the other");
        }
    });
}

/// What the two ways make of one key is the same.
#[test]
fn two_hmacs_open_what_the_token_derived() {
    alone("two_hmacs_open_what_the_token_derived", |module| {
        let (call, context) = (Call::unhurried(), Context::empty());
        for (maker, opener) in
            [(Derivation::InToken, Derivation::FromHmac), (Derivation::FromHmac, Derivation::InToken)]
        {
            let made = Pkcs11::start(Settings { derivation: Some(maker), ..settings(module) }).expect("started");
            let opened = Pkcs11::start(Settings { derivation: Some(opener), ..settings(module) }).expect("started");
            let trials = (made.trial(), opened.trial());
            let load = |trial: &dyn Provider, material: &[u8; 32]| {
                let material = trial.accept(KeySpec::SymmetricDefault, &Secret::copy(material)).expect("accepted");
                let random = Arc::new(System) as Arc<dyn Random>;
                trial.load(KeySpec::SymmetricDefault, MaterialId([1; 32]), &material, &random).expect("loaded")
            };
            let (one, other) = (load(&trials.0, &[7; 32]), load(&trials.1, &[7; 32]));
            let stranger = load(&trials.1, &[8; 32]);
            let sealed = one.encrypt(Algorithm::SymmetricDefault, b"plaintext", &context, &call).expect("encrypted");
            let opened = other.decrypt(Algorithm::SymmetricDefault, &sealed, &context, &call).expect("decrypted");
            assert_eq!(opened.expose(), b"plaintext");
            let refused = stranger.decrypt(Algorithm::SymmetricDefault, &sealed, &context, &call);
            assert_eq!(refused, Err(BackendError::InvalidCiphertext));
        }
    });
}
