//! AWS-LC as its users see it.

#![expect(clippy::expect_used, reason = "the helpers of a test are a test")]

use std::sync::Arc;

use wardbook_backend::backend::{Backend, Depth};
use wardbook_backend::call::Call;
use wardbook_backend::conformance::{self, Sm2Wrap, Subject};
use wardbook_backend::error::BackendError;
use wardbook_backend::random::System;
use wardbook_backend::root::{LocalRoot, Roots};
use wardbook_backend::rustcrypto::RustCrypto;
use wardbook_backend::software::Software;
use wardbook_backend::spec::{KeySpec, Usage};
use wardbook_backend::token::{Binding, MaterialId};
#[cfg(feature = "fips")]
use wardbook_backend::{blob::Blob, blob::Suite, context::Context};
#[cfg(not(feature = "fips"))]
use wardbook_backend::{conformance::Wrap, operation::OperationKind, rustcrypto};
#[cfg(not(feature = "fips"))]
use wardbook_backend_aws_lc::NAME;
use wardbook_backend_aws_lc::{AwsLc, RsaWrap};

#[path = "../../tests/suite/page.rs"]
mod page;

fn roots() -> Roots {
    Roots::new(Arc::new(LocalRoot::ephemeral(&System).expect("made")))
}

fn aws_lc() -> Software {
    Software::start([Arc::new(AwsLc::start().expect("starts")) as _], roots(), Arc::new(System))
}

fn composite() -> Software {
    let providers = [Arc::new(RustCrypto) as _, Arc::new(AwsLc::start().expect("starts")) as _];
    Software::start(providers, roots(), Arc::new(System))
}

#[test]
fn every_claim_holds_against_answers_computed_elsewhere() {
    let backend = aws_lc();
    let refuted: Vec<&str> = backend.capabilities().refuted().iter().map(|row| row.reason.as_str()).collect();
    assert!(refuted.is_empty(), "{refuted:#?}");
    println!("{} capabilities proved", backend.capabilities().rows().len());
    assert!(backend.health(Depth::Deep, &Call::unhurried()).expect("healthy").is_active());
}

#[cfg(not(feature = "fips"))]
#[test]
fn rustcrypto_and_aws_lc_together_cover_every_key_spec_and_usage() {
    let backend = composite();
    let capabilities = backend.capabilities();
    assert!(capabilities.refuted().is_empty(), "{:#?}", capabilities.refuted());
    for spec in KeySpec::all() {
        for usage in spec.usages() {
            for origin in [OperationKind::Generate, OperationKind::Import] {
                assert!(capabilities.covers(spec, *usage, origin), "{origin} of {spec} for {usage}");
            }
        }
        let rsa = spec.as_str().starts_with("RSA_");
        let wanted = if rsa { NAME } else { rustcrypto::NAME };
        assert!(capabilities.rows().iter().filter(|row| row.spec == spec).all(|row| row.provider == wanted), "{spec}");
    }
}

#[test]
fn aws_lc_conforms() {
    let backend = aws_lc();
    let report = conformance::run(&Subject { backend: &backend, existing: &[], wraps: &[&RsaWrap::any_length()] });
    println!("{report}");
    assert!(report.failures().is_empty(), "{:#?}", report.failures());
    assert!(report.passed() > 10_000, "the suite has shrunk to {} checks", report.passed());
}

#[test]
fn aws_lc_and_rustcrypto_understand_each_other() {
    let (one, other) = (aws_lc(), composite());
    let (rsa, sm2) = (RsaWrap::any_length(), Sm2Wrap(&System));
    let one = Subject { backend: &one, existing: &[], wraps: &[&rsa] };
    let other = Subject { backend: &other, existing: &[], wraps: &[&sm2, &rsa] };
    let report = conformance::pair(&one, &other);
    println!("{report}");
    assert!(report.failures().is_empty(), "{:#?}", report.failures());
    assert!(report.passed() > 100, "the suite has shrunk to {} checks", report.passed());
}

#[cfg(not(feature = "fips"))]
#[test]
fn every_wrapping_under_rsa_is_undone_and_nothing_else_is() {
    let (backend, call, wrap) = (aws_lc(), Call::unhurried(), RsaWrap::every());
    let own = Binding::new("k", MaterialId([1; 32]), KeySpec::SymmetricDefault, Usage::EncryptDecrypt).expect("valid");
    assert_eq!(backend.capabilities().wrappings(), wrap.wrappings());
    assert_eq!(wrap.wrappings().len(), 12);
    let mut fingerprints = Vec::new();
    for wrapping in wrap.wrappings() {
        let offer = backend.begin_import(&own, wrapping, &call).expect("offered");
        let import = |wrapped: &[u8]| backend.import(&own, &offer.session, wrapped, &call);
        let wrapped = wrap.wrap(wrapping, &offer.public_key, &[7; 32]).expect("wrapped");
        fingerprints.push(import(&wrapped).expect("imported").fingerprint);
        for position in (0..wrapped.len()).step_by(37) {
            let mut changed = wrapped.clone();
            changed[position] ^= 0x10;
            assert_eq!(import(&changed), Err(BackendError::InvalidImport), "{wrapping}: byte {position}");
        }
        for bytes in [0, 1, 255, wrapped.len() - 1] {
            assert_eq!(import(&wrapped[..bytes]), Err(BackendError::InvalidImport), "{wrapping}: {bytes} bytes");
        }
        for bytes in [1, 16, 31, 33] {
            let unfit = wrap.wrap(wrapping, &offer.public_key, &vec![7; bytes]).expect("wrapped");
            assert_eq!(import(&unfit), Err(BackendError::UnfitMaterial), "{wrapping}: {bytes} bytes of material");
        }
    }
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), 1, "the same material is the same, however it was wrapped");
}

#[test]
fn the_pages_are_what_the_probes_found() {
    const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../capabilities");
    if cfg!(feature = "fips") {
        let intro = "What the software backend can do with the FIPS module of AWS-LC as its only provider.";
        return page::check(&format!("{FOLDER}/aws-lc-fips.md"), intro, &aws_lc());
    }
    let intro = "What the software backend can do with AWS-LC as its only provider.";
    page::check(&format!("{FOLDER}/aws-lc.md"), intro, &aws_lc());
    let intro = "What `software:` can do: pure Rust, and AWS-LC for what that lacks.";
    page::check(&format!("{FOLDER}/software.md"), intro, &composite());
}

/// Blobs of the module name the suite in which it drew the initialisation vector, and open with pure Rust.
#[cfg(feature = "fips")]
#[test]
fn the_fips_module_draws_its_own_initialisation_vectors() {
    let (backend, call) = (aws_lc(), Call::unhurried());
    let own = Binding::new("k", MaterialId([1; 32]), KeySpec::SymmetricDefault, Usage::EncryptDecrypt).expect("valid");
    let token = backend.generate(&own, &call).expect("made");
    let key = backend.open(&token, &own, &call).expect("opened");
    let made = key.generate_data_key(32, &Context::empty(), &call).expect("made");
    assert_eq!(Blob::parse(&made.ciphertext).map(|blob| blob.header.suite), Some(Suite::Aes256GcmDrawnIv));
}

/// Every row of the FIPS build is approved, and what remains conforms.
#[cfg(feature = "fips")]
#[test]
fn the_fips_module_serves_only_what_it_approves() {
    let backend = aws_lc();
    assert!(!backend.capabilities().rows().is_empty());
    assert!(backend.capabilities().rows().iter().all(|row| row.fips && row.provider == "aws-lc-fips"));
    for spec in [KeySpec::EccSecgP256k1, KeySpec::EccNistEdwards25519, KeySpec::Sm2, KeySpec::Sm4] {
        for usage in spec.usages() {
            let own = Binding::new("k", MaterialId([1; 32]), spec, *usage).expect("valid");
            let made = backend.generate(&own, &Call::unhurried());
            assert!(matches!(made, Err(BackendError::Unsupported { .. })), "{spec}: {made:?}");
        }
    }
}
