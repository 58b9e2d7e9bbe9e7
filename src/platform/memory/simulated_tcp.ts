/**
 * TCP as those at its ends see it, over a wire that loses, delays and is cut: what was written
 * comes in order and whole or not at all, a loss is a delay, and a cut is silence, until it is
 * mended or the kernel gives up. Nobody is told of a death that has no way to tell of itself.
 *
 *     write ─▶ (room for BUFFER_BYTES) ─▶ wire: latency, loss, cuts ─▶ kernel ─▶ read
 *
 * The kernel takes in and acknowledges also for a process that is stopped. What comes for a socket
 * that is closed, or for a machine that was started anew, is answered by a reset.
 */
import type { Clock, Timer } from "../time.ts";
import type { Connection, NetworkAddress } from "../network.ts";
import type { HostProcess } from "./host_process.ts";

/** What one direction holds before its writer waits. */
const BUFFER_BYTES = 256 * 1024;
/** The first wait before something is sent again; each further one is twice as long, up to the last. */
export const RESEND_MS = 200;
const LONGEST_RESEND_MS = 120_000;
/** So long a kernel tries, then the connection has timed out (`tcp_retries2`). */
const GIVE_UP_MS = 924_000;

/** The wire from one host to another. */
export interface Wire {
  /** How long something takes that is sent now, what must be sent again included. */
  latencyMs(): number;
  /** Whether something that arrives now arrives: not when it is cut, or nobody is there. */
  isOpen(): boolean;
}

type Segment = Uint8Array | "end" | "reset";

/** One direction of a connection, from one socket to the other. */
class Path {
  readonly #clock: Clock;
  readonly #wire: Wire;
  /** What acknowledgements come back by. */
  readonly #back: Wire;
  readonly #sender: SimulatedSocket;
  readonly #receiver: SimulatedSocket;
  #flying: { segment: Segment; arrivesAt: number }[] = [];
  #lastArrival = 0;
  #timer: Timer | undefined;
  #resendMs = RESEND_MS;
  #silentSince: number | undefined;
  /** Sent and not known to be read. */
  #unread = 0;

  constructor(
    clock: Clock,
    { wire, back }: { wire: Wire; back: Wire },
    { sender, receiver }: { sender: SimulatedSocket; receiver: SimulatedSocket },
  ) {
    this.#clock = clock;
    this.#wire = wire;
    this.#back = back;
    this.#sender = sender;
    this.#receiver = receiver;
  }

  get room(): number {
    return BUFFER_BYTES - this.#unread;
  }

  send(segment: Segment): void {
    const arrivesAt = Math.max(
      this.#lastArrival,
      this.#clock.monotonic() + this.#wire.latencyMs(),
    );
    this.#lastArrival = arrivesAt;
    this.#flying.push({ segment, arrivesAt });
    if (typeof segment === "object") this.#unread += segment.length;
    this.#await(arrivesAt - this.#clock.monotonic());
  }

  /** The receiver has read so much, and the sender learns of it as soon as it can. */
  free(bytes: number): void {
    if (!this.#back.isOpen()) return void this.#clock.after(RESEND_MS, () => this.free(bytes));
    this.#unread -= bytes;
    this.#sender.onRoom();
  }

  /** The sending machine is no more. */
  drop(): void {
    this.#flying = [];
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #await(ms: number): void {
    this.#timer ??= this.#clock.after(ms, () => {
      this.#timer = undefined;
      this.#deliver();
    });
  }

  #deliver(): void {
    const now = this.#clock.monotonic();
    if (!this.#wire.isOpen()) return this.#tryLater(now);
    this.#silentSince = undefined;
    this.#resendMs = RESEND_MS;
    while (this.#flying.length > 0 && this.#flying[0].arrivesAt <= now) {
      this.#receiver.arrive(this.#flying.shift()!.segment);
    }
    if (this.#flying.length > 0) this.#await(this.#flying[0].arrivesAt - now);
  }

  #tryLater(now: number): void {
    this.#silentSince ??= now;
    if (now - this.#silentSince >= GIVE_UP_MS) {
      this.drop();
      return this.#sender.fail("connection timed out");
    }
    this.#await(this.#resendMs);
    this.#resendMs = Math.min(2 * this.#resendMs, LONGEST_RESEND_MS);
  }
}

/** One end of a connection. */
export class SimulatedSocket implements Connection {
  readonly local: NetworkAddress;
  readonly remote: NetworkAddress;
  readonly #process: HostProcess;
  readonly #onGone: () => void;
  #outgoing!: Path;
  #incoming!: Path;
  #received: Uint8Array[] = [];
  #isEnded = false;
  #failure: string | undefined;
  #isClosed = false;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  /** @param onGone told once when the process has no more to do with it */
  constructor(
    process: HostProcess,
    { local, remote }: { local: NetworkAddress; remote: NetworkAddress },
    onGone: () => void,
  ) {
    this.#process = process;
    this.local = local;
    this.remote = remote;
    this.#onGone = onGone;
  }

  /** Joins two ends by the wires there and back. */
  static join(
    clock: Clock,
    [one, wireFromOne]: [SimulatedSocket, Wire],
    [other, wireFromOther]: [SimulatedSocket, Wire],
  ): void {
    const there = new Path(
      clock,
      { wire: wireFromOne, back: wireFromOther },
      { sender: one, receiver: other },
    );
    const back = new Path(
      clock,
      { wire: wireFromOther, back: wireFromOne },
      { sender: other, receiver: one },
    );
    [one.#outgoing, one.#incoming] = [there, back];
    [other.#outgoing, other.#incoming] = [back, there];
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#received.length === 0) {
      if (this.#isClosed) return null;
      if (this.#failure !== undefined) throw new Error(`Cannot read: ${this.#failure}`);
      if (this.#isEnded) return null;
      await new Promise<void>((resolve) => this.#wakeReader = resolve);
    }
    const [chunk] = this.#received;
    const count = Math.min(chunk.length, into.length);
    into.set(chunk.subarray(0, count));
    if (count === chunk.length) this.#received.shift();
    else this.#received[0] = chunk.subarray(count);
    this.#incoming.free(count);
    return count;
  }

  async write(parts: readonly Uint8Array[]): Promise<void> {
    const bytes = joined(parts); // a copy, as the kernel takes one
    for (let at = 0; at < bytes.length;) {
      if (this.#isClosed) throw new Error("Cannot write: the connection is closed");
      if (this.#failure !== undefined) throw new Error(`Cannot write: ${this.#failure}`);
      const { room } = this.#outgoing;
      if (room <= 0) {
        await new Promise<void>((resolve) => this.#wakeWriter = resolve);
        continue;
      }
      const part = bytes.subarray(at, at + room);
      if (!this.#process.isDead) this.#outgoing.send(part);
      at += part.length;
    }
  }

  /** Whoever closes with something unread has lost it, and the other side is told by a reset. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#failure === undefined) {
      this.#outgoing.send(this.#received.length > 0 ? "reset" : "end");
    }
    this.#received = [];
    this.#wakeAll();
    this.#onGone();
  }

  /** Something came over the wire. */
  arrive(segment: Segment): void {
    if (segment === "reset") return this.fail("connection reset by peer");
    if (this.#isClosed || this.#failure !== undefined) {
      if (segment !== "end") this.#outgoing.send("reset");
      return;
    }
    if (segment === "end") this.#isEnded = true;
    else this.#received.push(segment);
    this.#wakeAll();
  }

  /** There may be room again. */
  onRoom(): void {
    if (this.#wakeWriter !== undefined) this.#process.run(() => this.#wakeWriter?.());
  }

  /** It has ended, and not by who uses it; what has come can still be read. */
  fail(why: string): void {
    if (this.#isClosed || this.#failure !== undefined) return;
    this.#failure = why;
    this.#wakeAll();
    this.#onGone();
  }

  /** Its machine is no more: nothing leaves, nothing is told, and later nobody knows of it. */
  vanish(): void {
    this.#outgoing.drop();
    this.#isClosed = true;
    this.#received = [];
  }

  #wakeAll(): void {
    this.#process.run(() => {
      this.#wakeReader?.();
      this.#wakeWriter?.();
    });
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
