//! The backend on SoftHSM2, each test with a process and a token of its own.
//!
//! Without the module (Debian: `softhsm2`) the tests say so and pass, unless `WARDBOOK_REQUIRE_SOFTHSM` is set.

#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "the helpers of a test are a test")]

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11 as Module};
use cryptoki::object::{Attribute, AttributeType, ObjectClass};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use wardbook_backend::algorithm::{Algorithm, MessageType};
use wardbook_backend::backend::{Backend, Depth};
use wardbook_backend::call::{Call, Monotonic};
use wardbook_backend::capability::{Boundary, Capability};
use wardbook_backend::conformance::{self, Subject};
use wardbook_backend::context::Context;
use wardbook_backend::error::BackendError;
use wardbook_backend::operation::OperationKind;
use wardbook_backend::provider::Provider;
use wardbook_backend::random::System;
use wardbook_backend::root::{LocalRoot, Roots};
use wardbook_backend::rustcrypto::RustCrypto;
use wardbook_backend::secret::Secret;
use wardbook_backend::software::Software;
use wardbook_backend::spec::{KeySpec, Usage};
use wardbook_backend::token::{Binding, KeyToken, MaterialId};
use wardbook_backend_pkcs11::{Consent, Derivation, Pin, Pkcs11, Settings, StartError, TokenRoot, Which};

#[path = "inside/vectors.rs"]
mod inside;
#[path = "../../tests/suite/page.rs"]
mod page;
#[path = "../../tests/suite/rfc.rs"]
mod rfc;
#[path = "../../tests/suite/rsa.rs"]
mod rsa;
#[path = "inside/shared.rs"]
mod shared;
#[path = "../../tests/suite/wycheproof.rs"]
mod suite;

const FOLDER: &str = "WARDBOOK_SOFTHSM_FOLDER";
const REQUIRE: &str = "WARDBOOK_REQUIRE_SOFTHSM";
const LABEL: &str = "wardbook test";
const PIN: &str = "1234";

const MODULES: &[&str] = &[
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];

/// A token of its own.
struct World {
    folder: PathBuf,
    module: PathBuf,
}

/// Runs `body` in a process of its own: the module reads where its tokens are when it starts, once.
fn alone(name: &str, body: impl FnOnce(&World)) {
    let Some(module) = MODULES.iter().map(PathBuf::from).find(|path| path.exists()) else {
        assert!(std::env::var_os(REQUIRE).is_none(), "SoftHSM2 is required and in none of {MODULES:?}");
        eprintln!("SKIPPED {name}: there is no SoftHSM2 here; install `softhsm2`, or set {REQUIRE} to fail instead");
        return;
    };
    if let Some(folder) = std::env::var_os(FOLDER) {
        let world = World { folder: folder.into(), module };
        world.initialise();
        return body(&world);
    }
    let folder = tempfile::tempdir().expect("made");
    let (tokens, configuration) = (folder.path().join("tokens"), folder.path().join("softhsm2.conf"));
    std::fs::create_dir(&tokens).expect("made");
    let text = format!("directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n", tokens.display());
    std::fs::write(&configuration, text).expect("written");
    let status = Command::new(std::env::current_exe().expect("this"))
        .args(["--exact", name, "--nocapture"])
        .env("SOFTHSM2_CONF", configuration)
        .env(FOLDER, folder.path())
        .status();
    assert!(status.expect("started").success(), "{name} failed in its own process, see above");
}

impl World {
    fn context(&self) -> Module {
        let module = Module::new(&self.module).expect("loads");
        let _ = module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
        module
    }

    fn initialise(&self) {
        let module = self.context();
        let slot = module.get_slots_with_token().expect("slots")[0];
        module.init_token(slot, &auth("so-pin"), LABEL).expect("initialised");
        let session = module.open_rw_session(self.slot(&module)).expect("opened");
        session.login(UserType::So, Some(&auth("so-pin"))).expect("logged in");
        session.init_pin(&auth(PIN)).expect("set");
        session.logout().expect("logged out");
    }

    fn slot(&self, module: &Module) -> Slot {
        let mut slots = module.get_slots_with_initialized_token().expect("slots").into_iter();
        slots.find(|slot| module.get_token_info(*slot).expect("info").label() == LABEL).expect("the token")
    }

    /// Another session of the same application, for looking behind the backend's back.
    fn session(&self) -> Session {
        let module = self.context();
        module.open_rw_session(self.slot(&module)).expect("opened")
    }

    fn settings(&self) -> Settings {
        let pin = Pin::environment("PIN", Some(Secret::copy(PIN.as_bytes())), Consent::EnvironmentIsVisible);
        Settings {
            module: self.module.clone(),
            token: Which::Label(LABEL.to_owned()),
            pin: pin.expect("valid"),
            sessions_max: 4,
            budget: None,
            derivation: None,
        }
    }

    fn start(&self) -> Pkcs11 {
        Pkcs11::start(self.settings()).expect("started")
    }
}

fn auth(pin: &str) -> AuthPin {
    AuthPin::new(pin.into())
}

fn binding(id: &str, spec: KeySpec, usage: Usage) -> Binding {
    Binding::new(id, MaterialId([1; 32]), spec, usage).expect("valid")
}

fn symmetric(id: &str) -> Binding {
    binding(id, KeySpec::SymmetricDefault, Usage::EncryptDecrypt)
}

fn round_trip(backend: &dyn Backend, token: &KeyToken, own: &Binding) -> Result<(), BackendError> {
    let (call, context) = (Call::unhurried(), Context::empty());
    let key = backend.open(token, own, &call)?;
    let sealed = key.encrypt(Algorithm::SymmetricDefault, b"plaintext", &context, &call)?;
    let opened = key.decrypt(Algorithm::SymmetricDefault, &sealed, &context, &call)?;
    assert_eq!(opened.expose(), b"plaintext");
    Ok(())
}

#[test]
fn softhsm_conforms() {
    alone("softhsm_conforms", |world| {
        let backend = world.start();
        assert_eq!(backend.derivation(), Some(Derivation::FromHmac), "SoftHSM2 has no SP 800-108");
        let version = world.context().get_library_info().expect("told").library_version();
        if (version.major(), version.minor()) == (2, 6) {
            let intro = "What the PKCS#11 backend can do with SoftHSM2 2.6. Another token has another page.";
            page::check(concat!(env!("CARGO_MANIFEST_DIR"), "/../capabilities/pkcs11-softhsm2.md"), intro, &backend);
        }
        assert!(backend.capabilities().rows().iter().all(|row| row.boundary == Boundary::Token));
        let report = conformance::run(&Subject { backend: &backend, existing: &[], wraps: &[] });
        println!("{report}");
        assert!(report.failures().is_empty(), "{:#?}", report.failures());
        assert!(report.passed() > 5_000, "the suite has shrunk to {} checks", report.passed());
    });
}

#[test]
fn softhsm_agrees_with_wycheproof() {
    alone("softhsm_agrees_with_wycheproof", |world| {
        let trial = world.start().trial();
        // SoftHSM2 takes no HMAC key that is shorter than the code.
        let take = |spec, key: Secret| match (spec, key.len()) {
            (KeySpec::Hmac224, 28..) | (KeySpec::Hmac256, 32..) | (KeySpec::Hmac384, 48..) | (_, 64..) => {
                trial.accept(spec, &key)
            }
            _ => Err(BackendError::UnfitMaterial),
        };
        let counts = suite::run(&trial, &take);
        let rsa = rsa::run(&trial);
        let rfcs = rfc::run(&trial, &take);
        println!("{counts}\n{rsa}\n{rfcs}");
        assert!(rfcs.total() >= 20, "{rfcs}");
        let failures = [counts.failures.as_slice(), &rsa.failures].concat();
        assert!(failures.is_empty(), "{failures:#?}");
        assert!(counts.run() > 8_000 && rsa.run() > 6_000, "only {} and {} cases", counts.run(), rsa.run());
    });
}

/// The mechanisms themselves, under keys that this test puts into the token.
#[test]
fn softhsm_gives_the_published_answers_of_gcm_and_key_derivation() {
    alone("softhsm_gives_the_published_answers_of_gcm_and_key_derivation", |world| {
        let (module, session) = (world.context(), world.session());
        session.login(UserType::User, Some(&auth(PIN))).expect("logged in");
        let slot = world.slot(&module);
        let counts = inside::run(&session, |mechanism| module.get_mechanism_info(slot, mechanism).is_ok());
        println!("{counts}");
        assert!(counts.failures.is_empty(), "{:#?}", counts.failures);
        assert!(counts.run() > 1_200, "only {} cases were run", counts.run());
    });
}

#[test]
fn softhsm_conforms_where_the_token_encrypts_by_itself() {
    alone("softhsm_conforms_where_the_token_encrypts_by_itself", |world| {
        let budget = Some(world.folder.clone());
        let backend = Pkcs11::start(Settings { budget, derivation: Some(Derivation::None), ..world.settings() });
        let backend = backend.expect("started");
        assert_eq!(backend.derivation(), Some(Derivation::None));
        let call = Call::unhurried();
        let encrypts = |row: &&Capability| row.operation == OperationKind::Encrypt && row.context_bytes_max > 0;
        let row = backend.capabilities().rows().iter().find(encrypts).expect("claimed");
        assert_eq!(row.uses_max, Some(1 << 32));

        let token = backend.generate(&symmetric("a"), &call).expect("made");
        round_trip(&backend, &token, &symmetric("a")).expect("works");
        let counted = std::fs::read_dir(&world.folder).expect("listed").filter_map(Result::ok);
        let counted: Vec<_> = counted.filter(|entry| entry.file_name().len() == 64).collect();
        assert_eq!(counted.len(), 1, "one key has used some of its budget");
        std::fs::write(counted[0].path(), format!("{}\n", 1_u64 << 32)).expect("written");
        // A block that is reserved is used up first; another process finds nothing left.
        let other = Pkcs11::start(Settings {
            budget: Some(world.folder.clone()),
            derivation: Some(Derivation::None),
            ..world.settings()
        });
        let other = other.expect("started");
        assert_eq!(round_trip(&other, &token, &symmetric("a")), Err(BackendError::LimitReached));

        let report = conformance::run(&Subject { backend: &backend, existing: &[], wraps: &[] });
        println!("{report}");
        assert!(report.failures().is_empty(), "{:#?}", report.failures());
    });
}

#[test]
fn without_a_budget_no_key_is_made_that_needs_one() {
    alone("without_a_budget_no_key_is_made_that_needs_one", |world| {
        let backend = Pkcs11::start(Settings { derivation: Some(Derivation::None), ..world.settings() });
        let made = backend.expect("started").generate(&symmetric("a"), &Call::unhurried());
        assert!(matches!(made, Err(BackendError::Unsupported { .. })), "{made:?}");
    });
}

#[test]
fn material_is_made_in_the_token_and_never_leaves_it() {
    alone("material_is_made_in_the_token_and_never_leaves_it", |world| {
        let (backend, call) = (world.start(), Call::unhurried());
        let mut made = 0;
        for spec in KeySpec::all() {
            for usage in spec.usages() {
                let slow = matches!(spec, KeySpec::Rsa3072 | KeySpec::Rsa4096);
                if !slow && backend.capabilities().covers(spec, *usage, OperationKind::Generate) {
                    backend.generate(&binding("a", spec, *usage), &call).expect("made");
                    made += 1;
                }
            }
        }
        let session = world.session();
        let mut seen = 0;
        for class in [ObjectClass::SECRET_KEY, ObjectClass::PRIVATE_KEY] {
            for object in session.find_objects(&[Attribute::Class(class)]).expect("found") {
                let wanted = [
                    AttributeType::Sensitive,
                    AttributeType::Extractable,
                    AttributeType::AlwaysSensitive,
                    AttributeType::NeverExtractable,
                    AttributeType::Local,
                    AttributeType::Private,
                    AttributeType::Token,
                ];
                let attributes = session.get_attributes(object, &wanted).expect("read");
                for (attribute, right) in [
                    (Attribute::Sensitive(true), true),
                    (Attribute::Extractable(false), true),
                    (Attribute::AlwaysSensitive(true), true),
                    (Attribute::NeverExtractable(true), true),
                    (Attribute::Local(true), true),
                    (Attribute::Private(true), true),
                    (Attribute::Token(true), true),
                ] {
                    assert_eq!(attributes.contains(&attribute), right, "{attribute:?} of {attributes:?}");
                }
                let secrets = [AttributeType::Value, AttributeType::PrivateExponent, AttributeType::Prime1];
                let read = session.get_attributes(object, &secrets).unwrap_or_default();
                assert!(read.is_empty(), "the token gives out material");
                seen += 1;
            }
        }
        assert_eq!(seen, made, "one secret or private object for each key, and nothing left behind by the trial");
    });
}

#[test]
fn others_verify_what_the_token_signs_and_agree_with_it() {
    alone("others_verify_what_the_token_signs_and_agree_with_it", |world| {
        let (backend, call) = (world.start(), Call::unhurried());
        let root = LocalRoot::ephemeral(&System).expect("made");
        let others = Software::start([Arc::new(RustCrypto) as _], Roots::new(Arc::new(root)), Arc::new(System));
        let mut verified = 0;
        for row in backend.capabilities().rows().iter().filter(|row| row.operation == OperationKind::Sign) {
            let (Some(algorithm), Some(message_type)) = (row.algorithm, row.message_type) else { continue };
            if row.spec.as_str().starts_with("RSA") {
                continue;
            }
            let own = binding("a", row.spec, Usage::SignVerify);
            let token = backend.generate(&own, &call).expect("made");
            let key = backend.open(&token, &own, &call).expect("opened");
            let message = vec![0x42; algorithm.message_bytes(message_type).unwrap_or(100)];
            let signature = key.sign(algorithm, message_type, &message, &call).expect("signed");
            let public = key.public_key(&call).expect("given");
            let public = others.open_public(row.spec, Usage::SignVerify, &public, &call).expect("a public key");
            public.verify(algorithm, message_type, &message, &signature, &call).expect("genuine");
            verified += 1;
        }
        assert!(verified >= 7, "{verified}");
        let (backend, others) = (
            Subject { backend: &backend, existing: &[], wraps: &[] },
            Subject { backend: &others, existing: &[], wraps: &[] },
        );
        let report = conformance::pair(&backend, &others);
        println!("{report}");
        assert!(report.failures().is_empty(), "{:#?}", report.failures());
        assert!(report.passed() >= 3, "three curves");
    });
}

#[test]
fn softhsm_and_software_understand_each_other() {
    alone("softhsm_and_software_understand_each_other", |world| {
        println!("{} times, each was understood by the other", shared::exchange(&world.start().trial()));
    });
}

#[test]
fn a_lost_login_session_or_library_is_found_again() {
    alone("a_lost_login_session_or_library_is_found_again", |world| {
        let (backend, call, own) = (world.start(), Call::unhurried(), symmetric("a"));
        let token = backend.generate(&own, &call).expect("made");
        let key = backend.open(&token, &own, &call).expect("opened");
        let context = Context::empty();
        let encrypt = || key.encrypt(Algorithm::SymmetricDefault, b"plaintext", &context, &call);
        let before = encrypt().expect("encrypted");

        world.session().logout().expect("logged out behind its back");
        let after = encrypt().expect("logged in again");
        let opened = key.decrypt(Algorithm::SymmetricDefault, &before, &context, &call).expect("the same key");
        assert_eq!(opened.expose(), b"plaintext");

        world.context().finalize().expect("the library is shut down behind its back");
        encrypt().expect("started again");
        let opened = key.decrypt(Algorithm::SymmetricDefault, &after, &context, &call).expect("the same key");
        assert_eq!(opened.expose(), b"plaintext");
        assert!(backend.health(Depth::Deep, &call).expect("told").is_active());
    });
}

#[test]
fn a_token_that_is_gone_is_unavailable_until_it_is_back() {
    alone("a_token_that_is_gone_is_unavailable_until_it_is_back", |world| {
        let (backend, call, own) = (world.start(), Call::unhurried(), symmetric("a"));
        let token = backend.generate(&own, &call).expect("made");
        let (here, away) = (world.folder.join("tokens"), world.folder.join("away"));
        std::fs::rename(&here, &away).expect("taken away");
        std::fs::create_dir(&here).expect("made");
        world.context().finalize().expect("finalised");
        assert_eq!(round_trip(&backend, &token, &own), Err(BackendError::Unavailable));
        assert!(!backend.health(Depth::Shallow, &call).expect("told").is_active());
        std::fs::remove_dir_all(&here).expect("removed");
        std::fs::rename(&away, &here).expect("brought back");
        world.context().finalize().expect("finalised");
        round_trip(&backend, &token, &own).expect("works again");
        assert!(backend.health(Depth::Deep, &call).expect("told").is_active());
    });
}

#[test]
fn a_wrong_pin_is_tried_once_and_a_corrected_file_is_found() {
    use std::os::unix::fs::PermissionsExt;
    alone("a_wrong_pin_is_tried_once_and_a_corrected_file_is_found", |world| {
        let path = world.folder.join("pin");
        let write = |pin: &str| {
            std::fs::write(&path, pin).expect("written");
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).expect("set");
        };
        write("4321\n");
        let settings = || Settings { pin: Pin::file(&path).expect("read"), ..world.settings() };
        let refused = Pkcs11::start(settings());
        assert!(matches!(refused, Err(StartError::Token(BackendError::AccessDenied))), "{refused:?}");

        write(PIN);
        let (backend, call, own) = (Pkcs11::start(settings()).expect("started"), Call::unhurried(), symmetric("a"));
        let token = backend.generate(&own, &call).expect("made");
        write("4321\n");
        world.session().logout().expect("logged out behind its back");
        for _ in 0..20 {
            assert_eq!(round_trip(&backend, &token, &own), Err(BackendError::AccessDenied));
        }
        write(PIN);
        round_trip(&backend, &token, &own).expect("the corrected PIN is found");
    });
}

#[test]
fn many_threads_share_few_sessions() {
    alone("many_threads_share_few_sessions", |world| {
        let backend = Pkcs11::start(Settings { sessions_max: 2, ..world.settings() }).expect("started");
        let (call, own) = (Call::unhurried(), symmetric("a"));
        let token = backend.generate(&own, &call).expect("made");
        let clock = Monotonic::start();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        round_trip(&backend, &token, &own).expect("works");
                    }
                });
            }
            let module = world.context();
            for _ in 0..20 {
                let info = module.get_token_info(world.slot(&module)).expect("info");
                assert!(info.session_count().is_none_or(|count| count <= 2), "{:?}", info.session_count());
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        let key = backend.open(&token, &own, &call).expect("opened");
        let (hurried, context) = (Call::within(&clock, Duration::ZERO), Context::empty());
        let late = key.encrypt(Algorithm::SymmetricDefault, b"plaintext", &context, &hurried);
        assert_eq!(late, Err(BackendError::Timeout));
    });
}

#[test]
fn destroying_a_key_leaves_no_object() {
    alone("destroying_a_key_leaves_no_object", |world| {
        let (backend, call) = (world.start(), Call::unhurried());
        for own in [symmetric("a"), binding("b", KeySpec::EccNistP256, Usage::SignVerify)] {
            let token = backend.generate(&own, &call).expect("made");
            let key = backend.open(&token, &own, &call).expect("opened");
            backend.destroy(&token, &own, &call).expect("destroyed");
            assert_eq!(backend.open(&token, &own, &call).map(|_| ()), Err(BackendError::NotFound));
            assert_eq!(backend.destroy(&token, &own, &call), Err(BackendError::NotFound));
            let used = match own.usage() {
                Usage::SignVerify => key.sign(Algorithm::EcdsaSha256, MessageType::Raw, b"message", &call).map(|_| ()),
                _ => key.encrypt(Algorithm::SymmetricDefault, b"p", &Context::empty(), &call).map(|_| ()),
            };
            assert!(used.is_err(), "a handle that was open before does not bring it back");
        }
        let session = world.session();
        for class in [ObjectClass::SECRET_KEY, ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
            assert!(session.find_objects(&[Attribute::Class(class)]).expect("found").is_empty(), "{class}");
        }
    });
}

#[test]
fn material_in_software_is_wrapped_by_the_token() {
    alone("material_in_software_is_wrapped_by_the_token", |world| {
        let (backend, call, own) = (world.start(), Call::unhurried(), symmetric("a"));
        let software = |roots| Software::start([Arc::new(RustCrypto) as _], roots, Arc::new(System));
        let root = |name| Arc::new(backend.root(name, &call).expect("a root key"));
        let first = software(Roots::new(root("first")));
        let token = first.generate(&own, &call).expect("made");
        round_trip(&first, &token, &own).expect("works");

        // As a server has it that keeps nothing else in the token.
        let alone = TokenRoot::start(world.settings(), "first", &call).expect("found");
        let again = software(Roots::new(Arc::new(alone)));
        round_trip(&again, &token, &own).expect("the same root key after a restart");
        let other = software(Roots::new(root("second")));
        assert_eq!(round_trip(&other, &token, &own), Err(BackendError::RootMissing));

        let rotating = software(Roots::rotating(root("second"), root("first")));
        let moved = rotating.rewrap(&token, &own, &call).expect("opened").expect("moved");
        round_trip(&other, &moved, &own).expect("under the second root key alone");
        let local = Arc::new(LocalRoot::ephemeral(&System).expect("made"));
        let leaving = software(Roots::rotating(local, root("second")));
        let left = leaving.rewrap(&moved, &own, &call).expect("opened").expect("moved");
        round_trip(&leaving, &left, &own).expect("a token can be left, too");
    });
}
