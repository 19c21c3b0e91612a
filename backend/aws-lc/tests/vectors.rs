//! Answers that others published: Wycheproof over everything that AWS-LC is claimed to do.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "helpers of tests may panic")]

use wardbook_backend_aws_lc::AwsLc;

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
