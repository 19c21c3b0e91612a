"""A server that is told to stop takes nobody new, and finishes the request that is under way."""

import os as system
import resource
import signal
import socket
import sys
import time
from urllib.parse import urlparse

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from kit import *

place = urlparse(ENDPOINT)
key = client().create_key()["KeyMetadata"]["KeyId"]
body = json.dumps({"KeyId": key, "Plaintext": "aGVsbG8="}).encode()
request = AWSRequest("POST", ENDPOINT + "/", data=body, headers={
    "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "TrentService.Encrypt"})
SigV4Auth(Credentials(*ROOT), "kms", "us-east-1").add_auth(request)
headers = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
head = f"POST / HTTP/1.1\r\nHost: {place.netloc}\r\n{headers}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
# Every place for a connection is taken, and the server hears all the same that it is to stop. It has seen to it itself
# that so many files may be open, as far as it may.
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
most = most if most != resource.RLIM_INFINITY else 1 << 20
CONNECTIONS, KEPT = min(4096, most - 256), 256
resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, CONNECTIONS + KEPT), most))
soft, _ = resource.prlimit(int(sys.argv[1]), resource.RLIMIT_NOFILE)
assert soft == resource.RLIM_INFINITY or soft >= CONNECTIONS + KEPT, soft
idle = [socket.create_connection((place.hostname, place.port), timeout=15) for _ in range(CONNECTIONS)]
under_way = idle.pop(0)
under_way.sendall(head.encode() + body[:10])
time.sleep(0.5)
system.kill(int(sys.argv[1]), signal.SIGTERM)
time.sleep(0.5)
try:
    socket.create_connection((place.hostname, place.port), timeout=2).close()
    raise SystemExit("somebody new was taken")
except ConnectionRefusedError:
    pass
under_way.sendall(body[10:])
answer = b""
while part := under_way.recv(65536):
    answer += part
assert answer.startswith(b"HTTP/1.1 200") and b"CiphertextBlob" in answer, answer
equal(idle[0].recv(10), b"")
