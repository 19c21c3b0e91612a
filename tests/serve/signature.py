"""botocore signs thousands of random requests; the server believes exactly those that nobody changed since."""

import http.client
import random
import sys
import urllib.parse

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from kit import *

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 7
count = int(sys.argv[2]) if len(sys.argv) > 2 else 1500
random.seed(seed)
where = urllib.parse.urlsplit(ENDPOINT)
connection = http.client.HTTPConnection(where.hostname, where.port)
LETTERS = "abcXYZ019-_.~ /:+=&?%äß€,;()*'!@$"


def words(most):
    return "".join(random.choice(LETTERS) for _ in range(random.randint(1, most)))


def send(method, url, headers, body):
    connection.request(method, url[len(ENDPOINT):] or "/", body=body, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    return answer.status, json.loads(text).get("__type", "") if text.startswith("{") else text


def made():
    body = json.dumps({"Limit": random.randint(1, 9), "Marker": None, words(8): words(30)}).encode()
    path = "".join("/" + urllib.parse.quote(words(6), safe="") for _ in range(random.randint(0, 3))) or "/"
    pairs = [(words(6), words(8)) for _ in range(random.randint(0, 4))]
    query = "&".join(f"{urllib.parse.quote(n, safe='-_.~')}={urllib.parse.quote(v, safe='-_.~')}" for n, v in pairs)
    headers = {"X-Amz-Target": "TrentService.ListKeys", "Content-Type": "application/x-amz-json-1.1"}
    for number in range(random.randint(0, 3)):
        text = "".join(c for c in words(12) if ord(c) < 128)
        headers[random.choice(["X-Amz-Meta-", "X-Other-"]) + str(number)] = f" {text}  {text} ".rstrip() or "x"
    return AWSRequest("POST", ENDPOINT + path + ("?" + query if query else ""), headers=headers, data=body)


def signed(request, presigned):
    region = random.choice(["us-east-1", "eu-west-1", "ap-southeast-2"])
    auth = SigV4QueryAuth if presigned else SigV4Auth
    extra = {"expires": random.randint(1, 604800)} if presigned else {}
    auth(Credentials(*random.choice([ROOT, OTHER_ROOT])), "kms", region, **extra).add_auth(request)
    prepared = request.prepare()
    return prepared.method, prepared.url, {n: v for n, v in prepared.headers.items()}, prepared.body


REFUSED = {"InvalidSignatureException", "IncompleteSignatureException", "UnrecognizedClientException",
           "MissingAuthenticationTokenException"}
for number in range(count):
    method, url, headers, body = signed(made(), number % 4 == 3)
    equal((number, *send(method, url, headers, body)), (number, 200, ""))
    # botocore takes the body of a presigned request into its query.
    kind = random.choice(["target", "signature", "url", "extra"] + ["body"] * (number % 4 != 3))
    if kind == "body":
        body = body[:-1] + b"]"
    elif kind == "target":
        headers["X-Amz-Target"] = "TrentService.CreateKey"
    elif kind == "extra":
        headers["X-Amz-Extra"] = "1"
    elif kind == "url":
        url += ("&" if "?" in url else "?") + "x=y"
    elif "Authorization" in headers:
        head, tail = headers["Authorization"][:-1], headers["Authorization"][-1]
        headers["Authorization"] = head + ("0" if tail != "0" else "1")
    else:
        url = url[:-1] + ("0" if url[-1] != "0" else "1")
    status, told = send(method, url, headers, body)
    assert status == 400 and told in REFUSED, (number, kind, status, told)
