#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the model in spin: every state of one configuration, and of its mutations.

usage: check.py --work DIR CONFIGURATION       the protocol holds, and what a mutation takes away is missed
       check.py --work DIR --thorough CONFIGURATION
                                               also that it is not missed on the machines that are not named
       check.py --work DIR --trail MUTATION    the steps that lead to what a mutation breaks
       check.py --list
"""
import argparse
import configparser
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
MACHINES = ("x86", "weak")
DEEPEST = 100_000  # steps of a path; pan says when this was not enough


def read(name):
    settings = configparser.ConfigParser(interpolation=None)
    settings.optionxform = str
    with open(HERE / name) as file:
        settings.read_file(file)
    return settings


CONFIGURATIONS = read("configurations.ini")
MUTATIONS = read("mutations.ini")


def run(*command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    return done.returncode, done.stdout


class Model:
    """One configuration, made into the program that visits its states."""

    def __init__(self, work, configuration):
        self.configuration = configuration
        self.directory = pathlib.Path(work) / configuration
        self.directory.mkdir(parents=True, exist_ok=True)
        with open(self.directory / "mutations.pml", "w") as file:
            file.write("local byte without; /* which mutation; set once by init */\n")
            for number, name in enumerate(MUTATIONS.sections(), 1):
                file.write(f"#define without_{name} (without == {number})\n")
        sizes = [f"-D{key}={value}" for key, value in CONFIGURATIONS[configuration].items() if key.isupper()]
        main = HERE / CONFIGURATIONS[configuration].get("model", "stream.pml")
        self.make("gcc", "-E", "-x", "c", "-Werror", f"-I{self.directory}", *sizes, str(main), "-o", "model.pml")
        self.make("spin", "-a", "model.pml")
        self.make("gcc", "-O1", "-w", "-DSAFETY", "-o", "pan", "pan.c")

    def make(self, *command):
        status, said = run(*command, cwd=self.directory)
        if status != 0 or "Error" in said:
            sys.exit(f"{' '.join(command)}\n{said}")

    def environment(self, machine, without):
        number = MUTATIONS.sections().index(without) + 1 if without else 0
        return {**os.environ, "MODEL_MACHINE": machine, "MODEL_WITHOUT": str(number)}

    def check(self, machine, without=None):
        """Gives what was found (None: nothing) and how many states there were."""
        status, said = run("./pan", f"-m{DEEPEST}", "-w24", cwd=self.directory, env=self.environment(machine, without))
        errors = re.search(r"errors: (\d+)", said)
        states = re.search(r"(\d+) states, stored", said)
        if status != 0 or not errors or not states or "max search depth too small" in said or "out of memory" in said:
            sys.exit(f"{self.configuration}, {machine}, without {without}: not all states were visited\n{said}")
        found = re.search(r"pan:\d+: (.*?) \(at depth", said)
        if (errors[1] != "0") != bool(found):
            sys.exit(f"what does this mean?\n{said}")
        return (found[1].replace("assertion violated ", "") if found else None), int(states[1])

    def trail(self, machine, without):
        return run("./pan", "-r", cwd=self.directory, env=self.environment(machine, without))[1]


def check_protocol(model):
    failures = 0
    for machine in MACHINES:
        found, states = model.check(machine)
        print(f"{model.configuration}, {machine}: {states:,} states, {'nothing found' if found is None else 'FOUND: ' + found}")
        if found:
            print(model.trail(machine, None))
            failures += 1
    return failures


def check_mutations(model, thorough):
    """On x86 a mutation may do no harm. To show that takes a visit to every state, as many as without it."""
    failures = 0
    for name, mutation in MUTATIONS.items():
        if mutation.get("configuration") != model.configuration:
            continue
        results = []
        for machine in MACHINES:
            wanted = machine in mutation["found_on"].replace(",", " ").split()
            if not wanted and not thorough:
                continue
            found, states = model.check(machine, without=name)
            as_wanted = (found is not None) == wanted
            failures += not as_wanted
            results.append(f"{machine}: {'found, ' + found if found else 'not found'} ({states:,} states)"
                           + ("" if as_wanted else f"  FAILED: should be {'found' if wanted else 'harmless'}"))
        print(f"without {name}\n    " + "\n    ".join(results))
    return failures


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--work", default=".")
    parser.add_argument("--thorough", action="store_true")
    parser.add_argument("--trail", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("name", nargs="?")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(CONFIGURATIONS.sections()))
        return 0
    if arguments.trail:
        mutation = MUTATIONS[arguments.name]
        model = Model(arguments.work, mutation["configuration"])
        machine = mutation["found_on"].replace(",", " ").split()[0]
        found, _ = model.check(machine, without=arguments.name)
        print(found, model.trail(machine, arguments.name), sep="\n")
        return 0
    if arguments.name not in CONFIGURATIONS:
        parser.error("which configuration? --list shows them")
    model = Model(arguments.work, arguments.name)
    return 1 if check_protocol(model) + check_mutations(model, arguments.thorough) else 0


if __name__ == "__main__":
    sys.exit(main())
