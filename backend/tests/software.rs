//! The software backend as its users see it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may panic as tests may"
)]

use std::sync::Arc;

use wardbook_backend::algorithm::Algorithm;
use wardbook_backend::backend::{Backend, Condition, Depth};
use wardbook_backend::call::Call;
use wardbook_backend::capability::Capability;
use wardbook_backend::composite::Composite;
use wardbook_backend::conformance::{self, Sm2Wrap, Subject, Wrap};
use wardbook_backend::context::Context;
use wardbook_backend::error::BackendError;
use wardbook_backend::import::Wrapping;
use wardbook_backend::key::{Key, Pair};
use wardbook_backend::operation::OperationKind;
use wardbook_backend::provider::Provider;
use wardbook_backend::random::{Random, Seeded, System};
use wardbook_backend::root::{LocalRoot, Root, Roots};
use wardbook_backend::rustcrypto::RustCrypto;
use wardbook_backend::secret::Secret;
use wardbook_backend::software::Software;
use wardbook_backend::spec::{KeySpec, Usage};
use wardbook_backend::token::{Binding, MaterialId};

fn root() -> Arc<dyn Root> {
    Arc::new(LocalRoot::ephemeral(&System).expect("made"))
}

fn of(provider: impl Provider + 'static, root: Arc<dyn Root>) -> Software {
    Software::start([Arc::new(provider) as _], Roots::new(root), Arc::new(Seeded::new(System)))
}

fn software() -> Software {
    of(RustCrypto, root())
}

fn symmetric(id: &str) -> Binding {
    Binding::new(id, MaterialId([1; 32]), KeySpec::SymmetricDefault, Usage::EncryptDecrypt).expect("valid")
}

#[test]
fn every_claim_holds_against_answers_computed_elsewhere() {
    let software = software();
    let refuted: Vec<&str> = software.capabilities().refuted().iter().map(|row| row.reason.as_str()).collect();
    assert!(refuted.is_empty(), "{refuted:#?}");
    let rows = software.capabilities().rows();
    let specs: std::collections::BTreeSet<KeySpec> = rows.iter().map(|row| row.spec).collect();
    println!("{} capabilities of {} specs proved", rows.len(), specs.len());
    assert_eq!(specs.len(), 18, "all KMS specs but the three of RSA, and SM4");
    assert!(software.health(Depth::Deep, &Call::unhurried()).expect("healthy").is_active());
}

#[test]
fn the_software_backend_conforms() {
    let software = software();
    let wrap = Sm2Wrap(&System);
    let report = conformance::run(&Subject { backend: &software, existing: &[], wraps: &[&wrap] });
    println!("{report}");
    assert!(report.failures().is_empty(), "{:#?}", report.failures());
    assert!(report.passed() > 25_000, "the suite has shrunk to {} checks", report.passed());
}

#[test]
fn two_software_backends_understand_each_other() {
    let (one, other) = (software(), software());
    let wrap = Sm2Wrap(&System);
    let wraps: &[&dyn Wrap] = &[&wrap];
    let subject = |backend| Subject { backend, existing: &[], wraps };
    let report = conformance::pair(&subject(&one), &subject(&other));
    println!("{report}");
    assert!(report.failures().is_empty(), "{:#?}", report.failures());
    assert!(report.passed() > 250, "the suite has shrunk to {} checks", report.passed());
}

#[test]
fn a_composite_conforms_as_its_members_do() {
    let composite =
        Composite::new([Arc::new(Only(&[KeySpec::Hmac256], "first").start()) as _, Arc::new(software()) as _]);
    let wrap = Sm2Wrap(&System);
    let report = conformance::run(&Subject { backend: &composite, existing: &[], wraps: &[&wrap] });
    assert!(report.failures().is_empty(), "{:#?}", report.failures());
}

#[test]
fn the_first_that_covers_a_spec_makes_the_key_and_serves_it_for_ever() {
    let (first, second) = (Arc::new(Only(&[KeySpec::Hmac256], "first").start()), Arc::new(software()));
    let call = Call::unhurried();
    let composite = Composite::new([first.clone() as _, second.clone() as _]);
    let binding = |spec, usage| Binding::new("k", MaterialId([1; 32]), spec, usage).expect("valid");
    let mac = binding(KeySpec::Hmac256, Usage::GenerateVerifyMac);
    let token = composite.generate(&mac, &call).expect("made");
    assert_eq!(token.provider(), "first");
    assert_eq!(composite.generate(&symmetric("k"), &call).expect("made").provider(), "rustcrypto");
    // In another order a new key is made elsewhere, and the old one is still served where it was made.
    let reordered = Composite::new([second as _, first as _]);
    assert_eq!(reordered.generate(&mac, &call).expect("made").provider(), "rustcrypto");
    assert_eq!(reordered.open(&token, &mac, &call).expect("opens").provider(), "first");
    let alone = Composite::new([Arc::new(software()) as _]);
    assert_eq!(alone.open(&token, &mac, &call).map(|_| ()), Err(BackendError::InvalidToken));
}

#[test]
fn tokens_move_to_a_new_root_key_while_keys_are_in_use() {
    let (old, new) = (root(), root());
    let software = of(RustCrypto, Arc::clone(&old));
    let (call, binding, context) = (Call::unhurried(), symmetric("k"), Context::empty());
    let token = software.generate(&binding, &call).expect("made");
    let key = software.open(&token, &binding, &call).expect("opens");
    let ciphertext = key.encrypt(Algorithm::SymmetricDefault, b"plaintext", &context, &call).expect("encrypts");
    assert_eq!(software.rewrap(&token, &binding, &call), Ok(None));

    software.set_roots(Roots::rotating(Arc::clone(&new), Arc::clone(&old)));
    let rewrapped = software.rewrap(&token, &binding, &call).expect("rewraps").expect("is under the old root key");
    for token in [&token, &rewrapped] {
        let key = software.open(token, &binding, &call).expect("opens");
        let opened = key.decrypt(Algorithm::SymmetricDefault, &ciphertext, &context, &call);
        assert_eq!(opened, Ok(Secret::copy(b"plaintext")));
    }
    assert_eq!(software.rewrap(&rewrapped, &binding, &call), Ok(None));

    software.set_roots(Roots::new(new));
    assert!(software.open(&rewrapped, &binding, &call).is_ok());
    assert_eq!(software.open(&token, &binding, &call).map(|_| ()), Err(BackendError::RootMissing));
}

/// Two turns of the root key, with readers and makers of keys who never notice.
#[test]
fn nobody_who_uses_keys_notices_that_root_keys_change() {
    let first = root();
    let software = of(RustCrypto, Arc::clone(&first));
    let (call, context) = (Call::unhurried(), Context::new([("a", "b")]).expect("valid"));
    let make = |id: usize| {
        let own = symmetric(&format!("k{id}"));
        let token = software.generate(&own, &call).expect("made");
        let key = software.open(&token, &own, &call).expect("opens");
        (key.encrypt(Algorithm::SymmetricDefault, b"plaintext", &context, &call).expect("encrypts"), own, token)
    };
    // What a store holds: rows that are read and replaced.
    let rows = std::sync::Mutex::new((0..8).map(make).collect::<Vec<_>>());
    let done = std::sync::atomic::AtomicBool::new(false);
    let (rows, done, make, software) = (&rows, &done, &make, &software);
    let is_done = || done.load(std::sync::atomic::Ordering::Relaxed);
    let mut current = first;
    std::thread::scope(|scope| {
        for reader in 0..3_usize {
            scope.spawn(move || {
                for turn in 0_usize.. {
                    if is_done() {
                        break;
                    }
                    // Held for as long as a request looks at a row, as a store would.
                    let rows = rows.lock().expect("not poisoned");
                    let (blob, own, token) = &rows[(turn + reader) % rows.len()];
                    let key = software.open(token, own, &Call::unhurried()).expect("opens");
                    let context = Context::new([("a", "b")]).expect("valid");
                    let opened = key.decrypt(Algorithm::SymmetricDefault, blob, &context, &Call::unhurried());
                    assert_eq!(opened, Ok(Secret::copy(b"plaintext")));
                }
            });
        }
        scope.spawn(move || {
            for id in 100..160 {
                // Made and stored in one, or a key could come under a root key that is gone when it is stored.
                let mut rows = rows.lock().expect("not poisoned");
                rows.push(make(id));
            }
        });
        for _ in 0..2 {
            let next = root();
            software.set_roots(Roots::rotating(Arc::clone(&next), current));
            // Until a walk finds nothing to do: whoever was making a key meanwhile may have used the older root key.
            loop {
                let mut moved = 0;
                for place in 0.. {
                    let mut rows = rows.lock().expect("not poisoned");
                    let Some((_, own, token)) = rows.get_mut(place) else { break };
                    if let Some(rewrapped) = software.rewrap(token, own, &call).expect("rewraps") {
                        *token = rewrapped;
                        moved += 1;
                    }
                }
                if moved == 0 {
                    break;
                }
            }
            current = next;
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!(rows.lock().expect("not poisoned").len(), 8 + 60);
}

#[test]
fn a_backend_started_again_opens_its_tokens() {
    let root = root();
    let (call, binding) = (Call::unhurried(), symmetric("k"));
    let token = of(RustCrypto, Arc::clone(&root)).generate(&binding, &call).expect("made");
    assert!(of(RustCrypto, root).open(&token, &binding, &call).is_ok());
}

#[test]
fn a_provider_that_computes_wrongly_is_found_out_when_the_backend_starts() {
    /// Hands out AES keys whose version is wrong, so that nothing they make is what others would make.
    struct Wrong;
    impl Provider for Wrong {
        fn name(&self) -> &'static str {
            "wrong"
        }
        fn claims(&self) -> Vec<Capability> {
            Only(&[KeySpec::SymmetricDefault, KeySpec::Hmac256], "wrong").claims()
        }
        fn generate(&self, spec: KeySpec, random: &dyn Random) -> Result<Secret, BackendError> {
            RustCrypto.generate(spec, random)
        }
        fn accept(&self, spec: KeySpec, material: &Secret) -> Result<Secret, BackendError> {
            RustCrypto.accept(spec, material)
        }
        fn load(
            &self,
            spec: KeySpec,
            _: MaterialId,
            material: &Secret,
            random: &Arc<dyn Random>,
        ) -> Result<Box<dyn Key>, BackendError> {
            RustCrypto.load(spec, MaterialId([9; 32]), material, random)
        }
        fn load_public(
            &self,
            spec: KeySpec,
            public: &[u8],
            random: &Arc<dyn Random>,
        ) -> Result<Box<dyn Key>, BackendError> {
            RustCrypto.load_public(spec, public, random)
        }
        fn pair_specs(&self) -> &'static [KeySpec] {
            &[]
        }
        fn pair(&self, spec: KeySpec, random: &dyn Random) -> Result<Pair, BackendError> {
            RustCrypto.pair(spec, random)
        }
        fn wrappings(&self) -> &'static [Wrapping] {
            &[]
        }
        fn wrapping_key(&self, wrapping: Wrapping, random: &dyn Random) -> Result<Pair, BackendError> {
            RustCrypto.wrapping_key(wrapping, random)
        }
        fn unwrap(&self, wrapping: Wrapping, private: &Secret, wrapped: &[u8]) -> Result<Secret, BackendError> {
            RustCrypto.unwrap(wrapping, private, wrapped)
        }
    }
    let backend = of(Wrong, root());
    let refuted: Vec<_> = backend.capabilities().refuted().iter().map(|row| row.capability.operation).collect();
    assert_eq!(refuted, [OperationKind::Encrypt, OperationKind::Decrypt]);
    let refused = backend.generate(&symmetric("k"), &Call::unhurried());
    assert!(matches!(refused, Err(BackendError::Unsupported { .. })), "{refused:?}");
    let health = backend.health(Depth::Shallow, &Call::unhurried()).expect("told");
    assert_eq!(health.members.first().map(|member| member.condition), Some(Condition::Degraded));
}

/// A provider that serves less, under another name.
struct Only(&'static [KeySpec], &'static str);

impl Only {
    fn start(self) -> Software {
        of(self, root())
    }
}

impl Provider for Only {
    fn name(&self) -> &'static str {
        self.1
    }

    fn claims(&self) -> Vec<Capability> {
        let claims = RustCrypto.claims().into_iter().filter(|claim| self.0.contains(&claim.spec));
        claims.map(|claim| Capability { provider: self.1, ..claim }).collect()
    }

    fn generate(&self, spec: KeySpec, random: &dyn Random) -> Result<Secret, BackendError> {
        RustCrypto.generate(spec, random)
    }

    fn accept(&self, spec: KeySpec, material: &Secret) -> Result<Secret, BackendError> {
        RustCrypto.accept(spec, material)
    }

    fn load(
        &self,
        spec: KeySpec,
        version: MaterialId,
        material: &Secret,
        random: &Arc<dyn Random>,
    ) -> Result<Box<dyn Key>, BackendError> {
        RustCrypto.load(spec, version, material, random)
    }

    fn load_public(
        &self,
        spec: KeySpec,
        public: &[u8],
        random: &Arc<dyn Random>,
    ) -> Result<Box<dyn Key>, BackendError> {
        RustCrypto.load_public(spec, public, random)
    }

    fn pair_specs(&self) -> &'static [KeySpec] {
        &[]
    }

    fn pair(&self, spec: KeySpec, random: &dyn Random) -> Result<Pair, BackendError> {
        RustCrypto.pair(spec, random)
    }

    fn wrappings(&self) -> &'static [Wrapping] {
        RustCrypto.wrappings()
    }

    fn wrapping_key(&self, wrapping: Wrapping, random: &dyn Random) -> Result<Pair, BackendError> {
        RustCrypto.wrapping_key(wrapping, random)
    }

    fn unwrap(&self, wrapping: Wrapping, private: &Secret, wrapped: &[u8]) -> Result<Secret, BackendError> {
        RustCrypto.unwrap(wrapping, private, wrapped)
    }
}
