/** A viewer at work on a cluster in memory, and readers of what it serves. */

import { readFileSync } from "node:fs";
import view from "../../../plugins/view/mod.ts";
import type { ViewOptions } from "../../../plugins/view/options.ts";
import type { OutgoingRecord } from "../../../mod.ts";
import { FakeClient, fakeContext } from "../../kit/fake_client.ts";

const sample = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../vectors/pictures/${name}`, import.meta.url)));

export const jpeg = sample("baseline.jpg");
export const png = sample("small.png");

/** A JPEG that tells its number, as large as asked: the number stands in a comment. */
export function numbered(number: number, bytes = 2000): Uint8Array {
  const size = Math.min(65_000, Math.max(6, bytes - jpeg.length));
  const comment = new Uint8Array(size + 2);
  comment.set([0xff, 0xfe, size >> 8, size & 255]);
  new DataView(comment.buffer).setUint32(4, number);
  const picture = new Uint8Array(jpeg.length + comment.length);
  picture.set(jpeg.subarray(0, 2));
  picture.set(comment, 2);
  picture.set(jpeg.subarray(2), 2 + comment.length);
  return picture;
}

export function numberOf(picture: Uint8Array): number {
  return new DataView(picture.buffer, picture.byteOffset).getUint32(6);
}

export class Viewer implements AsyncDisposable {
  readonly client: FakeClient;
  readonly context: ReturnType<typeof fakeContext>;
  readonly #stop = new AbortController();
  readonly #run: Promise<void>;

  constructor(options: Partial<ViewOptions> = {}, client = new FakeClient({ pictures: 1 })) {
    this.client = client;
    this.context = fakeContext(client, this.#stop.signal);
    this.#run = view.run({
      topic: "pictures",
      http: "127.0.0.1:0",
      maxCameras: 8,
      maxWatchers: 8,
      silentAfter: 300,
      ...options,
    }, this.context);
    this.#run.catch(() => {});
  }

  get url(): string {
    return String(this.context.lines.find(({ event }) => event === "viewer ready")!.fields.page);
  }

  get(path: string, init?: RequestInit): Promise<Response> {
    return fetch(new URL(path, this.url), init);
  }

  async json(path: string): Promise<any> {
    return await (await this.get(path)).json();
  }

  /** One picture of a camera. */
  shoot(camera: string | null, picture: Uint8Array, more: Partial<OutgoingRecord> = {}): number {
    return this.client.append({ topic: "pictures", key: camera, value: picture, ...more });
  }

  /** Asks until the state is as wanted. */
  async until(isSo: (state: any) => boolean, withinMs = 5000): Promise<any> {
    const end = Date.now() + withinMs;
    for (;;) {
      const state = await this.json("/state");
      if (isSo(state)) return state;
      if (Date.now() > end) {
        throw new Error(`Not so within ${withinMs} ms: ${JSON.stringify(state)}`);
      }
      await pause(20);
    }
  }

  async stream(path: string): Promise<Parts> {
    const response = await this.get(path);
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return new Parts(response);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#run;
  }
}

export interface Part {
  headers: Record<string, string>;
  body: Uint8Array;
}

/**
 * Reads multipart/x-mixed-replace as strictly as a program would: boundary, headers, exactly
 * Content-Length.
 */
export class Parts implements AsyncDisposable {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #boundary: string;
  #held = new Uint8Array(0);
  #hasBegun = false;

  constructor(response: Response) {
    const type = response.headers.get("content-type") ?? "";
    this.#boundary = /^multipart\/x-mixed-replace; boundary=(\S+)$/.exec(type)![1];
    this.#reader = response.body!.getReader();
  }

  /** The next part; undefined at the end. */
  async next(): Promise<Part | undefined> {
    if (!this.#hasBegun && !await this.#expect(`--${this.#boundary}\r\n`)) return undefined;
    this.#hasBegun = true;
    const head = await this.#upTo("\r\n\r\n");
    if (head === undefined) return undefined;
    const headers = Object.fromEntries(head.split("\r\n").map((line) => line.split(": ")));
    const body = await this.#take(Number(headers["Content-Length"]));
    if (!body || !await this.#expect(`\r\n--${this.#boundary}\r\n`)) return undefined;
    return { headers, body };
  }

  async take(count: number): Promise<Part[]> {
    const parts: Part[] = [];
    while (parts.length < count) {
      const part = await this.next();
      if (!part) throw new Error(`The stream ended after ${parts.length} parts`);
      parts.push(part);
    }
    return parts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.cancel();
  }

  async #expect(text: string): Promise<boolean> {
    const found = await this.#take(text.length);
    if (!found) return false;
    const decoded = new TextDecoder().decode(found);
    if (decoded !== text) {
      throw new Error(`Expected ${JSON.stringify(text)}, got ${JSON.stringify(decoded)}`);
    }
    return true;
  }

  async #upTo(end: string): Promise<string | undefined> {
    for (;;) {
      const text = new TextDecoder("latin1").decode(this.#held);
      const at = text.indexOf(end);
      if (at >= 0) {
        await this.#take(at + end.length);
        return text.slice(0, at);
      }
      if (!await this.#more()) return undefined;
    }
  }

  async #take(count: number): Promise<Uint8Array | undefined> {
    while (this.#held.length < count) if (!await this.#more()) return undefined;
    const taken = this.#held.slice(0, count);
    this.#held = this.#held.slice(count);
    return taken;
  }

  async #more(): Promise<boolean> {
    const { value, done } = await this.#reader.read();
    if (done) return false;
    const joined = new Uint8Array(this.#held.length + value.length);
    joined.set(this.#held);
    joined.set(value, this.#held.length);
    this.#held = joined;
    return true;
  }
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
