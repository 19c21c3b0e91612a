"""Every condition key of KMS is told with every request that AWS documents it for, and decides over the wire, both ways: a
session that may act only under a condition may where it holds, and may not where it does not."""

import datetime
import sys

from kit import *

ANA, BOB = (("AKIAANAXXXXXXXXXXXXX", "secret-of-ana"), ("AKIABOBXXXXXXXXXXXXX", "secret-of-bob"))
RDS, LOGS, DEPUTY, BOB_RDS = (("AKIARDSXXXXXXXXXXXXX", "secret-of-rds"), ("AKIALOGSXXXXXXXXXXXX", "secret-of-logs"),
                              ("AKIADEPUTYXXXXXXXXXX", "secret-of-deputy"), ("AKIABOBRDSXXXXXXXXXX", "secret-of-bobrds"))
WIDE = f"arn:aws:iam::{ACCOUNT}:role/team/wide"
BOB_ARN = f"arn:aws:iam::{ACCOUNT}:user/bob"
denied = "AccessDeniedException"
root, sts = client(), client(ANA, service="sts")


def narrow(action, condition, region="us-east-1", more=()):
    """A client that may do this under this condition, and what `more` lists without one."""
    statements = [{"Effect": "Allow", "Action": action, "Resource": "*", "Condition": condition}]
    if more:
        statements.append({"Effect": "Allow", "Action": list(more), "Resource": "*"})
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    keys = sts.assume_role(RoleArn=WIDE, RoleSessionName="narrow", Policy=policy)["Credentials"]
    return client((keys["AccessKeyId"], keys["SecretAccessKey"]), region, keys["SessionToken"])


def key(**parameters):
    return root.create_key(**parameters)["KeyMetadata"]["Arn"]


def may(call, parameters):
    return outcome(call, parameters) != denied


def outcome(call, parameters):
    try:
        call(**parameters)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return None


symmetric, other = key(Tags=[{"TagKey": "stage", "TagValue": "prod"}]), key()
rsa, ecc = key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY"), key(KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")
mac, kem = key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC"), key(KeySpec="ML_KEM_512", KeyUsage="ENCAPSULATE_DECAPSULATE")
external, multi = key(Origin="EXTERNAL"), key(MultiRegion=True)
replica = root.replicate_key(KeyId=multi, ReplicaRegion="eu-west-1")["ReplicaKeyMetadata"]["Arn"]
used, unused = key(), key()
for name, target in (("alias/one", symmetric), ("alias/two", symmetric), ("alias/mac", mac), ("alias/kem", kem),
                     ("alias/rsa", rsa), ("alias/ecc", ecc)):
    root.create_alias(AliasName=name, TargetKeyId=target)
blob = root.encrypt(KeyId=symmetric, Plaintext=b"x", EncryptionContext={"Stage": "prod"})["CiphertextBlob"]
plain = root.encrypt(KeyId=symmetric, Plaintext=b"x")["CiphertextBlob"]
root.encrypt(KeyId=used, Plaintext=b"x")
public = root.get_public_key(KeyId=ecc)["PublicKey"]
dry = {"DryRun": True}
soon, late = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days) for days in (10, 30))
key_policy = policy()
grant = {"KeyId": symmetric, "GranteePrincipal": BOB_ARN, "Operations": ["Decrypt"], **dry}
source = "arn:aws:logs:us-east-1:123456789012:log-group:app"
service = {"KeyId": symmetric, "GranteeServicePrincipal": "logs.us-east-1.amazonaws.com", "Operations": ["Decrypt"],
           "RetiringServicePrincipal": "logs.us-east-1.amazonaws.com", "Constraints": {"SourceArn": source}, **dry}
without = lambda parameters, *names: {name: value for name, value in parameters.items() if name not in names}
constrained = lambda kind, value="prod": {**grant, "Constraints": {kind: {"Stage": value}}}
imported = {"KeyId": external, "ImportToken": b"x", "EncryptedKeyMaterial": b"x"}
never = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}

# The action; the condition; the call; parameters under which it holds; under which it does not.
CASES = []


def case(action, operator, name, value, call, holds, holds_not):
    CASES.append((action, {operator: {name: value}}, call, holds, holds_not))


text = "StringEquals"
for action, call, parameters in [
    ("Encrypt", "encrypt", {"Plaintext": b"x"}), ("GenerateDataKey", "generate_data_key", {"KeySpec": "AES_256"}),
    ("GenerateDataKeyWithoutPlaintext", "generate_data_key_without_plaintext", {"KeySpec": "AES_256"}),
    ("GenerateDataKeyPair", "generate_data_key_pair", {"KeyPairSpec": "ECC_NIST_P256"}),
    ("GenerateDataKeyPairWithoutPlaintext", "generate_data_key_pair_without_plaintext", {"KeyPairSpec": "ECC_NIST_P256"}),
    ("Decrypt", "decrypt", {"CiphertextBlob": blob}),
]:
    whole = {"KeyId": "alias/one", **parameters, "EncryptionContext": {"Stage": "prod"}, **dry}
    # The name of a pair in any case, the value in its own; the names of a context are told apart by case.
    case(action, text, "kms:EncryptionContext:STAGE", "prod", call, whole, {**whole, "EncryptionContext": {"Stage": "Prod"}})
    case(action, text, "kms:EncryptionContext:stage", "prod", call, whole, without(whole, "EncryptionContext"))
    case(action, "ForAnyValue:StringEquals", "kms:EncryptionContextKeys", "Stage", call, whole,
         {**whole, "EncryptionContext": {"stage": "prod"}})
    case(action, "Null", "kms:EncryptionContextKeys", "false", call, whole, {**whole, "EncryptionContext": {}})
    case(action, text, "kms:RequestAlias", "alias/one", call, whole, {**whole, "KeyId": "alias/two"})
    case(action, text, "kms:RequestAlias", "alias/one", call, {**whole, "KeyId": symmetric.split("key/")[0] + "alias/one"},
         {**whole, "KeyId": symmetric})
    case(action, "ForAnyValue:StringEquals", "kms:ResourceAliases", "alias/two", call, whole,
         {**without(whole, "CiphertextBlob"), "KeyId": other} if action != "Decrypt" else
         {"CiphertextBlob": root.encrypt(KeyId=other, Plaintext=b"x")["CiphertextBlob"]})
    case(action, text, "kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT", call, whole, None)
    case(action, text, "kms:EncryptionAlgorithm", "RSAES_OAEP_SHA_256", call, None, whole)
    case(action, text, "aws:ResourceTag/stage", "prod", call, whole, {"KeyId": other, **parameters, **dry})
    if "Pair" in action:
        case(action, text, "kms:DataKeyPairSpec", "ECC_NIST_P256", call, whole, {**whole, "KeyPairSpec": "RSA_2048"})
for name, operator, value in [("kms:EncryptionAlgorithm", text, "RSAES_OAEP_SHA_256")]:
    case("Encrypt", operator, name, value, "encrypt", {"KeyId": rsa, "Plaintext": b"x", "EncryptionAlgorithm": value},
         {"KeyId": rsa, "Plaintext": b"x", "EncryptionAlgorithm": "RSAES_OAEP_SHA_1"})
for action, own in (("ReEncryptFrom", "Source"), ("ReEncryptTo", "Destination")):
    more = ("kms:ReEncryptTo",) if action == "ReEncryptFrom" else ("kms:ReEncryptFrom",)
    whole = {"CiphertextBlob": blob, "SourceEncryptionContext": {"Stage": "prod"}, "SourceKeyId": "alias/one",
             "DestinationKeyId": "alias/one", "DestinationEncryptionContext": {"Stage": "prod"}, **dry}
    changed = lambda member, value: {**whole, own + member: value}
    for name, operator, value, holds_not in [
        ("kms:EncryptionContext:stage", text, "prod", changed("EncryptionContext", {"Stage": "dev"})),
        ("kms:EncryptionContextKeys", "ForAnyValue:StringEquals", "Stage", changed("EncryptionContext", {})),
        ("kms:RequestAlias", text, "alias/one", changed("KeyId", "alias/two")),
        ("kms:ReEncryptOnSameKey", "Bool", "true", {**whole, "DestinationKeyId": other}),
        ("kms:EncryptionAlgorithm", text, "SYMMETRIC_DEFAULT", changed("EncryptionAlgorithm", "RSAES_OAEP_SHA_1")),
    ]:
        CASES.append((action, {operator: {name: value}}, "re_encrypt", whole, holds_not, more))
for action, call, parameters, target in [
    ("Sign", "sign", {"Message": b"x", "SigningAlgorithm": "RSASSA_PSS_SHA_256"}, rsa),
    ("Verify", "verify", {"Message": b"x", "Signature": b"y", "SigningAlgorithm": "RSASSA_PSS_SHA_256"}, rsa),
]:
    whole = {"KeyId": "alias/rsa", **parameters}
    case(action, text, "kms:SigningAlgorithm", "RSASSA_PSS_SHA_256", call, whole,
         {**whole, "SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256"})
    case(action, text, "kms:MessageType", "RAW", call, whole, {**whole, "MessageType": "DIGEST"})
    case(action, text, "kms:RequestAlias", "alias/rsa", call, whole, {**whole, "KeyId": rsa})
for action, call, parameters in [("GenerateMac", "generate_mac", {}), ("VerifyMac", "verify_mac", {"Mac": b"y"})]:
    whole = {"KeyId": "alias/mac", "Message": b"x", "MacAlgorithm": "HMAC_SHA_256", **parameters}
    case(action, text, "kms:MacAlgorithm", "HMAC_SHA_256", call, whole, {**whole, "MacAlgorithm": "HMAC_SHA_384"})
    case(action, text, "kms:RequestAlias", "alias/mac", call, whole, {**whole, "KeyId": mac})
whole = {"KeyId": "alias/ecc", "KeyAgreementAlgorithm": "ECDH", "PublicKey": public}
case("DeriveSharedSecret", text, "kms:KeyAgreementAlgorithm", "ECDH", "derive_shared_secret", whole, None)
case("DeriveSharedSecret", text, "kms:KeyAgreementAlgorithm", "other", "derive_shared_secret", None, whole)
case("DeriveSharedSecret", text, "kms:RequestAlias", "alias/ecc", "derive_shared_secret", whole, {**whole, "KeyId": ecc})
for action, call, more in [("Encapsulate", "encapsulate", {"EncapsulationAlgorithm": "ML_KEM"}), ("DescribeKey", "describe_key", {}),
                           ("GetPublicKey", "get_public_key", {}),
                           ("Decapsulate", "decapsulate", {"EncapsulationAlgorithm": "ML_KEM", "SharedSecretCiphertextBlob": b"x"})]:
    case(action, text, "kms:RequestAlias", "alias/kem", call, {"KeyId": "alias/kem", **more}, {"KeyId": kem, **more})

case("CreateGrant", "ForAllValues:StringEquals", "kms:GrantOperations", ["Decrypt", "Encrypt"], "create_grant", grant,
     {**grant, "Operations": ["Decrypt", "GenerateDataKey"]})
case("CreateGrant", text, "kms:GranteePrincipal", BOB_ARN, "create_grant", grant, {**grant, "GranteePrincipal": WIDE})
case("CreateGrant", text, "kms:RetiringPrincipal", BOB_ARN, "create_grant", {**grant, "RetiringPrincipal": BOB_ARN}, grant)
case("CreateGrant", text, "kms:GranteeServicePrincipal", "logs.us-east-1.amazonaws.com", "create_grant", service, grant)
case("CreateGrant", text, "kms:RetiringServicePrincipal", "logs.us-east-1.amazonaws.com", "create_grant", service, grant)
case("CreateGrant", "ArnEquals", "kms:GrantConstraintSourceArn", source, "create_grant", service, grant)
case("CreateGrant", text, "kms:GrantConstraintType", "EncryptionContextEquals", "create_grant",
     constrained("EncryptionContextEquals"), constrained("EncryptionContextSubset"))
case("CreateGrant", text, "kms:EncryptionContext:stage", "prod", "create_grant", constrained("EncryptionContextSubset"),
     constrained("EncryptionContextSubset", "dev"))
case("CreateGrant", "ForAnyValue:StringEquals", "kms:EncryptionContextKeys", "Stage", "create_grant",
     constrained("EncryptionContextEquals"), grant)
case("CreateGrant", "Bool", "kms:GrantIsForAWSResource", "true", "create_grant", None, grant)
case("CreateGrant", "Bool", "kms:GrantIsForAWSResource", "false", "create_grant", grant, None)
case("ListGrants", "Bool", "kms:GrantIsForAWSResource", "false", "list_grants", {"KeyId": symmetric}, None)
case("RevokeGrant", "Bool", "kms:GrantIsForAWSResource", "false", "revoke_grant", {"KeyId": symmetric, "GrantId": "0" * 64}, None)

case("CreateKey", text, "kms:KeySpec", "SYMMETRIC_DEFAULT", "create_key", {}, {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"})
case("CreateKey", text, "kms:CustomerMasterKeySpec", "SYMMETRIC_DEFAULT", "create_key", {}, {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"})
case("CreateKey", text, "kms:KeyUsage", "SIGN_VERIFY", "create_key", {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}, {})
case("CreateKey", text, "kms:CustomerMasterKeyUsage", "ENCRYPT_DECRYPT", "create_key", {}, {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"})
case("CreateKey", text, "kms:KeyOrigin", "EXTERNAL", "create_key", {"Origin": "EXTERNAL"}, {})
case("CreateKey", "Bool", "kms:MultiRegion", "false", "create_key", {}, {"MultiRegion": True})
case("CreateKey", text, "kms:MultiRegionKeyType", "PRIMARY", "create_key", {"MultiRegion": True}, {})
bypass = {"BypassPolicyLockoutSafetyCheck": True}
case("CreateKey", "Bool", "kms:BypassPolicyLockoutSafetyCheck", "true", "create_key", bypass, {"BypassPolicyLockoutSafetyCheck": False})
case("CreateKey", "Null", "kms:BypassPolicyLockoutSafetyCheck", "true", "create_key", {}, bypass)
put = {"KeyId": other, "Policy": key_policy}
case("PutKeyPolicy", "Bool", "kms:BypassPolicyLockoutSafetyCheck", "true", "put_key_policy", {**put, **bypass}, put)
case("PutKeyPolicy", "Null", "kms:BypassPolicyLockoutSafetyCheck", "true", "put_key_policy", {**put, "PolicyName": "default"},
     {**put, "BypassPolicyLockoutSafetyCheck": False})
case("PutKeyPolicy", text, "kms:PolicyName", "default", "put_key_policy", put, {**put, "PolicyName": "AWS_RAM"})
case("GetKeyPolicy", text, "kms:PolicyName", "default", "get_key_policy", {"KeyId": other}, {"KeyId": other, "PolicyName": "AWS_RAM"})
tags = lambda *names: [{"TagKey": name, "TagValue": "v"} for name in names]
case("TagResource", text, "aws:RequestTag/team", "v", "tag_resource", {"KeyId": other, "Tags": tags("team")}, {"KeyId": other, "Tags": tags("cost")})
case("TagResource", "ForAllValues:StringEquals", "aws:TagKeys", ["team", "cost"], "tag_resource", {"KeyId": other, "Tags": tags("team")},
     {"KeyId": other, "Tags": tags("team", "owner")})
case("UntagResource", "ForAllValues:StringEquals", "aws:TagKeys", ["team", "cost"], "untag_resource", {"KeyId": other, "TagKeys": ["team"]},
     {"KeyId": other, "TagKeys": ["team", "owner"]})
CASES.append(("CreateKey", {text: {"aws:RequestTag/team": "v"}}, "create_key", {"Tags": tags("team")}, {}, ("kms:TagResource",)))
CASES.append(("CreateKey", {"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}}, "create_key", {"Tags": tags("team")},
              {"Tags": tags("cost")}, ("kms:TagResource",)))

case("ImportKeyMaterial", text, "kms:ExpirationModel", "KEY_MATERIAL_DOES_NOT_EXPIRE", "import_key_material", {**imported, **never},
     {**imported, "ValidTo": soon, "ExpirationModel": "KEY_MATERIAL_EXPIRES"})
case("ImportKeyMaterial", "Null", "kms:ExpirationModel", "true", "import_key_material", {**imported, "ValidTo": soon},
     {**imported, "ValidTo": soon, "ExpirationModel": "KEY_MATERIAL_EXPIRES"})
case("ImportKeyMaterial", "DateLessThan", "kms:ValidTo", (soon + datetime.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
     "import_key_material", {**imported, "ValidTo": soon}, {**imported, "ValidTo": late})
wrap = {"KeyId": external, "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
case("GetParametersForImport", text, "kms:WrappingAlgorithm", "RSAES_OAEP_SHA_256", "get_parameters_for_import", wrap,
     {**wrap, "WrappingAlgorithm": "RSAES_OAEP_SHA_1"})
case("GetParametersForImport", text, "kms:WrappingKeySpec", "RSA_2048", "get_parameters_for_import", wrap, {**wrap, "WrappingKeySpec": "RSA_4096"})
case("EnableKeyRotation", "NumericLessThanEquals", "kms:RotationPeriodInDays", "180", "enable_key_rotation",
     {"KeyId": other, "RotationPeriodInDays": 180}, {"KeyId": other, "RotationPeriodInDays": 181})
case("EnableKeyRotation", "Null", "kms:RotationPeriodInDays", "true", "enable_key_rotation", {"KeyId": other},
     {"KeyId": other, "RotationPeriodInDays": 181})
case("ReplicateKey", text, "kms:ReplicaRegion", "ap-south-1", "replicate_key", {"KeyId": multi, "ReplicaRegion": "ap-south-1"},
     {"KeyId": multi, "ReplicaRegion": "ap-south-2"})
CASES[-1] += (("kms:CreateKey",),)
case("CreateKey", text, "aws:RequestedRegion", "ap-southeast-1", "replicate_key", {"KeyId": multi, "ReplicaRegion": "ap-southeast-1"},
     {"KeyId": multi, "ReplicaRegion": "ap-southeast-2"})
CASES[-1] += (("kms:ReplicateKey",),)
case("TagResource", text, "aws:RequestTag/team", "v", "replicate_key",
     {"KeyId": multi, "ReplicaRegion": "ca-central-1", "Tags": tags("team")},
     {"KeyId": multi, "ReplicaRegion": "ca-west-1", "Tags": tags("cost")})
CASES[-1] += (("kms:ReplicateKey", "kms:CreateKey"),)
case("UpdatePrimaryRegion", text, "kms:PrimaryRegion", "us-east-1", "update_primary_region", {"KeyId": multi, "PrimaryRegion": "us-east-1"},
     {"KeyId": multi, "PrimaryRegion": "eu-west-1"})
case("DescribeKey", text, "kms:MultiRegionKeyType", "PRIMARY", "describe_key", {"KeyId": multi}, {"KeyId": symmetric})
for name, value, holds, holds_not in [
    ("kms:KeySpec", "RSA_2048", rsa, ecc), ("kms:KeyUsage", "KEY_AGREEMENT", ecc, rsa), ("kms:KeyOrigin", "EXTERNAL", external, other),
    ("kms:MultiRegion", "true", multi, other), ("kms:CustomerMasterKeySpec", "RSA_2048", rsa, ecc),
    ("kms:CustomerMasterKeyUsage", "KEY_AGREEMENT", ecc, rsa)]:
    for action, call in [("DescribeKey", "describe_key"), ("ListResourceTags", "list_resource_tags"), ("GetKeyPolicy", "get_key_policy")]:
        case(action, text, name, value, call, {"KeyId": holds}, {"KeyId": holds_not})
days = "kms:ScheduleKeyDeletionPendingWindowInDays"
case("ScheduleKeyDeletion", "NumericGreaterThanEquals", days, "30", "schedule_key_deletion", {"KeyId": key()},
     {"KeyId": other, "PendingWindowInDays": 29})
for action, call, one in (("DisableKey", "disable_key", used), ("ScheduleKeyDeletion", "schedule_key_deletion", used)):
    case(action, "NumericLessThanEquals", "kms:TrailingDaysWithoutKeyUsage", "365", call, {"KeyId": one}, {"KeyId": unused})
    case(action, "NumericGreaterThan", "kms:TrailingDaysWithoutKeyUsage", "1", call, None, {"KeyId": symmetric})
for region, target, wanted in (("eu-west-1", replica, "REPLICA"),):
    asks = narrow("kms:DescribeKey", {text: {"kms:MultiRegionKeyType": wanted}}, region)
    equal(may(asks.describe_key, {"KeyId": target}), True)
    asks = narrow("kms:DescribeKey", {text: {"kms:MultiRegionKeyType": "PRIMARY"}}, region)
    equal(may(asks.describe_key, {"KeyId": target}), False)

wrong = []
for action, condition, call, holds, holds_not, *more in CASES:
    who = narrow("kms:" + action, condition, more=more[0] if more else ())
    for parameters, wanted in ((holds, True), (holds_not, False)):
        if parameters is None:
            continue
        found = outcome(getattr(who, call), parameters)
        if (found != denied) != wanted:
            wrong.append(f"{action} under {condition} with {parameters}: {found or 'allowed'}")
assert not wrong, "\n" + "\n".join(wrong)

# Whoever may make keys makes one that is left to its account, without leave to change its policy; but a policy that they
# give must let them.
only = narrow("kms:CreateKey", {})
assert only.create_key()["KeyMetadata"]["Arn"]
equal(outcome(only.create_key, {"Policy": policy()}), "MalformedPolicyDocumentException")
equal(outcome(only.create_key, {"Policy": policy(), **bypass}), None)
equal(outcome(only.create_key, {"Tags": tags("team")}), denied)
only = narrow("kms:ReplicateKey", {}, more=("kms:CreateKey",))
equal(outcome(only.replicate_key, {"KeyId": multi, "ReplicaRegion": "sa-east-1", "Tags": tags("team")}), denied)
equal(outcome(only.replicate_key, {"KeyId": multi, "ReplicaRegion": "sa-east-1"}), None)

# RetireGrant tells the constraint of its grant; only a Deny of the caller's own side counts.
for kind in ("EncryptionContextEquals", "EncryptionContextSubset"):
    made = root.create_grant(KeyId=symmetric, GranteePrincipal=BOB_ARN, Operations=["Decrypt"], RetiringPrincipal=WIDE,
                             Constraints={kind: {"Stage": "prod"}})["GrantId"]
    for name, value, holds in (("kms:GrantConstraintType", kind, False), ("kms:EncryptionContext:stage", "prod", False),
                               ("kms:EncryptionContextKeys", "Stage", False), ("kms:EncryptionContext:stage", "dev", True)):
        operator = "ForAnyValue:StringEquals" if name.endswith("Keys") else text
        deny = {"Effect": "Deny", "Action": "kms:RetireGrant", "Resource": "*", "Condition": {operator: {name: value}}}
        allow = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
        keys = sts.assume_role(RoleArn=WIDE, RoleSessionName="retire", Policy=json.dumps({"Version": "2012-10-17",
                               "Statement": [allow, deny]}))["Credentials"]
        who = client((keys["AccessKeyId"], keys["SecretAccessKey"]), token=keys["SessionToken"])
        equal((kind, name, value, may(who.retire_grant, {"KeyId": symmetric, "GrantId": made, **dry})), (kind, name, value, holds))

# Calls of a service on somebody's behalf, and calls of a service for a resource: the keys that nobody sends.
through = key(Policy=policy({"Sid": "ThroughRds", "Effect": "Allow", "Principal": {"AWS": BOB_ARN}, "Action": "kms:*", "Resource": "*",
                             "Condition": {"StringEquals": {"kms:ViaService": "rds.us-east-1.amazonaws.com", "kms:CallerAccount": ACCOUNT},
                                           "Bool": {"aws:ViaAWSService": "true"},
                                           "ForAnyValue:StringEquals": {"aws:CalledVia": "rds.amazonaws.com"}}}))
equal([may(client(who).encrypt, {"KeyId": through, "Plaintext": b"x"}) for who in (BOB_RDS, BOB)], [True, False])
for_service = {"KeyId": through, "GranteePrincipal": WIDE, "Operations": ["Decrypt"], **dry}
root.put_key_policy(KeyId=through, Policy=policy({"Effect": "Allow", "Principal": {"AWS": BOB_ARN}, "Action": "kms:*", "Resource": "*",
                                                  "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}}))
for call, parameters in (("create_grant", for_service), ("list_grants", {"KeyId": through}),
                         ("revoke_grant", {"KeyId": through, "GrantId": "0" * 64})):
    equal((call, [may(getattr(client(who), call), parameters) for who in (BOB_RDS, BOB)]), (call, [True, False]))
# The address of a service is in nobody's range, and it is one.
for block, wanted in (({"IpAddressIfExists": {"aws:SourceIp": "127.0.0.0/8"}}, [False, True]), ({"Null": {"aws:SourceIp": "true"}}, [False, False]),
                      ({"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, [True, False])):
    root.put_key_policy(KeyId=through, Policy=policy({"Effect": "Allow", "Principal": {"AWS": BOB_ARN}, "Action": "kms:*", "Resource": "*",
                                                      "Condition": block}))
    equal((block, [may(client(who).encrypt, {"KeyId": through, "Plaintext": b"x"}) for who in (BOB_RDS, BOB)]), (block, wanted))
# An action that has no kms:ViaService is called through a service all the same.
for block, wanted in (({"StringLike": {"kms:ViaService": "*"}}, False), ({"Bool": {"aws:ViaAWSService": "true"}}, False)):
    equal(may(narrow("kms:GenerateRandom", block).generate_random, {"NumberOfBytes": 8}), wanted)

# The confused deputy.
logs = {"Effect": "Allow", "Principal": {"Service": "logs.us-east-1.amazonaws.com"}, "Action": "kms:*", "Resource": "*"}
for block in ({"ArnLike": {"aws:SourceArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:*"}}, {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
              {"StringEquals": {"aws:SourceOrgID": "o-exampleorg1"}},
              {"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-exampleorg1/r-ex01/*"}}):
    root.put_key_policy(KeyId=through, Policy=policy({**logs, "Condition": block}))
    equal((block, [may(client(who).encrypt, {"KeyId": through, "Plaintext": b"x"}) for who in (LOGS, DEPUTY, BOB)]),
          (block, [True, False, False]))
deny = {"Effect": "Deny", "NotPrincipal": {"AWS": [f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{ACCOUNT}:user/ana"]}, "Action": "kms:Encrypt",
        "Resource": "*"}
root.put_key_policy(KeyId=through, Policy=policy(deny))
equal([may(client(who).encrypt, {"KeyId": through, "Plaintext": b"x"}) for who in (ROOT, ANA)], [True, True])
equal(may(narrow("kms:Encrypt", {}).encrypt, {"KeyId": through, "Plaintext": b"x"}), False)

# Whose session it is: the role's tags and path, the organization, the id.
for block, wanted in (({"StringEquals": {"aws:PrincipalTag/team": "red"}}, True), ({"StringEquals": {"aws:PrincipalTag/TEAM": "red"}}, True),
                      ({"StringEquals": {"aws:PrincipalTag/team": "blue"}}, False), ({"StringEquals": {"aws:PrincipalOrgID": "o-exampleorg1"}}, True),
                      ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-exampleorg1/r-ex01/*"}}, True),
                      ({"ArnEquals": {"aws:PrincipalArn": WIDE}}, True), ({"StringEquals": {"aws:userid": "AROAWIDE:narrow"}}, True),
                      ({"StringEquals": {"aws:PrincipalType": "AssumedRole"}}, True), ({"StringEquals": {"aws:PrincipalType": "User"}}, False),
                      ({"StringEquals": {"aws:ResourceOrgID": "o-exampleorg1", "aws:ResourceAccount": ACCOUNT}}, True),
                      ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, False), ({"Bool": {"aws:SecureTransport": "true"}}, True)):
    equal((block, may(narrow("kms:Encrypt", block).encrypt, {"KeyId": other, "Plaintext": b"x"})), (block, wanted))

# Every request once more, through a service, so that the log shows what it carries.
with open(f"{sys.argv[1]}/key_state_request.json", encoding="utf-8") as file:
    requests = json.load(file)
names = {"key": symmetric, "alias": "alias/x", "grant": "0" * 64, "made": base64.b64encode(plain).decode(),
         "others": base64.b64encode(plain).decode(), "other": other, "others alias": "alias/one"}
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

requests["CreateKey"] = {}
store = {"CustomKeyStoreId": "cks-1234567890abcdef0"}
requests |= {f"{name}CustomKeyStore": store for name in ("Connect", "Delete", "Disconnect", "Update")}
requests |= {"CreateCustomKeyStore": {"CustomKeyStoreName": "store"}, "DescribeCustomKeyStores": {}}
for who, target in ((RDS, symmetric), (ANA, multi)):
    names["key"], names["alias"] = target, "alias/gone"
    names["grant"] = root.create_grant(KeyId=target, GranteePrincipal=BOB_ARN, Operations=["Decrypt"])["GrantId"]
    names["made"] = base64.b64encode(root.encrypt(KeyId=target, Plaintext=b"x")["CiphertextBlob"]).decode()
    names["other"] = names["others alias"] = target
    names["others"], names["others alias"] = names["made"], "alias/gone"
    root.create_alias(AliasName="alias/gone", TargetKeyId=target)
    # The alias goes last.
    for name, template in sorted(requests.items(), key=lambda one: one[0] == "DeleteAlias"):
        body = json.dumps({**template, "DryRun": True} if "DryRun" in root.meta.service_model.operation_model(name.split()[0]).input_shape.members else template)
        for place, value in names.items():
            body = body.replace("{" + place + "}", value)
        signed = AWSRequest("POST", ENDPOINT + "/", data=body.encode(), headers={
            "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"TrentService.{name.split()[0]}"})
        SigV4Auth(Credentials(*who), "kms", "us-east-1").add_auth(signed)
        try:
            urllib.request.urlopen(urllib.request.Request(signed.url, body.encode(), dict(signed.headers))).close()
        except urllib.error.HTTPError as error:
            assert error.code == 400, (name, error.read())
print(len(CASES), "cases")
