//! Encrypts and decrypts under a key that nobody sees, then does the same with another backend.
//!
//! ```text
//! cargo run --example encrypt
//! cargo run --example encrypt -- 'pkcs11:module=/usr/lib/softhsm/libsofthsm2.so;token=mine;pin-file=pin'
//! ```

use std::error::Error;
use std::io::{self, Write};
use std::sync::Arc;

use wardbook_backend::algorithm::Algorithm;
use wardbook_backend::backend::{Backend, Destruction};
use wardbook_backend::call::Call;
use wardbook_backend::composite::Composite;
use wardbook_backend::context::Context;
use wardbook_backend::random::{Seeded, System};
use wardbook_backend::root::{LocalRoot, Roots};
use wardbook_backend::rustcrypto::RustCrypto;
use wardbook_backend::secret::Secret;
use wardbook_backend::software::Software;
use wardbook_backend::spec::{KeySpec, Usage};
use wardbook_backend::token::{Binding, KeyToken, MaterialId};
use wardbook_backend_aws_lc::AwsLc;
use wardbook_backend_pkcs11::{Pkcs11, Settings};

fn main() -> Result<(), Box<dyn Error>> {
    run(std::env::args().nth(1).as_deref(), &mut io::stdout())
}

/// Hands the same caller one backend after the other; with a PKCS#11 token among them, if one is named.
pub(crate) fn run(token: Option<&str>, out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    for (name, backend) in backends(token)? {
        writeln!(out, "{name}")?;
        keep_a_secret(&*backend, out)?;
    }
    Ok(())
}

/// Backends and the names they go by here.
type Named = Vec<(&'static str, Arc<dyn Backend>)>;

/// The only place that knows which backends there are.
fn backends(token: Option<&str>) -> Result<Named, Box<dyn Error>> {
    // What is stored of a key is wrapped under a root key. This one lives as long as the program; others come
    // from files, passphrases and systemd credentials.
    let roots = Roots::new(Arc::new(LocalRoot::ephemeral(&System)?));
    let random = Arc::new(Seeded::new(System));

    // A backend starts by computing known answers, and offers only what it got right.
    let pure_rust: Arc<dyn Backend> =
        Arc::new(Software::start([Arc::new(RustCrypto) as _], roots.clone(), random.clone()));
    let aws_lc: Arc<dyn Backend> = Arc::new(Software::start([Arc::new(AwsLc::start()?) as _], roots, random));

    // Several holders of keys behind one: the first that has what is asked makes the key and keeps it.
    let composite = Arc::new(Composite::new([Arc::clone(&aws_lc), Arc::clone(&pure_rust)]));
    let mut backends: Named = vec![("pure Rust", pure_rust), ("AWS-LC", aws_lc), ("both", composite)];

    // A token's keys are made in it and never leave it; what is stored of them is where they are.
    if let Some(token) = token {
        let variable = |name: &str| std::env::var(name).ok().map(|value| Secret::new(value.into_bytes()));
        backends.push(("token", Arc::new(Pkcs11::start(Settings::parse(token, variable)?)?)));
    }
    Ok(backends)
}

/// The caller. It is handed a backend and cannot tell which.
fn keep_a_secret(backend: &dyn Backend, out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    // Waits as long as it takes; a server gives each call a deadline instead.
    let call = Call::unhurried();

    // What the key is and whose. The caller stores the token beside it; the token is worth nothing without
    // the backend, and opens with no other binding.
    let binding = Binding::new("payroll", MaterialId([1; 32]), KeySpec::SymmetricDefault, Usage::EncryptDecrypt)?;
    let token = backend.generate(&binding, &call)?;
    let stored = token.as_bytes().to_vec();

    // Later: from what was stored to a key that can be used.
    let key = backend.open(&KeyToken::from_bytes(&stored)?, &binding, &call)?;
    writeln!(out, "  the key is served by {}", key.provider())?;

    // The context is not secret and not stored in the ciphertext, but it must be the same again.
    let context = Context::new([("department", "finance"), ("month", "2026-11")])?;
    let algorithm = Algorithm::SymmetricDefault;
    let ciphertext = key.encrypt(algorithm, b"4200.00 EUR", &context, &call)?;
    let plaintext = key.decrypt(algorithm, &ciphertext, &context, &call)?;
    writeln!(out, "  {} bytes came back from {}", plaintext.expose().len(), ciphertext.len())?;

    // A secret shows its length and nothing else, so a log cannot give it away.
    writeln!(out, "  printed, the plaintext is {plaintext:?}")?;

    // Another context: refused, in the same words as a damaged ciphertext.
    let other = Context::new([("department", "sales"), ("month", "2026-11")])?;
    match key.decrypt(algorithm, &ciphertext, &other, &call) {
        Ok(_) => return Err("opened under another context".into()),
        Err(error) => writeln!(out, "  for sales: {error}")?,
    }

    // What is too long for the key itself gets a data key: use it, forget it, keep it encrypted.
    let data_key = key.generate_data_key(32, &context, &call)?;
    let again = key.decrypt(algorithm, &data_key.ciphertext, &context, &call)?;
    writeln!(out, "  a data key of 32 bytes came back: {}", again == data_key.plaintext)?;

    // Whoever made the key destroys it. Where the token is all there was, that means deleting what was stored.
    let gone = backend.destroy(&token, &binding, &call)?;
    writeln!(out, "  {}", if gone == Destruction::TokenIsAll { "delete what was stored" } else { "the key is gone" })?;
    Ok(())
}
