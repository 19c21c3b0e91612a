//! Runs [`body`] on whatever the fuzzer finds.
#![no_main]

#[path = "../body/template.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
