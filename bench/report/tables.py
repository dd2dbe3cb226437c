# SPDX-License-Identifier: Apache-2.0
"""Tables of figures: an implementation a row, a case a column; every cell shows its spread."""
import html

import marks
import units
from marks import element

SIGNS = "¹²³⁴⁵⁶"


def escape(words):
    return html.escape(str(words))


def plain(head, rows, css):
    """head: texts; rows: lists of HTML, the first of each names the row. On phones, flat tables' rows are cards."""
    parts = [element("thead", element("tr", "".join(element("th", escape(name), scope="col") for name in head)))]
    body = []
    for row in rows:
        first, rest = row[0], row[1:]
        cells = "".join(element("td", cell, data_head=name) for name, cell in zip(head[1:], rest))
        body.append(element("tr", element("th", first, scope="row") + cells))
    parts.append(element("tbody", "".join(body)))
    return scrolled("".join(parts), css)


def scrolled(content, css):
    return element("div", element("table", content, class_=css or None), class_="scroll", tabindex=0)


def named(results, name):
    """An implementation's name beside its marker."""
    implementation = results.implementations.get(name)
    if implementation is None:
        return escape(name)
    return element("span", marks.swatch(implementation) + escape(name), class_=f"who {implementation.kind}")


def pivot(results, cases, column, title):
    """column: of a case, (what to sort by, what stands above)."""
    if not cases:
        return ""
    columns = sorted({column(case) for case in cases})
    cells = {}
    for case in cases:
        cells.setdefault((case.implementation, column(case)), []).append(case)
    common = Common(results, cases)
    best = {key: best_of(results, [case for case in cases if column(case) == key]) for key in columns}
    head = element("th", "", scope="col") + "".join(element("th", escape(label), scope="col") for _, label in columns)
    body = []
    for name in results.in_order({case.implementation for case in cases}):
        row = element("th", named(results, name), scope="row")
        for key in columns:
            own = cells.get((name, key), [])
            is_best = any(case is best[key] for case in own)
            row += element("td", "".join(common.cell(case) for case in own) or "–", class_="best" if is_best else None)
        body.append(element("tr", row, class_=results.implementations[name].kind))
    caption = element("p", (f"<b>{escape(title)}</b>: " if title else "") + common.said(), class_="caption")
    return caption + scrolled(element("thead", element("tr", head)) + element("tbody", "".join(body)), "pivot")


def best_of(results, cases):
    """The best that is no limit, if there is anything to compare."""
    rivals = [case for case in cases if results.implementations[case.implementation].kind != "limit"]
    if all(results.implementations[case.implementation].kind == "ours" for case in rivals) or cases[0].unit in ("messages", "fraction"):
        return None
    return min(rivals, key=lambda case: case.sort_value)


class Common:
    """What the cells of a table share is said once, above it."""

    def __init__(self, results, cases):
        self.results = results
        runs = {case.runs for case in cases}
        self.runs = runs.pop() if len(runs) == 1 else None
        self.limits = list(dict.fromkeys(limit.implementation for case in cases for limit in case.limits))
        self.has_ranges = any(units.span(case.spread, case.unit) for case in cases)

    def said(self):
        parts = ["median, min to max of the runs’ figures" if self.has_ranges else "all runs alike"]
        if self.runs is not None:
            parts.append(f"{self.runs} run{'s' * (self.runs != 1)} each")
        if self.limits:
            parts.append("ratio (×) to " + ", ".join(self.sign(name) + escape(name) for name in self.limits))
            parts[-1] += ", above 1 is worse"
        return "; ".join(parts)

    def sign(self, limit):
        """Tells limits apart where there are several."""
        return SIGNS[self.limits.index(limit) % len(SIGNS)] if len(self.limits) > 1 else ""

    def cell(self, case):
        """All limits and the ratio's range for ours, the limit for the others."""
        is_ours = self.results.implementations[case.implementation].kind == "ours"
        small = [units.span(case.spread, case.unit)]
        for index, limit in enumerate(case.limits if is_ours else case.limits[:1]):
            small.append(f"{units.ratio(limit.ratio.median)}{self.sign(limit.implementation)}")
            if index == 0 and is_ours:
                small.append(f"({units.ratio_span(limit.ratio)})")
        if self.runs is None:
            small.append(f"{case.runs} run" + "s" * (case.runs != 1))
        return (element("b", escape(units.value(case.spread.median, case.unit)))
                + "".join(element("small", escape(words)) for words in small if words))
