//! Answers that others published: Wycheproof over everything that AWS-LC is claimed to do.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "helpers of tests may panic")]

use wardbook_backend_aws_lc::AwsLc;
#[cfg(not(feature = "fips"))]
use {
    wardbook_backend::conformance::Wrap,
    wardbook_backend::error::BackendError,
    wardbook_backend::import::{Wrapping, WrappingAlgorithm, WrappingKeySpec},
    wardbook_backend::provider::Provider,
    wardbook_backend::random::System,
    wardbook_backend_aws_lc::RsaWrap,
    wycheproof::keywrap,
};

#[path = "../../tests/suite/rfc.rs"]
mod rfc;
#[path = "../../tests/suite/rsa.rs"]
mod rsa;
#[path = "../../tests/suite/wycheproof.rs"]
mod suite;

#[test]
fn aws_lc_agrees_with_wycheproof() {
    let counts = suite::run(&AwsLc::start().expect("starts"), &|_, key| Ok(key));
    println!("{counts}");
    assert!(counts.failures.is_empty(), "{:#?}", counts.failures);
    assert!(counts.run() > 5_000, "only {} cases were run", counts.run());
}

#[test]
fn aws_lc_gives_the_answers_of_the_rfcs() {
    let answers = rfc::run(&AwsLc::start().expect("starts"), &|_, key| Ok(key));
    print!("{answers}");
    // The FIPS module does not approve of Ed25519.
    assert_eq!(answers.total(), 24 + if cfg!(feature = "fips") { 0 } else { 5 } + 12);
}

#[test]
fn rsa_agrees_with_wycheproof() {
    let counts = rsa::run(&AwsLc::start().expect("starts"));
    println!("{counts}");
    assert!(counts.failures.is_empty(), "{:#?}", counts.failures);
    assert!(counts.run() > 2_000, "only {} cases were run", counts.run());
}

/// AES-KWP as an import has it: the AES key under OAEP, the material under the AES key.
#[cfg(not(feature = "fips"))]
#[test]
fn the_padded_key_wrap_agrees_with_wycheproof() {
    let provider = AwsLc::start().expect("starts");
    let way = Wrapping { algorithm: WrappingAlgorithm::RsaAesKeyWrapSha256, key: WrappingKeySpec::Rsa2048 };
    let alone = Wrapping { algorithm: WrappingAlgorithm::RsaesOaepSha256, key: WrappingKeySpec::Rsa2048 };
    let offered = provider.wrapping_key(way, &System).expect("made");
    let mut counts = suite::Counts::default();
    for set in keywrap::TestName::all().into_iter().filter(|set| format!("{set:?}").starts_with("AesKeyWrap")) {
        for group in keywrap::TestSet::load(set).expect("vectors").test_groups {
            if !matches!(set, keywrap::TestName::AesKeyWrapWithPadding) {
                counts.skip(set, "material is wrapped with padding", group.tests.len());
                continue;
            }
            for test in group.tests {
                let head = RsaWrap::every().wrap(alone, &offered.public, &test.key).expect("wrapped");
                let opened = provider.unwrap(way, &offered.private, &[&head[..], &test.ct].concat());
                if group.key_size != 256 {
                    assert_eq!(opened, Err(BackendError::InvalidImport), "an AES key of {} bits", group.key_size);
                    counts.skip(set, "the AES key has 256 bits; shorter ones were refused", 1);
                    continue;
                }
                let opened = match opened {
                    Ok(opened) if opened.expose() == &test.pt[..] => Ok(()),
                    Ok(_) => Err("another plaintext".to_owned()),
                    Err(error) => Err(error.to_string()),
                };
                counts.case("AES-256-KWP under RSAES-OAEP", test.tc_id, test.result, opened);
            }
        }
    }
    println!("{counts}");
    assert!(counts.failures.is_empty(), "{:#?}", counts.failures);
    assert!(counts.run() > 80, "only {} cases were run", counts.run());
}
