/**
 * The viewer's pages and streams:
 *
 * ```
 * /                 the page
 * /stream.mjpg      ?camera= [&at= | &offset= [&partition=]] [&speed=]   for any <img>
 * /snapshot.jpg     the same, one picture
 * /state            what is there, as JSON
 * /feed             all cameras and the state over one connection, for the page
 * ```
 *
 * A function from request to answer; whoever listens is `mod.ts`. Everything is bounded: watchers,
 * replays and look-ups at once, and what waits for each of them (`newest.ts`). A watcher that takes
 * nothing for a minute is gone.
 */

import type { PluginClient } from "../../mod.ts";
import { file, json, NO_STORE, Refusal, refusal } from "./answers.ts";
import type { Frame } from "./frame.ts";
import { type LiveReading, messageOf } from "./live.ts";
import { Newest } from "./newest.ts";
import { PAGE } from "./page/html.ts";
import { SCRIPT } from "./page/script.ts";
import { STYLE } from "./page/style.ts";
import { Reach } from "./reach.ts";
import { pictureAt, type Place, replay } from "./replay.ts";
import { sleep } from "./sleep.ts";
import {
  aboutOf,
  bodyOf,
  type FeedItem,
  feedOf,
  MULTIPART_START,
  MULTIPART_TYPE,
  multipartOf,
} from "./streams.ts";
import type { Wall } from "./wall.ts";
import { parseWhen } from "./when.ts";

export interface ServerOptions {
  client: PluginClient;
  topic: string;
  wall: Wall;
  live: LiveReading;
  maxWatchers: number;
  signal: AbortSignal;
}

/**
 * How long a stream waits for a camera that is not there yet; a page may be opened before its
 * camera.
 */
const PATIENCE_MS = 3000;
/** How long a picture is looked for in the log. */
const LOOK_UP_MS = 10_000;
const MAX_LOOK_UPS = 8;
const MAX_REPLAYS = 16;
const STATE_EVERY_MS = 1000;
/** A watcher that has not taken what waits for so long is gone. */
const STUCK_MS = 60_000;
const LONGEST_PAUSE_MS = 5000;

interface Feed {
  page: string | undefined;
  waiting: Newest<FeedItem>;
}

/** A watcher that is served: what waits for it, and how it ends. */
interface Watcher {
  waiting: Newest<unknown>;
  end(): void;
}

export class ViewServer {
  readonly #options: ServerOptions;
  readonly #wall: Wall;
  readonly #reach: Reach;
  readonly #watchers = new Set<Watcher>();
  readonly #feeds = new Set<Feed>();
  #replays = 0;
  #lookUps = 0;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#wall = options.wall;
    this.#reach = new Reach(options.client, options.topic);
    const beat = setInterval(() => this.#beat(), STATE_EVERY_MS);
    options.signal.addEventListener("abort", () => {
      clearInterval(beat);
      for (const watcher of [...this.#watchers]) watcher.end();
    });
  }

  /** Tells all open pages how things are, now. */
  tellState(): void {
    for (const feed of this.#feeds) this.#offerState(feed);
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  async answer(request: Request): Promise<Response> {
    try {
      const url = new URL(request.url);
      if (request.method !== "GET" && request.method !== "HEAD") {
        throw new Refusal(405, `Cannot ${request.method} here`, "All there is can be had with GET");
      }
      const response = await this.#route(url);
      if (request.method === "GET") return response;
      await response.body?.cancel();
      return new Response(null, response);
    } catch (error) {
      if (error instanceof Refusal) return refusal(error);
      return refusal(
        new Refusal(
          502,
          `Cannot ask the brokers: ${messageOf(error)}`,
          "Are they running? The viewer goes on by itself once they are back",
        ),
      );
    }
  }

  async #route(url: URL): Promise<Response> {
    switch (url.pathname) {
      case "/":
        return file("text/html", PAGE);
      case "/view.css":
        return file("text/css", STYLE);
      case "/view.js":
        return file("text/javascript", SCRIPT);
      case "/state":
        await this.#reach.refresh().catch(() => {});
        return json(this.#state());
      case "/feed":
        return this.#feed(url.searchParams);
      case "/stream.mjpg":
        return await this.#stream(url.searchParams);
      case "/snapshot.jpg":
        return await this.#snapshot(url.searchParams);
      default:
        throw new Refusal(
          404,
          `There is no ${url.pathname}`,
          "There are / (the page), /stream.mjpg, /snapshot.jpg and /state",
        );
    }
  }

  // State

  #state() {
    const { live, topic, maxWatchers } = this.#options;
    const now = Date.now();
    const cameras = this.#wall.facts(now).map((facts) => {
      const start = this.#reach.startOf(facts.partition);
      return {
        ...facts,
        earliest: start?.timestamp === undefined
          ? undefined
          : { offset: start.offset, timestamp: start.timestamp },
        latest: { offset: facts.offset, timestamp: facts.timestamp },
      };
    });
    const times = cameras.flatMap(({ earliest }) => earliest ? [earliest.timestamp] : []);
    return {
      topic,
      now,
      broker: live.broker,
      cameras,
      earliest: times.length > 0 ? Math.min(...times) : undefined,
      latest: cameras.length > 0 ? Math.max(...cameras.map((one) => one.timestamp)) : undefined,
      watchers: { now: this.#watchers.size, replays: this.#replays, most: maxWatchers },
      ...this.#wall.counts,
    };
  }

  #offerState({ waiting }: Feed): void {
    waiting.offer("state", { note: () => ({ type: "state", ...this.#state() }) });
  }

  /** Once a second: news for the pages, and an end to those who are gone. */
  #beat(): void {
    this.tellState();
    const now = Date.now();
    for (const watcher of [...this.#watchers]) {
      const { waitingSince } = watcher.waiting;
      if (waitingSince !== undefined && now - waitingSince > STUCK_MS) watcher.end();
    }
  }

  // Watchers

  #feed(params: URLSearchParams): Response {
    const waiting = new Newest<FeedItem>();
    const feed: Feed = { page: params.get("page") ?? undefined, waiting };
    // Pictures are offered to it as frames: it is given a face that the wall knows.
    const pictures = {
      offer: (id: string, frame: Frame) => waiting.offer(`picture ${id}`, { frame }),
    };
    const watcher = this.#admit(waiting, () => {
      this.#feeds.delete(feed);
      this.#wall.unwatch(undefined, pictures);
    });
    this.#feeds.add(feed);
    this.#offerState(feed);
    this.#wall.watch(undefined, pictures);
    const body = bodyOf(waiting, {
      encode: (item) => feedOf(item, Date.now()),
      onEnd: watcher.end,
    });
    return new Response(body, {
      headers: { "content-type": "application/octet-stream", ...NO_STORE },
    });
  }

  async #stream(params: URLSearchParams): Promise<Response> {
    const place = await this.#place(params);
    const waiting = new Newest<Frame>();
    const stop = new AbortController();
    let watcher: Watcher;
    if (place.from === undefined) {
      const { camera } = place;
      watcher = this.#admit(waiting, () => this.#wall.unwatch(camera, waiting));
      this.#wall.watch(camera, waiting);
    } else {
      if (this.#replays >= MAX_REPLAYS) throw tooMany(`${MAX_REPLAYS} replays`);
      watcher = this.#admit(waiting, () => {
        this.#replays--;
        stop.abort();
      });
      this.#replays++;
      const speed = numberIn(params, "speed", { least: 0.1, most: 100 }) ?? 1;
      this.#replay({ ...place, from: place.from }, speed, params.get("page"), waiting, stop.signal)
        .catch(() => {}).finally(() => watcher.end());
    }
    const body = bodyOf(waiting, {
      start: MULTIPART_START,
      encode: multipartOf,
      onEnd: watcher.end,
    });
    return new Response(body, { headers: { "content-type": MULTIPART_TYPE, ...NO_STORE } });
  }

  async #replay(
    place: Place,
    speed: number,
    page: string | null,
    waiting: Newest<Frame>,
    signal: AbortSignal,
  ): Promise<void> {
    const pace = { speed, longestPauseMs: LONGEST_PAUSE_MS };
    const newest = place.camera === undefined ? undefined : this.#wall.newest(place.camera);
    // Beyond the last picture there is nothing to replay yet: it is shown until the next one comes.
    if (newest && "timestamp" in place.from && place.from.timestamp >= newest.timestamp) {
      waiting.offer("picture", newest);
    }
    for await (const frame of replay(this.#options.client, place, pace, signal)) {
      waiting.offer("picture", frame);
      if (page !== null) this.#tellPosition(page, frame);
    }
  }

  /** An <img> does not tell what it shows; the page that has it learns from its feed. */
  #tellPosition(page: string, frame: Frame): void {
    for (const feed of this.#feeds) {
      if (feed.page !== page) continue;
      feed.waiting.offer("replay", { note: () => ({ type: "replay", ...aboutOf(frame) }) });
    }
  }

  #admit(waiting: Newest<unknown>, onEnd: () => void): Watcher {
    const { maxWatchers, signal } = this.#options;
    if (signal.aborted) throw new Refusal(503, "The viewer is stopping", "Try again in a moment");
    if (this.#watchers.size >= maxWatchers) throw tooMany(`${maxWatchers} watchers`);
    const watcher: Watcher = {
      waiting,
      end: () => {
        if (!this.#watchers.delete(watcher)) return;
        waiting.close();
        onEnd();
      },
    };
    this.#watchers.add(watcher);
    return watcher;
  }

  // Single pictures

  async #snapshot(params: URLSearchParams): Promise<Response> {
    const place = await this.#place(params);
    const frame = place.from === undefined
      ? this.#wall.newest(place.camera!)
      : await this.#lookUp({ ...place, from: place.from });
    const { live } = this.#options;
    if (frame === undefined && live.broker.state === "disconnected") {
      throw new Error(live.broker.reason ?? "no reason known");
    }
    if (frame === undefined) {
      const camera = place.camera ?? `partition ${place.partition}`;
      throw new Refusal(
        404,
        `There is no picture of "${camera}" at or after that place`,
        "Ask for an earlier time; /state tells how far the log goes",
      );
    }
    return new Response(new Uint8Array(frame.bytes), {
      headers: {
        "content-type": frame.contentType,
        "x-camera": encodeURIComponent(frame.camera),
        "x-partition": String(frame.partition),
        "x-offset": String(frame.offset),
        "x-timestamp": String(frame.timestamp),
        "x-width": String(frame.width ?? 0),
        "x-height": String(frame.height ?? 0),
        ...NO_STORE,
      },
    });
  }

  async #lookUp(place: Place): Promise<Frame | undefined> {
    if (this.#lookUps >= MAX_LOOK_UPS) throw tooMany(`${MAX_LOOK_UPS} look-ups`);
    const newest = place.camera === undefined ? undefined : this.#wall.newest(place.camera);
    if (newest && "timestamp" in place.from && place.from.timestamp >= newest.timestamp) {
      return newest;
    }
    this.#lookUps++;
    try {
      const patience = AbortSignal.timeout(LOOK_UP_MS);
      const signal = AbortSignal.any([patience, this.#options.signal]);
      return await pictureAt(this.#options.client, place, signal);
    } finally {
      this.#lookUps--;
    }
  }

  // What was asked for

  /** Which camera, and from where; from nowhere means live. */
  async #place(params: URLSearchParams): Promise<Omit<Place, "from"> & { from?: Place["from"] }> {
    const { topic } = this.#options;
    const at = params.get("at");
    const offset = numberIn(params, "offset", { least: 0, most: Number.MAX_SAFE_INTEGER });
    const asked = numberIn(params, "partition", { least: 0, most: 2 ** 31 - 1 });
    if (at !== null && offset !== undefined) {
      throw new Refusal(400, "Cannot go to a time and an offset", "Give either at= or offset=");
    }
    let camera = params.get("camera") || undefined;
    if (camera === undefined && asked === undefined) camera = await this.#onlyCamera();
    if (camera !== undefined && at === null && offset === undefined) {
      await this.#awaitCamera(camera);
    }
    const partition = asked ??
      (camera === undefined ? undefined : this.#wall.newest(camera)?.partition);

    if (offset !== undefined) {
      if (partition === undefined) {
        throw new Refusal(
          400,
          `Cannot go to offset ${offset}: offsets count within a partition`,
          "Give partition= too, or a camera that is shown",
        );
      }
      return { topic, camera, partition, from: { offset } };
    }
    if (at === null) {
      if (camera !== undefined) return { topic, camera, partition };
      throw new Refusal(400, "Whose picture?", "Give camera=, or at= or offset= with partition=");
    }
    const timestamp = parseWhen(at, Date.now());
    if (timestamp !== undefined) return { topic, camera, partition, from: { timestamp } };
    throw new Refusal(
      400,
      `Cannot read "${at}" as a time`,
      "Such are 10:00, -5m, 2026-02-03T10:00:00Z, or milliseconds since 1970",
    );
  }

  async #onlyCamera(): Promise<string> {
    const { signal } = this.#options;
    for (let waited = 0; this.#wall.ids.length === 0 && waited < PATIENCE_MS; waited += 50) {
      await sleep(50, signal);
    }
    const { ids } = this.#wall;
    if (ids.length === 1) return ids[0];
    if (ids.length === 0) throw this.#noCamera(undefined);
    throw new Refusal(400, "Which camera?", `Give camera=, one of: ${ids.join(", ")}`);
  }

  /** Waits a little for a camera that is not there yet. */
  async #awaitCamera(camera: string): Promise<void> {
    for (let waited = 0; waited < PATIENCE_MS; waited += 50) {
      if (this.#wall.newest(camera)) return;
      await sleep(50, this.#options.signal);
    }
    throw this.#noCamera(camera);
  }

  #noCamera(camera: string | undefined): Refusal {
    const { topic, live } = this.#options;
    const { ids } = this.#wall;
    const name = camera === undefined ? "any camera" : `camera "${camera}"`;
    const advice = live.broker.state === "disconnected"
      ? `The brokers are away: ${live.broker.reason ?? "no reason known"}`
      : ids.length > 0
      ? `There are: ${ids.join(", ")}`
      : `Start one: streamer camera --topic ${topic}`;
    return new Refusal(404, `There is no picture of ${name} in "${topic}" yet`, advice);
  }
}

function tooMany(what: string): Refusal {
  return new Refusal(503, `There are ${what} already`, "Close a page, or raise --max-watchers");
}

function numberIn(
  params: URLSearchParams,
  name: string,
  range: { least: number; most: number },
): number | undefined {
  const text = params.get(name);
  if (text === null || text === "") return undefined;
  const value = Number(text);
  if (value >= range.least && value <= range.most) return value;
  throw new Refusal(
    400,
    `Cannot take ${name}=${text}`,
    `It is a number from ${range.least} to ${range.most}`,
  );
}
