"""Makes keys and uses them as fast as it can, and remembers what was acknowledged, until the server is gone."""

import os as system
import sys

from kit import *

path = sys.argv[1]
memory = json.load(open(path)) if system.path.exists(path) else {"keys": {}, "blobs": [], "requests": []}
kms = client()


def heard(answer):
    memory["requests"].append(answer["ResponseMetadata"]["RequestId"])
    return answer


try:
    while True:
        key = heard(kms.create_key())["KeyMetadata"]["Arn"]
        memory["keys"][key] = "Enabled"
        for number in range(3):
            text = f"{key}/{number}"
            blob = heard(kms.encrypt(KeyId=key, Plaintext=text.encode()))["CiphertextBlob"]
            memory["blobs"].append([base64.b64encode(blob).decode(), text])
        if len(memory["keys"]) % 3 == 0:
            memory["keys"][key] = "unknown"
            heard(kms.disable_key(KeyId=key))
            memory["keys"][key] = "Disabled"
except Exception:
    with open(path + ".new", "w") as file:
        json.dump(memory, file)
    system.replace(path + ".new", path)
