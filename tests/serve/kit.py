"""What every script here needs: clients of the server under test, and refusals as they came."""

import base64
import json
import os
import urllib.error
import urllib.request

import boto3
import botocore.config
import botocore.exceptions

ENDPOINT = os.environ["WARDBOOK_ENDPOINT"]
ROOT = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
OTHER_ROOT = ("AKIAI44QH8DHBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY")
ACCOUNT, OTHER_ACCOUNT = "123456789012", "210987654321"
CONFIG = botocore.config.Config(retries={"max_attempts": 0}, parameter_validation=False)


def client(keys=ROOT, region="us-east-1", token=None, service="kms"):
    return boto3.client(service, endpoint_url=ENDPOINT, region_name=region, aws_access_key_id=keys[0],
                        aws_secret_access_key=keys[1], aws_session_token=token, config=CONFIG)


def refused(call, **parameters):
    """The code and the message with which a call is refused."""
    try:
        answer = call(**parameters)
    except botocore.exceptions.ClientError as error:
        told = error.response["Error"]
        return told["Code"], told.get("Message", "")
    raise AssertionError(f"not refused: {answer}")


def code(call, **parameters):
    return refused(call, **parameters)[0]


def post(path, body=None):
    request = urllib.request.Request(ENDPOINT + path, data=json.dumps(body or {}).encode(), method="POST")
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


def advance(days=0, seconds=0):
    post("/wardbook/clock", {"advance_seconds": days * 86400 + seconds})


def policy(*statements, account=ACCOUNT, delegates=True):
    root = {"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*",
            "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": ([root] if delegates else []) + list(statements)})


def equal(found, wanted):
    assert found == wanted, f"\n found {found!r}\nwanted {wanted!r}"
