# SPDX-License-Identifier: Apache-2.0
"""The questions of keys: found, written, queried, merged."""
from dataclasses import replace

import bars
import growth
import tables
from panels import LESS, MORE, Panel, Question, table_for_each_metric

WAYS = {"overlapping": "Random keys, independent of each other", "dependent": "Random keys, each waits for the result before",
        "in order": "Keys in order", "back, overlapping": "Back: the key of a random index, none waits for another",
        "back, dependent": "Back: the key of a random index, each waits for the result before"}


def keys(cases):
    ways = list(dict.fromkeys(case.way for case in cases))
    return [Panel(WAYS.get(way, way), lambda case, way=way: case.way == way,
                  growth.over_items(f"A lookup over the number of items: {way}", "a lookup", "readable items"),
                  growth.table("a lookup")) for way in ways]


def interval_query(cases):
    # The limit is a figure of the same map: a line of its own would repeat it.
    return [Panel("", lambda case: case.implementation != "10 items",
                  growth.over_items("A query over the number of items in it", "a query", "items in the interval"),
                  growth.table("a query"))]


def stamped_append(cases):
    def draw(results, shown):
        rows, own = growth.as_rows(results, shown)
        return bars.of_cases("Cost of an append with keys", "per append", rows, one_of_each(rows, own))

    def table(results, shown):
        rows, own = growth.as_rows(results, shown)
        return tables.pivot(rows, one_of_each(rows, own), lambda case: (0, "per append"), "")
    return [Panel("", lambda case: True, draw, table)]


def one_of_each(rows, cases):
    """A limit that was measured beside each of ours, taken together."""
    own = [[case for case in cases if case.implementation == name] for name in rows.implementations]
    return [replace(some[0], spread=growth.together(some)) for some in own]


def merging(cases):
    def draw(results, shown):
        ours = sorted((case for case in shown if case.limits), key=lambda case: case.items)
        return bars.ratios("Merging against std::merge", "times as long as std::merge (the line: 1.43)", results, ours,
                           lambda case: case.name, 1 / 0.7)
    return [Panel("", lambda case: True, draw,
                  table_for_each_metric(lambda case: (case.items, case.name)))]


QUESTIONS = (
    Question("keys", "From a key to an index and back", "How long an index map takes to find the first item at or "
             "after a key, and how that grows with what the stream holds: in one process, a reader of a stream that a "
             "writer filled.", LESS, keys),
    Question("interval-query", "What happened in an interval", "How long IntervalReader::matching takes, of a stream "
             "of ten million items, over how many items are in the interval: a look in place, random intervals.", LESS,
             interval_query),
    Question("stamped-append", "What keys cost the writer", "How long an append of one item takes with a key, led to "
             "by buckets or by a ledger, beside a plain append of an item as large.", LESS, stamped_append),
    Question("merging", "Merging streams", "How many items a second come out of shm::Merge over so many streams of "
             "16-byte items whose keys interleave at random, beside std::merge over plain arrays, two and two.", MORE,
             merging),
)
