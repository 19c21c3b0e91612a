"""`--backend xks:`: keys that need an external key work while its holder lets them, and only symmetric ones are made."""

import os as system
import sys

from kit import *

kms = client()
if sys.argv[2] == "withheld":
    blob, key = (base64.b64decode(line) for line in open(sys.argv[1], "rb"))
    told = refused(kms.decrypt, CiphertextBlob=blob, EncryptionContext={"a": "b"})
    assert told[0] in ("KeyUnavailableException", "DependencyTimeoutException"), told
    assert refused(kms.encrypt, KeyId=key.decode(), Plaintext=b"x")[0] in ("KeyUnavailableException", "DependencyTimeoutException")
    equal(kms.describe_key(KeyId=key.decode())["KeyMetadata"]["KeyState"], "Enabled")
    sys.exit()
key = kms.create_key()["KeyMetadata"]
equal((key["Origin"], key["KeySpec"]), ("AWS_KMS", "SYMMETRIC_DEFAULT"))
context = {"EncryptionContext": {"a": "b"}}
blob = kms.encrypt(KeyId=key["Arn"], Plaintext=b"twice", **context)["CiphertextBlob"]
equal(kms.decrypt(CiphertextBlob=blob, **context)["Plaintext"], b"twice")
equal(code(kms.decrypt, CiphertextBlob=blob), "InvalidCiphertextException")
equal(code(kms.decrypt, CiphertextBlob=blob[:-1] + bytes([blob[-1] ^ 1]), **context), "InvalidCiphertextException")
made = kms.generate_data_key(KeyId=key["Arn"], KeySpec="AES_256")
equal(kms.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"], made["Plaintext"])
kms.rotate_key_on_demand(KeyId=key["Arn"])
equal(kms.decrypt(CiphertextBlob=blob, **context)["Plaintext"], b"twice")
other = kms.create_key()["KeyMetadata"]["Arn"]
moved = kms.re_encrypt(CiphertextBlob=blob, SourceEncryptionContext={"a": "b"}, DestinationKeyId=other)["CiphertextBlob"]
equal(kms.decrypt(CiphertextBlob=moved)["Plaintext"], b"twice")
equal(len(kms.generate_random(NumberOfBytes=24)["Plaintext"]), 24)
for spec, usage in [("RSA_2048", "SIGN_VERIFY"), ("ECC_NIST_P256", "SIGN_VERIFY"), ("HMAC_256", "GENERATE_VERIFY_MAC")]:
    equal(code(kms.create_key, KeySpec=spec, KeyUsage=usage), "UnsupportedOperationException")
with open(sys.argv[1], "wb") as memory:
    memory.write(base64.b64encode(blob) + b"\n" + base64.b64encode(key["Arn"].encode()) + b"\n")
