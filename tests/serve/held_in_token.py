"""A key made in a PKCS#11 token works, also for the next server; what the token lacks is refused and not made elsewhere."""

import os as system
import sys

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kit import *

kms = client()
if system.path.exists(sys.argv[1]):
    before = json.load(open(sys.argv[1]))
    equal(kms.decrypt(CiphertextBlob=base64.b64decode(before["blob"]))["Plaintext"], b"in the token")
    kms.schedule_key_deletion(KeyId=before["key"], PendingWindowInDays=7)
    advance(days=7, seconds=1)
    equal(code(kms.describe_key, KeyId=before["key"]), "NotFoundException")
key = kms.create_key()["KeyMetadata"]["Arn"]
blob = kms.encrypt(KeyId=key, Plaintext=b"in the token")["CiphertextBlob"]
equal(kms.decrypt(CiphertextBlob=blob)["Plaintext"], b"in the token")
equal(len(kms.generate_data_key(KeyId=key, KeySpec="AES_256")["Plaintext"]), 32)
signer = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
signature = kms.sign(KeyId=signer, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")["Signature"]
public = serialization.load_der_public_key(kms.get_public_key(KeyId=signer)["PublicKey"])
public.verify(signature, b"m", ec.ECDSA(hashes.SHA256()))
equal(code(kms.create_key, KeySpec="ML_DSA_65", KeyUsage="SIGN_VERIFY"), "UnsupportedOperationException")
with open(sys.argv[1], "w") as file:
    json.dump({"key": key, "blob": base64.b64encode(blob).decode()}, file)
