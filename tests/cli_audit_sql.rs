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
fn maps_structs_lists_and_times_are_read_by_name() {
    let folder = april("types");
    assert_eq!(
        rows(
            &folder,
            "SELECT event_id, encryption_context['aws:s3:arn'] AS bucket, user_identity['arn'] AS caller, \
             resources[1]['account_id'] AS owner FROM events \
             WHERE encryption_context['aws:s3:arn'] = 'arn:aws:s3:::b' ORDER BY event_time LIMIT 1"
        ),
        json!([{
            "event_id": "2026-04-01T10:00:00Z-Decrypt",
            "bucket": "arn:aws:s3:::b",
            "caller": "arn:aws:iam::011122223333:user/ann",
            "owner": "011122223333"
        }])
    );
    assert_eq!(
        rows(
            &folder,
            "SELECT event_name, event_time FROM events WHERE event_time >= TIMESTAMP '2026-04-03T12:00:00Z' ORDER BY event_time"
        ),
        json!([
            {"event_name": "DisableKey", "event_time": "2026-04-03T12:00:00Z"},
            {"event_name": "Decrypt", "event_time": "2026-04-04T00:00:00.500Z"}
        ])
    );
    assert_eq!(
        rows(
            &folder,
            "SELECT date_trunc('day', event_time) AS day, count(*) AS n FROM events \
             WHERE dt BETWEEN '2026-04-02' AND '2026-04-03' GROUP BY 1 ORDER BY 1"
        ),
        json!([{"day": "2026-04-02T00:00:00Z", "n": 3}, {"day": "2026-04-03T00:00:00Z", "n": 1}])
    );
    assert_eq!(
        rows(&folder, "SELECT sum(leaf_index) AS s, 0.1 AS d, true AS b, NULL AS x FROM events").to_string(),
        r#"[{"s":21,"d":0.1,"b":true,"x":null}]"#
    );
}

#[test]
fn only_the_files_of_the_days_in_question_are_opened() {
    let folder = april("days");
    for entry in std::fs::read_dir(folder.path("audit/dt=2026-04-01")).unwrap() {
        std::fs::write(entry.unwrap().path(), "damaged").unwrap();
    }
    for (condition, count) in [
        ("dt = '2026-04-02'", 3),
        ("dt >= '2026-04-02' AND event_name = 'DisableKey'", 2),
        ("dt IN ('2026-04-03', '2026-04-04')", 2),
        ("dt LIKE '2026-04-04'", 1),
        ("dt <> '2026-04-01'", 5),
        ("dt = '1999-01-01'", 0),
    ] {
        let found = rows(&folder, &format!("SELECT count(*) AS n FROM events WHERE {condition}"));
        assert_eq!(found, json!([{"n": count}]), "{condition}");
    }
    let run = folder.run(&["audit", "sql", "SELECT max(event_name) FROM events", "audit"]);
    assert_eq!((run.code, &*run.stdout), (2, ""));
    assert!(run.stderr.contains("Parquet"), "{}", run.stderr);
}

#[test]
fn a_long_answer_is_written_as_it_comes_and_a_table_has_an_end() {
    let folder = april("long");
    // 7 to the power of 5.
    let sql = "SELECT a.event_name AS e FROM events a, events b, events c, events d, events e";
    let run = folder.run(&["audit", "sql", sql, "audit", "--format", "csv", "--out", "parquet:a.parquet"]);
    assert_eq!((run.code, run.stdout.lines().count()), (0, 16_808));
    let run = folder.run(&["audit", "sql", sql, "audit", "--out", "json:a.json", "--out", "csv:a.csv"]);
    assert_eq!((run.code, &*run.stdout), (0, "16807 rows\n"));
    let answer: Value = serde_json::from_str(&folder.read("a.json")).unwrap();
    assert_eq!(answer["rows"].as_array().unwrap().len(), 16_807);
    assert_eq!(folder.read("a.csv").lines().count(), 16_808);
    let run = folder.run(&["audit", "sql", sql, "audit"]);
    assert_eq!((run.code, run.stdout.lines().count()), (0, 10_002));
    assert!(run.stdout.ends_with("6807 more rows are not shown; --format csv has all\n"));
    let run = folder.run(&["audit", "sql", "SELECT 1 AS one FROM events LIMIT 10000", "audit"]);
    assert_eq!((run.code, run.stdout.lines().count()), (0, 8));
}

#[test]
fn an_answer_that_breaks_off_leaves_no_file() {
    let folder = april("broken");
    let sql = "SELECT 1 / (leaf_index - 6) AS x FROM events";
    let run = folder.run(&["audit", "sql", sql, "audit", "--out", "csv:a.csv", "--out", "parquet:a.parquet"]);
    assert_eq!((run.code, &*run.stdout), (2, ""));
    assert!(run.stderr.to_lowercase().contains("divide by zero"), "{}", run.stderr);
    assert_eq!(folder.names(), ["audit"]);
}

#[test]
fn a_query_has_a_length_and_a_depth() {
    let folder = april("limits");
    let run = |sql: &str| folder.run(&["audit", "sql", sql, "audit"]);
    let padded = |length: usize| format!("SELECT 1 AS x{}", " ".repeat(length - 13));
    assert_eq!(run(&padded(16 << 10)).stdout, "x\n1\n");
    let over = run(&padded((16 << 10) + 1));
    assert!(over.code == 2 && over.stderr.contains("longer than 16384 bytes"), "{}", over.stderr);
    for deep in [
        format!("SELECT {}1{}", "(".repeat(5_000), ")".repeat(5_000)),
        format!("SELECT 1{}", "+1".repeat(1_000)),
        format!("SELECT {}1", "- ".repeat(2_000)),
        format!("SELECT 1 FROM events WHERE leaf_index = 0{}", " OR leaf_index=1".repeat(400)),
    ] {
        let run = run(&deep);
        assert!([0, 2].contains(&run.code), "{}: {}", deep.chars().take(40).collect::<String>(), run.stderr);
    }
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
        "",
        "SELECT 1; SELECT 2",
        "DELETE FROM events",
        "UPDATE events SET event_name = 'x'",
        "CREATE EXTERNAL TABLE t STORED AS PARQUET LOCATION '.'",
        "CREATE VIEW v AS SELECT 1",
        "EXPLAIN ANALYZE COPY events TO 'stolen.csv'",
        "SELECT a.event_id, b.event_id FROM events a JOIN events b USING (event_name)",
    ] {
        let run = folder.run(&["audit", "sql", sql, "audit"]);
        assert_eq!((run.code, &*run.stdout), (2, ""), "{sql}");
        assert!(run.stderr.starts_with("error: "), "{sql}: {}", run.stderr);
    }
    assert_eq!(folder.names(), ["audit"], "nothing was written");
    let run = folder.run(&["audit", "sql", "SELECT nothing FROM events", "audit"]);
    assert!(run.stderr.contains("No field named nothing"), "{}", run.stderr);
    let run = folder.run(&["audit", "sql", "SELECT a.event_id, b.event_id FROM events a, events b", "audit"]);
    assert!(run.stderr.contains("two columns of the answer are called `event_id`"), "{}", run.stderr);
    let run = folder.run(&["audit", "sql", "SELECT 1", "nowhere"]);
    assert!(run.code == 2 && run.stderr.contains("nowhere"), "{}", run.stderr);
}
