# SPDX-License-Identifier: Apache-2.0
"""What the report begins with: where libshm is behind, the bars, and where the processors were."""
import collections
import math

import axes
import questions
import tables
import units
from marks import element, line, text
from results import number, placement_rank


# Beyond p99 the host causes most of it; the other percentiles show how reliable a figure is.
NOT_COMPARED = ("delay", "p99.9", "max", "kept up", "lost")


def percent(part, whole):
    return f"{part / whole:.0%}" if whole else "0%"


def in_main_placement(results, row):
    question = results.question_of(row)
    return question is None or row.get("placement") in ("any", results.placement_of(question))


def ours(results):
    return next((one.name for one in results.implementations.values() if one.kind == "ours"), "libshm")


def compared(results):
    """How many figures of ours are held against a peer's: same case, metric and placement."""
    sides = collections.defaultdict(set)
    for case in results.cases:
        if case.metric not in NOT_COMPARED:
            key = case.question, case.name, case.metric, case.placement
            sides[key].add(results.implementations[case.implementation].kind)
    return sum({"ours", "peer"} <= kinds for kinds in sides.values())


def behind(results):
    rows, name, of = results.rows("lost"), ours(results), compared(results)
    parts = [element("h2", f"Where {tables.escape(name)} is behind")]
    if not rows and not of:
        parts.append(element("p", "Nothing was compared: no figure stands beside a peer’s."))
    elif not rows:
        parts.append(element("p", f"Nowhere: {of} figures stand beside a peer’s, and no peer’s median is better."))
    else:
        parts.append(element("p", f"In {len(rows)} of the {of} figures that stand beside a peer’s, a peer’s median is "
                                  "better. “Overlap”: the ranges of both sides’ runs overlap, so that the next run "
                                  "may say otherwise. Not counted is what lies beyond p99: the host’s doing, mostly."))
        here, elsewhere = by_placement(results, rows)
        parts.append(lost_table(results, name, here) if here
                     else element("p", "None of them in the questions’ most frequent placement."))
        parts.append(folded("In other placements", elsewhere, lambda: lost_table(results, name, elsewhere)))
    return element("section", "".join(parts), id="behind")


def by_placement(results, rows):
    """Those of their question's most frequent placement, and the others."""
    here = [row for row in rows if in_main_placement(results, row)]
    return here, [row for row in rows if not in_main_placement(results, row)]


def folded(summary, rows, table):
    return element("details", element("summary", f"{summary}: {len(rows)}") + table()) if rows else ""


def lost_table(results, name, rows):
    ordered = sorted(rows, key=lambda row: -(number(row.get("ratio")) or 0))
    return tables.plain(("case", "placement", name, "best peer", "its figure", "behind by", "ranges"),
                        [lost_row(results, name, row) for row in ordered], "flat")


def lost_row(results, name, row):
    mine, theirs = results.find(row, name), results.find(row, row.get("best"))
    return [case_words(results, row), tables.escape(row.get("placement", "")),
            figure(mine, row.get("ours"), row), tables.named(results, row.get("best", "")),
            figure(theirs, row.get("theirs"), row), element("b", shown_ratio(row)), overlap(mine, theirs)]


def case_words(results, row):
    question, name = results.question_of(row), tables.escape(row.get("name", ""))
    words = f"{questions.title(question)}: {row.get('metric', '')}" if question else row.get("metric", "")
    return (element("a", name, href=f"#{question}") if question else name) + element("small", tables.escape(words))


def figure(case, median, row):
    value = number(median)
    small = element("small", tables.escape(units.span(case.spread, case.unit))) if case else ""
    return (element("b", units.value(value, row.get("unit", ""))) if value is not None else "–") + small


def shown_ratio(row):
    value = number(row.get("ratio"))
    return units.ratio(value) if value is not None and value > 0 else "–"


def overlap(mine, theirs):
    if not mine or not theirs:
        return ""
    meet = mine.spread.min <= theirs.spread.max and theirs.spread.min <= mine.spread.max
    return "overlap" if meet else "apart"


def bars(results):
    rows = results.rows("bars")
    parts = [element("h2", "The bars")]
    if not rows:
        return element("section", parts[0] + element("p", "No bars were set."), id="bars")
    met = sum(bool(row.get("met")) for row in rows)
    parts.append(element("p", f"A bar is how many times its limit {tables.escape(ours(results))} may be; it was set "
                              f"before. {met} of {len(rows)} are met."))
    here, elsewhere = by_placement(results, rows)
    missed, reached = [row for row in here if not row.get("met")], [row for row in here if row.get("met")]
    parts.append(bars_table(results, missed) if missed else element("p", "In the questions’ most frequent placement "
                                                                         "none is missed."))
    parts.append(folded("Met", reached, lambda: bars_table(results, reached)))
    parts.append(folded("In other placements", elsewhere, lambda: bars_table(results, elsewhere)))
    return element("section", "".join(parts), id="bars")


def bars_table(results, rows):
    ordered = sorted(rows, key=lambda row: (bool(row.get("met")), -over(row)))
    return tables.plain(("case", "placement", "limit", "ratio", "bar", "verdict"),
                        [bar_row(results, row) for row in ordered], "flat")


def over(row):
    return (number(row.get("ratio")) or 0) / (number(row.get("bar")) or math.inf)


def bar_row(results, row):
    case = results.find(row, ours(results))
    ratios = [limit.ratio for limit in case.limits if limit.implementation == row.get("limit")] if case else []
    low_high = "".join(element("small", units.ratio_span(ratio)) for ratio in ratios)
    bar = number(row.get("bar"))
    verdict = element("span", "met", class_="good") if row.get("met") else element("span", "not met", class_="bad")
    return [case_words(results, row), tables.escape(row.get("placement", "")),
            tables.named(results, row.get("limit", "")), element("b", shown_ratio(row)) + low_high,
            units.ratio(bar) if bar is not None else "–", verdict]


def placements(results):
    counts = {name: int(number(count) or 0) for name, count in results.of("placements").items()}
    thrown = counts.pop("thrown_away", 0)
    kept = sum(counts.values())
    words = ("The processors of a virtual machine move between places of the real one, every few seconds. "
             "A line of memory passed between two of them then costs as little as between the two threads of a core "
             "(siblings), or more (near), or several times as much (far). It is probed before and after every run; "
             "if the two probes differ, the run is thrown away and repeated, else it is filed under its placement. "
             "<b>Only figures of one placement are compared.</b> Each question is shown in the placement that most "
             "of its runs were in; the others are below it, folded.")
    ordered = sorted(counts.items(), key=lambda item: placement_rank(item[0]))
    total = element("p", "Runs: " * bool(counts) + ", ".join(f"{tables.escape(name)} {count} ({percent(count, kept)})"
                                              for name, count in ordered)
                    + "; " * bool(counts) + f"thrown away: {thrown} ({percent(thrown, kept + thrown)} of all).")
    parts = [element("h2", "Where the processors were"), element("p", words), total, histogram(results),
             by_question(results)]
    return element("section", "".join(parts), id="placements")


def by_question(results):
    probes = results.rows("probes")
    if not probes:
        return ""
    kept = collections.Counter((row.get("question"), row.get("placement")) for row in probes if row.get("kept"))
    thrown = collections.Counter(row.get("question") for row in probes if not row.get("kept"))
    asked = dict.fromkeys(row.get("question") for row in probes)
    columns = sorted({str(placement) for _, placement in kept}, key=placement_rank)
    rows = [[tables.escape(questions.title(question)), *(str(kept[question, name]) for name in columns),
             str(thrown[question])] for question in asked]
    return tables.plain(("runs", *columns, "thrown away"), rows, "numbers")


BINS_A_DECADE = 25


def histogram(results):
    """What the probed line cost, run by run: one heap for each place that the processors were in."""
    heaps = collections.defaultdict(lambda: [0, 0])
    for row in results.rows("probes"):
        cost = number(row.get("before_ns"))
        if cost and cost > 0:
            heaps[math.floor(math.log10(cost) * BINS_A_DECADE)][not row.get("kept")] += 1
    if not heaps:
        return ""
    caption = ("What a bounced line cost before each run, and how many runs found it so; the lighter part of a column "
               "was thrown away afterwards.")
    drawn = heaps_picture("wide", 960, 190, heaps) + heaps_picture("narrow", 380, 190, heaps)
    return element("figure", drawn + element("figcaption", caption))


def heaps_picture(css, width, height, heaps):
    left, top, base = 46, 20, height - 24
    lowest, highest = min(heaps) - 1, max(heaps) + 2
    across = axes.Axis(10 ** (lowest / BINS_A_DECADE), 10 ** (highest / BINS_A_DECADE), left, width - 8, True)
    most = max(sum(heap) for heap in heaps.values())
    up = axes.Axis(0, most * 1.05, base, top)
    parts = [text(0, 13, "runs", class_="title")]
    for value, label in up.ticks("", 4):
        parts.append(line(left, up.at(value), width - 8, up.at(value), class_="grid"))
        parts.append(text(left - 6, up.at(value) + 4, label, class_="tick", text_anchor="end"))
    for value, label in across.ticks("ns"):
        if label:
            parts.append(text(across.at(value), base + 16, label, class_="tick", text_anchor="middle"))
    step = (width - 8 - left) / (highest - lowest)
    for place, (kept, thrown) in sorted(heaps.items()):
        x = left + (place - lowest) * step
        parts.append(heap_rectangle(x, step, up.at(0), up.at(kept), "heap"))
        parts.append(heap_rectangle(x, step, up.at(kept), up.at(kept + thrown), "heap thrown"))
    return element("svg", "".join(parts), class_=f"figure {css}", viewBox=f"0 0 {width} {height}", role="img",
                   aria_label="Cost of the probed line")


def heap_rectangle(x, step, bottom, top, css):
    return element("rect", x=x + 0.5, y=float(top), width=max(step - 1, 1.0), height=float(bottom - top), class_=css)
