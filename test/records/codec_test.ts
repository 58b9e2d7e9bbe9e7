import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import {
  batchesOf,
  type Codec,
  CODECS,
  compress,
  CorruptRecords,
  decompress,
  encodeBatch,
  recordsOf,
  scanRecords,
} from "../../src/records/mod.ts";
import { LIMITS, text, utf8, vectorsIn } from "./kafka_samples.ts";
import { chance } from "./chance.ts";
import { forEachSeed } from "../kit/seeds.ts";

const PACKING = CODECS.filter((codec) => codec !== "none");

Deno.test("Batches that Kafka packed with each codec are read and prove valid", () => {
  for (const [codec, bytes] of vectorsIn("record_batches.hex")) {
    const [batch] = batchesOf(bytes);
    strictEqual(batch.compression, codec);
    ok(batch.isCrcValid());
    const scan = scanRecords(batch, { ...LIMITS, findKeyless: true });
    strictEqual(scan.count, 5);
    strictEqual(scan.maxTimestamp, batch.maxTimestamp);
    ok(scan.offsetsAreDense);
    const records = [...recordsOf(batch, LIMITS)];
    strictEqual(records.length, 5);
    strictEqual(text(records[4].key), "key5");
    strictEqual(text(records[4].value), `${codec} value number 5 ${codec} ${codec} ${codec}`);
    deepStrictEqual(records[4].headers, [{ key: "source", value: utf8("sample") }]);
    strictEqual(records[4].offset, batch.lastOffset);
  }
});

Deno.test("What others packed unpacks to the same", () => {
  const expected = "abcabcabcabc, the quick brown fox; ".repeat(6);
  for (const [name, bytes] of vectorsIn("packed_by_others.hex")) {
    const codec = name.slice(0, name.indexOf(",")) as Codec;
    strictEqual(text(decompress(codec, bytes, { maxBytes: 210 })), expected, name);
  }
});

Deno.test("A snappy stream and an lz4 frame begin as those of Kafka's clients", () => {
  strictEqual(
    compress("snappy", utf8("hello")).toHex(),
    "82534e41505059000000000100000001" + "00000007" + "0510" + "68656c6c6f",
  );
  strictEqual(
    compress("lz4", utf8("hello")).toHex(),
    "04224d18" + "6040" + "82" + "05000080" + "68656c6c6f" + "00000000",
  );
});

/** Bytes of one of four kinds: from text that repeats a lot to pure noise. */
function sampleBytes(int: (below: number) => number): Uint8Array {
  const bytes = new Uint8Array(int(4) === 0 ? int(40) : int(200_000));
  const letters = [2, 6, 60, 256][int(4)];
  const repeats = int(2) === 0 ? 3 : 1000;
  for (let at = 0; at < bytes.length;) {
    if (at === 0 || int(repeats) !== 0) {
      bytes[at++] = int(letters);
      continue;
    }
    const back = 1 + int(Math.min(at, 70_000));
    const end = Math.min(bytes.length, at + 4 + int(int(8) === 0 ? 3000 : 30));
    for (; at < end; at++) bytes[at] = bytes[at - back];
  }
  return bytes;
}

for (const codec of PACKING) {
  Deno.test(`${codec} gives back what it was given, at any level`, () =>
    forEachSeed(40, (seed) => {
      const int = chance(seed);
      const bytes = sampleBytes(int);
      const level = [undefined, 1, 5, 9][int(4)];
      const packed = compress(codec, bytes, level);
      deepStrictEqual(decompress(codec, packed, { maxBytes: bytes.length }), bytes);
    }));

  Deno.test(`${codec} unpacks to at most what it is allowed`, () => {
    const packed = compress(codec, new Uint8Array(10_000));
    throws(() => decompress(codec, packed, { maxBytes: 9_999 }), isCorrupt("too large"));
    throws(() => decompress(codec, packed, { maxBytes: 0 }), isCorrupt("too large"));
    strictEqual(decompress(codec, packed, { maxBytes: 10_000 }).length, 10_000);
  });

  Deno.test(`${codec} stops a bomb early`, () => {
    const bomb = compress(codec, new Uint8Array(64 << 20));
    const before = Deno.memoryUsage().external;
    throws(() => decompress(codec, bomb, { maxBytes: 100_000 }), isCorrupt("too large"));
    ok(Deno.memoryUsage().external - before < 16 << 20);
  });

  Deno.test(`${codec} refuses nothing, noise, and its own bytes cut anywhere`, () => {
    const packed = compress(codec, sampleText());
    const garbage = Uint8Array.from({ length: 100 }, (_, i) => (i * 37 + 11) & 0xff);
    throws(
      () => decompress(codec, new Uint8Array(0), { maxBytes: 1000 }),
      isCorrupt("compression"),
    );
    throws(() => decompress(codec, garbage, { maxBytes: 1000 }), CorruptRecords);
    for (let end = 0; end < packed.length; end++) {
      const cut = packed.subarray(0, end);
      if (codec === "snappy" && end === 16) continue; // a stream without blocks, which is empty
      throws(
        () => decompress(codec, cut, { maxBytes: 10_000 }),
        isCorrupt("compression"),
        `${end}`,
      );
    }
  });

  Deno.test(`${codec} with bytes changed at random ends in bytes or CorruptRecords, within bounds`, () =>
    forEachSeed(150, (seed) => {
      const int = chance(seed);
      const packed = compress(codec, sampleText()).slice();
      for (let n = 1 + int(4); n > 0; n--) packed[int(packed.length)] = int(256);
      // Bytes behind the view must never be read as part of it.
      const embedded = new Uint8Array(packed.length + 64).fill(0xff);
      embedded.set(packed, 32);
      const alone = outcome(() => decompress(codec, packed, { maxBytes: 5000 }));
      const inside = outcome(() =>
        decompress(codec, embedded.subarray(32, 32 + packed.length), { maxBytes: 5000 })
      );
      deepStrictEqual(inside, alone);
      if (alone instanceof Uint8Array) ok(alone.length <= 5000);
    }));
}

Deno.test("A zstd block whose size lies is refused before it is unpacked", () => {
  const packed = compress("zstd", sampleText()).slice();
  packed.set([0xff, 0xff, 0xff], 6);
  throws(() => decompress("zstd", packed, { maxBytes: 5000 }), isCorrupt("compression"));
});

Deno.test("zstd frames in a row are one content", () => {
  const packed = compress("zstd", sampleText());
  const twice = Uint8Array.of(...packed, ...packed);
  strictEqual(decompress("zstd", twice, { maxBytes: 5000 }).length, 2 * sampleText().length);
  throws(() => decompress("zstd", twice, { maxBytes: 2000 }), isCorrupt("too large"));
});

Deno.test("A raw snappy block that claims a huge size takes no memory for it", () => {
  const claim = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f, 0x00, 0x41);
  throws(() => decompress("snappy", claim, { maxBytes: 2 ** 32 }), isCorrupt("compression"));
});

Deno.test("Batches with every codec come back record for record", () =>
  forEachSeed(30, (seed) => {
    const int = chance(seed);
    const records = Array.from({ length: 1 + int(50) }, (_, i) => ({
      key: int(3) === 0 ? null : utf8(`key-${i}`),
      value: int(5) === 0 ? null : sampleBytes(int).subarray(0, int(2000)),
      headers: Array.from({ length: int(3) }, (_, h) => ({
        key: `h${h}é`,
        value: int(2) === 0 ? null : utf8("v"),
      })),
      timestamp: 1_700_000_000_000 + int(2 ** 31) * (int(10) === 0 ? 100 : 1),
    }));
    const codec = CODECS[int(CODECS.length)];
    const [batch] = batchesOf(encodeBatch(records, { codec, baseOffset: 1000 }));
    ok(batch.isCrcValid());
    const scan = scanRecords(batch, { ...LIMITS, findKeyless: true });
    const timestamps = records.map((r) => r.timestamp);
    strictEqual(scan.maxTimestamp, Math.max(...timestamps));
    strictEqual(scan.offsetOfMaxTimestamp, 1000 + timestamps.indexOf(scan.maxTimestamp));
    deepStrictEqual(scan.keyless, records.flatMap((r, i) => r.key === null ? [i] : []));
    const read = [...recordsOf(batch, LIMITS)].map(({ offset: _, ...record }) => record);
    deepStrictEqual(read, records);
  }));

function sampleText(): Uint8Array {
  return utf8("It was the best of times, it was the worst of times. ".repeat(20));
}

function outcome(run: () => Uint8Array): Uint8Array | string {
  try {
    return run().slice();
  } catch (error) {
    if (error instanceof CorruptRecords) return error.message;
    throw error;
  }
}

function isCorrupt(reason: string): (error: unknown) => boolean {
  return (error) => error instanceof CorruptRecords && error.reason === reason;
}
