/**
 * A bare client: one connection, one request at a time, in exactly the version that is asked for.
 * It negotiates nothing, tries nothing again and repairs nothing, so that what a broker answers is
 * seen as it is.
 */
import { ByteReader, ByteWriter } from "../../src/bytes/mod.ts";
import {
  API_KEYS,
  apiByKey,
  type ApiName,
  decodeMessage,
  decodeResponseHeader,
  encodeMessage,
  encodeRequestHeader,
} from "../../src/protocol/mod.ts";

/** In place of an answer: the broker closed the connection. */
export const HUNG_UP = "hung up";

/** How long an answer may take. */
const PATIENCE_MS = 30_000;

export interface AskOptions {
  readonly clientId?: string | null;
  /** The version written in the header, where it is not that of the body. */
  readonly headerVersion?: number;
  /** The version that the answer is read in, likewise. */
  readonly answerVersion?: number;
}

export class RawClient {
  readonly #connection: Deno.TcpConn;
  #rest: Uint8Array = new Uint8Array(0);
  #lastId = 0;

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  static async connect(port: number, hostname = "127.0.0.1"): Promise<RawClient> {
    return new RawClient(await Deno.connect({ hostname, port }));
  }

  /** Sends a request and waits for its answer, every byte of which must be accounted for. */
  async ask(api: ApiName, version: number, body: any, options: AskOptions = {}): Promise<any> {
    const id = await this.send(api, version, body, options);
    const frame = await this.#frame();
    if (frame === undefined) return HUNG_UP;
    const reader = new ByteReader(frame);
    const key = API_KEYS[api];
    const answered = options.answerVersion ?? version;
    const answeredId = decodeResponseHeader(reader, key, answered);
    if (answeredId !== id) {
      throw new Error(`${api} ${version}: asked ${id}, answered ${answeredId}`);
    }
    const answer = decodeMessage(apiByKey(key)!.response, reader, answered);
    if (reader.remaining > 0) {
      throw new Error(`${api} ${version}: ${reader.remaining} bytes behind the answer`);
    }
    return answer;
  }

  /** Sends a request that nobody answers; returns its correlation id. */
  async send(api: ApiName, version: number, body: any, options: AskOptions = {}): Promise<number> {
    const { clientId = "judge", headerVersion = version } = options;
    const correlationId = ++this.#lastId;
    const apiKey = API_KEYS[api];
    const writer = new ByteWriter();
    const size = writer.reserveInt32();
    encodeRequestHeader(writer, { apiKey, apiVersion: headerVersion, correlationId, clientId });
    encodeMessage(apiByKey(apiKey)!.request, body, version, writer);
    size.set(writer.size - 4);
    const bytes = writer.finish();
    for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
    return correlationId;
  }

  /** Resolves when the broker has hung up; throws when it says something first. */
  async untilHungUp(): Promise<typeof HUNG_UP> {
    if (await this.#frame() !== undefined) throw new Error("the broker answered");
    return HUNG_UP;
  }

  [Symbol.dispose](): void {
    try {
      this.#connection.close();
    } catch { /* the broker was first, or time was up */ }
  }

  async #frame(): Promise<Uint8Array | undefined> {
    let late = false;
    const timer = setTimeout(() => (late = true, this[Symbol.dispose]()), PATIENCE_MS);
    try {
      const head = await this.#read(4);
      return head && await this.#read(new ByteReader(head).int32());
    } catch (error) {
      if (late) throw new Error(`no answer within ${PATIENCE_MS} ms`);
      if (error instanceof Deno.errors.ConnectionReset) return undefined;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #read(count: number): Promise<Uint8Array | undefined> {
    while (this.#rest.length < count) {
      const into = new Uint8Array(65_536);
      const got = await this.#connection.read(into);
      if (got === null) return undefined;
      const joined = new Uint8Array(this.#rest.length + got);
      joined.set(this.#rest);
      joined.set(into.subarray(0, got), this.#rest.length);
      this.#rest = joined;
    }
    const taken = this.#rest.slice(0, count);
    this.#rest = this.#rest.subarray(count);
    return taken;
  }
}
