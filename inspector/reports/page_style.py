"""How the page looks: on light and dark screens, narrow ones, and on paper. Nothing of it is loaded from anywhere."""

import base64
import hashlib

STYLE = """
:root {
  color-scheme: light dark;
  --back: #f6f7f9; --card: #ffffff; --text: #1d2430; --soft: #5d6878; --line: #dfe3ea;
  --error: #b3261e; --warning: #8a5a00; --info: #1f5fa8; --good: #1c6b3c; --mark: #eef2f7;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #14171c; --card: #1c2129; --text: #e4e8ee; --soft: #98a3b3; --line: #2e3540;
    --error: #ff8a80; --warning: #e9b44c; --info: #82b4f5; --good: #7fd19b; --mark: #252b35;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--back); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
main { max-width: 68rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
h1 { overflow-wrap: anywhere; font-size: 1.7rem; line-height: 1.2; margin: 0 0 .3rem; letter-spacing: -.01em; }
h2 { font-size: 1.15rem; margin: 2.6rem 0 .8rem; }
h2 small, h3 small { color: var(--soft); font-weight: 400; font-size: .85em; margin-left: .4em; }
h3 { font-size: 1rem; margin: 0; }
p { margin: 0; }
a { color: inherit; text-decoration-color: var(--line); text-underline-offset: .2em; }
a:hover { text-decoration-color: currentColor; }
.soft { color: var(--soft); }
.lead { max-width: 48rem; margin: -.5rem 0 .9rem; color: var(--soft); }
.path, code { font: .88em/1.45 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.path { overflow-wrap: anywhere; }
bdi, td, dd, figcaption { white-space: pre-wrap; }
.tiles { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.6rem 0 0; padding: 0; list-style: none; }
.tiles li {
  flex: 1 1 8rem; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .7rem 1rem;
}
.tiles b { display: block; font-size: 1.5rem; line-height: 1.25; font-variant-numeric: tabular-nums; }
.error { color: var(--error); } .warning { color: var(--warning); } .info { color: var(--info); }
.good { color: var(--good); }
.card, article {
  background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: .9rem 1.1rem; margin: 0 0 .7rem;
}
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: .85rem; }
th, td { padding: .3rem .8rem .3rem 0; vertical-align: top; border-bottom: 1px solid var(--line); }
tr:last-child td { border-bottom: 0; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.badge {
  display: inline-block; font-size: .75rem; font-weight: 600; padding: 0 .5em; border-radius: 1em; border: 1px solid;
}
article {
  display: flex; gap: 1.1rem; break-inside: avoid; content-visibility: auto; contain-intrinsic-size: auto 9rem;
}
.pictures { flex: none; display: flex; flex-direction: column; gap: .5rem; width: 192px; }
figure { margin: 0; }
figure img { display: block; max-width: 100%; height: auto; border-radius: .3rem; background: var(--mark); }
figcaption { font-size: .75rem; color: var(--soft); overflow-wrap: anywhere; }
.body { flex: 1; min-width: 0; }
.body > * + * { margin-top: .35rem; }
.also { list-style: none; margin: .2rem 0 0; padding: 0 0 0 .9rem; border-left: 2px solid var(--line); }
.compare { width: auto; margin-top: .5rem; }
.meta { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; color: var(--soft); font-size: .85rem; }
details { font-size: .9rem; }
summary { cursor: pointer; color: var(--soft); width: max-content; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .5rem 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.layers { display: flex; flex-wrap: wrap; gap: .3rem 1.8rem; margin: .5rem 0 0; font-size: .85rem; }
.layers dd { font-variant-numeric: tabular-nums; }
dd ul { margin: 0; padding-left: 1.1rem; }
ol { margin: .3rem 0 .2rem; padding-left: 1.6rem; }
footer {
  margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .85rem;
}
@media (max-width: 42rem) {
  main { padding: 1.4rem 1rem 3rem; }
  article { flex-direction: column; }
  .pictures { flex-direction: row; width: auto; }
  .meaning { display: none; }
}
@media print {
  :root { --back: #fff; --card: #fff; --text: #000; --soft: #444; --line: #bbb; --mark: #fff;
          --error: #9c1c14; --warning: #6d4700; --info: #164a85; --good: #14532d; }
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  article { content-visibility: visible; }
  h2 { break-after: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
"""

_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode("ascii")
POLICY = f"default-src 'none'; img-src data:; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
"""The page's Content-Security-Policy: these styles and pictures within the page, nothing else, no script."""
