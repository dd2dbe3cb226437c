# SPDX-License-Identifier: Apache-2.0
"""Axes: where a value lies, and which values are written beside it."""
import math
from dataclasses import dataclass

import units

LOGARITHMIC_FROM = 12  # largest to smallest value: below, an axis begins at 0


@dataclass(frozen=True)
class Axis:
    """From low at pixel start to high at pixel end."""
    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def at(self, value):
        if not self.logarithmic:
            part = (value - self.low) / (self.high - self.low)
        elif value <= self.low:
            part = 0
        else:
            part = math.log(value / self.low) / math.log(self.high / self.low)
        return self.start + min(max(part, 0), 1) * (self.end - self.start)

    def ticks(self, unit, most=9):
        """(value, label); no label: a thinner line of the grid."""
        if not self.logarithmic:
            return [(value, units.value(value, unit)) for value in steps(self.low, self.high, most)]
        values = binary(self.low, self.high) if unit == "KiB" else decades(self.low, self.high, most)
        return [(value, units.value(value, unit) if named else "") for value, named in values]


def fitting(values, start, end, logarithmic=None):
    """An axis that holds the values; logarithmic where they span more than a decade, if nothing else is said."""
    positive = [value for value in values if value > 0] or [1.0]
    low, high = min(positive), max(positive)
    if logarithmic is None:
        logarithmic = high / low > LOGARITHMIC_FROM
    if not logarithmic:
        return Axis(0.0, high * 1.06, start, end)
    low = rounded_down(low / 1.12)
    return Axis(low, max(high * 1.25, low * 4), start, end, True)


def rounded_down(value):
    decade = 10.0 ** math.floor(math.log10(value))
    return max(step for step in (1, 2, 5) if step * decade <= value * 1.000001 or step == 1) * decade


def decades(low, high, most):
    """Powers of ten are named; 2 and 5 too where there is room."""
    values = []
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    between = 3 * len(exponents) <= most + 3
    for exponent in exponents:
        for digit in (1, 2, 5):
            value = digit * 10.0 ** exponent
            if low * 0.999 <= value <= high * 1.001:
                values.append((value, digit == 1 or between))
    return values


def binary(low, high):
    """1, 10, 100 KiB, 1 MiB and so on."""
    ladder = (digit * 1024 ** power for power in range(-2, 4) for digit in (1, 10, 100))
    return [(value, True) for value in ladder if low * 0.999 <= value <= high * 1.001]


def steps(low, high, most):
    rough = (high - low) / most
    decade = 10.0 ** math.floor(math.log10(rough))
    step = next(step * decade for step in (1, 2, 5, 10) if step * decade >= rough)
    return [step * i for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


def spread_out(wanted, gap, low, high):
    """Places near the wanted ones, in their order, at least a gap apart: neighbours that are too close share theirs."""
    groups = []  # [sum of the wanted places, members]
    for place in sorted(wanted):
        groups.append([place, 1])
        while len(groups) > 1 and end_of(groups[-2], gap) > first_of(groups[-1], gap):
            total, members = groups.pop()
            before, count = groups[-1]
            groups[-1] = [before + total, count + members]
    places = [first_of(group, gap) + gap * i for group in groups for i in range(group[1])]
    return kept_inside(places, gap, low, high)


def first_of(group, gap):
    total, members = group
    return total / members - gap * (members - 1) / 2


def end_of(group, gap):
    return first_of(group, gap) + gap * group[1]


def kept_inside(places, gap, low, high):
    for i, place in enumerate(places):
        places[i] = max(place, low if i == 0 else places[i - 1] + gap)
    for i in reversed(range(len(places))):
        places[i] = min(places[i], high if i == len(places) - 1 else places[i + 1] - gap)
    return places
