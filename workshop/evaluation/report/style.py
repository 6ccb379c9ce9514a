"""How the report looks, by day and by night."""

STYLE = """
:root { color-scheme: light dark; --back: #fcfcfb; --text: #1d1d1b; --soft: #6b6a66; --line: #dddbd5; --good: #e6f1ea;
  --s0: #2563ab; --s1: #c2570c; --s2: #3d8b4f; --s3: #8b4fa3; --s4: #b08900; --s5: #c23a5e; --s6: #4a9aa8; --s7: #777; }
@media (prefers-color-scheme: dark) { :root { --back: #181817; --text: #ecebe6; --soft: #a3a19a; --line: #3a3935;
  --good: #21382a; --s0: #74a9e6; --s1: #ef9352; --s2: #7cc98e; --s3: #c493d8; --s4: #dcbb4a; --s5: #ef7f9d;
  --s6: #79c7d4; --s7: #aaa; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1280px; padding: 24px 20px 80px; background: var(--back); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 28px; }
h2 { margin: 48px 0 4px; font-size: 20px; border-top: 1px solid var(--line); padding-top: 20px; }
h2 small { color: var(--soft); font-weight: normal; font-size: 14px; margin-left: 8px; }
header p, section > p { color: var(--soft); margin: 4px 0 12px; max-width: 78ch; }
nav a { margin-right: 16px; color: var(--s0); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 14px; }
th, td { text-align: right; padding: 6px 12px; border-bottom: 1px solid var(--line); white-space: nowrap; }
thead th { color: var(--soft); font-weight: 500; white-space: normal; vertical-align: bottom; max-width: 9em; }
tbody th { text-align: left; font-weight: 500; }
td small { display: block; color: var(--soft); font-size: 12px; }
td.best { background: var(--good); font-weight: 600; }
td.best small { font-weight: normal; }
.none { color: var(--soft); font-size: 14px; margin: 10px 0; }
figure { margin: 20px 0; }
figcaption { font-size: 14px; color: var(--soft); margin-bottom: 4px; }
details > summary { cursor: pointer; margin: 12px 0; }
svg { width: 100%; max-width: 900px; height: auto; font-size: 12px; }
svg text { fill: var(--soft); }
svg .grid { stroke: var(--line); }
svg polyline { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; }
svg circle { fill: currentColor; }
.legend { font-size: 14px; margin: 4px 0; }
.legend span { margin-right: 18px; white-space: nowrap; }
.legend i { display: inline-block; width: 18px; height: 3px; background: currentColor; margin-right: 6px;
  vertical-align: middle; }
.s0 { color: var(--s0); } .s1 { color: var(--s1); } .s2 { color: var(--s2); } .s3 { color: var(--s3); }
.s4 { color: var(--s4); } .s5 { color: var(--s5); } .s6 { color: var(--s6); } .s7 { color: var(--s7); }
.sheet { width: max-content; max-width: 100%; min-width: 720px; }
.sheet img { display: block; width: 100%; border-radius: 4px; }
.heads { display: flex; font-size: 12px; color: var(--soft); }
.heads span { flex: 1; text-align: center; }
"""
