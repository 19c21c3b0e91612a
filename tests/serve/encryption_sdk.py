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

# The key policy sees what the SDK puts into the context, and decides by it.
kms.put_key_policy(KeyId=arn, Policy=policy(
    {"Effect": "Deny", "Principal": "*", "Action": "kms:GenerateDataKey*", "Resource": "*",
     "Condition": {"ForAllValues:StringNotEquals": {"kms:EncryptionContextKeys": "aws-crypto-public-key"}}},
    {"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*",
     "Condition": {"StringNotEquals": {"kms:EncryptionContext:purpose": "test"}}}))
equal(code(kms.generate_data_key, KeyId=arn, KeySpec="AES_256", EncryptionContext={"purpose": "test"}), "AccessDeniedException")
equal(sdk.decrypt(source=sealed, key_provider=provider)[0], text)
other = sdk.encrypt(source=text, key_provider=provider, encryption_context={"purpose": "other"})[0]
try:
    found = sdk.decrypt(source=other, key_provider=provider)[0]
except Exception:
    found = None
assert found is None, "a denied key opened something"
kms.put_key_policy(KeyId=arn, Policy=policy())
equal(sdk.decrypt(source=other, key_provider=provider)[0], text)

kms.disable_key(KeyId=arn)
try:
    text = sdk.decrypt(source=sealed, key_provider=provider)[0]
except Exception:  # The SDK closes its stream with an error of its own.
    text = None
assert text is None, "a disabled key opened something"
