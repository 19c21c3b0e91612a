//! Input that was made to hurt, or has merely grown: `wardbook lint` ends quickly and says what it can.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use std::fmt::Write;
use std::time::{Duration, Instant};

use support::{Folder, Run};

/// In a debug build on a busy machine; a release build takes a fraction.
const SOON: Duration = Duration::from_secs(60);

fn lint(folder: &Folder, arguments: &[&str]) -> Run {
    let start = Instant::now();
    let run = folder.run(&[&["lint", "--format", "concise"], arguments].concat());
    assert!(start.elapsed() < SOON, "it took {:?}", start.elapsed());
    run
}

#[test]
fn deep_nesting_is_a_finding() {
    let folder = Folder::new("deep");
    folder.write("a.json", format!("{{\"Statement\": {}", "[".repeat(1_000_000)));
    folder.write("b.yaml", format!("Resources: {}", "[".repeat(100_000)));
    folder.write("c.tf", format!("resource \"a\" \"b\" {{ x = {}1", "(".repeat(200)));
    let run = lint(&folder, &[]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("a.json:1:") && run.stdout.contains("b.yaml:1:"), "{}", run.stdout);
}

#[test]
fn aliases_that_multiply_are_a_finding() {
    let folder = Folder::new("bomb");
    let mut bomb = String::from("Resources: &a0 [x, x]\n");
    for level in 1..40 {
        writeln!(bomb, "k{level}: &a{level} [*a{0}, *a{0}, *a{0}, *a{0}]", level - 1).unwrap();
    }
    folder.write("t.yaml", bomb);
    let run = lint(&folder, &[]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("SY01") && run.stdout.contains("alias"), "{}", run.stdout);
}

#[test]
fn ten_thousand_statements_end() {
    let folder = Folder::new("many");
    let mut text = String::from("{\"Version\": \"2012-10-17\", \"Statement\": [");
    for number in 0..10_000 {
        write!(text, "{}{{\"Sid\": \"s{number}\", \"Effect\": \"Allow\", \"Principal\": {{\"AWS\": \"arn:aws:iam::111122223333:role/r{number}\"}}, \"Action\": [\"kms:Decrypt\", \"kms:encrypt\"], \"Resource\": \"*\", \"Condition\": {{\"StringEquals\": {{\"kms:ViaService\": \"s3.eu-west-1.amazonaws.com\"}}}}}}", if number == 0 { "" } else { ",\n" }).unwrap();
    }
    text.push_str("]}");
    folder.write("key.json", text);
    let run = lint(&folder, &["--select", "SY,KP01,KP09"]);
    assert!(run.stdout.contains("10000 info") && run.stdout.contains("SY11"), "{}", run.stdout.lines().last().unwrap());
}

#[test]
fn a_template_of_ten_megabytes_ends() {
    let folder = Folder::new("large");
    let mut text = String::from("{\"Resources\": {\n");
    let mut count = 0;
    while text.len() < 10 << 20 {
        writeln!(text, "\"Key{count}\": {{\"Type\": \"AWS::KMS::Key\", \"Properties\": {{\"EnableKeyRotation\": true, \"Description\": \"{}\", \"KeyPolicy\": {{\"Version\": \"2012-10-17\", \"Statement\": [{{\"Effect\": \"Allow\", \"Principal\": {{\"AWS\": {{\"Fn::Sub\": \"arn:aws:iam::${{AWS::AccountId}}:root\"}}}}, \"Action\": \"kms:*\", \"Resource\": \"*\"}}]}}}}}},", "x".repeat(20_000)).unwrap();
        count += 1;
    }
    text.push_str("\"Last\": {\"Type\": \"AWS::KMS::Key\", \"Properties\": {\"PendingWindowInDays\": 3}}}}");
    folder.write("t.json", text);
    let run = lint(&folder, &["--select", "KC04"]);
    assert_eq!(
        run.stdout.lines().next().map(|line| line.starts_with(&format!("t.json:{}:", count + 2))),
        Some(true),
        "{}",
        run.stdout
    );
}

#[test]
fn one_long_line_is_shown_in_part() {
    let folder = Folder::new("line");
    let padding = "x".repeat(1 << 20);
    folder.write("key.json", format!("{{\"Version\": \"2012-10-17\", \"Id\": \"{padding}\", \"Statement\": {{\"Effect\": \"Allow\", \"Action\": \"kms:Decript\", \"Resource\": \"*\"}}, \"Zed\": \"{padding}\"}}"));
    let run = folder.run(&["lint", "--select", "KP01"]);
    assert!(run.stdout.len() < 2_000 && run.stdout.contains("^^^^^^^^^^^^^"), "{}", run.stdout.len());
    assert!(run.stdout.contains(&format!("key.json:1:{}", 33 + (1 << 20) + 46 + 1)), "{}", run.stdout);
}

#[test]
fn bytes_that_are_no_text_are_a_finding_and_links_are_not_followed() {
    let folder = Folder::new("bytes");
    folder.write("utf16.json", b"\xFF\xFE{\0}\0").write("nul.json", b"{\"Statement\": \0}");
    folder.write("a/key.json", "{\"Statement\": []}");
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path("a"), folder.path("a/again")).unwrap();
    let run = lint(&folder, &[]);
    assert!(run.stdout.contains("utf16.json:1:1: error[SY01]") && run.stdout.contains("UTF-16"), "{}", run.stdout);
    assert!(run.stdout.contains("nul.json:1:15: error[SY01]") && !run.stdout.contains("again"), "{}", run.stdout);
}
