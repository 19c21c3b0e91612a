//! The bodies of the fuzz targets on random inputs, and on good ones with something changed.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "helpers of tests may panic as tests may")]

#[path = "../../fuzz/body/blob.rs"]
mod blob;
#[path = "../../fuzz/body/context.rs"]
mod context;
#[path = "../../fuzz/body/der.rs"]
mod der;
#[path = "../../fuzz/body/import.rs"]
mod import;

use proptest::prelude::*;

/// Values of the known answers: keys, signatures and ciphertexts of every kind.
fn good() -> impl Strategy<Value = Vec<u8>> {
    let answers = include_str!("../testdata/known-answers.txt");
    let values: Vec<Vec<u8>> = answers
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(_, digits)| {
            let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("digits"));
            pairs.map(|pair| u8::from_str_radix(pair, 16).expect("digits")).collect()
        })
        .collect();
    prop::sample::select(values)
}

/// One of those with bytes changed, dropped or repeated.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let edits = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 0..4);
    (good(), edits).prop_map(|(mut value, edits)| {
        for (position, byte, edit) in edits {
            if value.is_empty() {
                break;
            }
            let position = position.index(value.len());
            match edit {
                0 => value[position] = byte,
                1 => value.truncate(position),
                _ => value.insert(position, byte),
            }
        }
        value
    })
}

fn anything() -> impl Strategy<Value = Vec<u8>> {
    let framed =
        |magic: &'static [u8]| prop::collection::vec(any::<u8>(), 0..200).prop_map(move |rest| [magic, &rest].concat());
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        framed(b"wbk\x01\x01"),
        framed(b"wbt\x01\x0arustcrypto"),
        framed(b"wbi\x01\x05\x04wbt\x01\x0arustcrypto"),
        damaged(),
    ]
}

proptest! {
    #[test]
    fn blobs(data in anything()) {
        blob::run(&data);
    }

    #[test]
    fn contexts(data in prop_oneof![prop::collection::vec(0..3_u8, 0..40), anything()]) {
        context::run(&data);
    }

    #[test]
    fn keys_and_signatures(data in damaged()) {
        der::run(&data);
    }

    #[test]
    fn imports(data in anything()) {
        import::run(&data);
    }
}
