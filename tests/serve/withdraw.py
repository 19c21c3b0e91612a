"""What was given and taken away stays so: under load, and after the server was killed.

Each worker has a key of its own, to which it lets tim and stops letting him by every means there is; whoever asks for tim is
refused from the acknowledgement on. What was acknowledged last is in force after a kill, and so is asked first thing.
"""

import os as system
import random
import sys
import threading
import time

from kit import *

path, seconds = sys.argv[1], float(sys.argv[2])
TIM = ("AKIATIMXXXXXXXXXXXXX", "secret-of-tim")
TIM_ARN = f"arn:aws:iam::{ACCOUNT}:user/tim"
memory = json.load(open(path)) if system.path.exists(path) else {"keys": {}, "requests": []}
lock, stop = threading.Lock(), threading.Event()
gone = (botocore.exceptions.EndpointConnectionError, botocore.exceptions.ConnectionClosedError, botocore.exceptions.HTTPClientError)
failures = []


def heard(answer):
    with lock:
        memory["requests"].append(answer["ResponseMetadata"]["RequestId"])
    return answer


POLICIES = {"closed": policy(), "open": policy({"Effect": "Allow", "Principal": {"AWS": TIM_ARN}, "Action": "kms:Decrypt", "Resource": "*"})}


def permits(state):
    """His own policies let tim use what has a tag or an alias."""
    return bool(state["enabled"] and (state["policy"] == "open" or state["grants"] or state["stage"] or state["alias"]))


def allowed(kms, state):
    """Whether tim may: None if nobody heard."""
    try:
        heard(kms.decrypt(CiphertextBlob=base64.b64decode(state["blob"])))
        return True
    except botocore.exceptions.ClientError as error:
        heard(error.response)
        assert error.response["Error"]["Code"] in ("AccessDeniedException", "DisabledException"), error
        return False


def holds(root, tim, state):
    """Everything that was acknowledged of a key, and whatever was under way either way."""
    key = state["key"]
    metadata = heard(root.describe_key(KeyId=key))["KeyMetadata"]
    found = {"enabled": metadata["KeyState"] == "Enabled",
             "grants": [entry["GrantId"] for entry in heard(root.list_grants(KeyId=key))["Grants"]],
             "stage": any(tag["TagKey"] == "stage" for tag in heard(root.list_resource_tags(KeyId=key))["Tags"]),
             "alias": bool(heard(root.list_aliases(KeyId=key))["Aliases"])}
    text = heard(root.get_key_policy(KeyId=key))["Policy"]
    found["policy"] = next(name for name, known in POLICIES.items() if known == text)
    for name, value in found.items():
        if state["busy"] != name:
            equal((key, name, value), (key, name, state[name]))
    state.update(found)
    state["busy"] = None
    equal((key, allowed(tim, state)), (key, permits(state)))


def change(root, state):
    """One change, and what it leaves."""
    key, kind = state["key"], random.choice(["policy", "policy", "grants", "grants", "enabled", "stage", "alias"])
    if kind == "grants" and not state["grants"] and not state["enabled"]:
        # Nobody makes a grant for a key that is disabled.
        kind = "enabled"
    state["busy"] = kind
    if kind == "policy":
        told = random.choice(list(POLICIES))
        heard(root.put_key_policy(KeyId=key, Policy=POLICIES[told]))
    elif kind == "grants" and state["grants"]:
        id = state["grants"][0]
        heard(random.choice([root.revoke_grant, root.retire_grant])(KeyId=key, GrantId=id))
        told = state["grants"][1:]
    elif kind == "grants":
        made = heard(root.create_grant(KeyId=key, GranteePrincipal=TIM_ARN, Operations=["Decrypt"]))
        told = [made["GrantId"]]
    elif kind == "enabled":
        told = not state["enabled"]
        heard((root.enable_key if told else root.disable_key)(KeyId=key))
    elif kind == "stage":
        told = not state["stage"]
        heard(root.tag_resource(KeyId=key, Tags=[{"TagKey": "stage", "TagValue": "prod"}]) if told else root.untag_resource(KeyId=key, TagKeys=["stage"]))
    else:
        told, name = not state["alias"], "alias/w-" + key[-12:]
        heard(root.create_alias(AliasName=name, TargetKeyId=key) if told else root.delete_alias(AliasName=name))
    state[kind] = told
    state["busy"] = None


def worker(number):
    root, tim = client(), client(TIM)
    try:
        state = memory["keys"].get(str(number))
        if state is None:
            key = heard(root.create_key(Policy=POLICIES["closed"]))["KeyMetadata"]["Arn"]
            blob = heard(root.encrypt(KeyId=key, Plaintext=b"x"))["CiphertextBlob"]
            state = {"key": key, "blob": base64.b64encode(blob).decode(), "enabled": True, "grants": [], "stage": False, "alias": False,
                     "policy": "closed", "busy": None}
            memory["keys"][str(number)] = state
        holds(root, tim, state)
        seen, forbidden = [], []
        others = [threading.Thread(target=ask_always, args=(state, seen)) for _ in range(2)]
        [other.start() for other in others]
        try:
            while not stop.is_set():
                began = time.monotonic()
                if forbidden and forbidden[-1][1] is None:
                    forbidden[-1][1] = began
                change(root, state)
                if not permits(state):
                    forbidden.append([time.monotonic(), None])
                equal((allowed(tim, state), state), (permits(state), state))
                time.sleep(random.random() / 50)
        finally:
            stop.set()
            [other.join() for other in others]
            for sent, received in seen:
                for start, end in forbidden:
                    assert not start < sent < received < (end or float("inf")), f"{state['key']} was open {sent - start:.4f} s after it was closed"
    except gone:
        stop.set()
    except BaseException as error:
        failures.append(error)
        stop.set()


def ask_always(state, seen):
    kms = client(TIM)
    try:
        while not stop.is_set():
            sent = time.monotonic()
            if allowed(kms, state):
                seen.append((sent, time.monotonic()))
    except gone:
        stop.set()
    except BaseException as error:
        failures.append(error)


workers = [threading.Thread(target=worker, args=(number,)) for number in range(4)]
[one.start() for one in workers]
stop.wait(seconds)
stop.set()
[one.join() for one in workers]
with open(path + ".new", "w") as file:
    json.dump(memory, file)
system.replace(path + ".new", path)
if failures:
    raise failures[0]
