"""Imports from another project's S3 server, which this starts on loopback and ends.

object_store.py WARDBOOK
"""

import gzip
import json
import logging
import os
import subprocess
import sys
import tempfile

import boto3
from moto.server import ThreadedMotoServer

wardbook = os.path.abspath(sys.argv[1])
credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "eu-west-1"}
quiet = ("AWS_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
clean = {name: value for name, value in os.environ.items() if not name.startswith(quiet)}
os.environ.clear()
os.environ.update(clean, **credentials, AWS_DEFAULT_REGION="eu-west-1")

logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
try:
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    s3 = boto3.client("s3", endpoint_url=endpoint)
    s3.create_bucket(Bucket="trail", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    def event(number):
        return {"eventTime": f"2026-04-{number % 28 + 1:02}T12:00:00Z", "eventID": str(number), "recipientAccountId": "011122223333"}

    def put(key, value):
        text = value if isinstance(value, bytes) else json.dumps(value).encode()
        s3.put_object(Bucket="trail", Key=key, Body=gzip.compress(text) if key.endswith(".gz") else text)

    # More than one page of 1,000 keys, and names that must be encoded.
    for number in range(1010):
        put(f"AWSLogs/011122223333/CloudTrail/eu-west-1/{number:04}.json.gz", {"Records": [event(number)]})
    put("AWSLogs/CloudTrail-Digest/d.json.gz", {})
    put("AWSLogs/odd/a b+c%20&=é'.json", event(2000))
    put("AWSLogs/long.jsonl", b"\n".join(json.dumps({**event(3000 + at), "p": "x" * 1000}).encode() for at in range(5_000)))
    put("AWSLogs/empty.json", b"")
    put("AWSLogs-other/x.json", event(9000))

    def run(*arguments):
        return subprocess.run([wardbook, "audit", *arguments], capture_output=True, text=True, cwd=place)

    with tempfile.TemporaryDirectory() as place:
        os.environ["AWS_ENDPOINT_URL_S3"] = endpoint

        def books(*sources):
            done = run("import", *sources, "--to", "log", "--signing-key", "audit.key", "--format", "json")
            books = json.loads(done.stdout)
            return done, [books[name] for name in ("read", "written", "duplicate", "rejected", "skipped")], books

        done, counts, first = books("s3://trail/AWSLogs")
        assert counts == [6_012, 6_011, 0, 1, 1], (counts, done.stderr)
        assert done.returncode == 2 and first["rejections"][0]["source"] == "s3://trail/AWSLogs/empty.json", first
        done, counts, _ = books("s3://trail/AWSLogs/")
        assert counts == [6_012, 0, 6_011, 1, 1], (counts, done.stderr)
        done, counts, _ = books("s3://trail/AWSLogs-other/x.json")
        assert counts == [1, 1, 0, 0, 0] and done.returncode == 0, (counts, done.stderr)
        exported = run("export", "log").stdout.splitlines()
        assert len(exported) == 6_012 and len({json.loads(line)["eventID"] for line in exported}) == 6_012
        done = run("import", "s3://nothing/here", "--to", "log", "--signing-key", "audit.key")
        assert done.returncode == 2 and "NoSuchBucket" in done.stderr, done.stderr
finally:
    server.stop()
print("ok")
