//! Which properties of which resources name a key.

use std::sync::Arc;

use wardbook_policy::document::Word;
use wardbook_policy::json::{Kind, Value};
use wardbook_policy::subject::{Declaration, UseSubject};

use super::resource::may_be_key;

/// Properties that name a key wherever they occur, compared without regard to case.
const NAMES: &[&str] = &[
    "AwsKmsKeyArn",
    "AwsKmsKeyId",
    "KmsArn",
    "KmsEncryptionKey",
    "KmsEncryptionKeyArn",
    "KmsKey",
    "KmsKeyArn",
    "KmsKeyId",
    "KmsKeyIdentifier",
    "KmsKeyName",
    "KmsMasterKeyArn",
    "KmsMasterKeyId",
    "CustomerManagedKeyArn",
    "EncryptionKeyArn",
    "KeyManagementServiceArn",
    "S3KmsKeyArn",
    "EnvironmentVariableKmsKeyArn",
    "MasterUserSecretKmsKeyId",
    "OutputS3KmsKeyId",
    "PerformanceInsightsKmsKeyId",
    "ServerSideEncryptionKmsKeyId",
    "SseKmsKeyId",
    "SsekmsKeyId",
    "StorageEncryptionKmsKeyArn",
    "TableEncryptionKmsKeyArn",
    "UserVolumeEncryptionKey",
    "VolumeEncryptionKey",
    "VolumeKmsKeyId",
];

/// Properties that name a key in one type only, by their whole path.
const PATHS: &[(&str, &str)] = &[
    ("AWS::CodePipeline::Pipeline", "ArtifactStore.EncryptionKey.Id"),
    ("AWS::CodePipeline::Pipeline", "ArtifactStores.ArtifactStore.EncryptionKey.Id"),
    ("AWS::CodeBuild::Project", "EncryptionKey"),
    ("AWS::CodeArtifact::Domain", "EncryptionKey"),
    ("AWS::EKS::Cluster", "EncryptionConfig.Provider.KeyArn"),
    ("AWS::ECR::Repository", "EncryptionConfiguration.KmsKey"),
    ("AWS::Kinesis::Stream", "StreamEncryption.KeyId"),
    ("AWS::KinesisFirehose::DeliveryStream", "DeliveryStreamEncryptionConfigurationInput.KeyARN"),
    (
        "AWS::KinesisFirehose::DeliveryStream",
        "S3DestinationConfiguration.EncryptionConfiguration.KMSEncryptionConfig.AWSKMSKeyARN",
    ),
    (
        "AWS::KinesisFirehose::DeliveryStream",
        "ExtendedS3DestinationConfiguration.EncryptionConfiguration.KMSEncryptionConfig.AWSKMSKeyARN",
    ),
    ("AWS::SSM::Parameter", "KeyId"),
    (
        "AWS::S3Express::DirectoryBucket",
        "BucketEncryption.ServerSideEncryptionConfiguration.ServerSideEncryptionByDefault.KMSMasterKeyID",
    ),
];

/// The uses of keys in the properties of a resource, in their order.
pub(super) fn of(declaration: &Arc<Declaration>) -> Vec<UseSubject> {
    // A key and its alias name keys by what they are.
    if declaration.kind.starts_with("AWS::KMS::") {
        return Vec::new();
    }
    let mut uses = Vec::new();
    search(declaration, &declaration.properties, "", &mut uses);
    uses
}

/// INVARIANT: no deeper than the readers let values be.
fn search(declaration: &Arc<Declaration>, value: &Value, path: &str, uses: &mut Vec<UseSubject>) {
    match &value.kind {
        Kind::List(values) => values.iter().for_each(|value| search(declaration, value, path, uses)),
        Kind::Object(members) => {
            for member in members {
                let path = match path {
                    "" => member.name.to_string(),
                    path => format!("{path}.{}", member.name),
                };
                let named = NAMES.iter().any(|name| name.eq_ignore_ascii_case(&member.name))
                    || PATHS
                        .iter()
                        .any(|(kind, known)| *kind == &*declaration.kind && known.eq_ignore_ascii_case(&path));
                match member.value.as_text().filter(|text| named && may_be_key(text)) {
                    Some(text) => uses.push(UseSubject {
                        declaration: declaration.clone(),
                        property: path.into(),
                        key: Word { text: text.into(), span: member.value.span },
                    }),
                    None => search(declaration, &member.value, &path, uses),
                }
            }
        }
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => {}
    }
}
