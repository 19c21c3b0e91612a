//! Keys in AWS-LC are gone from the memory of this process once their owners are.
//!
//! One test in a process of its own, because others would have secrets too.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "helpers of tests may panic as tests may")]

use pkcs8::PrivateKeyInfoRef;
use pkcs8::der::Decode;
use wardbook_backend::spec::KeySpec;
use wardbook_backend_aws_lc::AwsLc;

#[path = "../../tests/suite/memory.rs"]
mod memory;
#[path = "../../tests/suite/wiping.rs"]
mod wiping;

#[test]
fn secrets_leave_memory_with_their_owners() {
    let provider = AwsLc::start().expect("starts");
    let (left, count) = wiping::run(&provider, private);
    println!("{count} secrets of AWS-LC's keys were looked for");
    assert!(left.is_empty(), "{left:#?}");
    assert!(count >= 60, "{count}");
    let test = "in_the_other_process_the_key_of_a_message_is_derived";
    let hidden = wiping::of_a_message(&provider, KeySpec::SymmetricDefault, test);
    assert_eq!(hidden.found(), 0, "{}", hidden.what);
}

#[test]
fn in_the_other_process_the_key_of_a_message_is_derived() {
    wiping::derive_here();
}

/// What is stored of a pair has its public half in it, too.
fn private(spec: KeySpec, material: &[u8]) -> Vec<&[u8]> {
    if spec.is_symmetric() {
        return vec![material];
    }
    if spec.as_str().starts_with("ML_KEM") {
        // The secret vector comes first, what implicit rejection takes comes last: FIPS 203, algorithm 19.
        return vec![&material[..32], &material[material.len() - 32..]];
    }
    let inner = PrivateKeyInfoRef::from_der(material).expect("PKCS#8").private_key.as_bytes();
    if spec.as_str().starts_with("RSA") {
        // The last number of RFC 8017, appendix A.1.2, is the coefficient.
        return vec![&inner[inner.len() - 32..]];
    }
    if spec.as_str().starts_with("ECC_NIST_P") || spec == KeySpec::EccSecgP256k1 {
        // RFC 5915: version 1, then the number as an octet string.
        let start = inner.windows(4).position(|bytes| bytes == [2, 1, 1, 4]).expect("an EC private key") + 5;
        return vec![&inner[start..start + usize::from(inner[start - 1])]];
    }
    // A seed of 32 bytes comes last, in whichever wrapping.
    vec![&inner[inner.len() - 32..]]
}
