/**
 * Shows the figures to Prometheus: `GET /metrics` on a port of its own, where no client of Kafka's
 * comes. HTTP/1.1 as far as one answer needs it: a request is read, answered, and the connection
 * closed. All of it has an edge: so many connections at once (more are closed), so many bytes of a
 * request, and a time for all of it, after which the connection is closed whatever it is at.
 */
import type { LogEvent } from "../base/mod.ts";
import type { Clock, Connection, Listener } from "../platform/mod.ts";
import type { Metrics } from "./registry.ts";

const MAX_CONNECTIONS = 8;
const MAX_REQUEST_BYTES = 8192;
const TIME_MS = 10_000;
/** So long the figures are gathered at a stretch. */
const STRETCH_MS = 2;
/** What failed an accept (no file descriptor left, mostly) passes. */
const ACCEPT_RETRY_MS = 1000;
const TEXT = "text/plain; version=0.0.4; charset=utf-8";

const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");

export interface ScrapeServerOptions {
  readonly metrics: Metrics;
  readonly listener: Listener;
  readonly clock: Clock;
  readonly log: LogEvent;
}

export class ScrapeServer {
  readonly #options: ScrapeServerOptions;
  readonly #connections = new Set<Connection>();
  #isClosed = false;

  constructor(options: ScrapeServerOptions) {
    this.#options = options;
    void this.#accept();
  }

  /** With the real port. */
  get address() {
    return this.#options.listener.address;
  }

  close(): void {
    this.#isClosed = true;
    this.#options.listener.close();
    for (const connection of this.#connections) connection.close();
  }

  async #accept(): Promise<void> {
    const { listener, log, clock } = this.#options;
    let hasFailed = false;
    while (!this.#isClosed) {
      try {
        const connection = await listener.accept();
        if (connection === null) return;
        hasFailed = false;
        if (this.#connections.size >= MAX_CONNECTIONS) connection.close();
        else void this.#serve(connection);
      } catch (error) {
        if (this.#isClosed) return;
        // Once, however long it lasts.
        if (!hasFailed) log("warn", "cannot accept who asks for figures", { error: String(error) });
        hasFailed = true;
        await clock.sleep(ACCEPT_RETRY_MS);
      }
    }
  }

  async #serve(connection: Connection): Promise<void> {
    this.#connections.add(connection);
    const patience = this.#options.clock.after(TIME_MS, () => connection.close());
    try {
      const request = await readHead(connection);
      if (request === undefined) return;
      await connection.write([await this.#answer(request)]);
    } catch {
      // Who asks for figures and goes has not been kept from anything.
    } finally {
      patience.cancel();
      connection.close();
      this.#connections.delete(connection);
    }
  }

  async #answer(head: string): Promise<Uint8Array> {
    const [method, target = ""] = head.slice(0, head.indexOf("\r\n")).split(" ");
    if (method !== "GET" && method !== "HEAD") {
      return answer("405 Method Not Allowed", "GET only\n");
    }
    const path = target.split("?", 1)[0];
    if (path !== "/metrics") return answer("404 Not Found", "The figures are at /metrics\n");
    return answer("200 OK", await this.#text(), { isHead: method === "HEAD" });
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

/** Up to the empty line; undefined when none comes. */
async function readHead(connection: Connection): Promise<string | undefined> {
  const bytes = new Uint8Array(MAX_REQUEST_BYTES);
  for (let size = 0; size < bytes.length;) {
    const count = await connection.read(bytes.subarray(size));
    if (count === null) return undefined;
    size += count;
    const text = decoder.decode(bytes.subarray(0, size));
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0) return text.slice(0, end + 2);
  }
  return undefined;
}

function answer(status: string, text: string, { isHead = false } = {}): Uint8Array {
  const body = encoder.encode(text);
  const head = encoder.encode(
    `HTTP/1.1 ${status}\r\nContent-Type: ${TEXT}\r\nContent-Length: ${body.length}\r\n` +
      "Connection: close\r\n\r\n",
  );
  if (isHead) return head;
  const whole = new Uint8Array(head.length + body.length);
  whole.set(head);
  whole.set(body, head.length);
  return whole;
}
