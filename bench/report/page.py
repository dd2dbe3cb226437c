# SPDX-License-Identifier: Apache-2.0
"""The page: its head and foot, and the sections between them in their order."""
import datetime

import questions
import style
import tables
import units
import verdict
from marks import element
from results import number


def page(results):
    title = f"{verdict.ours(results)} beside its limits and its peers"
    asked = questions.asked(results)
    body = [head(results, title), contents(results, asked), verdict.behind(results), verdict.bars(results),
            verdict.placements(results)]
    body += [questions.section(results, question) for question in asked]
    body += [implementations(results), failures(results), repeat(results)]
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{tables.escape(title)}</title>
<style>{style.sheet()}</style>
</head>
<body>
<main>
{chr(10).join(body)}
</main>
</body>
</html>
"""


def head(results, title):
    facts = [(name, value) for name, value in facts_of(results) if value]
    listed = "".join(element("dt", name) + element("dd", value) for name, value in facts)
    parts = [element("h1", tables.escape(title)), element("dl", listed, class_="facts")]
    if results.raw.get("quick"):
        parts.append(element("p", "<b>A quick run:</b> few rounds. It shows that everything works, not which transport is faster.",
                             class_="warning"))
    return element("header", "".join(parts))


def facts_of(results):
    raw = results.raw
    yield "Machine", machine(results.of("machine"))
    yield "Date", f"{date(raw.get('date'))}{took(raw)}"
    yield "Command", element("code", tables.escape(raw["command"])) if raw.get("command") else ""
    yield "Built", tables.escape(joined(results.of("build"), "{compiler}", "{flags}", "libshm {libshm}"))
    yield "Pinned", tables.escape(joined(results.of("pinning"), "sender to processor {sender}",
                                         "receivers to {receivers}", "daemons: {daemons}"))
    yield "Clock", clock(results.of("clock"))
    yield "In short", summary(results)


def joined(values, *pieces):
    """The pieces, "words {key}", whose values are there."""
    keys = (piece.partition("{")[2].partition("}")[0] for piece in pieces)
    return ", ".join(piece.format_map(values) for piece, key in zip(pieces, keys) if values.get(key) not in (None, ""))


def machine(values):
    words = joined(values, "{processor}", "{processors} processors", "{memory_gib} GiB of memory", "{kernel}")
    if values.get("hypervisor"):
        words += ", virtual (under a hypervisor)"
    return tables.escape(words)


def date(written):
    try:
        when = datetime.datetime.fromisoformat(str(written).replace("Z", "+00:00"))
    except ValueError:
        return tables.escape(written or "")
    return f"{when.day} {when:%B %Y, %H:%M} {when.tzname() or ''}".strip()


def took(raw):
    seconds, rounds = number(raw.get("took_s")), number(raw.get("rounds"))
    parts = [f"{rounds:g} rounds"] if rounds else []
    if seconds:
        parts.append(f"took {seconds / 60:.0f} minutes" if seconds >= 120 else f"took {seconds:.0f} seconds")
    if raw.get("stopped"):
        parts.append("the time was up before all was measured")
    return f" ({', '.join(parts)})" if parts else ""


def clock(values):
    cost = number(values.get("cost_ns"))
    words = tables.escape(values.get("source", ""))
    return words + (f", a reading costs {units.value(cost, 'ns')}" if cost is not None else "")


def summary(results):
    bars = results.rows("bars")
    missing = [one.name for one in results.implementations.values() if one.missing]
    parts = [f'<a href="#behind">a peer is ahead in {len(results.rows("lost"))} of {verdict.compared(results)} '
             "comparisons</a>",
             f'<a href="#bars">{sum(bool(row.get("met")) for row in bars)} of {len(bars)} bars are met</a>',
             f'<a href="#failures">failures: {len(results.rows("failures"))}</a>',
             f'<a href="#implementations">implementations skipped: {len(missing)}</a>']
    return "; ".join(parts)


def contents(results, asked):
    entries = [("behind", f"Where {verdict.ours(results)} is behind"), ("bars", "The bars"),
               ("placements", "Where the processors were")]
    entries += [(question.id, question.title) for question in asked]
    entries += [("implementations", "What was compared"), ("failures", "What failed"), ("repeat", "How to repeat it")]
    items = "".join(element("li", element("a", tables.escape(title), href=f"#{anchor}")) for anchor, title in entries)
    return element("nav", element("ol", items), aria_label="Contents")


KINDS = {"ours": "", "limit": "a limit: what the machine allows, without what a stream promises", "peer": ""}


def implementations(results):
    rows = []
    for name in results.in_order(results.implementations):
        one = results.implementations[name]
        how = tables.escape(one.how) + (element("small", KINDS[one.kind]) if KINDS[one.kind] else "")
        if one.missing:
            how = element("span", "Skipped: ", class_="bad") + tables.escape(one.missing) + how
        rows.append([tables.named(results, name), tables.escape(one.version), how])
    parts = [element("h2", "What was compared"),
             element("p", "Each with the calls and options that its own documentation gives for this use."),
             tables.plain(("", "version", "how it is used"), rows, "flat prose")]
    return element("section", "".join(parts), id="implementations")


def failures(results):
    rows = questions.failures(results.rows("failures"))
    rows += [f"{tables.escape(row.get('implementation'))}, {tables.escape(row.get('name'))}, "
             f"{tables.escape(row.get('metric'))}: no value" for row in results.without_value]
    content = element("ul", "".join(element("li", row) for row in rows)) if rows else element("p", "Nothing.")
    return element("section", element("h2", "What failed") + content, id="failures")


def repeat(results):
    command = results.raw.get("command")
    this_run = f"\n{tables.escape(command)}   # this run" if command else ""
    words = ("On a bare Debian 12, in the source tree; it installs what is missing, builds, measures and writes this "
             "page. Nothing else should run meanwhile.")
    drawing = ("To draw this page again from the figures: "
               "<code>python3 bench/report/report.py RESULTS.json REPORT.html</code>. The file of figures holds every "
               "probe and every case.")
    parts = [element("h2", "How to repeat it"), element("p", words), element("pre", f"./run bench{this_run}"),
             element("p", drawing)]
    return element("section", "".join(parts), id="repeat")
