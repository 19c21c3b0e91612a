//! Runs [`body`] on whatever the fuzzer finds.
#![no_main]

#[path = "../body/parquet.rs"]
mod body;
#[path = "../body/edits.rs"]
mod edits;

libfuzzer_sys::fuzz_target!(init: body::hear_no_caught_panic(), |data: &[u8]| body::run(data));
