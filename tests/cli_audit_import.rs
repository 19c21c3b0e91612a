//! `audit import`, `export`, `tail` and `compact`, from outside.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
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
    folder.write("in/.a.json.part.json", event(9));
    let first = run(&folder, &["import", "in", "--to", "log"]);
    assert_eq!(first.code, 2, "{first:?}");
    assert!(first.stdout.starts_with("read 5 = written 3 + duplicate 1 + rejected 1\n"), "{}", first.stdout);
    assert!(
        first.stdout.ends_with("\n1 digest or head file skipped\n2 other files in the folders, not read\n"),
        "{first:?}"
    );
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
fn the_standard_input_is_a_source_like_any_other() {
    let folder = Folder::new("stdin");
    let import = ["audit", "import", "-", "--to", "log", "--signing-key", "audit.key"];
    let lines = format!("{}\n{}\n", event(1), event(2));
    let first = folder.run_with(&import, &lines);
    assert_eq!((first.code, &*first.stdout), (0, "read 2 = written 2 + duplicate 0 + rejected 0\n"), "{first:?}");
    // An envelope is read as well, and a line that is none is named.
    let envelope = folder.run_with(&import, &format!("{{\"Records\":[{},{}]}}", event(2), event(3)));
    assert_eq!(envelope.stdout, "read 2 = written 1 + duplicate 1 + rejected 0\n", "{envelope:?}");
    let bad = folder.run_with(&import, &format!("{}\nno\n", event(4)));
    assert_eq!((bad.code, &*bad.stdout), (2, "read 2 = written 1 + duplicate 0 + rejected 1\n"), "{bad:?}");
    assert!(bad.stderr.contains("`<stdin>`, record 2"), "{}", bad.stderr);
    let nothing = folder.run_with(&import, "");
    assert_eq!((nothing.code, &*nothing.stdout), (0, "read 0 = written 0 + duplicate 0 + rejected 0\n"), "{nothing:?}");
    let twice = folder.run_with(&["audit", "import", "-", "-", "--to", "log", "--signing-key", "audit.key"], &event(5));
    assert_eq!(twice.stdout, "read 1 = written 1 + duplicate 0 + rejected 0\n", "{twice:?}");
    let wanted = values(&[1, 2, 3, 4, 5].map(event).join("\n"));
    assert_eq!(values(&run(&folder, &["export", "log"]).stdout), wanted);
    assert_eq!(run(&folder, &["verify", "log"]).code, 0);
}

/// A shell writes `<(zcat events.gz)` for a pipe. It can be read once, however long it is.
#[cfg(unix)]
#[test]
fn pipes_are_sources_too() {
    let folder = Folder::new("pipes");
    let padding = "x".repeat(1 << 20);
    let long: Vec<_> = (0..20)
        .map(|id| format!(r#"{{"eventTime":"2026-04-01T12:00:00Z","eventID":"l{id}","p":"{padding}"}}"#))
        .collect();
    let writers: Vec<_> = [("a.json", long.join("\n")), ("b.json", event(1))]
        .into_iter()
        .map(|(name, text)| {
            let path = folder.path(name);
            assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
            std::thread::spawn(move || std::fs::write(path, text).unwrap())
        })
        .collect();
    let imported = run(&folder, &["import", "a.json", "b.json", "--to", "log"]);
    assert_eq!(
        (imported.code, &*imported.stdout),
        (0, "read 21 = written 21 + duplicate 0 + rejected 0\n"),
        "{imported:?}"
    );
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    assert_eq!(run(&folder, &["verify", "log"]).code, 0);
    assert_eq!(std::fs::read_dir(folder.path("log/tmp/import")).unwrap().count(), 0, "nothing is left over");
}

#[test]
fn a_leap_second_is_a_second_of_its_day() {
    let folder = Folder::new("leap");
    let event = |id: u32, time: &str| format!(r#"{{"eventTime":"{time}","eventID":"{id}","errorCode":"E"}}"#);
    let leap = ["2016-12-31T23:59:60Z", "2016-12-31T23:59:60.5Z", "2017-01-01T00:59:60+01:00"];
    let all: Vec<_> = leap.into_iter().chain(["2016-12-31T23:59:59Z", "2017-01-01T00:00:00Z"]).collect();
    let lines: Vec<_> = (0..).zip(&all).map(|(id, time)| event(id, time)).collect();
    folder.write("leap.jsonl", lines.join("\n"));
    let imported = run(&folder, &["import", "leap.jsonl", "--to", "log"]);
    assert_eq!(
        (imported.code, &*imported.stdout),
        (0, "read 5 = written 5 + duplicate 0 + rejected 0\n"),
        "{imported:?}"
    );
    assert_eq!(values(&run(&folder, &["export", "log"]).stdout), values(&lines.join("\n")));
    let of_2016 = run(&folder, &["query", "failures", "log", "--until", "2017-01-01", "--format", "csv"]);
    assert_eq!(of_2016.stdout.lines().last(), Some(",E,4"), "{of_2016:?}");
    let since = run(&folder, &["query", "failures", "log", "--since", "2016-12-31T23:59:60Z", "--format", "csv"]);
    assert_eq!(since.stdout.lines().last(), Some(",E,4"), "{since:?}");
    assert_eq!(run(&folder, &["verify", "log"]).code, 0);
    assert_eq!(run(&folder, &["compact", "log"]).code, 0);
    assert_eq!(values(&run(&folder, &["export", "log"]).stdout), values(&lines.join("\n")));
}

#[test]
fn a_time_beyond_the_calendar_is_rejected_and_makes_no_folder() {
    let folder = Folder::new("calendar");
    let times = ["0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"];
    let lines = times.map(|time| format!(r#"{{"eventTime":"{time}"}}"#));
    folder.write("far.jsonl", lines.join("\n"));
    let imported = run(&folder, &["import", "far.jsonl", "--to", "log"]);
    assert_eq!(
        (imported.code, &*imported.stdout),
        (2, "read 2 = written 0 + duplicate 0 + rejected 2\n"),
        "{imported:?}"
    );
    assert!(
        std::fs::read_dir(folder.path("log")).unwrap().all(|entry| !entry.unwrap().path().ends_with("dt=10000-01-01"))
    );
}

#[test]
fn a_log_is_not_signed_with_a_second_key() {
    let folder = Folder::new("second-key");
    folder.write("a.json", event(1));
    assert_eq!(run(&folder, &["import", "a.json", "--to", "log"]).code, 0);
    for command in [&["import", "a.json", "--to", "log"][..], &["compact", "log"]] {
        let other = folder.run(&[&["audit"], command, &["--signing-key", "other.key"]].concat());
        assert_eq!((other.code, &*other.stdout), (2, ""), "{other:?}");
        let says = "is signed with a key that `other.key` would not be; name the key that signs it with --signing-key";
        assert!(other.stderr.contains(says), "{}", other.stderr);
        assert!(!folder.path("other.key").exists(), "a key that is of no use is not made");
    }
    let elsewhere = ["audit", "import", "a.json", "--to", "another", "--signing-key", "other.key"];
    assert_eq!(folder.run(&elsewhere).code, 0);
    let other = folder.run(&["audit", "compact", "log", "--signing-key", "other.key"]);
    assert!(other.code == 2 && other.stderr.contains("`other.key` is not the key of the log `import`"), "{other:?}");
    assert_eq!(run(&folder, &["verify", "log", "--signing-key", "audit.key"]).code, 0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_refuses_is_named_once_and_the_import_goes_on_later() {
    let folder = Folder::new("refusing-disk");
    folder.write("a.json", event(1));
    folder.write("log/dt=2026-04-01", "a file in the place of a folder");
    let refused = run(&folder, &["import", "a.json", "--to", "log"]);
    assert_eq!((refused.code, &*refused.stdout), (2, ""), "{refused:?}");
    let says = "cannot import into `log`; what is imported stays, and the same command goes on from there: ";
    assert!(refused.stderr.contains(says), "{}", refused.stderr);
    std::fs::remove_file(folder.path("log/dt=2026-04-01")).unwrap();
    // It was durable already, so the next run gives it its place first and then meets it again.
    let again = run(&folder, &["import", "a.json", "--to", "log"]);
    assert_eq!((again.code, &*again.stdout), (0, "read 1 = written 0 + duplicate 1 + rejected 0\n"), "{again:?}");
    assert_eq!(values(&run(&folder, &["export", "log"]).stdout), values(&event(1)));
    let full = run(&folder, &["export", "log", "--out", "jsonl:/dev/full"]);
    assert_eq!(full.code, 2, "{full:?}");
    assert_eq!(full.stderr.matches("No space left").count(), 1, "{}", full.stderr);
}

/// The process is killed at several moments. What it leaves is never taken for tampering, and the next import has every
/// event once.
#[test]
fn an_import_that_is_killed_is_finished_by_the_next() {
    let folder = Folder::new("killed");
    for file in 0..8 {
        let lines: Vec<_> = (0..2_000)
            .map(|line| {
                let day = 1 + line % 9;
                format!(r#"{{"eventTime":"2026-04-0{day}T12:00:00Z","eventID":"{file}-{line}","x":{{"y":[{line}]}}}}"#)
            })
            .collect();
        folder.write(&format!("in/{file}.jsonl"), lines.join("\n"));
    }
    let mut killed = 0;
    for milliseconds in [20, 100, 250, 450, 700, 1_000] {
        let child = Command::new(env!("CARGO_BIN_EXE_wardbook"))
            .args(["audit", "import", "in", "--to", "log", "--signing-key", "audit.key", "--quiet"])
            .current_dir(folder.path(""))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut child = Following(child);
        std::thread::sleep(Duration::from_millis(milliseconds));
        killed += u32::from(child.0.try_wait().unwrap().is_none());
        drop(child);
        let verified = run(&folder, &["verify", "log"]);
        // Before there is a log there is nothing to verify.
        assert!([0, 2, 3].contains(&verified.code), "killed after {milliseconds} ms: {verified:?}");
    }
    assert!(killed > 0, "it was done before it could be killed");
    let import = run(&folder, &["import", "in", "--to", "log"]);
    assert!(import.code == 0 && import.stdout.starts_with("read 16000 = "), "{import:?}");
    assert_eq!(run(&folder, &["verify", "log"]).code, 0);
    let exported = run(&folder, &["export", "log"]).stdout;
    assert_eq!((exported.lines().count(), values(&exported).len()), (16_000, 16_000));
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Runs the binary; exit code, what it printed, and the most memory that it had in MB, as far as the system tells.
fn measured(folder: &Folder, arguments: &[&str]) -> (i32, String, u64) {
    let child = Command::new(env!("CARGO_BIN_EXE_wardbook"))
        .args(arguments)
        .current_dir(folder.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = Following(child.unwrap());
    let (status, mut peak) = (format!("/proc/{}/status", child.0.id()), 0);
    let code = loop {
        let status = std::fs::read_to_string(&status).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        peak = peak.max(kilobytes.unwrap_or_default() >> 10);
        match child.0.try_wait().unwrap() {
            Some(ended) => break ended.code().unwrap(),
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let mut printed = String::new();
    child.0.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
    child.0.stderr.take().unwrap().read_to_string(&mut printed).unwrap();
    (code, printed, peak)
}

/// Less than a megabyte that inflates to 600.
#[test]
fn a_bomb_is_refused_in_little_memory_and_the_rest_is_imported() {
    const MEMORY_MAX: u64 = 512;
    let folder = Folder::new("bomb");
    let begin = format!(r#"{{"Records":[{},{{"eventTime":"2026-04-01T12:00:00Z","x":""#, event(1));
    let many = gzipped(&vec![b'x'; 20 << 20]).repeat(30);
    let end = format!(r#""}},{}]}}"#, event(2));
    let bomb = [gzipped(begin.as_bytes()), many.clone(), gzipped(end.as_bytes())].concat();
    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    let offset = begin.find(r#"{"eventTime":"2026-04-01T12:00:00Z","x""#).unwrap();
    folder.write("in/bomb.json.gz", &bomb).write("in/good.json", event(3));
    let import = ["audit", "import", "in", "--to", "log", "--signing-key", "audit.key", "--progress", "none"];
    let (code, printed, peak) = measured(&folder, &import);
    assert_eq!(code, 2, "{printed}");
    assert!(printed.starts_with("read 4 = written 3 + duplicate 0 + rejected 1\n"), "{printed}");
    let says = format!("`in/bomb.json.gz`, record 2: longer than 16777216 bytes at byte {offset}");
    assert!(printed.contains(&says), "{printed}");
    assert!(peak < MEMORY_MAX, "{peak} MB");
    // Without an end there is no other record to go on with.
    folder
        .write("endless/bomb.json.gz", [gzipped(begin.as_bytes()), many].concat())
        .write("endless/good.json", event(4));
    let (code, printed, peak) = measured(&folder, &[&["audit", "import", "endless"], &import[3..]].concat());
    assert_eq!(code, 2, "{printed}");
    assert!(printed.starts_with("read 2 = written 1 + duplicate 0 + rejected 1\n"), "{printed}");
    assert!(
        printed.contains("rejected `endless/bomb.json.gz`: longer than") && peak < MEMORY_MAX,
        "{peak} MB: {printed}"
    );

    // The same among the log files of a bucket: its hash is another, which is all that is asked of it.
    let place = "bucket/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/04/01";
    folder.write(&format!("{place}/111122223333_CloudTrail_eu-west-1_20260401T0015Z_10aBcDeFgHiJkLmN.json.gz"), bomb);
    let digests = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cloudtrail-digest");
    let place = "bucket/AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/04/01";
    let name = "111122223333_CloudTrail-Digest_eu-west-1_trail_eu-west-1_20260401T010000Z.json.gz";
    folder.write(&format!("{place}/{name}"), std::fs::read(digests.join(place).join(name)).unwrap());
    let keys = digests.join("public-keys.json");
    let keys = keys.to_str().unwrap();
    let (code, printed, peak) =
        measured(&folder, &["audit", "verify", "--cloudtrail", "bucket", "--public-keys", keys]);
    assert!(code == 1 && printed.contains("the hash of the log file is not the one in its digest"), "{printed}");
    assert!(peak < MEMORY_MAX, "{peak} MB");
    let (code, printed, peak) = measured(&folder, &["audit", "verify", "log"]);
    assert!(code == 0 && peak < MEMORY_MAX, "{peak} MB: {printed}");
}

#[test]
fn progress_is_for_stderr() {
    let folder = Folder::new("progress");
    let mut lines = String::new();
    for number in 0..60_000 {
        lines.push_str(&format!(
            r#"{{"eventTime":"2026-04-01T12:00:00Z","eventID":"{number}","x":"{}"}}"#,
            "y".repeat(300)
        ));
        lines.push('\n');
    }
    folder.write("in.jsonl", lines);
    for how in ["plain", "none"] {
        let import = run(&folder, &["import", "in.jsonl", "--to", how, "--progress", how]);
        assert_eq!(import.stdout, "read 60000 = written 60000 + duplicate 0 + rejected 0\n");
        // Whatever lasts less than a second says nothing.
        let is_progress = |line: &str| line.contains(" of ") && line.ends_with(" records");
        assert!(import.stderr.lines().all(|line| how == "plain" && is_progress(line)), "{how}: {}", import.stderr);
    }
}

/// Ends the process when the test ends, however that is.
struct Following(std::process::Child);

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_tail_goes_on_with_what_comes() {
    let folder = Folder::new("follow");
    folder.write("a.json", event(1));
    folder.write("b.json", format!("{}\n{}", event(1), event(2)));
    folder.write("c.json", event(3));
    run(&folder, &["import", "a.json", "--to", "log"]);
    let child = Command::new(env!("CARGO_BIN_EXE_wardbook"))
        .args(["audit", "tail", "log", "--follow"])
        .current_dir(folder.path(""))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut following = Following(child);
    let stdout = following.0.stdout.take().unwrap();
    // A line that does not come fails the test when the reader is asked for it, and does not hang it.
    let (send, lines) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| send.send(line))
    });
    let next = || sorted(&lines.recv_timeout(Duration::from_secs(60)).unwrap().parse().unwrap());
    let wanted = |number| sorted(&event(number).parse().unwrap());
    assert_eq!(next(), wanted(1));
    run(&folder, &["import", "b.json", "--to", "log"]);
    assert_eq!(next(), wanted(2), "the one that came, once");
    assert_eq!(run(&folder, &["compact", "log"]).code, 0);
    run(&folder, &["import", "c.json", "--to", "log"]);
    assert_eq!(next(), wanted(3), "nothing twice after a compaction");
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
