//! Any bytes as a public key, a private key and a signature, under every spec.

use std::sync::{Arc, LazyLock};

use wardbook_backend::algorithm::{Algorithm, MessageType};
use wardbook_backend::call::Call;
use wardbook_backend::key::Key;
use wardbook_backend::provider::Provider;
use wardbook_backend::random::{Random, System};
use wardbook_backend::rustcrypto::RustCrypto;
use wardbook_backend::secret::Secret;
use wardbook_backend::spec::KeySpec;
use wardbook_backend::token::MaterialId;

static RANDOM: LazyLock<Arc<dyn Random>> = LazyLock::new(|| Arc::new(System));

static KEYS: LazyLock<Vec<(KeySpec, Box<dyn Key>)>> = LazyLock::new(|| {
    let load = |spec: KeySpec| {
        let material = RustCrypto.generate(spec, &System).ok()?;
        RustCrypto.load(spec, MaterialId([0; 32]), &material, &RANDOM).ok().map(|key| (spec, key))
    };
    RustCrypto.pair_specs().iter().filter_map(|spec| load(*spec)).collect()
});

pub(crate) fn run(data: &[u8]) {
    let call = &Call::unhurried();
    for (spec, key) in &*KEYS {
        if let Ok(public) = RustCrypto.load_public(*spec, data, &RANDOM) {
            // Whatever was accepted has one canonical form, which is accepted and stays.
            let canonical = public.public_key(call).unwrap_or_default();
            let again = RustCrypto.load_public(*spec, &canonical, &RANDOM).and_then(|key| key.public_key(call));
            assert_eq!(again, Ok(canonical));
        }
        if let Ok(material) = RustCrypto.accept(*spec, &Secret::copy(data)) {
            assert!(RustCrypto.load(*spec, MaterialId([0; 32]), &material, &RANDOM).is_ok(), "{spec}");
        }
        let (algorithm, message) = match spec {
            KeySpec::EccNistP256 | KeySpec::EccSecgP256k1 => (Algorithm::EcdsaSha256, MessageType::Raw),
            KeySpec::EccNistP384 => (Algorithm::EcdsaSha384, MessageType::Raw),
            KeySpec::EccNistP521 => (Algorithm::EcdsaSha512, MessageType::Raw),
            KeySpec::EccNistEdwards25519 => (Algorithm::Ed25519Sha512, MessageType::Raw),
            KeySpec::Sm2 => (Algorithm::Sm2Dsa, MessageType::Raw),
            KeySpec::MlDsa44 | KeySpec::MlDsa65 | KeySpec::MlDsa87 => (Algorithm::MlDsaShake256, MessageType::Raw),
            _ => continue,
        };
        assert!(key.verify(algorithm, message, b"message", data, call).is_err(), "{spec}: a forgery");
    }
}
