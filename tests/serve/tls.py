"""The endpoint over TLS, as aws:SecureTransport sees it: `tls URL CERTIFICATES STRANGERS`, or `plain URL`."""

import http.client
import sys

import botocore.exceptions

from kit import *

kind, url = sys.argv[1:3]
ROOT_USER = ("AKIAROOTXXXXXXXXXXXX", "secret-of-root")


def at(verify=None):
    return boto3.client("kms", endpoint_url=url, region_name="us-east-1", aws_access_key_id=ROOT_USER[0],
                        aws_secret_access_key=ROOT_USER[1], config=CONFIG, verify=verify)


insecure = {"Sid": "OnlyTls", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "kms:Encrypt", "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
kms = at(sys.argv[3] if kind == "tls" else None)
key = kms.create_key(Policy=policy(insecure))["KeyMetadata"]["Arn"]
if kind == "plain":
    told = refused(kms.encrypt, KeyId=key, Plaintext=b"x")
    assert told[0] == "AccessDeniedException" and "explicit deny in a resource-based policy" in told[1], told
    sys.exit()
blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
equal(kms.decrypt(CiphertextBlob=blob)["Plaintext"], b"x")
try:
    at(sys.argv[4]).list_keys()
    raise SystemExit("a stranger vouched for it")
except botocore.exceptions.SSLError:
    pass
# In the clear it says nothing but that this is not TLS.
try:
    with urllib.request.urlopen(url.replace("https:", "http:") + "/healthz", timeout=10) as answer:
        raise SystemExit(answer.read())
except (OSError, http.client.HTTPException):
    pass
