#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the model to the code, both ways. A line of the model

    /*@ FILE FUNCTION: OPERATION */

names code that the steps near it stand for. Each must be there: that text, in that function of that file. And
each atomic operation, fence and copy of the ring and of waking must be named: a new one makes this test fail until the
model has it. docs/model.md must show every mutation.
"""
import argparse
import configparser
import pathlib
import re
import sys

MODEL = pathlib.Path(__file__).resolve().parent
# Every operation on shared memory in these is in the model.
WHOLE = ("ring_writer.hpp", "ring_reader.hpp", "wake.hpp", "backpressure.hpp", "record_ring.hpp")
RING = "libshm/include/shm/ring"

OPERATION = re.compile(
    r"""(?:[\w.]|->|\[[^][]*\])+(?:\.|->)(?:load|store|exchange|fetch_\w+|compare_exchange_\w+|wait|notify_\w+)
        \((?:[^()]|\([^()]*\))*memory_order_\w+\)            # an atomic operation
      | \b(?:release|acquire|full|compiler)_fence\(\)
      | \b(?:store_items|load_items|store_unit|load_unit)\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)
      | \batomic_(?:thread|signal)_fence\([^)]*\)""",
    re.VERBOSE)
# A definition, in the tree's format: NAME(parameters) qualifiers {
FUNCTION = re.compile(r"(\w+)\((?:[^(){};]|\([^(){};]*\))*\)\s*(?:const\s*)?(?:noexcept\s*)?(?::\s[^{;]*(?:\{\}|\{)|\{)")
NOT_FUNCTIONS = {"if", "while", "for", "switch", "catch", "return"}


def one_line(text):
    return re.sub(r"\s+", " ", text).strip()


def functions(path):
    """Name and text of each function, from its head to the next one's."""
    code = re.sub(r"//.*", "", path.read_text())
    heads = [m for m in FUNCTION.finditer(code) if m[1] not in NOT_FUNCTIONS]
    ends = [m.start() for m in heads[1:]] + [len(code)]
    return [(m[1], one_line(code[m.start():end])) for m, end in zip(heads, ends)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=pathlib.Path, default=MODEL.parents[2])
    source = parser.parse_args().source
    wrong = []

    named = set()
    for model in sorted(MODEL.glob("*.pml")):
        for file, function, operation in re.findall(r"/\*@ (\S+) (\w+): (.*?) \*/", model.read_text()):
            named.add((file, function, operation))
            path = next((source / "libshm").rglob(file), None)
            if path is None:
                wrong.append(f"{model.name} names {file}, which is not there")
            elif not any(name == function and operation in text for name, text in functions(path)):
                wrong.append(f"{model.name} names '{operation}' in {function} of {file}: not there")

    count = 0
    for file in WHOLE:
        for function, text in functions(source / RING / file):
            for operation in OPERATION.findall(text):
                count += 1
                if (file, function, operation) not in named:
                    wrong.append(f"{file}, {function}: '{operation}' is not in the model")
    if count < 20:
        wrong.append(f"only {count} operations found in {', '.join(WHOLE)}: this test cannot read them any more")

    mutations = configparser.ConfigParser(interpolation=None)
    mutations.read(MODEL / "mutations.ini")
    page = (source / "docs/model.md").read_text()
    for name, mutation in mutations.items():
        if name == "DEFAULT":
            continue
        row = f"| `{name}` | {mutation['taken_away']} | {mutation['leads_to']} | {mutation['found_on']} |"
        if row not in page:
            wrong.append(f"docs/model.md does not have the row\n{row}")
    used = set(re.findall(r"\bwithout_(\w+)", "".join(p.read_text() for p in MODEL.glob("*.pml"))))
    for name in used ^ set(mutations.sections()):
        wrong.append(f"mutation {name}: in one of the model and mutations.ini only")

    print(f"{len(named)} places of the code are named, among them all {count} operations of {', '.join(WHOLE)}"
          if not wrong else "\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
