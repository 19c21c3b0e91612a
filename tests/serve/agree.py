"""The endpoint, `why` and `who-can` answer alike: random worlds, random keys, random requests.

`agree.py world SEED DIR` writes a world and its credentials. `agree.py ask SEED COUNT BINARY DATA WORLD` makes keys, policies
and grants in the server of that world, adds them to the world as a collector would, asks the server COUNT times, and then the
two commands about the very requests, as the log has them.
"""

import json
import pathlib
import random
import subprocess
import sys

mode, seed = sys.argv[1], int(sys.argv[2])
random.seed(seed)
A, B = "123456789012", "210987654321"
REGION = "us-east-1"
USERS = [(account, f"u{number}") for account in (A, B) for number in range(3)]
ROLES = [(account, f"r{number}") for account in (A, B) for number in range(2)]
NAMES = [f"arn:aws:iam::{account}:user/{name}" for account, name in USERS] + [f"arn:aws:iam::{account}:role/{name}" for account, name in ROLES]
CALLERS = {f"arn:aws:iam::{account}:user/{name}": None for account, name in USERS}
CALLERS |= {f"arn:aws:sts::{account}:assumed-role/{name}/s": None for account, name in ROLES}
RELAYS = [(f"arn:aws:iam::{A}:user/u0", "rds.us-east-1.amazonaws.com"), (f"arn:aws:sts::{A}:assumed-role/r0/s", "s3.us-east-1.amazonaws.com"),
          (f"arn:aws:iam::{B}:user/u1", "ec2.us-east-1.amazonaws.com")]
ACTIONS = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateDataKey*", "kms:ReEncrypt*", "kms:ReEncryptFrom", "kms:ReEncryptTo",
           "kms:DescribeKey", "kms:GetKeyPolicy", "kms:ListGrants", "kms:CreateGrant", "kms:RevokeGrant", "kms:RetireGrant", "kms:Get*",
           "kms:ListResourceTags", "kms:ListKeys", "kms:GenerateRandom", "kms:CreateAlias", "kms:*", "kms:*", "kms:*Grant*"]
# What an organization forbids here; a collector has to be able to look.
LIMITED = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*", "kms:CreateGrant", "kms:RevokeGrant", "kms:GetKeyRotationStatus"]
CONDITIONS = [
    {"StringEquals": {"kms:EncryptionContext:stage": "prod"}}, {"StringEquals": {"kms:EncryptionContext:STAGE": ["prod", "dev"]}},
    {"StringNotEquals": {"kms:EncryptionContext:stage": "prod"}}, {"Null": {"kms:EncryptionContextKeys": "false"}},
    {"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["stage", "team"]}}, {"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": "team"}},
    {"StringEquals": {"kms:ViaService": "rds.us-east-1.amazonaws.com"}}, {"StringNotEqualsIfExists": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}},
    {"StringEquals": {"kms:CallerAccount": A}}, {"StringNotEquals": {"kms:CallerAccount": A}}, {"Bool": {"kms:GrantIsForAWSResource": "true"}},
    {"BoolIfExists": {"kms:GrantIsForAWSResource": "false"}}, {"StringLike": {"kms:RequestAlias": "alias/a*"}}, {"StringNotLike": {"kms:RequestAlias": "alias/a*"}},
    {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/a0"}}, {"StringEquals": {"aws:ResourceTag/stage": "prod"}},
    {"StringEquals": {"aws:PrincipalTag/team": "${aws:ResourceTag/team, 'none'}"}}, {"StringEquals": {"aws:PrincipalTag/team": "red"}},
    {"StringNotEquals": {"aws:PrincipalTag/team": "red"}}, {"StringEquals": {"aws:PrincipalOrgID": "o-exampleorg1"}},
    {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-exampleorg1"}}, {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/u0"}},
    {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}, {"StringEquals": {"aws:PrincipalType": "User"}}, {"StringLike": {"aws:userid": "AIDA*"}},
    {"StringEquals": {"kms:KeySpec": "SYMMETRIC_DEFAULT"}}, {"StringEquals": {"kms:KeyOrigin": "EXTERNAL"}}, {"Bool": {"kms:MultiRegion": "false"}},
    {"StringEquals": {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}}, {"Bool": {"kms:ReEncryptOnSameKey": "true"}}, {"Bool": {"aws:ViaAWSService": "false"}},
    {"Bool": {"aws:SecureTransport": "true"}}, {"ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt", "Encrypt"]}},
    {"StringEquals": {"kms:GrantConstraintType": "EncryptionContextSubset"}}, {"StringEquals": {"aws:ResourceAccount": A}}, {"StringEquals": {"aws:RequestedRegion": REGION}},
    {"StringEquals": {"aws:username": "u1"}}, {"ForAnyValue:StringEquals": {"aws:CalledVia": "rds.amazonaws.com"}},
]
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def conditioned(statement, chance=0.5):
    if random.random() < chance:
        block = {}
        for one in random.sample(CONDITIONS, random.choice([1, 1, 1, 2])):
            for operator, keys in one.items():
                block.setdefault(operator, {}).update(keys)
        statement["Condition"] = block
    return statement


def statement(deny=0.12, resource=lambda: "*"):
    actions = random.choice(["Action", "Action", "Action", "NotAction"])
    effect = "Deny" if random.random() < deny else "Allow"
    chosen = random.sample(ACTIONS, random.randint(1, 5)) if actions == "Action" else [random.choice(ACTIONS[:14])]
    return conditioned({"Effect": effect, actions: chosen, "Resource": resource()}, 0.8 if effect == "Deny" else 0.5)


def identity(most=3):
    keys = lambda: random.choice(["*", "*", f"arn:aws:kms:*:{A}:key/*", f"arn:aws:kms:{REGION}:*:key/*", f"arn:aws:kms:*:*:alias/*"])
    return {"Version": "2012-10-17", "Statement": [statement(resource=keys) for _ in range(random.randint(1, most))]}


def limit():
    """A policy that leaves most of what it is laid over."""
    narrow = conditioned({"Effect": "Deny", "Action": random.sample(ACTIONS[:14], 2), "Resource": "*"}, 1)
    return {"Version": "2012-10-17", "Statement": ALL["Statement"] + [narrow]} if random.random() < 0.7 else \
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": random.sample(ACTIONS, 8), "Resource": "*"}]}


def world(folder):
    folder = pathlib.Path(folder)
    for account in (A, B):
        edge = f"arn:aws:iam::{account}:policy/edge"
        inline = lambda: [{"PolicyName": f"p{number}", "PolicyDocument": identity()} for number in range(random.randint(0, 3))]
        some = lambda: {"PermissionsBoundary": {"PermissionsBoundaryArn": edge, "PermissionsBoundaryType": "Policy"}} if random.random() < 0.3 else {}
        tags = lambda: {"Tags": [{"Key": "team", "Value": random.choice(["red", "blue"])}]} if random.random() < 0.6 else {}
        users = [{"UserName": name, "UserId": f"AIDA{name.upper()}", "Arn": f"arn:aws:iam::{account}:user/{name}", "Path": "/",
                  "UserPolicyList": inline(), **some(), **tags()} for owner, name in USERS if owner == account]
        trust = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": account}}}
        roles = [{"RoleName": name, "RoleId": f"AROA{name.upper()}", "Arn": f"arn:aws:iam::{account}:role/{name}", "Path": "/",
                  "AssumeRolePolicyDocument": trust, "RolePolicyList": inline(), **some(), **tags()} for owner, name in ROLES if owner == account]
        details = {"UserDetailList": users, "GroupDetailList": [], "RoleDetailList": roles, "IsTruncated": False,
                   "Policies": [{"PolicyName": "edge", "Arn": edge, "DefaultVersionId": "v1", "PolicyVersionList": [
                       {"VersionId": "v1", "IsDefaultVersion": True, "Document": limit()}]}]}
        (folder / account).mkdir(parents=True, exist_ok=True)
        (folder / account / "authorization-details.json").write_text(json.dumps(details))
    if seed % 3 == 0:
        # An account outside an organization that was collected may be in another one, of which the commands say they know nothing.
        return accounts(folder)
    full = {"r-ex01", A, "999988887777"} | {B}
    members = sorted(full - {"r-ex01", "999988887777"})
    entry = lambda id, kind, content, targets: {"PolicySummary": {"Id": id, "Type": kind}, "Content": json.dumps(content), "Targets": sorted(targets)}
    policies = [entry("p-FullAWSAccess", "SERVICE_CONTROL_POLICY", ALL, full),
                entry("p-RCPFullAWSAccess", "RESOURCE_CONTROL_POLICY", {**ALL, "Statement": [{**ALL["Statement"][0], "Principal": "*"}]}, full)]
    for number, account in enumerate(members):
        if random.random() < 0.6:
            policies.append(entry(f"p-scp{number}", "SERVICE_CONTROL_POLICY", {"Version": "2012-10-17", "Statement": [
                conditioned({"Effect": "Deny", "Action": random.sample(LIMITED, 2), "Resource": "*"}, 1)]}, {account}))
        if random.random() < 0.6:
            policies.append(entry(f"p-rcp{number}", "RESOURCE_CONTROL_POLICY", {"Version": "2012-10-17", "Statement": [
                conditioned({"Effect": "Deny", "Principal": "*", "Action": random.sample(LIMITED, 2),
                             "Resource": "*"}, 1)]}, {account}))
    (folder / "organization.json").write_text(json.dumps({
        "Organization": {"Id": "o-exampleorg1", "MasterAccountId": "999988887777"}, "Roots": [{"Id": "r-ex01", "Name": "Root"}],
        "OrganizationalUnits": [], "Policies": policies,
        "Accounts": [{"Id": id, "Name": id, "ParentId": "r-ex01", "Status": "ACTIVE"} for id in ["999988887777", *members]]}))
    accounts(folder)


def accounts(folder):
    entries = [{"access_key_id": f"AKIA{number:016}", "secret_access_key": f"secret-of-{number}", "principal": principal}
               for number, principal in enumerate(CALLERS)]
    entries += [{"access_key_id": f"AKIAVIA{number:013}", "secret_access_key": f"secret-of-via{number}", "principal": principal, "via": via}
                for number, (principal, via) in enumerate(RELAYS)]
    path = folder.parent / "credentials.json"
    path.write_text(json.dumps({"credentials": entries}))
    path.chmod(0o600)


if mode == "world":
    world(sys.argv[3])
    raise SystemExit

from kit import *

count, binary, data, where = int(sys.argv[3]), sys.argv[4], sys.argv[5], pathlib.Path(sys.argv[6])
roots = {A: client(), B: client(OTHER_ROOT)}
who = [(principal, None, client((f"AKIA{number:016}", f"secret-of-{number}"))) for number, principal in enumerate(CALLERS)]
who += [(principal, via, client((f"AKIAVIA{number:013}", f"secret-of-via{number}"))) for number, (principal, via) in enumerate(RELAYS)]
who += [(f"arn:aws:iam::{account}:root", None, root) for account, root in roots.items()]
keeps = [f"kms:{name}" for name in ("PutKeyPolicy", "DescribeKey", "GetKeyPolicy", "ListGrants", "CreateGrant", "TagResource", "ListResourceTags",
                                    "CreateAlias", "Encrypt")]


def principal():
    return random.choice(["*", {"AWS": "*"}, {"AWS": f"arn:aws:iam::{A}:root"}, {"AWS": B}, {"AWS": random.sample(NAMES, 2)},
                          {"AWS": random.choice(list(CALLERS))}, {"AWS": random.choice(NAMES)}])


# An SCP or a key policy may keep a root user from what it needs here; such a key is left alone.
def attempt(call, **parameters):
    try:
        return call(**parameters)
    except botocore.exceptions.ClientError as error:
        equal(error.response["Error"]["Code"], "AccessDeniedException")


keys, blobs, grants = [], [], []
for number, account in enumerate([A, A, A, B]):
    root = roots[account]
    made = attempt(root.create_key)
    if made is None:
        continue
    key = made["KeyMetadata"]["Arn"]
    attempt(root.create_alias, AliasName=f"alias/{'ab'[number % 2]}{number}", TargetKeyId=key)
    if random.random() < 0.6:
        attempt(root.tag_resource, KeyId=key, Tags=[{"TagKey": "stage", "TagValue": "prod"}, {"TagKey": "team", "TagValue": "red"}])
    for context in ({}, {"stage": "prod"}, {"stage": "dev", "team": "a"}):
        sealed = attempt(root.encrypt, KeyId=key, Plaintext=b"x", EncryptionContext=context)
        blobs += [(sealed["CiphertextBlob"], context, key)] if sealed else []
    for _ in range(random.randint(0, 3)):
        constraint = random.choice([{}, {}, {"Constraints": {"EncryptionContextSubset": {"Stage": "prod"}}},
                                    {"Constraints": {"EncryptionContextEquals": {"stage": "dev", "team": "a"}}}])
        operations = random.sample(["Encrypt", "Decrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo", "DescribeKey", "CreateGrant",
                                    "RetireGrant"], random.randint(1, 4))
        if constraint:
            operations = [name for name in operations if name not in ("ReEncryptFrom",)] or ["Decrypt"]
        grantee = random.choice(NAMES + list(CALLERS))
        retiring = {"RetiringPrincipal": random.choice(NAMES)} if random.random() < 0.5 else {}
        made = attempt(root.create_grant, KeyId=key, GranteePrincipal=grantee, Operations=operations, **constraint, **retiring)
        grants += [(key, made["GrantId"], made["GrantToken"])] if made else []
    locked = {"Sid": "Keep", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": keeps, "Resource": "*"}
    opened = {**locked, "Action": "kms:*"}
    statements = [random.choice([locked, opened])]
    for _ in range(random.randint(0, 4)):
        statements.append({**statement(deny=0.15), "Principal": principal()})
    attempt(root.put_key_policy, KeyId=key, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}), BypassPolicyLockoutSafetyCheck=True)
    keys.append(key)
assert keys, "no SCP here keeps both roots from making keys"


def collect(key):
    """A key as the command line of AWS would have written it down; whether the root user may look."""
    account, id = key.split(":")[4], key.split("/")[1]
    root, folder = roots[account], where / account / "kms" / REGION
    (folder / id).mkdir(parents=True, exist_ok=True)
    for name, call in (("describe", root.describe_key), ("policy", root.get_key_policy), ("grants", root.list_grants),
                       ("tags", root.list_resource_tags)):
        told = attempt(call, KeyId=id)
        if told is None:
            return False
        told.pop("ResponseMetadata")
        (folder / id / f"{name}.json").write_text(json.dumps(told, default=lambda moment: moment.isoformat()))
    for name, call in (("keys", root.list_keys), ("aliases", root.list_aliases)):
        told = attempt(call)
        if told is None:
            return False
        told.pop("ResponseMetadata")
        (folder / f"{name}.json").write_text(json.dumps(told, default=lambda moment: moment.isoformat()))
    return True


keys = [key for key in keys if collect(key)]
if not keys:
    print("no root user may look")
    raise SystemExit
blobs = [(blob, context) for blob, context, key in blobs if key in keys]
grants = [one for one in grants if one[0] in keys]
CONTEXTS = [{}, {}, {"stage": "prod"}, {"Stage": "prod"}, {"stage": "dev", "team": "a"}, {"stage": "dev"}, {"other": "x"}]


def named(key):
    account = key.split(":")[4]
    aliases = json.loads((where / account / "kms" / REGION / "aliases.json").read_text())["Aliases"]
    return random.choice([key, key, key, *[entry["AliasArn"] for entry in aliases if entry["TargetKeyId"] == key.split("/")[1]]])


def one():
    key, target = random.choice(keys), random.choice(keys)
    context = random.choice(CONTEXTS)
    dry = {"DryRun": True}
    blob, sealed = random.choice(blobs or [(b"", {})])
    kind = random.randrange(14)
    if kind == 0:
        return "encrypt", {"KeyId": named(key), "Plaintext": b"x", "EncryptionContext": context}
    if kind in (1, 2) and blob:
        return "decrypt", {"CiphertextBlob": blob, "EncryptionContext": random.choice([sealed, sealed, context])}
    if kind in (3, 4):
        return "generate_data_key", {"KeyId": named(key), "KeySpec": "AES_256", "EncryptionContext": context, **random.choice([{}, dry])}
    if kind in (5, 6) and blob:
        return "re_encrypt", {"CiphertextBlob": blob, "SourceEncryptionContext": sealed, "DestinationKeyId": named(target),
                              "DestinationEncryptionContext": context}
    if kind == 7:
        return "describe_key", {"KeyId": named(key)}
    if kind == 8:
        return random.choice([("get_key_policy", {"KeyId": key}), ("list_grants", {"KeyId": key}), ("list_resource_tags", {"KeyId": key}),
                              ("get_key_rotation_status", {"KeyId": key})])
    if kind in (9, 10):
        operations = random.sample(["Encrypt", "Decrypt", "DescribeKey", "CreateGrant"], random.randint(1, 3))
        constraint = random.choice([{}, {"Constraints": {"EncryptionContextSubset": {"stage": "prod"}}},
                                    {"Constraints": {"EncryptionContextEquals": {"stage": "dev", "team": "a"}}}])
        return "create_grant", {"KeyId": key, "GranteePrincipal": random.choice(NAMES), "Operations": operations, **constraint, **dry}
    if kind == 11 and grants:
        key, id, token = random.choice(grants)
        return random.choice([("retire_grant", {"KeyId": key, "GrantId": id, **dry}), ("revoke_grant", {"KeyId": key, "GrantId": id, **dry}),
                              ("retire_grant", {"GrantToken": token, **dry})])
    if kind == 12:
        return random.choice([("list_keys", {}), ("generate_random", {"NumberOfBytes": 8}), ("list_aliases", {})])
    return "generate_data_key_without_plaintext", {"KeyId": key, "KeySpec": "AES_128", "EncryptionContext": context, **dry}


def outcome(call, parameters):
    try:
        answer = call(**parameters)
        return answer["ResponseMetadata"]["RequestId"], None
    except botocore.exceptions.ClientError as error:
        return error.response["ResponseMetadata"]["RequestId"], error.response["Error"]["Code"]


asked = {}
for _ in range(count):
    principal_arn, via, kms = random.choice(who)
    name, parameters = one()
    id, told = outcome(getattr(kms, name), parameters)
    # A resource that is not there was looked for before anybody was asked.
    if told not in ("NotFoundException", "InvalidArnException", "ValidationException"):
        asked[id] = (principal_arn, via, name, parameters, told)

# The same requests, by the log and the world.
exported = subprocess.run([binary, "audit", "export", data + "/audit"], capture_output=True, text=True, check=True).stdout
events = [event for event in map(json.loads, exported.splitlines()) if event.get("requestID") in asked]
equal(sorted(event["requestID"] for event in events), sorted(asked))
file = where.parent / "events.json"
file.write_text(json.dumps({"Records": events}))
told = subprocess.run([binary, "why", str(file), "--world", str(where), "--format", "json"], capture_output=True, text=True)
assert told.returncode in (0, 3), told.stderr
told, verdicts = json.loads(told.stdout), {}
for answer in told["answers"]:
    verdicts.setdefault(answer["told"]["what"].split()[1], []).append(answer)
ids = {event["eventID"]: event for event in events}
wrong, denials = [], 0
for id, answers in verdicts.items():
    event = ids[id]
    principal_arn, via, name, parameters, refusal = asked[event["requestID"]]
    decisions = [answer.get("decision", answer.get("error")) for answer in answers]
    denials += refusal == "AccessDeniedException"
    if ("allow" if refusal != "AccessDeniedException" else "deny") != ("allow" if set(decisions) == {"allow"} else "deny") or "unknown" in decisions:
        left = [answer.get("missing", []) + answer.get("missing_documents", []) for answer in answers]
        wrong.append((left, principal_arn, via, name, parameters, refusal, decisions, event["additionalEventData"]["wardbook"]))
equal((sorted(verdicts), told["skipped"]), (sorted(ids), []))
assert not wrong, f"{len(wrong)} of {len(asked)} differ; seed {seed}\n" + "\n".join(map(str, wrong[:4]))

# And who-can: whoever may now, may; whoever may not under any condition, may not.
direct, checked = {}, 0
calls = {"kms:Encrypt": ("encrypt", {"Plaintext": b"x"}), "kms:GenerateDataKey": ("generate_data_key", {"KeySpec": "AES_256"}), "kms:DescribeKey": ("describe_key", {})}
for action, (name, parameters) in calls.items():
    for key in keys:
        output = subprocess.run([binary, "who-can", action, key, "--world", str(where), "--format", "json"], capture_output=True, text=True)
        assert output.returncode in (0, 3), output.stderr
        [found] = json.loads(output.stdout)["keys"]
        tiers = {row["principal"]: row["tier"] for row in found["rows"]}
        for principal_arn, via, kms in who:
            row = principal_arn.replace(":sts:", ":iam:").replace("assumed-role", "role").removesuffix("/s") if "assumed-role" in principal_arn else principal_arn
            tier = tiers.get(row) or tiers.get(principal_arn)
            _, refusal = outcome(getattr(kms, name), {"KeyId": key, **parameters})
            allowed = refusal != "AccessDeniedException"
            checked += 1
            session = "assumed-role" in principal_arn
            if via is None and tier == "now" and not allowed or via is None and allowed and tier != "now" and not session or allowed and tier is None and not session:
                wrong.append((action, key, principal_arn, via, tier, refusal))
assert not wrong, f"who-can differs; seed {seed}\n" + "\n".join(map(str, wrong[:6]))
print(f"{len(asked)} requests, {denials} denied; {checked} looked up")
