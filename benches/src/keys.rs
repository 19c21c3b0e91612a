//! Open keys of the backends that are measured.

use std::sync::Arc;

use wardbook_backend::backend::Backend;
use wardbook_backend::call::Call;
use wardbook_backend::key::KeyHandle;
use wardbook_backend::provider::Provider;
use wardbook_backend::random::{Seeded, System};
use wardbook_backend::root::{LocalRoot, Roots};
use wardbook_backend::rustcrypto::RustCrypto;
use wardbook_backend::software::Software;
use wardbook_backend::spec::{KeySpec, Usage};
use wardbook_backend::token::{Binding, MaterialId};
use wardbook_backend_aws_lc::AwsLc;

/// The pure-Rust provider.
pub const RUSTCRYPTO: &str = wardbook_backend::rustcrypto::NAME;

/// AWS-LC.
pub const AWS_LC: &str = wardbook_backend_aws_lc::NAME;

/// A fresh key of a provider, open.
pub fn open(provider: &str, spec: KeySpec, usage: Usage) -> KeyHandle {
    let provider: Arc<dyn Provider> = match provider {
        RUSTCRYPTO => Arc::new(RustCrypto),
        AWS_LC => Arc::new(AwsLc::start().expect("starts")),
        other => panic!("no provider {other}"),
    };
    let roots = Roots::new(Arc::new(LocalRoot::ephemeral(&System).expect("a root key")));
    let backend = Software::start([provider], roots, Arc::new(Seeded::new(System)));
    let binding = Binding::new("bench", MaterialId([1; 32]), spec, usage).expect("a binding");
    let token = backend.generate(&binding, &Call::unhurried()).expect("made");
    backend.open(&token, &binding, &Call::unhurried()).expect("opened")
}
