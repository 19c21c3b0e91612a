"""What nobody signed is not believed: one thing changed at a time, in requests that botocore signed, and every refusal by name."""

import datetime
import hashlib
import hmac
import http.client
import urllib.parse

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from kit import *

where = urllib.parse.urlsplit(ENDPOINT)
HOST = f"{where.hostname}:{where.port}"
BODY = b'{"Limit":5}'
bad, incomplete, unknown, missing = ("InvalidSignatureException", "IncompleteSignatureException", "UnrecognizedClientException",
                                     "MissingAuthenticationTokenException")


def send(headers, body=BODY, path="/", method="POST"):
    """Status and name of the answer; headers are pairs, as they stand on the wire."""
    connection = http.client.HTTPConnection(where.hostname, where.port)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value)
    if body is not None and not any(name.lower() in ("content-length", "transfer-encoding") for name, _ in headers):
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    answer = connection.getresponse()
    text = answer.read().decode()
    assert answer.headers.get("x-amzn-RequestId"), (headers, text)
    return 200 if answer.status == 200 else json.loads(text)["__type"]


def sha(text):
    return hashlib.sha256(text).hexdigest()


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def signed(age=0, region="us-east-1", service="kms", terminator="aws4_request", headers=(), names=None, body=BODY, keys=ROOT, day=None,
           path="/", query="", hashed=None, target="TrentService.ListKeys", date_header="X-Amz-Date", method="POST"):
    """A signature of our own making, so that it can be right where the request is odd."""
    now = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=age)
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    day = day or stamp[:8]
    pairs = [("Host", HOST), ("Content-Type", "application/x-amz-json-1.1"), (date_header, stamp), ("X-Amz-Target", target), *headers]
    values = {}
    for name, value in pairs:
        values.setdefault(name.lower(), []).append(" ".join(value.split()))
    names = sorted(values) if names is None else names
    canonical = "\n".join([method, path, query, *(f"{name}:{','.join(values.get(name, ['']))}" for name in names), "", ";".join(names),
                           hashed or sha(body)])
    scope = f"{day}/{region}/{service}/{terminator}"
    key = ("AWS4" + keys[1]).encode()
    for part in (day, region, service, "aws4_request"):
        key = mac(key, part)
    signature = mac(key, f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{sha(canonical.encode())}").hex()
    value = f"AWS4-HMAC-SHA256 Credential={keys[0]}/{scope}, SignedHeaders={';'.join(names)}, Signature={signature}"
    return [*pairs, ("Authorization", value)]


def changed(pairs, name, change):
    return [(one, change(value) if one == name else value) for one, value in pairs]


def wants(name, found, wanted):
    assert found == wanted, f"{name}: found {found}, wanted {wanted}"


auth = "Authorization"
good = signed()
for name, pairs, wanted in [
    ("as it is", good, 200),
    ("headers in another order", good[::-1], 200),
    ("names in lower case", [(name.lower(), value) for name, value in good], 200),
    ("names in capitals", [(name.upper(), value) for name, value in good], 200),
    ("what is not signed added", [*good, ("Accept", "x"), ("amz-sdk-request", "attempt=1")], 200),
    ("parts without a space", changed(good, auth, lambda value: value.replace(", ", ",")), 200),
    ("parts in another order", changed(good, auth, lambda value: "AWS4-HMAC-SHA256 " + ", ".join(value[17:].split(", ")[::-1])), 200),
    ("spaces that are collapsed", signed(headers=[("X-Amz-Meta", " a   b ")]), 200),
    ("one value in two headers, both signed", signed(headers=[("X-Amz-Meta", "a"), ("X-Amz-Meta", "b")]), 200),
    ("those two the other way round", (lambda pairs: pairs[:4] + pairs[5:6] + pairs[4:5] + pairs[6:])(signed(headers=[("X-Amz-Meta", "a"), ("X-Amz-Meta", "b")])), bad),
    ("a header that is sent twice and signed once", [*good, ("X-Amz-Target", "TrentService.CreateKey")], bad),
    ("the same, the other one first", [("X-Amz-Target", "TrentService.CreateKey"), *good], bad),
    ("a second date", [("X-Amz-Date", "20200101T000000Z"), *good], bad),
    ("a loose x-amz header", [*good, ("X-Amz-Foo", "1")], bad),
    ("a loose token", [*good, ("X-Amz-Security-Token", "t")], unknown),
    ("a loose hash of the body", [*good, ("X-Amz-Content-Sha256", sha(BODY))], bad),
    ("the hash of the body, signed", signed(headers=[("X-Amz-Content-Sha256", sha(BODY))]), 200),
    ("the hash of another body", signed(headers=[("X-Amz-Content-Sha256", sha(b"{}"))]), bad),
    ("another body, by its own hash", signed(headers=[("X-Amz-Content-Sha256", sha(b"{}"))], hashed=sha(b"{}")), bad),
    ("an unsigned body", signed(headers=[("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")], hashed="UNSIGNED-PAYLOAD"), bad),
    ("an unsigned body that the header does not tell", signed(hashed="UNSIGNED-PAYLOAD"), bad),
    ("a body signed in chunks", signed(headers=[("X-Amz-Content-Sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")],
                                       hashed="STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), bad),
    ("no host under the signature", signed(names=["content-type", "x-amz-date", "x-amz-target"]), bad),
    ("no date under the signature", signed(names=["content-type", "host", "x-amz-target"]), bad),
    ("no target under the signature", signed(names=["content-type", "host", "x-amz-date"]), bad),
    ("a signed header that is not there", signed(names=["content-type", "host", "x-amz-absent", "x-amz-date", "x-amz-target"]), bad),
    ("names of headers unsorted", changed(good, auth, lambda value: value.replace("content-type;host", "host;content-type")), incomplete),
    ("names of headers in capitals", changed(good, auth, lambda value: value.replace("host", "Host")), incomplete),
    ("a name of a header twice", changed(good, auth, lambda value: value.replace("host", "host;host")), incomplete),
    ("another service", signed(service="s3"), bad), ("STS where KMS is asked", signed(service="sts"), bad),
    ("another ending", signed(terminator="aws5_request"), bad),
    ("another Region than was signed", changed(good, auth, lambda value: value.replace("us-east-1", "us-east-2")), bad),
    ("two Regions", signed(region="us-east-1,eu-west-1"), incomplete), ("no Region", signed(region=""), bad),
    ("a Region in capitals", signed(region="US-EAST-1"), bad), ("all Regions", signed(region="*"), bad),
    ("another day in the scope", signed(day="20200101"), bad),
    ("an access key that nobody has", signed(keys=("AKIANOBODYNOBODYNOBO", ROOT[1])), unknown),
    ("a session's access key without its token", signed(keys=("ASIANOBODYNOBODYNOBO", ROOT[1])), unknown),
    ("a token for a key that has none", signed(headers=[("X-Amz-Security-Token", "t")]), unknown),
    ("an empty token is none", signed(headers=[("X-Amz-Security-Token", "")]), 200),
    ("somebody else's secret", signed(keys=(ROOT[0], OTHER_ROOT[1])), bad),
    ("somebody else's access key", signed(keys=(OTHER_ROOT[0], ROOT[1])), bad),
    ("a signature in capitals", changed(good, auth, lambda value: value[:-64] + value[-64:].upper()), bad),
    ("a signature cut short", changed(good, auth, lambda value: value[:-1]), bad),
    ("a signature that is longer", changed(good, auth, lambda value: value + "0"), bad),
    ("a signature of nothing", changed(good, auth, lambda value: value[:-64]), incomplete),
    ("two signatures", changed(good, auth, lambda value: value + ", Signature=" + "0" * 64), incomplete),
    ("two Authorization headers", [*good, good[-1]], incomplete),
    ("another algorithm", changed(good, auth, lambda value: value.replace("SHA256 C", "SHA1 C")), incomplete),
    ("the algorithm of several Regions", changed(good, auth, lambda value: value.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")), incomplete),
    ("a password", [pair for pair in good if pair[0] != auth] + [(auth, "Basic eDp5")], incomplete),
    ("no signature at all", [pair for pair in good if pair[0] != auth], missing),
    ("a date that is none", changed(good, "X-Amz-Date", lambda value: "yesterday"), incomplete),
    ("a date in another form", changed(good, "X-Amz-Date", lambda value: "2026-01-02T03:04:05Z"), incomplete),
    ("the date in the header of HTTP", signed(date_header="Date"), 200),
    ("no date", [pair for pair in good if pair[0] != "X-Amz-Date"], incomplete),
    ("fifteen minutes late", signed(age=898), 200), ("more than that", signed(age=903), bad),
    ("fifteen minutes early", signed(age=-898), 200), ("more than that", signed(age=-903), bad),
    ("an operation that there is none of", signed(target="TrentService.Nothing"), "UnknownOperationException"),
    ("that, and unsigned", [pair for pair in signed(target="TrentService.Nothing") if pair[0] != auth], "UnknownOperationException"),
    ("another service's operation", signed(target="DynamoDB_20120810.ListTables"), "UnknownOperationException"),
]:
    wants(name, send(pairs), wanted)
wants("another body", send(good, b'{"Limit":6}'), bad)
wants("no body", send(good, b""), bad)
wants("a body of chunks", send([*good, ("Transfer-Encoding", "chunked")], b"b\r\n" + BODY + b"\r\n0\r\n\r\n"), 200)
wants("a longer body of chunks", send([*good, ("Transfer-Encoding", "chunked")], b"b\r\n" + BODY + b"\r\n1\r\n \r\n0\r\n\r\n"), bad)

# Paths and queries, as they are encoded and otherwise.
for path, canonical in [("/a%20b", "/a%2520b"), ("/a/./b/../c", "/a/c"), ("//", "/"), ("/%C3%A4", "/%25C3%25A4"), ("/~x", "/~x"), ("/a*b", "/a%2Ab")]:
    wants(path, send(signed(path=canonical), path=path), 200)
    wants(path, send(signed(path="/"), path=path), 200 if canonical == "/" else bad)
for query, canonical in [("b=2&a=1", "a=1&b=2"), ("a=2&a=1", "a=1&a=2"), ("a", "a="), ("a=%7E", "a=~"), ("a=%e4", "a=%E4"), ("a-b=1&a=1", "a=1&a-b=1"),
                         ("a=b=c", "a=b%3Dc"), ("", "")]:
    wants(query, send(signed(query=canonical), path="/?" + query), 200)
    wants(query + " and more", send(signed(query=canonical), path=f"/?{query}&z=1"), bad)

# Presigned: the whole query is under the signature, and for so long.
def presigned(expires=60, age=0, change=lambda url: url, headers=(), keys=ROOT, token=None, service="kms"):
    request = AWSRequest("POST", ENDPOINT + "/", headers={"X-Amz-Target": "TrentService.ListKeys", "Content-Type": "application/x-amz-json-1.1"}, data=b"")
    class Clock(SigV4QueryAuth):
        def add_auth(self, request):
            now = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=age)
            request.context["timestamp"] = now.strftime("%Y%m%dT%H%M%SZ")
            self._modify_request_before_signing(request)
            canonical = self.canonical_request(request)
            text = self.string_to_sign(request, canonical)
            self._inject_signature_to_request(request, self.signature(text, request))

    Clock(Credentials(*keys, token), service, "us-east-1", expires=expires).add_auth(request)
    pairs = [("Host", HOST), ("X-Amz-Target", "TrentService.ListKeys"), ("Content-Type", "application/x-amz-json-1.1"), *headers]
    return send(pairs, b"", path=change(request.url[len(ENDPOINT):]))


for name, wanted, parameters in [
    ("as it is", 200, {}), ("for a second", 200, {"expires": 1}), ("for a week", 200, {"expires": 604800}),
    ("for longer than a week", incomplete, {"expires": 604801}), ("for no time", incomplete, {"expires": 0}), ("for less than that", incomplete, {"expires": -1}),
    ("within its time", 200, {"expires": 60, "age": 57}), ("after it", bad, {"expires": 60, "age": 62}),
    ("a week old", 200, {"expires": 604800, "age": 604797}), ("more than a week old", bad, {"expires": 604800, "age": 604803}),
    ("from the future", 200, {"age": -898}), ("from further away", bad, {"age": -903}),
    ("good for longer than was signed", bad, {"change": lambda url: url.replace("Expires=60", "Expires=61")}),
    ("a time in words", incomplete, {"change": lambda url: url.replace("Expires=60", "Expires=1e9")}),
    ("two times", incomplete, {"change": lambda url: url + "&X-Amz-Expires=600"}),
    ("another access key", bad, {"change": lambda url: url.replace(ROOT[0], OTHER_ROOT[0])}),
    ("one more parameter", bad, {"change": lambda url: url + "&x=1"}),
    ("a token that is not signed", unknown, {"change": lambda url: url + "&X-Amz-Security-Token=t"}),
    ("no signature", incomplete, {"change": lambda url: url[:url.index("&X-Amz-Signature")]}),
    ("two signatures", incomplete, {"change": lambda url: url + "&X-Amz-Signature=" + "0" * 64}),
    ("another algorithm", incomplete, {"change": lambda url: url.replace("HMAC-SHA256", "HMAC-SHA1")}),
    ("a loose x-amz header", bad, {"headers": [("X-Amz-Meta", "1")]}),
    ("for STS", bad, {"service": "sts"}),
]:
    wants("presigned " + name, presigned(**parameters), wanted)
print("content")
