# SPDX-License-Identifier: Apache-2.0
"""How an implementation looks: its marker and colour, the same in every figure; and SVG as text."""
import html
import math

RADIUS = 4.2


def star(points, inner):
    corners = []
    for i in range(2 * points):
        radius, angle = (inner if i % 2 else 1.15), math.pi * i / points
        corners.append((radius * math.sin(angle), -radius * math.cos(angle)))
    return corners


def polygon(corners, turn=0.0):
    return [(1.1 * math.sin(2 * math.pi * i / corners + turn), -1.1 * math.cos(2 * math.pi * i / corners + turn))
            for i in range(corners)]


CIRCLE = polygon(16)
SQUARE = [(-.88, -.88), (.88, -.88), (.88, .88), (-.88, .88)]
DIAMOND = [(0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)]
CROSS = [[(-.9, -.9), (.9, .9)], [(-.9, .9), (.9, -.9)]]
PLUS = [[(-1.15, 0), (1.15, 0)], [(0, -1.15), (0, 1.15)]]
BAR = [[(-1.1, 0), (1.1, 0)]]

# (style, lines): "filled" and "hollow" shapes are closed, "open" ones are strokes.
OURS = ("filled", [CIRCLE])
PEERS = (
    ("filled", [SQUARE]), ("filled", [polygon(3)]), ("filled", [DIAMOND]), ("filled", [polygon(3, math.pi)]),
    ("open", PLUS), ("open", CROSS), ("filled", [star(5, 0.5)]), ("filled", [polygon(5)]),
    ("hollow", [polygon(6)]), ("hollow", [CIRCLE]), ("hollow", [SQUARE]), ("hollow", [DIAMOND]),
)
LIMITS = (("open", BAR), ("hollow", [polygon(3)]), ("hollow", [DIAMOND]), ("hollow", [SQUARE]), ("open", CROSS),
          ("open", PLUS))

# For light and dark pages: distinguished by lightness too, for people who see few colours; ours is the only
# orange.
COLOURS = {
    "ours": ("#d14900", "#ff8f3f"),
    "peer-0": ("#0072b2", "#4fa8e8"), "peer-1": ("#2a9fd6", "#9adcff"), "peer-2": ("#00875f", "#2fc99a"),
    "peer-3": ("#b8578f", "#eda6cf"), "peer-4": ("#332288", "#a598ff"), "peer-5": ("#857a12", "#d6cb55"),
    "peer-6": ("#0b5d2a", "#77d98f"), "peer-7": ("#882255", "#e884b4"), "peer-8": ("#75502a", "#cfa87c"),
    "peer-9": ("#9a3fb5", "#dc9af0"), "peer-10": ("#1f6f78", "#74d3db"), "peer-11": ("#4b5563", "#b6c0cf"),
    "limit": ("#737a85", "#8f98a5"),
}
PEER_COLOURS = sum(name.startswith("peer") for name in COLOURS)


def colour(implementation):
    """The classes that colour what is drawn for it; limits differ in their dashes."""
    if implementation.kind == "peer":
        return f"peer peer-{implementation.number % PEER_COLOURS}"
    if implementation.kind == "ours" and implementation.number:  # several of ours side by side (growth.py)
        return f"ours peer-{(implementation.number - 1) % PEER_COLOURS}"
    return "ours" if implementation.kind == "ours" else f"limit dash-{implementation.number % 3}"


def shape(implementation):
    if implementation.kind == "ours":
        return PEERS[(implementation.number - 1) % len(PEERS)] if implementation.number else OURS
    shapes = PEERS if implementation.kind == "peer" else LIMITS
    return shapes[implementation.number % len(shapes)]


def element(tag, content=None, **attributes):
    named = "".join(f' {key.rstrip("_").replace("_", "-")}="{html.escape(plain(value))}"'
                    for key, value in attributes.items() if value is not None)
    return f"<{tag}{named}/>" if content is None else f"<{tag}{named}>{content}</{tag}>"


def plain(value):
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def text(x, y, words, **attributes):
    return element("text", html.escape(words), x=float(x), y=float(y), **attributes)


def line(x1, y1, x2, y2, **attributes):
    return element("line", x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2), **attributes)


def path(points, **attributes):
    steps = "L".join(f"{plain(float(x))} {plain(float(y))}" for x, y in points)
    return element("path", d=f"M{steps}", **attributes)


def marker(implementation, x, y, title=""):
    style, lines = shape(implementation)
    size = RADIUS * (1.2 if implementation.kind == "ours" else 1)
    end = "" if style == "open" else "Z"
    steps = "".join("M" + "L".join(f"{plain(x + size * dx)} {plain(y + size * dy)}" for dx, dy in corners) + end
                    for corners in lines)
    return element("path", element("title", html.escape(title)) if title else None, d=steps, class_=style)


def swatch(implementation):
    """The marker on its line, to stand beside a name in text."""
    drawn = line(1, 7, 27, 7, class_="curve") + marker(implementation, 14.0, 7.0)
    return element("svg", element("g", drawn, class_=colour(implementation)), class_="swatch", viewBox="0 0 28 14",
                   aria_hidden="true")
