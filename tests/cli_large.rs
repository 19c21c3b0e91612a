//! Files of 100 MB: whatever is in them, a question ends soon, in memory of a few times their size.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use support::Folder;

const MEGABYTES: usize = 100;
/// The text itself, what was understood of it, and the program.
const PEAK_MEGABYTES_MAX: usize = 4 * MEGABYTES;
const SECONDS_MAX: u64 = 120;

const ROOT: &str = r#"{"Version": "2012-10-17", "Statement": [{"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}]}"#;

/// The most memory a process has had, in megabytes; `None` where the system does not tell.
fn peak(child: &Child) -> Option<usize> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<usize>().ok()? / 1024)
}

/// Asks a question of the folder; the exit code, what it printed, and the most memory that it had.
fn ask(folder: &Folder) -> (i32, String, Option<usize>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_wardbook"))
        .args(["who-can", "kms:Decrypt", "*", "--world", "w", "--quiet", "--out", "json:answer.json"])
        .current_dir(folder.path("."))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let mut most = None;
    loop {
        most = most.max(peak(&child));
        if let Some(status) = child.try_wait().unwrap() {
            return (status.code().unwrap_or(-1), folder.read("answer.json"), most);
        }
        if start.elapsed() > Duration::from_secs(SECONDS_MAX) {
            child.kill().unwrap();
            panic!("no answer after {SECONDS_MAX} seconds");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_file_of_a_hundred_megabytes_does_not_exhaust_memory() {
    let size = MEGABYTES << 20;
    let key = "w/111122223333/kms/eu-west-1/1234abcd-12ab-34cd-56ef-1234567890ab";
    let grants = |remark: String| {
        format!(
            r#"{{"Grants": [{{"GrantId": "1", "Remark": "{remark}", "GranteePrincipal": "arn:aws:iam::111122223333:role/x", "Operations": ["Decrypt"]}}]}}"#
        )
    };
    // What is read of it, and whether the answer then knows who can.
    let cases: [(&str, &str, String, bool); 5] = [
        ("one long text", "grants.json", grants("a".repeat(size)), true),
        ("nothing but opening brackets", "more.json", "[".repeat(size), false),
        ("a torn statement", "more.json", format!(r#"{{"Statement": "{}"#, "\u{1}".repeat(size)), false),
        (
            "a template with one long text",
            "more.yaml",
            format!(
                "Resources:\n  Key:\n    Type: AWS::KMS::Key\n    Properties:\n      Description: {}\n",
                "x".repeat(size)
            ),
            false,
        ),
        ("no text at all", "more.json", "\0".repeat(size), false),
    ];
    for (name, file, text, known) in cases {
        let folder = Folder::new("large");
        folder.write(&format!("{key}/policy.json"), ROOT);
        folder.write("w/111122223333/details.json", r#"{"UserDetailList": [], "RoleDetailList": []}"#);
        folder.write(&format!("{key}/{file}"), text);
        let (code, answer, peak) = ask(&folder);
        assert_eq!(code, 0, "{name}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let found =
            answer["keys"].as_array().unwrap().iter().find(|of| of["key"].as_str().unwrap().ends_with("1234567890ab"));
        let rows = found.unwrap()["rows"].as_array().unwrap();
        let root = rows.iter().any(|row| row["principal"] == "arn:aws:iam::111122223333:root");
        assert_eq!(root, known, "{name}: {:.500}", answer["coverage"].to_string());
        match peak {
            Some(peak) => assert!(peak <= PEAK_MEGABYTES_MAX, "{name}: {peak} MB"),
            None => eprintln!("{name}: this system does not tell how much memory a process has had"),
        }
    }
    // What was written is not left behind.
    Folder::new("large");
}
