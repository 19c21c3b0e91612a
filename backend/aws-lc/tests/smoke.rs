//! The body of the fuzz target on random inputs, and on good ones with something changed.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "helpers of tests may panic as tests may")]

#[path = "../../../fuzz/body/aws_lc.rs"]
mod aws_lc;
#[path = "../../../fuzz/body/regression.rs"]
mod regression;
#[path = "../../tests/suite/damaged.rs"]
mod suite;

use proptest::prelude::*;

proptest! {
    #[test]
    fn keys_and_wrapped_material(data in prop_oneof![prop::collection::vec(any::<u8>(), 0..300), suite::damaged()]) {
        aws_lc::run(&data);
    }
}

#[test]
fn what_was_found_stays_mended() {
    regression::run("aws_lc", aws_lc::run);
}
