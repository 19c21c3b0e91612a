//! Every operation, and who serves it. An operation of the model without a line here does not compile.

mod alias;
mod cipher;
mod create;
mod data_key;
mod fact;
mod grant;
mod import;
mod key;
mod key_store;
mod last_usage;
mod list;
mod mac;
mod metadata;
mod multi_region;
mod policy;
mod public;
mod rotation;
mod sign;
mod tag;

use crate::api::{self, Operation};
use crate::caller::Caller;
use crate::event::Case;
use crate::kms::{Kms, Place, Pool, Worked};
use crate::raw::Raw;
use crate::refusal::Refusal;

pub(crate) use create::new_material;
pub(crate) use import::{expire, is_over};
pub(crate) use multi_region::forget_replica;
pub(crate) use policy::principals as named_principals;
pub(crate) use rotation::{has_untold, rotate_automatically, tell_rotation};

/// Whose threads serve an operation; none where it takes microseconds, as long as the key is at hand.
pub(crate) fn pool(operation: Operation) -> Option<Pool> {
    use Operation as O;
    match operation {
        O::Encrypt | O::Decrypt | O::ReEncrypt | O::GenerateDataKey | O::GenerateDataKeyWithoutPlaintext => None,
        O::GenerateRandom | O::GenerateMac | O::VerifyMac | O::Sign | O::Verify => None,
        O::DescribeKey | O::GetKeyPolicy | O::GetKeyRotationStatus | O::ListKeyPolicies => None,
        O::GenerateDataKeyPair | O::GenerateDataKeyPairWithoutPlaintext | O::DeriveSharedSecret => Some(Pool::Backend),
        O::Encapsulate | O::Decapsulate | O::GetPublicKey | O::GetParametersForImport => Some(Pool::Backend),
        _ => Some(Pool::Store),
    }
}

/// Serves one request for an operation.
pub(crate) fn dispatch(
    kms: &Kms,
    operation: Operation,
    caller: &Caller,
    raw: &Raw,
    case: &mut Case,
    place: &Place,
) -> Result<Worked, Refusal> {
    macro_rules! table {
        ($($name:ident => $request:ident,)*) => {
            match operation {
                $(Operation::$name => kms.serve::<api::$request>(caller, raw, case, place),)*
            }
        };
    }
    table! {
        CancelKeyDeletion => CancelKeyDeletionRequest,
        ConnectCustomKeyStore => ConnectCustomKeyStoreRequest,
        CreateAlias => CreateAliasRequest,
        CreateCustomKeyStore => CreateCustomKeyStoreRequest,
        CreateGrant => CreateGrantRequest,
        CreateKey => CreateKeyRequest,
        Decapsulate => DecapsulateRequest,
        Decrypt => DecryptRequest,
        DeleteAlias => DeleteAliasRequest,
        DeleteCustomKeyStore => DeleteCustomKeyStoreRequest,
        DeleteImportedKeyMaterial => DeleteImportedKeyMaterialRequest,
        DeriveSharedSecret => DeriveSharedSecretRequest,
        DescribeCustomKeyStores => DescribeCustomKeyStoresRequest,
        DescribeKey => DescribeKeyRequest,
        DisableKey => DisableKeyRequest,
        DisableKeyRotation => DisableKeyRotationRequest,
        DisconnectCustomKeyStore => DisconnectCustomKeyStoreRequest,
        EnableKey => EnableKeyRequest,
        EnableKeyRotation => EnableKeyRotationRequest,
        Encapsulate => EncapsulateRequest,
        Encrypt => EncryptRequest,
        GenerateDataKey => GenerateDataKeyRequest,
        GenerateDataKeyPair => GenerateDataKeyPairRequest,
        GenerateDataKeyPairWithoutPlaintext => GenerateDataKeyPairWithoutPlaintextRequest,
        GenerateDataKeyWithoutPlaintext => GenerateDataKeyWithoutPlaintextRequest,
        GenerateMac => GenerateMacRequest,
        GenerateRandom => GenerateRandomRequest,
        GetKeyLastUsage => GetKeyLastUsageRequest,
        GetKeyPolicy => GetKeyPolicyRequest,
        GetKeyRotationStatus => GetKeyRotationStatusRequest,
        GetParametersForImport => GetParametersForImportRequest,
        GetPublicKey => GetPublicKeyRequest,
        ImportKeyMaterial => ImportKeyMaterialRequest,
        ListAliases => ListAliasesRequest,
        ListGrants => ListGrantsRequest,
        ListKeyPolicies => ListKeyPoliciesRequest,
        ListKeyRotations => ListKeyRotationsRequest,
        ListKeys => ListKeysRequest,
        ListResourceTags => ListResourceTagsRequest,
        ListRetirableGrants => ListRetirableGrantsRequest,
        PutKeyPolicy => PutKeyPolicyRequest,
        ReEncrypt => ReEncryptRequest,
        ReplicateKey => ReplicateKeyRequest,
        RetireGrant => RetireGrantRequest,
        RevokeGrant => RevokeGrantRequest,
        RotateKeyOnDemand => RotateKeyOnDemandRequest,
        ScheduleKeyDeletion => ScheduleKeyDeletionRequest,
        Sign => SignRequest,
        TagResource => TagResourceRequest,
        UntagResource => UntagResourceRequest,
        UpdateAlias => UpdateAliasRequest,
        UpdateCustomKeyStore => UpdateCustomKeyStoreRequest,
        UpdateKeyDescription => UpdateKeyDescriptionRequest,
        UpdatePrimaryRegion => UpdatePrimaryRegionRequest,
        Verify => VerifyRequest,
        VerifyMac => VerifyMacRequest,
    }
}
