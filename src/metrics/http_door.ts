/**
 * A door for people and programs that ask by HTTP, where no client of Kafka's comes: HTTP/1.1 as
 * far as one answer needs it. A request is read, answered, and the connection closed. All of it has
 * an edge: so many connections at once (more are closed), so many bytes of a request, and a time
 * for all of it, after which the connection is closed whatever it is at.
 */
import type { LogEvent } from "../base/mod.ts";
import type { Clock, Connection, Listener } from "../platform/mod.ts";

const MAX_CONNECTIONS = 8;
const MAX_REQUEST_BYTES = 8192;
const TIME_MS = 10_000;
/** What failed an accept (no file descriptor left, mostly) passes. */
const ACCEPT_RETRY_MS = 1000;

const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");

/** What is asked; bodies are not read. */
export interface DoorRequest {
  readonly method: string;
  /** Without what stands behind a `?`. */
  readonly path: string;
  /** By their names in small letters. */
  readonly headers: ReadonlyMap<string, string>;
}

export interface DoorAnswer {
  /** `200 OK` */
  readonly status: string;
  /** The body's `Content-Type`. */
  readonly type: string;
  readonly body: string;
}

export interface HttpDoorOptions {
  readonly listener: Listener;
  readonly clock: Clock;
  readonly log: LogEvent;
  /** Whom it is for, in the message of a door that cannot be opened. */
  readonly who: string;
  answer(request: DoorRequest): DoorAnswer | Promise<DoorAnswer>;
}

export class HttpDoor {
  readonly #options: HttpDoorOptions;
  readonly #connections = new Set<Connection>();
  #isClosed = false;

  constructor(options: HttpDoorOptions) {
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
    const { listener, log, clock, who } = this.#options;
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
        if (!hasFailed) log("warn", `cannot accept ${who}`, { error: String(error) });
        hasFailed = true;
        await clock.sleep(ACCEPT_RETRY_MS);
      }
    }
  }

  async #serve(connection: Connection): Promise<void> {
    this.#connections.add(connection);
    const patience = this.#options.clock.after(TIME_MS, () => connection.close());
    try {
      const head = await readHead(connection);
      if (head === undefined) return;
      const request = requestOf(head);
      const isHead = request.method === "HEAD";
      await connection.write([encode(await this.#options.answer(request), { isHead })]);
    } catch {
      // Whoever asks and goes has not been kept from anything.
    } finally {
      patience.cancel();
      connection.close();
      this.#connections.delete(connection);
    }
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
    if (end >= 0) return text.slice(0, end);
  }
  return undefined;
}

function requestOf(head: string): DoorRequest {
  const [first, ...lines] = head.split("\r\n");
  const [method, target = ""] = first.split(" ");
  const headers = new Map(lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  }));
  return { method, path: target.split("?", 1)[0], headers };
}

function encode({ status, type, body }: DoorAnswer, { isHead }: { isHead: boolean }): Uint8Array {
  const bytes = encoder.encode(body);
  const head = encoder.encode(
    `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${bytes.length}\r\n` +
      "Connection: close\r\n\r\n",
  );
  if (isHead) return head;
  const whole = new Uint8Array(head.length + bytes.length);
  whole.set(head);
  whole.set(bytes, head.length);
  return whole;
}
