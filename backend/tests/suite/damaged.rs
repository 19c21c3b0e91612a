//! Keys, signatures and ciphertexts of the known answers with something changed, for fuzzing.

use proptest::prelude::*;

/// Values of the known answers: keys, signatures and ciphertexts of every kind.
fn good() -> impl Strategy<Value = Vec<u8>> {
    let answers = include_str!("../../testdata/known-answers.txt");
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
pub(crate) fn damaged() -> impl Strategy<Value = Vec<u8>> {
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
