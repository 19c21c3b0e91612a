"""Make a key, make a data key under it, switch it off and on: with boto3, against a server of your own.

    wardbook serve --dev          # in one terminal; copy the export lines it prints into another
    python3 -m pip install boto3
    python3 examples/boto3_steps.py
"""

import boto3

# Endpoint, credentials and region come from the environment: AWS_ENDPOINT_URL_KMS, AWS_ACCESS_KEY_ID, ...
kms = boto3.client("kms")

key = kms.create_key(Description="reports")["KeyMetadata"]
print("made", key["Arn"])

context = {"department": "finance"}
data_key = kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256", EncryptionContext=context)
opened = kms.decrypt(CiphertextBlob=data_key["CiphertextBlob"], EncryptionContext=context)
print("the data key comes back:", opened["Plaintext"] == data_key["Plaintext"])

kms.disable_key(KeyId=key["KeyId"])
try:
    kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256")
except kms.exceptions.DisabledException as error:
    print("while it is off:", error.response["Error"]["Code"])

kms.enable_key(KeyId=key["KeyId"])
kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256")
print("and on again")
