//! The bodies of the fuzz targets on what fuzzers found, on random inputs, and on good files with something changed.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "helpers of tests may panic as tests may")]

#[path = "../../fuzz/body/bucket.rs"]
mod bucket;
#[path = "../../fuzz/body/edits.rs"]
mod edits;
#[path = "../../fuzz/body/event.rs"]
mod event;
#[path = "../../fuzz/body/journal.rs"]
mod journal;
#[path = "../../fuzz/body/parquet.rs"]
mod parquet;
#[path = "../../fuzz/body/records.rs"]
mod records;
#[path = "../../fuzz/body/regression.rs"]
mod regression;
#[path = "../../fuzz/body/tamper.rs"]
mod tamper;

use proptest::prelude::*;

const RECORD: &str = r#"{"eventTime":"2026-04-01T12:00:00Z","eventID":"a","eventSource":"kms.amazonaws.com","readOnly":true,"userIdentity":{"type":"Root","sessionContext":{"attributes":{"mfaAuthenticated":"false"}}},"requestParameters":{"encryptionContext":{"a":"b"},"n":1.50},"resources":[{"ARN":"x","accountId":"001234567890"}]}"#;

/// Changes of something good, by the bytes that tell them.
fn edits() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..24)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn events_come_back(edits in edits()) {
        event::run(&edits::changed(RECORD.as_bytes(), &edits));
    }

    #[test]
    fn files_are_read_or_refused(edits in edits()) {
        parquet::run(&edits);
    }

    #[test]
    fn journals_are_read_or_refused(edits in edits()) {
        journal::run(&edits);
    }

    #[test]
    fn imports_balance(name in any::<u8>(), times in 0..4_usize, edits in edits()) {
        let records = format!("{}\n", RECORD).repeat(times);
        records::run(&[&[name], &*edits::changed(records.as_bytes(), &edits)].concat());
    }

    #[test]
    fn changes_are_found(chosen in any::<u8>(), what in any::<u8>(), edits in edits()) {
        tamper::run(&[&[chosen, what], &*edits].concat());
    }
}

#[test]
fn changed_buckets_have_a_report() {
    for chosen in 0..=255 {
        for what in 0..2 {
            bucket::run(&[chosen, what]);
            bucket::run(&[chosen, what, 0, 20, 5, chosen, 1, 10, chosen, 32]);
        }
    }
}

#[test]
fn what_was_found_stays_mended() {
    regression::run("bucket", bucket::run);
    regression::run("event", event::run);
    regression::run("parquet", parquet::run);
    regression::run("journal", journal::run);
    regression::run("records", records::run);
    regression::run("tamper", tamper::run);
}
