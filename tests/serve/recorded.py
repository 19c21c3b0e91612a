"""Every line of `testdata/kms/recorded_error.tsv`: brought about here to the letter, or listed with the reason why not."""

import os as system
import re
import sys

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from kit import *

kms, europe, asia = client(), client(region="eu-west-1"), client(region="ap-southeast-1")
seen = []


def say(call, **parameters):
    """Notes how a call is refused."""
    try:
        answer = call(**parameters)
    except botocore.exceptions.ClientError as error:
        told = error.response["Error"]
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        seen.append((told["Code"], str(status), told.get("Message", "")))
        return
    raise AssertionError(f"not refused: {call.__name__} {answer}")


def key(**parameters):
    return kms.create_key(**parameters)["KeyMetadata"]["Arn"]


def wrapped(key_id):
    offer = kms.get_parameters_for_import(KeyId=key_id, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")
    public = serialization.load_der_public_key(offer["PublicKey"])
    body = public.encrypt(system.urandom(32), padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
    return {"KeyId": key_id, "ImportToken": offer["ImportToken"], "EncryptedKeyMaterial": body}


arn, other, off, external = key(), key(), key(), key(Origin="EXTERNAL")
kms.disable_key(KeyId=off)
primary = key(MultiRegion=True)
kms.replicate_key(KeyId=primary, ReplicaRegion="eu-west-1")
hmacs = {spec: key(KeySpec=spec, KeyUsage="GENERATE_VERIFY_MAC") for spec in ("HMAC_224", "HMAC_256")}
p256, p384 = (key(KeySpec=spec, KeyUsage="SIGN_VERIFY") for spec in ("ECC_NIST_P256", "ECC_NIST_P384"))
agree = key(KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")
rsa = {size: key(KeySpec=f"RSA_{size}", KeyUsage="ENCRYPT_DECRYPT") for size in (2048, 3072, 4096)}
rsa_sign = key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
missing = arn[:-12] + "000000000000"
pair = {"KeyPairSpec": "ECC_NIST_P256"}

# Keys that are not there, or not here.
for name in ("134f2428cec14b25a1ae9048164dba47", "fake-key-id", "mrk-fake-key-id"):
    say(kms.describe_key, KeyId=name)
say(kms.generate_mac, KeyId="key_id", Message=b"m", MacAlgorithm="HMAC_SHA_224")
say(kms.describe_key, KeyId=missing)
say(kms.describe_key, KeyId="mrk-00000000000000000000000000000000")
say(kms.rotate_key_on_demand, KeyId=missing)
say(europe.describe_key, KeyId=arn.split("/")[1])
say(asia.describe_key, KeyId=primary.split("/")[1])
say(kms.describe_key, KeyId=arn.replace("us-east-1", "eu-west-1"))

# States.
say(kms.rotate_key_on_demand, KeyId=off)
say(kms.encrypt, KeyId=external, Plaintext=b"x")
for spec in ("SYMMETRIC_DEFAULT", "RSA_4096"):
    usage = "ENCRYPT_DECRYPT"
    say(kms.rotate_key_on_demand, KeyId=key(Origin="EXTERNAL", KeySpec=spec, KeyUsage=usage))
say(kms.rotate_key_on_demand, KeyId=rsa[2048])
say(kms.enable_key_rotation, KeyId=external)
say(kms.get_parameters_for_import, KeyId=arn, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")
say(kms.import_key_material, **wrapped(external))
forever = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
kms.import_key_material(**wrapped(external), **forever)
say(kms.rotate_key_on_demand, KeyId=external)
kms.import_key_material(**wrapped(external), **forever, ImportType="NEW_KEY_MATERIAL")
say(kms.import_key_material, **wrapped(external), **forever, ImportType="NEW_KEY_MATERIAL")
say(europe.replicate_key, KeyId=primary.replace("us-east-1", "eu-west-1"), ReplicaRegion="eu-west-2")
for _ in range(25):
    kms.rotate_key_on_demand(KeyId=other)
say(kms.rotate_key_on_demand, KeyId=other)

# Dry runs.
say(kms.generate_data_key_pair, KeyId=arn, DryRun=True, **pair)
say(kms.generate_data_key_pair_without_plaintext, KeyId=arn, DryRun=True, **pair)

# Ciphertexts, signatures and codes.
blob = kms.encrypt(KeyId=arn, Plaintext=b"x", EncryptionContext={"a": "b"})["CiphertextBlob"]
say(kms.decrypt, CiphertextBlob=blob)
say(kms.decrypt, CiphertextBlob=kms.generate_data_key(KeyId=arn, KeySpec="AES_256")["CiphertextBlob"],
    EncryptionContext={"a": "b"})
say(kms.decrypt, CiphertextBlob=kms.generate_data_key_pair(KeyId=arn, **pair)["PrivateKeyCiphertextBlob"],
    EncryptionContext={"a": "b"})
say(kms.decrypt, CiphertextBlob=blob, EncryptionContext={"a": "b"}, KeyId=off)
say(kms.re_encrypt, CiphertextBlob=blob, SourceEncryptionContext={"a": "b"}, SourceKeyId=other, DestinationKeyId=arn)
mac = kms.generate_mac(KeyId=hmacs["HMAC_256"], Message=b"m", MacAlgorithm="HMAC_SHA_256")["Mac"]
say(kms.verify_mac, KeyId=hmacs["HMAC_256"], Message=b"n", Mac=mac, MacAlgorithm="HMAC_SHA_256")
signature = kms.sign(KeyId=p256, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")["Signature"]
say(kms.verify, KeyId=p256, Message=b"n", Signature=signature, SigningAlgorithm="ECDSA_SHA_256")

# Usages and algorithms.
for bad in (arn, p256):
    say(kms.derive_shared_secret, KeyId=bad, PublicKey=b"p", KeyAgreementAlgorithm="ECDH")
say(kms.derive_shared_secret, KeyId=agree, PublicKey=b"p", KeyAgreementAlgorithm="ECDH")
say(kms.derive_shared_secret, KeyId=agree, PublicKey=kms.get_public_key(KeyId=p384)["PublicKey"],
    KeyAgreementAlgorithm="ECDH")
say(kms.derive_shared_secret, KeyId=agree, PublicKey=b"p", KeyAgreementAlgorithm="INVALID")
say(kms.generate_mac, KeyId=arn, Message=b"m", MacAlgorithm="HMAC_SHA_256")
say(kms.generate_mac, KeyId=hmacs["HMAC_224"], Message=b"m", MacAlgorithm="HMAC_SHA_256")
say(kms.generate_mac, KeyId=hmacs["HMAC_256"], Message=b"m", MacAlgorithm="INVALID")
say(kms.verify_mac, KeyId=hmacs["HMAC_256"], Message=b"m", Mac=mac, MacAlgorithm="HMAC_SHA_512")
say(kms.verify_mac, KeyId=hmacs["HMAC_256"], Message=b"m", Mac=mac, MacAlgorithm="INVALID")
say(kms.verify, KeyId=arn, Message=b"m", Signature=b"s", SigningAlgorithm="ECDSA_SHA_256")
say(kms.sign, KeyId=hmacs["HMAC_256"], Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
say(kms.encrypt, KeyId=p256, Plaintext=b"x")
for signer, algorithm in [(p256, "ECDSA_SHA_256"), (p384, "ECDSA_SHA_384"),
                          *((rsa_sign, f"RSASSA_{kind}_SHA_{size}") for kind in ("PSS", "PKCS1_V1_5")
                            for size in (256, 384, 512))]:
    say(kms.sign, KeyId=signer, Message=b"short", MessageType="DIGEST", SigningAlgorithm=algorithm)
for size, bounds in {2048: (214, 190), 3072: (342, 318), 4096: (470, 446)}.items():
    for algorithm, bound in zip(("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"), bounds):
        kms.encrypt(KeyId=rsa[size], Plaintext=b"x" * bound, EncryptionAlgorithm=algorithm)
        say(kms.encrypt, KeyId=rsa[size], Plaintext=b"x" * (bound + 1), EncryptionAlgorithm=algorithm)

# What requests may say.
for size in ({}, {"NumberOfBytes": 0}, {"NumberOfBytes": 1025}):
    say(kms.generate_random, **size)
say(kms.encrypt, KeyId=arn, Plaintext=b"x" * 4097)
say(kms.create_alias, AliasName="nope", TargetKeyId=arn)
say(kms.create_key, KeySpec="RSA_2048", KeyUsage="KEY_AGREEMENT")
say(kms.create_key, KeySpec="HMAC_256")
say(kms.create_key, KeySpec="HMAC_random", KeyUsage="GENERATE_VERIFY_MAC")
say(kms.create_key, KeySpec="HMAC_256", KeyUsage="RANDOM")
for tag in ({"TagKey": "a" * 129, "TagValue": "v"}, {"TagKey": "k", "TagValue": "v" * 257},
            {"TagKey": "aws:x", "TagValue": "v"}, {"TagKey": "AWS:x", "TagValue": "v"}):
    say(kms.create_key, Tags=[tag])
    say(kms.tag_resource, KeyId=arn, Tags=[tag])
say(kms.create_key, Tags=[{"TagKey": str(number), "TagValue": "v"} for number in range(51)])
say(kms.tag_resource, KeyId=arn, Tags=[{"TagKey": "k", "TagValue": "v"}] * 2)

# What is not brought about as it was recorded: the line's message, and how far we follow it.
GROWN = "values that AWS has added since stand after those that were recorded"


def grown(message):
    """The message with the recorded values, of a list that is longer by now."""
    head, values = message.rsplit("[", 1)
    wanted = values.rstrip("]").split(", ")
    for _, _, found in seen:
        if found.startswith(head):
            equal(found[len(head) + 1:-1].split(", ")[:len(wanted)], wanted)
            return True
    return False


DIFFERENT = {"HMAC_random": GROWN, "RANDOM": GROWN}
# The same words for another reason than at the time of recording.
ELSEWHERE = {
    "rotate key on demand raises error given key with imported key material":
        "AWS rotates imported keys on demand by now; EnableKeyRotation says it",
}

letters = {"key-arn": r"arn:aws:kms:us-east-1:\d{12}:key/[0-9a-f-]{36}", "mrk-key-arn": r"arn:aws:kms:[a-z0-9-]+:\d{12}:key/mrk-[0-9a-f]{32}",
           "key-id": r"(?:mrk-[0-9a-f]{32}|[0-9a-f-]{36})", "key-material-id": "[0-9a-f]{64}", "partition": "aws",
           "region": "[a-z0-9-]+", "secondary-region": "eu-west-1"}
exact, different = 0, []
with open(sys.argv[1], encoding="utf-8") as table:
    lines = [line.rstrip("\n").split("\t") for line in table if not line.startswith("#")]
for error, status, message, situation in lines:
    parts = re.split(r"<([a-z-]+)(?::\d+)?>", message)
    pattern = "".join(letters[part] if place % 2 else re.escape(part) for place, part in enumerate(parts))
    pattern = pattern.replace("111111111111", r"\d{12}")
    if any((code, found) == (error, status) and re.fullmatch(pattern, text) for code, found, text in seen):
        exact += 1
        continue
    why = [reason for word, reason in DIFFERENT.items() if f"'{word}'" in message]
    assert why and grown(message), f"not reproduced: {error} {message!r} ({situation})"
    different.append(message)
equal((len(lines), len(different)), (62, 2))
assert all(any(name in situation for *_, situation in lines) for name in ELSEWHERE)
print(exact, "to the letter,", len(different), "with more values than were recorded")
