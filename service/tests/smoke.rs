//! The bodies of the fuzz targets on random inputs, and on requests that are nearly right.

#![allow(clippy::duplicate_mod, reason = "each body of a fuzz target stands alone, with the kit")]
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "helpers of tests may panic")]

mod kit;

#[path = "../../fuzz/body/authenticate.rs"]
mod authenticate;
#[path = "../../fuzz/body/regression.rs"]
mod regression;
#[path = "../../fuzz/body/serve.rs"]
mod serve;
#[path = "../../fuzz/body/wire.rs"]
mod wire;

use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Requests as they would stand on the wire.
const REQUESTS: &[&str] = &[
    "POST /\nhost: localhost\nx-amz-date: 20260102T030405Z\nx-amz-target: TrentService.ListKeys\nauthorization: \
     AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260102/us-east-1/kms/aws4_request, \
     SignedHeaders=host;x-amz-date;x-amz-target, \
     Signature=0000000000000000000000000000000000000000000000000000000000000000\n\n{}",
    "GET /?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260102%2Fus-east-1%2Fkms%2F\
     aws4_request&X-Amz-Date=20260102T030405Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=\
     0000000000000000000000000000000000000000000000000000000000000000\nhost: localhost\n\n",
];

/// Bodies that some operation takes.
const BODIES: &[&str] = &[
    "",
    "{}",
    r#"{"KeyId": "alias/a", "Plaintext": "aGVsbG8=", "EncryptionContext": {"a": "b"}}"#,
    r#"{"KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab", "Tags": [{"TagKey": "a", "TagValue": "b"}]}"#,
    r#"{"Limit": 7, "Marker": "x"}"#,
    r#"{"NumberOfBytes": 32}"#,
    r#"{"KeyId": "x", "ValidTo": 1.7e9, "ImportToken": "aGVsbG8=", "EncryptedKeyMaterial": "aGVsbG8="}"#,
    r#"{"KeyId": "x", "GranteePrincipal": "arn:aws:iam::123456789012:user/x", "Operations": ["Decrypt", "Sign"]}"#,
];

/// One of the texts with bytes changed, left out or put in.
fn damaged(texts: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let edits = prop::collection::vec((any::<Index>(), any::<u8>(), 0..4_u8), 0..5);
    (select(texts), edits).prop_map(|(text, edits)| {
        let mut bytes = text.as_bytes().to_vec();
        for (place, byte, edit) in edits {
            let place = place.index(bytes.len() + 1);
            match edit {
                0 if place < bytes.len() => bytes[place] = byte,
                1 if place < bytes.len() => drop(bytes.remove(place)),
                2 => bytes.truncate(place.max(bytes.len() / 2)),
                _ => bytes.insert(place, byte),
            }
        }
        bytes
    })
}

proptest! {
    #[test]
    fn bodies_are_read_or_refused(data in prop_oneof![damaged(BODIES), prop::collection::vec(any::<u8>(), 0..200)]) {
        wire::run(&data);
    }

    #[test]
    fn signatures_are_not_forged(data in prop_oneof![damaged(REQUESTS), prop::collection::vec(any::<u8>(), 0..200)]) {
        authenticate::run(&data);
    }

    #[test]
    fn every_operation_answers(operation in any::<u8>(), choices in prop::collection::vec(any::<u8>(), 0..60)) {
        serve::run(&[&[operation, 1], &choices[..]].concat());
    }

    #[test]
    fn every_operation_answers_damaged_bodies(operation in any::<u8>(), body in damaged(BODIES)) {
        serve::run(&[&[operation, 0], &body[..]].concat());
    }
}

#[test]
fn what_was_found_stays_mended() {
    regression::run("authenticate", authenticate::run);
    regression::run("serve", serve::run);
    regression::run("wire", wire::run);
}

/// Bodies for each operation that its shape may permit.
const ROUNDS: usize = 60;

#[test]
fn every_operation_answers_what_its_shape_may_permit() {
    // A small generator with a fixed beginning, so that a failure comes again.
    let mut state = 20_261_127_u64;
    let mut byte = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    for operation in 0..wardbook_service::api::Operation::ALL.len() {
        for _ in 0..ROUNDS {
            let choices = (0..200).map(|_| byte());
            let data: Vec<u8> = [u8::try_from(operation).unwrap(), 1].into_iter().chain(choices).collect();
            serve::run(&data);
        }
    }
}
