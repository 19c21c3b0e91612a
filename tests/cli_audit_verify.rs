//! `audit verify`, from outside: what it finds, what it says about it, and its exit codes.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

#[path = "support/log.rs"]
mod log;
mod support;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use support::{Folder, Run};
use wardbook_audit::log::{Hash, tree};

fn run(folder: &Folder, arguments: &[&str]) -> Run {
    folder.run(&[&["audit"], arguments].concat())
}

fn verify(folder: &Folder, arguments: &[&str]) -> Run {
    let run = run(folder, &[&["verify"], arguments].concat());
    assert!(!run.stderr.contains("panicked"), "{run:?}");
    run
}

fn event(number: u32) -> String {
    format!(r#"{{"eventTime":"2026-04-0{}T12:00:00Z","eventID":"id-{number}","n":{number}}}"#, 1 + number % 2)
}

/// Imports events, and one record that is none.
fn import(folder: &Folder, numbers: std::ops::Range<u32>) {
    let lines: Vec<_> = numbers.map(event).chain(["no event".to_owned()]).collect();
    folder.write("in.jsonl", lines.join("\n"));
    let run = run(folder, &["import", "in.jsonl", "--to", "log", "--signing-key", "audit.key"]);
    assert_eq!(run.code, 2, "one record is rejected: {run:?}");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

fn covered(folder: &Folder) -> Vec<PathBuf> {
    let log = folder.path("log");
    let open = |path: &PathBuf| ["lock", "tmp"].iter().any(|name| path.starts_with(log.join(name)));
    files(&log).into_iter().filter(|path| !open(path)).collect()
}

fn copy(from: &Path, to: &Path) {
    for path in files(from) {
        let target = to.join(path.strip_prefix(from).unwrap());
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(path, target).unwrap();
    }
}

#[test]
fn whatever_is_changed_is_named_with_what_to_do() {
    let folder = Folder::new("changed");
    import(&folder, 0..4);
    import(&folder, 4..6);
    let compacted = run(&folder, &["compact", "log", "--signing-key", "audit.key"]);
    assert_eq!(compacted.code, 0, "{compacted:?}");
    let sound = verify(&folder, &["log", "--public-key", "log/log/import/key"]);
    assert_eq!((sound.code, &*sound.stderr), (0, ""), "{sound:?}");
    assert!(sound.stdout.ends_with("verified: 6 events in 1 log\n"), "{}", sound.stdout);
    let only_here = verify(&folder, &["log"]);
    assert!(only_here.code == 0 && only_here.stdout.contains("known from this folder only"), "{only_here:?}");

    for path in covered(&folder) {
        let name = path.strip_prefix(folder.path("log")).unwrap().display().to_string();
        let good = std::fs::read(&path).unwrap();
        for (what, bad) in [
            ("first byte", Some([&[good[0] ^ 1], &good[1..]].concat())),
            ("last byte", Some([&good[..good.len() - 1], &[good[good.len() - 1] ^ 0x80]].concat())),
            ("cut", Some(good[..good.len() / 2].to_vec())),
            ("removed", None),
        ] {
            match &bad {
                Some(bad) => std::fs::write(&path, bad).unwrap(),
                None => std::fs::remove_file(&path).unwrap(),
            }
            let found = verify(&folder, &["log", "--signing-key", "audit.key", "--format", "json"]);
            assert_eq!(found.code, 1, "{name}, {what}: {found:?}");
            let found: Value = found.stdout.parse().unwrap();
            assert_eq!(found["verdict"], json!("tampered"));
            let named = found["findings"].as_array().unwrap().iter().any(|finding| {
                finding["path"].as_str().is_some_and(|path| name.starts_with(path))
                    && finding["advice"].as_str().is_some_and(|advice| !advice.is_empty())
            });
            assert!(named, "{name}, {what}: {found}");
            // Questions may fail or not, and say so without falling over.
            let commands = [&["export", "log"][..], &["query", "failures", "log"], &["tail", "log"]];
            for command in commands.iter().filter(|_| name.ends_with(".parquet")) {
                let run = run(&folder, command);
                assert!([0, 2].contains(&run.code) && !run.stderr.contains("panicked"), "{name}, {what}: {run:?}");
            }
        }
        std::fs::write(&path, good).unwrap();
    }
    assert_eq!(verify(&folder, &["log"]).code, 0);
}

#[test]
fn a_kept_checkpoint_shows_that_the_whole_folder_was_rolled_back() {
    let folder = Folder::new("rollback");
    import(&folder, 0..3);
    copy(&folder.path("log"), &folder.path("old"));
    std::fs::copy(folder.path("log/log/import/checkpoint"), folder.path("early")).unwrap();
    import(&folder, 3..7);
    std::fs::copy(folder.path("log/log/import/checkpoint"), folder.path("late")).unwrap();
    for (log, kept, code) in [("log", "early", 0), ("log", "late", 0), ("old", "early", 0), ("old", "late", 1)] {
        let run = verify(&folder, &[log, "--checkpoint", kept]);
        assert_eq!(run.code, code, "{log} against {kept}: {run:?}");
    }
    let rolled_back = verify(&folder, &["old", "--checkpoint", "late"]);
    assert!(rolled_back.stdout.contains("7 events, the log only 3: it was rolled back"), "{rolled_back:?}");
    assert_eq!(verify(&folder, &["old"]).code, 0, "it agrees with itself");
    assert_eq!(verify(&folder, &["old", "--event", "id-1", "--checkpoint", "late"]).code, 1);
    std::fs::create_dir_all(folder.path("empty")).unwrap();
    assert_eq!(verify(&folder, &["empty", "--checkpoint", "late"]).code, 1, "everything is gone");

    // Another history of the same length under the same key.
    let other = Folder::new("rollback-other");
    std::fs::copy(folder.path("audit.key"), other.path("audit.key")).unwrap();
    import(&other, 10..20);
    std::fs::copy(folder.path("late"), other.path("late")).unwrap();
    let forked = verify(&other, &["log", "--checkpoint", "late"]);
    assert!(forked.code == 1 && forked.stdout.contains("are not those of a kept checkpoint"), "{forked:?}");
    folder.write("garbage", "wardbook/import\n7\n");
    assert_eq!(verify(&folder, &["log", "--checkpoint", "garbage"]).code, 2);
}

#[test]
fn one_event_is_proved_and_the_proof_holds_elsewhere() {
    let folder = Folder::new("event");
    import(&folder, 0..5);
    let proved = verify(&folder, &["log", "--event", "id-3", "--format", "json"]);
    assert_eq!(proved.code, 0, "{proved:?}");
    let proof: Value = proved.stdout.parse().unwrap();
    let hash = |value: &Value| {
        let digit = |digit: char| digit.to_digit(16).unwrap() as u8;
        let digits: Vec<u8> = value.as_str().unwrap().chars().map(digit).collect();
        let bytes: Vec<u8> = digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect();
        Hash(bytes.try_into().unwrap())
    };
    let path: Vec<_> = proof["proof"].as_array().unwrap().iter().map(hash).collect();
    let (index, size) = (proof["leaf_index"].as_u64().unwrap(), proof["tree_size"].as_u64().unwrap());
    assert_eq!((index, size), (3, 5));
    assert!(tree::includes(hash(&proof["leaf_hash"]), index, size, &path, hash(&proof["root"])));
    // SHA-256 of a zero byte and the canonical form, computed with another program.
    assert_eq!(proof["leaf_hash"], json!("8bebd9aae776cac87d0cbed2164f43ef074066760aa717c52618b864fcff24b8"));
    assert!(proof["checkpoint"].as_str().unwrap().starts_with("wardbook/import\n5\n"));
    // Once, wherever an event is asked about, found or not.
    for id in ["id-3", "id-9"] {
        let answer = verify(&folder, &["log", "--event", id, "--format", "json"]).stdout;
        assert_eq!(answer.matches(r#""schema_version": 1"#).count(), 1, "{answer}");
        assert_eq!(answer.parse::<Value>().unwrap()["schema_version"], json!(1), "{answer}");
    }
    let text = verify(&folder, &["log", "--event", "id-3"]).stdout;
    assert!(text.ends_with("verified: `id-3` is event 3 of 5 in the log `import`\n"), "{text}");

    let unknown = verify(&folder, &["log", "--event", "id-9"]);
    assert!(unknown.code == 3 && unknown.stdout.contains("no event has the id `id-9`"), "{unknown:?}");
    let day = covered(&folder).into_iter().find(|path| path.extension().is_some_and(|end| end == "parquet")).unwrap();
    std::fs::remove_file(day).unwrap();
    assert_eq!(verify(&folder, &["log", "--event", "id-9"]).code, 1, "it may have been in the file that is gone");
}

#[test]
fn events_that_only_the_journal_has_are_told_apart() {
    let folder = Folder::new("unsealed");
    let (sealed, unsealed) = log::april();
    log::write_signed(&folder.path("log"), &sealed, &unsealed);
    let run = verify(&folder, &["log"]);
    assert!(run.code == 0 && run.stdout.contains("1 more events are in the journal only"), "{run:?}");
    let id = "2026-04-04T00:00:00.5Z-Decrypt";
    let asked = verify(&folder, &["log", "--event", id, "--format", "json"]);
    assert_eq!((asked.code, asked.stdout.parse::<Value>().unwrap()["state"].clone()), (3, json!("unsealed")));
    // A tail that a crash cut off is undetermined until an event names it. In a copy nobody holds the lock of the writer.
    copy(&folder.path("log"), &folder.path("crashed"));
    let journal = files(&folder.path("crashed/journal")).pop().unwrap();
    let whole = std::fs::read(&journal).unwrap();
    std::fs::write(&journal, &whole[..whole.len() - 3]).unwrap();
    let torn = verify(&folder, &["crashed", "--format", "json"]);
    let found: Value = torn.stdout.parse().unwrap();
    assert_eq!(
        (torn.code, &found["verdict"], &found["findings"][0]["problem"]),
        (3, &json!("undetermined"), &json!("torn"))
    );
    assert!(found["findings"][0]["offset"].as_u64().is_some_and(|offset| offset > 0), "{found}");
    // Without the journal, or the folder of all, nobody says that everything is there.
    let gone = |problem: &str, code: i32, log: &str| {
        let run = verify(&folder, &[log, "--format", "json"]);
        let found: Value = run.stdout.parse().unwrap();
        assert_eq!((run.code, &found["findings"][0]["problem"]), (code, &json!(problem)), "{log}: {found}");
    };
    log::write_signed(&folder.path("young"), &[], &unsealed);
    for (log, problem, code) in [("crashed", "journal", 1), ("young", "no-journal", 3)] {
        std::fs::remove_file(files(&folder.path(&format!("{log}/journal"))).pop().unwrap()).unwrap();
        gone(problem, code, log);
        std::fs::remove_dir_all(folder.path(&format!("{log}/journal"))).unwrap();
        gone(problem, code, log);
    }
}

#[test]
fn what_cannot_be_verified_is_not() {
    let folder = Folder::new("usage");
    import(&folder, 0..1);
    std::fs::create_dir_all(folder.path("empty/log")).unwrap();
    folder.write("bucket/notes.txt", "no");
    folder.write("keys.json", r#"{"PublicKeyList": []}"#);
    for (arguments, code, says) in [
        (&[][..], 2, "<DIR>"),
        (&["nowhere"], 2, "`nowhere`"),
        (&["bucket"], 2, "is no audit folder"),
        (&["empty"], 3, "there is no log in this folder"),
        (&["log", "--public-key", "in.jsonl"], 2, "not the public key of a log"),
        (&["log", "--signing-key", "nowhere"], 2, "nowhere"),
        (&["log", "--format", "csv"], 2, "no format `csv`"),
        (&["--cloudtrail", "bucket"], 2, "--public-keys"),
        (&["log", "--cloudtrail", "bucket", "--public-keys", "keys.json"], 2, "cannot be used with"),
        (&["--cloudtrail", "nowhere", "--public-keys", "keys.json"], 2, "is no folder"),
        (&["--cloudtrail", "bucket", "--public-keys", "in.jsonl"], 2, "cannot use `in.jsonl`"),
        (&["--cloudtrail", "bucket", "--public-keys", "keys.json"], 3, "no digest files"),
    ] {
        let run = verify(&folder, arguments);
        assert_eq!(run.code, code, "{arguments:?}: {run:?}");
        assert!(format!("{}{}", run.stdout, run.stderr).contains(says), "{arguments:?}: {run:?}");
    }
    std::fs::write(folder.path("other.key"), "").unwrap();
}

#[test]
fn a_key_of_somebody_else_is_not_believed_when_one_is_named() {
    let (mine, theirs) = (Folder::new("mine"), Folder::new("theirs"));
    import(&mine, 0..2);
    import(&theirs, 0..2);
    let key = theirs.path("audit.key");
    let run = verify(&mine, &["log", "--signing-key", key.to_str().unwrap()]);
    assert!(run.code == 1 && run.stdout.contains("signature"), "{run:?}");
}

#[test]
fn a_digest_without_its_key_is_undetermined_and_one_without_its_predecessor_tampered() {
    let folder = Folder::new("digests");
    let place = "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/04/01";
    let name = |hour: u32| {
        format!("{place}/111122223333_CloudTrail-Digest_eu-west-1_trail_eu-west-1_20260401T{hour:02}0000Z.json")
    };
    let digest = |previous: &str| {
        let previous = match previous {
            "" => r#""previousDigestS3Object": null"#.to_owned(),
            key => format!(
                r#""previousDigestS3Bucket": "b", "previousDigestS3Object": "{key}", "previousDigestHashValue": "00",
                "previousDigestHashAlgorithm": "SHA-256", "previousDigestSignature": "00""#
            ),
        };
        format!(
            r#"{{"digestS3Bucket": "b", "digestS3Object": "{}", "digestStartTime": "2026-04-01T01:00:00Z",
            "digestEndTime": "2026-04-01T02:00:00Z", "digestPublicKeyFingerprint": "ab12",
            "digestSignatureAlgorithm": "SHA256withRSA", "logFiles": [], {previous}}}"#,
            name(2)
        )
    };
    folder.write("keys.json", r#"{"PublicKeyList": []}"#);
    folder.write(&format!("bucket/{}", name(2)), digest(""));
    folder.write(&format!("bucket/{}.head.json", name(2)), r#"{"Metadata": {"signature": "00"}}"#);
    let arguments = ["--cloudtrail", "bucket", "--public-keys", "keys.json", "--format", "json"];
    let run = verify(&folder, &arguments);
    let found: Value = run.stdout.parse().unwrap();
    assert_eq!((run.code, &found["findings"][0]["problem"]), (3, &json!("no-key")), "{found}");
    folder.write(&format!("bucket/{}", name(2)), digest(&name(1)));
    let run = verify(&folder, &arguments);
    let found: Value = run.stdout.parse().unwrap();
    assert_eq!((run.code, &found["verdict"]), (1, &json!("tampered")), "{found}");
    assert!(found["findings"].as_array().unwrap().iter().any(|finding| finding["problem"] == "missing"), "{found}");
}

/// The bucket below `testdata/cloudtrail-digest`: six digests of one region, signed with another program.
fn bucket(name: &str) -> Folder {
    let folder = Folder::new(name);
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cloudtrail-digest"), &folder.path(""));
    folder
}

/// The digest that ends at this hour.
fn digest(folder: &Folder, hour: u32) -> PathBuf {
    let name = format!("111122223333_CloudTrail-Digest_eu-west-1_trail_eu-west-1_20260401T{hour:02}0000Z.json.gz");
    folder.path("bucket/AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/04/01").join(name)
}

/// Exit code, verdict, and each problem with the file that has it.
fn verify_bucket(folder: &Folder, keys: &str) -> (i32, String, Vec<(String, String)>) {
    let run = verify(folder, &["--cloudtrail", "bucket", "--public-keys", keys, "--format", "json"]);
    let found: Value = run.stdout.parse().unwrap_or_else(|_| panic!("{run:?}"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let name = |path: &Value| text(path).rsplit('/').next().unwrap().to_owned();
    let findings = found["findings"].as_array().unwrap();
    let findings = findings.iter().map(|finding| (text(&finding["problem"]), name(&finding["path"])));
    (run.code, text(&found["verdict"]), findings.collect())
}

#[test]
fn a_bucket_as_aws_signed_it_is_verified_offline() {
    let folder = bucket("bucket");
    let run = verify(&folder, &["--cloudtrail", "bucket", "--public-keys", "public-keys.json"]);
    assert_eq!((run.code, &*run.stderr), (0, ""), "{run:?}");
    assert!(run.stdout.ends_with("verified: 6 digests, which list 9 log files\n"), "{}", run.stdout);
    assert!(run.stdout.contains("from 2026-04-01T00:00:00Z to 2026-04-01T06:00:00Z"), "{}", run.stdout);

    folder.write("no-keys.json", r#"{"PublicKeyList": []}"#);
    let (code, verdict, findings) = verify_bucket(&folder, "no-keys.json");
    assert_eq!((code, &*verdict, findings.len()), (3, "undetermined", 6), "{findings:?}");
    assert!(findings.iter().all(|(problem, _)| problem == "no-key"), "{findings:?}");
}

#[test]
fn whatever_is_changed_in_a_bucket_is_named() {
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    // A changed bit inside what is compressed, another digest in its place, and a signature that is not the digest's.
    for (problem, hour, change) in [
        (
            "digest",
            2,
            (|good, _| [&good[..good.len() - 6], &[good[good.len() - 6] ^ 1], &good[good.len() - 5..]].concat())
                as fn(&[u8], &[u8]) -> Vec<u8>,
        ),
        ("moved", 3, |_, other| other.to_vec()),
    ] {
        let folder = bucket("bucket-digest");
        let path = digest(&folder, hour);
        let (good, other) = (std::fs::read(&path).unwrap(), std::fs::read(digest(&folder, 5)).unwrap());
        std::fs::write(&path, change(&good, &other)).unwrap();
        let (code, verdict, findings) = verify_bucket(&folder, "public-keys.json");
        assert_eq!((code, &*verdict), (1, "tampered"), "{problem}: {findings:?}");
        assert!(findings.contains(&(problem.to_owned(), name(&path))), "{problem}: {findings:?}");
    }

    let folder = bucket("bucket-signature");
    let head = PathBuf::from(format!("{}.head.json", digest(&folder, 6).display()));
    let text = std::fs::read_to_string(&head).unwrap();
    let (before, signature) = text.split_once(r#""signature": ""#).unwrap();
    let (first, rest) = signature.split_at(1);
    let other = if first == "0" { "1" } else { "0" };
    std::fs::write(&head, format!(r#"{before}"signature": "{other}{rest}"#)).unwrap();
    let (code, _, findings) = verify_bucket(&folder, "public-keys.json");
    assert_eq!((code, findings), (1, vec![("signature".to_owned(), name(&digest(&folder, 6)))]));

    let folder = bucket("bucket-log");
    let logs: Vec<_> =
        files(&folder.path("bucket")).into_iter().filter(|path| name(path).contains("_CloudTrail_")).collect();
    std::fs::write(&logs[0], r#"{"Records":[]}"#).unwrap();
    std::fs::remove_file(&logs[1]).unwrap();
    let (code, _, findings) = verify_bucket(&folder, "public-keys.json");
    let wanted = [("log-changed", &logs[0]), ("log-missing", &logs[1])];
    assert_eq!((code, findings), (1, wanted.map(|(problem, path)| (problem.to_owned(), name(path))).to_vec()));
}

#[test]
fn digests_that_are_missing_from_a_bucket_are_noticed_one_or_several_in_a_row() {
    for missing in [vec![3], vec![2, 3, 4], vec![1, 2, 3, 4, 5]] {
        let folder = bucket("bucket-missing");
        missing.iter().for_each(|hour| std::fs::remove_file(digest(&folder, *hour)).unwrap());
        let run = verify(&folder, &["--cloudtrail", "bucket", "--public-keys", "public-keys.json"]);
        let last = *missing.last().unwrap();
        let says = format!("T{:02}0000Z.json.gz` follows this one, and it is missing, perhaps with others", last + 1);
        assert!(run.code == 1 && run.stdout.contains(&says), "{missing:?}: {run:?}");
    }
    // Nothing follows the newest one, so that it is not there can only be suspected.
    let folder = bucket("bucket-newest");
    std::fs::remove_file(digest(&folder, 6)).unwrap();
    std::fs::remove_file(format!("{}.head.json", digest(&folder, 6).display())).unwrap();
    let (code, verdict, findings) = verify_bucket(&folder, "public-keys.json");
    assert_eq!((code, &*verdict), (3, "undetermined"), "{findings:?}");
    let problems: Vec<_> = findings.iter().map(|(problem, _)| problem.as_str()).collect();
    assert!(problems.contains(&"no-signature") && problems.contains(&"unlisted"), "{findings:?}");
}
