#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles each public header alone, with the examples of its opening comment, and the C++ of the documents.

usage: headers.py ROOT [--only WORD] [--show WORD] -- COMPILER [FLAGS ...]

An example is an indented block (three spaces behind the //) of a header's opening comment of which a line ends in a
semicolon or a brace (other blocks are tables), or a block ```cpp of a document (those that have a name behind cpp are
excerpts of examples/, which the tests compile anyway). Its types, includes and functions are compiled at namespace
scope, its statements inside a function, with co_await inside a coroutine. All blocks of a header are one example, each
block of a document is one. What an example uses and does not declare itself is in given.hpp. --show prints what would
be compiled.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
AT_NAMESPACE_SCOPE = re.compile(
    r"(\[\[|struct|class|enum|template|namespace|inline|concept|static_assert|using|BOOST_DESCRIBE|#|"
    r"(int|void|bool|auto|boost::asio::awaitable<.*>|std::[\w:<>]+) \w+\([^()]*(\(\)[^()]*)*\) \{)")
IGNORED = ["-Wno-unused", "-Wno-shadow", "-Wno-unused-result",
           "-Wno-return-type"]


def code_of(line):
    """The line without its comment and its strings, which may hold brackets."""
    return re.sub(r"//.*", "", re.sub(r'"(\\.|[^"\\])*"', '""', line)).rstrip()


def is_code(block):
    return any(code_of(line).endswith((";", "{", "}")) for line in block)


def header_blocks(text):
    """The indented blocks of the comment with which a header opens."""
    blocks, block = [], []
    for line in text.partition("#pragma once")[0].splitlines():
        if line.startswith("//   ") or (line.strip() == "//" and block):
            block.append(line[5:])
        elif block:
            blocks.append(block)
            block = []
    return [block for block in blocks + [block] if is_code(block)]


def document_blocks(text):
    return [block.splitlines() for block in re.findall(r"^```cpp\n(.*?)^```", text, re.MULTILINE | re.DOTALL)]


def statements(lines):
    """The lines, grouped by the statement or declaration at the outermost level that they are part of."""
    group, depth = [], 0
    for line in lines:
        group.append(line)
        code = code_of(line)
        depth += sum(code.count(c) for c in "{([") - sum(code.count(c) for c in "})]")
        if depth <= 0 and (not code.strip() or code.endswith((";", "}")) or code.startswith(("#", "BOOST_"))):
            yield group
            group, depth = [], 0
    yield group


def program(header, blocks):
    """What is compiled: the header first, so that it must bring what it needs."""
    outside, inside = [], []
    for block in blocks:
        for group in statements(block):
            first = next((line for line in group if code_of(line).strip()), "").strip()
            (outside if AT_NAMESPACE_SCOPE.match(first) else inside).extend(group)
    includes = [line for line in outside if line.startswith("#")]
    outside = [line.replace("int main(", "int example_main(") for line in outside if not line.startswith("#")]
    text = [f"#include <{header}>"] if header else []
    if blocks:
        result = "boost::asio::awaitable<void>" if any("co_await" in line for line in inside) else "void"
        text += [*includes, f'#include "{HERE}/given.hpp"', "namespace example {", "using namespace given;", *outside,
                 f"{result} statements() {{", *inside, "}", "}  // namespace example"]
    return "\n".join(text) + "\n"


def programs(root):
    """(name, text) of all that is compiled."""
    include = root / "libshm/include"
    for path in sorted((include / "shm").rglob("*.hpp")):
        yield str(path.relative_to(root)), program(path.relative_to(include), header_blocks(path.read_text()))
    for path in [root / "README.md", *sorted((root / "docs").glob("*.md"))]:
        for number, block in enumerate(document_blocks(path.read_text()), 1):
            yield f"{path.relative_to(root)}, block {number}", program(None, [block])


def compile_one(command, name, text):
    with tempfile.NamedTemporaryFile("w", suffix=".cpp") as file:
        file.write(text)
        file.flush()
        done = subprocess.run([*command, *IGNORED, "-fsyntax-only", file.name], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
    return None if done.returncode == 0 else f"== {name}\n{done.stdout.replace(file.name, name)}"


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--show")
    middle = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    arguments, command = parser.parse_args(sys.argv[1:middle]), sys.argv[middle + 1:]
    root = arguments.root.resolve()
    if arguments.show:
        print("\n".join(f"== {name}\n{text}" for name, text in programs(root) if arguments.show in name))
        return 0
    chosen = [(name, text) for name, text in programs(root) if arguments.only in name]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        failures = [failure for failure in pool.map(lambda one: compile_one(command, *one), chosen) if failure]
    print("\n".join(failures) or f"{len(chosen)} headers and blocks of documents compile")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
