# SPDX-License-Identifier: Apache-2.0
"""What keys cost: several maps of one implementation side by side, over what the stream holds."""
import dataclasses
import statistics

import lines
import tables
import units
from results import Implementation, Spread


def as_rows(results, cases):
    """Results in which each metric of ours is an implementation of its own, beside the limits: a line and a row for
    each map. A limit that was measured beside several of them is taken together."""
    kinds = {name: one.kind for name, one in results.implementations.items()}
    implementations, shown, limits = {}, [], {}
    for case in cases:
        if kinds[case.implementation] == "limit":
            limits.setdefault((case.implementation, case.name, case.items), []).append(case)
            continue
        implementations.setdefault(case.metric, Implementation(case.metric, "ours", len(implementations)))
        shown.append(dataclasses.replace(case, implementation=case.metric))
    for (name, _, _), own in limits.items():
        implementations.setdefault(name, Implementation(name, "limit", len(implementations)))
        shown.append(dataclasses.replace(own[0], metric=name, spread=together(own), limits=()))
    numbered = {}
    for one in implementations.values():
        number = sum(other.kind == one.kind for other in numbered.values())
        numbered[one.name] = dataclasses.replace(one, number=number)
    return dataclasses.replace(results, implementations=numbered, cases=shown), shown


def together(cases):
    return Spread(min(case.spread.min for case in cases), statistics.median(case.spread.median for case in cases),
                  max(case.spread.max for case in cases))


def over_items(title, y_title, x_title):
    def draw(results, cases):
        rows, shown = as_rows(results, [case for case in cases if case.unit == "ns"])
        return lines.by_items(title, y_title, x_title, rows, shown)
    return draw


def table(title):
    """Sizes, and behind them the growth."""
    def draw(results, cases):
        rows, shown = as_rows(results, cases)
        return tables.pivot(rows, shown, column_of_items, title)
    return draw


def column_of_items(case):
    if case.unit == "×":
        return 1 << 62, case.name.partition(" items")[0]
    return case.items, f"{units.power(case.items)} items"
