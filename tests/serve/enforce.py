"""Every layer says no over the wire: key policy, IAM, boundary, session policy, grants, other accounts, services."""

from kit import *

USERS = {name: (f"AKIA{name.upper():X<16}", f"secret-of-{name}") for name in ("ana", "bob", "eve", "rds")}
root, other = client(), client(OTHER_ROOT)
ana, bob, eve, rds = (client(USERS[name]) for name in ("ana", "bob", "eve", "rds"))
ANA, BOB = (f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in ("ana", "bob"))
arn = root.create_key()["KeyMetadata"]["Arn"]
denied = "AccessDeniedException"

# IAM decides where the key policy delegates.
blob = ana.encrypt(KeyId=arn, Plaintext=b"x", EncryptionContext={"stage": "prod"})["CiphertextBlob"]
equal(refused(bob.encrypt, KeyId=arn, Plaintext=b"x"),
      (denied, f"User: {BOB} is not authorized to perform: kms:Encrypt on resource: {arn} because no identity-based "
       "policy allows the kms:Encrypt action"))
equal(refused(eve.decrypt, CiphertextBlob=blob, EncryptionContext={"stage": "prod"}),
      (denied, f"User: arn:aws:iam::{ACCOUNT}:user/eve is not authorized to perform: kms:Decrypt on resource: {arn} "
       "because no permissions boundary allows the kms:Decrypt action"))
assert eve.encrypt(KeyId=arn, Plaintext=b"x")
equal(refused(bob.list_keys)[1], f"User: {BOB} is not authorized to perform: kms:ListKeys on resource: * because no "
      "identity-based policy allows the kms:ListKeys action")

# An explicit deny for everybody, with a condition on the encryption context.
deny = {"Sid": "NoProd", "Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*",
        "Condition": {"StringEquals": {"kms:EncryptionContext:stage": "prod"}}}
root.put_key_policy(KeyId=arn, Policy=policy(deny))
equal(refused(ana.decrypt, CiphertextBlob=blob, EncryptionContext={"stage": "prod"})[1],
      f"User: {ANA} is not authorized to perform: kms:Decrypt on resource: {arn} with an explicit deny in a "
      "resource-based policy")
equal(code(root.decrypt, CiphertextBlob=blob, EncryptionContext={"stage": "prod"}), denied)
equal(code(ana.decrypt, CiphertextBlob=blob, EncryptionContext={"stage": "prod", "Stage": "dev"}), "ValidationException")
root.put_key_policy(KeyId=arn, Policy=policy())
equal(ana.decrypt(CiphertextBlob=blob, EncryptionContext={"stage": "prod"})["Plaintext"], b"x")

# Nobody locks themselves out, and what is no policy is refused.
locked = policy({"Effect": "Allow", "Principal": {"AWS": BOB}, "Action": "kms:*", "Resource": "*"}, delegates=False)
equal(refused(root.put_key_policy, KeyId=arn, Policy=locked),
      ("MalformedPolicyDocumentException",
       "The new key policy will not allow you to update the key policy in the future."))
for text in ["{}", "x", '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"kms:*",'
             '"Resource":"*","Condition":{"StringLikes":{"a":"b"}}}}']:
    equal(code(root.put_key_policy, KeyId=arn, Policy=text), "MalformedPolicyDocumentException")
ghost = policy({"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/ghost"}, "Action": "kms:*",
                "Resource": "*"})
equal(refused(root.put_key_policy, KeyId=arn, Policy=ghost),
      ("MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals."))
equal(code(root.put_key_policy, KeyId=arn, Policy=policy(), PolicyName="AWS_RAM"), "ValidationException")

# A key that is locked on purpose is locked for root too.
shut = root.create_key(Policy=locked, BypassPolicyLockoutSafetyCheck=True)["KeyMetadata"]["Arn"]
equal(code(root.describe_key, KeyId=shut), denied)
assert bob.encrypt(KeyId=shut, Plaintext=b"y")
assert bob.schedule_key_deletion(KeyId=shut)

# Another account's key: whether it is there nobody learns.
missing = arn[:-12] + "000000000000"
for action, name in [("encrypt", "kms:Encrypt"), ("describe_key", "kms:DescribeKey"), ("list_grants", "kms:ListGrants")]:
    extra = {"Plaintext": b"x"} if action == "encrypt" else {}
    told = [refused(getattr(other, action), KeyId=key, **extra) for key in (arn, missing)]
    equal(told[0][0], denied)
    equal(told[0][1].replace(arn, "KEY"), told[1][1].replace(missing, "KEY"))
root.create_alias(AliasName="alias/there", TargetKeyId=arn)
told = [refused(other.encrypt, KeyId=f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/{name}", Plaintext=b"x")[1]
        for name in ("there", "nowhere")]
equal(told[0].replace("there", "X"), told[1].replace("nowhere", "X"))
plain = root.encrypt(KeyId=arn, Plaintext=b"x")["CiphertextBlob"]
text = refused(other.decrypt, CiphertextBlob=plain)[1]
assert "on the resource associated with this ciphertext because the resource does not exist in this Region" in text, text
changed = bytearray(plain)
changed[10] ^= 1
equal(refused(other.decrypt, CiphertextBlob=bytes(changed)), (denied, text))
equal(code(other.disable_key, KeyId=arn), denied)
both = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
root.put_key_policy(KeyId=arn, Policy=policy(both))
equal(other.decrypt(CiphertextBlob=plain)["Plaintext"], b"x")
equal(code(other.disable_key, KeyId=arn), denied)
root.put_key_policy(KeyId=arn, Policy=policy())

# Whoever asks is told which statement decided; about another account's key nobody is told more than without asking.
def asking(who):
    who.meta.events.register("before-sign.kms.*", lambda request, **_: request.headers.add_header("x-wardbook-explain", "1"))
    return who


def explained(call, **parameters):
    try:
        answer = call(**parameters)
    except botocore.exceptions.ClientError as error:
        answer = error.response
    return answer["ResponseMetadata"]["HTTPHeaders"].get("x-wardbook-explain")


root.put_key_policy(KeyId=arn, Policy=policy(deny))
told = explained(asking(client(USERS["ana"])).decrypt, CiphertextBlob=blob, EncryptionContext={"stage": "prod"})
equal(told, "resource statement 1 (NoProd)")
stranger = asking(client(OTHER_ROOT))
context = {"EncryptionContext": {"stage": "prod"}}
equal(explained(stranger.encrypt, KeyId=arn, Plaintext=b"x"), explained(stranger.encrypt, KeyId=missing, Plaintext=b"x"))
equal(explained(stranger.decrypt, CiphertextBlob=blob, **context),
      explained(stranger.decrypt, CiphertextBlob=bytes(changed), **context))
assert explained(ana.list_keys) is None
root.put_key_policy(KeyId=arn, Policy=policy())

# Grants: constraints, tokens, retiring, revoking; a child never reaches further.
grant = root.create_grant(KeyId=arn, GranteePrincipal=BOB, Operations=["Encrypt", "Decrypt", "CreateGrant"], Name="g",
                          Constraints={"EncryptionContextSubset": {"team": "a"}})
again = root.create_grant(KeyId=arn, GranteePrincipal=BOB, Operations=["Encrypt", "Decrypt", "CreateGrant"], Name="g",
                          Constraints={"EncryptionContextSubset": {"team": "a"}})
equal(again["GrantId"], grant["GrantId"])
assert again["GrantToken"] != grant["GrantToken"]
team = {"team": "a", "more": "b"}
sealed = bob.encrypt(KeyId=arn, Plaintext=b"z", EncryptionContext=team, GrantTokens=[grant["GrantToken"]])
equal(bob.decrypt(CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext=team)["Plaintext"], b"z")
equal(code(bob.encrypt, KeyId=arn, Plaintext=b"z"), denied)
equal(code(bob.encrypt, KeyId=arn, Plaintext=b"z", EncryptionContext={"team": "b"}), denied)
equal(code(ana.encrypt, KeyId=arn, Plaintext=b"z", GrantTokens=["nonsense"]), "InvalidGrantTokenException")
child = dict(KeyId=arn, GranteePrincipal=ANA, Operations=["Decrypt"])
equal(code(bob.create_grant, **child), denied)
equal(code(bob.create_grant, **{**child, "Operations": ["Sign"]}, Constraints={"EncryptionContextEquals": {"team": "a"}}),
      denied)
assert bob.create_grant(**child, Constraints={"EncryptionContextEquals": {"team": "a", "x": "y"}})
equal(len(root.list_grants(KeyId=arn)["Grants"]), 2)
equal(code(root.create_grant, KeyId=arn, GranteePrincipal="not-an-arn", Operations=["Decrypt"]), "InvalidArnException")
equal(code(root.create_grant, KeyId=arn, GranteePrincipal=BOB, Operations=["Sign"]), "ValidationException")
equal(code(eve.retire_grant, KeyId=arn, GrantId=grant["GrantId"]), denied)
root.revoke_grant(KeyId=arn, GrantId=grant["GrantId"])
equal(code(bob.encrypt, KeyId=arn, Plaintext=b"z", EncryptionContext=team), denied)
equal(code(ana.encrypt, KeyId=arn, Plaintext=b"z", GrantTokens=[grant["GrantToken"]]), "InvalidGrantTokenException")
mine = root.create_grant(KeyId=arn, GranteePrincipal=BOB, Operations=["DescribeKey"], RetiringPrincipal=ANA)
equal([found["GrantId"] for found in ana.list_retirable_grants(RetiringPrincipal=ANA)["Grants"]], [mine["GrantId"]])
ana.retire_grant(GrantToken=mine["GrantToken"])
equal(code(bob.describe_key, KeyId=arn), denied)

# Dry run asks, and does nothing.
equal(refused(ana.encrypt, KeyId=arn, Plaintext=b"x", DryRun=True),
      ("DryRunOperationException", "The request would have succeeded, but the DryRun option is set."))
equal(code(bob.encrypt, KeyId=arn, Plaintext=b"x", DryRun=True), denied)
before = len(root.list_grants(KeyId=arn)["Grants"])
equal(code(root.create_grant, KeyId=arn, GranteePrincipal=BOB, Operations=["Decrypt"], DryRun=True),
      "DryRunOperationException")
equal(len(root.list_grants(KeyId=arn)["Grants"]), before)

# Only the relay's own credentials make a request one of a service; Aurora's way to a key.
via = {"StringEquals": {"kms:ViaService": "rds.us-east-1.amazonaws.com"}}
use = {"Sid": "ThroughRds", "Effect": "Allow", "Principal": {"AWS": BOB}, "Resource": "*", "Condition": via,
       "Action": ["kms:CreateGrant", "kms:DescribeKey", "kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey"]}
aurora = root.create_key(Policy=policy(use))["KeyMetadata"]["Arn"]
context = {"aws:rds:db-id": "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
equal(code(bob.generate_data_key, KeyId=aurora, KeySpec="AES_256", EncryptionContext=context), denied)
made = rds.generate_data_key(KeyId=aurora, KeySpec="AES_256", EncryptionContext=context)
root.put_key_policy(KeyId=aurora, Policy=policy())
equal(code(rds.decrypt, CiphertextBlob=made["CiphertextBlob"], EncryptionContext=context), denied)
root.put_key_policy(KeyId=aurora, Policy=policy(use))
equal(rds.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext=context)["Plaintext"], made["Plaintext"])

# As the article has it, whoever makes the database needs CreateGrant and DescribeKey, through the service alone; what the
# service hands itself works for this database and no other, and is gone with the grant.
for_service = {"StringEquals": {"kms:ViaService": "rds.us-east-1.amazonaws.com"}, "Bool": {"kms:GrantIsForAWSResource": "true"}}
caller = [{"Sid": "Look", "Effect": "Allow", "Principal": {"AWS": BOB}, "Action": "kms:DescribeKey", "Resource": "*", "Condition": via},
          {"Sid": "Hand", "Effect": "Allow", "Principal": {"AWS": BOB}, "Action": "kms:CreateGrant", "Resource": "*", "Condition": for_service}]
aurora = root.create_key(Policy=policy(*caller))["KeyMetadata"]["Arn"]
hands = {"KeyId": aurora, "GranteePrincipal": BOB, "Operations": ["Decrypt", "GenerateDataKey"], "Constraints": {"EncryptionContextSubset": context}}
equal((code(bob.describe_key, KeyId=aurora), code(bob.create_grant, **hands)), (denied, denied))
equal((rds.describe_key(KeyId=aurora)["KeyMetadata"]["Arn"], code(rds.encrypt, KeyId=aurora, Plaintext=b"x")), (aurora, denied))
equal(code(rds.generate_data_key, KeyId=aurora, KeySpec="AES_256", EncryptionContext=context), denied)
handed = rds.create_grant(**hands)["GrantId"]
for other_database in ({}, {"aws:rds:db-id": "db-OTHER"}, {"db-id": context["aws:rds:db-id"]}):
    equal(code(rds.generate_data_key, KeyId=aurora, KeySpec="AES_256", EncryptionContext=other_database), denied)
made = rds.generate_data_key(KeyId=aurora, KeySpec="AES_256", EncryptionContext={**context, "aws:ebs:id": "vol-1"})
# The caller's own way in is withdrawn: what was handed on stays, until it is revoked or the key is switched off.
root.put_key_policy(KeyId=aurora, Policy=policy())
equal((code(rds.describe_key, KeyId=aurora), code(rds.create_grant, **hands)), (denied, denied))
opens = {"CiphertextBlob": made["CiphertextBlob"], "EncryptionContext": {**context, "aws:ebs:id": "vol-1"}}
equal(rds.decrypt(**opens)["Plaintext"], made["Plaintext"])
root.disable_key(KeyId=aurora)
equal(code(rds.decrypt, **opens), "DisabledException")
root.enable_key(KeyId=aurora)
equal(rds.decrypt(**opens)["Plaintext"], made["Plaintext"])
root.revoke_grant(KeyId=aurora, GrantId=handed)
equal(code(rds.decrypt, **opens), denied)
root.put_key_policy(KeyId=aurora, Policy=policy(*caller))
rds.create_grant(**hands)
equal(rds.decrypt(**opens)["Plaintext"], made["Plaintext"])

# The service's own key comes into being when the service first asks for it, and works through the service alone.
equal(code(bob.encrypt, KeyId="alias/aws/rds", Plaintext=b"x"), "NotFoundException")
made = rds.generate_data_key(KeyId="alias/aws/rds", KeySpec="AES_256")
[alias] = [alias for alias in root.list_aliases()["Aliases"] if alias["AliasName"] == "alias/aws/rds"]
managed = root.describe_key(KeyId="alias/aws/rds")["KeyMetadata"]
equal((managed["KeyManager"], managed["KeyId"], made["KeyId"]), ("AWS", alias["TargetKeyId"], managed["Arn"]))
equal(rds.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"], made["Plaintext"])
equal(code(ana.decrypt, CiphertextBlob=made["CiphertextBlob"]), denied)
equal(code(root.put_key_policy, KeyId=managed["KeyId"], Policy=policy()), denied)
equal(root.get_key_rotation_status(KeyId=managed["KeyId"])["RotationPeriodInDays"], 365)

# Roles: assumed by those whom they trust, and no wider than the session policy.
sts = client(USERS["ana"], service="sts")
equal(sts.get_caller_identity()["Arn"], ANA)
equal(client(service="sts").get_caller_identity()["Account"], ACCOUNT)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/report"
assumed = sts.assume_role(RoleArn=ROLE, RoleSessionName="s1")
keys = assumed["Credentials"]
report = client((keys["AccessKeyId"], keys["SecretAccessKey"]), token=keys["SessionToken"])
equal(report.decrypt(CiphertextBlob=plain)["Plaintext"], b"x")
equal(refused(report.encrypt, KeyId=arn, Plaintext=b"x")[1].split(" ")[1],
      f"arn:aws:sts::{ACCOUNT}:assumed-role/report/s1")
equal(code(client(USERS["bob"], service="sts").assume_role, RoleArn=ROLE, RoleSessionName="s1"), "AccessDenied")
equal(code(sts.assume_role, RoleArn=ROLE + "x", RoleSessionName="s1"), "AccessDenied")
for odd in ({"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]}, {"TransitiveTagKeys": ["a"]},
            {"SerialNumber": "arn:aws:iam::1:mfa/x", "TokenCode": "123456"}, {"Tags": [{"Key": "a"}]}):
    equal(code(sts.assume_role, RoleArn=ROLE, RoleSessionName="s1", **odd), "ValidationError")
# Who somebody is, by a URL that they signed.
url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
with urllib.request.urlopen(url) as answer:
    assert ANA in answer.read().decode()
narrow = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:Decrypt",
                                                            "Resource": aurora}})
keys = sts.assume_role(RoleArn=ROLE, RoleSessionName="s2", Policy=narrow, DurationSeconds=900)["Credentials"]
session = client((keys["AccessKeyId"], keys["SecretAccessKey"]), token=keys["SessionToken"])
assert "because no session policy allows" in refused(session.decrypt, CiphertextBlob=plain)[1]
equal(code(client((keys["AccessKeyId"], keys["SecretAccessKey"])).list_keys), "UnrecognizedClientException")
equal(code(client((keys["AccessKeyId"], "x" * 40), token=keys["SessionToken"]).list_keys), "InvalidSignatureException")

# What asks two questions is refused by either: the key policies let bob, and nobody lets him do it to the alias, to the other
# key or in the other Region.
lets = {"Effect": "Allow", "Principal": {"AWS": BOB}, "Resource": "*",
        "Action": ["kms:*Alias", "kms:ReEncrypt*", "kms:UpdatePrimaryRegion", "kms:DescribeKey"]}
open_key, shut_key = (root.create_key(Policy=policy(*more))["KeyMetadata"]["Arn"] for more in ([lets], []))
root.create_alias(AliasName="alias/theirs", TargetKeyId=open_key)
for call, parameters in [("create_alias", {"AliasName": "alias/mine", "TargetKeyId": open_key}),
                         ("update_alias", {"AliasName": "alias/theirs", "TargetKeyId": open_key}),
                         ("delete_alias", {"AliasName": "alias/theirs"})]:
    told = refused(getattr(bob, call), **parameters)
    equal((call, told[0], f":{parameters['AliasName']} because no identity-based policy" in told[1]), (call, denied, True))
    equal((call, code(getattr(bob, call), **{**parameters, "TargetKeyId": shut_key}) if "TargetKeyId" in parameters else denied), (call, denied))
sealed = root.encrypt(KeyId=open_key, Plaintext=b"x")["CiphertextBlob"]
assert bob.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=open_key)
equal(code(bob.re_encrypt, CiphertextBlob=sealed, DestinationKeyId=shut_key), denied)
equal(code(bob.re_encrypt, CiphertextBlob=root.encrypt(KeyId=shut_key, Plaintext=b"x")["CiphertextBlob"], DestinationKeyId=open_key), denied)
many = root.create_key(MultiRegion=True, Policy=policy(lets))["KeyMetadata"]["KeyId"]
europe = client(region="eu-west-1")
root.replicate_key(KeyId=many, ReplicaRegion="eu-west-1")
equal(code(bob.update_primary_region, KeyId=many, PrimaryRegion="eu-west-1"), denied)
europe.put_key_policy(KeyId=many, Policy=policy(lets))
bob.update_primary_region(KeyId=many, PrimaryRegion="eu-west-1")

# Credentials end when the operator said.
equal(refused(client(("AKIAOLDXXXXXXXXXXXXX", "secret-of-old")).list_keys),
      ("ExpiredTokenException", "The security token included in the request is expired"))
assert client(("AKIANEWXXXXXXXXXXXXX", "secret-of-new")).list_keys()
