//! The AWS SDK for Rust, unmodified, against the endpoint that AWS_ENDPOINT_URL_KMS names.

use std::error::Error;

use aws_sdk_kms::Client;
use aws_sdk_kms::error::SdkError;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{DataKeySpec, KeySpec, KeyUsageType, MessageType, SigningAlgorithmSpec, Tag};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // Endpoint, region and credentials come from the environment, as they would anywhere else.
    let http = aws_smithy_http_client::Builder::new().build_http();
    let config = aws_config::from_env().http_client(http).load().await;
    let kms = Client::new(&config);

    let tag = Tag::builder().tag_key("team").tag_value("blue").build()?;
    let made = kms.create_key().description("from the SDK for Rust").tags(tag).send().await?;
    let metadata = made.key_metadata().ok_or("no metadata")?;
    let (id, arn) = (metadata.key_id(), metadata.arn().ok_or("no ARN")?);
    assert!(metadata.enabled() && metadata.creation_date().is_some());
    kms.create_alias().alias_name("alias/rust").target_key_id(id).send().await?;

    let sealed = kms.encrypt().key_id("alias/rust").plaintext(Blob::new("attack at dawn"));
    let sealed = sealed.encryption_context("department", "ä/ö").send().await?;
    let blob = sealed.ciphertext_blob().ok_or("no ciphertext")?;
    let opened = kms.decrypt().ciphertext_blob(blob.clone()).encryption_context("department", "ä/ö").send().await?;
    assert_eq!(opened.plaintext().map(Blob::as_ref), Some(&b"attack at dawn"[..]));
    assert_eq!(opened.key_id(), Some(arn));

    // Refusals are of the types that the model declares.
    let refused = kms.decrypt().ciphertext_blob(blob.clone()).send().await.err().ok_or("not refused")?;
    assert!(refused.as_service_error().is_some_and(|error| error.is_invalid_ciphertext_exception()), "{refused:?}");
    let missing = kms.describe_key().key_id("alias/nobody").send().await.err().ok_or("not refused")?;
    assert!(matches!(&missing, SdkError::ServiceError(error) if error.err().is_not_found_exception()), "{missing:?}");
    let dry = kms.generate_data_key().key_id(id).key_spec(DataKeySpec::Aes256).dry_run(true).send().await;
    assert!(
        dry.err().and_then(|error| error.into_service_error().is_dry_run_operation_exception().then_some(())).is_some()
    );

    let data = kms.generate_data_key().key_id(id).key_spec(DataKeySpec::Aes256).send().await?;
    assert_eq!(data.plaintext().map(|key| key.as_ref().len()), Some(32));
    let signer = kms.create_key().key_spec(KeySpec::EccNistP256).key_usage(KeyUsageType::SignVerify).send().await?;
    let signer = signer.key_metadata().ok_or("no metadata")?.key_id().to_owned();
    let algorithm = SigningAlgorithmSpec::EcdsaSha256;
    let signed = kms.sign().key_id(&signer).message(Blob::new("m")).message_type(MessageType::Raw);
    let signed = signed.signing_algorithm(algorithm.clone()).send().await?;
    let signature = signed.signature().ok_or("no signature")?.clone();
    let verified = kms.verify().key_id(&signer).message(Blob::new("m")).signature(signature);
    assert!(verified.signing_algorithm(algorithm).send().await?.signature_valid());

    let mut pages = kms.list_keys().limit(1).into_paginator().send();
    let mut keys = 0;
    while let Some(page) = pages.next().await {
        keys += page?.keys().len();
    }
    assert_eq!(keys, 2, "one to a page");
    kms.disable_key().key_id(id).send().await?;
    let off = kms.encrypt().key_id(id).plaintext(Blob::new("x")).send().await.err().ok_or("not refused")?;
    assert!(off.as_service_error().is_some_and(|error| error.is_disabled_exception()), "{off:?}");
    let gone = kms.schedule_key_deletion().key_id(id).pending_window_in_days(7).send().await?;
    assert!(gone.deletion_date().is_some());
    println!("the SDK for Rust is content");
    Ok(())
}
