#!/usr/bin/env python3
"""Asks z3 what `boxes` answered: reads questions as JSON lines, prints a line for each disagreement.

A question is {"statements": [...], "answer": "always" | "only-if" | "never"} for one principal and one action;
each key is free. Strings with patterns are z3 regular expressions, numbers and dates are reals, addresses
are integers, lists have a few places; absence is a truth value of its own.
The last line counts what was asked, what z3 left open, and what disagreed.
"""

import ipaddress
import json
import sys

import z3

ANY = z3.Full(z3.ReSort(z3.StringSort()))
ONE = z3.AllChar(z3.ReSort(z3.StringSort()))


def regex(pattern):
    parts = [ANY if c == "*" else ONE if c == "?" else z3.Re(z3.StringVal(c)) for c in pattern]
    if not parts:
        return z3.Re(z3.StringVal(""))
    return parts[0] if len(parts) == 1 else z3.Concat(*parts)


# A list of a request has so many values at most here: one for each row that may ask for one.
SLOTS = 6


class Keys:
    """What a request has under a key: whether it is there, and its value as the family of operators reads it."""

    def __init__(self):
        self.known = {}
        self.domain = []

    def has(self, name):
        name = name.lower()
        if name == LIST:
            return z3.Or([there for there, _ in self.slots(name)])
        return self.known.setdefault(("has", name), z3.Bool("has " + name))

    def text(self, name):
        return self.known.setdefault(("text", name.lower()), z3.String(name.lower()))

    def number(self, name):
        """Whether it is a number, and which."""
        key = ("number", name.lower())
        if key not in self.known:
            self.known[key] = (z3.Bool("number " + name.lower()), z3.Real(name.lower()))
        return self.known[key]

    def address(self, name):
        """Whether it is an address of version 4, and which; the others are of version 6."""
        key = ("address", name.lower())
        if key not in self.known:
            value = z3.Int(name.lower())
            self.domain.append(z3.And(value >= 0, value < 2**32))
            self.known[key] = (z3.Bool("v4 " + name.lower()), value)
        return self.known[key]

    def truth(self, name):
        """No request has another value than true and false under such a key."""
        key = ("truth", name.lower())
        if key not in self.known:
            self.known[key] = z3.Bool(name.lower())
        return self.known[key]

    def slots(self, name):
        key = ("slots", name.lower())
        if key not in self.known:
            slots = [(z3.Bool(f"there {slot}"), z3.String(f"slot {slot}")) for slot in range(SLOTS)]
            self.domain.extend(z3.Implies(there, text != z3.StringVal("")) for there, text in slots)
            self.known[key] = slots
        return self.known[key]


LIST = "aws:tagkeys"
ORDERS = {
    "Equals": lambda a, b: a == b,
    "LessThan": lambda a, b: a < b,
    "LessThanEquals": lambda a, b: a <= b,
    "GreaterThan": lambda a, b: a > b,
    "GreaterThanEquals": lambda a, b: a >= b,
}


def matches(value, base, values):
    """Whether a text is one of the values, as the operator that is not negated has it."""
    if "Like" in base:
        return z3.Or([z3.InRe(value, regex(pattern)) for pattern in values])
    return z3.Or([value == z3.StringVal(text) for text in values])


def plain(keys, base, name, values):
    """Whether the operator that is not negated holds of a value that is there."""
    if base.startswith("String"):
        return matches(keys.text(name), base, values)
    if base.startswith(("Numeric", "Date")):
        family = "Numeric" if base.startswith("Numeric") else "Date"
        order = ORDERS[base.removeprefix(family)]
        is_number, value = keys.number(name)
        # Dates are told apart by their years.
        read = (lambda text: text) if family == "Numeric" else (lambda text: text[:4])
        return z3.And(is_number, z3.Or([order(value, z3.RealVal(read(text))) for text in values]))
    if base == "IpAddress":
        is_v4, value = keys.address(name)
        ranges = []
        for text in values:
            network = ipaddress.ip_network(text)
            first, last = int(network.network_address), int(network.broadcast_address)
            ranges.append(z3.And(value >= first, value <= last))
        return z3.And(is_v4, z3.Or(ranges))
    if base == "Bool":
        return z3.Or([keys.truth(name) == z3.BoolVal(text == "true") for text in values])
    raise ValueError(base)


def row(keys, operator, name, values):
    if operator == "Null":
        return z3.Or([z3.Not(keys.has(name)) if told == "true" else keys.has(name) for told in values])
    if ":" in operator:
        quantifier, base = operator.split(":")
        negated = "Not" in base
        holds = [(there, matches(text, base, values)) for there, text in keys.slots(name)]
        holds = [(there, z3.Not(held) if negated else held) for there, held in holds]
        if quantifier == "ForAllValues":
            return z3.And([z3.Implies(there, held) for there, held in holds])
        return z3.Or([z3.And(there, held) for there, held in holds])
    has = keys.has(name)
    if_exists = operator.endswith("IfExists")
    base = operator.removesuffix("IfExists")
    negated = "Not" in base
    holds = plain(keys, base.replace("Not", ""), name, values)
    if negated:
        return z3.Or(z3.Not(has), z3.Not(holds))
    return z3.Or(z3.Not(has), holds) if if_exists else z3.And(has, holds)


def allowed(keys, statements):
    sides = {"Allow": [], "Deny": []}
    for statement in statements:
        rows = [
            row(keys, operator, name, values)
            for operator, block in statement.get("Condition", {}).items()
            for name, values in block.items()
        ]
        sides[statement["Effect"]].append(z3.And(rows) if rows else z3.BoolVal(True))
    return z3.And(z3.Or(sides["Allow"]), z3.Not(z3.Or(sides["Deny"])))


def satisfiable(keys, formula):
    solver = z3.Solver()
    solver.set("timeout", 5000)
    solver.add(formula, *keys.domain)
    answer = solver.check()
    return True if answer == z3.sat else False if answer == z3.unsat else None


def main():
    asked = left_open = wrong = 0
    for line in sys.stdin:
        question = json.loads(line)
        asked += 1
        keys = Keys()
        formula = allowed(keys, question["statements"])
        some, not_all = satisfiable(keys, formula), satisfiable(keys, z3.Not(formula))
        if some is None or not_all is None:
            left_open += 1
            continue
        answer = "never" if not some else "only-if" if not_all else "always"
        if answer != question["answer"]:
            wrong += 1
            print("z3: " + answer + ": " + line.strip())
    print(json.dumps({"asked": asked, "open": left_open, "wrong": wrong}))


main()
