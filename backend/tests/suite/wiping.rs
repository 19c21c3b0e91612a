//! Every key that a provider makes, used and dropped: nothing of it stays in the memory of this process.

use std::process::Command;
use std::sync::Arc;

use wardbook_backend::algorithm::Algorithm;
use wardbook_backend::call::Call;
use wardbook_backend::capability::Capability;
use wardbook_backend::context::Context;
use wardbook_backend::envelope::Primitives;
use wardbook_backend::error::BackendError;
use wardbook_backend::kdf;
use wardbook_backend::key::Key;
use wardbook_backend::operation::OperationKind;
use wardbook_backend::provider::Provider;
use wardbook_backend::random::{Random, System};
use wardbook_backend::rustcrypto::{AesEnvelope, Sm4Envelope};
use wardbook_backend::secret::Secret;
use wardbook_backend::spec::KeySpec;
use wardbook_backend::token::MaterialId;

use crate::memory::{Inverse, found};

const DERIVE: &str = "WARDBOOK_TEST_DERIVE";

/// The part of the stored form of a key that nobody may see, if it is known where that is.
pub(crate) type Private = fn(KeySpec, &[u8]) -> Vec<&[u8]>;

/// What was found that should not be there, as words; and how many secrets were looked for.
pub(crate) fn run(provider: &dyn Provider, private: Private) -> (Vec<String>, usize) {
    let (mut left, mut count) = (Vec::new(), 0);
    let specs = provider.claims().into_iter().filter(|claim| claim.operation == OperationKind::Generate);
    for spec in specs.map(|claim| claim.spec) {
        let mut secrets = Vec::new();
        one(provider, spec, private, &mut secrets);
        count += secrets.len();
        for (secret, hits) in secrets.iter().zip(found(&secrets)) {
            if hits > 0 {
                left.push(format!("{spec}: {} stands in memory {hits} times", secret.what));
            }
        }
    }
    (left, count)
}

/// The life of a key, and of a pair for somebody else. In a frame of its own, which is gone when memory is looked at.
#[inline(never)]
fn one(provider: &dyn Provider, spec: KeySpec, private: Private, secrets: &mut Vec<Inverse>) {
    let random: Arc<dyn Random> = Arc::new(System);
    let material = provider.generate(spec, &System).expect("made");
    let parts = private(spec, material.expose());
    assert!(!parts.is_empty(), "{spec}: no private part is known");
    for part in parts {
        secrets.extend(Inverse::both_orders("a private key", part));
        if spec.as_str().starts_with("HMAC") || spec == KeySpec::SymmetricDefault {
            secrets.extend(Inverse::padded("a symmetric key", part));
        }
    }
    assert!(found(secrets)[0] > 0, "{spec}: whoever looks must be able to find");
    let key = provider.load(spec, MaterialId([1; 32]), &material, &random).expect("loaded");
    drop(material);
    for row in provider.claims().iter().filter(|row| row.spec == spec) {
        used(&*key, row, secrets).expect("works");
    }
    drop(key);
    if provider.pair_specs().contains(&spec) {
        let pair = provider.pair(spec, &System).expect("made");
        let accepted = provider.accept(spec, &pair.private).expect("accepted");
        let parts = private(spec, accepted.expose()).into_iter();
        secrets.extend(parts.flat_map(|part| Inverse::both_orders("a pair's private half", part)));
    }
}

fn used(key: &dyn Key, row: &Capability, secrets: &mut Vec<Inverse>) -> Result<(), BackendError> {
    let (call, context) = (&Call::unhurried(), Context::empty());
    let Some(algorithm) = row.algorithm else { return Ok(()) };
    match (row.operation, row.message_type) {
        (OperationKind::Encrypt, _) => {
            let plaintext = Secret::filled(64, |bytes| System.fill(bytes))?;
            let ciphertext = key.encrypt(algorithm, plaintext.expose(), &context, call)?;
            secrets.push(Inverse::of(format!("a plaintext of {algorithm}"), plaintext.expose()));
            drop(plaintext);
            key.decrypt(algorithm, &ciphertext, &context, call)?;
        }
        (OperationKind::Sign, Some(message_type)) => {
            let message = vec![0x42; algorithm.message_bytes(message_type).unwrap_or(100)];
            let signature = key.sign(algorithm, message_type, &message, call)?;
            key.verify(algorithm, message_type, &message, &signature, call)?;
        }
        (OperationKind::Mac, _) => drop(key.mac(algorithm, b"message", call)?),
        (OperationKind::Agree, _) => {
            let shared = key.agree(&key.public_key(call)?, call)?;
            secrets.push(Inverse::of("a shared secret", shared.expose()));
        }
        (OperationKind::Encapsulate, _) => {
            let made = key.encapsulate(call)?;
            secrets.push(Inverse::of("an encapsulated secret", made.shared_secret.expose()));
            key.decapsulate(&made.ciphertext, call)?;
        }
        _ => {}
    }
    Ok(())
}

/// The key of one message, after it was encrypted and decrypted. What that key is, another process finds out, given
/// the name of a test that calls [`derive_here`]: whoever computes it here has it in memory. The material is a test's.
pub(crate) fn of_a_message(provider: &dyn Provider, spec: KeySpec, test: &str) -> Inverse {
    let (call, context) = (&Call::unhurried(), Context::empty());
    let random: Arc<dyn Random> = Arc::new(System);
    let material = Secret::copy(MATERIAL);
    let key = provider.load(spec, MaterialId([1; 32]), &material, &random).expect("loaded");
    let blob = key.encrypt(Algorithm::SymmetricDefault, &[0x5a; 100], &context, call).expect("encrypted");
    key.decrypt(Algorithm::SymmetricDefault, &blob, &context, call).expect("decrypted");
    drop(key);
    let head: String = blob[4..65].iter().map(|byte| format!("{byte:02x}")).collect();
    let mut other = Command::new(std::env::current_exe().expect("this"));
    let output = other.args(["--exact", test, "--nocapture"]).env(DERIVE, head).output().expect("started");
    let said = String::from_utf8(output.stdout).expect("text");
    let digits = said.lines().find_map(|line| line.split_once("inverse ")).expect("an answer").1;
    let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("digits"));
    let bytes = pairs.map(|pair| u8::from_str_radix(pair, 16).expect("digits")).collect();
    Inverse { what: format!("the key of a message of {spec}"), bytes }
}

/// In the other process: says the key of the message in inverse. In this one: nothing.
pub(crate) fn derive_here() {
    let Ok(head) = std::env::var(DERIVE) else { return };
    let pairs = head.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("digits"));
    let head: Vec<u8> = pairs.map(|pair| u8::from_str_radix(pair, 16).expect("digits")).collect();
    let (suite, nonce) = (head[0], &head[33..49]);
    let fixed = kdf::fixed_input(b"wardbook-envelope", &[&[suite][..], nonce].concat(), 512);
    let (material, call) = (Secret::copy(MATERIAL), &Call::unhurried());
    let (aes, sm4) = (AesEnvelope::new(&material).expect("made"), Sm4Envelope::new(&material).expect("made"));
    let holder: &dyn Primitives = if suite == 2 { &sm4 } else { &aes };
    let derived = holder.derive(&fixed, call).expect("derived");
    let digits: String = derived[..32].iter().map(|byte| format!("{:02x}", !byte)).collect();
    println!("inverse {digits}");
}

/// No secret of anybody.
const MATERIAL: &[u8; 32] = b"not a secret but in a test alone";
