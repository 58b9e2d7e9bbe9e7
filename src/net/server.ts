/**
 * Listens and admits. Every limit of Kafka's that concerns connections has its edge here:
 *
 * | limit | at the edge |
 * | --- | --- |
 * | `max.connections` | accepting pauses until one has gone |
 * | `max.connections.per.ip` and overrides | accepted, closed at once, counted |
 * | `connections.max.idle.ms` | closed by the sweeper, never while a request is being served |
 * | `socket.request.max.bytes` | closed, one line |
 * | `queued.max.request.bytes` | the socket is not read until others have finished |
 * | a frame that stops, answers that aren't read | closed after `stallMs` |
 */
import type { LogEvent } from "../base/mod.ts";
import type {
  Clock,
  Connection,
  Listener,
  Network,
  NetworkAddress,
  Timer,
} from "../platform/mod.ts";
import { BufferPool } from "./buffers.ts";
import { ByteBudget } from "./byte_budget.ts";
import { type ConnectionContext, ServerConnection } from "./connection.ts";
import { type NetMetrics, noNetMetrics } from "./net_metrics.ts";
import type { RequestHandler } from "./request.ts";

export interface ServerLimits {
  /** `socket.request.max.bytes`. Default 100 MiB. */
  readonly maxRequestBytes: number;
  /** `max.connections`. Default unlimited. */
  readonly maxConnections: number;
  /** `max.connections.per.ip`. Default unlimited. */
  readonly maxConnectionsPerIp: number;
  /** `max.connections.per.ip.overrides`: by the address as the network prints it. */
  readonly maxConnectionsPerIpOverrides: ReadonlyMap<string, number>;
  /** `connections.max.idle.ms`. Default 10 minutes. */
  readonly idleMs: number;
  /** Bytes of large requests in memory over all connections. Default 256 MiB. */
  readonly maxQueuedBytes: number;
  /**
   * Bytes of answers that wait to be written, over all connections, before fetches get smaller.
   * Default 256 MiB.
   */
  readonly maxUnsentBytes: number;
  /** How long a request may stop halfway, and an answer may go unread. Default 30 s. */
  readonly stallMs: number;
}

const DEFAULT_LIMITS: ServerLimits = {
  maxRequestBytes: 100 * 1024 * 1024,
  maxConnections: Infinity,
  maxConnectionsPerIp: Infinity,
  maxConnectionsPerIpOverrides: new Map(),
  idleMs: 10 * 60_000,
  maxQueuedBytes: 256 * 1024 * 1024,
  maxUnsentBytes: 256 * 1024 * 1024,
  stallMs: 30_000,
};

export interface KafkaServerOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly log: LogEvent;
  readonly handler: RequestHandler;
  readonly limits?: Partial<ServerLimits>;
  readonly metrics?: NetMetrics;
}

/**
 * What failed an accept (no file descriptor left, mostly) passes; the pause keeps us from spinning
 * on it.
 */
const ACCEPT_RETRY_MS = 100;

/** A handler that does not hear its client's signal is left behind after so long. */
const LAST_WAIT_MS = 1000;

export class KafkaServer {
  readonly #options: KafkaServerOptions;
  readonly #limits: ServerLimits;
  readonly #metrics: NetMetrics;
  readonly #context: ConnectionContext;
  readonly #listeners = new Set<Listener>();
  readonly #connections = new Map<ServerConnection, Promise<void>>();
  readonly #perHost = new Map<string, number>();
  #lastId = 0;
  #sweeper: Timer | undefined;
  #onRoom: (() => void)[] = [];
  #isClosed = false;

  constructor(options: KafkaServerOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#metrics = options.metrics ?? noNetMetrics;
    this.#context = {
      clock: options.clock,
      log: options.log,
      handler: options.handler,
      metrics: this.#metrics,
      pool: new BufferPool(),
      budget: new ByteBudget(this.#limits.maxQueuedBytes),
      maxFrameBytes: this.#limits.maxRequestBytes,
      unsent: { bytes: 0, limit: this.#limits.maxUnsentBytes },
    };
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Starts to listen; returns the real address. Throws ListenError when it can't be had. */
  listen({ name, host, port }: { name: string; host: string; port: number }): NetworkAddress {
    const listener = this.#options.network.listen({ host, port });
    this.serve(name, listener);
    return listener.address;
  }

  /**
   * Takes in who comes to a listener that is open already; from here on it is the server's to
   * close.
   */
  serve(name: string, listener: Listener): void {
    this.#listeners.add(listener);
    this.#sweeper ??= this.#scheduleSweep();
    void this.#accept(name, listener);
  }

  /** The other way round: no more connections by this listener, and an end to those there are. */
  stopServing(name: string, listener: Listener): void {
    this.#listeners.delete(listener);
    listener.close();
    for (const connection of [...this.#connections.keys()]) {
      if (connection.listener === name) connection.finish();
    }
  }

  /**
   * Stops listening, lets requests that are being served finish for `graceMs`, then ends what is
   * left.
   */
  async close({ graceMs = 0 }: { graceMs?: number } = {}): Promise<void> {
    this.#isClosed = true;
    this.#sweeper?.cancel();
    for (const listener of this.#listeners) listener.close();
    this.#letGo();
    for (const connection of [...this.#connections.keys()]) connection.finish();
    if (graceMs > 0) await this.#allGone(graceMs);
    for (const connection of [...this.#connections.keys()]) connection.close(undefined);
    await this.#allGone(LAST_WAIT_MS);
  }

  /** Waits until every connection has ended, at most for so long. */
  async #allGone(atMostMs: number): Promise<void> {
    if (this.#connections.size === 0) return;
    const timeUp = new AbortController();
    await Promise.race([
      Promise.all(this.#connections.values()),
      this.#options.clock.sleep(atMostMs, timeUp.signal).catch(() => {}),
    ]);
    timeUp.abort();
  }

  async #accept(name: string, listener: Listener): Promise<void> {
    while (!this.#isClosed && this.#listeners.has(listener)) {
      if (this.#connections.size >= this.#limits.maxConnections) await this.#room();
      if (this.#isClosed) return;
      try {
        const socket = await listener.accept();
        if (socket === null) return;
        this.#admit(name, socket);
      } catch (error) {
        if (this.#isClosed) return;
        this.#options.log("error", "cannot accept a connection", {
          listener: name,
          error: String(error),
        });
        await this.#options.clock.sleep(ACCEPT_RETRY_MS);
      }
    }
  }

  #admit(name: string, socket: Connection): void {
    const { host } = socket.remote;
    const count = this.#perHost.get(host) ?? 0;
    const limit = this.#limits.maxConnectionsPerIpOverrides.get(host) ??
      this.#limits.maxConnectionsPerIp;
    if (this.#isClosed || count >= limit) {
      this.#metrics.refused();
      this.#options.log("debug", "connection refused", { remote: host, limit });
      return socket.close();
    }
    const connection = new ServerConnection(++this.#lastId, name, socket, this.#context);
    this.#perHost.set(host, count + 1);
    this.#metrics.opened();
    this.#connections.set(connection, connection.run().finally(() => this.#forget(connection)));
  }

  #forget(connection: ServerConnection): void {
    this.#connections.delete(connection);
    this.#metrics.closed();
    const left = this.#perHost.get(connection.remoteHost)! - 1;
    if (left > 0) this.#perHost.set(connection.remoteHost, left);
    else this.#perHost.delete(connection.remoteHost);
    this.#letGo();
  }

  #room(): Promise<void> {
    const { maxConnections } = this.#limits;
    this.#options.log("warn", "no more connections accepted for now", { maxConnections });
    return new Promise((resolve) => this.#onRoom.push(resolve));
  }

  #letGo(): void {
    const waiting = this.#onRoom;
    this.#onRoom = [];
    for (const resolve of waiting) resolve();
  }

  /** One timer looks after all connections: a timer each would cost more than the look. */
  #scheduleSweep(): Timer {
    const { idleMs, stallMs } = this.#limits;
    const everyMs = Math.max(10, Math.min(idleMs, stallMs) / 8);
    return this.#options.clock.after(everyMs, () => {
      const now = this.#options.clock.monotonic();
      for (const connection of [...this.#connections.keys()]) {
        connection.checkProgress(now, this.#limits);
      }
      if (!this.#isClosed) this.#sweeper = this.#scheduleSweep();
    });
  }
}
