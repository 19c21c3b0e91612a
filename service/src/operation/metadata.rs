//! What DescribeKey says of a key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use wardbook_audit::time::Timestamp;

use super::fact::named;
use crate::api::{
    EncapsulationAlgorithmSpec, EncryptionAlgorithmSpec, ExpirationModelType, KeyAgreementAlgorithmSpec, KeyMetadata,
    MacAlgorithmSpec, MultiRegionConfiguration, MultiRegionKey, MultiRegionKeyType, SigningAlgorithmSpec,
    XksKeyConfigurationType,
};
use crate::name::KeyName;
use crate::state::{KeyRecord, Material};
use crate::wire::decode::Decode;

/// Spec, usage, the algorithms that go with them.
const ALGORITHMS: &[(&str, &str, &[&str])] = &[
    ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", &["SYMMETRIC_DEFAULT"]),
    ("RSA_2048", "ENCRYPT_DECRYPT", OAEP),
    ("RSA_3072", "ENCRYPT_DECRYPT", OAEP),
    ("RSA_4096", "ENCRYPT_DECRYPT", OAEP),
    ("SM2", "ENCRYPT_DECRYPT", &["SM2PKE"]),
    ("RSA_2048", "SIGN_VERIFY", RSASSA),
    ("RSA_3072", "SIGN_VERIFY", RSASSA),
    ("RSA_4096", "SIGN_VERIFY", RSASSA),
    ("ECC_NIST_P256", "SIGN_VERIFY", &["ECDSA_SHA_256"]),
    ("ECC_NIST_P384", "SIGN_VERIFY", &["ECDSA_SHA_384"]),
    ("ECC_NIST_P521", "SIGN_VERIFY", &["ECDSA_SHA_512"]),
    ("ECC_SECG_P256K1", "SIGN_VERIFY", &["ECDSA_SHA_256"]),
    ("ECC_NIST_EDWARDS25519", "SIGN_VERIFY", &["ED25519_SHA_512", "ED25519_PH_SHA_512"]),
    ("SM2", "SIGN_VERIFY", &["SM2DSA"]),
    ("ML_DSA_44", "SIGN_VERIFY", &["ML_DSA_SHAKE_256"]),
    ("ML_DSA_65", "SIGN_VERIFY", &["ML_DSA_SHAKE_256"]),
    ("ML_DSA_87", "SIGN_VERIFY", &["ML_DSA_SHAKE_256"]),
    ("HMAC_224", "GENERATE_VERIFY_MAC", &["HMAC_SHA_224"]),
    ("HMAC_256", "GENERATE_VERIFY_MAC", &["HMAC_SHA_256"]),
    ("HMAC_384", "GENERATE_VERIFY_MAC", &["HMAC_SHA_384"]),
    ("HMAC_512", "GENERATE_VERIFY_MAC", &["HMAC_SHA_512"]),
    ("ECC_NIST_P256", "KEY_AGREEMENT", &["ECDH"]),
    ("ECC_NIST_P384", "KEY_AGREEMENT", &["ECDH"]),
    ("ECC_NIST_P521", "KEY_AGREEMENT", &["ECDH"]),
    ("SM2", "KEY_AGREEMENT", &["ECDH"]),
    ("ML_KEM_512", "ENCAPSULATE_DECAPSULATE", &["ML_KEM"]),
    ("ML_KEM_768", "ENCAPSULATE_DECAPSULATE", &["ML_KEM"]),
    ("ML_KEM_1024", "ENCAPSULATE_DECAPSULATE", &["ML_KEM"]),
];

const OAEP: &[&str] = &["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"];
const RSASSA: &[&str] = &[
    "RSASSA_PKCS1_V1_5_SHA_256",
    "RSASSA_PKCS1_V1_5_SHA_384",
    "RSASSA_PKCS1_V1_5_SHA_512",
    "RSASSA_PSS_SHA_256",
    "RSASSA_PSS_SHA_384",
    "RSASSA_PSS_SHA_512",
];

/// The algorithms that a key of a spec has for a usage; none if it cannot have the usage.
pub(super) fn algorithms(spec: &str, usage: &str) -> &'static [&'static str] {
    let mut rows = ALGORITHMS.iter();
    rows.find(|(known, of, _)| *known == spec && *of == usage).map_or(&[], |(.., names)| names)
}

/// The algorithms of a key for one usage, if that is its usage.
pub(super) fn listed<T: Decode>(record: &KeyRecord, usage: &str) -> Option<Vec<T>> {
    let names = algorithms(&record.spec, usage).iter();
    (record.usage == usage).then(|| names.filter_map(|name| named(name)).collect())
}

/// What is said of a key.
pub(super) fn metadata(name: &KeyName, record: &KeyRecord) -> KeyMetadata {
    let time = Timestamp::from_micros;
    let current = record.current().filter(|_| record.is_symmetric_encryption());
    let import = record.current().and_then(|material| material.import.as_ref().filter(|_| material.token.is_some()));
    let expires = import.and_then(|import| import.valid_to);
    let model = match expires {
        Some(_) => ExpirationModelType::KeyMaterialExpires,
        None => ExpirationModelType::KeyMaterialDoesNotExpire,
    };
    let waits = record.state == "PendingReplicaDeletion";
    KeyMetadata {
        awsaccount_id: Some(name.account.clone()),
        key_id: Some(name.id.clone()),
        arn: Some(name.arn()),
        creation_date: Some(time(record.created)),
        enabled: Some(record.state == "Enabled"),
        description: Some(record.description.clone()),
        key_usage: named(&record.usage),
        key_state: named(&record.state),
        deletion_date: record.deletion.map(time),
        valid_to: expires.map(time),
        origin: named(&record.origin),
        expiration_model: import.map(|_| model),
        key_manager: named(&record.manager),
        customer_master_key_spec: named(&record.spec),
        key_spec: named(&record.spec),
        encryption_algorithms: listed::<EncryptionAlgorithmSpec>(record, "ENCRYPT_DECRYPT"),
        signing_algorithms: listed::<SigningAlgorithmSpec>(record, "SIGN_VERIFY"),
        key_agreement_algorithms: listed::<KeyAgreementAlgorithmSpec>(record, "KEY_AGREEMENT"),
        encapsulation_algorithms: listed::<EncapsulationAlgorithmSpec>(record, "ENCAPSULATE_DECAPSULATE"),
        mac_algorithms: listed::<MacAlgorithmSpec>(record, "GENERATE_VERIFY_MAC"),
        multi_region: Some(record.multi_region.is_some()),
        multi_region_configuration: configuration(name, record),
        pending_deletion_window_in_days: record.pending_window.filter(|_| waits),
        custom_key_store_id: record.key_store.clone(),
        xks_key_configuration: record.external_id.clone().map(|id| XksKeyConfigurationType { id: Some(id) }),
        current_key_material_id: current.map(|material| material.id.clone()),
        ..KeyMetadata::default()
    }
}

fn configuration(name: &KeyName, record: &KeyRecord) -> Option<MultiRegionConfiguration> {
    let multi = record.multi_region.as_ref()?;
    let one = |region: &str| {
        let arn = KeyName { region: region.to_owned(), ..name.clone() }.arn();
        MultiRegionKey { arn: Some(arn), region: Some(region.to_owned()) }
    };
    let kind = match multi.primary == name.region {
        true => MultiRegionKeyType::Primary,
        false => MultiRegionKeyType::Replica,
    };
    Some(MultiRegionConfiguration {
        multi_region_key_type: Some(kind),
        primary_key: Some(one(&multi.primary)),
        replica_keys: Some(multi.replicas.iter().map(|region| one(region)).collect()),
    })
}

/// A backend's token as it is kept.
pub(super) fn kept(token: &wardbook_backend::token::KeyToken) -> String {
    STANDARD.encode(token.as_bytes())
}

/// The id of the material that encrypts, of a symmetric key.
pub(super) fn current_id(record: &KeyRecord) -> Option<String> {
    record.current().filter(|_| record.is_symmetric_encryption()).map(|material: &Material| material.id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usage_that_the_backend_has_for_a_spec_has_algorithms_here() {
        for spec in wardbook_backend::spec::KeySpec::all().filter(|spec| spec.as_str() != "SM4") {
            for usage in
                ["ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT", "ENCAPSULATE_DECAPSULATE"]
            {
                let has = spec.usages().iter().any(|known| known.as_str() == usage);
                assert_eq!(!algorithms(spec.as_str(), usage).is_empty(), has, "{spec} {usage}");
            }
        }
    }
}
