"""Two nodes on one state: what one has acknowledged the other does not contradict, also when it was stopped meanwhile."""

import os as system
import signal
import sys
import threading
import time
import urllib.request as web

from kit import *

ENDPOINTS, PROCESSES, PATH = sys.argv[1].split(","), [int(id) for id in sys.argv[2].split(",")], sys.argv[3]
BOB = ("AKIABOBXXXXXXXXXXXXX", "secret-of-bob")
BOB_ARN = f"arn:aws:iam::{ACCOUNT}:user/bob"
memory = {"requests": [], "keys": [], "blobs": []}


def at(node, keys=ROOT):
    return boto3.client("kms", endpoint_url=ENDPOINTS[node], region_name="us-east-1", aws_access_key_id=keys[0],
                        aws_secret_access_key=keys[1], config=CONFIG)


def heard(answer):
    memory["requests"].append(answer["ResponseMetadata"]["RequestId"])
    return answer


def refusal(call, **parameters):
    try:
        heard(call(**parameters))
        return None
    except botocore.exceptions.ClientError as error:
        heard(error.response)
        return error.response["Error"]["Code"]


roots, bobs = [at(0), at(1)], [at(0, BOB), at(1, BOB)]
key = heard(roots[0].create_key())["KeyMetadata"]["Arn"]
blob = heard(roots[0].encrypt(KeyId=key, Plaintext=b"hello"))["CiphertextBlob"]
memory["keys"].append(key)
memory["blobs"].append([base64.b64encode(blob).decode(), "hello"])

# What one made the other has at once: by its id, by what only a search finds, by its ciphertext.
for round in range(8):
    one, other = round % 2, 1 - round % 2
    fresh = heard(roots[one].create_key())["KeyMetadata"]["Arn"]
    sealed = heard(roots[one].encrypt(KeyId=fresh, Plaintext=b"x"))["CiphertextBlob"]
    equal(heard(roots[other].decrypt(CiphertextBlob=sealed))["Plaintext"], b"x")
    found = [entry["KeyArn"] for entry in heard(roots[other].list_keys(Limit=1000))["Keys"]]
    assert fresh in found, (fresh, found)
    heard(roots[one].create_alias(AliasName=f"alias/r{round}", TargetKeyId=fresh))
    equal(heard(roots[other].describe_key(KeyId=f"alias/r{round}"))["KeyMetadata"]["Arn"], fresh)
    heard(roots[other].update_alias(AliasName=f"alias/r{round}", TargetKeyId=key))
    equal(heard(roots[one].describe_key(KeyId=f"alias/r{round}"))["KeyMetadata"]["Arn"], key)
    heard(roots[one].delete_alias(AliasName=f"alias/r{round}"))
    equal(refusal(roots[other].describe_key, KeyId=f"alias/r{round}"), "NotFoundException")
    equal(refusal(roots[other].create_alias, AliasName=f"alias/r{round}", TargetKeyId=fresh), None)

# Permission that one takes away the other does not give.
open_policy = policy({"Effect": "Allow", "Principal": {"AWS": BOB_ARN}, "Action": "kms:Decrypt", "Resource": "*"})
for round in range(12):
    one, other = round % 2, 1 - round % 2
    equal(refusal(bobs[other].decrypt, CiphertextBlob=blob), "AccessDeniedException")
    heard(roots[one].put_key_policy(KeyId=key, PolicyName="default", Policy=open_policy))
    equal(refusal(bobs[other].decrypt, CiphertextBlob=blob), None)
    heard(roots[one].put_key_policy(KeyId=key, PolicyName="default", Policy=policy()))
    equal(refusal(bobs[other].decrypt, CiphertextBlob=blob), "AccessDeniedException")
    grant = heard(roots[one].create_grant(KeyId=key, GranteePrincipal=BOB_ARN, Operations=["Decrypt"]))["GrantId"]
    equal(refusal(bobs[other].decrypt, CiphertextBlob=blob), None)
    listed = heard(roots[other].list_grants(KeyId=key))["Grants"]
    equal([entry["GrantId"] for entry in listed], [grant])
    heard(roots[other].revoke_grant(KeyId=key, GrantId=grant))
    equal(refusal(bobs[one].decrypt, CiphertextBlob=blob), "AccessDeniedException")
    heard(roots[one].disable_key(KeyId=key))
    equal(refusal(roots[other].decrypt, CiphertextBlob=blob), "DisabledException")
    heard(roots[other].enable_key(KeyId=key))
    equal(refusal(roots[one].decrypt, CiphertextBlob=blob), None)

# The same while others ask all the time, and while the other node is stopped over the change.
stop, allowed, problems = threading.Event(), [], []


def ask_always(node):
    kms = at(node, BOB)
    while not stop.is_set():
        sent = time.monotonic()
        code = refusal(kms.decrypt, CiphertextBlob=blob)
        if code is None:
            allowed.append((sent, time.monotonic(), node))
        elif code not in ("AccessDeniedException", "KMSInternalException", "KMSInternal"):
            problems.append(code)


threads = [threading.Thread(target=ask_always, args=(number % 2,)) for number in range(6)]
for thread in threads:
    thread.start()
forbidden = []
for round in range(10):
    grant = heard(roots[0].create_grant(KeyId=key, GranteePrincipal=BOB_ARN, Operations=["Decrypt"]))["GrantId"]
    time.sleep(0.15)
    stopped = round % 2 == 1
    if stopped:
        system.kill(PROCESSES[1], signal.SIGSTOP)
    heard(roots[0].revoke_grant(KeyId=key, GrantId=grant))
    acknowledged = time.monotonic()
    time.sleep(0.4)
    if stopped:
        system.kill(PROCESSES[1], signal.SIGCONT)
        time.sleep(0.4)
    forbidden.append((acknowledged, time.monotonic()))
stop.set()
for thread in threads:
    thread.join()
assert len(allowed) > 20 and {node for *_, node in allowed} == {0, 1}, allowed
for sent, received, node in allowed:
    for start, end in forbidden:
        assert not start < sent < received < end, f"node {node} allowed what was over for {sent - start:.4f} s"
assert not problems, problems

# What is due happens on one node.
rotates = heard(roots[0].create_key())["KeyMetadata"]["Arn"]
goes = heard(roots[1].create_key())["KeyMetadata"]["Arn"]
heard(roots[1].enable_key_rotation(KeyId=rotates, RotationPeriodInDays=90))
heard(roots[0].schedule_key_deletion(KeyId=goes, PendingWindowInDays=7))
for endpoint in ENDPOINTS:
    body = json.dumps({"advance_seconds": 100 * 86400}).encode()
    web.urlopen(web.Request(endpoint + "/wardbook/clock", data=body, method="POST")).close()
time.sleep(3)
equal(len(heard(roots[0].list_key_rotations(KeyId=rotates))["Rotations"]), 1)
equal(refusal(roots[1].describe_key, KeyId=goes), "NotFoundException")
heard(roots[0].disable_key(KeyId=rotates))

memory["disabled"] = rotates
with open(PATH, "w") as file:
    json.dump(memory, file)
