/**
 * Bytes that were never meant well: whatever they are, decoding ends in a DecodeError and in
 * bounded memory.
 */
import { ok, strictEqual, throws } from "node:assert/strict";
import { ByteReader, ByteWriter, DecodeError } from "../../src/bytes/mod.ts";
import { SeededRandom } from "../../src/platform/memory/mod.ts";
import {
  decodeMessage,
  encodeMessage,
  FetchRequest,
  type Message,
  MetadataRequest,
} from "../../src/protocol/mod.ts";
import { everyVersion, randomValue } from "../kit/messages.ts";
import { forEachSeed } from "../kit/seeds.ts";

/** Decodes what may be anything: gives the error, or undefined where it made sense after all. */
function attempt(message: Message, bytes: Uint8Array, version: number): DecodeError | undefined {
  const reader = new ByteReader(bytes);
  try {
    decodeMessage(message, reader, version);
  } catch (error) {
    ok(error instanceof DecodeError, `${message.name} v${version}: ${error}`);
    return error;
  } finally {
    ok(reader.position <= bytes.length);
  }
}

Deno.test("A message cut short anywhere is a DecodeError that names a field", () =>
  forEachSeed(2, (seed) => {
    const random = new SeededRandom(seed);
    for (const [message, version] of everyVersion()) {
      const writer = new ByteWriter();
      encodeMessage(message, randomValue(message, version, random), version, writer);
      const bytes = writer.finish();
      for (let tries = 0; tries < 8 && bytes.length > 0; tries++) {
        const cut = random.int(bytes.length);
        const error = attempt(message, bytes.subarray(0, cut), version);
        ok(error, `${message.name} v${version} cut at ${cut} of ${bytes.length}`);
        ok(error.field?.startsWith(message.name), `${error.field}`);
      }
    }
  }));

Deno.test("A message with any bytes changed decodes or is a DecodeError", () =>
  forEachSeed(3, (seed) => {
    const random = new SeededRandom(seed);
    for (const [message, version] of everyVersion()) {
      const writer = new ByteWriter();
      encodeMessage(message, randomValue(message, version, random), version, writer);
      const bytes = writer.finish().slice();
      for (let tries = 0; tries < 8 && bytes.length > 0; tries++) {
        const at = random.int(bytes.length);
        const before = bytes[at];
        bytes[at] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.int(256)]);
        attempt(message, bytes, version);
        if (random.chance(0.5)) bytes[at] = before;
      }
    }
  }));

Deno.test("Random bytes decode or are a DecodeError", () =>
  forEachSeed(3, (seed) => {
    const random = new SeededRandom(seed);
    for (const [message, version] of everyVersion()) {
      attempt(message, random.fill(new Uint8Array(random.int(200))), version);
    }
  }));

const lies: [string, Message, number, string, RegExp][] = [
  ["an array of two thousand million", MetadataRequest, 1, "7fffffff 0000", /elements/],
  ["a negative count", MetadataRequest, 1, "fffffffe", /length of -2/],
  ["null where the version has none", MetadataRequest, 0, "ffffffff", /null/],
  ["a string longer than what follows", MetadataRequest, 1, "00000001 00ff 41", /255 bytes/],
  ["a negative string", MetadataRequest, 1, "00000001 8000 41", /length of -32768/],
  ["a varint without end", MetadataRequest, 9, "ffffffffff01", /varint/],
  ["a tag longer than what follows", MetadataRequest, 9, "00 00 00 00 01 00 7f 00", /tagged/],
  ["tags out of order", MetadataRequest, 9, "00 00 00 00 02 05 00 05 00", /tag 5/],
  [
    "a tag that ends elsewhere than it says",
    FetchRequest,
    12,
    // replica, wait, min, max, isolation, session, epoch, topics, forgotten, rack, then tag 0 of 9
    // bytes
    "ffffffff 00000000 00000000 00000000 00 00000000 00000000 01 01 01 01 00 09 02 41 42 43 44 45 46 47 48 49",
    /tag 0/,
  ],
];

for (const [what, message, version, hex, pattern] of lies) {
  Deno.test(`${what[0].toUpperCase()}${what.slice(1)} is refused`, () => {
    const bytes = Uint8Array.fromHex(hex.replaceAll(" ", ""));
    throws(() => decodeMessage(message, new ByteReader(bytes), version), {
      name: "DecodeError",
      message: pattern,
    });
  });
}

Deno.test("A count is refused before memory is taken for it", () => {
  // A million and more topics of two bytes each: the bytes are there, the objects would be fifty
  // times as much.
  const count = (1 << 20) + 1;
  const writer = new ByteWriter(4 + 2 * count);
  writer.int32(count);
  writer.bytes(new Uint8Array(2 * count));
  const before = Deno.memoryUsage().heapUsed;
  throws(() => decodeMessage(MetadataRequest, new ByteReader(writer.finish()), 1), DecodeError);
  ok(Deno.memoryUsage().heapUsed - before < 10_000_000);
});

Deno.test("A version that does not exist is a DecodeError", () => {
  strictEqual(attempt(MetadataRequest, new Uint8Array(10), 14)?.position, 0);
  ok(attempt(MetadataRequest, new Uint8Array(10), -1));
});
