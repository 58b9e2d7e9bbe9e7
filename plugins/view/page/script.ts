/**
 * What the page does. It follows one feed (`streams.ts`): pictures of all cameras and a line about the state every
 * second; when the feed breaks or falls silent it is asked for again. A picture that is still being drawn is not
 * disturbed: of those that come meanwhile only the newest is kept. The past is shown by an <img> on the
 * multipart stream, and the feed tells which picture that is at.
 *
 * Plain script for browsers; no backquotes and no dollar-brace in it, as it is text in here.
 */
export const SCRIPT = String.raw`"use strict";
(function () {
  var byId = function (id) { return document.getElementById(id); };
  var page = Math.random().toString(36).slice(2);
  var state = null;                 // the last state line
  var isServed = false;             // the feed is open
  var cards = new Map();            // camera id -> card
  var facts = new Map();            // camera id -> facts of its newest picture
  var selected = null;
  var hasChosen = false;            // a person said what they want to see
  var mode = "live";                // live, past, paused
  var past = { time: 0, offset: 0, partition: 0, about: null };
  var speed = 1;
  var span = null;                  // length of the bar in ms, 0 for all, null for a fitting one
  var isDragging = false;
  var clockOffset = 0;              // the viewer's clock less this browser's

  // Pictures

  /** Shows one picture after another in an <img>, and skips what comes while it is busy. */
  function Picture(image) {
    this.image = image;
    this.busy = false;
    this.next = null;
    this.url = null;
    var self = this;
    var done = function () { self.done(); };
    image.addEventListener("load", done);
    image.addEventListener("error", done);
  }
  Picture.prototype.show = function (blob) {
    if (this.busy) { this.next = blob; return; }
    this.busy = true;
    this.old = this.url;
    this.url = URL.createObjectURL(blob);
    this.image.src = this.url;
  };
  Picture.prototype.done = function () {
    if (this.old) URL.revokeObjectURL(this.old);
    this.old = null;
    this.busy = false;
    var next = this.next;
    this.next = null;
    if (next) this.show(next);
  };
  /** Hands the <img> over to someone else. */
  Picture.prototype.leave = function () {
    this.next = null;
    this.busy = false;
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = null;
  };
  var big = new Picture(byId("big"));

  // The feed

  function wait(ms) { return new Promise(function (resolve) { setTimeout(resolve, ms); }); }

  async function follow() {
    var pause = 250;
    for (;;) {
      if (document.hidden) { await visible(); }
      var control = new AbortController();
      var watch = { last: Date.now() };
      var timer = setInterval(function () {
        var silent = Date.now() - watch.last > 6000;
        if (silent || (document.hidden && Date.now() - hiddenAt > 10000)) control.abort();
      }, 500);
      try {
        var response = await fetch("/feed?page=" + page, { signal: control.signal, cache: "no-store" });
        if (response.ok) {
          served(true);
          pause = 250;
          await readFeed(response.body.getReader(), watch);
        } else {
          var refusal = await response.json();
          served(false, refusal.error + ". " + refusal.advice + ".");
        }
      } catch (_error) { /* told below */ }
      clearInterval(timer);
      control.abort();
      if (!document.hidden) served(false);
      await wait(pause);
      pause = Math.min(pause * 1.7, 4000);
    }
  }

  var hiddenAt = 0;
  document.addEventListener("visibilitychange", function () { hiddenAt = Date.now(); });
  function visible() {
    return new Promise(function (resolve) {
      var look = function () {
        if (document.hidden) return;
        document.removeEventListener("visibilitychange", look);
        resolve();
      };
      document.addEventListener("visibilitychange", look);
      look();
    });
  }

  async function readFeed(reader, watch) {
    var decoder = new TextDecoder();
    var buffer = new Uint8Array(1 << 18), start = 0, end = 0, line = null;
    for (;;) {
      var step = await reader.read();
      if (step.done) return;
      watch.last = Date.now();
      var piece = step.value;
      if (end + piece.length > buffer.length) {
        var held = end - start;
        var larger = held + piece.length > buffer.length ? new Uint8Array((held + piece.length) * 2) : buffer;
        larger.set(buffer.subarray(start, end));
        buffer = larger; start = 0; end = held;
      }
      buffer.set(piece, end);
      end += piece.length;
      for (;;) {
        if (!line) {
          var newline = buffer.indexOf(10, start);
          if (newline < 0 || newline >= end) break;
          line = JSON.parse(decoder.decode(buffer.subarray(start, newline)));
          start = newline + 1;
        }
        var length = line.bytes || 0;
        if (end - start < length) break;
        take(line, buffer.slice(start, start + length));
        start += length;
        line = null;
      }
    }
  }

  function take(line, bytes) {
    if (line.type === "frame") onFrame(line, bytes);
    else if (line.type === "state") onState(line);
    else if (line.type === "replay") onReplay(line);
  }

  // What comes in

  function onFrame(frame, bytes) {
    var blob = new Blob([bytes], { type: frame.contentType });
    var card = cardOf(frame.camera);
    facts.set(frame.camera, Object.assign(facts.get(frame.camera) || { fps: 0, silent: false }, frame));
    if (frame.camera === selected) {
      if (mode === "live" && !isDragging) big.show(blob);
      card.last = blob;
    } else {
      card.picture.show(blob);
      card.last = blob;
    }
  }

  function onState(next) {
    var isFirst = !state;
    state = next;
    clockOffset = next.now - Date.now();
    var there = new Set();
    next.cameras.forEach(function (camera) {
      there.add(camera.id);
      facts.set(camera.id, camera);
      cardOf(camera.id);
    });
    cards.forEach(function (card, id) {
      if (there.has(id)) return;
      card.element.remove();
      cards.delete(id);
      facts.delete(id);
    });
    if (isFirst) choose();
    else if (!hasChosen && selected === null && next.cameras.length === 1) choose();
    draw();
  }

  function onReplay(about) {
    if (mode !== "past" || isDragging || about.camera !== selected) return;
    past.time = about.timestamp;
    past.offset = about.offset;
    past.partition = about.partition;
    past.about = about;
    message("");
    // What is written while it is shown: the past has come to its end.
    if (speed >= 1 && now() - about.timestamp < 1500 && now() - past.begunAt > 1500) return goLive();
    drawTravel();
    drawFacts();
  }

  function now() { return Date.now() + clockOffset; }

  // Which camera

  function choose() {
    var wanted = /^#camera=(.*)$/.exec(location.hash);
    if (wanted) { hasChosen = true; select(decodeURIComponent(wanted[1])); }
    else if (!hasChosen && state && state.cameras.length === 1) select(state.cameras[0].id);
    else select(null);
  }
  window.addEventListener("hashchange", function () { hasChosen = true; choose(); draw(); });

  function select(id) {
    if (id === selected) return;
    var before = cards.get(selected);
    selected = id;
    goLive();
    big.leave();
    byId("big").removeAttribute("src");
    message("");
    if (before && before.last) before.picture.show(before.last);
    var card = cards.get(id);
    if (card && card.last) big.show(card.last);
    if (id !== null) window.scrollTo(0, 0);
  }

  function cardOf(id) {
    var card = cards.get(id);
    if (card) return card;
    var element = byId("card").content.firstElementChild.cloneNode(true);
    element.href = "#camera=" + encodeURIComponent(id);
    element.querySelector("b").textContent = id;
    element.title = id;
    var image = element.querySelector("img");
    image.alt = "Camera " + id;
    card = { element: element, picture: new Picture(image), last: null };
    cards.set(id, card);
    var ids = Array.from(cards.keys()).sort();
    var after = cards.get(ids[ids.indexOf(id) + 1]);
    byId("grid").insertBefore(element, after ? after.element : null);
    return card;
  }

  // Time travel

  function address(path, place) {
    return path + "?camera=" + encodeURIComponent(selected) + place;
  }

  function goLive() {
    mode = "live";
    isDragging = false;
    wanted = null;
    turn++;
    message("");
    var card = cards.get(selected);
    if (card) {
      big.leave();
      if (card.last) big.show(card.last);
    }
    draw();
  }

  function goTo(time) {
    if (selected === null) return;
    var range = rangeOf();
    if (time >= now() - 1200) return goLive();
    mode = "past";
    past = { time: Math.max(time, range.earliest), offset: 0, partition: 0, about: null, begunAt: now() };
    big.leave();
    wanted = null;
    turn++;
    byId("big").src = address("/stream.mjpg", "&at=" + Math.round(past.time) + "&speed=" + speed + "&page=" + page);
    draw();
  }

  function pause() {
    if (selected === null) return;
    if (mode === "paused") return goTo(past.time);
    var about = mode === "past" ? past.about : facts.get(selected);
    if (!about) return;
    past = { time: about.timestamp, offset: about.offset, partition: about.partition, about: about };
    mode = "paused";
    turn++;
    big.leave();
    showAt("&partition=" + past.partition + "&offset=" + past.offset);
    draw();
  }

  function jump(ms) {
    goTo((mode === "live" ? now() : past.time) + ms);
  }

  // While the bar is dragged: one snapshot at a time, always for the place that is wanted by then.
  var wanted = null, isShowing = false;
  var turn = 0;                     // what was asked for in an earlier one is not shown
  function showAt(place) {
    wanted = place;
    if (isShowing) return;
    isShowing = true;
    (async function () {
      while (wanted !== null) {
        var place = wanted, asked = turn;
        wanted = null;
        try {
          var url = address("/snapshot.jpg", place);
          var response = await fetch(url, { cache: "no-store" });
          if (!response.ok) { message((await response.json()).error); continue; }
          var time = Number(response.headers.get("x-timestamp"));
          var blob = await response.blob();
          if (asked !== turn) continue;
          message(isDragging ? clockText(time) : "");
          big.show(blob);
          past.about = {
            timestamp: time, size: blob.size, contentType: blob.type,
            offset: Number(response.headers.get("x-offset")),
            partition: Number(response.headers.get("x-partition")),
            width: Number(response.headers.get("x-width")), height: Number(response.headers.get("x-height")),
          };
          drawFacts();
        } catch (_error) { /* the feed says so */ }
      }
      isShowing = false;
    })();
  }

  byId("big").addEventListener("error", async function () {
    if (mode !== "past" || !byId("big").src.includes("stream.mjpg")) return;
    try {
      var response = await fetch(address("/snapshot.jpg", "&at=" + Math.round(past.time)), { cache: "no-store" });
      if (!response.ok) message((await response.json()).error);
    } catch (_error) { /* the feed says so */ }
  });

  function rangeOf() {
    var camera = facts.get(selected);
    var latest = now();
    var earliest = camera && camera.earliest ? camera.earliest.timestamp : latest - 60000;
    var all = Math.max(1000, latest - earliest);
    var length = span === null ? (all > 2 * 3600000 ? 3600000 : 0) : span;
    var from = length === 0 ? earliest : Math.max(earliest, latest - length);
    if (mode !== "live" && past.time < from) from = Math.max(earliest, past.time - 1000);
    return { from: Math.min(from, latest - 1000), to: latest, earliest: earliest, all: all, length: length };
  }

  // Drawing

  function draw() {
    if (!state) return;
    var count = state.cameras.length;
    byId("topic").textContent = state.topic;
    byId("empty").hidden = count > 0 || selected !== null;
    byId("empty-topic").textContent = state.topic;
    byId("empty-command").textContent = "streamer camera --topic " + state.topic;
    byId("stage").hidden = selected === null;
    byId("stage").dataset.mode = mode;
    var grid = byId("grid");
    grid.dataset.count = count;
    grid.classList.toggle("strip", selected !== null);
    cards.forEach(function (card, id) { drawCard(card, id); });
    document.title = (selected === null ? count + (count === 1 ? " camera" : " cameras") : selected) + " \u00b7 streamer";
    drawConnection();
    if (selected !== null) {
      byId("back").hidden = count < 2 && cards.has(selected);
      byId("name").textContent = selected;
      byId("big").alt = "Camera " + selected;
      drawFacts();
      drawTravel();
      drawEmbed();
    }
  }

  // Nothing is live while the viewer or the brokers are away, however young the last picture is.
  function isAway() {
    return !isServed || (!!state && state.broker.state === "disconnected");
  }

  function drawCard(card, id) {
    var camera = facts.get(id);
    card.element.hidden = id === selected;
    if (!camera) return;
    card.element.classList.toggle("silent", camera.silent || isAway());
    card.element.querySelector(".badge").textContent =
      camera.silent ? "silent for " + length(camera.ageMs) : isAway() ? "last picture" : rate(camera.fps);
    var figures = card.element.querySelector(".figures");
    var texts = [length(camera.ageMs) + " old", bytes(camera.size), "#" + camera.offset];
    texts.forEach(function (text, at) {
      var part = figures.children[at] || figures.appendChild(document.createElement("span"));
      part.textContent = text;
    });
  }

  function drawFacts() {
    var live = facts.get(selected);
    var about = mode === "live" ? live : past.about;
    var isStill = mode === "live" && !!live && (live.silent || isAway());
    byId("screen").classList.toggle("silent", isStill);
    var badge = byId("badge");
    badge.className = "badge" + (mode !== "live" ? " past" : isStill ? " silent" : "");
    badge.textContent = mode === "paused" ? "paused" : mode === "past" ? "from the past"
      : !live ? "waiting" : live.silent ? "silent for " + length(live.ageMs)
      : isStill ? "last picture" : "live";
    var age = about ? (mode === "live" ? about.ageMs : now() - about.timestamp) : undefined;
    var rows = [
      ["Rate", !live ? undefined : mode === "live" ? (isStill ? "none" : rate(live.fps)) : speed + "\u00d7"],
      ["Age", age === undefined ? undefined : length(age)],
      ["Taken", about && dateText(about.timestamp)],
      ["Picture", about && (about.width ? about.width + " \u00d7 " + about.height + " " : "") +
        about.contentType.replace("image/", "").toUpperCase()],
      ["Size", about && bytes(about.size)],
      ["Offset", about && "#" + about.offset],
      ["Partition", about && String(about.partition)],
      ["Recorded since", live && live.earliest ? dateText(live.earliest.timestamp) : undefined],
    ];
    var list = byId("facts");
    rows.forEach(function (row, at) {
      if (!list.children[at * 2]) {
        list.appendChild(document.createElement("dt")).textContent = row[0];
        list.appendChild(document.createElement("dd"));
      }
      list.children[at * 2 + 1].textContent = row[1] === undefined || row[1] === null ? "\u2013" : row[1];
    });
  }

  function drawTravel() {
    byId("stage").dataset.mode = mode;
    var range = rangeOf();
    var bar = byId("bar");
    var at = mode === "live" ? range.to : past.time;
    if (!isDragging) {
      bar.min = Math.round(range.from);
      bar.max = Math.round(range.to);
      bar.value = Math.round(at);
    } else at = Number(bar.value);
    var part = 100 * (Number(bar.value) - Number(bar.min)) / Math.max(1, Number(bar.max) - Number(bar.min));
    bar.style.setProperty("--at", "calc(11px + (100% - 22px) * " + part / 100 + ")");
    byId("from").textContent = dateText(range.from) + (range.from <= range.earliest ? "" : " \u2026");
    byId("clock").textContent = mode === "live" && !isDragging
      ? clockText(now()) : clockText(at) + ", " + length(now() - at) + " ago";
    byId("play").title = mode === "paused" ? "Go on (space)" : "Pause (space)";
    byId("play").setAttribute("aria-label", mode === "paused" ? "Go on" : "Pause");
    byId("speed").textContent = speed + "\u00d7";
    Array.from(byId("spans").children).forEach(function (button) {
      var ms = Number(button.dataset.span);
      button.setAttribute("aria-pressed", String(ms === range.length));
      button.hidden = ms !== 0 && ms >= range.all;
    });
    byId("spans").hidden = range.all <= 300000;
  }

  function drawEmbed() {
    var stream = address("/stream.mjpg", "");
    var text = "<img src=\"" + location.origin + stream + "\">";
    if (byId("embed").textContent !== text) byId("embed").textContent = text;
    byId("link-stream").href = stream;
    byId("link-snapshot").href = address("/snapshot.jpg", "");
  }

  function drawConnection() {
    var pill = byId("connection"), count = state ? state.cameras.length : 0;
    var text = "", kind = "wait", told = "";
    if (!isServed) {
      kind = state ? "bad" : "wait";
      text = state ? "Reconnecting" : "Connecting";
      told = refused || (state ? "The viewer does not answer. The pictures are the last ones seen; this page goes on by itself." : "");
    } else if (state && state.broker.state === "disconnected") {
      kind = "bad";
      text = "Brokers away";
      told = "The brokers are away" + (state.broker.reason ? " (" + state.broker.reason + ")" : "") +
        ". The pictures are the last ones seen; this page goes on by itself.";
    } else if (state) {
      var silent = state.cameras.filter(function (camera) { return camera.silent; }).length;
      kind = count > 0 && silent < count ? "good" : "wait";
      text = count === 0 ? "Waiting" : (count - silent) + " live" + (silent ? ", " + silent + " silent" : "");
    }
    pill.dataset.state = kind;
    pill.lastElementChild.textContent = text;
    byId("notice").textContent = told;
    byId("notice").hidden = told === "";
  }

  var refused = "";
  function served(isOpen, why) {
    var isBack = isOpen && !isServed && state;
    isServed = isOpen;
    refused = why || "";
    drawConnection();
    // A stream from the past went with the viewer that served it.
    if (isBack && mode === "past") goTo(past.time);
  }

  function message(text) {
    byId("message").textContent = text;
    byId("message").hidden = text === "";
  }

  // Words

  function rate(fps) {
    if (!fps) return "live";
    if (fps >= 0.95) return (fps >= 10 ? Math.round(fps) : fps.toFixed(1)) + " fps";
    return "every " + length(1000 / fps);
  }
  function length(ms) {
    var s = Math.max(0, ms) / 1000;
    if (s < 9.95) return s.toFixed(1) + " s";
    if (s < 90) return Math.round(s) + " s";
    if (s < 5400) return Math.floor(s / 60) + " min" + (s < 600 ? " " + Math.round(s % 60) + " s" : "");
    if (s < 172800) return Math.floor(s / 3600) + " h " + Math.floor(s % 3600 / 60) + " min";
    return Math.floor(s / 86400) + " days";
  }
  function bytes(count) {
    if (count < 1000) return count + " B";
    if (count < 999500) return (count / 1000).toFixed(count < 9950 ? 1 : 0) + " kB";
    return (count / 1e6).toFixed(1) + " MB";
  }
  function two(value) { return String(value).padStart(2, "0"); }
  function clockText(time) {
    var at = new Date(time);
    return two(at.getHours()) + ":" + two(at.getMinutes()) + ":" + two(at.getSeconds());
  }
  function dateText(time) {
    var at = new Date(time), today = new Date(now());
    if (at.toDateString() === today.toDateString()) return clockText(time);
    return at.toLocaleDateString(undefined, { day: "numeric", month: "short" }) + " " + clockText(time).slice(0, 5);
  }

  // What a person does

  var bar = byId("bar");
  bar.addEventListener("input", function () {
    isDragging = true;
    if (mode === "live") { mode = "paused"; past = { time: Number(bar.value), about: null }; }
    past.time = Number(bar.value);
    showAt("&at=" + bar.value);
    drawTravel();
  });
  bar.addEventListener("change", function () {
    isDragging = false;
    if (Number(bar.max) - Number(bar.value) < (Number(bar.max) - Number(bar.min)) * 0.004) goLive();
    else goTo(Number(bar.value));
  });
  byId("live").addEventListener("click", goLive);
  byId("rewind").addEventListener("click", function () { jump(-10000); });
  byId("forward").addEventListener("click", function () { jump(10000); });
  byId("play").addEventListener("click", pause);
  byId("speed").addEventListener("click", function () {
    speed = speed === 1 ? 2 : speed === 2 ? 5 : speed === 5 ? 0.5 : 1;
    if (mode === "past") goTo(past.time);
    else drawTravel();
  });
  byId("spans").addEventListener("click", function (event) {
    if (event.target.dataset.span === undefined) return;
    span = Number(event.target.dataset.span);
    drawTravel();
  });
  byId("full").addEventListener("click", full);
  function full() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (byId("screen").requestFullscreen) byId("screen").requestFullscreen();
  }
  byId("copy").addEventListener("click", function () {
    var text = byId("embed").textContent;
    var told = function (word) {
      byId("copy").textContent = word;
      setTimeout(function () { byId("copy").textContent = "Copy"; }, 1500);
    };
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(function () { told("Copied"); }, function () {});
    else { getSelection().selectAllChildren(byId("embed")); told("Selected"); }
  });
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || selected === null) return;
    if (event.target.tagName === "BUTTON" && event.key === " ") return;
    if (event.key === "Escape" && !document.fullscreenElement) location.hash = "";
    else if (event.key === " ") pause();
    else if (event.key === "ArrowLeft" && event.target !== bar) jump(-10000);
    else if (event.key === "ArrowRight" && event.target !== bar) jump(10000);
    else if (event.key === "l" || event.key === "L") goLive();
    else if (event.key === "f" || event.key === "F") full();
    else return;
    event.preventDefault();
  });
  byId("theme").addEventListener("click", function () {
    var isDark = matchMedia("(prefers-color-scheme: dark)").matches;
    var theme = document.documentElement.dataset.theme || (isDark ? "dark" : "light");
    setTheme(theme === "dark" ? "light" : "dark");
  });
  function setTheme(theme) {
    if (theme) document.documentElement.dataset.theme = theme;
    try { if (theme) localStorage.setItem("theme", theme); } catch (_error) { /* then only for now */ }
  }
  try { setTheme(localStorage.getItem("theme")); } catch (_error) { /* as the system has it */ }

  setInterval(function () { if (selected !== null && mode !== "live") drawTravel(); }, 1000);
  follow();
})();
`;
