"""Makes keys all the time, has a backup made in the middle, and remembers what was acknowledged before it began."""

import copy
import subprocess
import sys
import threading
import time

from kit import *

BINARY, DATA, TO, PATH = sys.argv[1:5]
memory, lock, stop = {"keys": {}, "blobs": []}, threading.Lock(), threading.Event()


def work():
    kms = client()
    while not stop.is_set():
        key = kms.create_key()["KeyMetadata"]["Arn"]
        blobs = []
        for number in range(3):
            text = f"{key}/{number}"
            blob = kms.encrypt(KeyId=key, Plaintext=text.encode())["CiphertextBlob"]
            blobs.append([base64.b64encode(blob).decode(), text])
        disabled = len(memory["keys"]) % 3 == 0
        if disabled:
            kms.disable_key(KeyId=key)
        with lock:
            memory["keys"][key] = "Disabled" if disabled else "Enabled"
            memory["blobs"] += blobs


threads = [threading.Thread(target=work) for _ in range(3)]
for thread in threads:
    thread.start()
time.sleep(2)
with lock:
    remembered = copy.deepcopy(memory)
made = subprocess.run([BINARY, "serve", "backup", TO, "--data", DATA], capture_output=True, text=True)
time.sleep(1)
stop.set()
for thread in threads:
    thread.join()
assert made.returncode == 0, made.stderr
assert len(memory["keys"]) > len(remembered["keys"]) > 3, (len(memory["keys"]), len(remembered["keys"]))
with open(PATH, "w") as file:
    json.dump(remembered, file)
