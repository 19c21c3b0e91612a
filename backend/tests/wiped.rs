//! Secrets are gone from the memory of this process once their owners are: the process reads itself to see.
//!
//! One test in a process of its own, because others would have secrets too.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "helpers of tests may panic as tests may")]

use std::sync::Arc;

use wardbook_backend::algorithm::Algorithm;
use wardbook_backend::backend::Backend;
use wardbook_backend::call::Call;
use wardbook_backend::conformance::{Sm2Wrap, Wrap};
use wardbook_backend::context::Context;
use wardbook_backend::random::{Random, System};
use wardbook_backend::root::{Consent, LocalRoot, Roots, environment};
use wardbook_backend::rustcrypto::RustCrypto;
use wardbook_backend::secret::Secret;
use wardbook_backend::software::Software;
use wardbook_backend::spec::{KeySpec, Usage};
use wardbook_backend::token::{Binding, MaterialId};

use memory::Inverse;

#[path = "suite/memory.rs"]
mod memory;
#[path = "suite/wiping.rs"]
mod wiping;

#[test]
fn secrets_leave_memory_with_their_owners() {
    // A root key, from its 64 digits.
    let (digits, root) = {
        let mut digits = [0; 64];
        for (place, digit) in digits.iter_mut().enumerate() {
            *digit = b"0123456789abcdef"[(place * 7 + place / 16 * 3) % 16];
        }
        let root = environment("KEY", Some(&Secret::copy(&digits)), Consent::EnvironmentIsVisible).expect("read");
        let hidden = Inverse::of("digits", &digits);
        digits.fill(0);
        std::hint::black_box(&digits);
        (hidden, root)
    };
    let nibble = |digit: u8| if digit < b'a' { digit - b'0' } else { digit - b'a' + 10 };
    let pairs = digits.bytes.chunks(2).map(|pair| !(nibble(!pair[0]) << 4 | nibble(!pair[1])));
    let root_key = Inverse { what: "the root key".to_owned(), bytes: pairs.collect() };
    assert_eq!(root_key.found(), 1, "the root key has one place while it is in use");
    assert_eq!(digits.found(), 0, "the text of the root key");

    let backend = Software::start([Arc::new(RustCrypto) as _], Roots::new(Arc::new(root)), Arc::new(System));
    let (call, context) = (Call::unhurried(), Context::empty());
    let own = Binding::new("k", MaterialId([1; 32]), KeySpec::SymmetricDefault, Usage::EncryptDecrypt).expect("valid");
    let token = backend.generate(&own, &call).expect("made");
    let key = backend.open(&token, &own, &call).expect("opened");

    // A data key, which was encrypted, decrypted and compared before it was given out.
    let made = key.generate_data_key(64, &context, &call).expect("made");
    let hidden = Inverse::of("a data key", made.plaintext.expose());
    assert_eq!(hidden.found(), 1, "a data key has one place while its owner has it");
    drop(made);
    assert_eq!(hidden.found(), 0, "a data key");

    // What somebody had encrypted.
    let mut text = [0; 100];
    text.iter_mut().zip(1_u8..).for_each(|(byte, place)| *byte = place.wrapping_mul(151));
    let ciphertext = key.encrypt(Algorithm::SymmetricDefault, &text, &context, &call).expect("encrypted");
    let hidden = Inverse::of("a text", &text);
    text.fill(0);
    std::hint::black_box(&text);
    assert_eq!(hidden.found(), 0, "encrypting leaves nothing behind");
    let opened = key.decrypt(Algorithm::SymmetricDefault, &ciphertext, &context, &call).expect("opened");
    assert_eq!(hidden.found(), 1, "a plaintext has one place while its owner has it");
    drop(opened);
    assert_eq!(hidden.found(), 0, "a plaintext");

    drop((key, backend));
    assert_eq!(root_key.found(), 0, "a root key");

    // Keys of every spec. What is stored of them is a seed, a scalar or the bare bytes: all of it is private.
    let (left, count) = wiping::run(&RustCrypto, |_, material| vec![material]);
    println!("{count} secrets of pure-Rust keys were looked for");
    assert!(left.is_empty(), "{left:#?}");
    assert!(count >= 80, "{count}");
    for spec in [KeySpec::SymmetricDefault, KeySpec::Sm4] {
        let hidden = wiping::of_a_message(&RustCrypto, spec, "in_the_other_process_the_key_of_a_message_is_derived");
        assert_eq!(hidden.found(), 0, "{}", hidden.what);
    }
    imported();
}

/// Material that comes in wrapped: unwrapped, checked, wrapped again, used.
#[inline(never)]
fn imported() {
    let root = LocalRoot::ephemeral(&System).expect("made");
    let backend = Software::start([Arc::new(RustCrypto) as _], Roots::new(Arc::new(root)), Arc::new(System));
    let (call, wrap) = (Call::unhurried(), Sm2Wrap(&System));
    let own = Binding::new("k", MaterialId([2; 32]), KeySpec::SymmetricDefault, Usage::EncryptDecrypt).expect("valid");
    let wrapping = wrap.wrappings()[0];
    let offer = backend.begin_import(&own, wrapping, &call).expect("offered");
    let material = Secret::filled(32, |bytes| System.fill(bytes)).expect("filled");
    let hidden = Inverse::of("imported material", material.expose());
    let wrapped = wrap.wrap(wrapping, &offer.public_key, material.expose()).expect("wrapped");
    drop(material);
    let imported = backend.import(&own, &offer.session, &wrapped, &call).expect("imported");
    let key = backend.open(&imported.token, &own, &call).expect("opened");
    key.encrypt(Algorithm::SymmetricDefault, b"text", &Context::empty(), &call).expect("encrypted");
    drop(key);
    assert_eq!(hidden.found(), 0, "{}", hidden.what);
}

#[test]
fn in_the_other_process_the_key_of_a_message_is_derived() {
    wiping::derive_here();
}
