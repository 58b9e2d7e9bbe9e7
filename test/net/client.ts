/**
 * The other end of a connection to a server under test: sends frames, reads answers, counts what it
 * gets.
 */
import { ByteReader, ByteWriter } from "../../src/bytes/mod.ts";
import { encodeRequestHeader } from "../../src/protocol/mod.ts";
import type { Connection } from "../../src/platform/mod.ts";

export class WireClient {
  #buffer: Uint8Array = new Uint8Array(0);
  #lastId = 0;

  constructor(readonly connection: Connection) {}

  /** A whole request with its length in front. */
  static frame(apiKey: number, apiVersion: number, correlationId: number, body: Uint8Array) {
    const writer = new ByteWriter();
    const size = writer.reserveInt32();
    encodeRequestHeader(writer, { apiKey, apiVersion, correlationId, clientId: "test" });
    writer.bytes(body);
    size.set(writer.size - 4);
    return writer.finish().slice();
  }

  /** Sends a request and returns its correlation id. */
  async send(apiKey: number, apiVersion: number, body = new Uint8Array(0)): Promise<number> {
    const correlationId = ++this.#lastId;
    await this.connection.write([WireClient.frame(apiKey, apiVersion, correlationId, body)]);
    return correlationId;
  }

  /** The next answer, standing behind its correlation id; undefined when the server has hung up. */
  async answer(): Promise<{ correlationId: number; reader: ByteReader } | undefined> {
    const head = await this.#read(4);
    if (head === undefined) return undefined;
    const body = await this.#read(new ByteReader(head).int32());
    if (body === undefined) return undefined;
    const reader = new ByteReader(body);
    return { correlationId: reader.int32(), reader };
  }

  /** Resolves when the server has hung up; throws if it answers instead. */
  async hungUp(): Promise<void> {
    const more = await this.#read(1);
    if (more !== undefined) throw new Error("the server answered instead of hanging up");
  }

  async #read(count: number): Promise<Uint8Array | undefined> {
    while (this.#buffer.length < count) {
      const into = new Uint8Array(65_536);
      const got = await this.connection.read(into).catch(() => null);
      if (got === null) return undefined;
      const joined = new Uint8Array(this.#buffer.length + got);
      joined.set(this.#buffer);
      joined.set(into.subarray(0, got), this.#buffer.length);
      this.#buffer = joined;
    }
    const taken = this.#buffer.slice(0, count);
    this.#buffer = this.#buffer.slice(count);
    return taken;
  }
}
