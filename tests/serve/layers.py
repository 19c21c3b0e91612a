"""Every case of `layers/cases.json` is decided over the wire as it says there, in the words of AWS."""

import os

from kit import *

NAMES = json.load(open(os.path.join(os.path.dirname(__file__), "layers", "credentials.json")))["credentials"]
CASES = json.load(open(os.path.join(os.path.dirname(__file__), "layers", "cases.json")))
WHO = {row["secret_access_key"].removeprefix("secret-of-"): row for row in NAMES}
PLAIN = {"encrypt": {"Plaintext": b"x"}, "generate_data_key": {"KeySpec": "AES_256"},
         "generate_data_key_without_plaintext": {"KeySpec": "AES_256"}}
root = client()


def caller(who):
    if who in ("root", "other"):
        account, keys = (ACCOUNT, ROOT) if who == "root" else (OTHER_ACCOUNT, OTHER_ROOT)
        return f"arn:aws:iam::{account}:root", client(keys)
    return WHO[who]["principal"], client((WHO[who]["access_key_id"], WHO[who]["secret_access_key"]))


def told(case):
    """`allow`, or the text of the refusal with key and caller as the case writes them."""
    key = root.create_key()["KeyMetadata"]["Arn"]
    context = {"EncryptionContext": case["context"]} if "context" in case else {}
    name, parameters = case["call"], {"KeyId": key, **PLAIN.get(case["call"], {}), **context}
    if name == "decrypt":
        parameters = {"CiphertextBlob": root.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]}
    if name == "generate_random":
        parameters = {"NumberOfBytes": 8}
    locked = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"}, "Action": "kms:PutKeyPolicy",
              "Resource": "*"}
    delegates = case.get("delegates", True)
    statements = case.get("statements", []) + ([] if delegates else [locked])
    root.put_key_policy(KeyId=key, Policy=policy(*statements, delegates=delegates), BypassPolicyLockoutSafetyCheck=True)
    if case.get("missing"):
        key = key[:-12] + "000000000000"
        parameters["KeyId"] = key
    arn, who = caller(case["who"])
    for header, value in case.get("headers", {}).items():
        who.meta.events.register("before-sign.kms.*", lambda request, header=header, value=value, **_:
                                 request.headers.add_header(header, value))
    try:
        getattr(who, name)(**parameters)
    except botocore.exceptions.ClientError as error:
        equal(error.response["Error"]["Code"], "AccessDeniedException")
        return error.response["Error"]["Message"].replace(key, "{key}").replace(arn, "{who}")
    return "allow"


wrong = [(case["note"], found, case["wanted"]) for case in CASES if (found := told(case)) != case["wanted"]]
assert not wrong, "\n".join(f"\n{note}\n found {found}\nwanted {wanted}" for note, found, wanted in wrong)
print(len(CASES), "cases")
