# SPDX-License-Identifier: Apache-2.0
"""Figures with lines: over sizes, numbers of receivers, percentiles. Each is drawn twice, for screens and phones."""
import html
import math
from dataclasses import dataclass

import axes
import marks
import units
from marks import element, line, path, text
from results import Implementation, Spread

LABEL_GAP = 16


@dataclass(frozen=True)
class Point:
    x: float
    spread: Spread
    title: str = ""  # empty: no marker


@dataclass(frozen=True)
class Series:
    implementation: Implementation
    points: list
    remark: str = ""


@dataclass(frozen=True)
class Lines:
    """x is where a point lies, evenly; x_ticks are the labels there."""
    title: str
    x_title: str
    y_title: str
    x_ticks: list
    unit: str
    series: list

    def draw(self):
        if not self.series:
            return ""
        height = max(420, 60 + LABEL_GAP * len(self.series))
        return (self.picture("wide", 960, height, right=self.label_width())
                + self.picture("narrow", 380, 360, right=10) + self.legend())

    def label_width(self):
        return 40 + 7 * max(len(name_of(one)) for one in self.series)

    def picture(self, css, width, height, right):
        is_wide = css == "wide"
        left, top, bottom = (64 if is_wide else 54), 26, 42
        across = self.across(left + 10, width - right - 12)
        up = axes.fitting([value for one in self.series for point in one.points
                           for value in (point.spread.min, point.spread.max)], height - bottom, top, logarithmic=True)
        parts = [text(0, 13, self.y_title, class_="title"),
                 text((left + width - right) / 2, height - 5, self.x_title, class_="title", text_anchor="middle")]
        parts += self.grid(across, up, left, width - right)
        order = sorted(self.series, key=lambda one: ("limit", "peer", "ours").index(one.implementation.kind))
        parts += [drawn(one, across, up, is_wide) for one in order]
        if is_wide:
            parts += self.labels(across, up, width - right + 2, top, height - bottom)
        return element("svg", "".join(parts), class_=f"figure {css}", viewBox=f"0 0 {width} {height}", role="img",
                       aria_label=self.title)

    def across(self, start, end):
        places = [place for place, _ in self.x_ticks]
        places += [point.x for one in self.series for point in one.points]
        low, high = min(places), max(places)
        return axes.Axis(low, high if high > low else low + 1, start, end)

    def grid(self, across, up, left, right):
        parts = []
        for value, label in up.ticks(self.unit):
            y = up.at(value)
            parts.append(line(left, y, right, y, class_="grid" if label else "grid faint"))
            if label:
                parts.append(text(left - 6, y + 4, label, class_="tick", text_anchor="end"))
        free_from = -math.inf
        for place, label in self.x_ticks:
            x, half = across.at(place), len(label) * 3.9
            parts.append(line(x, up.end, x, up.start, class_="grid faint"))
            if x - half >= free_from:
                parts.append(text(x, up.start + 17, label, class_="tick", text_anchor="middle"))
                free_from = x + half + 4
        return parts

    def labels(self, across, up, x, top, bottom):
        """Names beside the ends of the lines."""
        by_height = sorted(self.series, key=lambda one: up.at(one.points[-1].spread.median))
        wanted = [up.at(one.points[-1].spread.median) for one in by_height]
        places = axes.spread_out(wanted, LABEL_GAP, top, bottom)
        parts = []
        for one, end, place in zip(by_height, wanted, places):
            leader = [(across.at(one.points[-1].x) + 7, end), (x - 6, end), (x + 8, place), (x + 14, place)]
            words = text(x + 28, place + 4, name_of(one), class_="name")
            mark = marks.marker(one.implementation, x + 20.0, place)
            parts.append(element("g", path(leader, class_="leader") + mark + words,
                                 class_=marks.colour(one.implementation)))
        return parts

    def legend(self):
        """For phones: the lines' names, from the top of the figure to its bottom."""
        order = sorted(self.series, key=lambda one: -one.points[-1].spread.median)
        items = (element("li", marks.swatch(one.implementation) + html.escape(name_of(one)),
                         class_=one.implementation.kind) for one in order)
        return element("ul", "".join(items), class_="legend narrow")


def name_of(one):
    return one.implementation.name + (f" ({one.remark})" if one.remark else "")


def drawn(one, across, up, is_wide):
    places = [(across.at(point.x), point) for point in one.points]
    parts = []
    if one.implementation.kind == "ours":
        upper = [(x, up.at(point.spread.max)) for x, point in places]
        lower = [(x, up.at(point.spread.min)) for x, point in reversed(places)]
        parts.append(path(upper + lower, class_="band"))
    parts.append(path([(x, up.at(point.spread.median)) for x, point in places], class_="curve"))
    for x, point in places:
        low, high = up.at(point.spread.min), up.at(point.spread.max)
        if low - high > 2:
            parts.append(line(x, low, x, high, class_="whisker"))
        if point.title:
            parts.append(marks.marker(one.implementation, x, up.at(point.spread.median), point.title * is_wide))
    return element("g", "".join(parts), class_=marks.colour(one.implementation))


def by_bytes(title, y_title, results, cases):
    ticks = [(math.log2(count), units.size(count)) for count in sorted({case.bytes for case in cases}) if count]
    return by_number(title, y_title, "size of an item", results, cases, "bytes", ticks)


def by_receivers(title, y_title, results, cases):
    ticks = [(math.log2(count), str(count)) for count in sorted({case.receivers for case in cases}) if count]
    return by_number(title, y_title, "receivers", results, cases, "receivers", ticks)


def by_items(title, y_title, x_title, results, cases):
    ticks = [(math.log2(count), units.power(count)) for count in sorted({case.items for case in cases}) if count]
    return by_number(title, y_title, x_title, results, cases, "items", ticks)


def by_number(title, y_title, x_title, results, cases, attribute, ticks):
    series = []
    for name, own in of_each(results, cases):
        points = [Point(math.log2(getattr(case, attribute)), case.spread, title_of(case))
                  for case in sorted(own, key=lambda case: getattr(case, attribute)) if getattr(case, attribute)]
        if points:
            series.append(Series(results.implementations[name], points))
    return Lines(title, x_title, y_title, ticks, cases[0].unit if cases else "", series).draw()


def title_of(case):
    span = units.span(case.spread, case.unit)
    spread = f" ({span})" if span else ""
    return f"{case.implementation}, {case.name}: {units.value(case.spread.median, case.unit)}{spread}, {case.runs} runs"


def of_each(results, cases):
    for name in results.in_order({case.implementation for case in cases}):
        yield name, [case for case in cases if case.implementation == name]


PERCENTILES = (0, 50, 90, 99, 99.9, 99.99, 99.999)


def percentiles(title, y_title, results, cases, remarks):
    """The farther to the right the rarer: each decade of 1 / (1 - p) has the same width; 100 % is drawn at the edge."""
    shown = [case for case in cases if case.curve]
    rarest = max((depth(share) for case in shown for share, _ in case.curve if share < 100), default=0)
    edge = rarest
    ticks = [(depth(share), f"{share}\u00a0%") for share in PERCENTILES if depth(share) <= edge + 0.01]
    if edge - ticks[-1][0] > 0.25:
        ticks.append((edge, f"{100 - 100 / 10 ** edge:.4g}\u00a0%"))
    if any(share >= 100 for case in shown for share, _ in case.curve):
        edge += 0.6
        ticks.append((edge, "max"))
    series = []
    for name, own in of_each(results, shown):
        points = [curve_point(name, share, delay, case.unit, edge) for case in own for share, delay in case.curve]
        series.append(Series(results.implementations[name], points, remarks.get(name, "")))
    return Lines(title, "percentile of the messages", y_title, ticks, "ns", series).draw()


def depth(share):
    return -math.log10(1 - share / 100)


def curve_point(name, share, delay, unit, edge):
    is_marked = share >= 100 or any(abs(share - named) < (100 - named) * 0.02 for named in PERCENTILES)
    title = f"{name}, {share:g} %: {units.value(delay, unit)}" if is_marked else ""
    return Point(edge if share >= 100 else depth(share), Spread(delay, delay, delay), title)
