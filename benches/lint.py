"""Times `wardbook lint`: python3 benches/lint.py target/release/wardbook

Everything that is linted comes from this repository or is made here. Each row is the middle one of three runs:
processor seconds, user and system, from process start, and seconds of wall time.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent.parent
DOCUMENTED = HERE / "policy/testdata/lint/documented"
ARTICLE = HERE / "testdata/lint/article"
ROOT = {"AWS": "arn:aws:iam::111122223333:root"}
SERVICES = ["s3:GetObject", "dynamodb:Query", "sqs:SendMessage", "sns:Publish", "logs:PutLogEvents", "ec2:Describe*",
            "lambda:InvokeFunction", "secretsmanager:GetSecretValue", "ssm:GetParameter", "states:StartExecution"]


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2)


def allow(actions, resource="*", **others):
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **others}


def one(folder):
    (folder / "key.json").write_text((DOCUMENTED / "overview-example.json").read_text())


def templates(folder):
    sources = [path for path in sorted(ARTICLE.iterdir()) if path.suffix in (".yaml", ".yml", ".json")]
    for number in range(90):
        source = sources[number % len(sources)]
        (folder / f"{number}{source.suffix}").write_text(source.read_text())


def policies(folder):
    """800 key policies and 800 identity policies, some of many statements."""
    known = sorted(DOCUMENTED.glob("*.json"))
    for number in range(800):
        (folder / f"key{number}.json").write_text(known[number % len(known)].read_text())
        arn = f"arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-{number:012}"
        use = allow(["kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"], arn)
        use["Condition"] = {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}
        others = [allow(SERVICES[index % 10], f"arn:aws:{SERVICES[index % 10].split(':')[0]}:*:*:r{index}")
                  for index in range(number % 24)]
        (folder / f"identity{number}.json").write_text(policy(use, *others))


def statements(folder):
    root = allow("kms:*", Principal=ROOT)
    many = [allow(["kms:Decrypt", "kms:encrypt"], Sid=f"s{number}",
                  Principal={"AWS": f"arn:aws:iam::111122223333:role/r{number}"},
                  Condition={"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}})
            for number in range(10_000)]
    (folder / "key.json").write_text(policy(root, *many))


def large(folder):
    """A template of 10 MB with 21,000 keys."""
    account = "arn:aws:iam::${AWS::AccountId}:"
    resources = []
    for number in range(21_000):
        resources.append(f"""  Key{number}:
    Type: AWS::KMS::Key
    Properties:
      EnableKeyRotation: true
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - Sid: Enable IAM User Permissions
            Effect: Allow
            Principal: {{AWS: !Sub "{account}root"}}
            Action: kms:*
            Resource: "*"
          - Sid: Use
            Effect: Allow
            Principal: {{AWS: !Sub "{account}role/app{number}"}}
            Action: kms:Decrypt
            Resource: "*"
""")
    (folder / "t.yaml").write_text("Resources:\n" + "".join(resources))


def run(binary, folder, form):
    begin = time.monotonic()
    child = subprocess.Popen([binary, "lint", "--format", form, "."], cwd=folder, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)
    lines = sum(1 for _ in child.stdout)
    _, _, used = os.wait4(child.pid, 0)
    return used.ru_utime + used.ru_stime, time.monotonic() - begin, lines, used.ru_maxrss // 1024


ROWS = [
    ("one policy, start to end", one, "concise"),
    ("90 templates", templates, "concise"),
    ("1,600 policies", policies, "concise"),
    ("a key policy of 10,000 statements", statements, "concise"),
    ("a template of 10 MB with 21,000 keys", large, "concise"),
    ("the same, with carets", large, "text"),
]


def main():
    binary = str(pathlib.Path(sys.argv[1]).resolve())
    print("| What | CPU s | wall s | lines told | peak MB |\n|---|---:|---:|---:|---:|")
    for name, make, form in ROWS:
        with tempfile.TemporaryDirectory() as folder:
            make(pathlib.Path(folder))
            cpu, wall, lines, peak = sorted(run(binary, folder, form) for _ in range(3))[1]
        print(f"| {name} | {cpu:.3f} | {wall:.3f} | {lines} | {peak} |", flush=True)


if __name__ == "__main__":
    main()
