#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How much a program compiles for the headers of the library that every program includes.

usage: include_cost.py [ROOT] [--compiler g++] [--time]

Counts the lines that are left of `#include <HEADER>` after preprocessing, and fails where they are more than the
bound. Lines do not depend on the machine, but on the version of the standard library: the bounds are for that of
Debian 12 (g++ 12), and other versions are reported only. --time also measures the compiler's processor seconds to check
and to compile such a file. Before the bounds were set the typed reader was 76 329 lines, the typed writer 66 115
(docs/performance.md).
"""
import argparse
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

BOUNDS = {  # lines; half of what they were
    "shm/stream/reader.hpp": 38_164,
    "shm/stream/writer.hpp": 33_057,
}
BOUNDS_ARE_FOR = "12."


def seconds(command):
    """Processor time of the compiler, which other programs on the machine hardly change: the median of seven."""
    times = []
    for _ in range(7):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run(command, check=True)
        times.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("root", type=pathlib.Path, nargs="?", default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--time", action="store_true")
    arguments = parser.parse_args()
    base = [arguments.compiler, "-std=c++20", f"-I{arguments.root / 'libshm/include'}"]
    version = subprocess.run([arguments.compiler, "-dumpfullversion"], capture_output=True, text=True).stdout.strip()
    has_bounds = version.startswith(BOUNDS_ARE_FOR)
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "only_the_header.cpp"
        for header, bound in BOUNDS.items():
            source.write_text(f"#include <{header}>\nint main() {{}}\n")
            text = subprocess.run([*base, "-E", "-P", source], check=True, capture_output=True).stdout
            lines = text.count(b"\n")
            failed = failed or (has_bounds and lines > bound)
            report = f"{header}: {lines} lines, {len(text)} bytes; at most {bound} lines"
            if arguments.time:
                check = seconds([*base, "-O2", "-fsyntax-only", source])
                compile_ = seconds([*base, "-O2", "-c", "-o", pathlib.Path(folder) / "only.o", source])
                report += f"; {check:.2f} s to check, {compile_:.2f} s to compile"
            print(report + (": too many" if has_bounds and lines > bound else ""))
    if not has_bounds:
        print(f"the bounds are for g++ {BOUNDS_ARE_FOR}x; this is {version}: reported only")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
