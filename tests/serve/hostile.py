"""Another account learns nothing: every operation reads the same for a key that is there and for one that is not. And what
else is odd: bodies that are no request, dry runs of all operations, aliases of AWS."""

import re
import sys

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives import serialization

from kit import *

kms, other = client(), client(OTHER_ROOT)


def raw(operation, body, keys=ROOT):
    """Status and body of a request whose JSON no client would send."""
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"TrentService.{operation}"}
    signed = AWSRequest("POST", ENDPOINT + "/", data=body, headers=headers)
    SigV4Auth(Credentials(*keys), "kms", "us-east-1").add_auth(signed)
    request = urllib.request.Request(ENDPOINT + "/", data=body, headers=dict(signed.headers), method="POST")
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


with open(f"{sys.argv[1]}/key_state_request.json", encoding="utf-8") as file:
    requests = json.load(file)
made = kms.create_key()["KeyMetadata"]
key = made["Arn"]
kms.create_alias(AliasName="alias/there", TargetKeyId=key)
grant = kms.create_grant(KeyId=key, GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:user/ana", Operations=["Decrypt"])["GrantId"]
blob = base64.b64encode(kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]).decode()
theirs = other.create_key()["KeyMetadata"]["Arn"]
theirs_blob = base64.b64encode(other.encrypt(KeyId=theirs, Plaintext=b"x")["CiphertextBlob"]).decode()
prefix = key.split(":key/")[0]
there = {"key": key, "alias": f"{prefix}:alias/there", "grant": grant}
nowhere = {"key": prefix + ":key/00000000-1111-2222-3333-444444444444", "alias": f"{prefix}:alias/none", "grant": "0" * 64}
alias_there, alias_nowhere = dict(there, key=there["alias"]), dict(nowhere, key=nowhere["alias"])
common = {"made": theirs_blob, "other": theirs, "others": theirs_blob, "others alias": "alias/x"}
checked = 0
for request, template in requests.items():
    operation = request.split()[0]
    for here, gone in ((there, nowhere), (alias_there, alias_nowhere)):
        told = []
        for names in (here, gone):
            text = json.dumps(template)
            for name, value in {**common, **names}.items():
                text = text.replace("{" + name + "}", value)
            status, answer = raw(operation, text.encode(), OTHER_ROOT)
            shown = json.dumps(answer)
            for value in names.values():
                shown = shown.replace(value, "NAME")
            told.append((status, re.sub(r"[0-9a-f]{64}", "GRANT", shown)))
        if "NAME" in json.dumps(template) or "{key}" in json.dumps(template):
            equal((request, told[0]), (request, told[1]))
            checked += 1
assert checked >= 80, checked
# A ciphertext of theirs reads like one of nobody.
flipped = bytearray(base64.b64decode(blob))
flipped[10] ^= 1
for name, operation in (("Decrypt", other.decrypt),):
    equal(refused(operation, CiphertextBlob=base64.b64decode(blob)), refused(operation, CiphertextBlob=bytes(flipped)))

# Everything that is no object, and members of other types, for every operation.
for operation in sorted({name.split()[0] for name in requests} | {"CreateKey", "ListKeys", "GenerateRandom"}):
    for body in (b"[]", b"null", b"{", b"\xff", b'"x"', b"{}" * 2, b'{"KeyId":{}}', b'{"KeyId":["x"]}', b"[" * 5000):
        status, answer = raw(operation, body)
        if operation not in ("CreateKey", "ListKeys", "GenerateRandom") or not body.startswith(b'{"'):
            assert status == 400 and answer["__type"] in ("SerializationException", "ValidationException"), (operation, body, answer)

# Forms that are no request of STS.
for form in (b"", b"%", b"Action=", b"Action=%zz", b"\xff=\xfe", b"&" * 50_000, b"Action=AssumeRole", b"Action=" + b"x" * 100_000,
             b"Action=AssumeRole&RoleArn=x&RoleSessionName=s1", b"Action=AssumeRole&RoleArn=arn:aws:iam::1:role/&RoleSessionName=s1",
             b"Action=AssumeRole&RoleArn=&RoleSessionName=" + b"s" * 65, b"Action=GetSessionToken&Version=2011-06-15"):
    signed = AWSRequest("POST", ENDPOINT + "/", data=form, headers={"Content-Type": "application/x-www-form-urlencoded"})
    SigV4Auth(Credentials("AKIAANAXXXXXXXXXXXXX", "secret-of-ana"), "sts", "us-east-1").add_auth(signed)
    try:
        with urllib.request.urlopen(urllib.request.Request(signed.url, form, dict(signed.headers))) as answer:
            raise SystemExit((form[:60], answer.read()))
    except urllib.error.HTTPError as error:
        told = error.read().decode()
        assert error.code in (400, 403) and "<Code>" in told and "InternalFailure" not in told, (form[:60], told)

# A dry run says whether it would have been done, in this order: may the caller, does the state permit, would it work. And
# it changes nothing.
SPECS = {**dict.fromkeys(("Sign", "Verify"), ("ECC_NIST_P256", "SIGN_VERIFY")),
         **dict.fromkeys(("GenerateMac", "VerifyMac"), ("HMAC_256", "GENERATE_VERIFY_MAC")),
         **dict.fromkeys(("Encapsulate", "Decapsulate"), ("ML_KEM_512", "ENCAPSULATE_DECAPSULATE")),
         "DeriveSharedSecret": ("ECC_NIST_P256", "KEY_AGREEMENT")}
MADE = {"Decrypt": ("Encrypt", "Encrypt", "CiphertextBlob"), "ReEncrypt": ("Encrypt", "Encrypt", "CiphertextBlob"),
        "Verify": ("Sign", "Sign", "Signature"), "VerifyMac": ("GenerateMac", "GenerateMac", "Mac"),
        "DeriveSharedSecret": ("GetPublicKey", "GetPublicKey", "PublicKey"),
        "Decapsulate": ("Encapsulate", "Encapsulate", "SharedSecretCiphertextBlob")}
model = kms.meta.service_model
dry = [name for name in model.operation_names if "DryRun" in model.operation_model(name).input_shape.members]
equal(len(dry), 17)
for request, template in requests.items():
    operation = request.split()[0]
    if operation not in dry:
        continue
    spec = dict(zip(("KeySpec", "KeyUsage"), SPECS.get(operation, ())))
    fresh = kms.create_key(**spec)["KeyMetadata"]["Arn"]
    names = {"key": fresh, "other": key, "others": blob, "made": ""}
    if operation in MADE:
        maker, which, member = MADE[operation]
        text = json.dumps(requests[which]).replace("{key}", fresh)
        names["made"] = raw(maker, text.encode())[1][member]
    ana = f"arn:aws:iam::{ACCOUNT}:user/ana"
    names["grant"] = kms.create_grant(KeyId=fresh, GranteePrincipal=ana, Operations=["DescribeKey"])["GrantId"]
    text = json.dumps({**template, "DryRun": True}).replace(f"{ACCOUNT}:user/x", f"{ACCOUNT}:user/ana")
    for name, value in names.items():
        text = text.replace("{" + name + "}", value)
    codes = [raw(operation, text.encode(), who)[1]["__type"] for who in (ROOT, ("AKIABOBXXXXXXXXXXXXX", "secret-of-bob"))]
    equal((request, codes), (request, ["DryRunOperationException", "AccessDeniedException"]))
    equal(len(kms.list_grants(KeyId=fresh)["Grants"]), 1)
    kms.disable_key(KeyId=fresh)
    ends = "DryRunOperationException" if operation in ("RetireGrant", "RevokeGrant") else "DisabledException"
    equal((request, raw(operation, text.encode())[1]["__type"]), (request, ends))

# What is asked for both ways, or by a name that is none.
for call, parameters, wanted in [
    (kms.describe_custom_key_stores, {"CustomKeyStoreId": "cks-1234567890abcdef0", "CustomKeyStoreName": "a"},
     "ValidationException"),
    (kms.list_retirable_grants, {"RetiringPrincipal": "nobody"}, "InvalidArnException"),
    (kms.describe_key, {"KeyId": "alias/aws/nonsense"}, "NotFoundException"),
    (kms.encrypt, {"KeyId": "alias/aws/s3", "Plaintext": b"x"}, "NotFoundException"),
]:
    equal((call.__name__, code(call, **parameters)), (call.__name__, wanted))

# Whoever looks at a key that AWS manages finds it made, if they may look; nobody uses it but through its service.
bob = client(("AKIABOBXXXXXXXXXXXXX", "secret-of-bob"))
told = refused(bob.describe_key, KeyId="alias/aws/s3")
assert told[0] == "AccessDeniedException" and f"on resource: {prefix}:alias/aws/s3 because" in told[1], told
equal(code(kms.encrypt, KeyId="alias/aws/s3", Plaintext=b"x"), "NotFoundException")
managed = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
equal((managed["KeyManager"], managed["KeyState"]), ("AWS", "Enabled"))
equal(kms.describe_key(KeyId=f"{prefix}:alias/aws/s3")["KeyMetadata"]["Arn"], managed["Arn"])
equal(code(kms.encrypt, KeyId="alias/aws/s3", Plaintext=b"x"), "AccessDeniedException")
kms.describe_key(KeyId="alias/aws/ebs")
assert "ec2.us-east-1.amazonaws.com" in kms.get_key_policy(KeyId=kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]["KeyId"])["Policy"]

# Private halves of data key pairs are read by others.
for spec in ("ECC_NIST_EDWARDS25519", "ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1", "RSA_2048"):
    pair = kms.generate_data_key_pair(KeyId=key, KeyPairSpec=spec)
    private = serialization.load_der_private_key(pair["PrivateKeyPlaintext"], None)
    public = private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    equal(public, pair["PublicKey"])
print(checked, "questions")
