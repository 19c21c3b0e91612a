"""Before and after a change of the root key: `make N` makes keys and remembers what they sealed, `open` opens all of it."""

import sys

from kit import *

path, what = sys.argv[1], sys.argv[2]
kms = client()
if what == "make":
    blobs = []
    for number in range(int(sys.argv[3])):
        arn = kms.create_key()["KeyMetadata"]["Arn"]
        blobs.append(kms.encrypt(KeyId=arn, Plaintext=b"%d" % number)["CiphertextBlob"])
    kms.rotate_key_on_demand(KeyId=arn)
    pair = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    signature = kms.sign(KeyId=pair, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")["Signature"]
    with open(path, "w", encoding="utf-8") as memory:
        json.dump([[base64.b64encode(blob).decode() for blob in blobs], pair, base64.b64encode(signature).decode()], memory)
with open(path, encoding="utf-8") as memory:
    blobs, pair, signature = json.load(memory)
for number, blob in enumerate(blobs):
    equal(kms.decrypt(CiphertextBlob=base64.b64decode(blob))["Plaintext"], b"%d" % number)
kms.verify(KeyId=pair, Message=b"m", Signature=base64.b64decode(signature), SigningAlgorithm="ECDSA_SHA_256")
kms.sign(KeyId=pair, Message=b"n", SigningAlgorithm="ECDSA_SHA_256")
print(len(blobs), "keys")
