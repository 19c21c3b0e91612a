#!/usr/bin/env python3
"""Asks z3 what `boxes` answered: reads questions as JSON lines, prints a line for each disagreement.

A question is {"statements": [...], "answer": "always" | "only-if" | "never"} for one principal and one action;
each key is free. Strings with patterns are z3 regular expressions, absence is a truth value of its own.
The last line counts what was asked, what z3 left open, and what disagreed.
"""

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


class Keys:
    def __init__(self):
        self.known = {}

    def key(self, name):
        name = name.lower()
        if name not in self.known:
            self.known[name] = (z3.Bool("has " + name), z3.String(name))
        return self.known[name]


def row(keys, operator, name, values):
    has, value = keys.key(name)
    if operator == "Null":
        return z3.Or([z3.Not(has) if told == "true" else has for told in values])
    if_exists = operator.endswith("IfExists")
    base = operator.removesuffix("IfExists")
    negated = "Not" in base
    if "Like" in base:
        holds = z3.Or([z3.InRe(value, regex(pattern)) for pattern in values])
    else:
        holds = z3.Or([value == z3.StringVal(text) for text in values])
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


def satisfiable(formula):
    solver = z3.Solver()
    solver.set("timeout", 5000)
    solver.add(formula)
    answer = solver.check()
    return True if answer == z3.sat else False if answer == z3.unsat else None


def main():
    asked = left_open = wrong = 0
    for line in sys.stdin:
        question = json.loads(line)
        asked += 1
        formula = allowed(Keys(), question["statements"])
        some, not_all = satisfiable(formula), satisfiable(z3.Not(formula))
        if some is None or not_all is None:
            left_open += 1
            continue
        answer = "never" if not some else "only-if" if not_all else "always"
        if answer != question["answer"]:
            wrong += 1
            print("z3: " + answer + ": " + line.strip())
    print(json.dumps({"asked": asked, "open": left_open, "wrong": wrong}))


main()
