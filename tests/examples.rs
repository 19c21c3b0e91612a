//! The programs in `examples/` run, and say what they are there to show.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../examples/encrypt.rs"]
#[expect(dead_code, reason = "`main` is for cargo run --example")]
mod encrypt;

#[test]
fn encrypt_does_the_same_with_every_backend() {
    let mut said = Vec::new();
    encrypt::run(&mut said).unwrap();
    let said = String::from_utf8(said).unwrap();
    let (pure_rust, rest) = said.split_once("AWS-LC\n").unwrap();
    let (aws_lc, both) = rest.split_once("both\n").unwrap();
    let pure_rust = pure_rust.strip_prefix("pure Rust\n").unwrap();
    assert_eq!(pure_rust.replace("rustcrypto", "aws-lc"), aws_lc, "the caller could tell the backends apart");
    assert_eq!(aws_lc, both, "the first of both serves the key");
    assert!(aws_lc.contains("the key is served by aws-lc"), "{said}");
    assert!(aws_lc.contains("11 bytes came back from 124"), "{said}");
    assert!(aws_lc.contains("for sales: the ciphertext does not open under this key and context"), "{said}");
    assert!(aws_lc.contains("a data key of 32 bytes came back: true"), "{said}");
    assert!(!said.contains("4200"), "the plaintext was printed: {said}");
}
