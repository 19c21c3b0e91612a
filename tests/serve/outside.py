"""Accounts that a collected organization does not list: the endpoint refuses what the commands leave undecided.

`outside.py world DIR none|listed|unlisted` writes a world and its credentials. `outside.py ask BINARY DATA WORLD none|listed|unlisted`
asks the server of that world and then `why` about the very requests, as the log has them.
"""

import json
import pathlib
import subprocess
import sys

A, OUTSIDE, MANAGEMENT = "123456789012", "333344445555", "999988887777"
CAL, PAM = f"arn:aws:iam::{OUTSIDE}:user/cal", f"arn:aws:iam::{A}:user/pam"
OUTSIDERS = [CAL, f"arn:aws:iam::{OUTSIDE}:root"]
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def world(folder, kind):
    for account, arn in [(OUTSIDE, CAL), (A, PAM)]:
        user = {"UserName": arn.rsplit("/")[-1], "UserId": "AIDA" + account, "Arn": arn, "Path": "/",
                "UserPolicyList": [{"PolicyName": "all", "PolicyDocument": ALL}]}
        (folder / account).mkdir(parents=True, exist_ok=True)
        (folder / account / "authorization-details.json").write_text(json.dumps(
            {"UserDetailList": [user], "GroupDetailList": [], "RoleDetailList": [], "Policies": [], "IsTruncated": False}))
    entry = lambda id, kind, content: {"PolicySummary": {"Id": id, "Type": kind}, "Content": json.dumps(content), "Targets": ["r-ex01", *members]}
    members = [MANAGEMENT, A, *([OUTSIDE] if kind == "listed" else [])]
    if kind != "none":
        (folder / "organization.json").write_text(json.dumps({
            "Organization": {"Id": "o-exampleorg1", "MasterAccountId": MANAGEMENT}, "Roots": [{"Id": "r-ex01", "Name": "Root"}],
            "OrganizationalUnits": [], "Accounts": [{"Id": id, "Name": id, "ParentId": "r-ex01", "Status": "ACTIVE"} for id in members],
            "Policies": [entry("p-FullAWSAccess", "SERVICE_CONTROL_POLICY", ALL),
                         entry("p-RCPFullAWSAccess", "RESOURCE_CONTROL_POLICY", {**ALL, "Statement": [{**ALL["Statement"][0], "Principal": "*"}]})]}))
    entries = [{"access_key_id": f"AKIAOUTSIDE{number:09}", "secret_access_key": f"secret-of-{number}", "principal": principal}
               for number, principal in enumerate(OUTSIDERS + [PAM])]
    path = folder.parent / "credentials.json"
    path.write_text(json.dumps({"credentials": entries}))
    path.chmod(0o600)


if sys.argv[1] == "world":
    world(pathlib.Path(sys.argv[2]), sys.argv[3])
    raise SystemExit

from kit import *

binary, data, where, kind = sys.argv[2], sys.argv[3], pathlib.Path(sys.argv[4]), sys.argv[5]
root, other = client(), client(OTHER_ROOT)
callers = {arn: client((f"AKIAOUTSIDE{number:09}", f"secret-of-{number}")) for number, arn in enumerate(OUTSIDERS + [PAM])}
key = root.create_key(Policy=policy({"Effect": "Allow", "Principal": {"AWS": [OUTSIDE, OTHER_ACCOUNT]}, "Action": "kms:*", "Resource": "*"}))["KeyMetadata"]
folder = where / A / "kms" / "us-east-1" / key["KeyId"]
folder.mkdir(parents=True)
for name, told in [("describe", {"KeyMetadata": key}), ("policy", root.get_key_policy(KeyId=key["Arn"])), ("grants", root.list_grants(KeyId=key["Arn"])),
                   ("tags", root.list_resource_tags(KeyId=key["Arn"]))]:
    told.pop("ResponseMetadata", None)
    (folder / f"{name}.json").write_text(json.dumps(told, default=lambda moment: moment.isoformat()))
# The accounts of development are the operator's own, and in no organization that does not list them.
other.encrypt(KeyId=key["Arn"], Plaintext=b"x")
other.create_key()
calls = {"encrypt": {"KeyId": key["Arn"], "Plaintext": b"x"}, "describe_key": {"KeyId": key["Arn"]}, "create_key": {}, "list_keys": {},
         "generate_random": {"NumberOfBytes": 8}}
asked = {}
for arn, kms in callers.items():
    for call, parameters in calls.items():
        try:
            id, told = getattr(kms, call)(**parameters)["ResponseMetadata"]["RequestId"], "allow"
        except botocore.exceptions.ClientError as error:
            id, told = error.response["ResponseMetadata"]["RequestId"], error.response["Error"]["Code"]
        equal((arn, call, told), (arn, call, "AccessDeniedException" if kind == "unlisted" and arn in OUTSIDERS else "allow"))
        asked[id] = (arn, call, "unknown" if told != "allow" else "allow")
exported = subprocess.run([binary, "audit", "export", data + "/audit"], capture_output=True, text=True, check=True).stdout
events = [event for event in map(json.loads, exported.splitlines()) if event.get("requestID") in asked]
equal(len(events), len(asked))
file = where.parent / "events.json"
file.write_text(json.dumps({"Records": events}))
told = subprocess.run([binary, "why", str(file), "--world", str(where), "--format", "json"], capture_output=True, text=True)
assert told.returncode in (0, 3), told.stderr
ids, decisions = {event["eventID"]: asked[event["requestID"]] for event in events}, {}
for answer in json.loads(told.stdout)["answers"]:
    decisions.setdefault(answer["told"]["what"].split()[1], []).append(answer["decision"])
for id, found in decisions.items():
    equal((ids[id], set(found)), (ids[id], {ids[id][2]}))
equal(len(decisions), len(events))
