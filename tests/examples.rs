//! The programs in `examples/` run, and say what they are there to show.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use support::Folder;
use wardbook_audit::disk::MemoryDisk;

#[path = "../examples/encrypt.rs"]
#[expect(dead_code, reason = "`main` is for cargo run --example")]
mod encrypt;

#[path = "../examples/three_rooms.rs"]
#[expect(dead_code, reason = "`main` is for cargo run --example")]
mod three_rooms;

#[path = "support/python.rs"]
mod python;
#[path = "support/softhsm.rs"]
mod softhsm;
mod support;

#[test]
fn audit_asks_one_question_and_duckdb_answers_the_same() {
    let folder = Folder::new("audit");
    let python = python::python();
    let output = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/audit.sh"))
        .arg(folder.path("out"))
        .env("WARDBOOK", env!("CARGO_BIN_EXE_wardbook"))
        // A Python that is not there ends the script after our own answer.
        .env("WARDBOOK_PYTHON", python.as_deref().unwrap_or(Path::new("false")))
        .output()
        .unwrap();
    let (said, errors) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    let section = |name: &str| said.split("# ").find_map(|section| section.strip_prefix(&format!("{name}\n")));
    assert_eq!(section("audit import"), Some("read 7 = written 7 + duplicate 0 + rejected 0\n"), "{said}{errors}");
    let ours = section("audit query used-by").unwrap();
    let wanted = [
        "principal_arn,event_name,count,first_seen,last_seen",
        "arn:aws:iam::111122223333:role/payments-api,GenerateDataKey,1,2026-11-20T08:15:00Z,2026-11-20T08:15:00Z",
        "arn:aws:iam::111122223333:role/report-job,Decrypt,2,2026-11-20T22:00:00Z,2026-11-20T22:00:01Z",
    ];
    assert_eq!(ours.lines().collect::<Vec<_>>(), wanted);
    assert!(section("audit verify").is_some_and(|text| text.ends_with("verified: 7 events in 1 log\n")), "{said}");
    if python.is_some() {
        assert!(output.status.success(), "{errors}");
        assert_eq!(section("DuckDB"), Some(ours), "{errors}");
    }
}

#[test]
fn encrypt_does_the_same_with_every_backend() {
    let mut said = Vec::new();
    encrypt::run(None, &mut said).unwrap();
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
fn encrypt_does_the_same_with_a_token() {
    softhsm::alone("encrypt_does_the_same_with_a_token", |token| {
        let mut said = Vec::new();
        encrypt::run(Some(token), &mut said).unwrap();
        let said = String::from_utf8(said).unwrap();
        let (rest, token) = said.split_once("token\n").unwrap();
        let (_, both) = rest.split_once("both\n").unwrap();
        let wanted = both.replace("aws-lc", "pkcs11").replace("delete what was stored", "the key is gone");
        assert_eq!(token, wanted, "the caller could tell the token apart");
    });
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
