//! `audit sql`, which only a build with the feature `sql` has.

#![cfg(feature = "sql")]
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/log.rs"]
mod log;
mod support;

use serde_json::{Value, json};
use support::Folder;

fn april(name: &str) -> Folder {
    let folder = Folder::new(name);
    let (sealed, unsealed) = log::april();
    log::write(&folder.path("audit"), &sealed, &unsealed);
    folder
}

fn rows(folder: &Folder, sql: &str) -> Value {
    let run = folder.run(&["audit", "sql", sql, "audit", "--format", "json"]);
    assert_eq!((run.code, &*run.stderr), (0, ""));
    let answer: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&answer["schema_version"], &answer["query"]), (&json!(1), &json!(sql)));
    answer["rows"].clone()
}

#[test]
fn files_and_journal_are_one_table() {
    let folder = april("table");
    assert_eq!(
        rows(&folder, "SELECT count(*) AS n, count(DISTINCT leaf_index) AS m FROM events"),
        json!([{"n": 7, "m": 7}])
    );
    assert_eq!(
        rows(&folder, "SELECT dt, count(*) AS n FROM events WHERE kms_key_arn LIKE '%/k1' GROUP BY dt ORDER BY dt"),
        json!([{"dt": "2026-04-01", "n": 2}, {"dt": "2026-04-02", "n": 2}, {"dt": "2026-04-03", "n": 1}, {"dt": "2026-04-04", "n": 1}])
    );
    assert_eq!(
        rows(
            &folder,
            "SELECT event_time, error_code, encryption_context, recipient_account_id FROM events WHERE event_name = 'Encrypt'"
        ),
        json!([{"event_time": "2026-04-02T10:00:00Z", "error_code": null, "encryption_context": {"a": "1, \"2\"", "b": "2"}, "recipient_account_id": "011122223333"}])
    );
    assert_eq!(rows(&folder, "SELECT event_id FROM events WHERE event_name = 'none'"), json!([]));
}

#[test]
fn answers_come_in_every_format() {
    let folder = april("formats");
    let sql = "SELECT event_name, error_code FROM events WHERE dt = '2026-04-02' ORDER BY event_time LIMIT 2";
    let run = folder.run(&["audit", "sql", sql, "audit"]);
    assert_eq!(run.stdout, "event_name  error_code\nEncrypt     -\nDecrypt     AccessDenied\n");
    let run = folder.run(&["audit", "sql", sql, "audit", "--format", "csv", "--out", "parquet:answer.parquet"]);
    assert_eq!(run.stdout, "event_name,error_code\r\nEncrypt,\r\nDecrypt,AccessDenied\r\n");
    assert!(std::fs::read(folder.path("answer.parquet")).unwrap().starts_with(b"PAR1"));
}

#[test]
fn only_questions_are_answered() {
    let folder = april("refusals");
    for sql in [
        "CREATE TABLE t AS SELECT 1",
        "COPY events TO 'stolen.parquet'",
        "INSERT INTO events SELECT * FROM events",
        "SET datafusion.execution.batch_size = 1",
        "DROP VIEW events",
        "SELECT nothing FROM events",
        "SELECT * FROM 'audit'",
        "SELEC",
    ] {
        let run = folder.run(&["audit", "sql", sql, "audit"]);
        assert_eq!((run.code, &*run.stdout), (2, ""), "{sql}");
        assert!(run.stderr.starts_with("error: "), "{sql}: {}", run.stderr);
    }
    assert_eq!(folder.names(), ["audit"], "nothing was written");
}
