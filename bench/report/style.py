# SPDX-License-Identifier: Apache-2.0
"""The page's style sheet: light and dark, wide and narrow."""
import marks

SHEET = """
:root { color-scheme: light dark; --page: #fff; --text: #1c2129; --soft: #59636e; --rule: #d5dae1; --grid: #dfe3e8;
  --faint: #eff1f4; --tint: #fff4ea; --good: #0b6b3a; --bad: #b42318; --link: #0a58b8; LIGHT }
@media (prefers-color-scheme: dark) {
  :root { --page: #14181d; --text: #e4e8ed; --soft: #9da7b3; --rule: #363e49; --grid: #2d343e; --faint: #21272f;
    --tint: #2a2019; --good: #58c98b; --bad: #ff8b7e; --link: #79b4ff; DARK } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--text); line-height: 1.5;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
main { max-width: 70rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .6rem; }
h2 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 .5rem; }
h3 { font-size: 1.08rem; margin: 2rem 0 .6rem; }
h4 { font-size: 1rem; margin: 1.2rem 0 .4rem; }
section { margin-top: 3rem; padding-top: 1.4rem; border-top: 1px solid var(--rule); scroll-margin-top: .5rem; }
p { max-width: 46rem; margin: .5rem 0; }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: 2px; }
code, pre { font-family: ui-monospace, "Cascadia Mono", Menlo, "DejaVu Sans Mono", monospace; font-size: .88em; }
pre { background: var(--faint); padding: .7rem .9rem; border-radius: 6px; overflow-x: auto; }
code { overflow-wrap: anywhere; }
small, .where, figcaption { color: var(--soft); font-size: .85rem; }
.measured { font-size: 1.05rem; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 1rem 0; font-size: .92rem; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; min-width: 0; }
.warning { border-left: 4px solid var(--bad); padding: .5rem .9rem; background: var(--faint); }
.good { color: var(--good); font-weight: 600; white-space: nowrap; }
.bad { color: var(--bad); font-weight: 600; white-space: nowrap; }
nav ol { columns: 17rem; column-gap: 2rem; margin: .3rem 0; padding-left: 1.6rem; }
nav li { margin: .15rem 0; break-inside: avoid; }
figure { margin: .6rem 0 1rem; }
summary { cursor: pointer; padding: .4rem 0; color: var(--link); }
details { margin: .6rem 0; }
li { margin: .2rem 0; }

.scroll { overflow-x: auto; margin: .8rem 0; }
table { border-collapse: collapse; font-size: .86rem; font-variant-numeric: tabular-nums; line-height: 1.35; }
.caption { color: var(--soft); font-size: .85rem; margin: 1.2rem 0 -.4rem; max-width: none; }
.caption b { color: var(--text); }
th, td { padding: .35rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--rule); }
thead th { color: var(--soft); font-weight: 600; white-space: nowrap; border-bottom-width: 2px; }
tbody th { font-weight: 500; }
td small, th small { display: block; font-size: .78rem; white-space: nowrap; }
td b { font-weight: 500; white-space: nowrap; }
.pivot td, .pivot thead th, .numbers td, .numbers thead th + th { text-align: right; }
.pivot tbody th { position: sticky; left: 0; background: var(--page); white-space: nowrap; }
.pivot td.best b { font-weight: 800; text-decoration: underline; text-underline-offset: 3px; }
tr.ours > *, tr.ours > th { background: var(--tint); }
tr.limit b, tr.limit th { color: var(--soft); }
.who { white-space: nowrap; }
.who.ours, .legend .ours { font-weight: 700; }
.swatch { width: 28px; height: 14px; vertical-align: -2px; margin-right: .4rem; overflow: visible; }

.figure { display: block; width: 100%; max-width: 64rem; height: auto; margin: .6rem 0 1.2rem; overflow: visible; }
.narrow { display: none; }
svg text { fill: var(--text); font-size: 12.5px; }
svg .tick, svg .value { font-size: 12px; font-variant-numeric: tabular-nums; }
svg .tick, svg .title { fill: var(--soft); }
svg .title { font-size: 12.5px; }
.ours { color: var(--ours); }
.limit { color: var(--limit); }
COLOURS
tr.ours, tr.limit, li.ours, li.limit, .who.ours, .who.limit { color: inherit; }
svg .ours .name, svg .name.ours { font-weight: 700; }
svg .limit .name, svg .limit .value, svg .name.limit { fill: var(--soft); }
.grid { stroke: var(--grid); }
.grid.faint { stroke: var(--faint); }
.curve { fill: none; stroke: currentColor; stroke-width: 1.7; stroke-linejoin: round; }
.ours .curve { stroke-width: 3.4; }
.limit .curve { stroke-dasharray: 7 4; }
.limit.dash-1 .curve { stroke-dasharray: 2 3; }
.limit.dash-2 .curve { stroke-dasharray: 9 3 2 3; }
.band { fill: currentColor; opacity: .2; }
.ours[class*="peer-"] .curve { stroke-width: 2; }
.ours[class*="peer-"] .band { opacity: .12; }
svg .ours[class*="peer-"] .name { font-weight: 400; }
.whisker { stroke: currentColor; stroke-width: 1.2; }
.whisker.thick { stroke-width: 3; opacity: .75; }
.leader { fill: none; stroke: currentColor; stroke-width: .9; stroke-dasharray: 1 2.5; }
.beyond { stroke: currentColor; stroke-width: 1.6; }
.bar { fill: currentColor; opacity: .32; }
.ours .bar { opacity: .6; }
.limit .bar { fill: none; stroke: currentColor; stroke-dasharray: 4 3; opacity: 1; }
.bound { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 6 3; }
.heap { fill: var(--soft); }
.heap.thrown { opacity: .4; }
.filled { fill: currentColor; stroke: var(--page); stroke-width: .8; }
.hollow { fill: var(--page); stroke: currentColor; stroke-width: 1.6; }
.open { fill: none; stroke: currentColor; stroke-width: 2; }
.legend { list-style: none; margin: 0 0 1rem; padding: 0; columns: 11rem; font-size: .85rem; }
.legend li { break-inside: avoid; padding-left: 34px; text-indent: -34px; }
.legend .limit { color: var(--soft); }

@media (max-width: 760px) {
  .wide { display: none; }
  .narrow { display: block; }
  svg.narrow { max-width: 520px; }
  h1 { font-size: 1.5rem; }
  h2 { font-size: 1.25rem; }
  main { padding: 1rem .75rem 3rem; }
  .facts { grid-template-columns: 1fr; }
  .facts dd { margin-bottom: .4rem; }
  th, td { padding: .3rem .45rem; }
  .pivot tbody th { white-space: normal; min-width: 7.5rem; max-width: 9rem; }
  .pivot .who { white-space: normal; }
  svg .name { font-size: 11.5px; }
  .flat, .flat tbody { display: block; }
  .flat thead { display: none; }
  .flat tr { display: grid; grid-template-columns: 1fr 1fr 1fr; padding: .4rem 0;
    border-bottom: 1px solid var(--rule); }
  .flat th { grid-column: 1 / -1; }
  .flat.prose td { grid-column: 1 / -1; }
  .flat td, .flat th { border: 0; padding: .15rem .2rem; }
  .flat td::before { content: attr(data-head); display: block; color: var(--soft); font-size: .78rem; }
  .flat .who { white-space: normal; }
}
@media print { details { display: block; } section { break-inside: auto; } }
"""


def sheet():
    def values(which):
        return " ".join(f"--{name}: {pair[which]};" for name, pair in marks.COLOURS.items())
    peers = "\n".join(f".{name} {{ color: var(--{name}); }}" for name in marks.COLOURS if name.startswith("peer"))
    return SHEET.replace("LIGHT", values(0)).replace("DARK", values(1)).replace("COLOURS", peers)
