/** The page's frame; `script.ts` fills it. */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<title>streamer</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='9' fill='%230f766e'/%3E%3Cpath d='M7 11h11M7 16h18M7 21h8' stroke='white' stroke-width='3' stroke-linecap='round'/%3E%3Ccircle cx='23' cy='11' r='2.6' fill='%23ffb840'/%3E%3C/svg%3E">
<link rel="stylesheet" href="/view.css">
<script src="/view.js" defer></script>
</head>
<body>
<header class="top">
  <a class="brand" href="#" aria-label="All cameras">
    <svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="9" class="mark"/><path d="M7 11h11M7 16h18M7 21h8"/><circle cx="23" cy="11" r="2.6"/></svg>
    <span>streamer</span>
  </a>
  <span class="topic" id="topic"></span>
  <span class="room"></span>
  <span class="pill" id="connection" role="status" data-state="wait"><i></i><span>Connecting</span></span>
  <button class="plain" id="theme" title="Light or dark" aria-label="Light or dark">
    <svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="8.5"/><path d="M12 3.5a8.5 8.5 0 0 1 0 17z" class="half"/></svg>
  </button>
</header>
<p class="notice" id="notice" role="status" hidden></p>
<main>
  <section class="empty" id="empty" hidden>
    <svg viewBox="0 0 64 64" aria-hidden="true"><rect x="6" y="18" width="52" height="36" rx="8"/><path d="M22 18l4-7h12l4 7"/><circle cx="32" cy="36" r="10"/></svg>
    <h1>Waiting for the first picture</h1>
    <p>Nothing has been published to <b id="empty-topic"></b> yet. Start a camera:</p>
    <code id="empty-command"></code>
  </section>
  <section class="stage" id="stage" hidden>
    <div class="theatre">
      <div class="heading">
        <a class="plain back" id="back" href="#" title="All cameras (Esc)">
          <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M14.5 5.5L8 12l6.5 6.5"/></svg><span>All cameras</span>
        </a>
        <h1 id="name"></h1>
        <span class="badge" id="badge"></span>
      </div>
      <div class="screen" id="screen">
        <img id="big" alt="">
        <p class="message" id="message" hidden></p>
        <button class="plain over" id="full" title="Full screen (F)" aria-label="Full screen">
          <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5"/></svg>
        </button>
      </div>
      <div class="travel">
        <input type="range" id="bar" aria-label="Time" min="0" max="1" step="1" value="1">
        <div class="ends"><span id="from"></span><span class="room"></span><span id="to">now</span></div>
        <div class="controls">
          <button id="live" class="live" title="Back to now (L)"><i></i>Live</button>
          <button id="rewind" title="10 s back (left arrow)">&minus;10 s</button>
          <button id="play" title="Pause (space)" aria-label="Pause">
            <svg viewBox="0 0 24 24" aria-hidden="true" class="filled"><path class="pause" d="M7 5h3.5v14H7zM13.5 5H17v14h-3.5z"/><path class="go" d="M8 5l11 7-11 7z"/></svg>
          </button>
          <button id="forward" title="10 s on (right arrow)">+10 s</button>
          <button id="speed" title="Pace of the replay">1&times;</button>
          <span class="clock" id="clock"></span>
          <span class="room"></span>
          <span class="choice" id="spans" role="group" aria-label="Length of the bar">
            <button data-span="300000">5 min</button><button data-span="3600000">1 h</button><button data-span="86400000">1 day</button><button data-span="0">All</button>
          </span>
        </div>
      </div>
    </div>
    <aside>
      <dl id="facts"></dl>
      <h2>Put it in a page</h2>
      <div class="embed"><code id="embed"></code><button class="plain" id="copy" title="Copy">Copy</button></div>
      <p class="links"><a id="link-stream" href="">Stream</a><a id="link-snapshot" href="">Snapshot</a><a href="/state">State</a></p>
    </aside>
  </section>
  <section class="grid" id="grid" aria-label="Cameras"></section>
</main>
<template id="card">
  <a class="card">
    <span class="screen"><img alt=""><span class="badge"></span></span>
    <span class="caption"><b></b><span class="figures"></span></span>
  </a>
</template>
</body>
</html>
`;
