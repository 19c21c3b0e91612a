//! The programs in `examples/` run, and say what they are there to show.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use wardbook_audit::disk::MemoryDisk;

#[path = "../examples/encrypt.rs"]
#[expect(dead_code, reason = "`main` is for cargo run --example")]
mod encrypt;

#[path = "../examples/three_rooms.rs"]
#[expect(dead_code, reason = "`main` is for cargo run --example")]
mod three_rooms;

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

#[test]
fn three_rooms_record_what_was_allowed_and_what_was_not() {
    let (disk, mut said) = (Arc::new(MemoryDisk::default()), Vec::new());
    three_rooms::run(disk.clone(), &mut said).unwrap();
    let said = String::from_utf8(said).unwrap();
    // 113 bytes more than the 11 of the plaintext.
    let wanted = "salaries: 124 bytes of ciphertext\n\
        curiosity: 0 bytes of ciphertext\n\
        \"2026-11-27T09:00:01Z\" {\"purpose\":\"salaries\"} \"allow\"\n\
        \"2026-11-27T09:00:02Z\" {\"purpose\":\"curiosity\"} \"implicit-deny\"\n";
    assert_eq!(said, wanted);
    let sealed = disk.paths().into_iter().filter(|path| path.extension().is_some_and(|end| end == "parquet"));
    assert_eq!(sealed.count(), 1, "the events are in one file: {:?}", disk.paths());
}
