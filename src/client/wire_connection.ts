/**
 * One connection to one broker, as a client has it: requests go out in order, each with a
 * correlation id, and the answers come back in the same order. On opening it asks which versions
 * the broker serves; each call then uses the newest one that both sides know.
 *
 * What ends it: the other side, a call that got no answer in time (the connection is then out of
 * step and of no more use), bytes that make no sense, `close`. All calls that wait are then refused
 * with the reason.
 */
import { ByteReader, ByteWriter } from "../bytes/mod.ts";
import type { Clock, Connection, Network, NetworkAddress } from "../platform/mod.ts";
import {
  ApiVersionsRequest,
  ApiVersionsResponse,
  decodeMessage,
  decodeResponseHeader,
  encodeMessage,
  encodeRequestHeader,
  errorCode,
  type InputOf,
  type Message,
  type ValueOf,
} from "../protocol/mod.ts";
import { addressText, ClientError, ConnectionLost, reasonOf } from "./errors.ts";

/** What a connection is opened with. */
export interface DialOptions {
  network: Network;
  clock: Clock;
  clientId: string;
  signal?: AbortSignal;
  /** How long dialing may take; default 5 s. */
  timeoutMs?: number;
}

const DIAL_TIMEOUT_MS = 5000;
const CALL_TIMEOUT_MS = 10_000;
/** No answer is larger, whatever its length says: our fetches ask for far less. */
const MAX_ANSWER_BYTES = 256 * 2 ** 20;
const SOFTWARE = { clientSoftwareName: "streamer", clientSoftwareVersion: "0.1.0" };

interface Pending {
  correlationId: number;
  resolve(frame: Uint8Array): void;
  reject(error: unknown): void;
}

export class WireConnection {
  readonly address: NetworkAddress;
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #clientId: string;
  /** In the order of their requests, which is the order of their answers. */
  readonly #pending: Pending[] = [];
  #versions = new Map<number, readonly [min: number, max: number]>();
  #nextId = 0;
  #writing: Promise<void> = Promise.resolve();
  #closed: { reason: unknown } | undefined;
  readonly #ended = Promise.withResolvers<unknown>();

  private constructor(connection: Connection, address: NetworkAddress, options: DialOptions) {
    this.#connection = connection;
    this.address = address;
    this.#clock = options.clock;
    this.#clientId = options.clientId;
  }

  /** Dials and learns the broker's versions. Rejects with what stood in the way. */
  static async open(address: NetworkAddress, options: DialOptions): Promise<WireConnection> {
    const late = new AbortController();
    const { timeoutMs = DIAL_TIMEOUT_MS } = options;
    const timer = options.clock.after(timeoutMs, () => late.abort(new Error("timed out")));
    const signal = options.signal ? AbortSignal.any([late.signal, options.signal]) : late.signal;
    let connection: Connection;
    try {
      connection = await options.network.dial(address, { signal });
    } finally {
      timer.cancel();
    }
    const wire = new WireConnection(connection, address, options);
    wire.#readAnswers();
    try {
      await wire.#learnVersions();
    } catch (error) {
      wire.close(error);
      throw error;
    }
    return wire;
  }

  /** Resolves with the reason once the connection has ended. */
  get whenClosed(): Promise<unknown> {
    return this.#ended.promise;
  }

  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /** Does the broker serve the API at all? */
  serves(request: Message): boolean {
    return this.#versions.has(request.apiKey!);
  }

  /** The version that a call will use. Throws {@link ClientError} when there is no common one. */
  versionFor(request: Message, highest = Infinity): number {
    const range = this.#versions.get(request.apiKey!);
    const [least, newest] = request.versions;
    const ours = request.latestVersionUnstable ? newest - 1 : newest;
    const version = Math.min(ours, range?.[1] ?? -1, highest);
    if (range && version >= Math.max(least, range[0])) return version;
    throw new ClientError(
      `The broker at ${addressText(this.address)} does not know ${
        request.name.replace(/Request$/, "")
      }` +
        (range ? ` in a version that streamer does (it has ${range[0]} to ${range[1]})` : ""),
    );
  }

  /** Sends a request and resolves to its answer. `highest` bounds the version. */
  async call<Request extends Message, Response extends Message>(
    request: Request,
    response: Response,
    body: InputOf<Request>,
    options: { timeoutMs?: number; highest?: number } = {},
  ): Promise<ValueOf<Response>> {
    const version = this.versionFor(request, options.highest);
    const frame = await this.#exchange(request, body, version, options.timeoutMs);
    return this.#decode(() => {
      const reader = new ByteReader(frame);
      decodeResponseHeader(reader, request.apiKey!, version);
      return decodeMessage(response, reader, version);
    });
  }

  /** Ends the connection; calls that wait are refused with the reason. Fine to call twice. */
  close(reason: unknown = new Error("connection closed")): void {
    if (this.#closed) return;
    this.#closed = { reason };
    this.#connection.close();
    for (const { reject } of this.#pending.splice(0)) reject(reason);
    this.#ended.resolve(reason);
  }

  async #learnVersions(): Promise<void> {
    let answer: ApiVersionsResponse | undefined;
    // A broker that does not know our version answers in version 0 and says which it knows
    // (KIP-511).
    for (let version = 3; answer === undefined;) {
      const frame = await this.#exchange(ApiVersionsRequest, SOFTWARE, version);
      answer = this.#decode(() => {
        const error = new ByteReader(frame, 4).int16();
        if (error !== errorCode("UNSUPPORTED_VERSION")) {
          return decodeMessage(ApiVersionsResponse, new ByteReader(frame, 4), version);
        }
        const { apiKeys } = decodeMessage(ApiVersionsResponse, new ByteReader(frame, 4), 0);
        const known = apiKeys.find(({ apiKey }) => apiKey === 18)?.maxVersion ?? 0;
        if (version === 0) throw new Error("it knows no version of ApiVersions");
        version = Math.min(known, version - 1);
        return undefined;
      });
    }
    this.#versions = new Map(
      answer.apiKeys.map((
        { apiKey, minVersion, maxVersion },
      ) => [apiKey, [minVersion, maxVersion]]),
    );
  }

  async #exchange(
    request: Message,
    body: unknown,
    version: number,
    timeoutMs = CALL_TIMEOUT_MS,
  ): Promise<Uint8Array> {
    if (this.#closed) throw this.#closed.reason;
    const correlationId = this.#nextId;
    this.#nextId = (this.#nextId + 1) & 0x7fffffff;
    const parts = this.#encode(request, body, version, correlationId);
    const answer = new Promise<Uint8Array>((resolve, reject) => {
      this.#pending.push({ correlationId, resolve, reject });
    });
    const timer = this.#clock.after(
      timeoutMs,
      () => this.close(new ConnectionLost(`${request.name} timed out`)),
    );
    this.#writing = this.#writing.then(() => this.#connection.write(parts)).catch((error) =>
      this.#lose(error)
    );
    return await answer.finally(() => timer.cancel());
  }

  #encode(request: Message, body: unknown, version: number, correlationId: number): Uint8Array[] {
    const writer = new ByteWriter();
    const size = writer.reserveInt32();
    encodeRequestHeader(writer, {
      apiKey: request.apiKey!,
      apiVersion: version,
      correlationId,
      clientId: this.#clientId,
    });
    encodeMessage(request, body as any, version, writer);
    size.set(writer.size - 4);
    return writer.segments();
  }

  #decode<T>(decode: () => T): T {
    try {
      return decode();
    } catch (cause) {
      const text = `${addressText(this.address)} does not answer as a Kafka broker: ${
        (cause as Error).message
      }`;
      const error = new ClientError(text, { cause });
      this.close(error);
      throw error;
    }
  }

  async #readAnswers(): Promise<void> {
    try {
      for await (const frame of framesOf(this.#connection)) {
        const correlationId = new ByteReader(frame).int32();
        // Left among those that wait until it is answered: whatever ends the connection then
        // refuses it too.
        if (this.#pending[0]?.correlationId !== correlationId) {
          throw new Error("answers out of order");
        }
        this.#pending.shift()!.resolve(frame);
      }
      throw new Error("connection reset by the broker");
    } catch (error) {
      this.#lose(error);
    }
  }

  /** Ends the connection for a reason that the network has, or what came makes no sense. */
  #lose(cause: unknown): void {
    if (cause instanceof ClientError) return this.close(cause);
    const text = `Lost the connection to ${addressText(this.address)}: ${reasonOf(cause)}`;
    this.close(new ConnectionLost(text, { cause }));
  }
}

/**
 * Cuts the stream at the lengths. Each frame has memory of its own, since answers are read by
 * views.
 */
async function* framesOf(connection: Connection): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(64 * 1024);
  let start = 0;
  let end = 0;
  for (;;) {
    while (end - start < 4) {
      buffer.copyWithin(0, start, end);
      end -= start;
      start = 0;
      const read = await connection.read(buffer.subarray(end));
      if (read === null) return;
      end += read;
    }
    const size = new ByteReader(buffer, start, end).int32();
    if (size < 4 || size > MAX_ANSWER_BYTES) {
      throw new ClientError(`Not a Kafka broker: an answer of ${size} bytes`);
    }
    start += 4;
    const frame = new Uint8Array(size);
    let filled = Math.min(size, end - start);
    frame.set(buffer.subarray(start, start + filled));
    start += filled;
    while (filled < size) {
      const read = await connection.read(frame.subarray(filled));
      if (read === null) return;
      filled += read;
    }
    yield frame;
  }
}
