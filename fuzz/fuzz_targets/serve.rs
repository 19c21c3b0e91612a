//! Runs [`body`] on whatever the fuzzer finds.
#![no_main]

#[path = "../body/serve.rs"]
mod body;
#[path = "../../service/tests/kit/mod.rs"]
mod kit;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
