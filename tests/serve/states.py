"""The cells of the key-state table whose state can be brought about over the API, against `testdata/kms/key_state.tsv`."""

import sys

from kit import *

COLUMNS = ["Creating", "Enabled", "Disabled", "PendingDeletion", "PendingReplicaDeletion", "PendingImport", "Unavailable",
           "Updating"]


def lines(name):
    with open(f"{sys.argv[1]}/{name}", encoding="utf-8") as table:
        return [line.rstrip("\n").split("\t") for line in table if not line.startswith("#")]


WORDS = {number: (error, message) for number, error, message in lines("key_state_refusal.tsv")}
kms, europe = client(), client(region="eu-west-1")
serial = 0


def fresh(state, spec="SYMMETRIC_DEFAULT", usage="ENCRYPT_DECRYPT"):
    """A key in a state, or None if the API has no way to bring one of that spec there."""
    if state == "PendingImport":
        return kms.create_key(KeySpec=spec, KeyUsage=usage, Origin="EXTERNAL")["KeyMetadata"]["Arn"]
    many = state == "PendingReplicaDeletion"
    arn = kms.create_key(KeySpec=spec, KeyUsage=usage, MultiRegion=many)["KeyMetadata"]["Arn"]
    if state == "Disabled":
        kms.disable_key(KeyId=arn)
    elif state == "PendingDeletion":
        kms.schedule_key_deletion(KeyId=arn)
    elif many:
        kms.replicate_key(KeyId=arn, ReplicaRegion="eu-west-1")
        kms.schedule_key_deletion(KeyId=arn)
    return arn


def alias():
    global serial
    serial += 1
    return f"alias/state-{serial}"


enabled = fresh("Enabled")
blob = kms.encrypt(KeyId=enabled, Plaintext=b"x")["CiphertextBlob"]
me = f"arn:aws:iam::{ACCOUNT}:root"
pair = {"KeyPairSpec": "ECC_NIST_P256"}
sign, mac, agree, kem = (("ECC_NIST_P256", "SIGN_VERIFY"), ("HMAC_256", "GENERATE_VERIFY_MAC"),
                         ("ECC_NIST_P256", "KEY_AGREEMENT"), ("ML_KEM_768", "ENCAPSULATE_DECAPSULATE"))
plain = ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
offer = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
# Action, the method, spec and usage, further parameters. What an operation would refuse for another reason than the
# state does not matter here: only whether it is the state that refuses.
CALLS = {
    "CancelKeyDeletion": (plain, {}), "CreateAlias": (plain, {}), "CreateGrant": (plain, {
        "GranteePrincipal": me, "Operations": ["DescribeKey"]}),
    "Decapsulate": (kem, {"EncapsulationAlgorithm": "ML_KEM", "SharedSecretCiphertextBlob": b"x"}),
    "Decrypt": (plain, {"CiphertextBlob": blob}), "DeleteImportedKeyMaterial": (plain, {}),
    "DeriveSharedSecret": (agree, {"KeyAgreementAlgorithm": "ECDH", "PublicKey": b"x"}), "DescribeKey": (plain, {}),
    "DisableKey": (plain, {}), "DisableKeyRotation": (plain, {}), "EnableKey": (plain, {}),
    "EnableKeyRotation": (plain, {}), "Encapsulate": (kem, {"EncapsulationAlgorithm": "ML_KEM"}),
    "Encrypt": (plain, {"Plaintext": b"x"}), "GenerateDataKey": (plain, {"KeySpec": "AES_256"}),
    "GenerateDataKeyPair": (plain, pair), "GenerateDataKeyPairWithoutPlaintext": (plain, pair),
    "GenerateDataKeyWithoutPlaintext": (plain, {"KeySpec": "AES_256"}),
    "GenerateMac": (mac, {"Message": b"x", "MacAlgorithm": "HMAC_SHA_256"}), "GetKeyPolicy": (plain, {}),
    "GetKeyRotationStatus": (plain, {}), "GetParametersForImport": (plain, offer), "GetPublicKey": (sign, {}),
    "ImportKeyMaterial": (plain, {"ImportToken": b"x", "EncryptedKeyMaterial": b"x",
                                  "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}), "ListGrants": (plain, {}),
    "ListKeyPolicies": (plain, {}), "ListKeyRotations": (plain, {}), "ListResourceTags": (plain, {}),
    "PutKeyPolicy": (plain, {"Policy": policy()}), "ReplicateKey": (plain, {"ReplicaRegion": "eu-west-2"}),
    "RevokeGrant": (plain, {"GrantId": "0" * 64}), "RotateKeyOnDemand": (plain, {}), "ScheduleKeyDeletion": (plain, {}),
    "Sign": (sign, {"Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"}),
    "TagResource": (plain, {"Tags": [{"TagKey": "a", "TagValue": "b"}]}), "UntagResource": (plain, {"TagKeys": ["a"]}),
    "UpdateKeyDescription": (plain, {"Description": "d"}), "UpdatePrimaryRegion": (plain, {"PrimaryRegion": "eu-west-2"}),
    "Verify": (sign, {"Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256", "Signature": b"x"}),
    "VerifyMac": (mac, {"Message": b"x", "MacAlgorithm": "HMAC_SHA_256", "Mac": b"x"}),
}
METHOD = {name: "".join("_" + c.lower() if c.isupper() else c for c in name).strip("_") for name in CALLS}
checked, left = set(), set()
for request, kind, *cells in lines("key_state.tsv"):
    name = request.split()[0]
    if kind in ("no key", "external"):
        continue
    if name not in CALLS:
        left.add(name)
        continue
    (spec, usage), parameters = CALLS[name]
    for state, number in zip(COLUMNS, cells):
        if state in ("Creating", "Unavailable", "Updating"):
            continue
        arn = fresh(state, spec, usage)
        call = dict(parameters, KeyId=arn)
        if name == "CreateAlias":
            call = {"AliasName": alias(), "TargetKeyId": arn}
        try:
            getattr(kms, METHOD[name])(**call)
            found = ("ok", "")
        except botocore.exceptions.ClientError as error:
            found = (error.response["Error"]["Code"], error.response["Error"].get("Message", ""))
        if number == "ok":
            # A request that its state lets through may be refused for what it asks: its state did not stand in the way.
            by_state = [text.format(arn) for _, text in WORDS.values() if text]
            assert found[1] not in by_state, (name, state, found)
        else:
            error, text = WORDS[number]
            equal((name, state, *found), (name, state, error, text.format(arn)))
        checked.add((name, state))
# What the loop has no request for is in the test of the service.
equal(left, {"DeleteAlias", "GetKeyLastUsage", "ListAliases", "ReEncrypt", "RetireGrant", "UpdateAlias"})
for state, wanted in [("Disabled", "DisabledException"), ("PendingDeletion", "KMSInvalidStateException")]:
    bad = fresh(state)
    equal(code(kms.re_encrypt, CiphertextBlob=blob, DestinationKeyId=bad), wanted)
assert len(checked) >= 190, len(checked)
