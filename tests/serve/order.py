"""Whoever may not is told that, and no more; whoever may is told what is wrong, in the order in which it is looked at."""

from kit import *

ANA, BOB = (("AKIAANAXXXXXXXXXXXXX", "secret-of-ana"), ("AKIABOBXXXXXXXXXXXXX", "secret-of-bob"))
root, ana, bob, other = client(), client(ANA), client(BOB), client(OTHER_ROOT)
key = root.create_key()["KeyMetadata"]["Arn"]
shut = root.create_key()["KeyMetadata"]["Arn"]
mac = root.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["Arn"]
blob = root.encrypt(KeyId=shut, Plaintext=b"x")["CiphertextBlob"]
root.disable_key(KeyId=shut)
someone = f"arn:aws:iam::{ACCOUNT}:user/bob"
recipient = {"Recipient": {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": b"x"}}
logs = "logs.us-east-1.amazonaws.com"
grant = {"KeyId": key, "Operations": ["Decrypt"]}
invalid, denied, unsupported = "ValidationException", "AccessDeniedException", "UnsupportedOperationException"
for call, parameters, wanted in [
    ("create_key", {"KeySpec": "RSA_2048"}, invalid),
    ("create_key", {"KeySpec": "SM2", "KeyUsage": "SIGN_VERIFY"}, unsupported),
    ("create_key", {"Policy": "{}"}, "MalformedPolicyDocumentException"),
    ("create_key", {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC", "Tags": [{"TagKey": "a", "TagValue": "b"}], "Policy": "x"},
     "MalformedPolicyDocumentException"),
    ("generate_data_key", {"KeyId": key}, invalid),
    ("generate_data_key", {"KeyId": key, "KeySpec": "AES_256", "NumberOfBytes": 8}, invalid),
    ("generate_data_key", {"KeyId": key, "KeySpec": "AES_256", **recipient}, unsupported),
    ("generate_data_key_pair", {"KeyId": key, "KeyPairSpec": "ECC_NIST_P256", **recipient}, unsupported),
    ("decrypt", {"KeyId": key, "CiphertextBlob": b"x", **recipient}, unsupported),
    ("generate_random", {}, invalid), ("generate_random", {"NumberOfBytes": 8, **recipient}, unsupported),
    ("create_grant", {**grant}, invalid),
    ("create_grant", {**grant, "GranteePrincipal": someone, "GranteeServicePrincipal": logs}, invalid),
    ("create_grant", {**grant, "GranteeServicePrincipal": logs}, invalid),
    ("create_grant", {**grant, "GranteeServicePrincipal": logs, "RetiringPrincipal": someone}, invalid),
    ("create_grant", {**grant, "GranteePrincipal": "nobody"}, "InvalidArnException"),
    ("list_retirable_grants", {"RetiringServicePrincipal": logs}, invalid),
    ("create_custom_key_store", {"CustomKeyStoreName": "a"}, invalid),
    ("put_key_policy", {"KeyId": key, "Policy": "{}"}, "MalformedPolicyDocumentException"),
    ("schedule_key_deletion", {"KeyId": key, "PendingWindowInDays": 3}, invalid),
    # Grant tokens, then the state, then the usage and algorithm, then the rest.
    ("encrypt", {"KeyId": shut, "Plaintext": b"x", "GrantTokens": ["x"]}, "InvalidGrantTokenException"),
    ("encrypt", {"KeyId": shut, "Plaintext": b"x", "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}, "DisabledException"),
    ("encrypt", {"KeyId": shut, "Plaintext": b"x", "DryRun": True}, "DisabledException"),
    ("decrypt", {"CiphertextBlob": blob, **recipient}, "DisabledException"),
    ("generate_mac", {"KeyId": key, "Message": b"x", "MacAlgorithm": "HMAC_SHA_256"}, "InvalidKeyUsageException"),
    ("generate_mac", {"KeyId": mac, "Message": b"x", "MacAlgorithm": "HMAC_SHA_512", "DryRun": True}, "InvalidKeyUsageException"),
    ("generate_mac", {"KeyId": mac, "Message": b"x", "MacAlgorithm": "HMAC_SHA_256", "DryRun": True}, "DryRunOperationException"),
]:
    equal((call, parameters, code(getattr(ana, call), **parameters)), (call, parameters, wanted))
    equal((call, parameters, code(getattr(bob, call), **parameters)), (call, parameters, denied))
    if parameters.get("KeyId"):
        told = [refused(getattr(other, call), **{**parameters, "KeyId": one}) for one in (parameters["KeyId"], parameters["KeyId"][:-12] + "000000000000")]
        equal((call, told[0][0]), (call, denied))
        equal(told[0][1].replace(parameters["KeyId"], "KEY"), told[1][1].replace(parameters["KeyId"][:-12] + "000000000000", "KEY"))
# Before permission come the shape, and whether there is such a key in one's own account.
equal(code(bob.generate_random, NumberOfBytes=0), invalid)
equal(code(bob.describe_key, KeyId=key[:-12] + "000000000000"), "NotFoundException")
equal(code(bob.describe_key, KeyId="nothing"), "NotFoundException")
# Grants for a service are its own to list: the keys of others are nobody's to see.
made = root.create_grant(KeyId=key, GranteeServicePrincipal=logs, RetiringServicePrincipal=logs, Operations=["Decrypt"],
                         Constraints={"SourceArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:app"})
equal(code(other.list_retirable_grants, RetiringServicePrincipal=logs), invalid)
