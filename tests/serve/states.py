"""Every cell of the key-state table that can be brought about over the API, against `policy/data/kms_state.tsv`."""

import sys

from kit import *

COLUMNS = ["Creating", "Enabled", "Disabled", "PendingDeletion", "PendingReplicaDeletion", "PendingImport", "Unavailable",
           "Updating"]
WORDS = {
    "disabled": ("DisabledException", "{} is disabled."),
    "pending-deletion": ("KMSInvalidStateException", "{} is pending deletion."),
    "not-pending-deletion": ("KMSInvalidStateException", "{} is not pending deletion."),
    "pending-import": ("KMSInvalidStateException", "{} is pending import."),
    "external-origin": ("UnsupportedOperationException", "{} origin is EXTERNAL which is not valid for this operation."),
}
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
    "ImportKeyMaterial": (plain, {"ImportToken": b"x", "EncryptedKeyMaterial": b"x"}), "ListGrants": (plain, {}),
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
checked = set()
with open(sys.argv[1], encoding="utf-8") as table:
    rows = [line.rstrip("\n").split("\t") for line in table]
for action, *cells in rows:
    name = action.split(":")[1]
    if name not in CALLS:
        continue
    (spec, usage), parameters = CALLS[name]
    for state, word in zip(COLUMNS, cells):
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
        told = WORDS.get(word)
        if told is None:
            by_state = [text.format(arn) for _, text in WORDS.values()]
            external = WORDS["external-origin"][1].format(arn)
            assert found[1] not in by_state or found[1] == external, (name, state, found)
        else:
            equal((name, state, *found), (name, state, told[0], told[1].format(arn)))
        checked.add((name, state))
# ReEncrypt is one operation with two actions; the rest is about grants and keys that the loop cannot make.
left = {row[0].split(":")[1] for row in rows} - set(CALLS)
equal(left, {"DeleteAlias", "GetKeyLastUsage", "ReEncryptFrom", "ReEncryptTo", "RetireGrant", "UpdateAlias"})
for state, wanted in [("Disabled", "DisabledException"), ("PendingDeletion", "KMSInvalidStateException")]:
    bad = fresh(state)
    equal(code(kms.re_encrypt, CiphertextBlob=blob, DestinationKeyId=bad), wanted)
print(len(checked), "cells")
