# SPDX-License-Identifier: Apache-2.0
"""Figures as people read them: three digits and a unit."""

TIMES = ((1, "ns"), (1e3, "µs"), (1e6, "ms"), (1e9, "s"))
SCALES = {
    "ns": TIMES,
    "ms": tuple((factor / 1e6, unit) for factor, unit in TIMES),
    "B/s": ((1, "B/s"), (1e3, "kB/s"), (1e6, "MB/s"), (1e9, "GB/s")),
    "items/s": ((1, "/s"), (1e3, "k/s"), (1e6, "M/s"), (1e9, "G/s")),
    "KiB": ((1, "KiB"), (1024, "MiB"), (1024 * 1024, "GiB")),
    "fraction": ((0.01, "%"),),
    "messages": ((1, ""),),
}


def scale_of(value, unit):
    """The factor and the name of the unit in which the value has one to three digits before its point."""
    scales = SCALES.get(unit, ((1, unit),))
    fitting = [scale for scale in scales if abs(value) >= scale[0] * 0.9995]
    return fitting[-1] if fitting else scales[0]


def digits(value):
    if float(value).is_integer():
        return f"{value:,.0f}".replace(",", "\u202f")
    for below, places in ((0.0995, 3), (9.995, 2), (99.95, 1)):
        if abs(value) < below:
            return f"{value:.{places}f}"
    return f"{value:,.0f}".replace(",", "\u202f")


def value(number, unit):
    if unit == "×":
        return ratio(number)
    factor, name = scale_of(number, unit)
    return f"{digits(number / factor)} {name}".strip().replace(" ", "\u00a0")


def span(spread, unit):
    """From min to max, in the median's unit where that is readable; empty when all runs gave the same."""
    factor, _ = scale_of(spread.median, unit)
    ends = spread.min / factor, spread.max / factor
    low, high = map(digits, ends)
    if low == high:
        return ""
    if any(end and not 0.0995 <= abs(end) < 9999.5 for end in ends):
        low, high = value(spread.min, unit), value(spread.max, unit)
    return f"{low} to {high}"


def ratio(number):
    return f"{hundredths(number)}×"


def ratio_span(spread):
    return f"{hundredths(spread.min)} to {hundredths(spread.max)}"


def hundredths(number):
    if number < 0.0995:
        return f"{number:.4f}".rstrip("0").rstrip(".")
    return f"{number:.2f}" if number < 9.995 else digits(number)


def size(count):
    for factor, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if count >= factor:
            return f"{digits(count / factor)}\u00a0{name}"
    return f"{count}\u00a0B"


def power(count):
    """1000 as 10³; what is no power of ten as it is."""
    zeros = len(str(count)) - 1
    if count < 1000 or count != 10 ** zeros:
        return digits(count)
    return "10" + str(zeros).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def rate(hertz):
    for factor, name in ((1e6, "MHz"), (1e3, "kHz")):
        if hertz >= factor:
            return f"{digits(hertz / factor)}\u00a0{name}"
    return f"{digits(hertz)}\u00a0Hz"
