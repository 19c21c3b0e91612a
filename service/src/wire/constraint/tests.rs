//! The recorded replies of AWS, and forms of the same family.

use super::*;
use crate::api;

fn told(body: &str, shape: &Shape) -> Vec<String> {
    violations(&serde_json::from_str(body).expect("JSON"), shape).expect("types are right")
}

#[test]
fn recorded_messages_come_back() {
    let key = "\"KeyId\": \"k\"";
    for (body, shape, wanted) in [
        (
            r#"{"NumberOfBytes": 0}"#.to_owned(),
            &api::GENERATE_RANDOM_REQUEST,
            "Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have value greater than or equal to 1",
        ),
        (
            r#"{"NumberOfBytes": 1025}"#.to_owned(),
            &api::GENERATE_RANDOM_REQUEST,
            "Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or equal to 1024",
        ),
        (
            format!(r#"{{{key}, "Message": "aGk=", "MacAlgorithm": "INVALID"}}"#),
            &api::GENERATE_MAC_REQUEST,
            "Value 'INVALID' at 'macAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: \
             [HMAC_SHA_384, HMAC_SHA_256, HMAC_SHA_224, HMAC_SHA_512]",
        ),
        (
            format!(r#"{{{key}, "PublicKey": "aGk=", "KeyAgreementAlgorithm": "INVALID"}}"#),
            &api::DERIVE_SHARED_SECRET_REQUEST,
            "Value 'INVALID' at 'keyAgreementAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: \
             [ECDH]",
        ),
        (
            format!(r#"{{{key}, "Plaintext": "{}"}}"#, "AAAA".repeat(1366)),
            &api::ENCRYPT_REQUEST,
            "Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
        ),
    ] {
        assert_eq!(told(&body, shape), [wanted]);
    }
    let long = "a".repeat(129);
    let body = format!(r#"{{"Tags": [{{"TagKey": "{long}", "TagValue": "v"}}]}}"#);
    let wanted = format!(
        "Value '{long}' at 'tags.1.member.tagKey' failed to satisfy constraint: Member must have length less than or \
         equal to 128"
    );
    assert_eq!(told(&body, &api::CREATE_KEY_REQUEST), [wanted]);
}

#[test]
fn all_violations_are_told_in_one_go() {
    let body = r#"{"KeyId": "", "GrantTokens": ["", "x"], "CiphertextBlob": ""}"#;
    let found = told(body, &api::DECRYPT_REQUEST);
    assert_eq!(
        found,
        [
            "Value 'java.nio.HeapByteBuffer[pos=0 lim=0 cap=0]' at 'ciphertextBlob' failed to satisfy constraint: Member \
             must have length greater than or equal to 1",
            // Without the tokens, which are not for the log.
            "Value at 'grantTokens' failed to satisfy constraint: Member must satisfy constraint: [Member must \
             have length less than or equal to 8192, Member must have length greater than or equal to 1]",
            "Value '' at 'keyId' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ]
    );
    assert_eq!(
        told("{}", &api::DISABLE_KEY_REQUEST),
        ["Value null at 'keyId' failed to satisfy constraint: Member must not be null"]
    );
}

#[test]
fn violations_end_somewhere() {
    let tags = vec![r#"{"TagKey": "", "TagValue": "v"}"#; VIOLATIONS_MAX + 1].join(",");
    assert_eq!(told(&format!("{{\"Tags\": [{tags}]}}"), &api::CREATE_KEY_REQUEST).len(), VIOLATIONS_MAX);
}
