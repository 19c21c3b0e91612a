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
    let (software, composite) = said.split_once("composite\n").unwrap();
    let software = software.strip_prefix("software\n").unwrap();
    assert_eq!(software, composite, "the caller could tell the backends apart");
    assert!(software.contains("11 bytes came back from 124"), "{said}");
    assert!(software.contains("for sales: the ciphertext does not open under this key and context"), "{said}");
    assert!(software.contains("a data key of 32 bytes came back: true"), "{said}");
    assert!(!said.contains("4200"), "the plaintext was printed: {said}");
}
