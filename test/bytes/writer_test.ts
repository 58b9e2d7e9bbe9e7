/** What the writer makes of values, and what it refuses. */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { ByteReader, ByteWriter, EncodeError, utf8Length } from "../../src/bytes/mod.ts";
import { SeededRandom } from "../../src/platform/memory/mod.ts";
import { forEachSeed } from "../kit/seeds.ts";

function written(write: (writer: ByteWriter) => void, capacity?: number): string {
  const writer = new ByteWriter(capacity);
  write(writer);
  const hex = writer.finish().toHex();
  strictEqual(writer.size, hex.length / 2);
  return hex;
}

// value, bytes: seven bits a byte, lowest first.
const unsigned: [number, string][] = [
  [0, "00"],
  [127, "7f"],
  [128, "8001"],
  [300, "ac02"],
  [2 ** 32 - 1, "ffffffff0f"],
];
for (const [value, hex] of unsigned) {
  Deno.test(`uvarint writes ${value} as ${hex}`, () => {
    strictEqual(written((writer) => writer.uvarint(value)), hex);
    strictEqual(new ByteReader(Uint8Array.fromHex(hex)).uvarint(), value);
  });
}

// value, bytes: zigzag first.
const signed: [number, string][] = [
  [0, "00"],
  [-1, "01"],
  [1, "02"],
  [64, "8001"], // the first that needs two bytes
  [2 ** 31 - 1, "feffffff0f"],
  [-(2 ** 31), "ffffffff0f"], // the longest
];
for (const [value, hex] of signed) {
  Deno.test(`varint and varlong write ${value} as ${hex}`, () => {
    strictEqual(written((writer) => writer.varint(value)), hex);
    strictEqual(written((writer) => writer.varlong(value)), hex);
    strictEqual(new ByteReader(Uint8Array.fromHex(hex)).varint(), value);
    strictEqual(new ByteReader(Uint8Array.fromHex(hex)).varlong(), value);
  });
}

const long: [number, string][] = [
  [2 ** 31, "8080808010"],
  [-(2 ** 31) - 1, "8180808010"],
  [1700000000000, "80a0abfef962"],
  [Number.MAX_SAFE_INTEGER, "feffffffffffff1f"],
  [Number.MIN_SAFE_INTEGER, "fdffffffffffff1f"],
];
for (const [value, hex] of long) {
  Deno.test(`varlong writes ${value} as ${hex}`, () => {
    strictEqual(written((writer) => writer.varlong(value)), hex);
    strictEqual(new ByteReader(Uint8Array.fromHex(hex)).varlong(), value);
  });
}

Deno.test("Fixed-width numbers are big-endian", () => {
  strictEqual(written((writer) => writer.int16(-2)), "fffe");
  strictEqual(written((writer) => writer.uint16(65534)), "fffe");
  strictEqual(written((writer) => writer.int32(-2)), "fffffffe");
  strictEqual(written((writer) => writer.uint32(2 ** 31)), "80000000");
  strictEqual(written((writer) => writer.int64(-2)), "fffffffffffffffe");
  strictEqual(written((writer) => writer.int64(-(2 ** 32))), "ffffffff00000000");
  strictEqual(written((writer) => writer.int64(5_000_000_000)), "000000012a05f200");
  strictEqual(written((writer) => writer.bits64(-2n)), "fffffffffffffffe");
  strictEqual(written((writer) => writer.float64(1.5)), "3ff8000000000000");
});

Deno.test("The largest safe integer is written as Kafka's largest long, the smallest likewise", () => {
  strictEqual(written((writer) => writer.int64(Number.MAX_SAFE_INTEGER)), "7fffffffffffffff");
  strictEqual(written((writer) => writer.int64(Number.MIN_SAFE_INTEGER)), "8000000000000000");
});

const misfits: [string, (writer: ByteWriter) => void][] = [
  ["int8 of 128", (writer) => writer.int8(128)],
  ["int16 of 32768", (writer) => writer.int16(32768)],
  ["uint16 of -1", (writer) => writer.uint16(-1)],
  ["int32 of 2^31", (writer) => writer.int32(2 ** 31)],
  ["int32 of a fraction", (writer) => writer.int32(1.5)],
  ["int32 of nothing", (writer) => writer.int32(undefined as unknown as number)],
  ["uint32 of -1", (writer) => writer.uint32(-1)],
  ["int64 of 2^53", (writer) => writer.int64(2 ** 53)],
  ["int64 of NaN", (writer) => writer.int64(NaN)],
  ["bits64 of 2^63", (writer) => writer.bits64(2n ** 63n)],
  ["uvarint of -1", (writer) => writer.uvarint(-1)],
  ["a uuid of 21 characters", (writer) => writer.uuid("AAAAAAAAAAAAAAAAAAAAA")],
];
for (const [what, write] of misfits) {
  Deno.test(`Writing ${what} is refused`, () => {
    throws(() => written(write), EncodeError);
  });
}

Deno.test("A reserved length can be set after the writer has grown", () => {
  const writer = new ByteWriter(8);
  writer.int8(1);
  const length = writer.reserveInt32();
  for (let index = 0; index < 100; index++) writer.int32(index);
  length.set(writer.size - 5);
  const whole = writer.finish();
  strictEqual(new ByteReader(whole, 1).int32(), 400);
  strictEqual(new ByteReader(whole, 401).int32(), 99);
});

Deno.test("A large view becomes a segment of its own, a small one is copied", () => {
  const writer = new ByteWriter();
  const [large, small] = [new Uint8Array(4096).fill(7), new Uint8Array([1, 2])];
  writer.int16(1);
  writer.view(small);
  writer.view(large);
  writer.int16(2);
  const segments = writer.segments();
  strictEqual(segments.length, 3);
  strictEqual(segments[1], large);
  deepStrictEqual([...segments[0]], [0, 1, 1, 2]);
  deepStrictEqual([...segments[2]], [0, 2]);
  strictEqual(writer.size, 4102);
  strictEqual(writer.finish().length, 4102);
});

const texts = [
  "",
  "orders",
  "näher",
  "日本語",
  "a😀b",
  "x".repeat(500),
  "é".repeat(500),
  "\ud800 alone",
  "\udc00",
];
for (const text of texts) {
  Deno.test(`utf8 writes "${text.slice(0, 10)}" of ${text.length} units in as many bytes as it says`, () => {
    for (const capacity of [1, 64, 4096]) {
      const hex = written((writer) => writer.utf8(text), capacity);
      strictEqual(hex, new TextEncoder().encode(text).toHex());
      strictEqual(utf8Length(text), hex.length / 2);
    }
  });
}

Deno.test("Whatever is written in whatever order is read again", () =>
  forEachSeed(50, (seed) => {
    const random = new SeededRandom(seed);
    const writer = new ByteWriter(1 + random.int(64));
    const checks: ((reader: ByteReader) => void)[] = [];
    for (let index = 0; index < 200; index++) {
      const value = random.int(2) === 0 ? random.int(1 << 20) : random.int(2 ** 53 - 2) - 2 ** 52;
      const verb = random.pick(["int64", "varlong"] as const);
      writer[verb](value);
      checks.push((reader) => strictEqual(reader[verb](), value));
      const view = random.fill(new Uint8Array(random.pick([0, 3, 5000])));
      writer.view(view);
      checks.push((reader) => strictEqual(reader.view(view.length).toHex(), view.toHex()));
    }
    const reader = new ByteReader(writer.finish());
    checks.forEach((check) => check(reader));
    ok(reader.remaining === 0);
  }));
