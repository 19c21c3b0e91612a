//! Every operation of AWS KMS with its request and response, made by `service/data/generate.py` from the public
//! model; not to be edited.

use std::collections::BTreeMap;

use wardbook_audit::time::Timestamp;
use wardbook_backend::secret::Secret;

use super::shape::{Kind, Member, Shape};
use crate::wire::decode::{Blob, Decode, SecretText, may, need};
use crate::wire::encode::{Encode, Object};
use serde_json::Value;

/// An operation of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    /// `CancelKeyDeletion`
    CancelKeyDeletion,
    /// `ConnectCustomKeyStore`
    ConnectCustomKeyStore,
    /// `CreateAlias`
    CreateAlias,
    /// `CreateCustomKeyStore`
    CreateCustomKeyStore,
    /// `CreateGrant`
    CreateGrant,
    /// `CreateKey`
    CreateKey,
    /// `Decapsulate`
    Decapsulate,
    /// `Decrypt`
    Decrypt,
    /// `DeleteAlias`
    DeleteAlias,
    /// `DeleteCustomKeyStore`
    DeleteCustomKeyStore,
    /// `DeleteImportedKeyMaterial`
    DeleteImportedKeyMaterial,
    /// `DeriveSharedSecret`
    DeriveSharedSecret,
    /// `DescribeCustomKeyStores`
    DescribeCustomKeyStores,
    /// `DescribeKey`
    DescribeKey,
    /// `DisableKey`
    DisableKey,
    /// `DisableKeyRotation`
    DisableKeyRotation,
    /// `DisconnectCustomKeyStore`
    DisconnectCustomKeyStore,
    /// `EnableKey`
    EnableKey,
    /// `EnableKeyRotation`
    EnableKeyRotation,
    /// `Encapsulate`
    Encapsulate,
    /// `Encrypt`
    Encrypt,
    /// `GenerateDataKey`
    GenerateDataKey,
    /// `GenerateDataKeyPair`
    GenerateDataKeyPair,
    /// `GenerateDataKeyPairWithoutPlaintext`
    GenerateDataKeyPairWithoutPlaintext,
    /// `GenerateDataKeyWithoutPlaintext`
    GenerateDataKeyWithoutPlaintext,
    /// `GenerateMac`
    GenerateMac,
    /// `GenerateRandom`
    GenerateRandom,
    /// `GetKeyLastUsage`
    GetKeyLastUsage,
    /// `GetKeyPolicy`
    GetKeyPolicy,
    /// `GetKeyRotationStatus`
    GetKeyRotationStatus,
    /// `GetParametersForImport`
    GetParametersForImport,
    /// `GetPublicKey`
    GetPublicKey,
    /// `ImportKeyMaterial`
    ImportKeyMaterial,
    /// `ListAliases`
    ListAliases,
    /// `ListGrants`
    ListGrants,
    /// `ListKeyPolicies`
    ListKeyPolicies,
    /// `ListKeyRotations`
    ListKeyRotations,
    /// `ListKeys`
    ListKeys,
    /// `ListResourceTags`
    ListResourceTags,
    /// `ListRetirableGrants`
    ListRetirableGrants,
    /// `PutKeyPolicy`
    PutKeyPolicy,
    /// `ReEncrypt`
    ReEncrypt,
    /// `ReplicateKey`
    ReplicateKey,
    /// `RetireGrant`
    RetireGrant,
    /// `RevokeGrant`
    RevokeGrant,
    /// `RotateKeyOnDemand`
    RotateKeyOnDemand,
    /// `ScheduleKeyDeletion`
    ScheduleKeyDeletion,
    /// `Sign`
    Sign,
    /// `TagResource`
    TagResource,
    /// `UntagResource`
    UntagResource,
    /// `UpdateAlias`
    UpdateAlias,
    /// `UpdateCustomKeyStore`
    UpdateCustomKeyStore,
    /// `UpdateKeyDescription`
    UpdateKeyDescription,
    /// `UpdatePrimaryRegion`
    UpdatePrimaryRegion,
    /// `Verify`
    Verify,
    /// `VerifyMac`
    VerifyMac,
}

impl Operation {
    /// All operations, sorted by name.
    pub const ALL: [Self; 56] = [
        Self::CancelKeyDeletion,
        Self::ConnectCustomKeyStore,
        Self::CreateAlias,
        Self::CreateCustomKeyStore,
        Self::CreateGrant,
        Self::CreateKey,
        Self::Decapsulate,
        Self::Decrypt,
        Self::DeleteAlias,
        Self::DeleteCustomKeyStore,
        Self::DeleteImportedKeyMaterial,
        Self::DeriveSharedSecret,
        Self::DescribeCustomKeyStores,
        Self::DescribeKey,
        Self::DisableKey,
        Self::DisableKeyRotation,
        Self::DisconnectCustomKeyStore,
        Self::EnableKey,
        Self::EnableKeyRotation,
        Self::Encapsulate,
        Self::Encrypt,
        Self::GenerateDataKey,
        Self::GenerateDataKeyPair,
        Self::GenerateDataKeyPairWithoutPlaintext,
        Self::GenerateDataKeyWithoutPlaintext,
        Self::GenerateMac,
        Self::GenerateRandom,
        Self::GetKeyLastUsage,
        Self::GetKeyPolicy,
        Self::GetKeyRotationStatus,
        Self::GetParametersForImport,
        Self::GetPublicKey,
        Self::ImportKeyMaterial,
        Self::ListAliases,
        Self::ListGrants,
        Self::ListKeyPolicies,
        Self::ListKeyRotations,
        Self::ListKeys,
        Self::ListResourceTags,
        Self::ListRetirableGrants,
        Self::PutKeyPolicy,
        Self::ReEncrypt,
        Self::ReplicateKey,
        Self::RetireGrant,
        Self::RevokeGrant,
        Self::RotateKeyOnDemand,
        Self::ScheduleKeyDeletion,
        Self::Sign,
        Self::TagResource,
        Self::UntagResource,
        Self::UpdateAlias,
        Self::UpdateCustomKeyStore,
        Self::UpdateKeyDescription,
        Self::UpdatePrimaryRegion,
        Self::Verify,
        Self::VerifyMac,
    ];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::CancelKeyDeletion => "CancelKeyDeletion",
            Self::ConnectCustomKeyStore => "ConnectCustomKeyStore",
            Self::CreateAlias => "CreateAlias",
            Self::CreateCustomKeyStore => "CreateCustomKeyStore",
            Self::CreateGrant => "CreateGrant",
            Self::CreateKey => "CreateKey",
            Self::Decapsulate => "Decapsulate",
            Self::Decrypt => "Decrypt",
            Self::DeleteAlias => "DeleteAlias",
            Self::DeleteCustomKeyStore => "DeleteCustomKeyStore",
            Self::DeleteImportedKeyMaterial => "DeleteImportedKeyMaterial",
            Self::DeriveSharedSecret => "DeriveSharedSecret",
            Self::DescribeCustomKeyStores => "DescribeCustomKeyStores",
            Self::DescribeKey => "DescribeKey",
            Self::DisableKey => "DisableKey",
            Self::DisableKeyRotation => "DisableKeyRotation",
            Self::DisconnectCustomKeyStore => "DisconnectCustomKeyStore",
            Self::EnableKey => "EnableKey",
            Self::EnableKeyRotation => "EnableKeyRotation",
            Self::Encapsulate => "Encapsulate",
            Self::Encrypt => "Encrypt",
            Self::GenerateDataKey => "GenerateDataKey",
            Self::GenerateDataKeyPair => "GenerateDataKeyPair",
            Self::GenerateDataKeyPairWithoutPlaintext => "GenerateDataKeyPairWithoutPlaintext",
            Self::GenerateDataKeyWithoutPlaintext => "GenerateDataKeyWithoutPlaintext",
            Self::GenerateMac => "GenerateMac",
            Self::GenerateRandom => "GenerateRandom",
            Self::GetKeyLastUsage => "GetKeyLastUsage",
            Self::GetKeyPolicy => "GetKeyPolicy",
            Self::GetKeyRotationStatus => "GetKeyRotationStatus",
            Self::GetParametersForImport => "GetParametersForImport",
            Self::GetPublicKey => "GetPublicKey",
            Self::ImportKeyMaterial => "ImportKeyMaterial",
            Self::ListAliases => "ListAliases",
            Self::ListGrants => "ListGrants",
            Self::ListKeyPolicies => "ListKeyPolicies",
            Self::ListKeyRotations => "ListKeyRotations",
            Self::ListKeys => "ListKeys",
            Self::ListResourceTags => "ListResourceTags",
            Self::ListRetirableGrants => "ListRetirableGrants",
            Self::PutKeyPolicy => "PutKeyPolicy",
            Self::ReEncrypt => "ReEncrypt",
            Self::ReplicateKey => "ReplicateKey",
            Self::RetireGrant => "RetireGrant",
            Self::RevokeGrant => "RevokeGrant",
            Self::RotateKeyOnDemand => "RotateKeyOnDemand",
            Self::ScheduleKeyDeletion => "ScheduleKeyDeletion",
            Self::Sign => "Sign",
            Self::TagResource => "TagResource",
            Self::UntagResource => "UntagResource",
            Self::UpdateAlias => "UpdateAlias",
            Self::UpdateCustomKeyStore => "UpdateCustomKeyStore",
            Self::UpdateKeyDescription => "UpdateKeyDescription",
            Self::UpdatePrimaryRegion => "UpdatePrimaryRegion",
            Self::Verify => "Verify",
            Self::VerifyMac => "VerifyMac",
        }
    }

    /// What its requests may hold.
    pub fn shape(self) -> &'static Shape {
        match self {
            Self::CancelKeyDeletion => &CANCEL_KEY_DELETION_REQUEST,
            Self::ConnectCustomKeyStore => &CONNECT_CUSTOM_KEY_STORE_REQUEST,
            Self::CreateAlias => &CREATE_ALIAS_REQUEST,
            Self::CreateCustomKeyStore => &CREATE_CUSTOM_KEY_STORE_REQUEST,
            Self::CreateGrant => &CREATE_GRANT_REQUEST,
            Self::CreateKey => &CREATE_KEY_REQUEST,
            Self::Decapsulate => &DECAPSULATE_REQUEST,
            Self::Decrypt => &DECRYPT_REQUEST,
            Self::DeleteAlias => &DELETE_ALIAS_REQUEST,
            Self::DeleteCustomKeyStore => &DELETE_CUSTOM_KEY_STORE_REQUEST,
            Self::DeleteImportedKeyMaterial => &DELETE_IMPORTED_KEY_MATERIAL_REQUEST,
            Self::DeriveSharedSecret => &DERIVE_SHARED_SECRET_REQUEST,
            Self::DescribeCustomKeyStores => &DESCRIBE_CUSTOM_KEY_STORES_REQUEST,
            Self::DescribeKey => &DESCRIBE_KEY_REQUEST,
            Self::DisableKey => &DISABLE_KEY_REQUEST,
            Self::DisableKeyRotation => &DISABLE_KEY_ROTATION_REQUEST,
            Self::DisconnectCustomKeyStore => &DISCONNECT_CUSTOM_KEY_STORE_REQUEST,
            Self::EnableKey => &ENABLE_KEY_REQUEST,
            Self::EnableKeyRotation => &ENABLE_KEY_ROTATION_REQUEST,
            Self::Encapsulate => &ENCAPSULATE_REQUEST,
            Self::Encrypt => &ENCRYPT_REQUEST,
            Self::GenerateDataKey => &GENERATE_DATA_KEY_REQUEST,
            Self::GenerateDataKeyPair => &GENERATE_DATA_KEY_PAIR_REQUEST,
            Self::GenerateDataKeyPairWithoutPlaintext => &GENERATE_DATA_KEY_PAIR_WITHOUT_PLAINTEXT_REQUEST,
            Self::GenerateDataKeyWithoutPlaintext => &GENERATE_DATA_KEY_WITHOUT_PLAINTEXT_REQUEST,
            Self::GenerateMac => &GENERATE_MAC_REQUEST,
            Self::GenerateRandom => &GENERATE_RANDOM_REQUEST,
            Self::GetKeyLastUsage => &GET_KEY_LAST_USAGE_REQUEST,
            Self::GetKeyPolicy => &GET_KEY_POLICY_REQUEST,
            Self::GetKeyRotationStatus => &GET_KEY_ROTATION_STATUS_REQUEST,
            Self::GetParametersForImport => &GET_PARAMETERS_FOR_IMPORT_REQUEST,
            Self::GetPublicKey => &GET_PUBLIC_KEY_REQUEST,
            Self::ImportKeyMaterial => &IMPORT_KEY_MATERIAL_REQUEST,
            Self::ListAliases => &LIST_ALIASES_REQUEST,
            Self::ListGrants => &LIST_GRANTS_REQUEST,
            Self::ListKeyPolicies => &LIST_KEY_POLICIES_REQUEST,
            Self::ListKeyRotations => &LIST_KEY_ROTATIONS_REQUEST,
            Self::ListKeys => &LIST_KEYS_REQUEST,
            Self::ListResourceTags => &LIST_RESOURCE_TAGS_REQUEST,
            Self::ListRetirableGrants => &LIST_RETIRABLE_GRANTS_REQUEST,
            Self::PutKeyPolicy => &PUT_KEY_POLICY_REQUEST,
            Self::ReEncrypt => &RE_ENCRYPT_REQUEST,
            Self::ReplicateKey => &REPLICATE_KEY_REQUEST,
            Self::RetireGrant => &RETIRE_GRANT_REQUEST,
            Self::RevokeGrant => &REVOKE_GRANT_REQUEST,
            Self::RotateKeyOnDemand => &ROTATE_KEY_ON_DEMAND_REQUEST,
            Self::ScheduleKeyDeletion => &SCHEDULE_KEY_DELETION_REQUEST,
            Self::Sign => &SIGN_REQUEST,
            Self::TagResource => &TAG_RESOURCE_REQUEST,
            Self::UntagResource => &UNTAG_RESOURCE_REQUEST,
            Self::UpdateAlias => &UPDATE_ALIAS_REQUEST,
            Self::UpdateCustomKeyStore => &UPDATE_CUSTOM_KEY_STORE_REQUEST,
            Self::UpdateKeyDescription => &UPDATE_KEY_DESCRIPTION_REQUEST,
            Self::UpdatePrimaryRegion => &UPDATE_PRIMARY_REGION_REQUEST,
            Self::Verify => &VERIFY_REQUEST,
            Self::VerifyMac => &VERIFY_MAC_REQUEST,
        }
    }
}

/// `AlgorithmSpec`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AlgorithmSpec {
    /// `RSAES_PKCS1_V1_5`
    RsaesPkcs1V15,
    /// `RSAES_OAEP_SHA_1`
    RsaesOaepSha1,
    /// `RSAES_OAEP_SHA_256`
    RsaesOaepSha256,
    /// `RSA_AES_KEY_WRAP_SHA_1`
    RsaAesKeyWrapSha1,
    /// `RSA_AES_KEY_WRAP_SHA_256`
    RsaAesKeyWrapSha256,
    /// `SM2PKE`
    Sm2pke,
}

impl AlgorithmSpec {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::RsaesPkcs1V15, "RSAES_PKCS1_V1_5"),
        (Self::RsaesOaepSha1, "RSAES_OAEP_SHA_1"),
        (Self::RsaesOaepSha256, "RSAES_OAEP_SHA_256"),
        (Self::RsaAesKeyWrapSha1, "RSA_AES_KEY_WRAP_SHA_1"),
        (Self::RsaAesKeyWrapSha256, "RSA_AES_KEY_WRAP_SHA_256"),
        (Self::Sm2pke, "SM2PKE"),
    ];
    const MESSAGE: &'static [&'static str] = &[
        "RSAES_PKCS1_V1_5",
        "RSAES_OAEP_SHA_1",
        "RSAES_OAEP_SHA_256",
        "RSA_AES_KEY_WRAP_SHA_1",
        "RSA_AES_KEY_WRAP_SHA_256",
        "SM2PKE",
    ];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::RsaesPkcs1V15 => "RSAES_PKCS1_V1_5",
            Self::RsaesOaepSha1 => "RSAES_OAEP_SHA_1",
            Self::RsaesOaepSha256 => "RSAES_OAEP_SHA_256",
            Self::RsaAesKeyWrapSha1 => "RSA_AES_KEY_WRAP_SHA_1",
            Self::RsaAesKeyWrapSha256 => "RSA_AES_KEY_WRAP_SHA_256",
            Self::Sm2pke => "SM2PKE",
        }
    }
}

impl Decode for AlgorithmSpec {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for AlgorithmSpec {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `ConnectionErrorCodeType`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConnectionErrorCodeType {
    /// `INVALID_CREDENTIALS`
    InvalidCredentials,
    /// `CLUSTER_NOT_FOUND`
    ClusterNotFound,
    /// `NETWORK_ERRORS`
    NetworkErrors,
    /// `INTERNAL_ERROR`
    InternalError,
    /// `INSUFFICIENT_CLOUDHSM_HSMS`
    InsufficientCloudhsmHsms,
    /// `USER_LOCKED_OUT`
    UserLockedOut,
    /// `USER_NOT_FOUND`
    UserNotFound,
    /// `USER_LOGGED_IN`
    UserLoggedIn,
    /// `SUBNET_NOT_FOUND`
    SubnetNotFound,
    /// `INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET`
    InsufficientFreeAddressesInSubnet,
    /// `XKS_PROXY_ACCESS_DENIED`
    XksProxyAccessDenied,
    /// `XKS_PROXY_NOT_REACHABLE`
    XksProxyNotReachable,
    /// `XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND`
    XksVpcEndpointServiceNotFound,
    /// `XKS_PROXY_INVALID_RESPONSE`
    XksProxyInvalidResponse,
    /// `XKS_PROXY_INVALID_CONFIGURATION`
    XksProxyInvalidConfiguration,
    /// `XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION`
    XksVpcEndpointServiceInvalidConfiguration,
    /// `XKS_PROXY_TIMED_OUT`
    XksProxyTimedOut,
    /// `XKS_PROXY_INVALID_TLS_CONFIGURATION`
    XksProxyInvalidTlsConfiguration,
}

impl ConnectionErrorCodeType {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::InvalidCredentials, "INVALID_CREDENTIALS"),
        (Self::ClusterNotFound, "CLUSTER_NOT_FOUND"),
        (Self::NetworkErrors, "NETWORK_ERRORS"),
        (Self::InternalError, "INTERNAL_ERROR"),
        (Self::InsufficientCloudhsmHsms, "INSUFFICIENT_CLOUDHSM_HSMS"),
        (Self::UserLockedOut, "USER_LOCKED_OUT"),
        (Self::UserNotFound, "USER_NOT_FOUND"),
        (Self::UserLoggedIn, "USER_LOGGED_IN"),
        (Self::SubnetNotFound, "SUBNET_NOT_FOUND"),
        (Self::InsufficientFreeAddressesInSubnet, "INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET"),
        (Self::XksProxyAccessDenied, "XKS_PROXY_ACCESS_DENIED"),
        (Self::XksProxyNotReachable, "XKS_PROXY_NOT_REACHABLE"),
        (Self::XksVpcEndpointServiceNotFound, "XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND"),
        (Self::XksProxyInvalidResponse, "XKS_PROXY_INVALID_RESPONSE"),
        (Self::XksProxyInvalidConfiguration, "XKS_PROXY_INVALID_CONFIGURATION"),
        (Self::XksVpcEndpointServiceInvalidConfiguration, "XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION"),
        (Self::XksProxyTimedOut, "XKS_PROXY_TIMED_OUT"),
        (Self::XksProxyInvalidTlsConfiguration, "XKS_PROXY_INVALID_TLS_CONFIGURATION"),
    ];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidCredentials => "INVALID_CREDENTIALS",
            Self::ClusterNotFound => "CLUSTER_NOT_FOUND",
            Self::NetworkErrors => "NETWORK_ERRORS",
            Self::InternalError => "INTERNAL_ERROR",
            Self::InsufficientCloudhsmHsms => "INSUFFICIENT_CLOUDHSM_HSMS",
            Self::UserLockedOut => "USER_LOCKED_OUT",
            Self::UserNotFound => "USER_NOT_FOUND",
            Self::UserLoggedIn => "USER_LOGGED_IN",
            Self::SubnetNotFound => "SUBNET_NOT_FOUND",
            Self::InsufficientFreeAddressesInSubnet => "INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET",
            Self::XksProxyAccessDenied => "XKS_PROXY_ACCESS_DENIED",
            Self::XksProxyNotReachable => "XKS_PROXY_NOT_REACHABLE",
            Self::XksVpcEndpointServiceNotFound => "XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND",
            Self::XksProxyInvalidResponse => "XKS_PROXY_INVALID_RESPONSE",
            Self::XksProxyInvalidConfiguration => "XKS_PROXY_INVALID_CONFIGURATION",
            Self::XksVpcEndpointServiceInvalidConfiguration => "XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION",
            Self::XksProxyTimedOut => "XKS_PROXY_TIMED_OUT",
            Self::XksProxyInvalidTlsConfiguration => "XKS_PROXY_INVALID_TLS_CONFIGURATION",
        }
    }
}

impl Decode for ConnectionErrorCodeType {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for ConnectionErrorCodeType {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `ConnectionStateType`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConnectionStateType {
    /// `CONNECTED`
    Connected,
    /// `CONNECTING`
    Connecting,
    /// `FAILED`
    Failed,
    /// `DISCONNECTED`
    Disconnected,
    /// `DISCONNECTING`
    Disconnecting,
}

impl ConnectionStateType {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Connected, "CONNECTED"),
        (Self::Connecting, "CONNECTING"),
        (Self::Failed, "FAILED"),
        (Self::Disconnected, "DISCONNECTED"),
        (Self::Disconnecting, "DISCONNECTING"),
    ];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connected => "CONNECTED",
            Self::Connecting => "CONNECTING",
            Self::Failed => "FAILED",
            Self::Disconnected => "DISCONNECTED",
            Self::Disconnecting => "DISCONNECTING",
        }
    }
}

impl Decode for ConnectionStateType {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for ConnectionStateType {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `CustomKeyStoreType`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CustomKeyStoreType {
    /// `AWS_CLOUDHSM`
    AwsCloudhsm,
    /// `EXTERNAL_KEY_STORE`
    ExternalKeyStore,
}

impl CustomKeyStoreType {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] =
        &[(Self::AwsCloudhsm, "AWS_CLOUDHSM"), (Self::ExternalKeyStore, "EXTERNAL_KEY_STORE")];
    const MESSAGE: &'static [&'static str] = &["AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::AwsCloudhsm => "AWS_CLOUDHSM",
            Self::ExternalKeyStore => "EXTERNAL_KEY_STORE",
        }
    }
}

impl Decode for CustomKeyStoreType {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for CustomKeyStoreType {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `CustomerMasterKeySpec`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CustomerMasterKeySpec {
    /// `RSA_2048`
    Rsa2048,
    /// `RSA_3072`
    Rsa3072,
    /// `RSA_4096`
    Rsa4096,
    /// `ECC_NIST_P256`
    EccNistP256,
    /// `ECC_NIST_P384`
    EccNistP384,
    /// `ECC_NIST_P521`
    EccNistP521,
    /// `ECC_SECG_P256K1`
    EccSecgP256k1,
    /// `SYMMETRIC_DEFAULT`
    SymmetricDefault,
    /// `HMAC_224`
    Hmac224,
    /// `HMAC_256`
    Hmac256,
    /// `HMAC_384`
    Hmac384,
    /// `HMAC_512`
    Hmac512,
    /// `SM2`
    Sm2,
}

impl CustomerMasterKeySpec {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Rsa2048, "RSA_2048"),
        (Self::Rsa3072, "RSA_3072"),
        (Self::Rsa4096, "RSA_4096"),
        (Self::EccNistP256, "ECC_NIST_P256"),
        (Self::EccNistP384, "ECC_NIST_P384"),
        (Self::EccNistP521, "ECC_NIST_P521"),
        (Self::EccSecgP256k1, "ECC_SECG_P256K1"),
        (Self::SymmetricDefault, "SYMMETRIC_DEFAULT"),
        (Self::Hmac224, "HMAC_224"),
        (Self::Hmac256, "HMAC_256"),
        (Self::Hmac384, "HMAC_384"),
        (Self::Hmac512, "HMAC_512"),
        (Self::Sm2, "SM2"),
    ];
    const MESSAGE: &'static [&'static str] = &[
        "RSA_2048",
        "RSA_3072",
        "RSA_4096",
        "ECC_NIST_P256",
        "ECC_NIST_P384",
        "ECC_NIST_P521",
        "ECC_SECG_P256K1",
        "SYMMETRIC_DEFAULT",
        "HMAC_224",
        "HMAC_256",
        "HMAC_384",
        "HMAC_512",
        "SM2",
    ];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSA_2048",
            Self::Rsa3072 => "RSA_3072",
            Self::Rsa4096 => "RSA_4096",
            Self::EccNistP256 => "ECC_NIST_P256",
            Self::EccNistP384 => "ECC_NIST_P384",
            Self::EccNistP521 => "ECC_NIST_P521",
            Self::EccSecgP256k1 => "ECC_SECG_P256K1",
            Self::SymmetricDefault => "SYMMETRIC_DEFAULT",
            Self::Hmac224 => "HMAC_224",
            Self::Hmac256 => "HMAC_256",
            Self::Hmac384 => "HMAC_384",
            Self::Hmac512 => "HMAC_512",
            Self::Sm2 => "SM2",
        }
    }
}

impl Decode for CustomerMasterKeySpec {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for CustomerMasterKeySpec {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `DataKeyPairSpec`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DataKeyPairSpec {
    /// `RSA_2048`
    Rsa2048,
    /// `RSA_3072`
    Rsa3072,
    /// `RSA_4096`
    Rsa4096,
    /// `ECC_NIST_P256`
    EccNistP256,
    /// `ECC_NIST_P384`
    EccNistP384,
    /// `ECC_NIST_P521`
    EccNistP521,
    /// `ECC_SECG_P256K1`
    EccSecgP256k1,
    /// `SM2`
    Sm2,
    /// `ECC_NIST_EDWARDS25519`
    EccNistEdwards25519,
    /// `ML_KEM_512`
    MlKem512,
    /// `ML_KEM_768`
    MlKem768,
    /// `ML_KEM_1024`
    MlKem1024,
}

impl DataKeyPairSpec {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Rsa2048, "RSA_2048"),
        (Self::Rsa3072, "RSA_3072"),
        (Self::Rsa4096, "RSA_4096"),
        (Self::EccNistP256, "ECC_NIST_P256"),
        (Self::EccNistP384, "ECC_NIST_P384"),
        (Self::EccNistP521, "ECC_NIST_P521"),
        (Self::EccSecgP256k1, "ECC_SECG_P256K1"),
        (Self::Sm2, "SM2"),
        (Self::EccNistEdwards25519, "ECC_NIST_EDWARDS25519"),
        (Self::MlKem512, "ML_KEM_512"),
        (Self::MlKem768, "ML_KEM_768"),
        (Self::MlKem1024, "ML_KEM_1024"),
    ];
    const MESSAGE: &'static [&'static str] = &[
        "RSA_2048",
        "RSA_3072",
        "RSA_4096",
        "ECC_NIST_P256",
        "ECC_NIST_P384",
        "ECC_NIST_P521",
        "ECC_SECG_P256K1",
        "SM2",
        "ECC_NIST_EDWARDS25519",
        "ML_KEM_512",
        "ML_KEM_768",
        "ML_KEM_1024",
    ];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSA_2048",
            Self::Rsa3072 => "RSA_3072",
            Self::Rsa4096 => "RSA_4096",
            Self::EccNistP256 => "ECC_NIST_P256",
            Self::EccNistP384 => "ECC_NIST_P384",
            Self::EccNistP521 => "ECC_NIST_P521",
            Self::EccSecgP256k1 => "ECC_SECG_P256K1",
            Self::Sm2 => "SM2",
            Self::EccNistEdwards25519 => "ECC_NIST_EDWARDS25519",
            Self::MlKem512 => "ML_KEM_512",
            Self::MlKem768 => "ML_KEM_768",
            Self::MlKem1024 => "ML_KEM_1024",
        }
    }
}

impl Decode for DataKeyPairSpec {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for DataKeyPairSpec {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `DataKeySpec`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DataKeySpec {
    /// `AES_256`
    Aes256,
    /// `AES_128`
    Aes128,
}

impl DataKeySpec {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[(Self::Aes256, "AES_256"), (Self::Aes128, "AES_128")];
    const MESSAGE: &'static [&'static str] = &["AES_256", "AES_128"];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aes256 => "AES_256",
            Self::Aes128 => "AES_128",
        }
    }
}

impl Decode for DataKeySpec {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for DataKeySpec {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `DryRunModifierType`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DryRunModifierType {
    /// `IGNORE_CIPHERTEXT`
    IgnoreCiphertext,
}

impl DryRunModifierType {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[(Self::IgnoreCiphertext, "IGNORE_CIPHERTEXT")];
    const MESSAGE: &'static [&'static str] = &["IGNORE_CIPHERTEXT"];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::IgnoreCiphertext => "IGNORE_CIPHERTEXT",
        }
    }
}

impl Decode for DryRunModifierType {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for DryRunModifierType {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `EncapsulationAlgorithmSpec`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EncapsulationAlgorithmSpec {
    /// `ML_KEM`
    MlKem,
}

impl EncapsulationAlgorithmSpec {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[(Self::MlKem, "ML_KEM")];
    const MESSAGE: &'static [&'static str] = &["ML_KEM"];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::MlKem => "ML_KEM",
        }
    }
}

impl Decode for EncapsulationAlgorithmSpec {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for EncapsulationAlgorithmSpec {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `EncryptionAlgorithmSpec`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EncryptionAlgorithmSpec {
    /// `SYMMETRIC_DEFAULT`
    SymmetricDefault,
    /// `RSAES_OAEP_SHA_1`
    RsaesOaepSha1,
    /// `RSAES_OAEP_SHA_256`
    RsaesOaepSha256,
    /// `SM2PKE`
    Sm2pke,
}

impl EncryptionAlgorithmSpec {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::SymmetricDefault, "SYMMETRIC_DEFAULT"),
        (Self::RsaesOaepSha1, "RSAES_OAEP_SHA_1"),
        (Self::RsaesOaepSha256, "RSAES_OAEP_SHA_256"),
        (Self::Sm2pke, "SM2PKE"),
    ];
    const MESSAGE: &'static [&'static str] = &["SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "SM2PKE"];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::SymmetricDefault => "SYMMETRIC_DEFAULT",
            Self::RsaesOaepSha1 => "RSAES_OAEP_SHA_1",
            Self::RsaesOaepSha256 => "RSAES_OAEP_SHA_256",
            Self::Sm2pke => "SM2PKE",
        }
    }
}

impl Decode for EncryptionAlgorithmSpec {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for EncryptionAlgorithmSpec {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `ExpirationModelType`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ExpirationModelType {
    /// `KEY_MATERIAL_EXPIRES`
    KeyMaterialExpires,
    /// `KEY_MATERIAL_DOES_NOT_EXPIRE`
    KeyMaterialDoesNotExpire,
}

impl ExpirationModelType {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::KeyMaterialExpires, "KEY_MATERIAL_EXPIRES"),
        (Self::KeyMaterialDoesNotExpire, "KEY_MATERIAL_DOES_NOT_EXPIRE"),
    ];
    const MESSAGE: &'static [&'static str] = &["KEY_MATERIAL_EXPIRES", "KEY_MATERIAL_DOES_NOT_EXPIRE"];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::KeyMaterialExpires => "KEY_MATERIAL_EXPIRES",
            Self::KeyMaterialDoesNotExpire => "KEY_MATERIAL_DOES_NOT_EXPIRE",
        }
    }
}

impl Decode for ExpirationModelType {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for ExpirationModelType {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `GrantOperation`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GrantOperation {
    /// `Decrypt`
    Decrypt,
    /// `Encrypt`
    Encrypt,
    /// `GenerateDataKey`
    GenerateDataKey,
    /// `GenerateDataKeyWithoutPlaintext`
    GenerateDataKeyWithoutPlaintext,
    /// `ReEncryptFrom`
    ReEncryptFrom,
    /// `ReEncryptTo`
    ReEncryptTo,
    /// `Sign`
    Sign,
    /// `Verify`
    Verify,
    /// `GetPublicKey`
    GetPublicKey,
    /// `CreateGrant`
    CreateGrant,
    /// `RetireGrant`
    RetireGrant,
    /// `DescribeKey`
    DescribeKey,
    /// `GenerateDataKeyPair`
    GenerateDataKeyPair,
    /// `GenerateDataKeyPairWithoutPlaintext`
    GenerateDataKeyPairWithoutPlaintext,
    /// `GenerateMac`
    GenerateMac,
    /// `VerifyMac`
    VerifyMac,
    /// `DeriveSharedSecret`
    DeriveSharedSecret,
    /// `Encapsulate`
    Encapsulate,
    /// `Decapsulate`
    Decapsulate,
}

impl GrantOperation {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Decrypt, "Decrypt"),
        (Self::Encrypt, "Encrypt"),
        (Self::GenerateDataKey, "GenerateDataKey"),
        (Self::GenerateDataKeyWithoutPlaintext, "GenerateDataKeyWithoutPlaintext"),
        (Self::ReEncryptFrom, "ReEncryptFrom"),
        (Self::ReEncryptTo, "ReEncryptTo"),
        (Self::Sign, "Sign"),
        (Self::Verify, "Verify"),
        (Self::GetPublicKey, "GetPublicKey"),
        (Self::CreateGrant, "CreateGrant"),
        (Self::RetireGrant, "RetireGrant"),
        (Self::DescribeKey, "DescribeKey"),
        (Self::GenerateDataKeyPair, "GenerateDataKeyPair"),
        (Self::GenerateDataKeyPairWithoutPlaintext, "GenerateDataKeyPairWithoutPlaintext"),
        (Self::GenerateMac, "GenerateMac"),
        (Self::VerifyMac, "VerifyMac"),
        (Self::DeriveSharedSecret, "DeriveSharedSecret"),
        (Self::Encapsulate, "Encapsulate"),
        (Self::Decapsulate, "Decapsulate"),
    ];
    const MESSAGE: &'static [&'static str] = &[
        "Decrypt",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyWithoutPlaintext",
        "ReEncryptFrom",
        "ReEncryptTo",
        "Sign",
        "Verify",
        "GetPublicKey",
        "CreateGrant",
        "RetireGrant",
        "DescribeKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateMac",
        "VerifyMac",
        "DeriveSharedSecret",
        "Encapsulate",
        "Decapsulate",
    ];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Decrypt => "Decrypt",
            Self::Encrypt => "Encrypt",
            Self::GenerateDataKey => "GenerateDataKey",
            Self::GenerateDataKeyWithoutPlaintext => "GenerateDataKeyWithoutPlaintext",
            Self::ReEncryptFrom => "ReEncryptFrom",
            Self::ReEncryptTo => "ReEncryptTo",
            Self::Sign => "Sign",
            Self::Verify => "Verify",
            Self::GetPublicKey => "GetPublicKey",
            Self::CreateGrant => "CreateGrant",
            Self::RetireGrant => "RetireGrant",
            Self::DescribeKey => "DescribeKey",
            Self::GenerateDataKeyPair => "GenerateDataKeyPair",
            Self::GenerateDataKeyPairWithoutPlaintext => "GenerateDataKeyPairWithoutPlaintext",
            Self::GenerateMac => "GenerateMac",
            Self::VerifyMac => "VerifyMac",
            Self::DeriveSharedSecret => "DeriveSharedSecret",
            Self::Encapsulate => "Encapsulate",
            Self::Decapsulate => "Decapsulate",
        }
    }
}

impl Decode for GrantOperation {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for GrantOperation {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `ImportState`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ImportState {
    /// `IMPORTED`
    Imported,
    /// `PENDING_IMPORT`
    PendingImport,
}

impl ImportState {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] =
        &[(Self::Imported, "IMPORTED"), (Self::PendingImport, "PENDING_IMPORT")];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Imported => "IMPORTED",
            Self::PendingImport => "PENDING_IMPORT",
        }
    }
}

impl Decode for ImportState {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for ImportState {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `ImportType`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ImportType {
    /// `NEW_KEY_MATERIAL`
    NewKeyMaterial,
    /// `EXISTING_KEY_MATERIAL`
    ExistingKeyMaterial,
}

impl ImportType {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] =
        &[(Self::NewKeyMaterial, "NEW_KEY_MATERIAL"), (Self::ExistingKeyMaterial, "EXISTING_KEY_MATERIAL")];
    const MESSAGE: &'static [&'static str] = &["NEW_KEY_MATERIAL", "EXISTING_KEY_MATERIAL"];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::NewKeyMaterial => "NEW_KEY_MATERIAL",
            Self::ExistingKeyMaterial => "EXISTING_KEY_MATERIAL",
        }
    }
}

impl Decode for ImportType {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for ImportType {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `IncludeKeyMaterial`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IncludeKeyMaterial {
    /// `ALL_KEY_MATERIAL`
    AllKeyMaterial,
    /// `ROTATIONS_ONLY`
    RotationsOnly,
}

impl IncludeKeyMaterial {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] =
        &[(Self::AllKeyMaterial, "ALL_KEY_MATERIAL"), (Self::RotationsOnly, "ROTATIONS_ONLY")];
    const MESSAGE: &'static [&'static str] = &["ALL_KEY_MATERIAL", "ROTATIONS_ONLY"];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::AllKeyMaterial => "ALL_KEY_MATERIAL",
            Self::RotationsOnly => "ROTATIONS_ONLY",
        }
    }
}

impl Decode for IncludeKeyMaterial {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for IncludeKeyMaterial {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `KeyAgreementAlgorithmSpec`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyAgreementAlgorithmSpec {
    /// `ECDH`
    Ecdh,
}

impl KeyAgreementAlgorithmSpec {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[(Self::Ecdh, "ECDH")];
    const MESSAGE: &'static [&'static str] = &["ECDH"];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ecdh => "ECDH",
        }
    }
}

impl Decode for KeyAgreementAlgorithmSpec {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for KeyAgreementAlgorithmSpec {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `KeyEncryptionMechanism`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyEncryptionMechanism {
    /// `RSAES_OAEP_SHA_256`
    RsaesOaepSha256,
}

impl KeyEncryptionMechanism {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[(Self::RsaesOaepSha256, "RSAES_OAEP_SHA_256")];
    const MESSAGE: &'static [&'static str] = &["RSAES_OAEP_SHA_256"];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::RsaesOaepSha256 => "RSAES_OAEP_SHA_256",
        }
    }
}

impl Decode for KeyEncryptionMechanism {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for KeyEncryptionMechanism {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `KeyLastUsageTrackingOperation`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyLastUsageTrackingOperation {
    /// `Decrypt`
    Decrypt,
    /// `DeriveSharedSecret`
    DeriveSharedSecret,
    /// `Encrypt`
    Encrypt,
    /// `GenerateDataKey`
    GenerateDataKey,
    /// `GenerateDataKeyPair`
    GenerateDataKeyPair,
    /// `GenerateDataKeyPairWithoutPlaintext`
    GenerateDataKeyPairWithoutPlaintext,
    /// `GenerateDataKeyWithoutPlaintext`
    GenerateDataKeyWithoutPlaintext,
    /// `GenerateMac`
    GenerateMac,
    /// `ReEncrypt`
    ReEncrypt,
    /// `Sign`
    Sign,
    /// `Verify`
    Verify,
    /// `VerifyMac`
    VerifyMac,
    /// `Encapsulate`
    Encapsulate,
    /// `Decapsulate`
    Decapsulate,
}

impl KeyLastUsageTrackingOperation {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Decrypt, "Decrypt"),
        (Self::DeriveSharedSecret, "DeriveSharedSecret"),
        (Self::Encrypt, "Encrypt"),
        (Self::GenerateDataKey, "GenerateDataKey"),
        (Self::GenerateDataKeyPair, "GenerateDataKeyPair"),
        (Self::GenerateDataKeyPairWithoutPlaintext, "GenerateDataKeyPairWithoutPlaintext"),
        (Self::GenerateDataKeyWithoutPlaintext, "GenerateDataKeyWithoutPlaintext"),
        (Self::GenerateMac, "GenerateMac"),
        (Self::ReEncrypt, "ReEncrypt"),
        (Self::Sign, "Sign"),
        (Self::Verify, "Verify"),
        (Self::VerifyMac, "VerifyMac"),
        (Self::Encapsulate, "Encapsulate"),
        (Self::Decapsulate, "Decapsulate"),
    ];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Decrypt => "Decrypt",
            Self::DeriveSharedSecret => "DeriveSharedSecret",
            Self::Encrypt => "Encrypt",
            Self::GenerateDataKey => "GenerateDataKey",
            Self::GenerateDataKeyPair => "GenerateDataKeyPair",
            Self::GenerateDataKeyPairWithoutPlaintext => "GenerateDataKeyPairWithoutPlaintext",
            Self::GenerateDataKeyWithoutPlaintext => "GenerateDataKeyWithoutPlaintext",
            Self::GenerateMac => "GenerateMac",
            Self::ReEncrypt => "ReEncrypt",
            Self::Sign => "Sign",
            Self::Verify => "Verify",
            Self::VerifyMac => "VerifyMac",
            Self::Encapsulate => "Encapsulate",
            Self::Decapsulate => "Decapsulate",
        }
    }
}

impl Decode for KeyLastUsageTrackingOperation {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for KeyLastUsageTrackingOperation {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `KeyManagerType`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyManagerType {
    /// `AWS`
    Aws,
    /// `CUSTOMER`
    Customer,
}

impl KeyManagerType {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[(Self::Aws, "AWS"), (Self::Customer, "CUSTOMER")];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::Customer => "CUSTOMER",
        }
    }
}

impl Decode for KeyManagerType {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for KeyManagerType {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `KeyMaterialState`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyMaterialState {
    /// `NON_CURRENT`
    NonCurrent,
    /// `CURRENT`
    Current,
    /// `PENDING_ROTATION`
    PendingRotation,
    /// `PENDING_MULTI_REGION_IMPORT_AND_ROTATION`
    PendingMultiRegionImportAndRotation,
}

impl KeyMaterialState {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::NonCurrent, "NON_CURRENT"),
        (Self::Current, "CURRENT"),
        (Self::PendingRotation, "PENDING_ROTATION"),
        (Self::PendingMultiRegionImportAndRotation, "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"),
    ];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::NonCurrent => "NON_CURRENT",
            Self::Current => "CURRENT",
            Self::PendingRotation => "PENDING_ROTATION",
            Self::PendingMultiRegionImportAndRotation => "PENDING_MULTI_REGION_IMPORT_AND_ROTATION",
        }
    }
}

impl Decode for KeyMaterialState {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for KeyMaterialState {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `KeySpec`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeySpec {
    /// `RSA_2048`
    Rsa2048,
    /// `RSA_3072`
    Rsa3072,
    /// `RSA_4096`
    Rsa4096,
    /// `ECC_NIST_P256`
    EccNistP256,
    /// `ECC_NIST_P384`
    EccNistP384,
    /// `ECC_NIST_P521`
    EccNistP521,
    /// `ECC_SECG_P256K1`
    EccSecgP256k1,
    /// `SYMMETRIC_DEFAULT`
    SymmetricDefault,
    /// `HMAC_224`
    Hmac224,
    /// `HMAC_256`
    Hmac256,
    /// `HMAC_384`
    Hmac384,
    /// `HMAC_512`
    Hmac512,
    /// `SM2`
    Sm2,
    /// `ML_DSA_44`
    MlDsa44,
    /// `ML_DSA_65`
    MlDsa65,
    /// `ML_DSA_87`
    MlDsa87,
    /// `ECC_NIST_EDWARDS25519`
    EccNistEdwards25519,
    /// `ML_KEM_512`
    MlKem512,
    /// `ML_KEM_768`
    MlKem768,
    /// `ML_KEM_1024`
    MlKem1024,
}

impl KeySpec {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Rsa2048, "RSA_2048"),
        (Self::Rsa3072, "RSA_3072"),
        (Self::Rsa4096, "RSA_4096"),
        (Self::EccNistP256, "ECC_NIST_P256"),
        (Self::EccNistP384, "ECC_NIST_P384"),
        (Self::EccNistP521, "ECC_NIST_P521"),
        (Self::EccSecgP256k1, "ECC_SECG_P256K1"),
        (Self::SymmetricDefault, "SYMMETRIC_DEFAULT"),
        (Self::Hmac224, "HMAC_224"),
        (Self::Hmac256, "HMAC_256"),
        (Self::Hmac384, "HMAC_384"),
        (Self::Hmac512, "HMAC_512"),
        (Self::Sm2, "SM2"),
        (Self::MlDsa44, "ML_DSA_44"),
        (Self::MlDsa65, "ML_DSA_65"),
        (Self::MlDsa87, "ML_DSA_87"),
        (Self::EccNistEdwards25519, "ECC_NIST_EDWARDS25519"),
        (Self::MlKem512, "ML_KEM_512"),
        (Self::MlKem768, "ML_KEM_768"),
        (Self::MlKem1024, "ML_KEM_1024"),
    ];
    const MESSAGE: &'static [&'static str] = &[
        "RSA_2048",
        "ECC_NIST_P384",
        "ECC_NIST_P256",
        "ECC_NIST_P521",
        "HMAC_384",
        "RSA_3072",
        "ECC_SECG_P256K1",
        "RSA_4096",
        "SYMMETRIC_DEFAULT",
        "HMAC_256",
        "HMAC_224",
        "HMAC_512",
        "SM2",
        "ML_DSA_44",
        "ML_DSA_65",
        "ML_DSA_87",
        "ECC_NIST_EDWARDS25519",
        "ML_KEM_512",
        "ML_KEM_768",
        "ML_KEM_1024",
    ];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSA_2048",
            Self::Rsa3072 => "RSA_3072",
            Self::Rsa4096 => "RSA_4096",
            Self::EccNistP256 => "ECC_NIST_P256",
            Self::EccNistP384 => "ECC_NIST_P384",
            Self::EccNistP521 => "ECC_NIST_P521",
            Self::EccSecgP256k1 => "ECC_SECG_P256K1",
            Self::SymmetricDefault => "SYMMETRIC_DEFAULT",
            Self::Hmac224 => "HMAC_224",
            Self::Hmac256 => "HMAC_256",
            Self::Hmac384 => "HMAC_384",
            Self::Hmac512 => "HMAC_512",
            Self::Sm2 => "SM2",
            Self::MlDsa44 => "ML_DSA_44",
            Self::MlDsa65 => "ML_DSA_65",
            Self::MlDsa87 => "ML_DSA_87",
            Self::EccNistEdwards25519 => "ECC_NIST_EDWARDS25519",
            Self::MlKem512 => "ML_KEM_512",
            Self::MlKem768 => "ML_KEM_768",
            Self::MlKem1024 => "ML_KEM_1024",
        }
    }
}

impl Decode for KeySpec {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for KeySpec {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `KeyState`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyState {
    /// `Creating`
    Creating,
    /// `Enabled`
    Enabled,
    /// `Disabled`
    Disabled,
    /// `PendingDeletion`
    PendingDeletion,
    /// `PendingImport`
    PendingImport,
    /// `PendingReplicaDeletion`
    PendingReplicaDeletion,
    /// `Unavailable`
    Unavailable,
    /// `Updating`
    Updating,
}

impl KeyState {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Creating, "Creating"),
        (Self::Enabled, "Enabled"),
        (Self::Disabled, "Disabled"),
        (Self::PendingDeletion, "PendingDeletion"),
        (Self::PendingImport, "PendingImport"),
        (Self::PendingReplicaDeletion, "PendingReplicaDeletion"),
        (Self::Unavailable, "Unavailable"),
        (Self::Updating, "Updating"),
    ];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Creating => "Creating",
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
            Self::PendingDeletion => "PendingDeletion",
            Self::PendingImport => "PendingImport",
            Self::PendingReplicaDeletion => "PendingReplicaDeletion",
            Self::Unavailable => "Unavailable",
            Self::Updating => "Updating",
        }
    }
}

impl Decode for KeyState {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for KeyState {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `KeyUsageType`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyUsageType {
    /// `SIGN_VERIFY`
    SignVerify,
    /// `ENCRYPT_DECRYPT`
    EncryptDecrypt,
    /// `GENERATE_VERIFY_MAC`
    GenerateVerifyMac,
    /// `KEY_AGREEMENT`
    KeyAgreement,
    /// `ENCAPSULATE_DECAPSULATE`
    EncapsulateDecapsulate,
}

impl KeyUsageType {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::SignVerify, "SIGN_VERIFY"),
        (Self::EncryptDecrypt, "ENCRYPT_DECRYPT"),
        (Self::GenerateVerifyMac, "GENERATE_VERIFY_MAC"),
        (Self::KeyAgreement, "KEY_AGREEMENT"),
        (Self::EncapsulateDecapsulate, "ENCAPSULATE_DECAPSULATE"),
    ];
    const MESSAGE: &'static [&'static str] =
        &["ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT", "ENCAPSULATE_DECAPSULATE"];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::SignVerify => "SIGN_VERIFY",
            Self::EncryptDecrypt => "ENCRYPT_DECRYPT",
            Self::GenerateVerifyMac => "GENERATE_VERIFY_MAC",
            Self::KeyAgreement => "KEY_AGREEMENT",
            Self::EncapsulateDecapsulate => "ENCAPSULATE_DECAPSULATE",
        }
    }
}

impl Decode for KeyUsageType {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for KeyUsageType {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `MacAlgorithmSpec`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MacAlgorithmSpec {
    /// `HMAC_SHA_224`
    HmacSha224,
    /// `HMAC_SHA_256`
    HmacSha256,
    /// `HMAC_SHA_384`
    HmacSha384,
    /// `HMAC_SHA_512`
    HmacSha512,
}

impl MacAlgorithmSpec {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::HmacSha224, "HMAC_SHA_224"),
        (Self::HmacSha256, "HMAC_SHA_256"),
        (Self::HmacSha384, "HMAC_SHA_384"),
        (Self::HmacSha512, "HMAC_SHA_512"),
    ];
    const MESSAGE: &'static [&'static str] = &["HMAC_SHA_384", "HMAC_SHA_256", "HMAC_SHA_224", "HMAC_SHA_512"];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::HmacSha224 => "HMAC_SHA_224",
            Self::HmacSha256 => "HMAC_SHA_256",
            Self::HmacSha384 => "HMAC_SHA_384",
            Self::HmacSha512 => "HMAC_SHA_512",
        }
    }
}

impl Decode for MacAlgorithmSpec {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for MacAlgorithmSpec {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `MessageType`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MessageType {
    /// `RAW`
    Raw,
    /// `DIGEST`
    Digest,
    /// `EXTERNAL_MU`
    ExternalMu,
}

impl MessageType {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] =
        &[(Self::Raw, "RAW"), (Self::Digest, "DIGEST"), (Self::ExternalMu, "EXTERNAL_MU")];
    const MESSAGE: &'static [&'static str] = &["RAW", "DIGEST", "EXTERNAL_MU"];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Raw => "RAW",
            Self::Digest => "DIGEST",
            Self::ExternalMu => "EXTERNAL_MU",
        }
    }
}

impl Decode for MessageType {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for MessageType {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `MultiRegionKeyType`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MultiRegionKeyType {
    /// `PRIMARY`
    Primary,
    /// `REPLICA`
    Replica,
}

impl MultiRegionKeyType {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[(Self::Primary, "PRIMARY"), (Self::Replica, "REPLICA")];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Primary => "PRIMARY",
            Self::Replica => "REPLICA",
        }
    }
}

impl Decode for MultiRegionKeyType {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for MultiRegionKeyType {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `OriginType`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OriginType {
    /// `AWS_KMS`
    AwsKms,
    /// `EXTERNAL`
    External,
    /// `AWS_CLOUDHSM`
    AwsCloudhsm,
    /// `EXTERNAL_KEY_STORE`
    ExternalKeyStore,
}

impl OriginType {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::AwsKms, "AWS_KMS"),
        (Self::External, "EXTERNAL"),
        (Self::AwsCloudhsm, "AWS_CLOUDHSM"),
        (Self::ExternalKeyStore, "EXTERNAL_KEY_STORE"),
    ];
    const MESSAGE: &'static [&'static str] = &["AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::AwsKms => "AWS_KMS",
            Self::External => "EXTERNAL",
            Self::AwsCloudhsm => "AWS_CLOUDHSM",
            Self::ExternalKeyStore => "EXTERNAL_KEY_STORE",
        }
    }
}

impl Decode for OriginType {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for OriginType {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `ResourceOwnerType`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourceOwnerType {
    /// `SELF`
    Own,
    /// `OTHER_ACCOUNTS_VIA_RAM`
    OtherAccountsViaRam,
}

impl ResourceOwnerType {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] =
        &[(Self::Own, "SELF"), (Self::OtherAccountsViaRam, "OTHER_ACCOUNTS_VIA_RAM")];
    const MESSAGE: &'static [&'static str] = &["SELF", "OTHER_ACCOUNTS_VIA_RAM"];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => "SELF",
            Self::OtherAccountsViaRam => "OTHER_ACCOUNTS_VIA_RAM",
        }
    }
}

impl Decode for ResourceOwnerType {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for ResourceOwnerType {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `RotationType`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RotationType {
    /// `AUTOMATIC`
    Automatic,
    /// `ON_DEMAND`
    OnDemand,
}

impl RotationType {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[(Self::Automatic, "AUTOMATIC"), (Self::OnDemand, "ON_DEMAND")];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Automatic => "AUTOMATIC",
            Self::OnDemand => "ON_DEMAND",
        }
    }
}

impl Decode for RotationType {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for RotationType {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `SigningAlgorithmSpec`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SigningAlgorithmSpec {
    /// `RSASSA_PSS_SHA_256`
    RsassaPssSha256,
    /// `RSASSA_PSS_SHA_384`
    RsassaPssSha384,
    /// `RSASSA_PSS_SHA_512`
    RsassaPssSha512,
    /// `RSASSA_PKCS1_V1_5_SHA_256`
    RsassaPkcs1V15Sha256,
    /// `RSASSA_PKCS1_V1_5_SHA_384`
    RsassaPkcs1V15Sha384,
    /// `RSASSA_PKCS1_V1_5_SHA_512`
    RsassaPkcs1V15Sha512,
    /// `ECDSA_SHA_256`
    EcdsaSha256,
    /// `ECDSA_SHA_384`
    EcdsaSha384,
    /// `ECDSA_SHA_512`
    EcdsaSha512,
    /// `SM2DSA`
    Sm2dsa,
    /// `ML_DSA_SHAKE_256`
    MlDsaShake256,
    /// `ED25519_SHA_512`
    Ed25519Sha512,
    /// `ED25519_PH_SHA_512`
    Ed25519PhSha512,
}

impl SigningAlgorithmSpec {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::RsassaPssSha256, "RSASSA_PSS_SHA_256"),
        (Self::RsassaPssSha384, "RSASSA_PSS_SHA_384"),
        (Self::RsassaPssSha512, "RSASSA_PSS_SHA_512"),
        (Self::RsassaPkcs1V15Sha256, "RSASSA_PKCS1_V1_5_SHA_256"),
        (Self::RsassaPkcs1V15Sha384, "RSASSA_PKCS1_V1_5_SHA_384"),
        (Self::RsassaPkcs1V15Sha512, "RSASSA_PKCS1_V1_5_SHA_512"),
        (Self::EcdsaSha256, "ECDSA_SHA_256"),
        (Self::EcdsaSha384, "ECDSA_SHA_384"),
        (Self::EcdsaSha512, "ECDSA_SHA_512"),
        (Self::Sm2dsa, "SM2DSA"),
        (Self::MlDsaShake256, "ML_DSA_SHAKE_256"),
        (Self::Ed25519Sha512, "ED25519_SHA_512"),
        (Self::Ed25519PhSha512, "ED25519_PH_SHA_512"),
    ];
    const MESSAGE: &'static [&'static str] = &[
        "RSASSA_PSS_SHA_256",
        "RSASSA_PSS_SHA_384",
        "RSASSA_PSS_SHA_512",
        "RSASSA_PKCS1_V1_5_SHA_256",
        "RSASSA_PKCS1_V1_5_SHA_384",
        "RSASSA_PKCS1_V1_5_SHA_512",
        "ECDSA_SHA_256",
        "ECDSA_SHA_384",
        "ECDSA_SHA_512",
        "SM2DSA",
        "ML_DSA_SHAKE_256",
        "ED25519_SHA_512",
        "ED25519_PH_SHA_512",
    ];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::RsassaPssSha256 => "RSASSA_PSS_SHA_256",
            Self::RsassaPssSha384 => "RSASSA_PSS_SHA_384",
            Self::RsassaPssSha512 => "RSASSA_PSS_SHA_512",
            Self::RsassaPkcs1V15Sha256 => "RSASSA_PKCS1_V1_5_SHA_256",
            Self::RsassaPkcs1V15Sha384 => "RSASSA_PKCS1_V1_5_SHA_384",
            Self::RsassaPkcs1V15Sha512 => "RSASSA_PKCS1_V1_5_SHA_512",
            Self::EcdsaSha256 => "ECDSA_SHA_256",
            Self::EcdsaSha384 => "ECDSA_SHA_384",
            Self::EcdsaSha512 => "ECDSA_SHA_512",
            Self::Sm2dsa => "SM2DSA",
            Self::MlDsaShake256 => "ML_DSA_SHAKE_256",
            Self::Ed25519Sha512 => "ED25519_SHA_512",
            Self::Ed25519PhSha512 => "ED25519_PH_SHA_512",
        }
    }
}

impl Decode for SigningAlgorithmSpec {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for SigningAlgorithmSpec {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `WrappingKeySpec`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WrappingKeySpec {
    /// `RSA_2048`
    Rsa2048,
    /// `RSA_3072`
    Rsa3072,
    /// `RSA_4096`
    Rsa4096,
    /// `SM2`
    Sm2,
}

impl WrappingKeySpec {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] =
        &[(Self::Rsa2048, "RSA_2048"), (Self::Rsa3072, "RSA_3072"), (Self::Rsa4096, "RSA_4096"), (Self::Sm2, "SM2")];
    const MESSAGE: &'static [&'static str] = &["RSA_2048", "RSA_3072", "RSA_4096", "SM2"];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSA_2048",
            Self::Rsa3072 => "RSA_3072",
            Self::Rsa4096 => "RSA_4096",
            Self::Sm2 => "SM2",
        }
    }
}

impl Decode for WrappingKeySpec {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for WrappingKeySpec {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

/// `XksProxyConnectivityType`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum XksProxyConnectivityType {
    /// `PUBLIC_ENDPOINT`
    PublicEndpoint,
    /// `VPC_ENDPOINT_SERVICE`
    VpcEndpointService,
}

impl XksProxyConnectivityType {
    /// Each value with its name.
    pub const ALL: &'static [(Self, &'static str)] =
        &[(Self::PublicEndpoint, "PUBLIC_ENDPOINT"), (Self::VpcEndpointService, "VPC_ENDPOINT_SERVICE")];
    const MESSAGE: &'static [&'static str] = &["PUBLIC_ENDPOINT", "VPC_ENDPOINT_SERVICE"];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::PublicEndpoint => "PUBLIC_ENDPOINT",
            Self::VpcEndpointService => "VPC_ENDPOINT_SERVICE",
        }
    }
}

impl Decode for XksProxyConnectivityType {
    fn decode(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Encode for XksProxyConnectivityType {
    fn encode(&self, out: &mut String) {
        self.name().encode(out);
    }
}

static ACCOUNT_ID_TYPE: Shape = Shape { kind: Kind::Text, min: Some(12), max: Some(12), pattern: Some("[0-9]{12}") };

static ALGORITHM_SPEC: Shape = Shape { kind: Kind::Enum(AlgorithmSpec::MESSAGE), min: None, max: None, pattern: None };

static ALIAS_NAME_TYPE: Shape =
    Shape { kind: Kind::Text, min: Some(1), max: Some(256), pattern: Some("^[a-zA-Z0-9:/_-]+$") };

static ATTESTATION_DOCUMENT_TYPE: Shape = Shape { kind: Kind::Blob, min: Some(1), max: Some(262144), pattern: None };

static BACKING_KEY_ID_TYPE: Shape =
    Shape { kind: Kind::Text, min: Some(64), max: Some(64), pattern: Some("^[a-f0-9]+$") };

static BOOLEAN_TYPE: Shape = Shape { kind: Kind::Boolean, min: None, max: None, pattern: None };

/// The shape of `CancelKeyDeletionRequest`.
pub static CANCEL_KEY_DELETION_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true }]),
    min: None,
    max: None,
    pattern: None,
};

static CIPHERTEXT_TYPE: Shape = Shape { kind: Kind::Blob, min: Some(1), max: Some(6144), pattern: None };

static CLOUD_HSM_CLUSTER_ID_TYPE: Shape =
    Shape { kind: Kind::Text, min: Some(19), max: Some(24), pattern: Some("cluster-[2-7a-zA-Z]{11,16}") };

/// The shape of `ConnectCustomKeyStoreRequest`.
pub static CONNECT_CUSTOM_KEY_STORE_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[Member { name: "CustomKeyStoreId", shape: &CUSTOM_KEY_STORE_ID_TYPE, required: true }]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `CreateAliasRequest`.
pub static CREATE_ALIAS_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "AliasName", shape: &ALIAS_NAME_TYPE, required: true },
        Member { name: "TargetKeyId", shape: &KEY_ID_TYPE, required: true },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `CreateCustomKeyStoreRequest`.
pub static CREATE_CUSTOM_KEY_STORE_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "CustomKeyStoreName", shape: &CUSTOM_KEY_STORE_NAME_TYPE, required: true },
        Member { name: "CloudHsmClusterId", shape: &CLOUD_HSM_CLUSTER_ID_TYPE, required: false },
        Member { name: "TrustAnchorCertificate", shape: &TRUST_ANCHOR_CERTIFICATE_TYPE, required: false },
        Member { name: "KeyStorePassword", shape: &KEY_STORE_PASSWORD_TYPE, required: false },
        Member { name: "CustomKeyStoreType", shape: &CUSTOM_KEY_STORE_TYPE, required: false },
        Member { name: "XksProxyUriEndpoint", shape: &XKS_PROXY_URI_ENDPOINT_TYPE, required: false },
        Member { name: "XksProxyUriPath", shape: &XKS_PROXY_URI_PATH_TYPE, required: false },
        Member {
            name: "XksProxyVpcEndpointServiceName",
            shape: &XKS_PROXY_VPC_ENDPOINT_SERVICE_NAME_TYPE,
            required: false,
        },
        Member { name: "XksProxyVpcEndpointServiceOwner", shape: &ACCOUNT_ID_TYPE, required: false },
        Member {
            name: "XksProxyAuthenticationCredential",
            shape: &XKS_PROXY_AUTHENTICATION_CREDENTIAL_TYPE,
            required: false,
        },
        Member { name: "XksProxyConnectivity", shape: &XKS_PROXY_CONNECTIVITY_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `CreateGrantRequest`.
pub static CREATE_GRANT_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "GranteePrincipal", shape: &PRINCIPAL_ID_TYPE, required: false },
        Member { name: "RetiringPrincipal", shape: &PRINCIPAL_ID_TYPE, required: false },
        Member { name: "Operations", shape: &GRANT_OPERATION_LIST, required: true },
        Member { name: "Constraints", shape: &GRANT_CONSTRAINTS, required: false },
        Member { name: "GrantTokens", shape: &GRANT_TOKEN_LIST, required: false },
        Member { name: "Name", shape: &GRANT_NAME_TYPE, required: false },
        Member { name: "DryRun", shape: &NULLABLE_BOOLEAN_TYPE, required: false },
        Member { name: "GranteeServicePrincipal", shape: &SERVICE_PRINCIPAL_TYPE, required: false },
        Member { name: "RetiringServicePrincipal", shape: &SERVICE_PRINCIPAL_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `CreateKeyRequest`.
pub static CREATE_KEY_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "Policy", shape: &POLICY_TYPE, required: false },
        Member { name: "Description", shape: &DESCRIPTION_TYPE, required: false },
        Member { name: "KeyUsage", shape: &KEY_USAGE_TYPE, required: false },
        Member { name: "CustomerMasterKeySpec", shape: &CUSTOMER_MASTER_KEY_SPEC, required: false },
        Member { name: "KeySpec", shape: &KEY_SPEC, required: false },
        Member { name: "Origin", shape: &ORIGIN_TYPE, required: false },
        Member { name: "CustomKeyStoreId", shape: &CUSTOM_KEY_STORE_ID_TYPE, required: false },
        Member { name: "BypassPolicyLockoutSafetyCheck", shape: &BOOLEAN_TYPE, required: false },
        Member { name: "Tags", shape: &TAG_LIST, required: false },
        Member { name: "MultiRegion", shape: &NULLABLE_BOOLEAN_TYPE, required: false },
        Member { name: "XksKeyId", shape: &XKS_KEY_ID_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

static CUSTOM_KEY_STORE_ID_TYPE: Shape = Shape { kind: Kind::Text, min: Some(1), max: Some(64), pattern: None };

static CUSTOM_KEY_STORE_NAME_TYPE: Shape = Shape { kind: Kind::Text, min: Some(1), max: Some(256), pattern: None };

static CUSTOM_KEY_STORE_TYPE: Shape =
    Shape { kind: Kind::Enum(CustomKeyStoreType::MESSAGE), min: None, max: None, pattern: None };

static CUSTOMER_MASTER_KEY_SPEC: Shape =
    Shape { kind: Kind::Enum(CustomerMasterKeySpec::MESSAGE), min: None, max: None, pattern: None };

static DATA_KEY_PAIR_SPEC: Shape =
    Shape { kind: Kind::Enum(DataKeyPairSpec::MESSAGE), min: None, max: None, pattern: None };

static DATA_KEY_SPEC: Shape = Shape { kind: Kind::Enum(DataKeySpec::MESSAGE), min: None, max: None, pattern: None };

static DATE_TYPE: Shape = Shape { kind: Kind::Time, min: None, max: None, pattern: None };

/// The shape of `DecapsulateRequest`.
pub static DECAPSULATE_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "SharedSecretCiphertextBlob", shape: &CIPHERTEXT_TYPE, required: true },
        Member { name: "EncapsulationAlgorithm", shape: &ENCAPSULATION_ALGORITHM_SPEC, required: true },
        Member { name: "GrantTokens", shape: &GRANT_TOKEN_LIST, required: false },
        Member { name: "DryRun", shape: &NULLABLE_BOOLEAN_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `DecryptRequest`.
pub static DECRYPT_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "CiphertextBlob", shape: &CIPHERTEXT_TYPE, required: false },
        Member { name: "EncryptionContext", shape: &ENCRYPTION_CONTEXT_TYPE, required: false },
        Member { name: "GrantTokens", shape: &GRANT_TOKEN_LIST, required: false },
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: false },
        Member { name: "EncryptionAlgorithm", shape: &ENCRYPTION_ALGORITHM_SPEC, required: false },
        Member { name: "Recipient", shape: &RECIPIENT_INFO, required: false },
        Member { name: "DryRun", shape: &NULLABLE_BOOLEAN_TYPE, required: false },
        Member { name: "DryRunModifiers", shape: &DRY_RUN_MODIFIER_LIST, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `DeleteAliasRequest`.
pub static DELETE_ALIAS_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[Member { name: "AliasName", shape: &ALIAS_NAME_TYPE, required: true }]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `DeleteCustomKeyStoreRequest`.
pub static DELETE_CUSTOM_KEY_STORE_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[Member { name: "CustomKeyStoreId", shape: &CUSTOM_KEY_STORE_ID_TYPE, required: true }]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `DeleteImportedKeyMaterialRequest`.
pub static DELETE_IMPORTED_KEY_MATERIAL_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "KeyMaterialId", shape: &BACKING_KEY_ID_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `DeriveSharedSecretRequest`.
pub static DERIVE_SHARED_SECRET_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "KeyAgreementAlgorithm", shape: &KEY_AGREEMENT_ALGORITHM_SPEC, required: true },
        Member { name: "PublicKey", shape: &PUBLIC_KEY_TYPE, required: true },
        Member { name: "GrantTokens", shape: &GRANT_TOKEN_LIST, required: false },
        Member { name: "DryRun", shape: &NULLABLE_BOOLEAN_TYPE, required: false },
        Member { name: "Recipient", shape: &RECIPIENT_INFO, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `DescribeCustomKeyStoresRequest`.
pub static DESCRIBE_CUSTOM_KEY_STORES_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "CustomKeyStoreId", shape: &CUSTOM_KEY_STORE_ID_TYPE, required: false },
        Member { name: "CustomKeyStoreName", shape: &CUSTOM_KEY_STORE_NAME_TYPE, required: false },
        Member { name: "Limit", shape: &LIMIT_TYPE, required: false },
        Member { name: "Marker", shape: &MARKER_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `DescribeKeyRequest`.
pub static DESCRIBE_KEY_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "GrantTokens", shape: &GRANT_TOKEN_LIST, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

static DESCRIPTION_TYPE: Shape = Shape { kind: Kind::Text, min: Some(0), max: Some(8192), pattern: None };

/// The shape of `DisableKeyRequest`.
pub static DISABLE_KEY_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true }]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `DisableKeyRotationRequest`.
pub static DISABLE_KEY_ROTATION_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true }]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `DisconnectCustomKeyStoreRequest`.
pub static DISCONNECT_CUSTOM_KEY_STORE_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[Member { name: "CustomKeyStoreId", shape: &CUSTOM_KEY_STORE_ID_TYPE, required: true }]),
    min: None,
    max: None,
    pattern: None,
};

static DRY_RUN_MODIFIER_LIST: Shape =
    Shape { kind: Kind::List(&DRY_RUN_MODIFIER_TYPE), min: None, max: None, pattern: None };

static DRY_RUN_MODIFIER_TYPE: Shape =
    Shape { kind: Kind::Enum(DryRunModifierType::MESSAGE), min: None, max: None, pattern: None };

/// The shape of `EnableKeyRequest`.
pub static ENABLE_KEY_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true }]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `EnableKeyRotationRequest`.
pub static ENABLE_KEY_ROTATION_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "RotationPeriodInDays", shape: &ROTATION_PERIOD_IN_DAYS_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `EncapsulateRequest`.
pub static ENCAPSULATE_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "EncapsulationAlgorithm", shape: &ENCAPSULATION_ALGORITHM_SPEC, required: true },
        Member { name: "GrantTokens", shape: &GRANT_TOKEN_LIST, required: false },
        Member { name: "DryRun", shape: &NULLABLE_BOOLEAN_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

static ENCAPSULATION_ALGORITHM_SPEC: Shape =
    Shape { kind: Kind::Enum(EncapsulationAlgorithmSpec::MESSAGE), min: None, max: None, pattern: None };

/// The shape of `EncryptRequest`.
pub static ENCRYPT_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "Plaintext", shape: &PLAINTEXT_TYPE, required: true },
        Member { name: "EncryptionContext", shape: &ENCRYPTION_CONTEXT_TYPE, required: false },
        Member { name: "GrantTokens", shape: &GRANT_TOKEN_LIST, required: false },
        Member { name: "EncryptionAlgorithm", shape: &ENCRYPTION_ALGORITHM_SPEC, required: false },
        Member { name: "DryRun", shape: &NULLABLE_BOOLEAN_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

static ENCRYPTION_ALGORITHM_SPEC: Shape =
    Shape { kind: Kind::Enum(EncryptionAlgorithmSpec::MESSAGE), min: None, max: None, pattern: None };

static ENCRYPTION_CONTEXT_KEY: Shape = Shape { kind: Kind::Text, min: None, max: None, pattern: None };

static ENCRYPTION_CONTEXT_TYPE: Shape =
    Shape { kind: Kind::Map(&ENCRYPTION_CONTEXT_KEY, &ENCRYPTION_CONTEXT_VALUE), min: None, max: None, pattern: None };

static ENCRYPTION_CONTEXT_VALUE: Shape = Shape { kind: Kind::Text, min: None, max: None, pattern: None };

static EXPIRATION_MODEL_TYPE: Shape =
    Shape { kind: Kind::Enum(ExpirationModelType::MESSAGE), min: None, max: None, pattern: None };

/// The shape of `GenerateDataKeyPairRequest`.
pub static GENERATE_DATA_KEY_PAIR_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "EncryptionContext", shape: &ENCRYPTION_CONTEXT_TYPE, required: false },
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "KeyPairSpec", shape: &DATA_KEY_PAIR_SPEC, required: true },
        Member { name: "GrantTokens", shape: &GRANT_TOKEN_LIST, required: false },
        Member { name: "Recipient", shape: &RECIPIENT_INFO, required: false },
        Member { name: "DryRun", shape: &NULLABLE_BOOLEAN_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `GenerateDataKeyPairWithoutPlaintextRequest`.
pub static GENERATE_DATA_KEY_PAIR_WITHOUT_PLAINTEXT_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "EncryptionContext", shape: &ENCRYPTION_CONTEXT_TYPE, required: false },
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "KeyPairSpec", shape: &DATA_KEY_PAIR_SPEC, required: true },
        Member { name: "GrantTokens", shape: &GRANT_TOKEN_LIST, required: false },
        Member { name: "DryRun", shape: &NULLABLE_BOOLEAN_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `GenerateDataKeyRequest`.
pub static GENERATE_DATA_KEY_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "EncryptionContext", shape: &ENCRYPTION_CONTEXT_TYPE, required: false },
        Member { name: "NumberOfBytes", shape: &NUMBER_OF_BYTES_TYPE, required: false },
        Member { name: "KeySpec", shape: &DATA_KEY_SPEC, required: false },
        Member { name: "GrantTokens", shape: &GRANT_TOKEN_LIST, required: false },
        Member { name: "Recipient", shape: &RECIPIENT_INFO, required: false },
        Member { name: "DryRun", shape: &NULLABLE_BOOLEAN_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `GenerateDataKeyWithoutPlaintextRequest`.
pub static GENERATE_DATA_KEY_WITHOUT_PLAINTEXT_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "EncryptionContext", shape: &ENCRYPTION_CONTEXT_TYPE, required: false },
        Member { name: "KeySpec", shape: &DATA_KEY_SPEC, required: false },
        Member { name: "NumberOfBytes", shape: &NUMBER_OF_BYTES_TYPE, required: false },
        Member { name: "GrantTokens", shape: &GRANT_TOKEN_LIST, required: false },
        Member { name: "DryRun", shape: &NULLABLE_BOOLEAN_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `GenerateMacRequest`.
pub static GENERATE_MAC_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "Message", shape: &PLAINTEXT_TYPE, required: true },
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "MacAlgorithm", shape: &MAC_ALGORITHM_SPEC, required: true },
        Member { name: "GrantTokens", shape: &GRANT_TOKEN_LIST, required: false },
        Member { name: "DryRun", shape: &NULLABLE_BOOLEAN_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `GenerateRandomRequest`.
pub static GENERATE_RANDOM_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "NumberOfBytes", shape: &NUMBER_OF_BYTES_TYPE, required: false },
        Member { name: "CustomKeyStoreId", shape: &CUSTOM_KEY_STORE_ID_TYPE, required: false },
        Member { name: "Recipient", shape: &RECIPIENT_INFO, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `GetKeyLastUsageRequest`.
pub static GET_KEY_LAST_USAGE_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true }]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `GetKeyPolicyRequest`.
pub static GET_KEY_POLICY_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "PolicyName", shape: &POLICY_NAME_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `GetKeyRotationStatusRequest`.
pub static GET_KEY_ROTATION_STATUS_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true }]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `GetParametersForImportRequest`.
pub static GET_PARAMETERS_FOR_IMPORT_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "WrappingAlgorithm", shape: &ALGORITHM_SPEC, required: true },
        Member { name: "WrappingKeySpec", shape: &WRAPPING_KEY_SPEC, required: true },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `GetPublicKeyRequest`.
pub static GET_PUBLIC_KEY_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "GrantTokens", shape: &GRANT_TOKEN_LIST, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

static GRANT_CONSTRAINT_SOURCE_ARN_TYPE: Shape = Shape {
    kind: Kind::Text,
    min: Some(20),
    max: Some(512),
    pattern: Some("^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$"),
};

static GRANT_CONSTRAINTS: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "EncryptionContextSubset", shape: &ENCRYPTION_CONTEXT_TYPE, required: false },
        Member { name: "EncryptionContextEquals", shape: &ENCRYPTION_CONTEXT_TYPE, required: false },
        Member { name: "SourceArn", shape: &GRANT_CONSTRAINT_SOURCE_ARN_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

static GRANT_ID_TYPE: Shape = Shape { kind: Kind::Text, min: Some(1), max: Some(128), pattern: None };

static GRANT_NAME_TYPE: Shape =
    Shape { kind: Kind::Text, min: Some(1), max: Some(256), pattern: Some("^[a-zA-Z0-9:/_-]+$") };

static GRANT_OPERATION: Shape =
    Shape { kind: Kind::Enum(GrantOperation::MESSAGE), min: None, max: None, pattern: None };

static GRANT_OPERATION_LIST: Shape = Shape { kind: Kind::List(&GRANT_OPERATION), min: None, max: None, pattern: None };

static GRANT_TOKEN_LIST: Shape =
    Shape { kind: Kind::List(&GRANT_TOKEN_TYPE), min: Some(0), max: Some(10), pattern: None };

static GRANT_TOKEN_TYPE: Shape = Shape { kind: Kind::Text, min: Some(1), max: Some(8192), pattern: None };

/// The shape of `ImportKeyMaterialRequest`.
pub static IMPORT_KEY_MATERIAL_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "ImportToken", shape: &CIPHERTEXT_TYPE, required: true },
        Member { name: "EncryptedKeyMaterial", shape: &CIPHERTEXT_TYPE, required: true },
        Member { name: "ValidTo", shape: &DATE_TYPE, required: false },
        Member { name: "ExpirationModel", shape: &EXPIRATION_MODEL_TYPE, required: false },
        Member { name: "ImportType", shape: &IMPORT_TYPE, required: false },
        Member { name: "KeyMaterialDescription", shape: &KEY_MATERIAL_DESCRIPTION_TYPE, required: false },
        Member { name: "KeyMaterialId", shape: &BACKING_KEY_ID_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

static IMPORT_TYPE: Shape = Shape { kind: Kind::Enum(ImportType::MESSAGE), min: None, max: None, pattern: None };

static INCLUDE_KEY_MATERIAL: Shape =
    Shape { kind: Kind::Enum(IncludeKeyMaterial::MESSAGE), min: None, max: None, pattern: None };

static KEY_AGREEMENT_ALGORITHM_SPEC: Shape =
    Shape { kind: Kind::Enum(KeyAgreementAlgorithmSpec::MESSAGE), min: None, max: None, pattern: None };

static KEY_ENCRYPTION_MECHANISM: Shape =
    Shape { kind: Kind::Enum(KeyEncryptionMechanism::MESSAGE), min: None, max: None, pattern: None };

static KEY_ID_TYPE: Shape = Shape { kind: Kind::Text, min: Some(1), max: Some(2048), pattern: None };

static KEY_MATERIAL_DESCRIPTION_TYPE: Shape =
    Shape { kind: Kind::Text, min: Some(0), max: Some(256), pattern: Some("^[a-zA-Z0-9:/_\\s.-]+$") };

static KEY_SPEC: Shape = Shape { kind: Kind::Enum(KeySpec::MESSAGE), min: None, max: None, pattern: None };

static KEY_STORE_PASSWORD_TYPE: Shape = Shape { kind: Kind::SecretText, min: Some(7), max: Some(32), pattern: None };

static KEY_USAGE_TYPE: Shape = Shape { kind: Kind::Enum(KeyUsageType::MESSAGE), min: None, max: None, pattern: None };

static LIMIT_TYPE: Shape = Shape { kind: Kind::Integer, min: Some(1), max: Some(1000), pattern: None };

/// The shape of `ListAliasesRequest`.
pub static LIST_ALIASES_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: false },
        Member { name: "Limit", shape: &LIMIT_TYPE, required: false },
        Member { name: "Marker", shape: &MARKER_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `ListGrantsRequest`.
pub static LIST_GRANTS_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "Limit", shape: &LIMIT_TYPE, required: false },
        Member { name: "Marker", shape: &MARKER_TYPE, required: false },
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "GrantId", shape: &GRANT_ID_TYPE, required: false },
        Member { name: "GranteePrincipal", shape: &PRINCIPAL_ID_TYPE, required: false },
        Member { name: "GranteeServicePrincipal", shape: &SERVICE_PRINCIPAL_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `ListKeyPoliciesRequest`.
pub static LIST_KEY_POLICIES_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "Limit", shape: &LIMIT_TYPE, required: false },
        Member { name: "Marker", shape: &MARKER_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `ListKeyRotationsRequest`.
pub static LIST_KEY_ROTATIONS_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "IncludeKeyMaterial", shape: &INCLUDE_KEY_MATERIAL, required: false },
        Member { name: "Limit", shape: &LIMIT_TYPE, required: false },
        Member { name: "Marker", shape: &MARKER_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `ListKeysRequest`.
pub static LIST_KEYS_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "Limit", shape: &LIMIT_TYPE, required: false },
        Member { name: "Marker", shape: &MARKER_TYPE, required: false },
        Member { name: "ResourceOwners", shape: &RESOURCE_OWNERS_LIST, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `ListResourceTagsRequest`.
pub static LIST_RESOURCE_TAGS_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "Limit", shape: &LIMIT_TYPE, required: false },
        Member { name: "Marker", shape: &MARKER_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `ListRetirableGrantsRequest`.
pub static LIST_RETIRABLE_GRANTS_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "Limit", shape: &LIMIT_TYPE, required: false },
        Member { name: "Marker", shape: &MARKER_TYPE, required: false },
        Member { name: "RetiringPrincipal", shape: &PRINCIPAL_ID_TYPE, required: false },
        Member { name: "RetiringServicePrincipal", shape: &SERVICE_PRINCIPAL_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

static MAC_ALGORITHM_SPEC: Shape =
    Shape { kind: Kind::Enum(MacAlgorithmSpec::MESSAGE), min: None, max: None, pattern: None };

static MARKER_TYPE: Shape =
    Shape { kind: Kind::Text, min: Some(1), max: Some(1024), pattern: Some("[\\u0020-\\u00FF]*") };

static MESSAGE_TYPE: Shape = Shape { kind: Kind::Enum(MessageType::MESSAGE), min: None, max: None, pattern: None };

static NULLABLE_BOOLEAN_TYPE: Shape = Shape { kind: Kind::Boolean, min: None, max: None, pattern: None };

static NUMBER_OF_BYTES_TYPE: Shape = Shape { kind: Kind::Integer, min: Some(1), max: Some(1024), pattern: None };

static ORIGIN_TYPE: Shape = Shape { kind: Kind::Enum(OriginType::MESSAGE), min: None, max: None, pattern: None };

static PENDING_WINDOW_IN_DAYS_TYPE: Shape = Shape { kind: Kind::Integer, min: Some(1), max: Some(365), pattern: None };

static PLAINTEXT_TYPE: Shape = Shape { kind: Kind::SecretBlob, min: Some(1), max: Some(4096), pattern: None };

static POLICY_NAME_TYPE: Shape = Shape { kind: Kind::Text, min: Some(1), max: Some(128), pattern: Some("[\\w]+") };

static POLICY_TYPE: Shape = Shape {
    kind: Kind::Text,
    min: Some(1),
    max: Some(131072),
    pattern: Some("[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"),
};

static PRINCIPAL_ID_TYPE: Shape =
    Shape { kind: Kind::Text, min: Some(1), max: Some(256), pattern: Some("^[\\w+=,.@:/-]+$") };

static PUBLIC_KEY_TYPE: Shape = Shape { kind: Kind::Blob, min: Some(1), max: Some(8192), pattern: None };

/// The shape of `PutKeyPolicyRequest`.
pub static PUT_KEY_POLICY_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "PolicyName", shape: &POLICY_NAME_TYPE, required: false },
        Member { name: "Policy", shape: &POLICY_TYPE, required: true },
        Member { name: "BypassPolicyLockoutSafetyCheck", shape: &BOOLEAN_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `ReEncryptRequest`.
pub static RE_ENCRYPT_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "CiphertextBlob", shape: &CIPHERTEXT_TYPE, required: false },
        Member { name: "SourceEncryptionContext", shape: &ENCRYPTION_CONTEXT_TYPE, required: false },
        Member { name: "SourceKeyId", shape: &KEY_ID_TYPE, required: false },
        Member { name: "DestinationKeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "DestinationEncryptionContext", shape: &ENCRYPTION_CONTEXT_TYPE, required: false },
        Member { name: "SourceEncryptionAlgorithm", shape: &ENCRYPTION_ALGORITHM_SPEC, required: false },
        Member { name: "DestinationEncryptionAlgorithm", shape: &ENCRYPTION_ALGORITHM_SPEC, required: false },
        Member { name: "GrantTokens", shape: &GRANT_TOKEN_LIST, required: false },
        Member { name: "DryRun", shape: &NULLABLE_BOOLEAN_TYPE, required: false },
        Member { name: "DryRunModifiers", shape: &DRY_RUN_MODIFIER_LIST, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

static RECIPIENT_INFO: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyEncryptionAlgorithm", shape: &KEY_ENCRYPTION_MECHANISM, required: false },
        Member { name: "AttestationDocument", shape: &ATTESTATION_DOCUMENT_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

static REGION_TYPE: Shape =
    Shape { kind: Kind::Text, min: Some(1), max: Some(32), pattern: Some("^([a-z]+-){2,3}\\d+$") };

/// The shape of `ReplicateKeyRequest`.
pub static REPLICATE_KEY_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "ReplicaRegion", shape: &REGION_TYPE, required: true },
        Member { name: "Policy", shape: &POLICY_TYPE, required: false },
        Member { name: "BypassPolicyLockoutSafetyCheck", shape: &BOOLEAN_TYPE, required: false },
        Member { name: "Description", shape: &DESCRIPTION_TYPE, required: false },
        Member { name: "Tags", shape: &TAG_LIST, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

static RESOURCE_OWNER_TYPE: Shape =
    Shape { kind: Kind::Enum(ResourceOwnerType::MESSAGE), min: None, max: None, pattern: None };

static RESOURCE_OWNERS_LIST: Shape =
    Shape { kind: Kind::List(&RESOURCE_OWNER_TYPE), min: Some(1), max: Some(2), pattern: None };

/// The shape of `RetireGrantRequest`.
pub static RETIRE_GRANT_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "GrantToken", shape: &GRANT_TOKEN_TYPE, required: false },
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: false },
        Member { name: "GrantId", shape: &GRANT_ID_TYPE, required: false },
        Member { name: "DryRun", shape: &NULLABLE_BOOLEAN_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `RevokeGrantRequest`.
pub static REVOKE_GRANT_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "GrantId", shape: &GRANT_ID_TYPE, required: true },
        Member { name: "DryRun", shape: &NULLABLE_BOOLEAN_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `RotateKeyOnDemandRequest`.
pub static ROTATE_KEY_ON_DEMAND_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true }]),
    min: None,
    max: None,
    pattern: None,
};

static ROTATION_PERIOD_IN_DAYS_TYPE: Shape =
    Shape { kind: Kind::Integer, min: Some(90), max: Some(2560), pattern: None };

/// The shape of `ScheduleKeyDeletionRequest`.
pub static SCHEDULE_KEY_DELETION_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "PendingWindowInDays", shape: &PENDING_WINDOW_IN_DAYS_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

static SERVICE_PRINCIPAL_TYPE: Shape = Shape {
    kind: Kind::Text,
    min: Some(1),
    max: Some(128),
    pattern: Some("^([A-Za-z0-9\\-]+)\\.([A-Za-z0-9\\-]+)(\\.[A-Za-z0-9\\-]+)+$"),
};

/// The shape of `SignRequest`.
pub static SIGN_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "Message", shape: &PLAINTEXT_TYPE, required: true },
        Member { name: "MessageType", shape: &MESSAGE_TYPE, required: false },
        Member { name: "GrantTokens", shape: &GRANT_TOKEN_LIST, required: false },
        Member { name: "SigningAlgorithm", shape: &SIGNING_ALGORITHM_SPEC, required: true },
        Member { name: "DryRun", shape: &NULLABLE_BOOLEAN_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

static SIGNING_ALGORITHM_SPEC: Shape =
    Shape { kind: Kind::Enum(SigningAlgorithmSpec::MESSAGE), min: None, max: None, pattern: None };

static TAG: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "TagKey", shape: &TAG_KEY_TYPE, required: true },
        Member { name: "TagValue", shape: &TAG_VALUE_TYPE, required: true },
    ]),
    min: None,
    max: None,
    pattern: None,
};

static TAG_KEY_LIST: Shape = Shape { kind: Kind::List(&TAG_KEY_TYPE), min: None, max: None, pattern: None };

static TAG_KEY_TYPE: Shape = Shape { kind: Kind::Text, min: Some(1), max: Some(128), pattern: None };

static TAG_LIST: Shape = Shape { kind: Kind::List(&TAG), min: None, max: None, pattern: None };

/// The shape of `TagResourceRequest`.
pub static TAG_RESOURCE_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "Tags", shape: &TAG_LIST, required: true },
    ]),
    min: None,
    max: None,
    pattern: None,
};

static TAG_VALUE_TYPE: Shape = Shape { kind: Kind::Text, min: Some(0), max: Some(256), pattern: None };

static TRUST_ANCHOR_CERTIFICATE_TYPE: Shape = Shape { kind: Kind::Text, min: Some(1), max: Some(5000), pattern: None };

/// The shape of `UntagResourceRequest`.
pub static UNTAG_RESOURCE_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "TagKeys", shape: &TAG_KEY_LIST, required: true },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `UpdateAliasRequest`.
pub static UPDATE_ALIAS_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "AliasName", shape: &ALIAS_NAME_TYPE, required: true },
        Member { name: "TargetKeyId", shape: &KEY_ID_TYPE, required: true },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `UpdateCustomKeyStoreRequest`.
pub static UPDATE_CUSTOM_KEY_STORE_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "CustomKeyStoreId", shape: &CUSTOM_KEY_STORE_ID_TYPE, required: true },
        Member { name: "NewCustomKeyStoreName", shape: &CUSTOM_KEY_STORE_NAME_TYPE, required: false },
        Member { name: "KeyStorePassword", shape: &KEY_STORE_PASSWORD_TYPE, required: false },
        Member { name: "CloudHsmClusterId", shape: &CLOUD_HSM_CLUSTER_ID_TYPE, required: false },
        Member { name: "XksProxyUriEndpoint", shape: &XKS_PROXY_URI_ENDPOINT_TYPE, required: false },
        Member { name: "XksProxyUriPath", shape: &XKS_PROXY_URI_PATH_TYPE, required: false },
        Member {
            name: "XksProxyVpcEndpointServiceName",
            shape: &XKS_PROXY_VPC_ENDPOINT_SERVICE_NAME_TYPE,
            required: false,
        },
        Member { name: "XksProxyVpcEndpointServiceOwner", shape: &ACCOUNT_ID_TYPE, required: false },
        Member {
            name: "XksProxyAuthenticationCredential",
            shape: &XKS_PROXY_AUTHENTICATION_CREDENTIAL_TYPE,
            required: false,
        },
        Member { name: "XksProxyConnectivity", shape: &XKS_PROXY_CONNECTIVITY_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `UpdateKeyDescriptionRequest`.
pub static UPDATE_KEY_DESCRIPTION_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "Description", shape: &DESCRIPTION_TYPE, required: true },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `UpdatePrimaryRegionRequest`.
pub static UPDATE_PRIMARY_REGION_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "PrimaryRegion", shape: &REGION_TYPE, required: true },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `VerifyMacRequest`.
pub static VERIFY_MAC_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "Message", shape: &PLAINTEXT_TYPE, required: true },
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "MacAlgorithm", shape: &MAC_ALGORITHM_SPEC, required: true },
        Member { name: "Mac", shape: &CIPHERTEXT_TYPE, required: true },
        Member { name: "GrantTokens", shape: &GRANT_TOKEN_LIST, required: false },
        Member { name: "DryRun", shape: &NULLABLE_BOOLEAN_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

/// The shape of `VerifyRequest`.
pub static VERIFY_REQUEST: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "KeyId", shape: &KEY_ID_TYPE, required: true },
        Member { name: "Message", shape: &PLAINTEXT_TYPE, required: true },
        Member { name: "MessageType", shape: &MESSAGE_TYPE, required: false },
        Member { name: "Signature", shape: &CIPHERTEXT_TYPE, required: true },
        Member { name: "SigningAlgorithm", shape: &SIGNING_ALGORITHM_SPEC, required: true },
        Member { name: "GrantTokens", shape: &GRANT_TOKEN_LIST, required: false },
        Member { name: "DryRun", shape: &NULLABLE_BOOLEAN_TYPE, required: false },
    ]),
    min: None,
    max: None,
    pattern: None,
};

static WRAPPING_KEY_SPEC: Shape =
    Shape { kind: Kind::Enum(WrappingKeySpec::MESSAGE), min: None, max: None, pattern: None };

static XKS_KEY_ID_TYPE: Shape =
    Shape { kind: Kind::Text, min: Some(1), max: Some(128), pattern: Some("^[a-zA-Z0-9-_.]+$") };

static XKS_PROXY_AUTHENTICATION_ACCESS_KEY_ID_TYPE: Shape =
    Shape { kind: Kind::SecretText, min: Some(20), max: Some(30), pattern: Some("^[A-Z2-7]+$") };

static XKS_PROXY_AUTHENTICATION_CREDENTIAL_TYPE: Shape = Shape {
    kind: Kind::Structure(&[
        Member { name: "AccessKeyId", shape: &XKS_PROXY_AUTHENTICATION_ACCESS_KEY_ID_TYPE, required: true },
        Member {
            name: "RawSecretAccessKey",
            shape: &XKS_PROXY_AUTHENTICATION_RAW_SECRET_ACCESS_KEY_TYPE,
            required: true,
        },
    ]),
    min: None,
    max: None,
    pattern: None,
};

static XKS_PROXY_AUTHENTICATION_RAW_SECRET_ACCESS_KEY_TYPE: Shape =
    Shape { kind: Kind::SecretText, min: Some(43), max: Some(64), pattern: Some("^[a-zA-Z0-9\\/+=]+$") };

static XKS_PROXY_CONNECTIVITY_TYPE: Shape =
    Shape { kind: Kind::Enum(XksProxyConnectivityType::MESSAGE), min: None, max: None, pattern: None };

static XKS_PROXY_URI_ENDPOINT_TYPE: Shape =
    Shape { kind: Kind::Text, min: Some(10), max: Some(128), pattern: Some("^https://[a-zA-Z0-9.-]+$") };

static XKS_PROXY_URI_PATH_TYPE: Shape = Shape {
    kind: Kind::Text,
    min: Some(10),
    max: Some(128),
    pattern: Some("^(/[a-zA-Z0-9\\/_-]+/kms/xks/v\\d{1,2})$|^(/kms/xks/v\\d{1,2})$"),
};

static XKS_PROXY_VPC_ENDPOINT_SERVICE_NAME_TYPE: Shape = Shape {
    kind: Kind::Text,
    min: Some(20),
    max: Some(64),
    pattern: Some("^(com|eu)\\.amazonaws\\.vpce\\.([a-z]+-){2,3}\\d+\\.vpce-svc-[0-9a-z]+$"),
};

/// `AliasListEntry`
#[derive(Debug, Default)]
pub struct AliasListEntry {
    /// `AliasName`
    pub alias_name: Option<String>,
    /// `AliasArn`
    pub alias_arn: Option<String>,
    /// `TargetKeyId`
    pub target_key_id: Option<String>,
    /// `CreationDate`
    pub creation_date: Option<Timestamp>,
    /// `LastUpdatedDate`
    pub last_updated_date: Option<Timestamp>,
}

impl Encode for AliasListEntry {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("AliasName", self.alias_name.as_ref());
        object.some("AliasArn", self.alias_arn.as_ref());
        object.some("TargetKeyId", self.target_key_id.as_ref());
        object.some("CreationDate", self.creation_date.as_ref());
        object.some("LastUpdatedDate", self.last_updated_date.as_ref());
        object.close();
    }
}

/// `CancelKeyDeletionRequest`
#[derive(Debug)]
pub struct CancelKeyDeletionRequest {
    /// `KeyId`
    pub key_id: String,
}

impl Decode for CancelKeyDeletionRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { key_id: need(value, "KeyId")? })
    }
}

/// `CancelKeyDeletionResponse`
#[derive(Debug, Default)]
pub struct CancelKeyDeletionResponse {
    /// `KeyId`
    pub key_id: Option<String>,
}

impl Encode for CancelKeyDeletionResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("KeyId", self.key_id.as_ref());
        object.close();
    }
}

/// `ConnectCustomKeyStoreRequest`
#[derive(Debug)]
pub struct ConnectCustomKeyStoreRequest {
    /// `CustomKeyStoreId`
    pub custom_key_store_id: String,
}

impl Decode for ConnectCustomKeyStoreRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { custom_key_store_id: need(value, "CustomKeyStoreId")? })
    }
}

/// `ConnectCustomKeyStoreResponse`
#[derive(Debug, Default)]
pub struct ConnectCustomKeyStoreResponse {}

impl Encode for ConnectCustomKeyStoreResponse {
    fn encode(&self, out: &mut String) {
        let object = Object::open(out);
        object.close();
    }
}

/// `CreateAliasRequest`
#[derive(Debug)]
pub struct CreateAliasRequest {
    /// `AliasName`
    pub alias_name: String,
    /// `TargetKeyId`
    pub target_key_id: String,
}

impl Decode for CreateAliasRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { alias_name: need(value, "AliasName")?, target_key_id: need(value, "TargetKeyId")? })
    }
}

/// `CreateCustomKeyStoreRequest`
#[derive(Debug)]
pub struct CreateCustomKeyStoreRequest {
    /// `CustomKeyStoreName`
    pub custom_key_store_name: String,
    /// `CloudHsmClusterId`
    pub cloud_hsm_cluster_id: Option<String>,
    /// `TrustAnchorCertificate`
    pub trust_anchor_certificate: Option<String>,
    /// `KeyStorePassword`
    pub key_store_password: Option<SecretText>,
    /// `CustomKeyStoreType`
    pub custom_key_store_type: Option<CustomKeyStoreType>,
    /// `XksProxyUriEndpoint`
    pub xks_proxy_uri_endpoint: Option<String>,
    /// `XksProxyUriPath`
    pub xks_proxy_uri_path: Option<String>,
    /// `XksProxyVpcEndpointServiceName`
    pub xks_proxy_vpc_endpoint_service_name: Option<String>,
    /// `XksProxyVpcEndpointServiceOwner`
    pub xks_proxy_vpc_endpoint_service_owner: Option<String>,
    /// `XksProxyAuthenticationCredential`
    pub xks_proxy_authentication_credential: Option<XksProxyAuthenticationCredentialType>,
    /// `XksProxyConnectivity`
    pub xks_proxy_connectivity: Option<XksProxyConnectivityType>,
}

impl Decode for CreateCustomKeyStoreRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            custom_key_store_name: need(value, "CustomKeyStoreName")?,
            cloud_hsm_cluster_id: may(value, "CloudHsmClusterId")?,
            trust_anchor_certificate: may(value, "TrustAnchorCertificate")?,
            key_store_password: may(value, "KeyStorePassword")?,
            custom_key_store_type: may(value, "CustomKeyStoreType")?,
            xks_proxy_uri_endpoint: may(value, "XksProxyUriEndpoint")?,
            xks_proxy_uri_path: may(value, "XksProxyUriPath")?,
            xks_proxy_vpc_endpoint_service_name: may(value, "XksProxyVpcEndpointServiceName")?,
            xks_proxy_vpc_endpoint_service_owner: may(value, "XksProxyVpcEndpointServiceOwner")?,
            xks_proxy_authentication_credential: may(value, "XksProxyAuthenticationCredential")?,
            xks_proxy_connectivity: may(value, "XksProxyConnectivity")?,
        })
    }
}

/// `CreateCustomKeyStoreResponse`
#[derive(Debug, Default)]
pub struct CreateCustomKeyStoreResponse {
    /// `CustomKeyStoreId`
    pub custom_key_store_id: Option<String>,
}

impl Encode for CreateCustomKeyStoreResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("CustomKeyStoreId", self.custom_key_store_id.as_ref());
        object.close();
    }
}

/// `CreateGrantRequest`
#[derive(Debug)]
pub struct CreateGrantRequest {
    /// `KeyId`
    pub key_id: String,
    /// `GranteePrincipal`
    pub grantee_principal: Option<String>,
    /// `RetiringPrincipal`
    pub retiring_principal: Option<String>,
    /// `Operations`
    pub operations: Vec<GrantOperation>,
    /// `Constraints`
    pub constraints: Option<GrantConstraints>,
    /// `GrantTokens`
    pub grant_tokens: Option<Vec<String>>,
    /// `Name`
    pub name: Option<String>,
    /// `DryRun`
    pub dry_run: Option<bool>,
    /// `GranteeServicePrincipal`
    pub grantee_service_principal: Option<String>,
    /// `RetiringServicePrincipal`
    pub retiring_service_principal: Option<String>,
}

impl Decode for CreateGrantRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            key_id: need(value, "KeyId")?,
            grantee_principal: may(value, "GranteePrincipal")?,
            retiring_principal: may(value, "RetiringPrincipal")?,
            operations: need(value, "Operations")?,
            constraints: may(value, "Constraints")?,
            grant_tokens: may(value, "GrantTokens")?,
            name: may(value, "Name")?,
            dry_run: may(value, "DryRun")?,
            grantee_service_principal: may(value, "GranteeServicePrincipal")?,
            retiring_service_principal: may(value, "RetiringServicePrincipal")?,
        })
    }
}

/// `CreateGrantResponse`
#[derive(Debug, Default)]
pub struct CreateGrantResponse {
    /// `GrantToken`
    pub grant_token: Option<String>,
    /// `GrantId`
    pub grant_id: Option<String>,
}

impl Encode for CreateGrantResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("GrantToken", self.grant_token.as_ref());
        object.some("GrantId", self.grant_id.as_ref());
        object.close();
    }
}

/// `CreateKeyRequest`
#[derive(Debug)]
pub struct CreateKeyRequest {
    /// `Policy`
    pub policy: Option<String>,
    /// `Description`
    pub description: Option<String>,
    /// `KeyUsage`
    pub key_usage: Option<KeyUsageType>,
    /// `CustomerMasterKeySpec`
    pub customer_master_key_spec: Option<CustomerMasterKeySpec>,
    /// `KeySpec`
    pub key_spec: Option<KeySpec>,
    /// `Origin`
    pub origin: Option<OriginType>,
    /// `CustomKeyStoreId`
    pub custom_key_store_id: Option<String>,
    /// `BypassPolicyLockoutSafetyCheck`
    pub bypass_policy_lockout_safety_check: Option<bool>,
    /// `Tags`
    pub tags: Option<Vec<Tag>>,
    /// `MultiRegion`
    pub multi_region: Option<bool>,
    /// `XksKeyId`
    pub xks_key_id: Option<String>,
}

impl Decode for CreateKeyRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            policy: may(value, "Policy")?,
            description: may(value, "Description")?,
            key_usage: may(value, "KeyUsage")?,
            customer_master_key_spec: may(value, "CustomerMasterKeySpec")?,
            key_spec: may(value, "KeySpec")?,
            origin: may(value, "Origin")?,
            custom_key_store_id: may(value, "CustomKeyStoreId")?,
            bypass_policy_lockout_safety_check: may(value, "BypassPolicyLockoutSafetyCheck")?,
            tags: may(value, "Tags")?,
            multi_region: may(value, "MultiRegion")?,
            xks_key_id: may(value, "XksKeyId")?,
        })
    }
}

/// `CreateKeyResponse`
#[derive(Debug, Default)]
pub struct CreateKeyResponse {
    /// `KeyMetadata`
    pub key_metadata: Option<KeyMetadata>,
}

impl Encode for CreateKeyResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("KeyMetadata", self.key_metadata.as_ref());
        object.close();
    }
}

/// `CustomKeyStoresListEntry`
#[derive(Debug, Default)]
pub struct CustomKeyStoresListEntry {
    /// `CustomKeyStoreId`
    pub custom_key_store_id: Option<String>,
    /// `CustomKeyStoreName`
    pub custom_key_store_name: Option<String>,
    /// `CloudHsmClusterId`
    pub cloud_hsm_cluster_id: Option<String>,
    /// `TrustAnchorCertificate`
    pub trust_anchor_certificate: Option<String>,
    /// `ConnectionState`
    pub connection_state: Option<ConnectionStateType>,
    /// `ConnectionErrorCode`
    pub connection_error_code: Option<ConnectionErrorCodeType>,
    /// `CreationDate`
    pub creation_date: Option<Timestamp>,
    /// `CustomKeyStoreType`
    pub custom_key_store_type: Option<CustomKeyStoreType>,
    /// `XksProxyConfiguration`
    pub xks_proxy_configuration: Option<XksProxyConfigurationType>,
}

impl Encode for CustomKeyStoresListEntry {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("CustomKeyStoreId", self.custom_key_store_id.as_ref());
        object.some("CustomKeyStoreName", self.custom_key_store_name.as_ref());
        object.some("CloudHsmClusterId", self.cloud_hsm_cluster_id.as_ref());
        object.some("TrustAnchorCertificate", self.trust_anchor_certificate.as_ref());
        object.some("ConnectionState", self.connection_state.as_ref());
        object.some("ConnectionErrorCode", self.connection_error_code.as_ref());
        object.some("CreationDate", self.creation_date.as_ref());
        object.some("CustomKeyStoreType", self.custom_key_store_type.as_ref());
        object.some("XksProxyConfiguration", self.xks_proxy_configuration.as_ref());
        object.close();
    }
}

/// `DecapsulateRequest`
#[derive(Debug)]
pub struct DecapsulateRequest {
    /// `KeyId`
    pub key_id: String,
    /// `SharedSecretCiphertextBlob`
    pub shared_secret_ciphertext_blob: Blob,
    /// `EncapsulationAlgorithm`
    pub encapsulation_algorithm: EncapsulationAlgorithmSpec,
    /// `GrantTokens`
    pub grant_tokens: Option<Vec<String>>,
    /// `DryRun`
    pub dry_run: Option<bool>,
}

impl Decode for DecapsulateRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            key_id: need(value, "KeyId")?,
            shared_secret_ciphertext_blob: need(value, "SharedSecretCiphertextBlob")?,
            encapsulation_algorithm: need(value, "EncapsulationAlgorithm")?,
            grant_tokens: may(value, "GrantTokens")?,
            dry_run: may(value, "DryRun")?,
        })
    }
}

/// `DecapsulateResponse`
#[derive(Debug, Default)]
pub struct DecapsulateResponse {
    /// `KeyId`
    pub key_id: Option<String>,
    /// `SharedSecret`
    pub shared_secret: Option<Secret>,
    /// `EncapsulationAlgorithm`
    pub encapsulation_algorithm: Option<EncapsulationAlgorithmSpec>,
}

impl Encode for DecapsulateResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("KeyId", self.key_id.as_ref());
        object.some("SharedSecret", self.shared_secret.as_ref());
        object.some("EncapsulationAlgorithm", self.encapsulation_algorithm.as_ref());
        object.close();
    }
}

/// `DecryptRequest`
#[derive(Debug)]
pub struct DecryptRequest {
    /// `CiphertextBlob`
    pub ciphertext_blob: Option<Blob>,
    /// `EncryptionContext`
    pub encryption_context: Option<BTreeMap<String, String>>,
    /// `GrantTokens`
    pub grant_tokens: Option<Vec<String>>,
    /// `KeyId`
    pub key_id: Option<String>,
    /// `EncryptionAlgorithm`
    pub encryption_algorithm: Option<EncryptionAlgorithmSpec>,
    /// `Recipient`
    pub recipient: Option<RecipientInfo>,
    /// `DryRun`
    pub dry_run: Option<bool>,
    /// `DryRunModifiers`
    pub dry_run_modifiers: Option<Vec<DryRunModifierType>>,
}

impl Decode for DecryptRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            ciphertext_blob: may(value, "CiphertextBlob")?,
            encryption_context: may(value, "EncryptionContext")?,
            grant_tokens: may(value, "GrantTokens")?,
            key_id: may(value, "KeyId")?,
            encryption_algorithm: may(value, "EncryptionAlgorithm")?,
            recipient: may(value, "Recipient")?,
            dry_run: may(value, "DryRun")?,
            dry_run_modifiers: may(value, "DryRunModifiers")?,
        })
    }
}

/// `DecryptResponse`
#[derive(Debug, Default)]
pub struct DecryptResponse {
    /// `KeyId`
    pub key_id: Option<String>,
    /// `Plaintext`
    pub plaintext: Option<Secret>,
    /// `EncryptionAlgorithm`
    pub encryption_algorithm: Option<EncryptionAlgorithmSpec>,
    /// `CiphertextForRecipient`
    pub ciphertext_for_recipient: Option<Blob>,
    /// `KeyMaterialId`
    pub key_material_id: Option<String>,
}

impl Encode for DecryptResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("KeyId", self.key_id.as_ref());
        object.some("Plaintext", self.plaintext.as_ref());
        object.some("EncryptionAlgorithm", self.encryption_algorithm.as_ref());
        object.some("CiphertextForRecipient", self.ciphertext_for_recipient.as_ref());
        object.some("KeyMaterialId", self.key_material_id.as_ref());
        object.close();
    }
}

/// `DeleteAliasRequest`
#[derive(Debug)]
pub struct DeleteAliasRequest {
    /// `AliasName`
    pub alias_name: String,
}

impl Decode for DeleteAliasRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { alias_name: need(value, "AliasName")? })
    }
}

/// `DeleteCustomKeyStoreRequest`
#[derive(Debug)]
pub struct DeleteCustomKeyStoreRequest {
    /// `CustomKeyStoreId`
    pub custom_key_store_id: String,
}

impl Decode for DeleteCustomKeyStoreRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { custom_key_store_id: need(value, "CustomKeyStoreId")? })
    }
}

/// `DeleteCustomKeyStoreResponse`
#[derive(Debug, Default)]
pub struct DeleteCustomKeyStoreResponse {}

impl Encode for DeleteCustomKeyStoreResponse {
    fn encode(&self, out: &mut String) {
        let object = Object::open(out);
        object.close();
    }
}

/// `DeleteImportedKeyMaterialRequest`
#[derive(Debug)]
pub struct DeleteImportedKeyMaterialRequest {
    /// `KeyId`
    pub key_id: String,
    /// `KeyMaterialId`
    pub key_material_id: Option<String>,
}

impl Decode for DeleteImportedKeyMaterialRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { key_id: need(value, "KeyId")?, key_material_id: may(value, "KeyMaterialId")? })
    }
}

/// `DeleteImportedKeyMaterialResponse`
#[derive(Debug, Default)]
pub struct DeleteImportedKeyMaterialResponse {
    /// `KeyId`
    pub key_id: Option<String>,
    /// `KeyMaterialId`
    pub key_material_id: Option<String>,
}

impl Encode for DeleteImportedKeyMaterialResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("KeyId", self.key_id.as_ref());
        object.some("KeyMaterialId", self.key_material_id.as_ref());
        object.close();
    }
}

/// `DeriveSharedSecretRequest`
#[derive(Debug)]
pub struct DeriveSharedSecretRequest {
    /// `KeyId`
    pub key_id: String,
    /// `KeyAgreementAlgorithm`
    pub key_agreement_algorithm: KeyAgreementAlgorithmSpec,
    /// `PublicKey`
    pub public_key: Blob,
    /// `GrantTokens`
    pub grant_tokens: Option<Vec<String>>,
    /// `DryRun`
    pub dry_run: Option<bool>,
    /// `Recipient`
    pub recipient: Option<RecipientInfo>,
}

impl Decode for DeriveSharedSecretRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            key_id: need(value, "KeyId")?,
            key_agreement_algorithm: need(value, "KeyAgreementAlgorithm")?,
            public_key: need(value, "PublicKey")?,
            grant_tokens: may(value, "GrantTokens")?,
            dry_run: may(value, "DryRun")?,
            recipient: may(value, "Recipient")?,
        })
    }
}

/// `DeriveSharedSecretResponse`
#[derive(Debug, Default)]
pub struct DeriveSharedSecretResponse {
    /// `KeyId`
    pub key_id: Option<String>,
    /// `SharedSecret`
    pub shared_secret: Option<Secret>,
    /// `CiphertextForRecipient`
    pub ciphertext_for_recipient: Option<Blob>,
    /// `KeyAgreementAlgorithm`
    pub key_agreement_algorithm: Option<KeyAgreementAlgorithmSpec>,
    /// `KeyOrigin`
    pub key_origin: Option<OriginType>,
}

impl Encode for DeriveSharedSecretResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("KeyId", self.key_id.as_ref());
        object.some("SharedSecret", self.shared_secret.as_ref());
        object.some("CiphertextForRecipient", self.ciphertext_for_recipient.as_ref());
        object.some("KeyAgreementAlgorithm", self.key_agreement_algorithm.as_ref());
        object.some("KeyOrigin", self.key_origin.as_ref());
        object.close();
    }
}

/// `DescribeCustomKeyStoresRequest`
#[derive(Debug)]
pub struct DescribeCustomKeyStoresRequest {
    /// `CustomKeyStoreId`
    pub custom_key_store_id: Option<String>,
    /// `CustomKeyStoreName`
    pub custom_key_store_name: Option<String>,
    /// `Limit`
    pub limit: Option<i64>,
    /// `Marker`
    pub marker: Option<String>,
}

impl Decode for DescribeCustomKeyStoresRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            custom_key_store_id: may(value, "CustomKeyStoreId")?,
            custom_key_store_name: may(value, "CustomKeyStoreName")?,
            limit: may(value, "Limit")?,
            marker: may(value, "Marker")?,
        })
    }
}

/// `DescribeCustomKeyStoresResponse`
#[derive(Debug, Default)]
pub struct DescribeCustomKeyStoresResponse {
    /// `CustomKeyStores`
    pub custom_key_stores: Option<Vec<CustomKeyStoresListEntry>>,
    /// `NextMarker`
    pub next_marker: Option<String>,
    /// `Truncated`
    pub truncated: Option<bool>,
}

impl Encode for DescribeCustomKeyStoresResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("CustomKeyStores", self.custom_key_stores.as_ref());
        object.some("NextMarker", self.next_marker.as_ref());
        object.some("Truncated", self.truncated.as_ref());
        object.close();
    }
}

/// `DescribeKeyRequest`
#[derive(Debug)]
pub struct DescribeKeyRequest {
    /// `KeyId`
    pub key_id: String,
    /// `GrantTokens`
    pub grant_tokens: Option<Vec<String>>,
}

impl Decode for DescribeKeyRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { key_id: need(value, "KeyId")?, grant_tokens: may(value, "GrantTokens")? })
    }
}

/// `DescribeKeyResponse`
#[derive(Debug, Default)]
pub struct DescribeKeyResponse {
    /// `KeyMetadata`
    pub key_metadata: Option<KeyMetadata>,
}

impl Encode for DescribeKeyResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("KeyMetadata", self.key_metadata.as_ref());
        object.close();
    }
}

/// `DisableKeyRequest`
#[derive(Debug)]
pub struct DisableKeyRequest {
    /// `KeyId`
    pub key_id: String,
}

impl Decode for DisableKeyRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { key_id: need(value, "KeyId")? })
    }
}

/// `DisableKeyRotationRequest`
#[derive(Debug)]
pub struct DisableKeyRotationRequest {
    /// `KeyId`
    pub key_id: String,
}

impl Decode for DisableKeyRotationRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { key_id: need(value, "KeyId")? })
    }
}

/// `DisconnectCustomKeyStoreRequest`
#[derive(Debug)]
pub struct DisconnectCustomKeyStoreRequest {
    /// `CustomKeyStoreId`
    pub custom_key_store_id: String,
}

impl Decode for DisconnectCustomKeyStoreRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { custom_key_store_id: need(value, "CustomKeyStoreId")? })
    }
}

/// `DisconnectCustomKeyStoreResponse`
#[derive(Debug, Default)]
pub struct DisconnectCustomKeyStoreResponse {}

impl Encode for DisconnectCustomKeyStoreResponse {
    fn encode(&self, out: &mut String) {
        let object = Object::open(out);
        object.close();
    }
}

/// `EnableKeyRequest`
#[derive(Debug)]
pub struct EnableKeyRequest {
    /// `KeyId`
    pub key_id: String,
}

impl Decode for EnableKeyRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { key_id: need(value, "KeyId")? })
    }
}

/// `EnableKeyRotationRequest`
#[derive(Debug)]
pub struct EnableKeyRotationRequest {
    /// `KeyId`
    pub key_id: String,
    /// `RotationPeriodInDays`
    pub rotation_period_in_days: Option<i64>,
}

impl Decode for EnableKeyRotationRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { key_id: need(value, "KeyId")?, rotation_period_in_days: may(value, "RotationPeriodInDays")? })
    }
}

/// `EncapsulateRequest`
#[derive(Debug)]
pub struct EncapsulateRequest {
    /// `KeyId`
    pub key_id: String,
    /// `EncapsulationAlgorithm`
    pub encapsulation_algorithm: EncapsulationAlgorithmSpec,
    /// `GrantTokens`
    pub grant_tokens: Option<Vec<String>>,
    /// `DryRun`
    pub dry_run: Option<bool>,
}

impl Decode for EncapsulateRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            key_id: need(value, "KeyId")?,
            encapsulation_algorithm: need(value, "EncapsulationAlgorithm")?,
            grant_tokens: may(value, "GrantTokens")?,
            dry_run: may(value, "DryRun")?,
        })
    }
}

/// `EncapsulateResponse`
#[derive(Debug, Default)]
pub struct EncapsulateResponse {
    /// `KeyId`
    pub key_id: Option<String>,
    /// `SharedSecret`
    pub shared_secret: Option<Secret>,
    /// `SharedSecretCiphertextBlob`
    pub shared_secret_ciphertext_blob: Option<Blob>,
    /// `EncapsulationAlgorithm`
    pub encapsulation_algorithm: Option<EncapsulationAlgorithmSpec>,
}

impl Encode for EncapsulateResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("KeyId", self.key_id.as_ref());
        object.some("SharedSecret", self.shared_secret.as_ref());
        object.some("SharedSecretCiphertextBlob", self.shared_secret_ciphertext_blob.as_ref());
        object.some("EncapsulationAlgorithm", self.encapsulation_algorithm.as_ref());
        object.close();
    }
}

/// `EncryptRequest`
#[derive(Debug)]
pub struct EncryptRequest {
    /// `KeyId`
    pub key_id: String,
    /// `Plaintext`
    pub plaintext: Secret,
    /// `EncryptionContext`
    pub encryption_context: Option<BTreeMap<String, String>>,
    /// `GrantTokens`
    pub grant_tokens: Option<Vec<String>>,
    /// `EncryptionAlgorithm`
    pub encryption_algorithm: Option<EncryptionAlgorithmSpec>,
    /// `DryRun`
    pub dry_run: Option<bool>,
}

impl Decode for EncryptRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            key_id: need(value, "KeyId")?,
            plaintext: need(value, "Plaintext")?,
            encryption_context: may(value, "EncryptionContext")?,
            grant_tokens: may(value, "GrantTokens")?,
            encryption_algorithm: may(value, "EncryptionAlgorithm")?,
            dry_run: may(value, "DryRun")?,
        })
    }
}

/// `EncryptResponse`
#[derive(Debug, Default)]
pub struct EncryptResponse {
    /// `CiphertextBlob`
    pub ciphertext_blob: Option<Blob>,
    /// `KeyId`
    pub key_id: Option<String>,
    /// `EncryptionAlgorithm`
    pub encryption_algorithm: Option<EncryptionAlgorithmSpec>,
}

impl Encode for EncryptResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("CiphertextBlob", self.ciphertext_blob.as_ref());
        object.some("KeyId", self.key_id.as_ref());
        object.some("EncryptionAlgorithm", self.encryption_algorithm.as_ref());
        object.close();
    }
}

/// `GenerateDataKeyPairRequest`
#[derive(Debug)]
pub struct GenerateDataKeyPairRequest {
    /// `EncryptionContext`
    pub encryption_context: Option<BTreeMap<String, String>>,
    /// `KeyId`
    pub key_id: String,
    /// `KeyPairSpec`
    pub key_pair_spec: DataKeyPairSpec,
    /// `GrantTokens`
    pub grant_tokens: Option<Vec<String>>,
    /// `Recipient`
    pub recipient: Option<RecipientInfo>,
    /// `DryRun`
    pub dry_run: Option<bool>,
}

impl Decode for GenerateDataKeyPairRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            encryption_context: may(value, "EncryptionContext")?,
            key_id: need(value, "KeyId")?,
            key_pair_spec: need(value, "KeyPairSpec")?,
            grant_tokens: may(value, "GrantTokens")?,
            recipient: may(value, "Recipient")?,
            dry_run: may(value, "DryRun")?,
        })
    }
}

/// `GenerateDataKeyPairResponse`
#[derive(Debug, Default)]
pub struct GenerateDataKeyPairResponse {
    /// `PrivateKeyCiphertextBlob`
    pub private_key_ciphertext_blob: Option<Blob>,
    /// `PrivateKeyPlaintext`
    pub private_key_plaintext: Option<Secret>,
    /// `PublicKey`
    pub public_key: Option<Blob>,
    /// `KeyId`
    pub key_id: Option<String>,
    /// `KeyPairSpec`
    pub key_pair_spec: Option<DataKeyPairSpec>,
    /// `CiphertextForRecipient`
    pub ciphertext_for_recipient: Option<Blob>,
    /// `KeyMaterialId`
    pub key_material_id: Option<String>,
}

impl Encode for GenerateDataKeyPairResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("PrivateKeyCiphertextBlob", self.private_key_ciphertext_blob.as_ref());
        object.some("PrivateKeyPlaintext", self.private_key_plaintext.as_ref());
        object.some("PublicKey", self.public_key.as_ref());
        object.some("KeyId", self.key_id.as_ref());
        object.some("KeyPairSpec", self.key_pair_spec.as_ref());
        object.some("CiphertextForRecipient", self.ciphertext_for_recipient.as_ref());
        object.some("KeyMaterialId", self.key_material_id.as_ref());
        object.close();
    }
}

/// `GenerateDataKeyPairWithoutPlaintextRequest`
#[derive(Debug)]
pub struct GenerateDataKeyPairWithoutPlaintextRequest {
    /// `EncryptionContext`
    pub encryption_context: Option<BTreeMap<String, String>>,
    /// `KeyId`
    pub key_id: String,
    /// `KeyPairSpec`
    pub key_pair_spec: DataKeyPairSpec,
    /// `GrantTokens`
    pub grant_tokens: Option<Vec<String>>,
    /// `DryRun`
    pub dry_run: Option<bool>,
}

impl Decode for GenerateDataKeyPairWithoutPlaintextRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            encryption_context: may(value, "EncryptionContext")?,
            key_id: need(value, "KeyId")?,
            key_pair_spec: need(value, "KeyPairSpec")?,
            grant_tokens: may(value, "GrantTokens")?,
            dry_run: may(value, "DryRun")?,
        })
    }
}

/// `GenerateDataKeyPairWithoutPlaintextResponse`
#[derive(Debug, Default)]
pub struct GenerateDataKeyPairWithoutPlaintextResponse {
    /// `PrivateKeyCiphertextBlob`
    pub private_key_ciphertext_blob: Option<Blob>,
    /// `PublicKey`
    pub public_key: Option<Blob>,
    /// `KeyId`
    pub key_id: Option<String>,
    /// `KeyPairSpec`
    pub key_pair_spec: Option<DataKeyPairSpec>,
    /// `KeyMaterialId`
    pub key_material_id: Option<String>,
}

impl Encode for GenerateDataKeyPairWithoutPlaintextResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("PrivateKeyCiphertextBlob", self.private_key_ciphertext_blob.as_ref());
        object.some("PublicKey", self.public_key.as_ref());
        object.some("KeyId", self.key_id.as_ref());
        object.some("KeyPairSpec", self.key_pair_spec.as_ref());
        object.some("KeyMaterialId", self.key_material_id.as_ref());
        object.close();
    }
}

/// `GenerateDataKeyRequest`
#[derive(Debug)]
pub struct GenerateDataKeyRequest {
    /// `KeyId`
    pub key_id: String,
    /// `EncryptionContext`
    pub encryption_context: Option<BTreeMap<String, String>>,
    /// `NumberOfBytes`
    pub number_of_bytes: Option<i64>,
    /// `KeySpec`
    pub key_spec: Option<DataKeySpec>,
    /// `GrantTokens`
    pub grant_tokens: Option<Vec<String>>,
    /// `Recipient`
    pub recipient: Option<RecipientInfo>,
    /// `DryRun`
    pub dry_run: Option<bool>,
}

impl Decode for GenerateDataKeyRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            key_id: need(value, "KeyId")?,
            encryption_context: may(value, "EncryptionContext")?,
            number_of_bytes: may(value, "NumberOfBytes")?,
            key_spec: may(value, "KeySpec")?,
            grant_tokens: may(value, "GrantTokens")?,
            recipient: may(value, "Recipient")?,
            dry_run: may(value, "DryRun")?,
        })
    }
}

/// `GenerateDataKeyResponse`
#[derive(Debug, Default)]
pub struct GenerateDataKeyResponse {
    /// `CiphertextBlob`
    pub ciphertext_blob: Option<Blob>,
    /// `Plaintext`
    pub plaintext: Option<Secret>,
    /// `KeyId`
    pub key_id: Option<String>,
    /// `CiphertextForRecipient`
    pub ciphertext_for_recipient: Option<Blob>,
    /// `KeyMaterialId`
    pub key_material_id: Option<String>,
}

impl Encode for GenerateDataKeyResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("CiphertextBlob", self.ciphertext_blob.as_ref());
        object.some("Plaintext", self.plaintext.as_ref());
        object.some("KeyId", self.key_id.as_ref());
        object.some("CiphertextForRecipient", self.ciphertext_for_recipient.as_ref());
        object.some("KeyMaterialId", self.key_material_id.as_ref());
        object.close();
    }
}

/// `GenerateDataKeyWithoutPlaintextRequest`
#[derive(Debug)]
pub struct GenerateDataKeyWithoutPlaintextRequest {
    /// `KeyId`
    pub key_id: String,
    /// `EncryptionContext`
    pub encryption_context: Option<BTreeMap<String, String>>,
    /// `KeySpec`
    pub key_spec: Option<DataKeySpec>,
    /// `NumberOfBytes`
    pub number_of_bytes: Option<i64>,
    /// `GrantTokens`
    pub grant_tokens: Option<Vec<String>>,
    /// `DryRun`
    pub dry_run: Option<bool>,
}

impl Decode for GenerateDataKeyWithoutPlaintextRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            key_id: need(value, "KeyId")?,
            encryption_context: may(value, "EncryptionContext")?,
            key_spec: may(value, "KeySpec")?,
            number_of_bytes: may(value, "NumberOfBytes")?,
            grant_tokens: may(value, "GrantTokens")?,
            dry_run: may(value, "DryRun")?,
        })
    }
}

/// `GenerateDataKeyWithoutPlaintextResponse`
#[derive(Debug, Default)]
pub struct GenerateDataKeyWithoutPlaintextResponse {
    /// `CiphertextBlob`
    pub ciphertext_blob: Option<Blob>,
    /// `KeyId`
    pub key_id: Option<String>,
    /// `KeyMaterialId`
    pub key_material_id: Option<String>,
}

impl Encode for GenerateDataKeyWithoutPlaintextResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("CiphertextBlob", self.ciphertext_blob.as_ref());
        object.some("KeyId", self.key_id.as_ref());
        object.some("KeyMaterialId", self.key_material_id.as_ref());
        object.close();
    }
}

/// `GenerateMacRequest`
#[derive(Debug)]
pub struct GenerateMacRequest {
    /// `Message`
    pub message: Secret,
    /// `KeyId`
    pub key_id: String,
    /// `MacAlgorithm`
    pub mac_algorithm: MacAlgorithmSpec,
    /// `GrantTokens`
    pub grant_tokens: Option<Vec<String>>,
    /// `DryRun`
    pub dry_run: Option<bool>,
}

impl Decode for GenerateMacRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            message: need(value, "Message")?,
            key_id: need(value, "KeyId")?,
            mac_algorithm: need(value, "MacAlgorithm")?,
            grant_tokens: may(value, "GrantTokens")?,
            dry_run: may(value, "DryRun")?,
        })
    }
}

/// `GenerateMacResponse`
#[derive(Debug, Default)]
pub struct GenerateMacResponse {
    /// `Mac`
    pub mac: Option<Blob>,
    /// `MacAlgorithm`
    pub mac_algorithm: Option<MacAlgorithmSpec>,
    /// `KeyId`
    pub key_id: Option<String>,
}

impl Encode for GenerateMacResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("Mac", self.mac.as_ref());
        object.some("MacAlgorithm", self.mac_algorithm.as_ref());
        object.some("KeyId", self.key_id.as_ref());
        object.close();
    }
}

/// `GenerateRandomRequest`
#[derive(Debug)]
pub struct GenerateRandomRequest {
    /// `NumberOfBytes`
    pub number_of_bytes: Option<i64>,
    /// `CustomKeyStoreId`
    pub custom_key_store_id: Option<String>,
    /// `Recipient`
    pub recipient: Option<RecipientInfo>,
}

impl Decode for GenerateRandomRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            number_of_bytes: may(value, "NumberOfBytes")?,
            custom_key_store_id: may(value, "CustomKeyStoreId")?,
            recipient: may(value, "Recipient")?,
        })
    }
}

/// `GenerateRandomResponse`
#[derive(Debug, Default)]
pub struct GenerateRandomResponse {
    /// `Plaintext`
    pub plaintext: Option<Secret>,
    /// `CiphertextForRecipient`
    pub ciphertext_for_recipient: Option<Blob>,
}

impl Encode for GenerateRandomResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("Plaintext", self.plaintext.as_ref());
        object.some("CiphertextForRecipient", self.ciphertext_for_recipient.as_ref());
        object.close();
    }
}

/// `GetKeyLastUsageRequest`
#[derive(Debug)]
pub struct GetKeyLastUsageRequest {
    /// `KeyId`
    pub key_id: String,
}

impl Decode for GetKeyLastUsageRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { key_id: need(value, "KeyId")? })
    }
}

/// `GetKeyLastUsageResponse`
#[derive(Debug, Default)]
pub struct GetKeyLastUsageResponse {
    /// `KeyId`
    pub key_id: Option<String>,
    /// `KeyLastUsage`
    pub key_last_usage: Option<KeyLastUsageData>,
    /// `TrackingStartDate`
    pub tracking_start_date: Option<Timestamp>,
    /// `KeyCreationDate`
    pub key_creation_date: Option<Timestamp>,
}

impl Encode for GetKeyLastUsageResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("KeyId", self.key_id.as_ref());
        object.some("KeyLastUsage", self.key_last_usage.as_ref());
        object.some("TrackingStartDate", self.tracking_start_date.as_ref());
        object.some("KeyCreationDate", self.key_creation_date.as_ref());
        object.close();
    }
}

/// `GetKeyPolicyRequest`
#[derive(Debug)]
pub struct GetKeyPolicyRequest {
    /// `KeyId`
    pub key_id: String,
    /// `PolicyName`
    pub policy_name: Option<String>,
}

impl Decode for GetKeyPolicyRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { key_id: need(value, "KeyId")?, policy_name: may(value, "PolicyName")? })
    }
}

/// `GetKeyPolicyResponse`
#[derive(Debug, Default)]
pub struct GetKeyPolicyResponse {
    /// `Policy`
    pub policy: Option<String>,
    /// `PolicyName`
    pub policy_name: Option<String>,
}

impl Encode for GetKeyPolicyResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("Policy", self.policy.as_ref());
        object.some("PolicyName", self.policy_name.as_ref());
        object.close();
    }
}

/// `GetKeyRotationStatusRequest`
#[derive(Debug)]
pub struct GetKeyRotationStatusRequest {
    /// `KeyId`
    pub key_id: String,
}

impl Decode for GetKeyRotationStatusRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { key_id: need(value, "KeyId")? })
    }
}

/// `GetKeyRotationStatusResponse`
#[derive(Debug, Default)]
pub struct GetKeyRotationStatusResponse {
    /// `KeyRotationEnabled`
    pub key_rotation_enabled: Option<bool>,
    /// `KeyId`
    pub key_id: Option<String>,
    /// `RotationPeriodInDays`
    pub rotation_period_in_days: Option<i64>,
    /// `NextRotationDate`
    pub next_rotation_date: Option<Timestamp>,
    /// `OnDemandRotationStartDate`
    pub on_demand_rotation_start_date: Option<Timestamp>,
}

impl Encode for GetKeyRotationStatusResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("KeyRotationEnabled", self.key_rotation_enabled.as_ref());
        object.some("KeyId", self.key_id.as_ref());
        object.some("RotationPeriodInDays", self.rotation_period_in_days.as_ref());
        object.some("NextRotationDate", self.next_rotation_date.as_ref());
        object.some("OnDemandRotationStartDate", self.on_demand_rotation_start_date.as_ref());
        object.close();
    }
}

/// `GetParametersForImportRequest`
#[derive(Debug)]
pub struct GetParametersForImportRequest {
    /// `KeyId`
    pub key_id: String,
    /// `WrappingAlgorithm`
    pub wrapping_algorithm: AlgorithmSpec,
    /// `WrappingKeySpec`
    pub wrapping_key_spec: WrappingKeySpec,
}

impl Decode for GetParametersForImportRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            key_id: need(value, "KeyId")?,
            wrapping_algorithm: need(value, "WrappingAlgorithm")?,
            wrapping_key_spec: need(value, "WrappingKeySpec")?,
        })
    }
}

/// `GetParametersForImportResponse`
#[derive(Debug, Default)]
pub struct GetParametersForImportResponse {
    /// `KeyId`
    pub key_id: Option<String>,
    /// `ImportToken`
    pub import_token: Option<Blob>,
    /// `PublicKey`
    pub public_key: Option<Secret>,
    /// `ParametersValidTo`
    pub parameters_valid_to: Option<Timestamp>,
}

impl Encode for GetParametersForImportResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("KeyId", self.key_id.as_ref());
        object.some("ImportToken", self.import_token.as_ref());
        object.some("PublicKey", self.public_key.as_ref());
        object.some("ParametersValidTo", self.parameters_valid_to.as_ref());
        object.close();
    }
}

/// `GetPublicKeyRequest`
#[derive(Debug)]
pub struct GetPublicKeyRequest {
    /// `KeyId`
    pub key_id: String,
    /// `GrantTokens`
    pub grant_tokens: Option<Vec<String>>,
}

impl Decode for GetPublicKeyRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { key_id: need(value, "KeyId")?, grant_tokens: may(value, "GrantTokens")? })
    }
}

/// `GetPublicKeyResponse`
#[derive(Debug, Default)]
pub struct GetPublicKeyResponse {
    /// `KeyId`
    pub key_id: Option<String>,
    /// `PublicKey`
    pub public_key: Option<Blob>,
    /// `CustomerMasterKeySpec`
    pub customer_master_key_spec: Option<CustomerMasterKeySpec>,
    /// `KeySpec`
    pub key_spec: Option<KeySpec>,
    /// `KeyUsage`
    pub key_usage: Option<KeyUsageType>,
    /// `EncryptionAlgorithms`
    pub encryption_algorithms: Option<Vec<EncryptionAlgorithmSpec>>,
    /// `SigningAlgorithms`
    pub signing_algorithms: Option<Vec<SigningAlgorithmSpec>>,
    /// `KeyAgreementAlgorithms`
    pub key_agreement_algorithms: Option<Vec<KeyAgreementAlgorithmSpec>>,
    /// `EncapsulationAlgorithms`
    pub encapsulation_algorithms: Option<Vec<EncapsulationAlgorithmSpec>>,
}

impl Encode for GetPublicKeyResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("KeyId", self.key_id.as_ref());
        object.some("PublicKey", self.public_key.as_ref());
        object.some("CustomerMasterKeySpec", self.customer_master_key_spec.as_ref());
        object.some("KeySpec", self.key_spec.as_ref());
        object.some("KeyUsage", self.key_usage.as_ref());
        object.some("EncryptionAlgorithms", self.encryption_algorithms.as_ref());
        object.some("SigningAlgorithms", self.signing_algorithms.as_ref());
        object.some("KeyAgreementAlgorithms", self.key_agreement_algorithms.as_ref());
        object.some("EncapsulationAlgorithms", self.encapsulation_algorithms.as_ref());
        object.close();
    }
}

/// `GrantConstraints`
#[derive(Debug)]
pub struct GrantConstraints {
    /// `EncryptionContextSubset`
    pub encryption_context_subset: Option<BTreeMap<String, String>>,
    /// `EncryptionContextEquals`
    pub encryption_context_equals: Option<BTreeMap<String, String>>,
    /// `SourceArn`
    pub source_arn: Option<String>,
}

impl Decode for GrantConstraints {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            encryption_context_subset: may(value, "EncryptionContextSubset")?,
            encryption_context_equals: may(value, "EncryptionContextEquals")?,
            source_arn: may(value, "SourceArn")?,
        })
    }
}

impl Encode for GrantConstraints {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("EncryptionContextSubset", self.encryption_context_subset.as_ref());
        object.some("EncryptionContextEquals", self.encryption_context_equals.as_ref());
        object.some("SourceArn", self.source_arn.as_ref());
        object.close();
    }
}

/// `GrantListEntry`
#[derive(Debug, Default)]
pub struct GrantListEntry {
    /// `KeyId`
    pub key_id: Option<String>,
    /// `GrantId`
    pub grant_id: Option<String>,
    /// `Name`
    pub name: Option<String>,
    /// `CreationDate`
    pub creation_date: Option<Timestamp>,
    /// `GranteePrincipal`
    pub grantee_principal: Option<String>,
    /// `RetiringPrincipal`
    pub retiring_principal: Option<String>,
    /// `IssuingAccount`
    pub issuing_account: Option<String>,
    /// `Operations`
    pub operations: Option<Vec<GrantOperation>>,
    /// `Constraints`
    pub constraints: Option<GrantConstraints>,
    /// `GranteeServicePrincipal`
    pub grantee_service_principal: Option<String>,
    /// `RetiringServicePrincipal`
    pub retiring_service_principal: Option<String>,
}

impl Encode for GrantListEntry {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("KeyId", self.key_id.as_ref());
        object.some("GrantId", self.grant_id.as_ref());
        object.some("Name", self.name.as_ref());
        object.some("CreationDate", self.creation_date.as_ref());
        object.some("GranteePrincipal", self.grantee_principal.as_ref());
        object.some("RetiringPrincipal", self.retiring_principal.as_ref());
        object.some("IssuingAccount", self.issuing_account.as_ref());
        object.some("Operations", self.operations.as_ref());
        object.some("Constraints", self.constraints.as_ref());
        object.some("GranteeServicePrincipal", self.grantee_service_principal.as_ref());
        object.some("RetiringServicePrincipal", self.retiring_service_principal.as_ref());
        object.close();
    }
}

/// `ImportKeyMaterialRequest`
#[derive(Debug)]
pub struct ImportKeyMaterialRequest {
    /// `KeyId`
    pub key_id: String,
    /// `ImportToken`
    pub import_token: Blob,
    /// `EncryptedKeyMaterial`
    pub encrypted_key_material: Blob,
    /// `ValidTo`
    pub valid_to: Option<Timestamp>,
    /// `ExpirationModel`
    pub expiration_model: Option<ExpirationModelType>,
    /// `ImportType`
    pub import_type: Option<ImportType>,
    /// `KeyMaterialDescription`
    pub key_material_description: Option<String>,
    /// `KeyMaterialId`
    pub key_material_id: Option<String>,
}

impl Decode for ImportKeyMaterialRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            key_id: need(value, "KeyId")?,
            import_token: need(value, "ImportToken")?,
            encrypted_key_material: need(value, "EncryptedKeyMaterial")?,
            valid_to: may(value, "ValidTo")?,
            expiration_model: may(value, "ExpirationModel")?,
            import_type: may(value, "ImportType")?,
            key_material_description: may(value, "KeyMaterialDescription")?,
            key_material_id: may(value, "KeyMaterialId")?,
        })
    }
}

/// `ImportKeyMaterialResponse`
#[derive(Debug, Default)]
pub struct ImportKeyMaterialResponse {
    /// `KeyId`
    pub key_id: Option<String>,
    /// `KeyMaterialId`
    pub key_material_id: Option<String>,
}

impl Encode for ImportKeyMaterialResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("KeyId", self.key_id.as_ref());
        object.some("KeyMaterialId", self.key_material_id.as_ref());
        object.close();
    }
}

/// `KeyLastUsageData`
#[derive(Debug, Default)]
pub struct KeyLastUsageData {
    /// `Operation`
    pub operation: Option<KeyLastUsageTrackingOperation>,
    /// `Timestamp`
    pub timestamp: Option<Timestamp>,
    /// `CloudTrailEventId`
    pub cloud_trail_event_id: Option<String>,
    /// `KmsRequestId`
    pub kms_request_id: Option<String>,
}

impl Encode for KeyLastUsageData {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("Operation", self.operation.as_ref());
        object.some("Timestamp", self.timestamp.as_ref());
        object.some("CloudTrailEventId", self.cloud_trail_event_id.as_ref());
        object.some("KmsRequestId", self.kms_request_id.as_ref());
        object.close();
    }
}

/// `KeyListEntry`
#[derive(Debug, Default)]
pub struct KeyListEntry {
    /// `KeyId`
    pub key_id: Option<String>,
    /// `KeyArn`
    pub key_arn: Option<String>,
}

impl Encode for KeyListEntry {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("KeyId", self.key_id.as_ref());
        object.some("KeyArn", self.key_arn.as_ref());
        object.close();
    }
}

/// `KeyMetadata`
#[derive(Debug, Default)]
pub struct KeyMetadata {
    /// `AWSAccountId`
    pub awsaccount_id: Option<String>,
    /// `KeyId`
    pub key_id: Option<String>,
    /// `Arn`
    pub arn: Option<String>,
    /// `CreationDate`
    pub creation_date: Option<Timestamp>,
    /// `Enabled`
    pub enabled: Option<bool>,
    /// `Description`
    pub description: Option<String>,
    /// `KeyUsage`
    pub key_usage: Option<KeyUsageType>,
    /// `KeyState`
    pub key_state: Option<KeyState>,
    /// `DeletionDate`
    pub deletion_date: Option<Timestamp>,
    /// `ValidTo`
    pub valid_to: Option<Timestamp>,
    /// `Origin`
    pub origin: Option<OriginType>,
    /// `CustomKeyStoreId`
    pub custom_key_store_id: Option<String>,
    /// `CloudHsmClusterId`
    pub cloud_hsm_cluster_id: Option<String>,
    /// `ExpirationModel`
    pub expiration_model: Option<ExpirationModelType>,
    /// `KeyManager`
    pub key_manager: Option<KeyManagerType>,
    /// `CustomerMasterKeySpec`
    pub customer_master_key_spec: Option<CustomerMasterKeySpec>,
    /// `KeySpec`
    pub key_spec: Option<KeySpec>,
    /// `EncryptionAlgorithms`
    pub encryption_algorithms: Option<Vec<EncryptionAlgorithmSpec>>,
    /// `SigningAlgorithms`
    pub signing_algorithms: Option<Vec<SigningAlgorithmSpec>>,
    /// `KeyAgreementAlgorithms`
    pub key_agreement_algorithms: Option<Vec<KeyAgreementAlgorithmSpec>>,
    /// `EncapsulationAlgorithms`
    pub encapsulation_algorithms: Option<Vec<EncapsulationAlgorithmSpec>>,
    /// `MultiRegion`
    pub multi_region: Option<bool>,
    /// `MultiRegionConfiguration`
    pub multi_region_configuration: Option<MultiRegionConfiguration>,
    /// `PendingDeletionWindowInDays`
    pub pending_deletion_window_in_days: Option<i64>,
    /// `MacAlgorithms`
    pub mac_algorithms: Option<Vec<MacAlgorithmSpec>>,
    /// `XksKeyConfiguration`
    pub xks_key_configuration: Option<XksKeyConfigurationType>,
    /// `CurrentKeyMaterialId`
    pub current_key_material_id: Option<String>,
}

impl Encode for KeyMetadata {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("AWSAccountId", self.awsaccount_id.as_ref());
        object.some("KeyId", self.key_id.as_ref());
        object.some("Arn", self.arn.as_ref());
        object.some("CreationDate", self.creation_date.as_ref());
        object.some("Enabled", self.enabled.as_ref());
        object.some("Description", self.description.as_ref());
        object.some("KeyUsage", self.key_usage.as_ref());
        object.some("KeyState", self.key_state.as_ref());
        object.some("DeletionDate", self.deletion_date.as_ref());
        object.some("ValidTo", self.valid_to.as_ref());
        object.some("Origin", self.origin.as_ref());
        object.some("CustomKeyStoreId", self.custom_key_store_id.as_ref());
        object.some("CloudHsmClusterId", self.cloud_hsm_cluster_id.as_ref());
        object.some("ExpirationModel", self.expiration_model.as_ref());
        object.some("KeyManager", self.key_manager.as_ref());
        object.some("CustomerMasterKeySpec", self.customer_master_key_spec.as_ref());
        object.some("KeySpec", self.key_spec.as_ref());
        object.some("EncryptionAlgorithms", self.encryption_algorithms.as_ref());
        object.some("SigningAlgorithms", self.signing_algorithms.as_ref());
        object.some("KeyAgreementAlgorithms", self.key_agreement_algorithms.as_ref());
        object.some("EncapsulationAlgorithms", self.encapsulation_algorithms.as_ref());
        object.some("MultiRegion", self.multi_region.as_ref());
        object.some("MultiRegionConfiguration", self.multi_region_configuration.as_ref());
        object.some("PendingDeletionWindowInDays", self.pending_deletion_window_in_days.as_ref());
        object.some("MacAlgorithms", self.mac_algorithms.as_ref());
        object.some("XksKeyConfiguration", self.xks_key_configuration.as_ref());
        object.some("CurrentKeyMaterialId", self.current_key_material_id.as_ref());
        object.close();
    }
}

/// `ListAliasesRequest`
#[derive(Debug)]
pub struct ListAliasesRequest {
    /// `KeyId`
    pub key_id: Option<String>,
    /// `Limit`
    pub limit: Option<i64>,
    /// `Marker`
    pub marker: Option<String>,
}

impl Decode for ListAliasesRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { key_id: may(value, "KeyId")?, limit: may(value, "Limit")?, marker: may(value, "Marker")? })
    }
}

/// `ListAliasesResponse`
#[derive(Debug, Default)]
pub struct ListAliasesResponse {
    /// `Aliases`
    pub aliases: Option<Vec<AliasListEntry>>,
    /// `NextMarker`
    pub next_marker: Option<String>,
    /// `Truncated`
    pub truncated: Option<bool>,
}

impl Encode for ListAliasesResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("Aliases", self.aliases.as_ref());
        object.some("NextMarker", self.next_marker.as_ref());
        object.some("Truncated", self.truncated.as_ref());
        object.close();
    }
}

/// `ListGrantsRequest`
#[derive(Debug)]
pub struct ListGrantsRequest {
    /// `Limit`
    pub limit: Option<i64>,
    /// `Marker`
    pub marker: Option<String>,
    /// `KeyId`
    pub key_id: String,
    /// `GrantId`
    pub grant_id: Option<String>,
    /// `GranteePrincipal`
    pub grantee_principal: Option<String>,
    /// `GranteeServicePrincipal`
    pub grantee_service_principal: Option<String>,
}

impl Decode for ListGrantsRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            limit: may(value, "Limit")?,
            marker: may(value, "Marker")?,
            key_id: need(value, "KeyId")?,
            grant_id: may(value, "GrantId")?,
            grantee_principal: may(value, "GranteePrincipal")?,
            grantee_service_principal: may(value, "GranteeServicePrincipal")?,
        })
    }
}

/// `ListGrantsResponse`
#[derive(Debug, Default)]
pub struct ListGrantsResponse {
    /// `Grants`
    pub grants: Option<Vec<GrantListEntry>>,
    /// `NextMarker`
    pub next_marker: Option<String>,
    /// `Truncated`
    pub truncated: Option<bool>,
}

impl Encode for ListGrantsResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("Grants", self.grants.as_ref());
        object.some("NextMarker", self.next_marker.as_ref());
        object.some("Truncated", self.truncated.as_ref());
        object.close();
    }
}

/// `ListKeyPoliciesRequest`
#[derive(Debug)]
pub struct ListKeyPoliciesRequest {
    /// `KeyId`
    pub key_id: String,
    /// `Limit`
    pub limit: Option<i64>,
    /// `Marker`
    pub marker: Option<String>,
}

impl Decode for ListKeyPoliciesRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { key_id: need(value, "KeyId")?, limit: may(value, "Limit")?, marker: may(value, "Marker")? })
    }
}

/// `ListKeyPoliciesResponse`
#[derive(Debug, Default)]
pub struct ListKeyPoliciesResponse {
    /// `PolicyNames`
    pub policy_names: Option<Vec<String>>,
    /// `NextMarker`
    pub next_marker: Option<String>,
    /// `Truncated`
    pub truncated: Option<bool>,
}

impl Encode for ListKeyPoliciesResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("PolicyNames", self.policy_names.as_ref());
        object.some("NextMarker", self.next_marker.as_ref());
        object.some("Truncated", self.truncated.as_ref());
        object.close();
    }
}

/// `ListKeyRotationsRequest`
#[derive(Debug)]
pub struct ListKeyRotationsRequest {
    /// `KeyId`
    pub key_id: String,
    /// `IncludeKeyMaterial`
    pub include_key_material: Option<IncludeKeyMaterial>,
    /// `Limit`
    pub limit: Option<i64>,
    /// `Marker`
    pub marker: Option<String>,
}

impl Decode for ListKeyRotationsRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            key_id: need(value, "KeyId")?,
            include_key_material: may(value, "IncludeKeyMaterial")?,
            limit: may(value, "Limit")?,
            marker: may(value, "Marker")?,
        })
    }
}

/// `ListKeyRotationsResponse`
#[derive(Debug, Default)]
pub struct ListKeyRotationsResponse {
    /// `Rotations`
    pub rotations: Option<Vec<RotationsListEntry>>,
    /// `NextMarker`
    pub next_marker: Option<String>,
    /// `Truncated`
    pub truncated: Option<bool>,
}

impl Encode for ListKeyRotationsResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("Rotations", self.rotations.as_ref());
        object.some("NextMarker", self.next_marker.as_ref());
        object.some("Truncated", self.truncated.as_ref());
        object.close();
    }
}

/// `ListKeysRequest`
#[derive(Debug)]
pub struct ListKeysRequest {
    /// `Limit`
    pub limit: Option<i64>,
    /// `Marker`
    pub marker: Option<String>,
    /// `ResourceOwners`
    pub resource_owners: Option<Vec<ResourceOwnerType>>,
}

impl Decode for ListKeysRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            limit: may(value, "Limit")?,
            marker: may(value, "Marker")?,
            resource_owners: may(value, "ResourceOwners")?,
        })
    }
}

/// `ListKeysResponse`
#[derive(Debug, Default)]
pub struct ListKeysResponse {
    /// `Keys`
    pub keys: Option<Vec<KeyListEntry>>,
    /// `NextMarker`
    pub next_marker: Option<String>,
    /// `Truncated`
    pub truncated: Option<bool>,
}

impl Encode for ListKeysResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("Keys", self.keys.as_ref());
        object.some("NextMarker", self.next_marker.as_ref());
        object.some("Truncated", self.truncated.as_ref());
        object.close();
    }
}

/// `ListResourceTagsRequest`
#[derive(Debug)]
pub struct ListResourceTagsRequest {
    /// `KeyId`
    pub key_id: String,
    /// `Limit`
    pub limit: Option<i64>,
    /// `Marker`
    pub marker: Option<String>,
}

impl Decode for ListResourceTagsRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { key_id: need(value, "KeyId")?, limit: may(value, "Limit")?, marker: may(value, "Marker")? })
    }
}

/// `ListResourceTagsResponse`
#[derive(Debug, Default)]
pub struct ListResourceTagsResponse {
    /// `Tags`
    pub tags: Option<Vec<Tag>>,
    /// `NextMarker`
    pub next_marker: Option<String>,
    /// `Truncated`
    pub truncated: Option<bool>,
}

impl Encode for ListResourceTagsResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("Tags", self.tags.as_ref());
        object.some("NextMarker", self.next_marker.as_ref());
        object.some("Truncated", self.truncated.as_ref());
        object.close();
    }
}

/// `ListRetirableGrantsRequest`
#[derive(Debug)]
pub struct ListRetirableGrantsRequest {
    /// `Limit`
    pub limit: Option<i64>,
    /// `Marker`
    pub marker: Option<String>,
    /// `RetiringPrincipal`
    pub retiring_principal: Option<String>,
    /// `RetiringServicePrincipal`
    pub retiring_service_principal: Option<String>,
}

impl Decode for ListRetirableGrantsRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            limit: may(value, "Limit")?,
            marker: may(value, "Marker")?,
            retiring_principal: may(value, "RetiringPrincipal")?,
            retiring_service_principal: may(value, "RetiringServicePrincipal")?,
        })
    }
}

/// `MultiRegionConfiguration`
#[derive(Debug, Default)]
pub struct MultiRegionConfiguration {
    /// `MultiRegionKeyType`
    pub multi_region_key_type: Option<MultiRegionKeyType>,
    /// `PrimaryKey`
    pub primary_key: Option<MultiRegionKey>,
    /// `ReplicaKeys`
    pub replica_keys: Option<Vec<MultiRegionKey>>,
}

impl Encode for MultiRegionConfiguration {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("MultiRegionKeyType", self.multi_region_key_type.as_ref());
        object.some("PrimaryKey", self.primary_key.as_ref());
        object.some("ReplicaKeys", self.replica_keys.as_ref());
        object.close();
    }
}

/// `MultiRegionKey`
#[derive(Debug, Default)]
pub struct MultiRegionKey {
    /// `Arn`
    pub arn: Option<String>,
    /// `Region`
    pub region: Option<String>,
}

impl Encode for MultiRegionKey {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("Arn", self.arn.as_ref());
        object.some("Region", self.region.as_ref());
        object.close();
    }
}

/// `PutKeyPolicyRequest`
#[derive(Debug)]
pub struct PutKeyPolicyRequest {
    /// `KeyId`
    pub key_id: String,
    /// `PolicyName`
    pub policy_name: Option<String>,
    /// `Policy`
    pub policy: String,
    /// `BypassPolicyLockoutSafetyCheck`
    pub bypass_policy_lockout_safety_check: Option<bool>,
}

impl Decode for PutKeyPolicyRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            key_id: need(value, "KeyId")?,
            policy_name: may(value, "PolicyName")?,
            policy: need(value, "Policy")?,
            bypass_policy_lockout_safety_check: may(value, "BypassPolicyLockoutSafetyCheck")?,
        })
    }
}

/// `ReEncryptRequest`
#[derive(Debug)]
pub struct ReEncryptRequest {
    /// `CiphertextBlob`
    pub ciphertext_blob: Option<Blob>,
    /// `SourceEncryptionContext`
    pub source_encryption_context: Option<BTreeMap<String, String>>,
    /// `SourceKeyId`
    pub source_key_id: Option<String>,
    /// `DestinationKeyId`
    pub destination_key_id: String,
    /// `DestinationEncryptionContext`
    pub destination_encryption_context: Option<BTreeMap<String, String>>,
    /// `SourceEncryptionAlgorithm`
    pub source_encryption_algorithm: Option<EncryptionAlgorithmSpec>,
    /// `DestinationEncryptionAlgorithm`
    pub destination_encryption_algorithm: Option<EncryptionAlgorithmSpec>,
    /// `GrantTokens`
    pub grant_tokens: Option<Vec<String>>,
    /// `DryRun`
    pub dry_run: Option<bool>,
    /// `DryRunModifiers`
    pub dry_run_modifiers: Option<Vec<DryRunModifierType>>,
}

impl Decode for ReEncryptRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            ciphertext_blob: may(value, "CiphertextBlob")?,
            source_encryption_context: may(value, "SourceEncryptionContext")?,
            source_key_id: may(value, "SourceKeyId")?,
            destination_key_id: need(value, "DestinationKeyId")?,
            destination_encryption_context: may(value, "DestinationEncryptionContext")?,
            source_encryption_algorithm: may(value, "SourceEncryptionAlgorithm")?,
            destination_encryption_algorithm: may(value, "DestinationEncryptionAlgorithm")?,
            grant_tokens: may(value, "GrantTokens")?,
            dry_run: may(value, "DryRun")?,
            dry_run_modifiers: may(value, "DryRunModifiers")?,
        })
    }
}

/// `ReEncryptResponse`
#[derive(Debug, Default)]
pub struct ReEncryptResponse {
    /// `CiphertextBlob`
    pub ciphertext_blob: Option<Blob>,
    /// `SourceKeyId`
    pub source_key_id: Option<String>,
    /// `KeyId`
    pub key_id: Option<String>,
    /// `SourceEncryptionAlgorithm`
    pub source_encryption_algorithm: Option<EncryptionAlgorithmSpec>,
    /// `DestinationEncryptionAlgorithm`
    pub destination_encryption_algorithm: Option<EncryptionAlgorithmSpec>,
    /// `SourceKeyMaterialId`
    pub source_key_material_id: Option<String>,
    /// `DestinationKeyMaterialId`
    pub destination_key_material_id: Option<String>,
}

impl Encode for ReEncryptResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("CiphertextBlob", self.ciphertext_blob.as_ref());
        object.some("SourceKeyId", self.source_key_id.as_ref());
        object.some("KeyId", self.key_id.as_ref());
        object.some("SourceEncryptionAlgorithm", self.source_encryption_algorithm.as_ref());
        object.some("DestinationEncryptionAlgorithm", self.destination_encryption_algorithm.as_ref());
        object.some("SourceKeyMaterialId", self.source_key_material_id.as_ref());
        object.some("DestinationKeyMaterialId", self.destination_key_material_id.as_ref());
        object.close();
    }
}

/// `RecipientInfo`
#[derive(Debug)]
pub struct RecipientInfo {
    /// `KeyEncryptionAlgorithm`
    pub key_encryption_algorithm: Option<KeyEncryptionMechanism>,
    /// `AttestationDocument`
    pub attestation_document: Option<Blob>,
}

impl Decode for RecipientInfo {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            key_encryption_algorithm: may(value, "KeyEncryptionAlgorithm")?,
            attestation_document: may(value, "AttestationDocument")?,
        })
    }
}

/// `ReplicateKeyRequest`
#[derive(Debug)]
pub struct ReplicateKeyRequest {
    /// `KeyId`
    pub key_id: String,
    /// `ReplicaRegion`
    pub replica_region: String,
    /// `Policy`
    pub policy: Option<String>,
    /// `BypassPolicyLockoutSafetyCheck`
    pub bypass_policy_lockout_safety_check: Option<bool>,
    /// `Description`
    pub description: Option<String>,
    /// `Tags`
    pub tags: Option<Vec<Tag>>,
}

impl Decode for ReplicateKeyRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            key_id: need(value, "KeyId")?,
            replica_region: need(value, "ReplicaRegion")?,
            policy: may(value, "Policy")?,
            bypass_policy_lockout_safety_check: may(value, "BypassPolicyLockoutSafetyCheck")?,
            description: may(value, "Description")?,
            tags: may(value, "Tags")?,
        })
    }
}

/// `ReplicateKeyResponse`
#[derive(Debug, Default)]
pub struct ReplicateKeyResponse {
    /// `ReplicaKeyMetadata`
    pub replica_key_metadata: Option<KeyMetadata>,
    /// `ReplicaPolicy`
    pub replica_policy: Option<String>,
    /// `ReplicaTags`
    pub replica_tags: Option<Vec<Tag>>,
}

impl Encode for ReplicateKeyResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("ReplicaKeyMetadata", self.replica_key_metadata.as_ref());
        object.some("ReplicaPolicy", self.replica_policy.as_ref());
        object.some("ReplicaTags", self.replica_tags.as_ref());
        object.close();
    }
}

/// `RetireGrantRequest`
#[derive(Debug)]
pub struct RetireGrantRequest {
    /// `GrantToken`
    pub grant_token: Option<String>,
    /// `KeyId`
    pub key_id: Option<String>,
    /// `GrantId`
    pub grant_id: Option<String>,
    /// `DryRun`
    pub dry_run: Option<bool>,
}

impl Decode for RetireGrantRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            grant_token: may(value, "GrantToken")?,
            key_id: may(value, "KeyId")?,
            grant_id: may(value, "GrantId")?,
            dry_run: may(value, "DryRun")?,
        })
    }
}

/// `RevokeGrantRequest`
#[derive(Debug)]
pub struct RevokeGrantRequest {
    /// `KeyId`
    pub key_id: String,
    /// `GrantId`
    pub grant_id: String,
    /// `DryRun`
    pub dry_run: Option<bool>,
}

impl Decode for RevokeGrantRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { key_id: need(value, "KeyId")?, grant_id: need(value, "GrantId")?, dry_run: may(value, "DryRun")? })
    }
}

/// `RotateKeyOnDemandRequest`
#[derive(Debug)]
pub struct RotateKeyOnDemandRequest {
    /// `KeyId`
    pub key_id: String,
}

impl Decode for RotateKeyOnDemandRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { key_id: need(value, "KeyId")? })
    }
}

/// `RotateKeyOnDemandResponse`
#[derive(Debug, Default)]
pub struct RotateKeyOnDemandResponse {
    /// `KeyId`
    pub key_id: Option<String>,
}

impl Encode for RotateKeyOnDemandResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("KeyId", self.key_id.as_ref());
        object.close();
    }
}

/// `RotationsListEntry`
#[derive(Debug, Default)]
pub struct RotationsListEntry {
    /// `KeyId`
    pub key_id: Option<String>,
    /// `KeyMaterialId`
    pub key_material_id: Option<String>,
    /// `KeyMaterialDescription`
    pub key_material_description: Option<String>,
    /// `ImportState`
    pub import_state: Option<ImportState>,
    /// `KeyMaterialState`
    pub key_material_state: Option<KeyMaterialState>,
    /// `ExpirationModel`
    pub expiration_model: Option<ExpirationModelType>,
    /// `ValidTo`
    pub valid_to: Option<Timestamp>,
    /// `RotationDate`
    pub rotation_date: Option<Timestamp>,
    /// `RotationType`
    pub rotation_type: Option<RotationType>,
}

impl Encode for RotationsListEntry {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("KeyId", self.key_id.as_ref());
        object.some("KeyMaterialId", self.key_material_id.as_ref());
        object.some("KeyMaterialDescription", self.key_material_description.as_ref());
        object.some("ImportState", self.import_state.as_ref());
        object.some("KeyMaterialState", self.key_material_state.as_ref());
        object.some("ExpirationModel", self.expiration_model.as_ref());
        object.some("ValidTo", self.valid_to.as_ref());
        object.some("RotationDate", self.rotation_date.as_ref());
        object.some("RotationType", self.rotation_type.as_ref());
        object.close();
    }
}

/// `ScheduleKeyDeletionRequest`
#[derive(Debug)]
pub struct ScheduleKeyDeletionRequest {
    /// `KeyId`
    pub key_id: String,
    /// `PendingWindowInDays`
    pub pending_window_in_days: Option<i64>,
}

impl Decode for ScheduleKeyDeletionRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { key_id: need(value, "KeyId")?, pending_window_in_days: may(value, "PendingWindowInDays")? })
    }
}

/// `ScheduleKeyDeletionResponse`
#[derive(Debug, Default)]
pub struct ScheduleKeyDeletionResponse {
    /// `KeyId`
    pub key_id: Option<String>,
    /// `DeletionDate`
    pub deletion_date: Option<Timestamp>,
    /// `KeyState`
    pub key_state: Option<KeyState>,
    /// `PendingWindowInDays`
    pub pending_window_in_days: Option<i64>,
}

impl Encode for ScheduleKeyDeletionResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("KeyId", self.key_id.as_ref());
        object.some("DeletionDate", self.deletion_date.as_ref());
        object.some("KeyState", self.key_state.as_ref());
        object.some("PendingWindowInDays", self.pending_window_in_days.as_ref());
        object.close();
    }
}

/// `SignRequest`
#[derive(Debug)]
pub struct SignRequest {
    /// `KeyId`
    pub key_id: String,
    /// `Message`
    pub message: Secret,
    /// `MessageType`
    pub message_type: Option<MessageType>,
    /// `GrantTokens`
    pub grant_tokens: Option<Vec<String>>,
    /// `SigningAlgorithm`
    pub signing_algorithm: SigningAlgorithmSpec,
    /// `DryRun`
    pub dry_run: Option<bool>,
}

impl Decode for SignRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            key_id: need(value, "KeyId")?,
            message: need(value, "Message")?,
            message_type: may(value, "MessageType")?,
            grant_tokens: may(value, "GrantTokens")?,
            signing_algorithm: need(value, "SigningAlgorithm")?,
            dry_run: may(value, "DryRun")?,
        })
    }
}

/// `SignResponse`
#[derive(Debug, Default)]
pub struct SignResponse {
    /// `KeyId`
    pub key_id: Option<String>,
    /// `Signature`
    pub signature: Option<Blob>,
    /// `SigningAlgorithm`
    pub signing_algorithm: Option<SigningAlgorithmSpec>,
}

impl Encode for SignResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("KeyId", self.key_id.as_ref());
        object.some("Signature", self.signature.as_ref());
        object.some("SigningAlgorithm", self.signing_algorithm.as_ref());
        object.close();
    }
}

/// `Tag`
#[derive(Debug)]
pub struct Tag {
    /// `TagKey`
    pub tag_key: String,
    /// `TagValue`
    pub tag_value: String,
}

impl Decode for Tag {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { tag_key: need(value, "TagKey")?, tag_value: need(value, "TagValue")? })
    }
}

impl Encode for Tag {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.always("TagKey", &self.tag_key);
        object.always("TagValue", &self.tag_value);
        object.close();
    }
}

/// `TagResourceRequest`
#[derive(Debug)]
pub struct TagResourceRequest {
    /// `KeyId`
    pub key_id: String,
    /// `Tags`
    pub tags: Vec<Tag>,
}

impl Decode for TagResourceRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { key_id: need(value, "KeyId")?, tags: need(value, "Tags")? })
    }
}

/// `UntagResourceRequest`
#[derive(Debug)]
pub struct UntagResourceRequest {
    /// `KeyId`
    pub key_id: String,
    /// `TagKeys`
    pub tag_keys: Vec<String>,
}

impl Decode for UntagResourceRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { key_id: need(value, "KeyId")?, tag_keys: need(value, "TagKeys")? })
    }
}

/// `UpdateAliasRequest`
#[derive(Debug)]
pub struct UpdateAliasRequest {
    /// `AliasName`
    pub alias_name: String,
    /// `TargetKeyId`
    pub target_key_id: String,
}

impl Decode for UpdateAliasRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { alias_name: need(value, "AliasName")?, target_key_id: need(value, "TargetKeyId")? })
    }
}

/// `UpdateCustomKeyStoreRequest`
#[derive(Debug)]
pub struct UpdateCustomKeyStoreRequest {
    /// `CustomKeyStoreId`
    pub custom_key_store_id: String,
    /// `NewCustomKeyStoreName`
    pub new_custom_key_store_name: Option<String>,
    /// `KeyStorePassword`
    pub key_store_password: Option<SecretText>,
    /// `CloudHsmClusterId`
    pub cloud_hsm_cluster_id: Option<String>,
    /// `XksProxyUriEndpoint`
    pub xks_proxy_uri_endpoint: Option<String>,
    /// `XksProxyUriPath`
    pub xks_proxy_uri_path: Option<String>,
    /// `XksProxyVpcEndpointServiceName`
    pub xks_proxy_vpc_endpoint_service_name: Option<String>,
    /// `XksProxyVpcEndpointServiceOwner`
    pub xks_proxy_vpc_endpoint_service_owner: Option<String>,
    /// `XksProxyAuthenticationCredential`
    pub xks_proxy_authentication_credential: Option<XksProxyAuthenticationCredentialType>,
    /// `XksProxyConnectivity`
    pub xks_proxy_connectivity: Option<XksProxyConnectivityType>,
}

impl Decode for UpdateCustomKeyStoreRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            custom_key_store_id: need(value, "CustomKeyStoreId")?,
            new_custom_key_store_name: may(value, "NewCustomKeyStoreName")?,
            key_store_password: may(value, "KeyStorePassword")?,
            cloud_hsm_cluster_id: may(value, "CloudHsmClusterId")?,
            xks_proxy_uri_endpoint: may(value, "XksProxyUriEndpoint")?,
            xks_proxy_uri_path: may(value, "XksProxyUriPath")?,
            xks_proxy_vpc_endpoint_service_name: may(value, "XksProxyVpcEndpointServiceName")?,
            xks_proxy_vpc_endpoint_service_owner: may(value, "XksProxyVpcEndpointServiceOwner")?,
            xks_proxy_authentication_credential: may(value, "XksProxyAuthenticationCredential")?,
            xks_proxy_connectivity: may(value, "XksProxyConnectivity")?,
        })
    }
}

/// `UpdateCustomKeyStoreResponse`
#[derive(Debug, Default)]
pub struct UpdateCustomKeyStoreResponse {}

impl Encode for UpdateCustomKeyStoreResponse {
    fn encode(&self, out: &mut String) {
        let object = Object::open(out);
        object.close();
    }
}

/// `UpdateKeyDescriptionRequest`
#[derive(Debug)]
pub struct UpdateKeyDescriptionRequest {
    /// `KeyId`
    pub key_id: String,
    /// `Description`
    pub description: String,
}

impl Decode for UpdateKeyDescriptionRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { key_id: need(value, "KeyId")?, description: need(value, "Description")? })
    }
}

/// `UpdatePrimaryRegionRequest`
#[derive(Debug)]
pub struct UpdatePrimaryRegionRequest {
    /// `KeyId`
    pub key_id: String,
    /// `PrimaryRegion`
    pub primary_region: String,
}

impl Decode for UpdatePrimaryRegionRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self { key_id: need(value, "KeyId")?, primary_region: need(value, "PrimaryRegion")? })
    }
}

/// `VerifyMacRequest`
#[derive(Debug)]
pub struct VerifyMacRequest {
    /// `Message`
    pub message: Secret,
    /// `KeyId`
    pub key_id: String,
    /// `MacAlgorithm`
    pub mac_algorithm: MacAlgorithmSpec,
    /// `Mac`
    pub mac: Blob,
    /// `GrantTokens`
    pub grant_tokens: Option<Vec<String>>,
    /// `DryRun`
    pub dry_run: Option<bool>,
}

impl Decode for VerifyMacRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            message: need(value, "Message")?,
            key_id: need(value, "KeyId")?,
            mac_algorithm: need(value, "MacAlgorithm")?,
            mac: need(value, "Mac")?,
            grant_tokens: may(value, "GrantTokens")?,
            dry_run: may(value, "DryRun")?,
        })
    }
}

/// `VerifyMacResponse`
#[derive(Debug, Default)]
pub struct VerifyMacResponse {
    /// `KeyId`
    pub key_id: Option<String>,
    /// `MacValid`
    pub mac_valid: Option<bool>,
    /// `MacAlgorithm`
    pub mac_algorithm: Option<MacAlgorithmSpec>,
}

impl Encode for VerifyMacResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("KeyId", self.key_id.as_ref());
        object.some("MacValid", self.mac_valid.as_ref());
        object.some("MacAlgorithm", self.mac_algorithm.as_ref());
        object.close();
    }
}

/// `VerifyRequest`
#[derive(Debug)]
pub struct VerifyRequest {
    /// `KeyId`
    pub key_id: String,
    /// `Message`
    pub message: Secret,
    /// `MessageType`
    pub message_type: Option<MessageType>,
    /// `Signature`
    pub signature: Blob,
    /// `SigningAlgorithm`
    pub signing_algorithm: SigningAlgorithmSpec,
    /// `GrantTokens`
    pub grant_tokens: Option<Vec<String>>,
    /// `DryRun`
    pub dry_run: Option<bool>,
}

impl Decode for VerifyRequest {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            key_id: need(value, "KeyId")?,
            message: need(value, "Message")?,
            message_type: may(value, "MessageType")?,
            signature: need(value, "Signature")?,
            signing_algorithm: need(value, "SigningAlgorithm")?,
            grant_tokens: may(value, "GrantTokens")?,
            dry_run: may(value, "DryRun")?,
        })
    }
}

/// `VerifyResponse`
#[derive(Debug, Default)]
pub struct VerifyResponse {
    /// `KeyId`
    pub key_id: Option<String>,
    /// `SignatureValid`
    pub signature_valid: Option<bool>,
    /// `SigningAlgorithm`
    pub signing_algorithm: Option<SigningAlgorithmSpec>,
}

impl Encode for VerifyResponse {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("KeyId", self.key_id.as_ref());
        object.some("SignatureValid", self.signature_valid.as_ref());
        object.some("SigningAlgorithm", self.signing_algorithm.as_ref());
        object.close();
    }
}

/// `XksKeyConfigurationType`
#[derive(Debug, Default)]
pub struct XksKeyConfigurationType {
    /// `Id`
    pub id: Option<String>,
}

impl Encode for XksKeyConfigurationType {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("Id", self.id.as_ref());
        object.close();
    }
}

/// `XksProxyAuthenticationCredentialType`
#[derive(Debug)]
pub struct XksProxyAuthenticationCredentialType {
    /// `AccessKeyId`
    pub access_key_id: SecretText,
    /// `RawSecretAccessKey`
    pub raw_secret_access_key: SecretText,
}

impl Decode for XksProxyAuthenticationCredentialType {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self {
            access_key_id: need(value, "AccessKeyId")?,
            raw_secret_access_key: need(value, "RawSecretAccessKey")?,
        })
    }
}

/// `XksProxyConfigurationType`
#[derive(Debug, Default)]
pub struct XksProxyConfigurationType {
    /// `Connectivity`
    pub connectivity: Option<XksProxyConnectivityType>,
    /// `AccessKeyId`
    pub access_key_id: Option<SecretText>,
    /// `UriEndpoint`
    pub uri_endpoint: Option<String>,
    /// `UriPath`
    pub uri_path: Option<String>,
    /// `VpcEndpointServiceName`
    pub vpc_endpoint_service_name: Option<String>,
    /// `VpcEndpointServiceOwner`
    pub vpc_endpoint_service_owner: Option<String>,
}

impl Encode for XksProxyConfigurationType {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.some("Connectivity", self.connectivity.as_ref());
        object.some("AccessKeyId", self.access_key_id.as_ref());
        object.some("UriEndpoint", self.uri_endpoint.as_ref());
        object.some("UriPath", self.uri_path.as_ref());
        object.some("VpcEndpointServiceName", self.vpc_endpoint_service_name.as_ref());
        object.some("VpcEndpointServiceOwner", self.vpc_endpoint_service_owner.as_ref());
        object.close();
    }
}
