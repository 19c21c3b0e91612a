//! The bodies of the fuzz targets on random inputs, and on good ones with something changed.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "helpers of tests may panic as tests may")]

#[path = "../../fuzz/body/blob.rs"]
mod blob;
#[path = "../../fuzz/body/context.rs"]
mod context;
#[path = "../../fuzz/body/der.rs"]
mod der;
#[path = "../../fuzz/body/import.rs"]
mod import;
#[path = "../../fuzz/body/regression.rs"]
mod regression;

#[path = "suite/damaged.rs"]
mod suite;

use proptest::prelude::*;

use suite::damaged;

fn anything() -> impl Strategy<Value = Vec<u8>> {
    let framed =
        |magic: &'static [u8]| prop::collection::vec(any::<u8>(), 0..200).prop_map(move |rest| [magic, &rest].concat());
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        framed(b"wbk\x01\x01"),
        framed(b"wbt\x01\x0arustcrypto"),
        framed(b"wbi\x01\x05\x04wbt\x01\x0arustcrypto"),
        damaged(),
    ]
}

proptest! {
    #[test]
    fn blobs(data in anything()) {
        blob::run(&data);
    }

    #[test]
    fn contexts(data in prop_oneof![prop::collection::vec(0..3_u8, 0..40), anything()]) {
        context::run(&data);
    }

    #[test]
    fn keys_and_signatures(data in damaged()) {
        der::run(&data);
    }

    #[test]
    fn imports(data in anything()) {
        import::run(&data);
    }
}

#[test]
fn what_was_found_stays_mended() {
    regression::run("blob", blob::run);
    regression::run("context", context::run);
    regression::run("der", der::run);
    regression::run("import", import::run);
}
