/**
 * A client of the simulated node: one connection, any number of requests under way. Nothing is tried
 * again and nothing is repaired. When the life is over nobody answers any more, and whoever waits
 * waits for ever: so an answer that is there was given before the end.
 */
import { ByteReader, ByteWriter } from "../../src/bytes/mod.ts";
import type { Connection } from "../../src/platform/mod.ts";
import {
  API_KEYS,
  apiByKey,
  type ApiName,
  decodeMessage,
  decodeResponseHeader,
  encodeMessage,
  encodeRequestHeader,
} from "../../src/protocol/mod.ts";
import { type Life, PORT } from "./life.ts";

/** The node hung up. */
export class HungUp extends Error {
  override name = "HungUp";
}

interface Asked {
  readonly api: ApiName;
  readonly version: number;
  readonly resolve: (answer: any) => void;
  readonly reject: (error: Error) => void;
}

export class SimClient {
  readonly #connection: Connection;
  readonly #isOver: () => boolean;
  readonly #asked = new Map<number, Asked>();
  #lastId = 0;
  #gone: HungUp | undefined;
  #sent: Promise<void> = Promise.resolve();

  /** @param isOver nobody is to be answered any more */
  constructor(connection: Connection, isOver: () => boolean) {
    this.#connection = connection;
    this.#isOver = isOver;
    void this.#read();
  }

  get isGone(): boolean {
    return this.#gone !== undefined;
  }

  /** To the node of this life. */
  static async connect(life: Life): Promise<SimClient> {
    const connection = await life.network.dial({ host: "127.0.0.1", port: PORT })
      .catch((cause) => {
        throw new HungUp("nobody listens", { cause });
      });
    return new SimClient(connection, () => life.isOver);
  }

  /** Sends a request and resolves with its answer. Rejects with {@link HungUp}. */
  ask(api: ApiName, version: number, body: any): Promise<any> {
    return new Promise((resolve, reject) => {
      if (this.#gone) return reject(this.#gone);
      const id = this.send(api, version, body);
      this.#asked.set(id, { api, version, resolve, reject });
    });
  }

  /** Sends a request that nobody answers. */
  send(api: ApiName, version: number, body: any): number {
    const correlationId = ++this.#lastId;
    const apiKey = API_KEYS[api];
    const writer = new ByteWriter();
    const size = writer.reserveInt32();
    const header = { apiKey, apiVersion: version, correlationId, clientId: "sim" };
    encodeRequestHeader(writer, header);
    encodeMessage(apiByKey(apiKey)!.request, body, version, writer);
    size.set(writer.size - 4);
    const bytes = writer.finish().slice();
    this.#sent = this.#sent.then(() => this.#connection.write([bytes])).catch(() => {});
    return correlationId;
  }

  close(): void {
    this.#connection.close();
  }

  async #read(): Promise<void> {
    let rest: Uint8Array = new Uint8Array(0);
    const into = new Uint8Array(65_536);
    try {
      for (;;) {
        const got = await this.#connection.read(into);
        if (this.#isOver()) return;
        if (got === null) break;
        const joined = new Uint8Array(rest.length + got);
        joined.set(rest);
        joined.set(into.subarray(0, got), rest.length);
        rest = this.#take(joined);
      }
    } catch {
      if (this.#isOver()) return;
    }
    this.#gone = new HungUp("the node hung up");
    for (const { reject } of this.#asked.values()) reject(this.#gone);
    this.#asked.clear();
  }

  /** Hands out the whole answers in front; the rest. */
  #take(bytes: Uint8Array): Uint8Array {
    let at = 0;
    while (bytes.length - at >= 4) {
      const size = new DataView(bytes.buffer, bytes.byteOffset + at).getInt32(0);
      if (bytes.length - at < 4 + size) break;
      this.#onAnswer(bytes.slice(at + 4, at + 4 + size));
      at += 4 + size;
    }
    return bytes.slice(at);
  }

  #onAnswer(frame: Uint8Array): void {
    const id = new DataView(frame.buffer, frame.byteOffset).getInt32(0);
    const asked = this.#asked.get(id);
    if (asked === undefined) throw new Error(`an answer to nobody's question ${id}`);
    this.#asked.delete(id);
    const reader = new ByteReader(frame);
    const key = API_KEYS[asked.api];
    decodeResponseHeader(reader, key, asked.version);
    asked.resolve(decodeMessage(apiByKey(key)!.response, reader, asked.version));
  }
}
