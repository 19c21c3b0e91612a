//! `audit import`, `export`, `tail` and `compact`, from outside.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};
use support::{Folder, Run};

fn run(folder: &Folder, arguments: &[&str]) -> Run {
    let mut whole = vec!["audit"];
    whole.extend(arguments);
    if ["import", "compact"].contains(&arguments[0]) {
        whole.extend(["--signing-key", "audit.key"]);
    }
    folder.run(&whole)
}

fn event(second: u32) -> String {
    format!(r#"{{"eventTime":"2026-04-01T12:00:{second:02}Z","eventID":"{second}","n":{second}.50,"e":{{}}}}"#)
}

/// The lines as JSON values, in an order of their own.
fn values(lines: &str) -> BTreeSet<String> {
    lines.lines().map(|line| sorted(&line.parse().unwrap())).collect()
}

#[test]
fn the_books_are_printed_and_what_is_rejected_is_named() {
    let folder = Folder::new("books");
    folder.write("in/a.json", format!("{{\"Records\":[{},{}]}}", event(1), event(2)));
    folder.write("in/b.jsonl", format!("{}\nno\n{}\n", event(2), event(3)));
    folder.write("in/x_CloudTrail-Digest_y.json", "{}");
    folder.write("in/notes.txt", "no");
    let first = run(&folder, &["import", "in", "--to", "log"]);
    assert_eq!(first.code, 2, "{first:?}");
    assert!(first.stdout.starts_with("read 5 = written 3 + duplicate 1 + rejected 1\n"), "{}", first.stdout);
    assert!(first.stderr.contains("in/b.jsonl") && first.stderr.contains("record 2"), "{}", first.stderr);
    let again = run(&folder, &["import", "in", "--to", "log", "--format", "json"]);
    let books: Value = again.stdout.parse().unwrap();
    assert_eq!(
        [&books["read"], &books["written"], &books["duplicate"], &books["rejected"], &books["skipped"]],
        [&json!(5), &json!(0), &json!(4), &json!(1), &json!(1)]
    );
    assert_eq!(books["rejections"][0]["source"], json!("in/b.jsonl"));
    let missing = run(&folder, &["import", "nowhere.json", "--to", "log"]);
    assert!(missing.code == 2 && missing.stdout.starts_with("read 1 = written 0 + duplicate 0 + rejected 1"));
    let exported = run(&folder, &["export", "log"]);
    let wanted = values(&[event(1), event(2), event(3)].join("\n"));
    assert_eq!((exported.code, values(&exported.stdout)), (0, wanted));
    let records: Value = run(&folder, &["export", "log", "--format", "cloudtrail"]).stdout.parse().unwrap();
    assert_eq!(records["Records"].as_array().unwrap().len(), 3);
    let tail = run(&folder, &["tail", "log", "-n", "2"]);
    assert_eq!(tail.stdout.lines().count(), 2);
    assert!(tail.stdout.lines().last().unwrap().contains("12:00:03"), "{}", tail.stdout);
    folder.write("more.json", event(4));
    assert_eq!(run(&folder, &["import", "more.json", "--to", "log"]).code, 0);
    let compacted = run(&folder, &["compact", "log"]);
    assert_eq!((compacted.code, &*compacted.stdout), (0, "merged 2 files into 1; there are 1 now\n"), "{compacted:?}");
    assert_eq!(values(&run(&folder, &["export", "log"]).stdout).len(), 4);
    assert_eq!(run(&folder, &["export", "in"]).code, 2);
}

#[test]
fn the_real_corpus_comes_back_as_it_was() {
    let Some(data) = std::env::var_os("WARDBOOK_SHARED_DATA") else {
        eprintln!("skipped: WARDBOOK_SHARED_DATA names no folder with `cloudtrail/`");
        return;
    };
    let folder = Folder::new("corpus");
    let corpus = Path::new(&data).join("cloudtrail");
    let imported = run(&folder, &["import", corpus.to_str().unwrap(), "--to", "log"]);
    assert!(imported.stdout.starts_with("read 2900 = written 2900 + duplicate 0 + rejected 0\n"), "{imported:?}");
    let exported = run(&folder, &["export", "log"]).stdout;
    let mut wanted = BTreeSet::new();
    let mut folders = vec![corpus];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                let file: Value = std::fs::read_to_string(path).unwrap().parse().unwrap();
                wanted.extend(file["Records"].as_array().unwrap().iter().map(sorted));
            }
        }
    }
    let found: BTreeSet<String> = exported.lines().map(|line| sorted(&line.parse().unwrap())).collect();
    assert_eq!((exported.lines().count(), found.len()), (2_900, 2_900));
    assert!(found == wanted, "an event came back as another value");
}

/// Members in one order, so that equal values are equal texts.
fn sorted(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> =
                members.iter().map(|(name, value)| format!("{name:?}:{}", sorted(value))).collect();
            members.sort();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(values) => format!("[{}]", values.iter().map(sorted).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}
