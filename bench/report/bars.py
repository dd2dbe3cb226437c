# SPDX-License-Identifier: Apache-2.0
"""Figures with horizontal bars: one value for each implementation, the best on top. Drawn twice, as in lines.py."""
import html
from dataclasses import dataclass

import axes
import marks
import units
from lines import title_of
from marks import element, line, text
from results import Implementation, Spread

ROW = 21


@dataclass(frozen=True)
class Bar:
    implementation: Implementation
    label: str
    spread: Spread
    title: str
    beyond: float | None = None  # a second value, as a tick: p99 beside p50


@dataclass(frozen=True)
class Group:
    heading: str  # empty: its bars carry the names themselves
    bars: list


@dataclass(frozen=True)
class Bars:
    title: str
    x_title: str
    unit: str
    groups: list
    bound: float | None = None  # a line that bars should not pass

    def draw(self):
        if not self.groups:
            return ""
        return self.picture("wide", 960, 190, 190) + self.picture("narrow", 380, 148, 74)

    def picture(self, css, width, left, right):
        is_wide = css == "wide"
        values = [value for group in self.groups for bar in group.bars
                  for value in (bar.spread.min, bar.spread.max, bar.beyond) if value is not None]
        along = axes.fitting(values + ([self.bound] if self.bound else []), left, width - right)
        rows = sum(len(group.bars) + (0.9 if group.heading else 0) for group in self.groups)
        top, bottom = 24, 24 + rows * ROW + 6
        parts = [text(0, 13, self.x_title + ", logarithmic" * along.logarithmic, class_="title")]
        parts += self.grid(along, top - 4, bottom, 9 if is_wide else 4)
        y = top + ROW / 2
        for group in self.groups:
            if group.heading:
                parts.append(text(0, y + 4, group.heading, class_=f"name {group.bars[0].implementation.kind}"))
                y += ROW * 0.9
            for bar in group.bars:
                parts.append(self.row(bar, along, y, is_wide, 14 if group.heading else 0, width))
                y += ROW
        if self.bound:
            x = along.at(self.bound)
            parts.append(line(x, top - 4, x, bottom, class_="bound"))
        return element("svg", "".join(parts), class_=f"figure {css}", viewBox=f"0 0 {width} {int(bottom) + 24}",
                       role="img", aria_label=self.title)

    def grid(self, along, top, bottom, most):
        parts, free_from = [], 0.0
        for value, label in along.ticks(self.unit, most):
            x, half = along.at(value), len(label) * 3.9
            parts.append(line(x, top, x, bottom, class_="grid" if label else "grid faint"))
            if label and x - half >= free_from:
                parts.append(text(x, bottom + 16, label, class_="tick", text_anchor="middle"))
                free_from = x + half + 6
        return parts

    def row(self, bar, along, y, is_wide, indent, width):
        start, middle = along.start, along.at(bar.spread.median)
        low, high = along.at(bar.spread.min), along.at(bar.spread.max)
        parts = [text(indent + 14, y + 4, bar.label, class_="name"),
                 marks.marker(bar.implementation, indent + 5.0, y)]
        parts.append(element("rect", x=float(start), y=y - 6, width=float(middle - start), height=12, class_="bar"))
        if high - low > 2:
            parts.append(line(low, y, high, y, class_="whisker thick"))
        parts.append(line(middle, y - 7, middle, y + 7, class_="curve"))
        if bar.beyond is not None:
            x = along.at(bar.beyond)
            parts.append(line(middle, y, x, y, class_="leader") + line(x, y - 5, x, y + 5, class_="beyond"))
        parts.append(text(width, y + 4, self.value(bar, is_wide), class_="value", text_anchor="end"))
        title = element("title", html.escape(bar.title)) if is_wide else ""
        return element("g", title + "".join(parts), class_=marks.colour(bar.implementation))

    def value(self, bar, is_wide):
        shown = units.value(bar.spread.median, self.unit)
        span = units.span(bar.spread, self.unit)
        return f"{shown} ({span})" if is_wide and span else shown


def of_cases(title, x_title, results, cases, beyond=()):
    """A bar for each implementation; beyond: the cases that give the second value."""
    others = {case.implementation: case.spread.median for case in beyond}
    ordered = sorted(cases, key=lambda case: (case.sort_value, results.rank(case.implementation)))
    rows = [Bar(results.implementations[case.implementation], case.implementation, case.spread, title_of(case),
                others.get(case.implementation)) for case in ordered]
    unit = cases[0].unit if cases else ""
    return Bars(title, x_title, unit, [Group("", rows)] if rows else []).draw()


def grouped(title, x_title, results, cases, label):
    """A group of bars for each implementation, in the order of the groups' first; label: of a case."""
    by_name = {}
    for case in sorted(cases, key=lambda case: case.idle):
        by_name.setdefault(case.implementation, []).append(case)
    if all(len(own) == 1 for own in by_name.values()):
        return of_cases(title, x_title, results, cases)
    groups = []
    for name, own in sorted(by_name.items(), key=lambda item: (item[1][0].sort_value, results.rank(item[0]))):
        groups.append(Group(name, [Bar(results.implementations[name], label(case), case.spread, title_of(case))
                                   for case in own]))
    return Bars(title, x_title, cases[0].unit if cases else "", groups).draw()


def ratios(title, x_title, results, cases, label, bound):
    """How many times its limit each case is."""
    rows = [Bar(results.implementations[case.implementation], label(case), case.limits[0].ratio, title_of(case))
            for case in cases if case.limits]
    return Bars(title, x_title, "×", [Group("", rows)] if rows else [], bound).draw()
