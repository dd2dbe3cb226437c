#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a deterministic check, unless it succeeded before with the same inputs.

usage: unchanged.py STAMP INPUT [INPUT ...] -- COMMAND [ARGUMENT ...]

An input is a file, or a folder with all that lies in it; the command itself counts too. STAMP keeps their hash; remove
it, and the check runs again.
"""
import hashlib
import os
import pathlib
import subprocess
import sys


def digest(inputs, command):
    found = hashlib.sha256(repr((command, os.environ.get("GTEST_FILTER"))).encode())
    for given in map(pathlib.Path, inputs):
        for path in sorted(given.rglob("*")) if given.is_dir() else [given]:
            if path.is_file() and path.suffix != ".pyc":
                found.update(f"{path.name} {path.stat().st_size}\n".encode() + path.read_bytes())
    return found.hexdigest()


def main():
    arguments = sys.argv[1:]
    if "--" not in arguments or arguments.index("--") < 2:
        sys.exit(__doc__)
    middle = arguments.index("--")
    stamp, inputs, command = pathlib.Path(arguments[0]), arguments[1:middle], arguments[middle + 1:]
    now = digest(inputs, command)
    if stamp.is_file() and stamp.read_text() == now:
        print(f"not repeated, since nothing changed: {' '.join(command)}\n(its last success: {stamp})")
        return 0
    status = subprocess.run(command).returncode
    if status == 0:
        try:
            stamp.write_text(now)
        except OSError as error:
            print(f"the next run will repeat it: {error}")
    return status


if __name__ == "__main__":
    sys.exit(main())
