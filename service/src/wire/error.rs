//! The names and statuses of errors on the wire, and in CloudTrail.

use super::encode::Object;
use crate::refusal::{Refusal, Why};

/// Why, name, HTTP status.
const ERRORS: &[(Why, &str, u16)] = &[
    (Why::AccessDenied, "AccessDeniedException", 400),
    (Why::AlreadyExists, "AlreadyExistsException", 400),
    (Why::ClusterInUse, "CloudHsmClusterInUseException", 400),
    (Why::ClusterNotFound, "CloudHsmClusterNotFoundException", 400),
    (Why::Conflict, "ConflictException", 400),
    (Why::DependencyTimeout, "DependencyTimeoutException", 503),
    (Why::Disabled, "DisabledException", 400),
    (Why::DryRun, "DryRunOperationException", 400),
    (Why::ExpiredImportToken, "ExpiredImportTokenException", 400),
    (Why::ExpiredToken, "ExpiredTokenException", 400),
    (Why::IncompleteSignature, "IncompleteSignatureException", 400),
    (Why::IncorrectKey, "IncorrectKeyException", 400),
    (Why::IncorrectKeyMaterial, "IncorrectKeyMaterialException", 400),
    (Why::Internal, "KMSInternalException", 500),
    (Why::InvalidAliasName, "InvalidAliasNameException", 400),
    (Why::InvalidArn, "InvalidArnException", 400),
    (Why::InvalidCiphertext, "InvalidCiphertextException", 400),
    (Why::InvalidGrantId, "InvalidGrantIdException", 400),
    (Why::InvalidGrantToken, "InvalidGrantTokenException", 400),
    (Why::InvalidImportToken, "InvalidImportTokenException", 400),
    (Why::InvalidKeyUsage, "InvalidKeyUsageException", 400),
    (Why::InvalidMac, "KMSInvalidMacException", 400),
    (Why::InvalidMarker, "InvalidMarkerException", 400),
    (Why::InvalidSignature, "KMSInvalidSignatureException", 400),
    (Why::InvalidState, "KMSInvalidStateException", 400),
    (Why::KeyStoreHasKeys, "CustomKeyStoreHasCMKsException", 400),
    (Why::KeyStoreNameInUse, "CustomKeyStoreNameInUseException", 400),
    (Why::KeyStoreNotFound, "CustomKeyStoreNotFoundException", 400),
    (Why::KeyStoreState, "CustomKeyStoreInvalidStateException", 400),
    (Why::KeyUnavailable, "KeyUnavailableException", 500),
    (Why::LimitExceeded, "LimitExceededException", 400),
    (Why::MalformedPolicy, "MalformedPolicyDocumentException", 400),
    (Why::MissingAuthentication, "MissingAuthenticationTokenException", 400),
    (Why::NotAuthorized, "NotAuthorizedException", 400),
    (Why::NotFound, "NotFoundException", 400),
    (Why::RequestSignature, "InvalidSignatureException", 400),
    (Why::Serialization, "SerializationException", 400),
    (Why::Tag, "TagException", 400),
    (Why::Throttling, "ThrottlingException", 400),
    (Why::UnknownOperation, "UnknownOperationException", 400),
    (Why::UnrecognizedClient, "UnrecognizedClientException", 400),
    (Why::Unsupported, "UnsupportedOperationException", 400),
    (Why::Validation, "ValidationException", 400),
    (Why::XksKeyConfiguration, "XksKeyInvalidConfigurationException", 400),
    (Why::XksKeyInUse, "XksKeyAlreadyInUseException", 400),
    (Why::XksKeyNotFound, "XksKeyNotFoundException", 400),
    (Why::XksProxyConfiguration, "XksProxyInvalidConfigurationException", 400),
    (Why::XksProxyCredential, "XksProxyIncorrectAuthenticationCredentialException", 400),
    (Why::XksProxyInUse, "XksProxyUriInUseException", 400),
    (Why::XksProxyResponse, "XksProxyInvalidResponseException", 400),
    (Why::XksProxyUnreachable, "XksProxyUriUnreachableException", 400),
];

/// The name on the wire.
pub fn name(why: Why) -> &'static str {
    ERRORS.iter().find(|(known, ..)| *known == why).map_or("KMSInternalException", |(_, name, _)| name)
}

/// The HTTP status.
pub fn status(why: Why) -> u16 {
    ERRORS.iter().find(|(known, ..)| *known == why).map_or(500, |(.., status)| *status)
}

/// What CloudTrail calls it: `AccessDenied` stands without its ending.
pub fn logged_name(why: Why) -> &'static str {
    if why == Why::AccessDenied { "AccessDenied" } else { name(why) }
}

/// The body of the reply. An empty message is left out, as AWS does.
pub fn body(refusal: &Refusal) -> String {
    let mut out = String::new();
    let mut object = Object::open(&mut out);
    object.always("__type", &name(refusal.why).to_owned());
    object.some("message", Some(&refusal.message).filter(|message| !message.is_empty()));
    object.close();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_one_that_the_catalogue_explains() {
        for (_, name, _) in ERRORS {
            assert!(wardbook_policy::catalogue::kms_error(name).is_some(), "{name}");
        }
    }

    #[test]
    fn an_error_has_its_form() {
        let refusal = Refusal::new(Why::NotFound, "Invalid keyId 'x'");
        assert_eq!(body(&refusal), r#"{"__type":"NotFoundException","message":"Invalid keyId 'x'"}"#);
        assert_eq!(body(&Refusal::new(Why::InvalidCiphertext, "")), r#"{"__type":"InvalidCiphertextException"}"#);
    }
}
