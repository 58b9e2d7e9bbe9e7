/**
 * The life of one accepted connection: read a frame, find its header, ask the handler, write the
 * answer, again.
 *
 *     run ── take ──► handle ──► answer at once ─────────► write
 *                        │
 *                        └─► promise ─► wait (reading ahead one buffer, to notice the client leaving)
 *                                  └─► released: into the queue of answers, and on to the next frame
 *
 * Every way out goes through {@link ServerConnection.close}: a frame that can't be, a key or
 * version that isn't served, a body that doesn't parse, a handler that hangs up, the client's end,
 * the sweeper's verdict (idle, stalled, never reading), and the server's own end. The first reason
 * is the one that is logged.
 */
import { type LimitName, LIMITS } from "../config/mod.ts";
import { ByteReader, ByteWriter, DecodeError } from "../bytes/mod.ts";
import type { LogEvent } from "../base/mod.ts";
import type { Clock, Connection } from "../platform/mod.ts";
import { decodeRequestHeader, encodeResponseHeader } from "../protocol/mod.ts";
import { FrameError, FrameReader, type FrameReaderOptions } from "./frame_reader.ts";
import { type Answer, type ConnectionInfo, Request, type RequestHandler } from "./request.ts";
import { sliceBy } from "./slices.ts";
import type { Turns } from "./turns.ts";
import type { NetMetrics } from "./net_metrics.ts";

const API_VERSIONS_KEY = 18;
/** Released requests whose answers are not written yet; more wait for the first of them. */
const MAX_PIPELINED = LIMITS["pipelined.requests"].fixed;
/**
 * One write to the socket has at most so many bytes, so that a slow reader is seen to make
 * progress.
 */
const WRITE_SLICE_BYTES = 1024 * 1024;

/** Answers known at once wait for those behind them up to this many bytes. */
const OUTBOX_BYTES = 64 * 1024;

/** What a connection shares with all others of its server. */
export interface ConnectionContext extends Omit<FrameReaderOptions, "signal"> {
  readonly clock: Clock;
  readonly log: LogEvent;
  readonly handler: RequestHandler;
  readonly metrics: NetMetrics;
  readonly turns: Turns;
  /** Bytes of answers that are built and not yet taken by the kernel, over all connections. */
  readonly unsent: { bytes: number; readonly limit: number };
  /** Requests that were released and are not answered yet, over all connections. */
  readonly waiting: { requests: number; readonly limit: number };
}

interface Pending {
  readonly request: Request;
  /** Undefined as long as it is waited for. */
  answer: Answer | undefined;
}

/** Answers on their way to the socket, in order. */
interface Outbox {
  readonly segments: Uint8Array[];
  bytes: number;
  /** Those of their requests that want to know when they are sent. */
  readonly onSent: (() => void)[];
}

const emptyOutbox = (): Outbox => ({ segments: [], bytes: 0, onSent: [] });

export class ServerConnection implements ConnectionInfo {
  readonly remoteHost: string;
  readonly remotePort: number;
  softwareName = "";
  softwareVersion = "";

  readonly #socket: Connection;
  readonly #context: ConnectionContext;
  readonly #frames: FrameReader;
  readonly #gone = new AbortController();
  readonly #pending: Pending[] = [];
  #draining: Promise<void> | undefined;
  #quiet: PromiseWithResolvers<void> | undefined;
  /** Answers that were known at once and leave together, at the latest before the next read. */
  #outbox = emptyOutbox();
  /** The write under way, and those that wait for it. */
  #sending: Promise<void> | undefined;
  #sends = 0;
  #isClosed = false;
  #isFinishing = false;
  #isBusy = false;
  #isMuted = false;
  #hasAsked = false;
  #idleSince: number;
  #writingSince: number | undefined;
  #partial = { since: 0, bytesRead: -1, firstSeen: 0 };

  constructor(
    readonly id: number,
    readonly listener: string,
    socket: Connection,
    context: ConnectionContext,
  ) {
    this.#socket = socket;
    this.#context = context;
    this.remoteHost = socket.remote.host;
    this.remotePort = socket.remote.port;
    this.#frames = new FrameReader(socket, { ...context, signal: this.#gone.signal });
    this.#idleSince = context.clock.monotonic();
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /**
   * Since when, by the monotonic clock, nothing is asked and nothing is answered; undefined while
   * busy.
   */
  get idleSince(): number | undefined {
    return this.#isBusy || this.#pending.length > 0 ? undefined : this.#idleSince;
  }

  /** Serves until the connection ends, one way or another. Never rejects. */
  async run(): Promise<void> {
    let reason: string | undefined;
    try {
      await this.#serve();
    } catch (error) {
      reason = reasonOf(error);
      const limit = limitOf(error);
      if (limit !== undefined) this.#context.metrics.limited(limit);
    }
    this.#gone.abort();
    // What was asked before things went wrong is still answered.
    await this.#flush();
    await this.#allAnswered();
    this.close(reason);
    this.#frames.release();
    this.#frames.close();
  }

  /** Ends the connection at once. With a reason one line is logged; only the first call counts. */
  close(reason: string | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (reason !== undefined) {
      const { remoteHost, remotePort, listener, id } = this;
      this.#context.log("warn", "connection closed", {
        reason,
        remote: `${remoteHost}:${remotePort}`,
        listener,
        connection: id,
      });
    }
    this.#gone.abort();
    this.#socket.close();
    this.#quiet?.resolve();
  }

  /** Ends the connection once what it has asked for is answered; at once when that is nothing. */
  finish(): void {
    this.#isFinishing = true;
    if (this.idleSince !== undefined || (this.#isMuted && this.#pending.length === 0)) {
      this.close(undefined);
    }
  }

  /**
   * The sweeper's look: closes a connection that is idle for too long, one whose frame makes no
   * progress (or, while others wait for its bytes, isn't whole soon enough), one that doesn't read
   * its answers, and one of which nobody can see whether it has gone.
   */
  checkProgress(now: number, limits: { idleMs: number; stallMs: number }): void {
    const { idleMs, stallMs } = limits;
    if (this.#writingSince !== undefined) {
      if (now - this.#writingSince > stallMs) {
        this.#context.metrics.limited("stall.ms");
        this.close(`does not read its answers for ${stallMs} ms`);
      }
      return;
    }
    const idleSince = this.idleSince;
    if (idleSince === undefined) {
      if (this.#frames.isBlind && now - this.#idleSince > idleMs) {
        this.close(`sent more than is read ahead while its request waits for over ${idleMs} ms`);
      }
      return;
    }
    if (now - idleSince > idleMs) {
      this.#context.metrics.limited("connections.max.idle.ms");
      // Who has asked before and rests now is a good client: no line.
      const isResting = this.#hasAsked && !this.#frames.hasPartialFrame;
      return this.close(isResting ? undefined : `asked for nothing whole within ${idleMs} ms`);
    }
    if (!this.#frames.hasPartialFrame) return void (this.#partial.bytesRead = -1);
    const { bytesRead } = this.#frames;
    if (this.#partial.bytesRead < 0) this.#partial = { since: now, bytesRead, firstSeen: now };
    if (bytesRead !== this.#partial.bytesRead) {
      this.#partial = { since: now, bytesRead, firstSeen: this.#partial.firstSeen };
    }
    const stalled = now - this.#partial.since > stallMs;
    const inTheWay = this.#context.budget.isContended && now - this.#partial.firstSeen > stallMs;
    if (!stalled && !inTheWay) return;
    this.#context.metrics.limited("stall.ms");
    this.close(`did not finish a request within ${stallMs} ms`);
  }

  async #serve(): Promise<void> {
    const frames = this.#frames;
    while (!this.#isClosed && !this.#isFinishing) {
      const frame = frames.take();
      if (frame === undefined) {
        if (this.#outbox.bytes > 0) await this.#flush();
        this.#isBusy = false;
        if (!(await frames.fill())) return;
        continue;
      }
      this.#isBusy = true;
      this.#hasAsked = true;
      const request = this.#requestOf(frame);
      this.#idleSince = request.receivedAt;
      const answer = this.#context.handler.handle(request);
      const pause = answer instanceof Promise
        ? this.#waitFor(request, answer)
        : this.#answer(request, answer);
      const { turns, clock } = this.#context;
      const turn = turns.worked(request.receivedAt, clock.monotonic());
      // Without a pause the frames behind this one are taken in before anything else has its turn,
      // for a while: what they append is under one sync.
      if (pause !== undefined) await pause;
      if (turn !== undefined) await this.#makeWay(turn);
      frames.release();
      this.#partial.bytesRead = -1;
      this.#idleSince = this.#context.clock.monotonic();
      if (request.throttleMs > 0) await this.#mute(request.throttleMs);
    }
  }

  /** Others go first; what is answered does not wait for that. */
  async #makeWay(turn: Promise<void>): Promise<void> {
    if (this.#outbox.bytes > 0) await this.#flush();
    await turn;
  }

  /**
   * A quota was exceeded: the answer leaves, and for so long nothing more is taken in (KIP-219). A
   * client that goes meanwhile is let go, and the server's end does not wait for this.
   */
  async #mute(ms: number): Promise<void> {
    if (this.#isClosed || this.#isFinishing) return;
    if (this.#outbox.bytes > 0) await this.#flush();
    this.#context.metrics.muted(ms);
    this.#frames.readAhead(this.#onEnd);
    this.#isMuted = true;
    await this.#context.clock.sleep(ms, this.signal).catch(() => {});
    this.#isMuted = false;
    this.#idleSince = this.#context.clock.monotonic();
  }

  /**
   * Finds header and version. Throws HangUp for what isn't served, DecodeError for what doesn't
   * parse.
   */
  #requestOf(frame: Uint8Array): Request {
    const { handler, clock, metrics } = this.#context;
    const reader = new ByteReader(frame);
    const apiKey = reader.int16();
    const apiVersion = reader.int16();
    const correlationId = reader.int32();
    const versions = handler.versions(apiKey);
    const isServed = versions !== undefined && apiVersion >= versions[0] &&
      apiVersion <= versions[1];
    const common = {
      apiKey,
      correlationId,
      sizeBytes: frame.length,
      reader,
      connection: this,
      receivedAt: clock.monotonic(),
      responseRoom: this.#responseRoom,
      onRelease: this.#onRelease,
    };
    metrics.received(apiKey, frame.length + 4);
    if (!isServed) {
      if (apiKey === API_VERSIONS_KEY && versions !== undefined) {
        return new Request({ ...common, apiVersion: 0, clientId: null }, true);
      }
      throw new HangUp(`asked for API ${apiKey} version ${apiVersion}, which is not served`);
    }
    reader.position = 0;
    const { clientId } = decodeRequestHeader(reader);
    return new Request({ ...common, apiVersion, clientId });
  }

  readonly #responseRoom = (): number => {
    const { unsent, metrics } = this.#context;
    if (unsent.bytes >= unsent.limit) metrics.limited("queued.max.response.bytes");
    return Math.max(0, unsent.limit - unsent.bytes);
  };

  readonly #onRelease = (): void => this.#frames.release();

  /** Waits for an answer; of a request that was released only when too many wait already. */
  #waitFor(request: Request, answer: Promise<Answer>): Promise<void> | undefined {
    if (!request.isReleased) {
      this.#frames.readAhead(this.#onEnd);
      const written = this.#outbox.bytes > 0 ? this.#flush() : undefined;
      return answer.then(async (settled) => {
        await written;
        await this.#answer(request, settled);
      });
    }
    const pending: Pending = { request, answer: undefined };
    this.#pending.push(pending);
    const { waiting } = this.#context;
    waiting.requests++;
    answer.then(
      (settled) => {
        waiting.requests--;
        pending.answer = settled;
        this.#draining ??= this.#drain();
      },
      (error) => {
        waiting.requests--;
        this.close(reasonOf(error));
      },
    );
    return this.#mustWaitFor(this.#context) ? this.#allAnswered() : undefined;
  }

  /**
   * Whether the next request is taken in only when these are answered. One of each connection
   * always is: a limit over all of them must not let one keep out the others.
   */
  #mustWaitFor({ waiting, metrics }: ConnectionContext): boolean {
    if (this.#pending.length >= MAX_PIPELINED) {
      metrics.limited("pipelined.requests");
      return true;
    }
    if (waiting.requests <= waiting.limit) return false;
    metrics.limited("queued.max.requests");
    return true;
  }

  /**
   * The client has ended its side: whoever waits on its behalf stops; what is answered is still
   * written.
   */
  readonly #onEnd = (): void => this.#gone.abort();

  /** Writes an answer, or puts it behind those that are still waited for. */
  #answer(request: Request, answer: Answer): Promise<void> | undefined {
    if (this.#pending.length === 0 && this.#draining === undefined) {
      this.#encode(request, answer, this.#outbox);
      return this.#outbox.bytes < OUTBOX_BYTES ? undefined : this.#flush();
    }
    this.#pending.push({ request, answer });
    return this.#allAnswered();
  }

  /** Writes what is in the outbox, if anything is. */
  #flush(): Promise<void> {
    if (this.#outbox.bytes === 0) return this.#sending ?? Promise.resolve();
    const outbox = this.#outbox;
    this.#outbox = emptyOutbox();
    // One write at a time: answers to released requests may come while the loop writes others.
    this.#sends++;
    this.#sending = this.#sending === undefined
      ? this.#send(outbox)
      : this.#sending.then(() => this.#send(outbox));
    return this.#sending;
  }

  /** Resolves once every released request is answered, or the connection is closed. */
  #allAnswered(): Promise<void> {
    if (this.#isClosed || (this.#pending.length === 0 && this.#draining === undefined)) {
      return Promise.resolve();
    }
    this.#quiet ??= Promise.withResolvers<void>();
    return this.#quiet.promise;
  }

  /** Writes the answers at the head of the queue that are there: those of one sync in one piece. */
  async #drain(): Promise<void> {
    try {
      await undefined; // the answers that the same sync has released settle in this very turn
      while (this.#pending[0]?.answer !== undefined && !this.#isClosed) {
        while (this.#pending[0]?.answer !== undefined && this.#outbox.bytes < WRITE_SLICE_BYTES) {
          const { request, answer } = this.#pending.shift()!;
          this.#encode(request, answer!, this.#outbox);
        }
        await this.#flush();
      }
    } catch (error) {
      await this.#flush();
      this.close(reasonOf(error));
    } finally {
      this.#draining = undefined;
      if (this.#pending.length === 0) this.#onQuiet();
    }
  }

  #onQuiet(): void {
    this.#idleSince = this.#context.clock.monotonic();
    this.#quiet?.resolve();
    this.#quiet = undefined;
    if (this.#isFinishing && !this.#isBusy) this.close(undefined);
  }

  /** Encodes one answer behind those that are there. */
  #encode(request: Request, answer: Answer, outbox: Outbox): void {
    if (this.#isClosed || answer === "none") return;
    if (typeof answer === "object") throw new HangUp(answer.close);
    const writer = new ByteWriter(512);
    const size = writer.reserveInt32();
    encodeResponseHeader(writer, request.apiKey, request.apiVersion, request.correlationId);
    answer(writer);
    size.set(writer.size - 4);
    const tookMs = this.#context.clock.monotonic() - request.receivedAt;
    this.#context.metrics.answered(request.apiKey, writer.size, tookMs);
    outbox.segments.push(...writer.segments());
    outbox.bytes += writer.size;
    if (request.onSent !== undefined) outbox.onSent.push(request.onSent);
  }

  /**
   * Never rejects: a client that goes away without reading ends its connection, and that is its
   * business.
   */
  async #send({ segments, bytes, onSent }: Outbox): Promise<void> {
    const { unsent, clock } = this.#context;
    unsent.bytes += bytes;
    try {
      if (bytes <= WRITE_SLICE_BYTES) {
        this.#writingSince = clock.monotonic();
        await this.#socket.write(segments);
      } else {
        for (const slice of sliceBy(segments, WRITE_SLICE_BYTES)) {
          this.#writingSince = clock.monotonic();
          await this.#socket.write(slice);
        }
      }
      for (const sent of onSent) sent();
    } catch {
      this.close(undefined);
    } finally {
      unsent.bytes -= bytes;
      this.#writingSince = undefined;
      if (--this.#sends === 0) this.#sending = undefined;
    }
  }
}

/**
 * Ends the connection for a reason of the client's making; what it was answered before is still
 * written.
 */
class HangUp extends Error {
  override name = "HangUp";
}

/** The limit that somebody came to when the connection had to end for it. */
function limitOf(error: unknown): LimitName | undefined {
  if (error instanceof FrameError) return "socket.request.max.bytes";
  return error instanceof DecodeError && error.isTooMuch ? "array.elements" : undefined;
}

/** Why a connection ends, in words for the log. An error of ours gets its stack, as it is a bug. */
function reasonOf(error: unknown): string {
  if (error instanceof HangUp || error instanceof FrameError || error instanceof DecodeError) {
    return error.message;
  }
  return `unexpected error: ${
    error instanceof Error ? error.stack ?? error.message : String(error)
  }`;
}
