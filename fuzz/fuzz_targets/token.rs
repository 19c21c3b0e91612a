//! Whatever is stored for a key of a PKCS#11 token, and whatever that token and its users may bring.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wardbook_backend_pkcs11::fuzz::stored(data));
