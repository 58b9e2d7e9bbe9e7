/**
 * The way to one other node of the quorum: one connection, dialed when there is something to say,
 * and dialed anew with growing pauses. Of each kind of message one is on its way and one may wait; a
 * newer one takes its place, since all that matters to the core is what it said last. What is lost,
 * the core says again when its time comes.
 *
 * A connection that ends is news: it is dialed anew at once, and when nobody listens there any more
 * that is told, so that nobody waits out a timeout for a process that is gone. A node that is only
 * silent, or behind a cut cable, gives no such news.
 */
import type { LogEvent } from "../../base/mod.ts";
import { ConnectionLost, reasonOf, WireConnection } from "../../client/mod.ts";
import type { Clock, Network, NetworkAddress, Timer } from "../../platform/mod.ts";
import type { RaftMessage } from "../../raft/mod.ts";
import type { Outgoing, Reply } from "./requests.ts";

/** The longest pause between two dials. */
const MAX_BACKOFF_MS = 500;

export interface PeerOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly log: LogEvent;
  readonly clientId: string;
  /** Where the node is now; undefined while nobody knows. */
  readonly address: () => NetworkAddress | undefined;
  /** `controller.quorum.request.timeout.ms`; a message that waited for so long is dropped. */
  readonly timeoutMs: number;
  /** `controller.quorum.retry.backoff.ms` */
  readonly backoffMs: number;
  readonly translate: (message: RaftMessage) => Outgoing;
  readonly onReply: (reply: Reply) => void;
  /** Nobody listens there. */
  readonly onRefused: () => void;
  /** There is something to say, and nobody knows where. */
  readonly onNowhere: () => void;
}

interface Waiting {
  readonly message: RaftMessage;
  readonly since: number;
}

/** Messages of one kind follow one another. A fetch is one, of records or a snapshot. */
const kindOf = ({ type }: RaftMessage): string =>
  type === "FetchSnapshotRequest" ? "FetchRequest" : type;

export class Peer {
  readonly #options: PeerOptions;
  readonly #waiting = new Map<string, Waiting>();
  readonly #underWay = new Set<string>();
  readonly #closing = new AbortController();
  #wire: WireConnection | undefined;
  #isDialing = false;
  #failures = 0;
  #retry: Timer | undefined;
  /** Said once until it changes. */
  #lastReason: string | undefined;

  constructor(options: PeerOptions) {
    this.#options = options;
  }

  send(message: RaftMessage): void {
    if (this.#closing.signal.aborted) return;
    this.#waiting.set(kindOf(message), { message, since: this.#options.clock.monotonic() });
    this.#pump();
  }

  /** It is being told that this node leads no more, and is there to hear it. */
  get isBeingTold(): boolean {
    const kind = "EndQuorumEpochRequest";
    return this.#underWay.has(kind) || (this.#waiting.has(kind) && this.#retry === undefined);
  }

  close(): void {
    this.#closing.abort(new Error("the node stops"));
    this.#retry?.cancel();
    this.#waiting.clear();
    this.#wire?.close();
  }

  #pump(): void {
    if (this.#waiting.size === 0 || this.#closing.signal.aborted) return;
    const wire = this.#wire;
    if (wire === undefined) {
      if (!this.#isDialing && this.#retry === undefined) void this.#dial();
      return;
    }
    const now = this.#options.clock.monotonic();
    for (const [kind, { message, since }] of this.#waiting) {
      if (this.#underWay.has(kind)) continue;
      this.#waiting.delete(kind);
      if (now - since < this.#options.timeoutMs) void this.#ask(wire, kind, message);
    }
  }

  async #ask(wire: WireConnection, kind: string, message: RaftMessage): Promise<void> {
    const { timeoutMs, translate, onReply, clock, log } = this.#options;
    this.#underWay.add(kind);
    try {
      const { request, response, body, read } = translate(message);
      const answer = await wire.call(request, response, body as never, { timeoutMs });
      if (!this.#closing.signal.aborted) onReply(read(answer));
    } catch (error) {
      // Asked again on the next connection, if there is one: a fetch that waited at the leader
      // when its process ended is how a follower learns that.
      const isLost = error instanceof ConnectionLost && error.cause !== undefined;
      if (isLost && kind === "FetchRequest" && !this.#waiting.has(kind)) {
        this.#waiting.set(kind, { message, since: clock.monotonic() });
      } else if (!(error instanceof ConnectionLost) && !this.#closing.signal.aborted) {
        log("warn", "quorum request failed", { to: message.to, reason: reasonOf(error) });
      }
    } finally {
      this.#underWay.delete(kind);
    }
    this.#pump();
  }

  async #dial(): Promise<void> {
    const { network, clock, clientId, timeoutMs, onRefused, onNowhere } = this.#options;
    const address = this.#options.address();
    if (address === undefined) {
      this.#waiting.clear();
      return queueMicrotask(onNowhere); // whoever sends is not called back by it
    }
    this.#isDialing = true;
    try {
      const { signal } = this.#closing;
      const wire = await WireConnection.open(address, {
        network,
        clock,
        clientId,
        timeoutMs,
        signal,
      });
      this.#failures = 0;
      this.#lastReason = undefined;
      this.#wire = wire;
      void wire.whenClosed.then(() => {
        if (this.#wire === wire) this.#wire = undefined;
        this.#pump();
      });
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      const reason = reasonOf(error);
      this.#tell(address, reason);
      this.#pause();
      if (reason === "connection refused" || reason === "connection reset") onRefused();
    } finally {
      this.#isDialing = false;
    }
    this.#pump();
  }

  #pause(): void {
    const { clock, backoffMs } = this.#options;
    const pauseMs = Math.min(MAX_BACKOFF_MS, backoffMs * 2 ** Math.min(this.#failures++, 10));
    this.#retry = clock.after(pauseMs, () => {
      this.#retry = undefined;
      this.#pump();
    });
  }

  #tell({ host, port }: NetworkAddress, reason: string): void {
    if (this.#lastReason === reason) return;
    this.#lastReason = reason;
    this.#options.log("info", "cannot reach a node of the quorum", { host, port, reason });
  }
}
