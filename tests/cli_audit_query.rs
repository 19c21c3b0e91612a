//! `audit query` and `audit schema`.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/log.rs"]
mod log;
mod support;

use serde_json::{Value, json};
use support::{Folder, snapshot};

const K1: &str = "arn:aws:kms:eu-west-1:011122223333:key/k1";

fn april(name: &str) -> Folder {
    let folder = Folder::new(name);
    let (sealed, unsealed) = log::april();
    log::write(&folder.path("audit"), &sealed, &unsealed);
    folder
}

fn rows(folder: &Folder, arguments: &[&str]) -> Value {
    let run = folder.run(&[&["audit", "query"], arguments, &["--format", "json"]].concat());
    assert_eq!((run.code, &*run.stderr), (0, ""));
    let answer: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&answer["schema_version"], &answer["query"]), (&json!(1), &json!(arguments[0])));
    assert_eq!(answer.as_object().unwrap().len(), 3);
    answer["rows"].clone()
}

#[test]
fn json_has_whole_values() {
    let folder = april("json");
    let (ann, bob) = ("arn:aws:iam::011122223333:user/ann", "arn:aws:iam::011122223333:user/bob");
    assert_eq!(
        rows(&folder, &["used-by", "audit", "--key", K1]),
        json!([{"principal_arn": ann, "event_name": "Decrypt", "count": 3, "first_seen": "2026-04-01T10:00:00Z", "last_seen": "2026-04-04T00:00:00.5Z"}])
    );
    assert_eq!(rows(&folder, &["used-by", "audit", "--key", K1, "--all-events"]).as_array().unwrap().len(), 4);
    assert_eq!(
        rows(&folder, &["contexts", "audit", "--principal", bob]),
        json!([{"event_name": "Encrypt", "encryption_context": {"a": "1, \"2\"", "b": "2"}, "count": 1}])
    );
    let run = folder.run(&["audit", "query", "cost", "audit", "--principal", ann, "--format", "json"]);
    assert!(run.stdout.contains("\"list_price_usd\": 0.000009,"), "exactly, and in plain digits: {}", run.stdout);
    // A day is its first moment.
    let between = ["failures", "audit", "--since", "2026-04-02", "--until", "2026-04-02T12:00:00Z"];
    assert_eq!(rows(&folder, &between), json!([{"principal_arn": bob, "error_code": "AccessDenied", "count": 1}]));
    assert_eq!(rows(&folder, &["rotation", "audit"]), json!([]));
}

#[test]
fn answers_come_as_table_csv_and_parquet() {
    let folder = april("formats");
    let run = folder.run(&["audit", "last-used", "audit"]);
    snapshot("audit/last-used.txt", &run.stdout);
    let run = folder.run(&["audit", "query", "contexts", "audit", "--format", "csv"]);
    snapshot("audit/contexts.csv", &run.stdout);
    let out = ["--out", "parquet:deletions.parquet", "--out", "csv:deletions.csv"];
    let run = folder.run(&[&["audit", "query", "deletions", "audit"][..], &out].concat());
    assert_eq!((run.code, &*run.stdout, &*run.stderr), (0, "deletions: 2 rows\n", ""));
    let parquet = std::fs::read(folder.path("deletions.parquet")).unwrap();
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
    assert_eq!(folder.read("deletions.csv").lines().count(), 3);
}

#[test]
fn a_log_without_events_is_asked_like_any_other() {
    let folder = Folder::new("no-events");
    folder.write("none.json", r#"{"Records":[]}"#);
    let import = ["audit", "import", "none.json", "--to", "log", "--signing-key", "audit.key"];
    assert_eq!(folder.run(&import).code, 0);
    for question in ["used-by", "last-used", "first-seen", "failures", "deletions", "contexts", "policy-changes"]
        .into_iter()
        .chain(["grants", "cross-account", "cost", "rotation"])
    {
        assert_eq!(rows(&folder, &[question, "log"]), json!([]), "{question}");
    }
    let run = folder.run(&["audit", "last-used", "log"]);
    assert_eq!((run.code, run.stdout.lines().count(), &*run.stderr), (0, 1, ""));
}

#[test]
fn an_event_cannot_steer_the_terminal_that_shows_it() {
    let folder = Folder::new("steer");
    let arn = r"arn:aws:iam::111122223333:user/\u001b[2J\nroot";
    let event = format!(
        r#"{{"eventTime":"2026-04-01T10:00:00Z","errorCode":"a\u0007\u202eb","userIdentity":{{"type":"IAMUser","arn":"{arn}"}}}}"#
    );
    folder.write("event.jsonl", &event);
    let import = ["audit", "import", "event.jsonl", "--to", "log", "--signing-key", "audit.key"];
    assert_eq!(folder.run(&import).code, 0);
    let table = folder.run(&["audit", "query", "failures", "log"]).stdout;
    assert_eq!(table.lines().count(), 2, "{table}");
    assert!(table.contains("user/␛[2J␊root") && table.contains("a␇\u{fffd}b"), "{table}");
    // Programs get the text as it is.
    let wanted = "arn:aws:iam::111122223333:user/\u{1b}[2J\nroot";
    assert_eq!(rows(&folder, &["failures", "log"])[0]["principal_arn"], json!(wanted));
}

#[test]
fn what_cannot_be_answered_says_why() {
    let folder = april("refusals");
    folder.write("empty/notes.txt", "");
    for (arguments, says) in [
        (&["query", "who", "audit"][..], "invalid value 'who'"),
        (&["query", "used-by", "empty"], "`empty` is no audit folder"),
        (&["query", "used-by", "nowhere"], "`nowhere` is no audit folder"),
        (&["query", "used-by", "audit", "--key", "alias/x"], "`alias/x` names no key"),
        (&["query", "used-by", "audit", "--since", "yesterday"], "write 2026-04-01T12:00:00Z"),
        (&["query", "failures", "audit", "--all-events"], "goes with `used-by` only"),
        (&["query", "failures", "audit", "--principal", "ann"], "write an ARN"),
        (&["query", "failures", "audit", "--format", "junit"], "this command has no format `junit`"),
        (&["export", "audit", "--format", "csv"], "this command has no format `csv`; it has jsonl, cloudtrail"),
        (&["schema", "--engine", "excel", "audit"], "invalid value 'excel'"),
    ] {
        let run = folder.run(&[&["audit"], arguments].concat());
        assert_eq!((run.code, &*run.stdout), (2, ""), "{arguments:?}");
        assert!(run.stderr.contains(says), "{arguments:?}: {}", run.stderr);
    }
    let day = std::fs::read_dir(folder.path("audit/dt=2026-04-01")).unwrap().next().unwrap().unwrap().path();
    std::fs::write(day, "PAR1 no Parquet").unwrap();
    let run = folder.run(&["audit", "query", "used-by", "audit"]);
    assert_eq!((run.code, &*run.stdout), (2, ""));
    assert!(run.stderr.contains("dt=2026-04-01/test-"), "{}", run.stderr);
}

#[test]
fn each_engine_has_its_schema() {
    let folder = Folder::new("schema");
    for engine in ["duckdb", "athena", "trino", "spark", "iceberg", "pyarrow", "ocsf"] {
        let run = folder.run(&["audit", "schema", "--engine", engine, "s3://bucket/audit/"]);
        assert_eq!((run.code, &*run.stderr), (0, ""));
        snapshot(&format!("audit/{engine}.sql"), &run.stdout);
    }
    // A path is told from the root, so that it can be pasted anywhere.
    let run = folder.run(&["audit", "schema", "--engine", "duckdb", "audit"]);
    let path = format!("'{}/dt=*/*.parquet'", folder.path("audit").display());
    assert!(run.stdout.contains(&path), "{}", run.stdout);
}
