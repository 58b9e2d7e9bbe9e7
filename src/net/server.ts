/**
 * Listens and admits. Every limit of Kafka's that concerns connections has its edge here:
 *
 * | limit | at the edge |
 * | --- | --- |
 * | `max.connections`, of all and of a listener | accepting pauses until one has gone |
 * | `max.connections.per.ip` and overrides | accepted, closed at once, counted |
 * | `max.connection.creation.rate`, of all and of a listener | accepting pauses |
 * | `connection_creation_rate` of an address | accepted, not read, closed after the pause |
 * | `connections.max.idle.ms` | closed by the sweeper, never while a request is being served |
 * | `socket.request.max.bytes` | closed, one line |
 * | `queued.max.request.bytes` | the socket is not read until others have finished |
 * | `queued.max.requests` | connections are read one request at a time |
 * | `queued.max.response.bytes` | fetches bring less |
 * | a frame that stops, answers that aren't read | closed after `stallMs` |
 */
import type { LogEvent } from "../base/mod.ts";
import { LIMITS } from "../config/mod.ts";
import type {
  Clock,
  Connection,
  Listener,
  Network,
  NetworkAddress,
  Timer,
} from "../platform/mod.ts";
import { Admission, type AdmissionLimits, NO_ADMISSION_LIMITS } from "./admission.ts";
import { BufferPool } from "./buffers.ts";
import { ByteBudget } from "./byte_budget.ts";
import { type ConnectionContext, ServerConnection } from "./connection.ts";
import { type NetMetrics, noNetMetrics } from "./net_metrics.ts";
import type { RequestHandler } from "./request.ts";
import { Turns } from "./turns.ts";

export interface ServerLimits extends AdmissionLimits {
  /** `socket.request.max.bytes`. Default 100 MiB. */
  readonly maxRequestBytes: number;
  /** `connections.max.idle.ms`. Default 10 minutes. */
  readonly idleMs: number;
  /** Bytes of large requests in memory over all connections. Default 256 MiB. */
  readonly maxQueuedBytes: number;
  /**
   * Bytes of answers that wait to be written, over all connections, before fetches get smaller.
   * `queued.max.response.bytes`. Default 256 MiB.
   */
  readonly maxUnsentBytes: number;
  /** `queued.max.requests`. Default 500. */
  readonly maxQueuedRequests: number;
  /** How long a request may stop halfway, and an answer may go unread. Default 30 s. */
  readonly stallMs: number;
}

const DEFAULT_LIMITS: ServerLimits = {
  ...NO_ADMISSION_LIMITS,
  maxRequestBytes: 100 * 1024 * 1024,
  idleMs: 10 * 60_000,
  maxQueuedBytes: 256 * 1024 * 1024,
  maxUnsentBytes: 256 * 1024 * 1024,
  maxQueuedRequests: 500,
  stallMs: LIMITS["stall.ms"].fixed,
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
 * What failed an accept (no file descriptor left, in all likelihood) passes; the pause keeps us from
 * spinning on it.
 */
const ACCEPT_RETRY_MS = 100;

/** A handler that does not hear its client's signal is left behind after so long. */
const LAST_WAIT_MS = 1000;

/**
 * Connections that are held and then closed, since their address has had too many; more of them are
 * closed at once.
 */
const MAX_HELD = LIMITS["held.connections"].fixed;

export class KafkaServer {
  readonly #options: KafkaServerOptions;
  readonly #limits: ServerLimits;
  readonly #metrics: NetMetrics;
  readonly #context: ConnectionContext;
  readonly #listeners = new Set<Listener>();
  readonly #connections = new Map<ServerConnection, Promise<void>>();
  readonly #admission: Admission;
  /** Connections that are not let in, until they are closed. */
  readonly #held = new Map<Connection, Timer>();
  #lastId = 0;
  #sweeper: Timer | undefined;
  #onRoom: (() => void)[] = [];
  readonly #closing = new AbortController();

  constructor(options: KafkaServerOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#admission = new Admission(this.#limits);
    this.#metrics = options.metrics ?? noNetMetrics;
    this.#context = {
      clock: options.clock,
      log: options.log,
      handler: options.handler,
      metrics: this.#metrics,
      turns: new Turns(options.clock),
      pool: new BufferPool(),
      budget: new ByteBudget(
        this.#limits.maxQueuedBytes,
        () => this.#metrics.limited("queued.max.request.bytes"),
      ),
      maxFrameBytes: this.#limits.maxRequestBytes,
      unsent: { bytes: 0, limit: this.#limits.maxUnsentBytes },
      waiting: { requests: 0, limit: this.#limits.maxQueuedRequests },
    };
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Bytes of large requests that are in memory. */
  get queuedBytes(): number {
    return this.#context.budget.used;
  }

  /** Requests that wait for the disk while their connections are read on. */
  get waitingRequests(): number {
    return this.#context.waiting.requests;
  }

  /** Bytes of answers that wait to be written. */
  get unsentBytes(): number {
    return this.#context.unsent.bytes;
  }

  /** Connections that wait to be closed. */
  get heldCount(): number {
    return this.#held.size;
  }

  /** Connections from the address that has most. */
  get mostOfOneAddress(): number {
    return this.#admission.mostOfOneAddress;
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** From now on these limits count: more may come in at once, and who is too many goes. */
  limitConnections(limits: AdmissionLimits): void {
    this.#admission.limits = limits;
    this.#letGo();
    this.#makeRoom();
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
    this.#letGo();
    for (const connection of [...this.#connections.keys()]) {
      if (connection.listener === name) connection.finish();
    }
  }

  /**
   * Stops listening, lets requests that are being served finish for `graceMs`, then ends what is
   * left.
   */
  async close({ graceMs = 0 }: { graceMs?: number } = {}): Promise<void> {
    this.#closing.abort();
    this.#sweeper?.cancel();
    for (const [socket, timer] of this.#held) {
      timer.cancel();
      socket.close();
    }
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
    let hasFailed = false;
    while (this.#serves(listener)) {
      try {
        const socket = await listener.accept();
        if (socket === null) return;
        hasFailed = false;
        await this.#untilDue(name);
        // Looked at and taken in one turn: who comes by another listener wants the same room.
        for (let waits = 0; this.#serves(listener) && !this.#admission.hasRoom(name); waits++) {
          await this.#room(name, { isSaid: waits > 0 });
        }
        if (this.#serves(listener)) this.#admit(name, socket);
        else socket.close();
      } catch (error) {
        if (this.#isClosed) return;
        this.#metrics.limited("open.files");
        if (!hasFailed) this.#tellNotAccepted(name, error);
        hasFailed = true;
        await this.#options.clock.sleep(ACCEPT_RETRY_MS);
      }
    }
  }

  /** Once, however long it lasts. */
  #tellNotAccepted(listener: string, error: unknown): void {
    this.#options.log("error", "cannot accept a connection", {
      listener,
      error: String(error),
      connections: this.#connections.size,
      advice: "if too many files are open: a larger ulimit -n, or a smaller max.connections",
    });
  }

  #serves(listener: Listener): boolean {
    return !this.#isClosed && this.#listeners.has(listener);
  }

  /** Who has come waits, and all behind, as long as new connections come too fast. */
  async #untilDue(name: string): Promise<void> {
    const { clock } = this.#options;
    const pauseMs = this.#admission.pauseMs(name, clock.monotonic());
    if (pauseMs <= 0) return;
    this.#metrics.limited("max.connection.creation.rate");
    await clock.sleep(pauseMs, this.#closing.signal).catch(() => {});
  }

  #room(listener: string, { isSaid }: { isSaid: boolean }): Promise<void> {
    if (!isSaid) {
      this.#metrics.limited("max.connections");
      this.#options.log("warn", "no more connections accepted for now", { listener });
    }
    return new Promise((resolve) => this.#onRoom.push(resolve));
  }

  #admit(name: string, socket: Connection): void {
    const { host } = socket.remote;
    const admitted = this.#admission.enter(name, host, this.#options.clock.monotonic());
    if (admitted !== "yes") {
      const isTooMany = admitted === "too many";
      this.#metrics.limited(isTooMany ? "max.connections.per.ip" : "connection_creation_rate");
      this.#options.log("debug", "connection refused", { remote: host, listener: name });
      return isTooMany ? socket.close() : this.#hold(socket, admitted.closeAfterMs);
    }
    const connection = new ServerConnection(++this.#lastId, name, socket, this.#context);
    this.#metrics.opened();
    this.#connections.set(connection, connection.run().finally(() => this.#forget(connection)));
    this.#makeRoom();
  }

  /** Closed at once the client would come back at once. */
  #hold(socket: Connection, ms: number): void {
    if (this.#held.size >= MAX_HELD) {
      this.#metrics.limited("held.connections");
      return socket.close();
    }
    const timer = this.#options.clock.after(ms, () => {
      this.#held.delete(socket);
      socket.close();
    });
    this.#held.set(socket, timer);
  }

  /** Closes who has been idle for longest, as many as there are too many. */
  #makeRoom(): void {
    const { excess, limits: { protectedListener, maxConnections } } = this.#admission;
    if (excess === 0) return;
    const now = this.#options.clock.monotonic();
    const since = ({ idleSince = now }: ServerConnection) => idleSince;
    const staying = [...this.#connections.keys()].filter(({ signal }) => !signal.aborted);
    const leaving = this.#connections.size - staying.length;
    const others = staying.filter(({ listener }) => listener !== protectedListener)
      .sort((one, other) => since(one) - since(other));
    for (const connection of others.slice(0, Math.max(0, excess - leaving))) {
      connection.close(`there are more than ${maxConnections} connections`);
    }
  }

  #forget(connection: ServerConnection): void {
    this.#connections.delete(connection);
    this.#metrics.closed();
    this.#admission.leave(connection.listener, connection.remoteHost);
    this.#letGo();
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
