# SPDX-License-Identifier: Apache-2.0
"""What shm-bench measured: its JSON file, read and checked."""
import collections
import json
import math
from dataclasses import dataclass, field

FORMAT = 1
PLACEMENTS = ("siblings", "near", "far", "any")


class BadResults(Exception):
    """The file is not what shm-bench writes; the message is for the user."""


@dataclass(frozen=True)
class Spread:
    min: float
    median: float
    max: float


@dataclass(frozen=True)
class Limit:
    implementation: str
    ratio: Spread


@dataclass(frozen=True)
class Case:
    """One figure: a metric of an implementation in one placement, over all its runs."""
    question: str
    name: str
    implementation: str
    metric: str
    unit: str
    placement: str
    spread: Spread
    runs: int = 0
    bytes: int = 0
    receivers: int = 1
    idle: int = 0
    wait: str = "none"
    rate_hz: float = 0
    items: int = 0
    way: str = ""
    limits: tuple = ()
    curve: tuple = ()
    note: str = ""

    @property
    def more_is_better(self):
        return more_is_better(self.unit)

    @property
    def sort_value(self):
        return -self.spread.median if self.more_is_better else self.spread.median


def more_is_better(unit):
    return unit in ("B/s", "items/s", "fraction")


@dataclass(frozen=True)
class Implementation:
    name: str
    kind: str
    number: int  # among its kind
    version: str = ""
    how: str = ""
    missing: str = ""


@dataclass
class Results:
    raw: dict
    implementations: dict
    cases: list
    without_value: list = field(default_factory=list)

    def in_order(self, names):
        """Ours, the limits, the peers; each kind in the file's order."""
        return sorted(names, key=lambda name: self.rank(name))

    def rank(self, name):
        implementation = self.implementations[name]
        return ("ours", "limit", "peer").index(implementation.kind), implementation.number

    def rows(self, key):
        """A list of the file's objects; anything else in it is passed over."""
        return [row for row in listed(self.raw.get(key)) if isinstance(row, dict)]

    def of(self, key):
        value = self.raw.get(key)
        return value if isinstance(value, dict) else {}

    def find(self, row, implementation):
        """An implementation's case that a row of "lost" or "bars" speaks of."""
        return next((case for case in self.cases if case.implementation == implementation and self.speaks_of(row, case)
                     and (case.metric, case.placement) == (row.get("metric"), row.get("placement"))), None)

    def question_of(self, row):
        return row.get("question") or next((case.question for case in self.cases if self.speaks_of(row, case)), None)

    @staticmethod
    def speaks_of(row, case):
        return row.get("name") == case.name and row.get("question", case.question) == case.question

    def placement_of(self, question):
        """The most frequent placement of a question's runs; "any" when none of them was held to a placement."""
        runs = collections.Counter()
        for case in self.cases:
            if case.question == question and case.placement != "any":
                runs[case.placement] += case.runs
        if not runs:
            return "any"
        return max(runs, key=lambda placement: (runs[placement], number(self.of("placements").get(placement)) or 0))


def placement_rank(placement):
    return PLACEMENTS.index(placement) if placement in PLACEMENTS else len(PLACEMENTS)


def listed(value):
    return value if isinstance(value, list) else []


def number(value):
    """A finite number, or None: the C++ side writes what is not finite as null."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return value if is_number else None


def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            raw = json.load(file)
    except OSError as error:
        raise BadResults(f"cannot read {path}: {error.strerror}") from None
    except ValueError as error:
        raise BadResults(f"{path} is not JSON: {error}") from None
    if not isinstance(raw, dict):
        raise BadResults(f"{path} is not a file of results: it holds no object")
    if raw.get("format") != FORMAT:
        raise BadResults(f"{path} has format {raw.get('format')!r}, this program reads format {FORMAT}")
    if not isinstance(raw.get("cases"), list):
        raise BadResults(f"{path} has no list of cases")
    return results_of(raw)


def results_of(raw):
    results = Results(raw, {}, [])
    for index, row in enumerate(raw["cases"]):
        case = case_of(row, index)
        if case:
            results.cases.append(case)
        else:
            results.without_value.append(row)
    described = [row for row in listed(raw.get("implementations")) if isinstance(row, dict) and "name" in row]
    described += [{"name": case.implementation} for case in results.cases]
    kinds = collections.Counter()
    for row in described:
        name, kind = str(row["name"]), row.get("kind")
        if name in results.implementations:
            continue
        kind = kind if kind in ("ours", "limit") else "peer"
        texts = {key: str(row.get(key) or "") for key in ("version", "how", "missing")}
        results.implementations[name] = Implementation(name, kind, kinds[kind], **texts)
        kinds[kind] += 1
    return results


def case_of(row, index):
    """None when the figure has no value."""
    if not isinstance(row, dict):
        raise BadResults(f"cases[{index}] is not an object")
    for key in ("question", "name", "implementation", "metric"):
        if not isinstance(row.get(key), str):
            raise BadResults(f"cases[{index}] has no {key}")
    median = number(row.get("median"))
    if median is None:
        return None
    return Case(
        question=row["question"], name=row["name"], implementation=row["implementation"], metric=row["metric"],
        unit=str(row.get("unit", "")), placement=str(row.get("placement") or "any"), spread=spread_of(row, median),
        runs=int(number(row.get("runs")) or 0), bytes=int(number(row.get("bytes")) or 0),
        receivers=int(number(row.get("receivers")) or 0), idle=int(number(row.get("idle")) or 0),
        wait=str(row.get("wait") or "none"), rate_hz=number(row.get("rate_hz")) or 0,
        items=int(number(row.get("items")) or 0), way=str(row.get("way") or ""),
        limits=tuple(limits_of(row)), curve=tuple(curve_of(row)), note=str(row.get("note") or ""))


def spread_of(row, median):
    low, high = number(row.get("min")), number(row.get("max"))
    return Spread(median if low is None else low, median, median if high is None else high)


def limits_of(row):
    for limit in listed(row.get("limits")):
        ratio = limit.get("ratio") if isinstance(limit, dict) else None
        median = number(ratio.get("median")) if isinstance(ratio, dict) else None
        if median is not None:
            yield Limit(str(limit.get("implementation", "")), spread_of(ratio, median))


def curve_of(row):
    for point in listed(row.get("curve")):
        if isinstance(point, list) and len(point) == 2 and None not in map(number, point):
            yield tuple(point)
