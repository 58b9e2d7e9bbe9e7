/** The page's look, by day and by night, from a phone to a wall. */
export const STYLE = `:root {
  color-scheme: light dark;
  --ground: #f3f5f7; --surface: #ffffff; --line: #dfe4e9; --soft: #e9edf1;
  --text: #10161d; --muted: #5c6876; --accent: #0f766e; --on-accent: #ffffff;
  --good: #15803d; --alert: #dc2626; --care: #b45309; --screen: #0a0d11;
  --shadow: 0 1px 2px rgb(16 22 29 / .06), 0 8px 24px rgb(16 22 29 / .07);
}
@media (prefers-color-scheme: dark) { :root:not([data-theme=light]) {
  --ground: #0b0e12; --surface: #14191f; --line: #262d36; --soft: #1d242c;
  --text: #e9eef4; --muted: #8e9bab; --accent: #2dd4bf; --on-accent: #04211e;
  --good: #4ade80; --alert: #f87171; --care: #fbbf24; --screen: #05070a;
  --shadow: 0 1px 2px rgb(0 0 0 / .4), 0 8px 24px rgb(0 0 0 / .35);
} }
:root[data-theme=dark] {
  color-scheme: dark;
  --ground: #0b0e12; --surface: #14191f; --line: #262d36; --soft: #1d242c;
  --text: #e9eef4; --muted: #8e9bab; --accent: #2dd4bf; --on-accent: #04211e;
  --good: #4ade80; --alert: #f87171; --care: #fbbf24; --screen: #05070a;
  --shadow: 0 1px 2px rgb(0 0 0 / .4), 0 8px 24px rgb(0 0 0 / .35);
}
:root[data-theme=light] { color-scheme: light; }
* { box-sizing: border-box; margin: 0; }
[hidden] { display: none !important; }
html { background: var(--ground); color: var(--text); -webkit-text-size-adjust: 100%; }
body {
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums;
  min-height: 100vh; min-height: 100dvh; display: flex; flex-direction: column;
  padding: 0 max(20px, env(safe-area-inset-right)) 28px max(20px, env(safe-area-inset-left));
}
a { color: inherit; text-decoration: none; }
h1, h2 { font-weight: 650; letter-spacing: -.01em; }
svg { fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.filled { fill: currentColor; stroke: none; }
.room { flex: 1; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 8px; }

button, .plain {
  font: inherit; color: inherit; cursor: pointer; border-radius: 9px; min-height: 36px; padding: 0 12px;
  border: 1px solid var(--line); background: var(--surface); white-space: nowrap;
  display: inline-flex; align-items: center; justify-content: center; gap: 7px;
  transition: background .12s, border-color .12s;
}
button:hover, .plain:hover { background: var(--soft); }
button svg, .plain svg { width: 20px; height: 20px; }
.plain { border-color: transparent; background: transparent; padding: 0 8px; }

.top { display: flex; align-items: center; gap: 12px; height: 64px; flex: none; }
.brand { display: flex; align-items: center; gap: 10px; font-size: 17px; font-weight: 680; letter-spacing: -.02em; }
.brand svg { width: 28px; height: 28px; stroke: #fff; stroke-width: 3; }
.brand .mark { fill: #0f766e; stroke: none; }
.brand circle { fill: #ffb840; stroke: none; }
.topic { color: var(--muted); padding-left: 12px; border-left: 1px solid var(--line); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0; }
.topic:empty { display: none; }
.pill {
  display: inline-flex; align-items: center; gap: 8px; padding: 6px 12px; border-radius: 999px; white-space: nowrap;
  background: var(--surface); border: 1px solid var(--line); font-size: 13px; font-weight: 550;
}
.pill i { width: 8px; height: 8px; border-radius: 50%; background: var(--care); }
.pill[data-state=good] i { background: var(--good); box-shadow: 0 0 0 3px color-mix(in srgb, var(--good) 22%, transparent); }
.pill[data-state=bad] i { background: var(--alert); animation: beat 1s infinite alternate; }
@keyframes beat { to { opacity: .25; } }
.half { fill: currentColor; stroke: none; }

.notice {
  border: 1px solid color-mix(in srgb, var(--care) 45%, var(--line)); border-radius: 12px; padding: 11px 16px; margin-bottom: 16px;
  background: color-mix(in srgb, var(--care) 11%, var(--surface)); font-size: 14px;
}
main { flex: 1; display: flex; flex-direction: column; gap: 20px; }

.empty { margin: auto; text-align: center; padding: 40px 16px 90px; display: grid; gap: 12px; justify-items: center; color: var(--muted); max-width: 100%; }
.empty svg { width: 84px; height: 84px; stroke-width: 2.2; color: var(--accent); opacity: .8; }
.empty h1 { color: var(--text); font-size: 22px; }
.empty b { color: var(--text); }
code { font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.empty code { padding: 12px 16px; border-radius: 10px; background: var(--surface); border: 1px solid var(--line); color: var(--text); overflow-wrap: anywhere; }

.grid { display: grid; gap: 18px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); }
.grid[data-count="1"] { grid-template-columns: minmax(0, 860px); justify-content: center; }
.grid[data-count="2"] { grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); }
.card {
  display: block; background: var(--surface); border: 1px solid var(--line); border-radius: 16px; overflow: hidden;
  box-shadow: var(--shadow); transition: transform .14s, border-color .14s;
}
.card:hover { border-color: color-mix(in srgb, var(--accent) 60%, var(--line)); transform: translateY(-2px); }
.screen { display: block; position: relative; background: var(--screen); overflow: hidden; }
.screen img { display: block; width: 100%; height: 100%; object-fit: contain; transition: filter .4s, opacity .4s; }
.card .screen { aspect-ratio: 4 / 3; }
.silent img { filter: grayscale(1) brightness(.62); }
img:not([src]) { visibility: hidden; }
.badge {
  display: inline-flex; align-items: center; gap: 6px; font-size: 12px; font-weight: 620; padding: 3px 9px; border-radius: 999px;
  color: #fff; background: rgb(10 13 17 / .66);
}
.badge::before { content: ""; width: 7px; height: 7px; border-radius: 50%; background: #34d399; }
.silent .badge::before, .badge.silent::before { background: #f87171; }
.badge.past { background: var(--care); color: #fff; }
.badge.past::before { background: #fff; }
.card .badge { position: absolute; left: 12px; top: 12px; }
.caption { display: flex; align-items: baseline; gap: 4px 12px; padding: 12px 16px 13px; flex-wrap: wrap; }
.caption b { font-weight: 650; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0; }
.figures { color: var(--muted); font-size: 13px; margin-left: auto; white-space: nowrap; }
.figures span + span::before { content: "\\00b7"; margin: 0 6px; opacity: .6; }

.stage { display: grid; gap: 22px; grid-template-columns: minmax(0, 1fr) 288px; align-items: start; }
.theatre { background: var(--surface); border: 1px solid var(--line); border-radius: 18px; overflow: hidden; box-shadow: var(--shadow); }
.heading { display: flex; align-items: center; gap: 10px; padding: 10px 16px 10px 10px; min-height: 56px; }
.heading h1 { font-size: 17px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0; }
.heading .badge { margin-left: auto; background: var(--soft); color: var(--text); }
.heading .badge.past { background: var(--care); color: var(--surface); }
.heading .badge.past::before { background: var(--surface); }
.back[hidden] + h1 { padding-left: 8px; }
.back { color: var(--muted); font-size: 14px; gap: 2px; padding: 0 10px 0 4px; }
.stage .screen { height: min(64vh, calc((100vw - 400px) * .75)); min-height: 240px; }
.over { position: absolute; right: 10px; bottom: 10px; color: #fff; background: rgb(10 13 17 / .55); opacity: .8; min-height: 38px; }
.over:hover { background: rgb(10 13 17 / .8); opacity: 1; }
.message { position: absolute; inset: auto 16px 16px; width: fit-content; max-width: calc(100% - 90px); padding: 8px 14px; border-radius: 10px; background: rgb(10 13 17 / .8); color: #fff; font-size: 14px; }
.screen:fullscreen { display: grid; place-items: center; }

.travel { padding: 14px 18px 16px; }
input[type=range] {
  -webkit-appearance: none; appearance: none; width: 100%; height: 28px; background: none; cursor: pointer; display: block; margin: 0;
  --track: linear-gradient(to right, var(--accent) var(--at, 100%), var(--soft) var(--at, 100%));
}
input[type=range]::-webkit-slider-runnable-track { height: 8px; border-radius: 4px; background: var(--track); }
input[type=range]::-moz-range-track { height: 8px; border-radius: 4px; background: var(--track); }
input[type=range]::-webkit-slider-thumb {
  -webkit-appearance: none; width: 22px; height: 22px; border-radius: 50%; margin-top: -7px; background: var(--surface);
  border: 2px solid var(--accent); box-shadow: 0 2px 6px rgb(0 0 0 / .25);
}
input[type=range]::-moz-range-thumb { width: 18px; height: 18px; border-radius: 50%; background: var(--surface); border: 2px solid var(--accent); }
.ends { display: flex; color: var(--muted); font-size: 12.5px; }
.controls { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; margin-top: 12px; }
.live { font-weight: 620; }
.live i { width: 9px; height: 9px; border-radius: 50%; background: var(--muted); }
[data-mode=live] .live { background: var(--accent); border-color: transparent; color: var(--on-accent); }
[data-mode=live] .live i { background: currentColor; animation: beat 1s infinite alternate; }
.go { display: none; }
[data-mode=paused] .go { display: inline; }
[data-mode=paused] .pause { display: none; }
[data-mode=live] #speed { display: none; }
.clock { color: var(--muted); font-size: 14px; padding-left: 4px; white-space: nowrap; }
.choice { display: inline-flex; border: 1px solid var(--line); border-radius: 9px; overflow: hidden; }
.choice button { border: 0; border-radius: 0; font-size: 13px; padding: 0 10px; min-height: 34px; color: var(--muted); background: transparent; }
.choice button[aria-pressed=true] { background: var(--soft); color: var(--text); font-weight: 600; }

aside { background: var(--surface); border: 1px solid var(--line); border-radius: 18px; padding: 8px 18px 16px; box-shadow: var(--shadow); min-width: 0; }
dl { display: grid; grid-template-columns: auto 1fr; }
dt, dd { padding: 8.5px 0; border-bottom: 1px solid var(--line); font-size: 14px; }
dt { color: var(--muted); padding-right: 16px; }
dd { text-align: right; font-weight: 560; overflow-wrap: anywhere; }
aside h2 { font-size: 14px; margin: 18px 0 8px; }
.embed { background: var(--soft); border-radius: 10px; padding: 10px 12px; }
.embed code { display: block; overflow-wrap: anywhere; font-size: 12px; }
.embed button { padding: 0; min-height: 26px; margin-top: 4px; color: var(--accent); font-size: 13px; font-weight: 600; }
.embed button:hover { background: none; text-decoration: underline; }
.links { display: flex; gap: 16px; margin-top: 12px; font-size: 13px; }
.links a { color: var(--accent); font-weight: 560; }
.links a:hover { text-decoration: underline; }

.strip { grid-template-columns: repeat(auto-fill, minmax(210px, 1fr)) !important; justify-content: start !important; gap: 14px; }
.strip .caption { padding: 8px 12px 9px; font-size: 13.5px; }
.strip .figures { font-size: 12px; }
.strip .figures span:nth-child(n+3) { display: none; }
.strip .card .badge { left: 8px; top: 8px; }

@media (max-width: 900px) {
  .stage { grid-template-columns: minmax(0, 1fr); }
  .stage .screen { height: auto; min-height: 0; }
  .stage .screen img { height: auto; min-height: 160px; max-height: 70vh; }
}
@media (max-width: 560px) {
  body { padding-left: 12px; padding-right: 12px; }
  .top { height: 56px; gap: 8px; }
  .topic { display: none; }
  .grid { gap: 14px; }
  .heading { padding-left: 4px; }
  .back span { display: none; }
  .travel { padding: 12px 14px 14px; }
  .controls { gap: 8px; }
  .controls button { min-height: 42px; }
  .controls > button { flex: 1 1 auto; padding: 0 8px; }
  .controls .room { display: none; }
  .clock { order: -1; flex: 1 0 100%; padding: 0 0 2px; text-align: center; }
  .choice { flex: 1 0 100%; }
  .choice button { flex: 1; }
  .strip { grid-template-columns: repeat(2, minmax(0, 1fr)) !important; }
  .strip .figures { display: none; }
}
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
`;
