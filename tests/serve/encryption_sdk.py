"""Envelope encryption end to end with the AWS Encryption SDK, unmodified, its key named by ARN."""

import aws_encryption_sdk
from aws_encryption_sdk.identifiers import CommitmentPolicy
from aws_encryption_sdk.key_providers.kms import StrictAwsKmsMasterKeyProvider

import botocore.session

from kit import *

os.environ.update(AWS_ENDPOINT_URL_KMS=ENDPOINT, AWS_ACCESS_KEY_ID=ROOT[0], AWS_SECRET_ACCESS_KEY=ROOT[1],
                  AWS_DEFAULT_REGION="us-east-1")
kms = client()
arn = kms.create_key()["KeyMetadata"]["Arn"]
sdk = aws_encryption_sdk.EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
provider = StrictAwsKmsMasterKeyProvider(key_ids=[arn], botocore_session=botocore.session.Session())
text = b"attack at dawn" * 1000
sealed, header = sdk.encrypt(source=text, key_provider=provider, encryption_context={"purpose": "test"})
opened, header = sdk.decrypt(source=sealed, key_provider=provider)
equal(opened, text)
equal(header.encryption_context["purpose"], "test")
assert "aws-crypto-public-key" in header.encryption_context
kms.disable_key(KeyId=arn)
try:
    text = sdk.decrypt(source=sealed, key_provider=provider)[0]
except Exception:  # The SDK closes its stream with an error of its own.
    text = None
assert text is None, "a disabled key opened something"
