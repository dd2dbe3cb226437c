#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds every #include of libshm to its layers, and the programs to the public headers.

usage: layers.py ROOT        prints each include that breaks a rule; without one, how many were looked at

A folder, the same name in include/shm/ and src/, includes itself and folders of a lower number. Public headers include
no private ones. No two files include each other, by whatever way. Programs include public headers only.
"""
import pathlib
import re
import sys

LAYERS = {
    "base": 0,
    "os": 1, "layout": 1,
    "ring": 2, "time": 2,
    "format": 3,
    "storage": 4,
    "stream": 5, "audio": 5,
    "wait": 6, "source": 6, "query": 6,
    "operators": 7,
    "agent": 8, "archive": 8,
}
PROGRAMS = ("common", "producers", "consumers", "examples")
# Includes that break a rule today, as "file -> file". An entry that no longer applies is a failure too.
ALLOWED = set()

INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]', re.MULTILINE)


def sources(folder):
    return sorted(path for path in folder.rglob("*") if path.suffix in (".hpp", ".cpp"))


def includes(root, path):
    """The files of libshm that a file includes, named from the root."""
    public, private = root / "libshm/include", root / "libshm/src"
    for name in INCLUDE.findall(path.read_text()):
        if (path.parent / name).is_file() or (root / name).is_file():
            candidates = [path.parent / name, root / name]
        else:
            candidates = [public / name, private / name]
        for found in candidates:
            if found.is_file() and found.resolve().is_relative_to((root / "libshm").resolve()):
                yield found.resolve().relative_to(root)
                break


def is_public(path):
    return path.parts[1] == "include"


def layer(path):
    """The folder of a file of libshm; None for shm/shm.hpp, which includes all and which no other file includes."""
    folder = path.parts[3] if is_public(path) else path.parts[2]
    if folder == "version.hpp":
        return "base"
    return None if folder == "shm.hpp" else folder


def broken_rule(source, target):
    if source.parts[0] != "libshm":
        return None if is_public(target) else "a program includes a private header"
    if is_public(source) and not is_public(target):
        return "a public header includes a private one"
    here, there = layer(source), layer(target)
    if here is None or here == there:
        return None
    if there is None:
        return "shm.hpp is for users"
    if here not in LAYERS or there not in LAYERS:
        return f"'{here if here not in LAYERS else there}' is no layer: name it in {pathlib.Path(__file__).name}"
    if LAYERS[there] >= LAYERS[here]:
        return f"{here} ({LAYERS[here]}) may not include {there} ({LAYERS[there]})"
    return None


def cycles(graph):
    """One path for each way back to a file that is still being visited."""
    done, found = set(), []

    def visit(path, trail):
        if path in trail:
            found.append(trail[trail.index(path):] + [path])
        elif path not in done:
            for target in graph.get(path, ()):
                visit(target, trail + [path])
            done.add(path)

    for path in graph:
        visit(path, [])
    return found


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    files = sources(root / "libshm") + [path for program in PROGRAMS for path in sources(root / program)]
    graph = {path.relative_to(root): list(includes(root, path)) for path in files}
    broken = {f"{source} -> {target}": rule for source, targets in graph.items() for target in targets
              if (rule := broken_rule(source, target))}
    failures = [f"{include}: {rule}" for include, rule in broken.items() if include not in ALLOWED]
    failures += [f"{include}: no longer there, and still in ALLOWED" for include in sorted(ALLOWED - broken.keys())]
    failures += ["a cycle: " + " -> ".join(map(str, cycle)) for cycle in cycles(graph)]
    print("\n".join(failures) or f"{sum(map(len, graph.values()))} includes of {len(graph)} files, every one points down")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
