"""The style of a report: the page's light theme, for a screen and for paper."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light; --text: #131820; --text-2: #465060; --axis: #5f6b7b;
  --border: #dbe1e9; --grid: #e9edf2; --bg: #f4f6f9; --mean: #2b83bd; --max: #c0690a;
  --min: #14504a; --std: #4a12a0; --fifth: #b5316f; --bar: #4d9bd0; --warn: #8a5a00;
  --ok: #08693f; --err: #c22f2a; --accent: #0b63c5; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text); font: 13px/1.5 "Inter Variable",
  Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue",
  sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 1000px; margin: 0 auto; padding: 32px 30px 40px; }
header { margin-bottom: 20px; }
.kind { color: var(--text-2); font-size: 12px; letter-spacing: .04em; text-transform: uppercase; }
h1 { font-size: 26px; line-height: 1.25; margin: 4px 0 2px; font-weight: 600;
  overflow-wrap: anywhere; }
h2 { font-size: 16px; font-weight: 600; margin: 28px 0 10px; break-after: avoid; }
.place { font: 12px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  color: var(--text-2); overflow-wrap: anywhere; }
.params { font-size: 13px; margin-top: 6px; overflow-wrap: anywhere; }
.lead { font-size: 15px; margin: 14px 0 0; max-width: 74ch; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px;
  margin: 20px 0 12px; }
.card, figure, .panel { background: #fff; border: 1px solid var(--border); border-radius: 10px;
  break-inside: avoid; }
.card { padding: 11px 14px 10px; }
.card .name { font-size: 12px; font-weight: 500; color: var(--text-2); }
.card b { display: block; font-size: 22px; line-height: 1.35; font-weight: 600; }
.card span { font-size: 11px; color: var(--text-2); }
.card.warn b { color: var(--warn); }
.card.good b { color: var(--ok); }
.card.bad b { color: var(--err); }
.charts, .tags { display: flex; flex-wrap: wrap; gap: 12px; margin-bottom: 12px; }
figure { margin: 0; padding: 12px 14px 8px; flex: 1 1 100%; min-width: 0; }
figure.half { flex: 1 1 calc(50% - 6px); }
figure.small { flex: 0 1 calc((100% - 24px) / 3); padding: 9px 10px 5px; }
figcaption { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 8px;
  margin-bottom: 6px; }
figcaption strong { font-weight: 600; overflow-wrap: anywhere; }
figure.small strong { font-size: 12px; }
figure.small .sub { margin-left: auto; color: var(--text); }
.sub { color: var(--text-2); font-size: 12px; }
.legend { margin-left: auto; display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 12px;
  color: var(--text-2); }
.legend b { color: var(--text); font-weight: 500; }
.key i { display: inline-block; width: 16px; height: 0; margin-right: 6px; vertical-align: 4px;
  border-top: 2px solid var(--c, var(--mean)); }
.key i.area { height: 10px; border: 0; vertical-align: -1px; border-radius: 2px;
  background: var(--c); opacity: .25; }
.key i.inner.area { opacity: .4; }
.key i.dashed { border-top-style: dashed; }
.mean, .inner, .outer { --c: var(--mean); }
.max { --c: var(--max); }
.min { --c: var(--min); }
.std { --c: var(--std); }
.fifth { --c: var(--fifth); }
.median { --c: #0d5488; }
.count { --c: var(--bar); }
.run0 { --c: var(--mean); }
.run1 { --c: var(--max); }
.run2 { --c: var(--min); }
.run3 { --c: var(--std); }
.run4 { --c: var(--fifth); }
.run5 { --c: #4f4a14; }
.key i.dash1, .key i.dash3 { border-top-style: dashed; }
.key i.dash2 { border-top-style: dotted; }
svg .line.dash1 { stroke-dasharray: 7 3; }
svg .line.dash2 { stroke-dasharray: 2 3; }
svg .line.dash3 { stroke-dasharray: 9 3 2 3; }
svg .band.over { fill-opacity: .1; }
svg .line[class*="run"] { stroke-width: 1.6; }
.level { --c: var(--text-2); }
svg { display: block; width: 100%; height: auto; }
svg .line { fill: none; stroke: var(--c); stroke-width: 1; stroke-linejoin: round; }
svg .line.mean, svg .line.std, svg .line.median { stroke-width: 1.8; }
svg circle, svg .bar { fill: var(--c); }
svg .band { fill: var(--c); fill-opacity: .16; }
svg .band.inner { fill-opacity: .26; }
svg .band.outer { fill-opacity: .14; }
svg .grid { stroke: var(--grid); stroke-width: 1; fill: none; }
svg .base { stroke: #b4bfcd; stroke-width: 1; fill: none; }
svg .tick { fill: var(--axis); font-size: 11px; }
svg .note { fill: var(--axis); font-size: 11px; }
svg .upright { stroke: var(--c, var(--axis)); stroke-width: 1.3; stroke-dasharray: 4 3; }
svg .upright.attempt { --c: #98a4b3; }
svg .level { stroke: var(--text-2); stroke-width: 1.2; stroke-dasharray: 4 3; }
svg rect.amber { fill: #f2b544; fill-opacity: .3; }
svg .note.amber { fill: var(--warn); font-weight: 600; }
.panel { padding: 4px 14px 14px; margin-bottom: 12px; }
.panel h2 { margin: 22px 0 8px; }
.panel > h2:first-child { margin-top: 10px; }
.pair { columns: 2 320px; column-gap: 32px; }
.pair section { break-inside: avoid; padding-bottom: 10px; }
.scroll { overflow-x: auto; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
table { width: 100%; border-collapse: collapse; margin: 8px 0 4px; font-size: 12.5px; }
th { text-align: left; font-weight: 500; color: var(--text-2); font-size: 12px; }
th, td { padding: 4px 10px 4px 0; border-bottom: 1px solid var(--grid); vertical-align: top; }
th { border-bottom-color: var(--border); }
td { overflow-wrap: break-word; }
.files td:first-child, .facts td + td, .told td:last-child { overflow-wrap: anywhere;
  min-width: 14ch; }
.kinds td, .files td + td, .told td:first-child { white-space: nowrap; }
tr { break-inside: avoid; }
th.number, td.number { text-align: right; white-space: nowrap; padding-right: 20px; }
th:last-child, td:last-child { padding-right: 4px; }
.figures th + th, .figures td + td { text-align: right; }
.facts thead { display: none; }
.facts td:first-child { white-space: nowrap; color: var(--text-2); width: 1%;
  padding-right: 24px; }
.facts td + td, .files td:first-child { font-family: ui-monospace, Menlo, Consolas,
  "DejaVu Sans Mono", monospace; font-size: 11.5px; }
.compared th:first-child { white-space: normal; overflow-wrap: anywhere; min-width: 16ch;
  color: var(--text); }
.compared b { font-weight: 600; text-decoration: underline; text-decoration-thickness: 2px;
  text-underline-offset: 3px; }
.compared th.number, .compared td.number { padding-right: 14px; }
.compared small { display: block; font-size: 11px; color: var(--text-2); }
.compared small strong { font-weight: 600; color: var(--text); }
h3 { font-size: 13px; font-weight: 600; margin: 16px 0 4px; break-after: avoid; }
footer { margin-top: 26px; color: var(--text-2); font-size: 12px; max-width: 90ch; }
@media screen and (max-width: 719px) {
  main { padding: 18px 12px; }
  figure { overflow-x: auto; }
  figure.wide svg { min-width: 560px; }
  figure.half { flex-basis: 100%; }
  figure.small { flex-basis: calc(50% - 6px); }
  .legend { margin-left: 0; }
}
@page { margin: 14mm; }
@media print {
  body { background: #fff; font-size: 11px; print-color-adjust: exact;
    -webkit-print-color-adjust: exact; }
  main { padding: 0; max-width: none; }
  .cards { grid-template-columns: repeat(5, 1fr); gap: 8px; margin: 14px 0 8px; }
  .card { padding: 8px 10px; }
  .card b { font-size: 17px; }
  .card, figure, .panel { border-color: #cfd6df; }
  .charts, .tags { gap: 8px; }
  figure { padding: 8px 10px 5px; }
  .legend { gap: 2px 9px; font-size: 10px; }
  .sub { font-size: 10px; }
  table { font-size: 10.5px; margin: 4px 0; }
  th, td { padding-top: 2.5px; padding-bottom: 2.5px; }
  .pair { columns: 2; }
  .panel { break-inside: auto; }
  .compared { font-size: 9px; }
  .compared th { font-size: 9px; }
  .compared small { font-size: 8.5px; }
  .compared th.number, .compared td.number { padding-right: 6px; }
  .compared th:first-child { min-width: 10ch; }
  .scroll { overflow: visible; }
}
"""
