/**
 * A way to the active controller, wherever it is: a call when it is in this process, else a request
 * over a connection to the controllers' listener of the quorum's leader. Who leads changes, and so
 * does the way: what is refused with NOT_CONTROLLER, or lost with its connection, is asked again of
 * whoever leads then, until its time is over.
 *
 * Something that was asked and lost may have been done all the same. Asking for it again is then
 * answered by what has come of it ("it exists already"), as with Kafka's brokers, which do the same.
 *
 * Several things that one channel is used for go over one connection, and their answers come in
 * their order: what must not wait for the others has a channel of its own.
 */
import { addressText, ConnectionLost, reasonOf, WireConnection } from "../client/mod.ts";
import type { LogEvent } from "../base/mod.ts";
import type { Clock, Network, NetworkAddress, Timer } from "../platform/mod.ts";
import {
  errorCode,
  type InputOf,
  KafkaError,
  type Message,
  type ValueOf,
} from "../protocol/mod.ts";
import type { ActiveController } from "./active_controller.ts";
import type { Leadership } from "./metadata_log.ts";

/** Who leads, as far as this node knows. */
export interface LeaderSource {
  readonly leaderId: number | undefined;
  onLeadership(listener: (leadership: Leadership) => void): () => void;
}

export interface ControllerChannelOptions {
  readonly metadata: LeaderSource;
  /** Where another node's controller takes connections, if that is known. */
  readonly endpointOf: (nodeId: number) => NetworkAddress | undefined;
  readonly nodeId: number;
  /** What it is for, for the log. */
  readonly name: string;
  /** This node's own controller, if it has that role. */
  readonly local?: ActiveController;
  readonly network: Network;
  readonly clock: Clock;
  readonly log: LogEvent;
  /** Told when a connection that was open has ended. */
  readonly onEnd?: () => void;
}

export interface Question<T> {
  /** The call, when the active controller is in this process. */
  readonly local: (controller: ActiveController) => Promise<T>;
  /** The same over the wire. */
  readonly remote: (connection: WireConnection) => Promise<T>;
  /** For how long it is asked again and again. */
  readonly timeoutMs: number;
}

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

/** Nobody to ask as yet, or no way there. */
class NoController extends Error {
  override name = "NoController";
}

/** Whether another attempt may go better. What went wrong in this process would again. */
const mayPass = (error: unknown): boolean =>
  error instanceof KafkaError
    ? error.error === "NOT_CONTROLLER"
    : error instanceof NoController || error instanceof ConnectionLost;

export class ControllerChannel {
  readonly #options: ControllerChannelOptions;
  readonly #stopListening: () => void;
  /** Those who pause before they ask again: see {@link #pause}. */
  readonly #pausing = new Set<() => void>();
  readonly #closing = new AbortController();
  #connection: { readonly to: number; readonly opening: Promise<WireConnection> } | undefined;

  constructor(options: ControllerChannelOptions) {
    this.#options = options;
    this.#stopListening = options.metadata.onLeadership(({ leaderId }) => {
      // Who waits for an answer of one that leads no more would wait for nothing.
      if (leaderId !== undefined && leaderId !== this.#connection?.to) this.#disconnect();
      for (const goOn of [...this.#pausing]) goOn();
    });
  }

  /** Whether the active controller is in this process. */
  get isLocal(): boolean {
    return this.#options.local?.isActive ?? false;
  }

  /**
   * Asks until there is an answer. Throws KafkaError: what the controller refuses it with, or
   * REQUEST_TIMED_OUT when no controller has answered in time.
   */
  async ask<T>({ local, remote, timeoutMs }: Question<T>): Promise<T> {
    const { clock, name, log } = this.#options;
    const deadline = clock.monotonic() + timeoutMs;
    for (let pauseMs = FIRST_PAUSE_MS;; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        return await this.#askOnce(local, remote);
      } catch (error) {
        if (!mayPass(error)) throw error;
        if (this.#closing.signal.aborted) throw this.#closing.signal.reason;
        const reason = error instanceof Error ? error.message : String(error);
        log("debug", "controller not reached", { for: name, reason });
        const leftMs = deadline - clock.monotonic();
        if (leftMs <= 0) {
          const why = `No controller has answered within ${timeoutMs} ms: ${reason}`;
          throw new KafkaError("REQUEST_TIMED_OUT", why, { cause: error });
        }
        await this.#pause(Math.min(pauseMs, leftMs));
      }
    }
  }

  /** Who waits is refused. Fine to call twice. */
  close(): void {
    this.#closing.abort(new KafkaError("NOT_CONTROLLER", "This node is stopping"));
    this.#stopListening();
    this.#disconnect();
    for (const goOn of [...this.#pausing]) goOn();
  }

  async #askOnce<T>(local: Question<T>["local"], remote: Question<T>["remote"]): Promise<T> {
    this.#closing.signal.throwIfAborted();
    const { local: controller, metadata: { leaderId }, nodeId } = this.#options;
    if (controller?.isActive) return await local(controller);
    if (leaderId === undefined || leaderId === nodeId) {
      throw new NoController("no controller is active as far as this node knows");
    }
    return await remote(await this.#connect(leaderId));
  }

  #connect(to: number): Promise<WireConnection> {
    if (this.#connection?.to === to) return this.#connection.opening;
    this.#disconnect();
    const connection = { to, opening: this.#open(to) };
    this.#connection = connection;
    connection.opening.then(
      (wire) => wire.whenClosed.then(() => this.#onEnd(connection)),
      () => this.#forget(connection),
    );
    return connection.opening;
  }

  async #open(to: number): Promise<WireConnection> {
    const { endpointOf, network, clock, nodeId } = this.#options;
    const address = endpointOf(to);
    if (address === undefined) throw new NoController(`node ${to} has no known address`);
    const { signal } = this.#closing;
    try {
      return await WireConnection.open(address, { network, clock, clientId: `${nodeId}`, signal });
    } catch (cause) {
      const why = `node ${to} cannot be reached at ${addressText(address)}: ${reasonOf(cause)}`;
      throw new NoController(why, { cause });
    }
  }

  #onEnd(connection: unknown): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    if (!this.#closing.signal.aborted) this.#options.onEnd?.();
  }

  #forget(connection: unknown): void {
    if (this.#connection === connection) this.#connection = undefined;
  }

  #disconnect(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    const reason = new ConnectionLost("another node leads");
    connection?.opening.then((wire) => wire.close(reason), () => {});
  }

  /** Until the time is over, or there is somebody else to ask. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer: Timer = this.#options.clock.after(ms, () => goOn());
      const goOn = () => {
        timer.cancel();
        this.#pausing.delete(goOn);
        resolve();
      };
      this.#pausing.add(goOn);
    });
  }
}

/** Calls; an answer that as a whole says NOT_CONTROLLER is thrown, so that it is asked elsewhere. */
export async function callController<Q extends Message, R extends Message>(
  connection: WireConnection,
  [request, response]: readonly [Q, R],
  body: InputOf<Q>,
  timeoutMs: number,
): Promise<ValueOf<R>> {
  const answer = await connection.call(request, response, body, { timeoutMs });
  const { errorCode: code } = answer as { errorCode?: number };
  if (code === errorCode("NOT_CONTROLLER")) throw new KafkaError("NOT_CONTROLLER");
  return answer;
}
