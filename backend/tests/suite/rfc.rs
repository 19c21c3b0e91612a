//! The answers that RFCs print, over any provider that serves their algorithms.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use wardbook_backend::algorithm::{Algorithm, MessageType};
use wardbook_backend::call::Call;
use wardbook_backend::error::BackendError;
use wardbook_backend::provider::Provider;
use wardbook_backend::random::{Random, System};
use wardbook_backend::secret::Secret;
use wardbook_backend::spec::KeySpec;
use wardbook_backend::token::MaterialId;

use crate::suite::Take;

/// How many answers of each RFC were given.
#[derive(Default)]
pub(crate) struct Answers(BTreeMap<&'static str, usize>);

/// Everything that the provider claims. An answer that differs fails where it stands.
pub(crate) fn run(provider: &dyn Provider, take: Take<'_>) -> Answers {
    let (call, random) = (&Call::unhurried(), Arc::new(System) as Arc<dyn Random>);
    let claims = provider.claims();
    let served = |spec| claims.iter().any(|claim| claim.spec == spec && claim.algorithm.is_some());
    let load = |spec, material: &Secret| provider.load(spec, MaterialId([0; 32]), material, &random).expect("loads");
    let mut answers = Answers::default();
    for line in include_str!("../../testdata/rfc.txt").lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split(' ').collect();
        let named = |name: &str| KeySpec::all().find(|spec| spec.as_str() == name).expect("a spec");
        match fields[..] {
            ["hmac", spec, key, message, code] if served(named(spec)) => {
                let algorithm = match named(spec) {
                    KeySpec::Hmac224 => Algorithm::HmacSha224,
                    KeySpec::Hmac256 => Algorithm::HmacSha256,
                    KeySpec::Hmac384 => Algorithm::HmacSha384,
                    _ => Algorithm::HmacSha512,
                };
                let Ok(material) = take(named(spec), Secret::new(bytes(key))) else { continue };
                let key = load(named(spec), &material);
                assert_eq!(key.mac(algorithm, &bytes(message), call), Ok(bytes(code)), "{line}");
                answers.count("RFC 4231, HMAC");
            }
            ["ed25519", private, public, message, signature] if served(KeySpec::EccNistEdwards25519) => {
                let (spec, algorithm, message) =
                    (KeySpec::EccNistEdwards25519, Algorithm::Ed25519Sha512, bytes(message));
                let key = load(spec, &provider.accept(spec, &Secret::new(bytes(private))).expect("accepted"));
                assert_eq!(key.public_key(call), Ok(bytes(public)), "{line}");
                let signed = key.sign(algorithm, MessageType::Raw, &message, call);
                assert_eq!(signed, Ok(bytes(signature)), "{line}");
                assert_eq!(key.verify(algorithm, MessageType::Raw, &message, &bytes(signature), call), Ok(()));
                answers.count("RFC 8032, Ed25519");
            }
            ["ecdsa", spec, public, message, signature, result] if served(named(spec)) => {
                let algorithm = match named(spec) {
                    KeySpec::EccNistP256 => Algorithm::EcdsaSha256,
                    KeySpec::EccNistP384 => Algorithm::EcdsaSha384,
                    _ => Algorithm::EcdsaSha512,
                };
                let key = provider.load_public(named(spec), &bytes(public), &random).expect("a public key");
                let verified = key.verify(algorithm, MessageType::Raw, &bytes(message), &bytes(signature), call);
                let wanted = if result == "genuine" { Ok(()) } else { Err(BackendError::InvalidSignature) };
                assert_eq!(verified, wanted, "{line}");
                answers.count("RFC 6979, ECDSA");
            }
            _ => {}
        }
    }
    answers
}

impl Answers {
    fn count(&mut self, rfc: &'static str) {
        *self.0.entry(rfc).or_default() += 1;
    }

    pub(crate) fn total(&self) -> usize {
        self.0.values().sum()
    }
}

impl fmt::Display for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(rfc, count)| writeln!(f, "{rfc}: {count} answers"))
    }
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let pairs = hexadecimal.trim_matches('-').as_bytes().chunks(2);
    let pairs = pairs.map(|pair| std::str::from_utf8(pair).expect("digits"));
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("digits")).collect()
}
