//! Secrets are gone from the memory of this process once their owners are: the process reads itself to see.
//!
//! One test in a process of its own, because others would have secrets too.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "helpers of tests may panic as tests may")]

use std::os::unix::fs::FileExt;
use std::sync::Arc;

use wardbook_backend::algorithm::Algorithm;
use wardbook_backend::backend::Backend;
use wardbook_backend::call::Call;
use wardbook_backend::context::Context;
use wardbook_backend::random::System;
use wardbook_backend::root::{Consent, Roots, environment};
use wardbook_backend::rustcrypto::RustCrypto;
use wardbook_backend::secret::Secret;
use wardbook_backend::software::Software;
use wardbook_backend::spec::{KeySpec, Usage};
use wardbook_backend::token::{Binding, MaterialId};

/// What is looked for, in a form in which it is not found.
struct Inverse(Vec<u8>);

impl Inverse {
    fn of(secret: &[u8]) -> Self {
        Self(secret.iter().map(|byte| !byte).collect())
    }

    /// How many times the secret stands in memory that this process can write to.
    fn found(&self) -> usize {
        const STEP: usize = 1 << 16;
        let maps = std::fs::read_to_string("/proc/self/maps").expect("maps");
        let memory = std::fs::File::open("/proc/self/mem").expect("opened");
        let mut window = vec![0; STEP + self.0.len() - 1];
        // The window is left out: a read of itself into itself would copy what it just read.
        let own = window.as_ptr() as u64..window.as_ptr() as u64 + window.len() as u64;
        let mut hits = 0;
        for line in maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|mode| mode.starts_with("rw"))) {
            let (start, rest) = line.split_once('-').expect("a range");
            let number = |digits: &str| u64::from_str_radix(digits, 16).expect("digits");
            let (start, end) = (number(start), number(rest.split(' ').next().expect("an end")));
            for (start, end) in [(start, end.min(own.start)), (start.max(own.end), end)] {
                for at in (start..end).step_by(STEP) {
                    let bytes = window.len().min(usize::try_from(end - at).expect("small"));
                    let Ok(read) = memory.read_at(&mut window[..bytes], at) else { continue };
                    let same = |there: &[u8]| there.iter().zip(&self.0).all(|(byte, inverse)| *byte == !inverse);
                    hits += window[..read].windows(self.0.len()).filter(|there| same(there)).count();
                }
            }
        }
        window.fill(0);
        std::hint::black_box(&window);
        hits
    }
}

#[test]
fn secrets_leave_memory_with_their_owners() {
    // A root key, from its 64 digits.
    let (digits, root) = {
        let mut digits = [0; 64];
        for (place, digit) in digits.iter_mut().enumerate() {
            *digit = b"0123456789abcdef"[(place * 7 + place / 16 * 3) % 16];
        }
        let root = environment("KEY", Some(&Secret::copy(&digits)), Consent::EnvironmentIsVisible).expect("read");
        let hidden = Inverse::of(&digits);
        digits.fill(0);
        std::hint::black_box(&digits);
        (hidden, root)
    };
    let nibble = |digit: u8| if digit < b'a' { digit - b'0' } else { digit - b'a' + 10 };
    let pairs = digits.0.chunks(2).map(|pair| !(nibble(!pair[0]) << 4 | nibble(!pair[1])));
    let root_key = Inverse(pairs.collect());
    assert_eq!(root_key.found(), 1, "the root key has one place while it is in use");
    assert_eq!(digits.found(), 0, "the text of the root key");

    let backend = Software::start([Arc::new(RustCrypto) as _], Roots::new(Arc::new(root)), Arc::new(System));
    let (call, context) = (Call::unhurried(), Context::empty());
    let own = Binding::new("k", MaterialId([1; 32]), KeySpec::SymmetricDefault, Usage::EncryptDecrypt).expect("valid");
    let token = backend.generate(&own, &call).expect("made");
    let key = backend.open(&token, &own, &call).expect("opened");

    // A data key, which was encrypted, decrypted and compared before it was given out.
    let made = key.generate_data_key(64, &context, &call).expect("made");
    let hidden = Inverse::of(made.plaintext.expose());
    assert_eq!(hidden.found(), 1, "a data key has one place while its owner has it");
    drop(made);
    assert_eq!(hidden.found(), 0, "a data key");

    // What somebody had encrypted.
    let mut text = [0; 100];
    text.iter_mut().zip(1_u8..).for_each(|(byte, place)| *byte = place.wrapping_mul(151));
    let ciphertext = key.encrypt(Algorithm::SymmetricDefault, &text, &context, &call).expect("encrypted");
    let hidden = Inverse::of(&text);
    text.fill(0);
    std::hint::black_box(&text);
    assert_eq!(hidden.found(), 0, "encrypting leaves nothing behind");
    let opened = key.decrypt(Algorithm::SymmetricDefault, &ciphertext, &context, &call).expect("opened");
    assert_eq!(hidden.found(), 1, "a plaintext has one place while its owner has it");
    drop(opened);
    assert_eq!(hidden.found(), 0, "a plaintext");

    drop((key, backend));
    assert_eq!(root_key.found(), 0, "a root key");
}
