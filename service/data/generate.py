#!/usr/bin/env python3
"""Makes src/api/generated.rs from the public model of AWS KMS that botocore carries.

    python3 service/data/generate.py            # needs botocore (PyPI) and rustfmt
    python3 service/data/generate.py --check    # fails if the file would change

The model is Apache-2.0. Only names, types and constraints are taken from it, no prose.
"""

import gzip
import json
import os
import re
import subprocess
import sys

import botocore

HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = os.path.join(HERE, "..", "src", "api", "generated.rs")
# Values whose order in messages was recorded from AWS; others follow in the order of the model.
RECORDED = {
    "MacAlgorithmSpec": "HMAC_SHA_384 HMAC_SHA_256 HMAC_SHA_224 HMAC_SHA_512",
    "KeySpec": "RSA_2048 ECC_NIST_P384 ECC_NIST_P256 ECC_NIST_P521 HMAC_384 RSA_3072 ECC_SECG_P256K1 RSA_4096 "
    "SYMMETRIC_DEFAULT HMAC_256 HMAC_224 HMAC_512",
    "KeyUsageType": "ENCRYPT_DECRYPT SIGN_VERIFY GENERATE_VERIFY_MAC",
}


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def camel(value):
    if not re.search(r"[_\-]|^[A-Z0-9]+$", value):
        return value
    name = "".join(part[:1].upper() + part[1:].lower() for part in re.split(r"[_\-]", value))
    return "Own" if name == "Self" else name


def literal(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Model:
    def __init__(self):
        folder = os.path.join(os.path.dirname(botocore.__file__), "data", "kms", "2014-11-01")
        with gzip.open(os.path.join(folder, "service-2.json.gz")) as file:
            model = json.load(file)
        self.shapes, self.operations = model["shapes"], model["operations"]

    def below(self, roots):
        """Every shape that these use, themselves included."""
        seen, waiting = set(), list(roots)
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            shape = self.shapes[name]
            waiting += [member["shape"] for member in shape.get("members", {}).values()]
            waiting += [shape[part]["shape"] for part in ("member", "key", "value") if part in shape]
        return seen

    def rust(self, name):
        shape = self.shapes[name]
        kind = shape["type"]
        if kind == "string":
            if "enum" in shape:
                return name
            return "SecretText" if shape.get("sensitive") else "String"
        if kind == "blob":
            return "Secret" if shape.get("sensitive") else "Blob"
        if kind == "list":
            return f"Vec<{self.rust(shape['member']['shape'])}>"
        if kind == "map":
            return f"BTreeMap<{self.rust(shape['key']['shape'])}, {self.rust(shape['value']['shape'])}>"
        return {"integer": "i64", "boolean": "bool", "timestamp": "Timestamp", "structure": name}[kind]

    def kind(self, name):
        shape = self.shapes[name]
        kind, static = shape["type"], lambda part: "&" + snake(shape[part]["shape"]).upper()
        if kind == "string":
            if "enum" in shape:
                return f"Kind::Enum({name}::MESSAGE)"
            return "Kind::SecretText" if shape.get("sensitive") else "Kind::Text"
        if kind == "blob":
            return "Kind::SecretBlob" if shape.get("sensitive") else "Kind::Blob"
        if kind == "list":
            return f"Kind::List({static('member')})"
        if kind == "map":
            return f"Kind::Map({static('key')}, {static('value')})"
        if kind == "structure":
            required = set(shape.get("required", []))
            members = ", ".join(
                f"Member {{ name: {literal(member)}, shape: &{snake(of['shape']).upper()}, "
                f"required: {str(member in required).lower()} }}"
                for member, of in shape["members"].items())
            return f"Kind::Structure(&[{members}])"
        return {"integer": "Kind::Integer", "boolean": "Kind::Boolean", "timestamp": "Kind::Time"}[kind]


def generate():
    model = Model()
    inputs = {name: op["input"]["shape"] for name, op in model.operations.items()}
    outputs = {name: op["output"]["shape"] for name, op in model.operations.items() if "output" in op}
    asked, answered = model.below(inputs.values()), model.below(outputs.values())
    out = [
        "//! Every operation of AWS KMS with its request and response, made by `service/data/generate.py` from the public",
        "//! model; not to be edited.",
        "",
        "use std::collections::BTreeMap;",
        "",
        "use wardbook_audit::time::Timestamp;",
        "use wardbook_backend::secret::Secret;",
        "",
        "use super::shape::{Kind, Member, Shape};",
        "use crate::wire::decode::{Blob, Decode, SecretText, may, need};",
        "use crate::wire::encode::{Encode, Object};",
        "use serde_json::Value;",
        "",
        "/// An operation of the API.",
        "#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]",
        "pub enum Operation {",
    ]
    names = sorted(model.operations)
    out += [f"/// `{name}`\n{name}," for name in names]
    out += ["}", "", "impl Operation {", "/// All operations, sorted by name.",
            f"pub const ALL: [Self; {len(names)}] = [" + ", ".join(f"Self::{name}" for name in names) + "];", "",
            "/// The name in the API.", "pub fn name(self) -> &'static str {", "match self {"]
    out += [f"Self::{name} => {literal(name)}," for name in names]
    out += ["}", "}", "", "/// What its requests may hold.", "pub fn shape(self) -> &'static Shape {", "match self {"]
    out += [f"Self::{name} => &{snake(inputs[name]).upper()}," for name in names]
    out += ["}", "}", "}", ""]
    for name in sorted(asked | answered):
        shape = model.shapes[name]
        if "enum" in shape:
            values = shape["enum"]
            recorded = RECORDED.get(name, "").split()
            assert all(value in values for value in recorded), name
            message = recorded + [value for value in values if value not in recorded]
            out += [f"/// `{name}`", "#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]",
                    f"pub enum {name} {{"]
            out += [f"/// `{value}`\n{camel(value)}," for value in values]
            out += ["}", "", f"impl {name} {{", "/// Each value with its name.",
                    f"pub const ALL: &'static [(Self, &'static str)] = &["
                    + ", ".join(f"(Self::{camel(value)}, {literal(value)})" for value in values) + "];"]
            if name in asked:
                out += ["const MESSAGE: &'static [&'static str] = &["
                        + ", ".join(literal(value) for value in message) + "];"]
            out += ["", "/// The name in the API.", "pub fn name(self) -> &'static str {", "match self {"]
            out += [f"Self::{camel(value)} => {literal(value)}," for value in values]
            out += ["}", "}", "}", "", f"impl Decode for {name} {{", "fn decode(value: &Value) -> Option<Self> {",
                    "let name = value.as_str()?;",
                    "Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)", "}", "}", "",
                    f"impl Encode for {name} {{", "fn encode(&self, out: &mut String) {",
                    "self.name().encode(out);", "}", "}", ""]
    for name in sorted(asked):
        shape = model.shapes[name]
        pattern = shape.get("pattern")
        bound = lambda part: f"Some({shape[part]})" if part in shape else "None"
        if shape["type"] == "structure" and name in inputs.values():
            visible = "pub "
        else:
            visible = ""
        out += ["", f"{'/// The shape of `' + name + '`.' if visible else ''}",
                f"{visible}static {snake(name).upper()}: Shape = Shape {{ kind: {model.kind(name)}, "
                f"min: {bound('min')}, max: {bound('max')}, "
                f"pattern: {'Some(' + literal(pattern) + ')' if pattern else 'None'} }};"]
    for name in sorted(asked | answered):
        shape = model.shapes[name]
        if shape["type"] != "structure":
            continue
        required = set(shape.get("required", [])) if name in asked else set()
        derive = "Debug" if name in asked else "Debug, Default"
        out += ["", f"/// `{name}`", f"#[derive({derive})]", f"pub struct {name} {{"]
        for member, of in shape["members"].items():
            kind = model.rust(of["shape"])
            out.append(f"/// `{member}`\npub {snake(member)}: {kind if member in required else f'Option<{kind}>'},")
        out += ["}", ""]
        if name in asked:
            empty = not shape["members"]
            out += [f"impl Decode for {name} {{",
                    f"fn decode({'_' if empty else ''}value: &Value) -> Option<Self> {{", "Some(Self {"]
            for member in shape["members"]:
                call = "need" if member in required else "may"
                out.append(f"{snake(member)}: {call}(value, {literal(member)})?,")
            out += ["})", "}", "}", ""]
        if name in answered:
            out += [f"impl Encode for {name} {{", "fn encode(&self, out: &mut String) {",
                    f"let {'mut ' if shape['members'] else ''}object = Object::open(out);"]
            for member in shape["members"]:
                call = "always" if member in required else "some"
                out.append(f"object.{call}({literal(member)}, {'&' if call == 'always' else ''}self.{snake(member)}"
                           f"{'' if call == 'always' else '.as_ref()'});")
            out += ["object.close();", "}", "}", ""]
    text = "\n".join(out)
    config = os.path.join(HERE, "..", "..")
    made = subprocess.run(["rustfmt", "--edition", "2024", "--emit", "stdout", "--quiet", "--config-path", config],
                          input=text, capture_output=True, text=True, check=True)
    return made.stdout


def main():
    text = generate()
    if "--check" in sys.argv:
        with open(TARGET, encoding="utf-8") as file:
            sys.exit(0 if file.read() == text else "generated.rs is not what the model gives: run generate.py")
    os.makedirs(os.path.dirname(TARGET), exist_ok=True)
    with open(TARGET, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
