# SPDX-License-Identifier: Apache-2.0
"""The questions of shm-bench: a sentence on what was measured, and how its figures are shown."""
import collections

import bars
import growth
import key_questions
import lines
import tables
import units
from marks import element
from panels import LESS, MORE, Panel, Question, metrics_of, one_table, table_for_each_metric, with_metric
from results import placement_rank

RECEIVING = {"spin": "Receivers spin", "sleep": "Receivers sleep"}
KEPT_UP = 0.98  # of the rate: a lower share is printed beside the name


def wait_rank(wait):
    return list(RECEIVING).index(wait) if wait in RECEIVING else len(RECEIVING)


def column_of_bytes(case):
    return case.bytes, units.size(case.bytes)


def by_wait(cases, figures, make_tables, titles):
    """Panels that never hold both spinning and sleeping receivers."""
    return [Panel(titles.get(wait, ""), lambda case, wait=wait: case.wait == wait, figures, make_tables)
            for wait in sorted({case.wait for case in cases}, key=wait_rank)]


def lost_table(results, cases):
    """Only worth its room where something was lost."""
    lost = with_metric(cases, "lost")
    if any(case.spread.max > 0 for case in lost):
        return tables.pivot(results, lost, column_of_bytes, "messages lost")
    return element("p", "No message was lost.", class_="where") if lost else ""


def one_way(cases):
    def draw(results, shown):
        return lines.by_bytes("One-way latency over the size of an item", "one way, p50", results,
                              with_metric(shown, "p50"))
    return by_wait(cases, draw, table_for_each_metric(column_of_bytes), RECEIVING)


def throughput(cases):
    def draw(results, shown):
        return lines.by_bytes("Throughput over the size of an item", "bytes per second", results,
                              with_metric(shown, "bytes per second"))

    def draw_tables(results, shown):
        rest = [case for case in shown if case.metric != "lost"]
        return table_for_each_metric(column_of_bytes)(results, rest) + lost_table(results, shown)
    return by_wait(cases, draw, draw_tables, RECEIVING)


def wake(cases):
    def draw(results, shown):
        return "".join(draw_size(results, [case for case in shown if case.bytes == count], units.size(count))
                       for count in sorted({case.bytes for case in shown}))

    def draw_size(results, shown, size):
        return bars.of_cases(f"Publish to wake, {size}", f"{size}: p50 (thick line: min to max), p99 (tick)", results,
                             with_metric(shown, "p50"), with_metric(shown, "p99"))

    def table(results, shown):
        return tables.pivot(results, shown, lambda case: ((case.bytes, case.metric),
                                                          f"{units.size(case.bytes)}, {case.metric}"), "")
    return by_wait(cases, draw, table, {})


def paced(cases):
    def draw(results, shown):
        return lines.percentiles("Delay by percentile", "delay", results, with_metric(shown, "delay"), laggards(shown))

    def figures_table(results, shown):
        return one_table(results, [case for case in shown if case.metric != "delay"])
    keys = sorted({(case.wait, case.rate_hz) for case in cases}, key=lambda key: (wait_rank(key[0]), key[1]))
    return [Panel(f"{units.rate(rate)}, {RECEIVING.get(wait, wait).lower()}",
                  lambda case, key=(wait, rate): (case.wait, case.rate_hz) == key, draw, figures_table)
            for wait, rate in keys]


def laggards(cases):
    return {case.implementation: f"did not keep up: {units.value(case.spread.median, case.unit)}"
            for case in with_metric(cases, "kept up") if case.spread.median < KEPT_UP}


def fan_out(cases):
    def draw(results, shown):
        def of(metric):
            return [case for case in with_metric(shown, metric) if case.idle == 0]
        idle = [case for case in with_metric(shown, "send p50") if case.receivers == 1]
        with_idle = {case.implementation for case in idle if case.idle}
        idle = [case for case in idle if case.implementation in with_idle]
        return (lines.by_receivers("The writer's cost over the number of receivers", "the writer: p50 of a sending",
                                   results, of("send p50"))
                + lines.by_receivers("Delay over the number of receivers", "each reader: p50 of the delay", results,
                                     of("delay p50"))
                + bars.grouped("The writer's cost with idle readers", "the writer: p50 of a sending, one receiver",
                               results, idle, lambda case: f"{case.idle} idle" if case.idle else "none idle"))
    return by_wait(cases, draw, table_for_each_metric(column_of_receivers), RECEIVING)


def waiting(cases):
    def panel(percentile):
        def draw(results, shown):
            return growth.over_items(f"Publish to wake over the number of streams, {percentile}",
                                     f"publish to wake, {percentile}", "streams")(results, shown)

        def table(results, shown):
            rows, own = growth.as_rows(results, shown)
            return tables.pivot(rows, own, lambda case: (case.items, case.name), f"publish to wake, {percentile}")
        return Panel(percentile, lambda case: case.metric.endswith(percentile), draw, table)
    return [panel("p50"), panel("p99")]


def column_of_receivers(case):
    idle = f" + {case.idle} idle" if case.idle else ""
    return (case.idle, case.receivers), f"{case.receivers} receiver{'s' * (case.receivers != 1)}{idle}"


def append(cases):
    def draw(results, shown):
        return bars.grouped("Cost of an append", "per append", results, shown, idle_readers)

    def table(results, shown):
        return tables.pivot(results, shown, lambda case: (case.idle, idle_readers(case)), "per append")
    return [Panel(units.size(count), lambda case, count=count: case.bytes == count, draw, table)
            for count in sorted({case.bytes for case in cases})]


def idle_readers(case):
    return f"{case.idle} idle" if case.idle else "no reader"


def batches(cases):
    def draw(results, shown):
        ours = sorted((case for case in shown if case.limits), key=lambda case: (case.metric, names.index(case.name)))
        return bars.ratios("Batches against memcpy", "times as long as memcpy (the line: 1.15)", results, ours,
                           lambda case: f"{case.metric}, {case.name}", 1.15)
    names = list(dict.fromkeys(case.name for case in cases))
    return [Panel("", lambda case: True, draw,
                  table_for_each_metric(lambda case: (names.index(case.name), case.name)))]


def lossless(cases):
    def draw(results, shown):
        ours = [case for case in shown if case.limits]
        return bars.ratios("Lossless against lossy", "times as long as the same without", results, ours,
                           lambda case: case.name, None)
    names = list(dict.fromkeys(case.name for case in cases))
    return [Panel("", lambda case: True, draw, table_for_each_metric(lambda case: (names.index(case.name), case.name)))]


def records(cases):
    def draw(results, shown):
        return bars.ratios("Records against memcpy", "times as long as their limit (the line: 1.25 from 64 KiB up)", results,
                           [case for case in shown if case.limits], lambda case: f"{case.metric}, {case.name}", 1.25)
    names = list(dict.fromkeys(case.name for case in cases))
    return [Panel("", lambda case: True, draw, table_for_each_metric(lambda case: (names.index(case.name), case.name)))]


def bars_for_each_metric(words):
    def panels(cases):
        def draw(results, shown):
            return "".join(bars.of_cases(words.get(metric, metric), words.get(metric, metric), results,
                                         with_metric(shown, metric)) for metric in metrics_of(shown))
        names = list(dict.fromkeys(case.name for case in cases))
        return [Panel(name if len(names) > 1 else "", lambda case, name=name: case.name == name, draw, one_table)
                for name in names]
    return panels


def anything(cases):
    """For a question that this program does not know: its figures."""
    names = sorted({case.name for case in cases})

    def table(results, shown):
        return tables.pivot(results, shown, lambda case: ((names.index(case.name), case.metric),
                                                          f"{case.name}, {case.metric}"), "")
    return [Panel("", lambda case: True, lambda results, shown: "", table)]


QUESTIONS = (
    Question("one-way", "One way", "How long a message takes from one process to another, over its size: messages go "
             "to and fro between two pinned processes, and half of the time of a round trip is shown.", LESS, one_way),
    Question("wake", "Waking a sleeping receiver", "How long after it was due a message, 1000 of which are sent a "
             "second, is with a receiver that sleeps in the kernel; only those count whose receiver did sleep.", LESS,
             wake),
    Question("paced", "Latency under a steady load", "How long after it was due each message of a steady rate is "
             "with its receiver, so that one who falls behind cannot hide it; what is rare lies on the right, as far "
             "as ten messages are rarer.", LESS, paced),
    Question("throughput", "Throughput", "How many bytes a second go from one process to another when messages are "
             "sent as fast as they are taken, and the receiver reads every byte.", MORE, throughput),
    Question("fan-out", "Several receivers", "What a message to 1, 2, 4 and 8 sleeping readers, which share one "
             "processor, costs its writer, how late they have it, and the same for one reader beside hundreds of idle "
             "ones.", LESS, fan_out),
    Question("waiting", "Waiting for many streams", "How long after it was published in one of so many streams, another "
             "each time, an item is with a process that sleeps on all of them: in a wait set, or in epoll on the set’s "
             "descriptor; beside one futex, and beside as many eventfds in epoll.", LESS, waiting),
    Question("append", "Appending without readers", "What a message costs its writer, one after the other, with no "
             "reader at all and with readers that are only there.", LESS, append),
    Question("batches", "Batches against memcpy", "How long it takes to append and to read a batch of items, beside "
             "memcpy of the same bytes into and out of memory of the ring’s size, in one process.", LESS, batches),
    Question("memory", "Memory", "By how much the machine’s free memory falls, wherever it goes, for each channel "
             "more that two processes open and use (each), and for the first, which brings the library’s own needs "
             "(first).", LESS, bars_for_each_metric({"each": "each channel more", "first": "the first channel"})),
    Question("lifecycle", "Creating, attaching, recovering", "How long a new process takes until it can send "
             "(create), until it has its first message (attach), and how long after the sender was killed a receiver "
             "has a message of its successor (recover).", LESS, bars_for_each_metric({})),
    Question("lossless", "Lossless and lossy", "What an append costs while so many readers in another process keep up, and how "
             "many bytes a second one reader gets that spins: a stream whose lossless readers hold its writer back, "
             "beside the same without.", LESS, lossless),
    Question("records", "Records", "How long it takes to append and to read a record, beside memcpy of the same bytes into and "
             "out of memory of the ring’s size; one way between two processes, beside a mailbox that memcpy fills; and "
             "throughput, beside the unchecked ring.", LESS, records),
    *key_questions.QUESTIONS,
)


def title(question):
    return next((known.title for known in QUESTIONS if known.id == question), str(question))


def asked(results):
    """The known questions that have cases, in their order, and after them those that are not known."""
    found = dict.fromkeys(case.question for case in results.cases)
    known = [question for question in QUESTIONS if question.id in found]
    ids = {question.id for question in QUESTIONS}
    return known + [Question(name, name, "", "", anything) for name in found if name not in ids]


def section(results, question):
    cases = [case for case in results.cases if case.question == question.id]
    placement = results.placement_of(question.id)
    shown = [case for case in cases if case.placement in (placement, "any")]
    parts = [element("h2", tables.escape(question.title)),
             element("p", tables.escape(f"{question.measured} {question.better}".strip()), class_="measured"),
             element("p", where(results, question, placement), class_="where")]
    panels = question.panels(cases)
    for panel in panels:
        own = [case for case in shown if panel.holds(case)]
        if panel.title:
            parts.append(element("h3", tables.escape(panel.title)))
        if not own:
            parts.append(element("p", "Nothing here was measured in this placement."))
            continue
        parts += [element("figure", panel.figures(results, own)), panel.tables(results, own)]
    parts += [absent(cases, shown, placement), notes(cases), failed(results, question),
              elsewhere(results, cases, panels, placement)]
    return element("section", "".join(parts), id=question.id)


def where(results, question, placement):
    if placement == "any":
        return "Where the processors were does not matter here, or they were not held to a place."
    runs = {}
    for case in results.cases:
        if case.question == question.id:
            runs[case.placement] = runs.get(case.placement, 0) + case.runs
    held = sum(count for name, count in runs.items() if name != "any")
    words = f"Placement: <b>{tables.escape(placement)}</b>, in which {runs[placement] / held:.0%} of these runs were."
    if runs.get("any"):
        words += " With them stand figures for which no placement was asked (any)."
    return words


def absent(cases, shown, placement):
    """What only other placements have a figure for."""
    there = {(case.name, case.implementation) for case in shown}
    others = {}
    for case in cases:
        if (case.name, case.implementation) not in there:
            others.setdefault(case.implementation, {})[case.name] = True
    if not others:
        return ""
    items = "".join(element("li", f"<b>{tables.escape(who)}</b>: {tables.escape('; '.join(names))}")
                    for who, names in others.items())
    return (element("p", f"No run was in the placement “{tables.escape(placement)}” (see the others below):")
            + element("ul", items))


def notes(cases):
    by_note = {}
    for case in cases:
        if case.note:
            by_note.setdefault((case.implementation, case.note), {})[case.name] = True
    items = "".join(element("li", f"<b>{tables.escape(who)}</b>: {tables.escape(note)} "
                            + element("small", f"({tables.escape('; '.join(names))})"))
                    for (who, note), names in by_note.items())
    return element("h3", "Notes") + element("ul", items) if items else ""


def failed(results, question):
    words = failures([row for row in results.rows("failures") if row.get("question") == question.id])
    items = "".join(element("li", word) for word in words)
    return element("h3", "What failed here") + element("ul", items) if items else ""


def failures(rows):
    """What failed, in words; what failed alike is said once."""
    times = collections.Counter(tuple(tables.escape(row.get(key, "")) for key in ("implementation", "name", "what"))
                                for row in rows)
    return [f"<b>{who}</b>, {name}: {what}" + (f" ({count} times)" if count > 1 else "")
            for (who, name, what), count in times.items()]


def elsewhere(results, cases, panels, placement):
    """The other placements' tables, folded."""
    parts = []
    others = {case.placement for case in cases} - {placement, "any"}
    for other in sorted(others, key=lambda name: (placement_rank(name), name)):
        own = [case for case in cases if case.placement == other]
        inner = "".join((element("h4", tables.escape(panel.title)) if panel.title else "")
                        + panel.tables(results, [case for case in own if panel.holds(case)])
                        for panel in panels if any(panel.holds(case) for case in own))
        summary = element("summary", f"The same in the placement “{tables.escape(other)}”")
        parts.append(element("details", summary + inner))
    return "".join(parts)
