# SPDX-License-Identifier: Apache-2.0
"""What a question of the report is made of."""
from dataclasses import dataclass
from typing import Callable

import tables

LESS, MORE = "Less is better.", "More is better."


@dataclass(frozen=True)
class Panel:
    """Cases that are shown together: what draws them, and the tables below."""
    title: str
    holds: Callable  # of a case
    figures: Callable  # of results and cases: HTML
    tables: Callable  # of results and cases: HTML


@dataclass(frozen=True)
class Question:
    id: str
    title: str
    measured: str
    better: str
    panels: Callable  # of the cases


def metrics_of(cases):
    return list(dict.fromkeys(case.metric for case in cases))


def with_metric(cases, metric):
    return [case for case in cases if case.metric == metric]


def table_for_each_metric(column):
    def draw(results, cases):
        return "".join(tables.pivot(results, with_metric(cases, metric), column, metric)
                       for metric in metrics_of(cases))
    return draw


def one_table(results, cases):
    metrics = metrics_of(cases)
    return tables.pivot(results, cases, lambda case: (metrics.index(case.metric), case.metric), "")
