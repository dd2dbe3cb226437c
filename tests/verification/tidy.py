#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs clang-tidy (.clang-tidy) on the sources; each finding is an error.

usage: tidy.py [--all] [--jobs N] [FOLDER_OR_FILE ...]      without names: libshm, common, producers, consumers, bench

A file is not looked at again while nothing changed: neither itself nor one of the repository's headers that it
includes, directly or through others, nor .clang-tidy (build/tidy/passed). --all looks at every file.
"""
import argparse
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/tidy"
FOLDERS = ["libshm", "common", "producers", "consumers", "bench"]
INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]', re.MULTILINE)


def configure():
    """A build that only lists its commands: without precompiled headers, each file alone."""
    if (BUILD / "compile_commands.json").exists():
        subprocess.run(["cmake", BUILD], check=True, stdout=subprocess.DEVNULL)
        return
    subprocess.run(
        ["cmake", "-S", ROOT, "-B", BUILD, "-G", "Ninja", "-DCMAKE_CXX_COMPILER=clang++", "-DCMAKE_C_COMPILER=clang",
         "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_UNITY_BUILD=OFF", "-DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON",
         "-DSHM_BUILD_BENCH=ON", "-DSHM_BENCH_PEERS=OFF"], check=True, stdout=subprocess.DEVNULL)


@functools.cache
def text_of(path):
    return path.read_text(errors="replace")


@functools.cache
def includes_of(path):
    """The repository's own headers that a file includes."""
    bases = [path.parent, ROOT / "libshm/include", ROOT / "libshm/src", ROOT, ROOT / "bench", ROOT / "tests",
             ROOT / "consumers", ROOT / "producers"]
    found = []
    for name in INCLUDE.findall(text_of(path)):
        found += [base / name for base in bases if (base / name).is_file()][:1]
    return found


def hash_of(path, command):
    seen, todo = set(), [path]
    while todo:
        file = todo.pop().resolve()
        if file not in seen:
            seen.add(file)
            todo += includes_of(file)
    content = [shlex.join(command), text_of(ROOT / ".clang-tidy")] + [text_of(file) for file in sorted(seen)]
    return hashlib.sha256("\0".join(content).encode()).hexdigest()


def check(path, digest):
    begin = time.monotonic()
    done = subprocess.run(["clang-tidy", "--quiet", "-p", BUILD, path], capture_output=True, text=True)
    if done.returncode == 0:
        stamp_of(path).write_text(digest)
    # What it says of findings that it left out is not a finding.
    output = done.stdout + "".join(line for line in done.stderr.splitlines(True) if "error:" in line)
    return path, done.returncode == 0, output, time.monotonic() - begin


def stamp_of(path):
    return BUILD / "passed" / str(path.relative_to(ROOT)).replace("/", "+")


def main():
    options = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    options.add_argument("--all", action="store_true")
    options.add_argument("--jobs", type=int, default=os.cpu_count())
    options.add_argument("what", nargs="*", default=FOLDERS)
    chosen = options.parse_args()
    configure()
    (BUILD / "passed").mkdir(exist_ok=True)

    wanted = [(ROOT / name).resolve() for name in chosen.what]
    todo, unchanged = {}, 0
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["file"])
        if BUILD in path.parents or not any(path == w or w in path.parents for w in wanted):
            continue
        digest = hash_of(path, shlex.split(entry["command"]))
        stamp = stamp_of(path)
        if not chosen.all and stamp.exists() and stamp.read_text() == digest:
            unchanged += 1
        else:
            todo[path] = digest

    # Findings in a header stand once, though every file that includes it has them.
    printed, failed = set(), 0
    with concurrent.futures.ThreadPoolExecutor(chosen.jobs) as pool:
        for path, passed, output, _ in pool.map(lambda item: check(*item), todo.items()):
            failed += not passed
            for finding in re.split(r"(?m)^(?=/\S+:\d+:\d+: (?:error|warning):)", output):
                if finding.strip() and finding not in printed:
                    printed.add(finding)
                    print(finding.replace(f"{ROOT}/", ""), end="", flush=True)
    print(f"tidy: {len(todo)} files looked at, {unchanged} unchanged since they passed, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
