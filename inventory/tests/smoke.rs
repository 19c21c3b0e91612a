//! The bodies of the fuzz targets on what fuzzers found, and on files with something changed.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "helpers of tests may panic as tests may")]

#[path = "../../fuzz/body/case.rs"]
mod case;
#[path = "../../fuzz/body/edits.rs"]
mod edits;
#[path = "../../fuzz/body/regression.rs"]
mod regression;
#[path = "../../fuzz/body/template.rs"]
mod template;

use proptest::prelude::*;
use proptest::sample::select;

const FILES: &[&str] = &[
    concat!("app.yaml\n", include_str!("../testdata/cloudformation/app.yaml")),
    concat!("text.yaml\n", include_str!("../testdata/cloudformation/text.yaml")),
    concat!("main.tf\n", include_str!("../testdata/terraform/keys/module/main.tf")),
    concat!("main.tf\n", include_str!("../testdata/terraform/same/module/main.tf")),
    "a.json\n{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"allow\", \"Principal\": \"*\", \"Action\": \
     \"kms:decrypt\", \"Resource\": \"*\"}]}",
];

const CASES: &[&str] = &[
    include_str!("../../testdata/evaluate/grant.yaml"),
    include_str!("../../testdata/evaluate/variable.yaml"),
    include_str!("../../testdata/evaluate/kms_sample.json"),
    "User: arn:aws:iam::111122223333:user/ana is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:\
     eu-west-1:111122223333:key/1234abcd because no identity-based policy allows the kms:Decrypt action",
    "{\"eventSource\": \"kms.amazonaws.com\", \"eventName\": \"Decrypt\", \"userIdentity\": {\"type\": \"Root\", \
     \"arn\": \"arn:aws:iam::111122223333:root\"}, \"resources\": [{\"ARN\": \"arn:aws:kms:eu-west-1:111122223333:key/a\"}]}",
];

fn damaged(files: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    (select(files), prop::collection::vec(any::<u8>(), 0..24))
        .prop_map(|(file, edits)| edits::changed(file.as_bytes(), &edits))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn templates_are_read_or_refused(file in damaged(FILES)) {
        template::run(&file);
    }

    #[test]
    fn questions_are_read_or_refused(file in damaged(CASES)) {
        case::run(&file);
    }
}

#[test]
fn what_was_found_stays_mended() {
    regression::run("template", template::run);
    regression::run("case", case::run);
}
