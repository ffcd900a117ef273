// Every colour is a variable with a light and a dark meaning. Text keeps 4.5 : 1 against what is
// behind it in both, signs keep 3 : 1; tests/browser/ measures it.

#include "cli/report_style.h"

namespace blip {

Literal report_style() {
  return R"css(
:root {
  color-scheme: light dark;
  --paper: #fcfbf9; --raised: #f4f2ee; --ink: #1c1e22; --soft: #585e69; --rule: #e2dfd9;
  --red: #b3261e; --amber: #8a5200; --blue: #2b5c8f;
  --life: #788da4; --series: #4d6f95; --area: #4d6f951f; --grid: #e9e6e0;
  --floor: #c2410c; --fan: #c2410c2b;
  --h1: #ad7a45; --h2: #b36a35; --h3: #b0461f; --h4: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15171b; --raised: #1d2025; --ink: #e8e6e1; --soft: #a4aab5; --rule: #2e323a;
    --red: #ff8a7e; --amber: #f0b35a; --blue: #92b9e3;
    --life: #5f7791; --series: #8fb2d9; --area: #8fb2d924; --grid: #262a31;
    --floor: #ff9d5c; --fan: #ff9d5c30;
    --h1: #8d6e4e; --h2: #b07a48; --h3: #e0884f; --h4: #ff8a7e;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 3.5rem clamp(1rem, 4vw, 2.5rem) 4rem; max-width: 72rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans",
    "Liberation Sans", Arial, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: break-word;
}
h1, h2, h3, p, ul, dl, figure, dd { margin: 0; padding: 0; }
h1 {
  max-width: 26em; font-size: clamp(1.7rem, 1.2rem + 2.2vw, 2.6rem); line-height: 1.18;
  font-weight: 650; letter-spacing: -0.022em; text-wrap: balance; overflow-wrap: anywhere;
}
h2 { font-size: 1.3rem; line-height: 1.3; font-weight: 650; letter-spacing: -0.012em; }
h3 { font-size: 1rem; line-height: 1.45; font-weight: 600; overflow-wrap: anywhere; }
code, .mono {
  font-family: ui-monospace, "SF Mono", SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono",
    "Liberation Mono", monospace;
  font-size: 0.86em;
}
a { color: var(--blue); text-underline-offset: 0.18em; text-decoration-thickness: 0.06em; }
:focus-visible { outline: 2px solid var(--blue); outline-offset: 3px; border-radius: 3px; }
.skip { position: absolute; left: -999rem; }
.skip:focus { position: static; }
.about {
  display: flex; flex-wrap: wrap; gap: 0.2rem 1.2rem; margin-bottom: 2.2rem;
  color: var(--soft); font-size: 0.9rem;
}
.about b { color: var(--ink); font-weight: 650; letter-spacing: -0.01em; }
.lede { max-width: 46em; margin-top: 1.2rem; font-size: 1.1rem; line-height: 1.5; }
.lede p { color: var(--soft); }
.lede p + p { margin-top: 0.3rem; }
.figures {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(8.2rem, 1fr)); gap: 1.4rem 1.6rem;
  margin-top: 2.4rem; padding: 1.5rem 0 1.4rem; border: solid var(--rule); border-width: 1px 0;
}
.figures li { list-style: none; font-size: 0.92rem; line-height: 1.35; }
.figures b {
  display: block; font-size: 2.1rem; line-height: 1.2; font-weight: 600; letter-spacing: -0.03em;
}
.figures small { display: block; color: var(--soft); font-size: 0.86rem; }
section { margin-top: 4rem; }
section > p { max-width: 44em; margin-top: 0.35rem; color: var(--soft); }
.findings { margin-top: 1.4rem; list-style: none; }
.findings > li {
  display: grid; grid-template-columns: 1.7rem 1fr; padding: 1rem 0 1.05rem;
  border-top: 1px solid var(--rule);
}
.findings > li:last-child { border-bottom: 1px solid var(--rule); }
.findings .mark-word { line-height: 1.45; }
.findings p { color: var(--soft); font-size: 0.95rem; overflow-wrap: anywhere; }
.findings p.dig { margin-top: 0.3rem; }
.critical, .error { color: var(--red); }
.warning { color: var(--amber); }
.info { color: var(--soft); }
.silent-word { color: var(--red); font-weight: 600; }
.legend {
  display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; margin-top: 0.9rem; list-style: none;
  color: var(--soft); font-size: 0.9rem;
}
.legend li { display: flex; align-items: center; gap: 0.45rem; }
figure { margin-top: 1.5rem; }
figcaption { margin-top: 0.35rem; color: var(--soft); font-size: 0.86rem; }
.scroll { overflow-x: auto; }
.rise { margin-top: 2.2rem; }
.rise p { color: var(--soft); font-size: 0.95rem; }
.chart { display: block; width: 100%; min-width: 46rem; height: auto; overflow: visible; }
.chart text { fill: var(--soft); font-size: 12px; }
.chart .name { fill: var(--ink); font-size: 13.5px; font-weight: 600; }
.chart .note { font-size: 11.5px; }
.chart .tick { text-anchor: middle; font-size: 11.5px; }
.chart .tick.end { text-anchor: end; }
.chart .grid { stroke: var(--grid); }
.chart .base, .chart .rest { stroke: var(--rule); }
.chart .life { fill: var(--life); }
.chart .tail { opacity: 0.55; }
.mark { stroke: var(--paper); stroke-width: 1.4; paint-order: stroke; }
.mark.silent { fill: none; stroke: var(--red); stroke-width: 2.4; stroke-linecap: round; }
.mark.unplanned { fill: var(--red); }
.mark.unknown { fill: var(--paper); stroke: var(--amber); stroke-width: 1.8; }
.mark.planned { fill: var(--paper); stroke: var(--blue); stroke-width: 1.8; }
.chart .mark .many {
  fill: var(--soft); stroke: none; font-size: 10px; text-anchor: middle;
}
.chart .moment path { fill: var(--soft); }
.chart .moment-line { stroke: var(--soft); stroke-dasharray: 1.5 3.5; }
.chart .area { fill: var(--area); }
.chart .series {
  fill: none; stroke: var(--series); stroke-width: 1.2; stroke-linejoin: round;
}
.chart .floor { stroke: var(--floor); stroke-width: 1.7; stroke-linecap: round; }
.chart .limit { stroke: var(--soft); stroke-dasharray: 6 4; }
.chart .limit-name { fill: var(--ink); stroke: var(--paper); stroke-width: 4px; paint-order: stroke; }
.chart .fan { fill: var(--fan); }
.chart .forecast { stroke: var(--floor); stroke-width: 1.8; stroke-dasharray: 3 3; }
.chart .meets { fill: var(--floor); }
.chart .h1 { fill: var(--h1); }
.chart .h2 { fill: var(--h2); }
.chart .h3 { fill: var(--h3); }
.chart .h4 { fill: var(--h4); }
.sign { width: 1rem; height: 1rem; flex: none; vertical-align: -0.17em; }
table { width: 100%; border-collapse: collapse; font-size: 0.92rem; line-height: 1.45; }
th { font-weight: 600; text-align: left; }
thead th { color: var(--soft); font-size: 0.82rem; font-weight: 600; white-space: nowrap; }
th, td { padding: 0.5rem 1rem 0.5rem 0; vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
.events { margin-top: 1.2rem; min-width: 46rem; }
.events > tbody { border-top: 1px solid var(--rule); }
.events > tbody:last-child { border-bottom: 1px solid var(--rule); }
.events > tbody:target { background: var(--raised); }
.events .time { white-space: nowrap; font-weight: 400; }
.events .kind { white-space: nowrap; }
.events .what { overflow-wrap: anywhere; }
.events .what small { display: block; color: var(--soft); font-size: 0.92em; }
.events tr:first-child > * { padding-bottom: 0.15rem; }
.events .more > td { padding: 0 0 0.5rem; }
.num { text-align: right; white-space: nowrap; }
.right { text-align: right; }
details > summary {
  width: fit-content; padding: 0.1rem 0; color: var(--soft); font-size: 0.88rem; cursor: pointer;
}
details > summary:hover { color: var(--ink); }
details[open] > summary { margin-bottom: 0.4rem; }
.evidence { padding: 0.9rem 1.1rem 1rem; background: var(--raised); border-radius: 8px; }
.evidence table { font-size: 0.95em; }
.evidence th, .evidence td { padding: 0.22rem 1.2rem 0.22rem 0; }
.evidence th:first-child, .evidence td:first-child { width: 1%; }
.evidence td { overflow-wrap: anywhere; }
.evidence th { min-width: 4rem; }
.evidence td.mono { overflow-wrap: anywhere; }
.evidence p { margin-top: 0.6rem; font-size: 0.9rem; color: var(--soft); overflow-wrap: anywhere; }
.evidence code, .evidence .plain { color: var(--ink); }
footer {
  margin-top: 4.5rem; padding-top: 1.4rem; border-top: 1px solid var(--rule); color: var(--soft);
  font-size: 0.9rem;
}
footer p + p { margin-top: 0.4rem; }
@media print {
  :root {
    --paper: #fff; --raised: #f6f5f3; --ink: #000; --soft: #444; --rule: #ccc; --grid: #e6e6e6;
    --red: #a01810; --amber: #7a4700; --blue: #20476f; --life: #7d90a5; --series: #3c5c80;
    --area: #3c5c801f; --floor: #a01810; --fan: #a018102b;
    --h1: #ad7a45; --h2: #b36a35; --h3: #b0461f; --h4: #a01810;
  }
  @page { margin: 15mm; }
  html { font-size: 9.5pt; }
  body { max-width: none; padding: 0; }
  section { margin-top: 2rem; }
  .chart, .events { min-width: 0; }
  .chart .tick { font-size: 14px; }
  .scroll { overflow: visible; }
  h2, h3 { break-after: avoid; }
  figure, .findings > li, .events > tbody { break-inside: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
)css";
}

}  // namespace blip
