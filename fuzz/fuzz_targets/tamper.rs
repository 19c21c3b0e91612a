//! Runs [`body`] on whatever the fuzzer finds.
#![no_main]

#[path = "../body/tamper.rs"]
mod body;
#[path = "../body/edits.rs"]
mod edits;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
