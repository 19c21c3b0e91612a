"""The console: what it shows, to whom, and that nothing from outside becomes markup."""

import http.client
import sys

from kit import *

ADDRESS = ENDPOINT.removeprefix("http://")


def page(path, host=None, method="GET"):
    connection = http.client.HTTPConnection(ADDRESS, timeout=20)
    connection.request(method, path, headers={"Host": host or ADDRESS})
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read().decode()


if sys.argv[1] == "off":
    status, _, body = page("/ui")
    assert status == 400 and "<html" not in body, (status, body)
    raise SystemExit

BOB = ("AKIABOBXXXXXXXXXXXXX", "secret-of-bob")
BOB_ARN = f"arn:aws:iam::{ACCOUNT}:user/bob"
root, bob = client(), client(BOB)
open_policy = policy({"Sid": "LetBob", "Effect": "Allow", "Principal": {"AWS": BOB_ARN}, "Action": "kms:Decrypt",
                      "Resource": "*"})
made = root.create_key(Description="<script>alert(1)</script>", Policy=open_policy,
                       Tags=[{"TagKey": "team", "TagValue": "a & b"}])["KeyMetadata"]
key, name = made["Arn"], made["KeyId"]
root.create_alias(AliasName="alias/shown", TargetKeyId=key)
sealed = root.encrypt(KeyId=key, Plaintext=b"attack at dawn")["CiphertextBlob"]
bob.decrypt(CiphertextBlob=sealed)
equal(code(bob.encrypt, KeyId=key, Plaintext=b"x"), "AccessDeniedException")
other = root.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]
root.disable_key(KeyId=other["Arn"])

status, headers, keys = page("/ui")
equal((status, headers["content-type"]), (200, "text/html; charset=utf-8"))
assert headers["content-security-policy"].startswith("default-src 'none'"), headers
for text in ["2 keys.", name, "alias/shown", other["KeyId"], "Disabled", "ECC_NIST_P256", "SIGN_VERIFY"]:
    assert text in keys, text

path = f"/ui/key/{ACCOUNT}/us-east-1/{name}"
status, _, one = page(path)
equal(status, 200)
assert "<script" not in one and "&lt;script&gt;" in one and "team=a &amp; b" in one
row = one.split(f"<td>{BOB_ARN}</td>")[1].split("</tr>")[0]
answers = [cell.split("</td>")[0] for cell in row.split("<td class=")[1:]]
heads = [cell.split("</th>")[0] for cell in one.split("<th>Principal</th>")[1].split("</thead>")[0].split("<th>")[1:]]
told = dict(zip(heads, answers))
assert told["kms:Decrypt"].startswith('"yes">yes') and "LetBob" in told["kms:Decrypt"], told
assert told["kms:Encrypt"].startswith('"no">no') and "kms:Sign" not in told, told

# What the page says is what the server does, before and after a change.
grant = root.create_grant(KeyId=key, GranteePrincipal=BOB_ARN, Operations=["Encrypt"])["GrantId"]
after = page(path)[2]
row = after.split(f"<td>{BOB_ARN}</td>")[1].split("</tr>")[0]
assert f"grant {grant}" in row, row
bob.encrypt(KeyId=key, Plaintext=b"x")
root.disable_key(KeyId=key)
row = page(path)[2].split(f"<td>{BOB_ARN}</td>")[1].split("</tr>")[0]
assert '"yes"' not in row and "disabled" in row.lower(), row

status, _, log = page("/ui/log")
equal(status, 200)
assert 'http-equiv="refresh"' in log and BOB_ARN in log and "LetBob" in log and "AccessDenied" in log
assert log.index("DisableKey") < log.index("CreateKey"), "newest first"
for text in (keys, one, log):
    assert "attack at dawn" not in text and "secret-of-bob" not in text and "http://" not in text

equal(page("/ui/style.css")[0], 200)
for nothing in ["/ui/nothing", f"/ui/key/{ACCOUNT}/us-east-1/none", "/ui/key/1", "/ui/key/%3Cscript%3E/a/b"]:
    status, _, body = page(nothing)
    assert status == 404 and "<script" not in body, (nothing, status)
for host in ["evil.example", "localhost.evil.example:80", "10.0.0.1"]:
    equal(page("/ui", host)[0], 403)
assert page("/ui", method="POST")[0] == 400, "there is nothing to change"

# Whoever a key policy names is asked about too: other accounts, and everybody.
def answers(arn):
    text = page(f"/ui/key/{ACCOUNT}/us-east-1/{arn.split('/')[1]}")[2]
    names = [part.split("</th>")[0] for part in text.split("<th>Principal</th>")[1].split("</thead>")[0].split("<th>")[1:]]
    rows = text.split("<th>Principal</th>")[1].split("</table>")[0].split("<tr><td>")[1:]
    said = {row.split("</td>")[0]: [cell.split('"')[0] for cell in row.split('<td class="')[1:]] for row in rows}
    return {who: dict(zip(names, told)) for who, told in said.items()}


elsewhere = "arn:aws:iam::444455556666:root"
shared = root.create_key(KeyUsage="ENCAPSULATE_DECAPSULATE", KeySpec="ML_KEM_768", Policy=policy(
    {"Effect": "Allow", "Principal": {"AWS": ["444455556666"]}, "Action": "kms:Decapsulate", "Resource": "*"},
    {"Effect": "Allow", "Principal": "*", "Action": "kms:DescribeKey", "Resource": "*"}))["KeyMetadata"]["Arn"]
told = answers(shared)
equal({name: told[elsewhere][name] for name in ("kms:Encapsulate", "kms:Decapsulate", "kms:DescribeKey")},
      {"kms:Encapsulate": "no", "kms:Decapsulate": "yes", "kms:DescribeKey": "yes"})
equal({name: told["anybody else (*)"][name] for name in ("kms:Decapsulate", "kms:DescribeKey")},
      {"kms:Decapsulate": "no", "kms:DescribeKey": "yes"})
assert elsewhere not in answers(other["Arn"]) and "anybody else (*)" not in answers(other["Arn"])
root.schedule_key_deletion(KeyId=shared)
advance(days=31)

before = len(root.list_keys()["Keys"])
equal(before, 2)
print(path)
