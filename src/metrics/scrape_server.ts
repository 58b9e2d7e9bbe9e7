/**
 * Shows the figures to Prometheus: `GET /metrics` on a port of its own ({@link HttpDoor}).
 */
import type { LogEvent } from "../base/mod.ts";
import type { Clock, Listener } from "../platform/mod.ts";
import { type DoorAnswer, type DoorRequest, HttpDoor } from "./http_door.ts";
import type { Metrics } from "./registry.ts";

/** So long the figures are gathered at a stretch. */
const STRETCH_MS = 2;
const TEXT = "text/plain; version=0.0.4; charset=utf-8";

export interface ScrapeServerOptions {
  readonly metrics: Metrics;
  readonly listener: Listener;
  readonly clock: Clock;
  readonly log: LogEvent;
}

export class ScrapeServer {
  readonly #options: ScrapeServerOptions;
  readonly #door: HttpDoor;

  constructor(options: ScrapeServerOptions) {
    this.#options = options;
    const { listener, clock, log } = options;
    const answer = (request: DoorRequest) => this.#answer(request);
    this.#door = new HttpDoor({ listener, clock, log, who: "who asks for figures", answer });
  }

  /** With the real port. */
  get address() {
    return this.#door.address;
  }

  close(): void {
    this.#door.close();
  }

  async #answer({ method, path }: DoorRequest): Promise<DoorAnswer> {
    if (method !== "GET" && method !== "HEAD") {
      return { status: "405 Method Not Allowed", type: TEXT, body: "GET only\n" };
    }
    if (path !== "/metrics") {
      return { status: "404 Not Found", type: TEXT, body: "The figures are at /metrics\n" };
    }
    return { status: "200 OK", type: TEXT, body: await this.#text() };
  }

  /** Others have their turn in between. */
  async #text(): Promise<string> {
    const { metrics, clock } = this.#options;
    let text = "";
    let since = clock.monotonic();
    for (const piece of metrics.pieces()) {
      text += piece;
      if (clock.monotonic() - since < STRETCH_MS) continue;
      await clock.sleep(0);
      since = clock.monotonic();
    }
    return text;
  }
}
