/**
 * A network in memory: streams with bounded buffers, so that a slow reader slows its writer as TCP
 * does.
 */
import {
  type Connection,
  type Listener,
  ListenError,
  type ListenOptions,
  type Network,
  type NetworkAddress,
} from "../network.ts";

/** What one direction of a stream holds before its writer waits. */
const BUFFER_BYTES = 256 * 1024;

/** One direction of a stream. */
class Pipe {
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #isEnded = false;
  #isBroken = false;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#chunks.length === 0) {
      if (this.#isEnded) return null;
      await new Promise<void>((resolve) => this.#wakeReader = resolve);
    }
    const chunk = this.#chunks[0];
    const count = Math.min(chunk.length, into.length);
    into.set(chunk.subarray(0, count));
    if (count === chunk.length) this.#chunks.shift();
    else this.#chunks[0] = chunk.subarray(count);
    this.#bytes -= count;
    this.#wakeWriter?.();
    return count;
  }

  async write(part: Uint8Array): Promise<void> {
    for (let at = 0; at < part.length;) {
      if (this.#isBroken || this.#isEnded) throw new Error("Cannot write: the stream is closed");
      const room = BUFFER_BYTES - this.#bytes;
      if (room <= 0) {
        await new Promise<void>((resolve) => this.#wakeWriter = resolve);
        continue;
      }
      const chunk = part.slice(at, at + room); // a copy, as the kernel takes one
      this.#chunks.push(chunk);
      this.#bytes += chunk.length;
      at += chunk.length;
      this.#wakeReader?.();
    }
  }

  /** The writer is done: the reader gets what is there, then the end. */
  end(): void {
    this.#isEnded = true;
    this.#wakeReader?.();
    this.#wakeWriter?.();
  }

  /** The reader is gone: what is there is lost and writing fails. */
  break(): void {
    this.#isBroken = true;
    this.#chunks = [];
    this.#bytes = 0;
    this.end();
  }
}

class MemoryConnection implements Connection {
  readonly #incoming: Pipe;
  readonly #outgoing: Pipe;

  constructor(
    readonly local: NetworkAddress,
    readonly remote: NetworkAddress,
    pipes: { incoming: Pipe; outgoing: Pipe },
  ) {
    this.#incoming = pipes.incoming;
    this.#outgoing = pipes.outgoing;
  }

  read(into: Uint8Array): Promise<number | null> {
    return this.#incoming.read(into);
  }

  async write(parts: readonly Uint8Array[]): Promise<void> {
    for (const part of parts) await this.#outgoing.write(part);
  }

  close(): void {
    this.#outgoing.end();
    this.#incoming.break();
  }
}

class MemoryListener implements Listener {
  #waiting: MemoryConnection[] = [];
  #accepting: ((connection: Connection | null) => void)[] = [];
  #isClosed = false;

  readonly #onClose: () => void;

  constructor(readonly address: NetworkAddress, onClose: () => void) {
    this.#onClose = onClose;
  }

  accept(): Promise<Connection | null> {
    const waiting = this.#waiting.shift();
    if (waiting) return Promise.resolve(waiting);
    if (this.#isClosed) return Promise.resolve(null);
    return new Promise((resolve) => this.#accepting.push(resolve));
  }

  deliver(connection: MemoryConnection): void {
    const accept = this.#accepting.shift();
    if (accept) accept(connection);
    else this.#waiting.push(connection);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClose();
    for (const accept of this.#accepting.splice(0)) accept(null);
    for (const connection of this.#waiting.splice(0)) connection.close();
  }
}

/** A network of its own; nodes that are to meet share one. */
export class MemoryNetwork implements Network {
  readonly #hosts: ReadonlySet<string>;
  readonly #listeners = new Map<string, MemoryListener>();
  #nextPort = 49_152;

  constructor({ hosts = ["127.0.0.1", "localhost", "0.0.0.0"] }: { hosts?: string[] } = {}) {
    this.#hosts = new Set(hosts);
  }

  listen({ host, port }: ListenOptions): Listener {
    if (!this.#hosts.has(host)) {
      throw new ListenError(`Cannot listen on ${host}:${port}: not our address`, "not available");
    }
    const address = { host, port: port === 0 ? this.#nextPort++ : port };
    const key = `${host}:${address.port}`;
    if (this.#listeners.has(key)) {
      throw new ListenError(`Cannot listen on ${key}: address already in use`, "in use");
    }
    const listener = new MemoryListener(address, () => this.#listeners.delete(key));
    this.#listeners.set(key, listener);
    return listener;
  }

  async resolve(host: string): Promise<string | undefined> {
    return await Promise.resolve(host === "localhost" ? "127.0.0.1" : undefined);
  }

  async dial(
    { host, port }: NetworkAddress,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<Connection> {
    signal?.throwIfAborted();
    const listener = this.#listeners.get(`${host}:${port}`) ??
      this.#listeners.get(`0.0.0.0:${port}`);
    if (!listener) throw new Error(`Cannot connect to ${host}:${port}: connection refused`);
    const local = { host: "127.0.0.1", port: this.#nextPort++ };
    const remote = { host, port };
    const there = new Pipe();
    const back = new Pipe();
    listener.deliver(new MemoryConnection(remote, local, { incoming: there, outgoing: back }));
    return new MemoryConnection(local, remote, { incoming: back, outgoing: there });
  }
}
