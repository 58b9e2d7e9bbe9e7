/**
 * Properties of every message at every version: what is written is read again, and what was read is
 * the same bytes.
 */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { ByteReader, ByteWriter } from "../../src/bytes/mod.ts";
import { SeededRandom } from "../../src/platform/memory/mod.ts";
import {
  decodeMessage,
  encodeMessage,
  type Message,
  withDefaults,
} from "../../src/protocol/mod.ts";
import { everyVersion, randomValue } from "../kit/messages.ts";
import { forEachSeed } from "../kit/seeds.ts";

function encode(message: Message, value: unknown, version: number): Uint8Array {
  const writer = new ByteWriter();
  encodeMessage(message, value, version, writer);
  return writer.finish();
}

Deno.test("Every message at every version survives a round trip", () =>
  forEachSeed(5, (seed) => {
    const random = new SeededRandom(seed);
    for (const [message, version] of everyVersion()) {
      const value = randomValue(message, version, random);
      const bytes = encode(message, value, version);
      const reader = new ByteReader(bytes);
      const decoded = decodeMessage(message, reader, version);
      const what = `${message.name} v${version}`;
      strictEqual(reader.remaining, 0, what);
      deepStrictEqual(decoded, withDefaults(message, value), what);
      strictEqual(encode(message, decoded, version).toHex(), bytes.toHex(), what);
    }
  }));

Deno.test("A message of defaults encodes at every version and decodes to the same defaults", () => {
  for (const [message, version] of everyVersion()) {
    const decoded = decodeMessage(message, new ByteReader(encode(message, {}, version)), version);
    deepStrictEqual(decoded, withDefaults(message, {}), `${message.name} v${version}`);
  }
});

Deno.test("Unknown tagged fields are stepped over in every flexible version", () => {
  for (const [message, version] of everyVersion()) {
    if (message.flexibleFrom === undefined || version < message.flexibleFrom) continue;
    const bytes = encode(message, {}, version);
    // The message's own section is its last byte, empty: two tags that nobody knows instead.
    const extended = Uint8Array.from([...bytes.subarray(0, -1), 2, 100, 3, 1, 2, 3, 101, 0]);
    const reader = new ByteReader(extended);
    deepStrictEqual(decodeMessage(message, reader, version), withDefaults(message, {}));
    strictEqual(reader.remaining, 0, `${message.name} v${version}`);
  }
});
