#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the documents to the tree, and the tree to its vocabulary (docs/glossary.md).

    tests/verification/docs.py               everything; prints FILE:LINE: problem, exit code 1 if there is any
    tests/verification/docs.py links words   some of: links, commands, paths, names, layers, words

links      every relative link of a document leads to a file that exists, every #anchor to a heading; README.md has
           a link to each page of docs/
commands   every ./run command that a document names exists, with the part of verify, the label and the pattern behind it
paths      every path in backticks (documents) or in a comment (code) that looks like one of the repository exists
names      every `Class::member` in backticks is in the code
layers     the table of layers in docs/architecture.md names the folders that there are; each has its README.md
words      no word stands in code or documents that the glossary replaced by another
"""
import fnmatch
import functools
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def repository_files():
    """Of all files, those that belong to the repository."""
    git = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                         capture_output=True, text=True)
    if git.returncode == 0:
        names = git.stdout.splitlines()
    else:  # an unpacked archive
        names = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file()]
    return sorted(n for n in names if not n.startswith("build/") and (ROOT / n).is_file())


FILES = repository_files()
FOLDERS = sorted({str(folder) for name in FILES for folder in Path(name).parents if str(folder) != "."})
DOCUMENTS = [name for name in FILES if name.endswith(".md")]
CODE = [name for name in FILES if name.endswith((".hpp", ".cpp", ".py", ".sh", ".cmake", ".ini", ".pml", ".txt", ".idl"))
        or name in ("run", ".ci/run")]
CODE = [name for name in CODE if "/corpus/" not in name]
ITSELF = "tests/verification/docs.py"


def lines_of(name):
    return enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), 1)


def outside_of_code_blocks(name):
    inside = False
    for number, line in lines_of(name):
        if line.lstrip().startswith("```"):
            inside = not inside
        elif not inside:
            yield number, line


# --- links ---

def anchor_of(heading):
    """What GitHub makes of a heading."""
    text = re.sub(r"[`*]|\[([^]]*)\]\([^)]*\)", lambda m: m.group(1) or "", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def anchors_of(name):
    anchors = set()
    for _, line in outside_of_code_blocks(name):
        heading = re.match(r"#+ +(.*)", line)
        if not heading:
            continue
        anchor, again = anchor_of(heading.group(1)), 0
        while f"{anchor}-{again}" in anchors if again else anchor in anchors:
            again += 1
        anchors.add(f"{anchor}-{again}" if again else anchor)
    return anchors


def check_links():
    readme = (ROOT / "README.md").read_text()
    for name in DOCUMENTS:
        if name.startswith("docs/") and f"({name})" not in readme:
            yield "README.md", 1, f"no link to {name}"
    for name in DOCUMENTS:
        for number, line in outside_of_code_blocks(name):
            targets = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line))
            targets += re.findall(r'(?:src|srcset|href)="([^"]+)"', line)
            for target in targets:
                if re.match(r"[a-z]+:", target):
                    continue
                path, _, anchor = target.partition("#")
                where = (ROOT / name).parent / path if path else ROOT / name
                if not where.exists():
                    yield name, number, f"the link {target} leads to no file"
                elif anchor and where.suffix == ".md":
                    if anchor not in anchors_of(os.path.relpath(where, ROOT)):
                        yield name, number, f"the link {target} leads to no heading"


# --- commands ---

def commands_of_run():
    """The names that the last `case $command in` of ./run knows, and the parts of ./run verify."""
    text = (ROOT / "run").read_text()
    commands = set(re.findall(r"^  ([a-z]+)\)", text, re.M)) | {"help"}
    parts = set()
    for name in ["run"] + [n for n in FILES if n.startswith("tests/verification/") and n.count("/") == 2]:
        script = (ROOT / name).read_text()
        for function in re.findall(r"\bverify_([a-z0-9_]+)\s*\(\)", script):
            parts |= {function, function.replace("_", "-")}
        for listed in re.findall(r"(?:parts|verify_parts)=\(([^)]*)\)", script):
            parts |= set(listed.split())
    return commands, parts


def names_of_tests():
    """Names of single tests, of entries of ctest, and labels."""
    tests, entries, labels = set(), set(), set()
    for name in FILES:
        if not name.startswith("tests/"):
            continue
        text = (ROOT / name).read_text(errors="replace") if name.endswith((".cpp", ".hpp", ".txt", ".cmake")) else ""
        if name.endswith((".cpp", ".hpp")):
            tests |= {".".join(test) for test in re.findall(r"\b(?:TYPED_)?TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)", text)}
        else:
            entries |= set(re.findall(r"(?:\bNAME\s+|shm_add\w*test\()([\w.${}-]+)", text))
            labels |= {word for line in text.splitlines() if re.search("label|shm_add_", line, re.I)
                       for word in re.findall(r"\b[a-z_]+\b", line)}
    return tests, entries, labels


def is_pattern_of(pattern, tests):
    """Does a pattern of GoogleTest's match one of them?"""
    return any(fnmatch.fnmatchcase(test, one) for one in pattern.split("-")[0].split(":") for test in tests)


def check_commands():
    commands, parts = commands_of_run()
    tests, entries, labels = names_of_tests()
    for name in DOCUMENTS + ["run", ".ci/run"]:
        for number, line in lines_of(name):
            for command, rest in re.findall(r"\./run ([a-z][a-z-]*)((?: [^`|&;,# ][^`|&;,#]*)?)", line):
                if command not in commands:
                    yield name, number, f"./run has no command {command}"
                    continue
                words = rest.split()
                if command == "verify" and parts:
                    # What follows the first part may be prose; so may everything in a comment.
                    if words and re.fullmatch(r"[a-z][a-z0-9_-]*", words[0]) and words[0] not in parts \
                            and not line.startswith("#"):
                        yield name, number, f"./run verify has no part {words[0]}"
                for option, value in zip(words, words[1:]):
                    value = value.strip("'\"")
                    if re.search(r"\.\.\.|[A-Z]{4,}|^\W+$", value):
                        continue
                    if option == "-L" and value not in labels:
                        yield name, number, f"no test has the label {value}"
                    if option == "-R" and not any(re.search(value, entry) for entry in entries):
                        yield name, number, f"ctest has no test whose name has {value}"
                    if option == "--only" and command == "test" and not is_pattern_of(value, tests):
                        yield name, number, f"no test has a name like {value}"


# --- paths ---

EXTENSIONS = r"(?:hpp|cpp|md|py|pml|sh|ini|cmake|svg|in|idl)"
# Names that are not files of the repository.
OTHER_FILES = ["nlohmann/json.hpp"]
PLACEHOLDER = re.compile(r"\b(?:NAME|STREAM|TARGET|WHAT)\b")


def is_there(path):
    """Is there a file or folder of the repository whose path is this, or ends so?"""
    path = path.rstrip("/")
    if path.startswith("./"):
        path = path[2:]
    pattern = PLACEHOLDER.sub("*", re.sub(r"<[^>]*>|\{[^}]*\}", "*", path))
    if pattern != path or "*" in path:
        return any(fnmatch.fnmatch(name, pattern) or fnmatch.fnmatch(name, "*/" + pattern)
                   for name in FILES + FOLDERS)
    return any(name == path or name.endswith("/" + path) for name in FILES + FOLDERS)


def looks_like_a_path(text):
    if not re.fullmatch(r"[\w./<>{},*-]+", text) or text.startswith(("/", "build/", "../", "~")):
        return False
    if re.match(r"(?:[A-Z]{2,}|\.)", text) and not text.startswith((".ci/", "README", "CONTRIBUTING", "./")):
        return False
    if re.search(rf"\w\.{EXTENSIONS}$", text):
        return True
    top = text.split("/")[0]
    return "/" in text and top in {name.split("/")[0] for name in FILES if "/" in name}


def is_generated(path):
    """Does the build make it?"""
    return re.search(r"\.\w+$", path) and any(path.rsplit("/", 1)[-1] in (ROOT / name).read_text() for name in FILES if name.endswith("CMakeLists.txt"))


def check_paths():
    for name in DOCUMENTS:
        for number, line in outside_of_code_blocks(name):
            for text in re.findall(r"`([^`]+)`", line):
                text = re.sub(r":\d+$", "", text)
                if not looks_like_a_path(text) or text in OTHER_FILES:
                    continue
                if not is_there(text) and not is_generated(text):
                    yield name, number, f"there is no {text}"
    for name in CODE:
        if name == ITSELF or name.startswith("bench/transports/"):
            continue
        comment = r"#" if name.endswith((".py", ".sh", ".cmake", ".ini", ".txt")) or name in ("run", ".ci/run") else r"//"
        for number, line in lines_of(name):
            said = re.search(rf"(?:^|\s){comment}(?!include)(.*)", line)
            if not said:
                continue
            for text in re.findall(rf"(?<![\w./<$}}])((?:[\w-]+/)*[\w-]+\.{EXTENSIONS})\b(?![\w/])", said.group(1)):
                if text.endswith(".in") or text in OTHER_FILES:
                    continue
                if not is_there(text) and not is_generated(text):
                    yield name, number, f"there is no {text}"


# --- names ---

def check_names():
    code = {name: (ROOT / name).read_text() for name in FILES if name.endswith((".hpp", ".cpp", ".pml"))}
    layers = {folder.split("/")[-1] for folder in FOLDERS if re.fullmatch(r"libshm/(?:src|include/shm)/\w+", folder)}

    @functools.cache
    def is_there(outer, member):
        if outer in layers:  # a namespace
            where = [text for name, text in code.items() if re.match(rf"libshm/(?:src|include/shm)/{outer}/", name)]
        elif outer == "shm":
            where = code.values()
        else:
            defines = rf"\b(?:class|struct|concept|enum|using)\s+(?:\w+\s+)?(?:\w+::)*{outer}\b|\b{outer}(?:<\w+>)?::{member}\b"
            where = [text for text in code.values() if outer in text and member in text and re.search(defines, text)]
        return any(re.search(rf"\b{member}\b", text) for text in where)

    for name in DOCUMENTS:
        for number, line in outside_of_code_blocks(name):
            for text in re.findall(r"`([^`]+)`", line):
                for outer, member in re.findall(r"\b(\w+)::(\w+)", text):
                    if outer not in ("std", "chrono", "boost", "asio") and not outer.startswith("Q") \
                            and not is_there(outer, member):
                        yield name, number, f"the code has no {outer}::{member}"


# --- layers ---

def check_layers():
    page = "docs/architecture.md"
    if page not in FILES:
        yield page, 1, "there is no such page"
        return
    listed = set()
    for _, line in lines_of(page):
        row = re.match(r"\| *\d+ *\| *((?:`\w+`(?:, *)?)+)", line)
        if row:
            listed |= set(re.findall(r"`(\w+)`", row.group(1)))
    there = {folder.split("/")[-1] for folder in FOLDERS
             if re.fullmatch(r"libshm/(?:src|include/shm)/\w+", folder)}
    for folder in sorted(there - listed):
        yield page, 1, f"the table of layers lacks {folder}"
    for folder in sorted(listed - there):
        yield page, 1, f"the table of layers names {folder}, which is no folder of libshm"
    for folder in sorted(there):
        if f"libshm/src/{folder}/README.md" not in FILES:
            yield page, 1, f"libshm/src/{folder} has no README.md"


# --- words ---

# A word (a regular expression), what stands in its place, and where it may stay: by file, or by line.
# Where a word is ordinary English too, only its use as a name is looked for.
LIBRARY = ("libshm/*",)
EVERYWHERE = ("*",)
WORDS = [
    (r"\bbells?\b|\brung\b|\bring_demand\b", "wake word, seen wakes, signal_demand", EVERYWHERE, r"BEL\b"),
    (r"\bAlarm\b|\balarms?_?\b", "FdSignal, signal", LIBRARY, None),
    (r"\bGuard\b|\bguards_?\b(?! (?:what|against))", "NotifierThread", LIBRARY, None),
    (r"\bWatch\b", "FdNotifier", LIBRARY, None),
    (r"\b[Ll]isteners?_?\b", "wake thread, WakeThreadPool", LIBRARY, None),
    (r"\bOneWait\b", "WaitParams", EVERYWHERE, None),
    (r"\bhold_back\w*|\bHoldBack\b|\blossless_gate\b|\bLosslessGate\b", "backpressure", EVERYWHERE, None),
    (r"(?i)\bslabs?_?\b", "aligned windows", EVERYWHERE, None),
    (r"\bsegment::|\bnamespace segment\b|\bsegment/", "storage", EVERYWHERE, None),
    (r"\bbt\b|\btt\b", "begin, end", EVERYWHERE, None),
    (r"(?:\.|->|::)leave\(\)", "detach()", EVERYWHERE, None),
    (r"\bfind_key\b", "interpolation_search", EVERYWHERE, None),
    (r"\bmerging/|\bmerging::|\bnamespace merging\b", "operators/internal/", ("libshm/*", "tests/operators/*", "docs/*"), None),
    (r"(?i)\btournament", "loser tree", EVERYWHERE, None),
    (r"\btrust\.(?:hpp|cpp)\b", "access_check.hpp", EVERYWHERE, None),
    (r"\bcarry_over\b|\bCarryOver\b|\bcarried\b", "migration", LIBRARY, None),
    (r"\blost_control\.|\blost_mapping\b", "survive_truncation.hpp, sigbus_guard.hpp", EVERYWHERE, None),
    (r"\bawaited_(?:readers|stream)\b|\bAwaited(?:Readers|Stream)\b", "wait_targets, wait_target", EVERYWHERE, None),
    (r"\bstamping\.(?:hpp|cpp)\b", "anchor_builder.hpp", EVERYWHERE, None),
    (r"\balways_asked\b", "the class in ring/wake.hpp that hides it", EVERYWHERE, None),
]
# Files in which a word may stand: the glossary explains the seeds' words.
ALLOWED = {
    "docs/glossary.md": r".*",
    ITSELF: r".*",
}


def check_words():
    for name in DOCUMENTS + CODE:
        if name in ALLOWED or name == "LICENSE":
            continue
        text = (ROOT / name).read_text(encoding="utf-8")
        words = [row for row in WORDS
                 if any(fnmatch.fnmatch(name, pattern) for pattern in row[2]) and re.search(row[0], text)]
        for number, line in lines_of(name) if words else ():
            for word, instead, _, unless in words:
                found = re.search(word, line)
                if found and not (unless and re.search(unless, line)):
                    yield name, number, f"'{found.group(0)}': the word is {instead}"


CHECKS = {"links": check_links, "commands": check_commands, "paths": check_paths, "names": check_names,
          "layers": check_layers, "words": check_words}


def main():
    wanted = sys.argv[1:] or list(CHECKS)
    unknown = [name for name in wanted if name not in CHECKS]
    if unknown:
        print(f"docs.py: there is no check {unknown[0]}; there are {', '.join(CHECKS)}", file=sys.stderr)
        return 2
    problems = 0
    for check in wanted:
        found = sorted(set(CHECKS[check]()))
        for name, number, problem in found:
            print(f"{name}:{number}: {problem}")
        print(f"{check}: {len(found)} problems" if found else f"{check}: right")
        problems += len(found)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
