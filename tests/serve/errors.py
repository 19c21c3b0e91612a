"""Replies that were recorded from AWS, brought about here: code and message, to the letter."""

from kit import *

kms = client()
arn = kms.create_key()["KeyMetadata"]["Arn"]
other = kms.create_key()["KeyMetadata"]["Arn"]


def key(**parameters):
    return kms.create_key(**parameters)["KeyMetadata"]["Arn"]


rsa = key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
signer = key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
hmac = key(KeySpec="HMAC_224", KeyUsage="GENERATE_VERIFY_MAC")
pss = key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
external = key(Origin="EXTERNAL")
missing = arn[:-12] + "000000000000"
blob = kms.encrypt(KeyId=arn, Plaintext=b"x")["CiphertextBlob"]
prefix = "1 validation error detected: "
cases = [
    (kms.generate_random, {}, "ValidationException", "NumberOfBytes is required."),
    (kms.generate_random, {"NumberOfBytes": 0}, "ValidationException",
     prefix + "Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have value greater than or equal to 1"),
    (kms.generate_random, {"NumberOfBytes": 1025}, "ValidationException",
     prefix + "Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or equal to 1024"),
    (kms.encrypt, {"KeyId": arn, "Plaintext": b"x" * 4097}, "ValidationException",
     prefix + "Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096"),
    (kms.generate_mac, {"KeyId": hmac, "Message": b"m", "MacAlgorithm": "INVALID"}, "ValidationException",
     prefix + "Value 'INVALID' at 'macAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: "
     "[HMAC_SHA_384, HMAC_SHA_256, HMAC_SHA_224, HMAC_SHA_512]"),
    (kms.derive_shared_secret, {"KeyId": signer, "PublicKey": b"p", "KeyAgreementAlgorithm": "INVALID"},
     "ValidationException", prefix + "Value 'INVALID' at 'keyAgreementAlgorithm' failed to satisfy constraint: Member "
     "must satisfy enum value set: [ECDH]"),
    (kms.create_key, {"Tags": [{"TagKey": "a" * 129, "TagValue": "v"}]}, "ValidationException",
     prefix + f"Value '{'a' * 129}' at 'tags.1.member.tagKey' failed to satisfy constraint: Member must have length less "
     "than or equal to 128"),
    (kms.create_key, {"Tags": [{"TagKey": "k", "TagValue": "v" * 257}]}, "ValidationException",
     prefix + f"Value '{'v' * 257}' at 'tags.1.member.tagValue' failed to satisfy constraint: Member must have length "
     "less than or equal to 256"),
    (kms.create_key, {"Tags": [{"TagKey": "aWs:x", "TagValue": "v"}]}, "TagException",
     "Tags beginning with aws: are reserved"),
    (kms.tag_resource, {"KeyId": arn, "Tags": [{"TagKey": "k", "TagValue": "v"}] * 2}, "TagException",
     "Duplicate tag keys"),
    (kms.create_key, {"Tags": [{"TagKey": str(n), "TagValue": "v"} for n in range(51)]}, "TagException", "Too many tags"),
    (kms.create_key, {"KeySpec": "HMAC_256"}, "ValidationException",
     "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."),
    (kms.create_key, {"KeySpec": "RSA_2048", "KeyUsage": "KEY_AGREEMENT"}, "ValidationException",
     "KeyUsage KEY_AGREEMENT is not compatible with KeySpec RSA_2048"),
    (kms.create_alias, {"AliasName": "nope", "TargetKeyId": arn}, "ValidationException",
     'Alias must start with the prefix "alias/". Please see '
     "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"),
    (kms.create_alias, {"AliasName": "alias/aws/x", "TargetKeyId": arn}, "NotAuthorizedException", ""),
    (kms.describe_key, {"KeyId": "fake-key-id"}, "NotFoundException", "Invalid keyId 'fake-key-id'"),
    (kms.describe_key, {"KeyId": "mrk-fake-key-id"}, "NotFoundException", "Invalid keyId 'mrk-fake-key-id'"),
    (kms.describe_key, {"KeyId": "134f2428cec14b25a1ae9048164dba47"}, "NotFoundException",
     "Invalid keyId '134f2428cec14b25a1ae9048164dba47'"),
    (kms.generate_mac, {"KeyId": "key_id", "Message": b"m", "MacAlgorithm": "HMAC_SHA_224"}, "NotFoundException",
     "Invalid keyId 'key_id'"),
    (kms.describe_key, {"KeyId": missing.split("/")[1]}, "NotFoundException", f"Key '{missing}' does not exist"),
    (kms.describe_key, {"KeyId": arn.replace("us-east-1", "eu-west-1")}, "NotFoundException", "Invalid arn eu-west-1"),
    (kms.rotate_key_on_demand, {"KeyId": missing}, "NotFoundException", f"Key '{missing}' does not exist"),
    (kms.rotate_key_on_demand, {"KeyId": rsa}, "UnsupportedOperationException", ""),
    (kms.rotate_key_on_demand, {"KeyId": external}, "KMSInvalidStateException", f"{external} is pending import."),
    (kms.get_parameters_for_import,
     {"KeyId": arn, "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"},
     "UnsupportedOperationException", f"{arn} origin is AWS_KMS which is not valid for this operation."),
    (kms.replicate_key, {"KeyId": arn, "ReplicaRegion": "eu-west-1"}, "UnsupportedOperationException",
     f"{arn} is not a multi-region primary key."),
    (kms.generate_mac, {"KeyId": hmac, "Message": b"m", "MacAlgorithm": "HMAC_SHA_256"}, "InvalidKeyUsageException",
     "Algorithm HMAC_SHA_256 is incompatible with key spec HMAC_224."),
    (kms.generate_mac, {"KeyId": arn, "Message": b"m", "MacAlgorithm": "HMAC_SHA_256"}, "InvalidKeyUsageException",
     f"{arn} key usage is ENCRYPT_DECRYPT which is not valid for GenerateMac."),
    (kms.verify, {"KeyId": rsa, "Message": b"m", "Signature": b"s", "SigningAlgorithm": "RSASSA_PSS_SHA_256"},
     "InvalidKeyUsageException", f"{rsa} key usage is ENCRYPT_DECRYPT which is not valid for Verify."),
    (kms.sign, {"KeyId": hmac, "Message": b"m", "SigningAlgorithm": "RSASSA_PSS_SHA_256"}, "InvalidKeyUsageException",
     f"{hmac} key usage is GENERATE_VERIFY_MAC which is not valid for Sign."),
    (kms.encrypt, {"KeyId": signer, "Plaintext": b"m"}, "InvalidKeyUsageException",
     f"{signer} key usage is SIGN_VERIFY which is not valid for Encrypt."),
    (kms.derive_shared_secret, {"KeyId": signer, "PublicKey": b"p", "KeyAgreementAlgorithm": "ECDH"},
     "InvalidKeyUsageException", f"{signer} key usage is SIGN_VERIFY which is not valid for DeriveSharedSecret."),
    (kms.derive_shared_secret, {"KeyId": rsa, "PublicKey": b"p", "KeyAgreementAlgorithm": "ECDH"},
     "InvalidKeyUsageException", f"{rsa} key usage is ENCRYPT_DECRYPT which is not valid for DeriveSharedSecret."),
    (kms.sign, {"KeyId": signer, "Message": b"m", "MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"},
     "ValidationException", "Digest is invalid length for algorithm ECDSA_SHA_256."),
    (kms.sign, {"KeyId": pss, "Message": b"m", "MessageType": "DIGEST", "SigningAlgorithm": "RSASSA_PSS_SHA_512"},
     "ValidationException", "Digest is invalid length for algorithm RSASSA_PSS_SHA_512."),
    (kms.verify, {"KeyId": signer, "Message": b"m", "Signature": b"s", "SigningAlgorithm": "ECDSA_SHA_256"},
     "KMSInvalidSignatureException", ""),
    (kms.verify_mac, {"KeyId": hmac, "Message": b"m", "Mac": b"s", "MacAlgorithm": "HMAC_SHA_224"},
     "KMSInvalidMacException", ""),
    (kms.decrypt, {"CiphertextBlob": blob, "EncryptionContext": {"a": "b"}}, "InvalidCiphertextException", ""),
    (kms.decrypt, {"CiphertextBlob": blob, "KeyId": other}, "IncorrectKeyException",
     "The key ID in the request does not identify a CMK that can perform this operation."),
    (kms.re_encrypt, {"CiphertextBlob": blob, "SourceKeyId": other, "DestinationKeyId": arn}, "IncorrectKeyException",
     "The key ID in the request does not identify a CMK that can perform this operation."),
]
for algorithm, limit in [("RSAES_OAEP_SHA_1", 214), ("RSAES_OAEP_SHA_256", 190)]:
    assert kms.encrypt(KeyId=rsa, Plaintext=b"x" * limit, EncryptionAlgorithm=algorithm)
    cases.append((kms.encrypt, {"KeyId": rsa, "Plaintext": b"x" * (limit + 1), "EncryptionAlgorithm": algorithm},
                  "ValidationException",
                  f"Algorithm {algorithm} and key spec RSA_2048 cannot encrypt data larger than {limit} bytes."))
for call, parameters, code_wanted, message in cases:
    equal((call.__name__, *refused(call, **parameters)), (call.__name__, code_wanted, message))

for _ in range(25):
    kms.rotate_key_on_demand(KeyId=other)
equal(refused(kms.rotate_key_on_demand, KeyId=other),
      ("LimitExceededException", "The on-demand rotations limit has been reached for the given keyId. No more on-demand "
       f"rotations can be performed for this key: {other}"))
kms.disable_key(KeyId=other)
equal(refused(kms.rotate_key_on_demand, KeyId=other), ("DisabledException", f"{other} is disabled."))

# Limits: just under, and over.
for number in range(50):
    kms.create_alias(AliasName=f"alias/many-{number}", TargetKeyId=arn)
equal(code(kms.create_alias, AliasName="alias/many-50", TargetKeyId=arn), "LimitExceededException")
kms.put_key_policy(KeyId=arn, Policy=policy().ljust(32768))
equal(code(kms.put_key_policy, KeyId=arn, Policy=policy().ljust(32769)), "LimitExceededException")
# Without a target it is a form, as STS has them, and nobody signed it.
for size, wanted in [(1 << 20, 403), ((1 << 20) + 1, 413)]:
    try:
        urllib.request.urlopen(urllib.request.Request(ENDPOINT, data=b"x" * size, method="POST"))
    except urllib.error.HTTPError as error:
        equal((size, error.code), (size, wanted))
for wrong in [{"advance_seconds": "x"}, {"advance_seconds": -1}, {}]:
    try:
        post("/wardbook/clock", wrong)
        raise SystemExit(str(wrong))
    except urllib.error.HTTPError as error:
        equal(error.code, 400)
for path, text in [("/healthz", "ok"), ("/readyz", "ready"), ("/metrics", "# HELP wardbook_connections_total")]:
    with urllib.request.urlopen(ENDPOINT + path) as answer:
        assert answer.read().decode().startswith(text), path

# A statement that lacks Action or Resource is taken and has no effect; one that lacks anything else is refused.
def lacking(*names, effect="Deny"):
    statement = {"Effect": effect, "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
    return policy({name: value for name, value in statement.items() if name not in names})


for names in [("Action",), ("Resource",), ("Action", "Resource")]:
    held = kms.create_key(Policy=lacking(*names))["KeyMetadata"]["KeyId"]
    kms.encrypt(KeyId=held, Plaintext=b"x")
    kms.put_key_policy(KeyId=held, Policy=lacking(*names, effect="Allow"))
    equal(json.loads(kms.get_key_policy(KeyId=held)["Policy"]), json.loads(lacking(*names, effect="Allow")))
    equal(code(client(OTHER_ROOT).encrypt, KeyId=f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{held}", Plaintext=b"x"),
          "AccessDeniedException")
for names in [("Effect",), ("Principal",), ("Action", "Principal")]:
    equal(code(kms.put_key_policy, KeyId=arn, Policy=lacking(*names)), "MalformedPolicyDocumentException")
    equal(code(kms.create_key, Policy=lacking(*names)), "MalformedPolicyDocumentException")

# The marker of one list is none of another.
marker = kms.list_keys(Limit=1)["NextMarker"]
assert kms.list_keys(Limit=1, Marker=marker)["Keys"]
for call, parameters in [(kms.list_aliases, {}), (kms.list_grants, {"KeyId": arn}), (kms.list_key_policies, {"KeyId": arn}),
                         (kms.list_resource_tags, {"KeyId": arn}), (kms.list_key_rotations, {"KeyId": arn}),
                         (kms.describe_custom_key_stores, {})]:
    equal((call.__name__, code(call, Marker=marker, **parameters)), (call.__name__, "InvalidMarkerException"))

# What is malformed, and what is no operation.
equal(code(kms.decrypt, CiphertextBlob=blob, Recipient={"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256",
                                                       "AttestationDocument": b"x"}), "UnsupportedOperationException")
equal(code(client(("AKIAUNKNOWNUNKNOWN00", "x")).list_keys), "UnrecognizedClientException")
equal(code(client((ROOT[0], "wrong")).list_keys), "InvalidSignatureException")
