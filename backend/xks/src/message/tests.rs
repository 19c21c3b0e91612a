use serde_json::json;

use super::*;

/// The example of an encryption in the specification, and its data in Appendix C.
fn example() -> Value {
    json!({
        "authenticationTag": "vBxN2ncH1oEkR8WVXpmyYQ==",
        "ciphertext": "ghxkK1txeDNn3q8Y",
        "ciphertextDataIntegrityValue": "qHA/ImC9h5HsLRXqCyPmWgYx7tzyoTplzILbP0fPXsc=",
        "ciphertextMetadata": "a2V5X3ZlcnNpb249MQ==",
        "initializationVector": "HMrlRw85cAJUd5Ax"
    })
}

fn read(body: &Value) -> Result<(Sealed, [u8; 32]), Malformed> {
    sealed(body.to_string().as_bytes())
}

fn with(name: &str, value: Value) -> Value {
    let mut body = example();
    body[name] = value;
    body
}

fn of(bytes: usize) -> Value {
    STANDARD.encode(vec![0; bytes]).into()
}

#[test]
fn the_integrity_value_of_the_specification_comes_out() {
    let (sealed, integrity) = read(&example()).expect("valid");
    assert_eq!(sealed.metadata, b"key_version=1");
    assert_eq!(integrity_value(&sealed, b"project=nile,department=marketing"), integrity);
    assert_ne!(integrity_value(&sealed, b"project=nile,department=sales"), integrity);
    for byte in 0..16 {
        let mut other = sealed.clone();
        other.tag[byte] ^= 1;
        assert_ne!(integrity_value(&other, b"project=nile,department=marketing"), integrity);
    }
}

#[test]
fn an_encryption_is_believed_within_the_sizes_of_the_protocol_only() {
    for (name, good, bad) in [
        ("ciphertext", &[0, PLAINTEXT_BYTES_MAX][..], &[PLAINTEXT_BYTES_MAX + 1][..]),
        ("ciphertextMetadata", &[0, METADATA_BYTES_MAX], &[METADATA_BYTES_MAX + 1]),
        ("initializationVector", &[12, 16], &[0, 11, 13, 17]),
        ("authenticationTag", &[16], &[0, 12, 15, 17]),
        ("ciphertextDataIntegrityValue", &[32], &[0, 31, 33]),
    ] {
        for bytes in good {
            assert!(read(&with(name, of(*bytes))).is_ok(), "{name} of {bytes}");
        }
        for bytes in bad {
            assert_eq!(read(&with(name, of(*bytes))), Err(Malformed), "{name} of {bytes}");
        }
        for wrong in [json!(1), json!("="), json!("_-__"), json!(["AAAA"])] {
            assert_eq!(read(&with(name, wrong.clone())), Err(Malformed), "{name} {wrong}");
        }
        let mut without = example();
        without.as_object_mut().expect("object").remove(name);
        assert_eq!(read(&without).is_ok(), name == "ciphertextMetadata", "without {name}");
    }
    assert!(read(&with("somethingElse", json!({"x": 1}))).is_ok());
}

#[test]
fn a_plaintext_is_believed_up_to_its_bound() {
    let read = |bytes: usize| plaintext(json!({"plaintext": of(bytes)}).to_string().as_bytes());
    assert_eq!(read(PLAINTEXT_BYTES_MAX).map(|bytes| bytes.len()), Ok(PLAINTEXT_BYTES_MAX));
    assert_eq!(read(PLAINTEXT_BYTES_MAX + 1), Err(Malformed));
    assert_eq!(plaintext(b"{}"), Err(Malformed));
}

#[test]
fn metadata_says_what_the_protocol_lets_it_say() {
    let read = |usages: usize, status: &str| {
        let body = json!({"keySpec": "AES_256", "keyUsage": vec!["ENCRYPT"; usages], "keyStatus": status});
        metadata(body.to_string().as_bytes())
    };
    assert_eq!(read(1, "DISABLED").map(|metadata| metadata.status), Ok(KeyStatus::Disabled));
    assert!(read(KEY_USAGES_MAX, "ENABLED").is_ok());
    assert_eq!(read(KEY_USAGES_MAX + 1, "ENABLED"), Err(Malformed));
    assert_eq!(read(1, "enabled"), Err(Malformed));
    assert_eq!(metadata(br#"{"keySpec": "AES_256", "keyUsage": [1], "keyStatus": "ENABLED"}"#), Err(Malformed));
}

#[test]
fn health_names_one_to_ten_managers() {
    let read = |managers: usize, size: i64, health: &str| {
        let manager = json!({"id": "hsm", "model": "m", "healthStatus": health});
        let body = json!({
            "xksProxyFleetSize": size, "xksProxyVendor": "v", "xksProxyModel": "m", "ekmVendor": "v",
            "ekmFleetDetails": vec![manager; managers],
        });
        status(body.to_string().as_bytes())
    };
    assert!(read(1, 1, "ACTIVE").is_ok());
    assert!(read(MANAGERS_MAX, 1, "DEGRADED").is_ok());
    for (managers, size, health) in
        [(0, 1, "ACTIVE"), (MANAGERS_MAX + 1, 1, "ACTIVE"), (1, 0, "ACTIVE"), (1, -1, "ACTIVE"), (1, 1, "FINE")]
    {
        assert_eq!(read(managers, size, health), Err(Malformed), "{managers} {size} {health}");
    }
}

fn labelled(labels: &[(&str, &str)], narrow: bool) -> Result<Value, BackendError> {
    let standing = Standing { operation: "Encrypt", key: Some("k"), request_id: "r" };
    request_metadata(&Call::unhurried().with_labels(labels), &standing, narrow).map(Value::Object)
}

#[test]
fn labels_travel_as_they_are_and_required_ones_have_a_stand_in() {
    assert_eq!(
        labelled(&[], false),
        Ok(json!({
            "kmsRequestId": "r", "kmsOperation": "Encrypt", "awsPrincipalArn": "AWS Internal", "kmsKeyArn": "k"
        }))
    );
    let labels = [("kmsOperation", "ReEncrypt"), ("kmsRequestId", "q"), ("awsPrincipalArn", "p"), ("more", "\"")];
    assert_eq!(
        labelled(&labels, false),
        Ok(json!({
            "kmsOperation": "ReEncrypt", "kmsRequestId": "q", "awsPrincipalArn": "p", "more": "\"", "kmsKeyArn": "k"
        }))
    );
    assert_eq!(labelled(&labels, true), Ok(json!({"kmsOperation": "ReEncrypt", "kmsRequestId": "q"})));
    assert_eq!(labelled(&[("a", "1"), ("a", "2")], false), Err(BackendError::Internal));
}

#[test]
fn labels_are_forwarded_up_to_their_bounds() {
    let too_long = Err(InputError::TooLong { bytes_max: LABEL_BYTES_MAX }.into());
    assert!(labelled(&[("a", &"x".repeat(LABEL_BYTES_MAX))], false).is_ok());
    assert_eq!(labelled(&[("a", &"x".repeat(LABEL_BYTES_MAX + 1))], false), too_long);
    let names: Vec<String> = (0..=LABELS_MAX).map(|number| number.to_string()).collect();
    let labels: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    assert!(labelled(&labels[1..], false).is_ok());
    assert_eq!(labelled(&labels, false), too_long);
}
