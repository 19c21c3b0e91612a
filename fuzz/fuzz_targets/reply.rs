//! Whatever an external key store proxy may answer. The body is in the package, because it uses its insides.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wardbook_backend_xks::fuzz::reply(data));
