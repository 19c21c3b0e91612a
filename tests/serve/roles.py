"""Sessions of roles: what limits them, what they hand on to the sessions that are assumed from them, and what nobody changes."""

from kit import *

ANA = ("AKIAANAXXXXXXXXXXXXX", "secret-of-ana")
role = lambda name: f"arn:aws:iam::{ACCOUNT}:role/{name}"
root, ana = client(), client(ANA, service="sts")
key = root.create_key()["KeyMetadata"]["Arn"]
denied = "AccessDenied"


def begin(sts, name, session="s1", **more):
    keys = sts.assume_role(RoleArn=role(name), RoleSessionName=session, **more)["Credentials"]
    pair = (keys["AccessKeyId"], keys["SecretAccessKey"])
    return client(pair, token=keys["SessionToken"]), client(pair, token=keys["SessionToken"], service="sts")


def may(kms, **condition):
    """Whether a key policy that lets its bearer encrypt under this condition alone does so."""
    operator = "ForAnyValue:StringEquals" if "Keys" in "".join(condition) else "StringEquals"
    block = {operator: {name.replace("__", "/").replace("_", ":"): value for name, value in condition.items()}}
    allow = {"Effect": "Allow", "Principal": "*", "Action": "kms:Encrypt", "Resource": "*", "Condition": block}
    guard = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "NotAction": "kms:Encrypt", "Resource": "*"}
    root.put_key_policy(KeyId=key, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow, guard]}))
    try:
        return bool(kms.encrypt(KeyId=key, Plaintext=b"x"))
    except botocore.exceptions.ClientError as error:
        equal(error.response["Error"]["Code"], "AccessDeniedException")
        return False


tag = lambda **tags: [{"Key": name, "Value": value} for name, value in tags.items()]

# Tags of the session stand before those of the role, and those that are transitive go on to the next.
kms, sts = begin(ana, "team/wide")
equal([may(kms, aws_PrincipalTag__team=value) for value in ("red", "blue")], [True, False])
kms, sts = begin(ana, "team/wide", Tags=tag(Team="blue", project="p", own="x"), TransitiveTagKeys=["project"])
equal([may(kms, aws_PrincipalTag__team=value) for value in ("red", "blue")], [False, True])
equal(may(kms, aws_PrincipalTag__cost="7"), True)
next_kms, next_sts = begin(sts, "next")
equal([may(next_kms, aws_PrincipalTag__project="p"), may(next_kms, aws_PrincipalTag__own="x"),
       may(next_kms, aws_PrincipalTag__team="blue")], [True, False, False])
equal(code(sts.assume_role, RoleArn=role("next"), RoleSessionName="s1", Tags=tag(Project="q")), "ValidationError")
more_kms, _ = begin(sts, "next", Tags=tag(fresh="y"))
equal([may(more_kms, aws_PrincipalTag__project="p"), may(more_kms, aws_PrincipalTag__fresh="y")], [True, True])
# What is handed on is a tag of the new session, so its role has to permit tags.
equal(code(sts.assume_role, RoleArn=role("plain"), RoleSessionName="s1"), denied)
assert begin(begin(ana, "team/wide", Tags=tag(own="x"))[1], "plain")
for odd in ({"TransitiveTagKeys": ["nothing"]}, {"Tags": tag(a="1"), "TransitiveTagKeys": ["b"]}):
    equal(code(ana.assume_role, RoleArn=role("team/wide"), RoleSessionName="s1", **odd), "ValidationError")
equal(code(ana.assume_role, RoleArn=role("plain"), RoleSessionName="s1", Tags=tag(a="1")), denied)

# Who is behind it stays who it is, however many roles lie between.
kms, sts = begin(ana, "team/wide", SourceIdentity="ana.smith")
equal([may(kms, aws_SourceIdentity=name) for name in ("ana.smith", "eve")], [True, False])
next_kms, _ = begin(sts, "next")
equal(may(next_kms, aws_SourceIdentity="ana.smith"), True)
assert begin(sts, "next", SourceIdentity="ana.smith")
equal(code(sts.assume_role, RoleArn=role("next"), RoleSessionName="s1", SourceIdentity="eve"), "ValidationError")
equal(code(sts.assume_role, RoleArn=role("plain"), RoleSessionName="s1"), denied)
equal(code(ana.assume_role, RoleArn=role("plain"), RoleSessionName="s1", SourceIdentity="ana"), denied)
for odd in ("x", "a b", "x" * 65):
    equal(code(ana.assume_role, RoleArn=role("team/wide"), RoleSessionName="s1", SourceIdentity=odd), "ValidationError")

# Texts and managed policies limit a session together: what one of them allows is allowed.
limit = {"PolicyArns": [{"arn": f"arn:aws:iam::{ACCOUNT}:policy/only-encrypt"}]}
root.put_key_policy(KeyId=key, Policy=policy())
kms, sts = begin(ana, "team/wide", **limit)
blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
equal(refused(kms.decrypt, CiphertextBlob=blob), (
    "AccessDeniedException", f"User: arn:aws:sts::{ACCOUNT}:assumed-role/wide/s1 is not authorized to perform: kms:Decrypt on "
    f"resource: {key} because no session policy allows the kms:Decrypt action"))
decrypt = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}})
kms, _ = begin(ana, "team/wide", Policy=decrypt, **limit)
equal(kms.decrypt(CiphertextBlob=blob)["Plaintext"], b"x")
assert kms.encrypt(KeyId=key, Plaintext=b"x")
equal(code(kms.generate_data_key, KeyId=key, KeySpec="AES_256"), "AccessDeniedException")
equal(code(sts.assume_role, RoleArn=role("next"), RoleSessionName="s1"), denied)
for arn in (f"arn:aws:iam::{ACCOUNT}:policy/none", f"arn:aws:iam::{OTHER_ACCOUNT}:policy/only-encrypt", "x"):
    equal(code(ana.assume_role, RoleArn=role("team/wide"), RoleSessionName="s1", PolicyArns=[{"arn": arn}]), "ValidationError")

# A role is assumed by its own tags too, and a session begins none that outlasts an hour.
assert begin(ana, "staged")
equal(code(ana.assume_role, RoleArn=role("unstaged"), RoleSessionName="s1"), denied)
assert begin(ana, "team/wide", DurationSeconds=43200)
_, sts = begin(ana, "team/wide")
assert begin(sts, "next", DurationSeconds=3600)
equal(refused(sts.assume_role, RoleArn=role("next"), RoleSessionName="s1", DurationSeconds=3601), (
    "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"))

# A session ends when it ends, and its token is its own.
kms, _ = begin(ana, "team/wide", DurationSeconds=900)
other, _ = begin(ana, "team/wide", session="s2")
one, two = kms._request_signer._credentials, other._request_signer._credentials
equal(code(client((one.access_key, one.secret_key), token=two.token).list_keys), "UnrecognizedClientException")
equal(code(client((two.access_key, one.secret_key), token=two.token).list_keys), "InvalidSignatureException")
for place in (0, 10, len(one.token) // 2, len(one.token) - 5):
    changed = one.token[:place] + ("A" if one.token[place] != "A" else "B") + one.token[place + 1:]
    equal(code(client((one.access_key, one.secret_key), token=changed).list_keys), "UnrecognizedClientException")
equal(code(client(ANA, token=one.token).list_keys), "UnrecognizedClientException")
equal(code(client(ANA, token=one.token, service="sts").get_caller_identity), "InvalidClientTokenId")
assert kms.list_keys()
